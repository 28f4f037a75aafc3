//===- SumOrder.cpp - in which order floats are added ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/Reduction/SumOrder.h"

#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

/// Shorter rows are added in order: lanes would mostly idle.
static constexpr int64_t minLaneElements = 16;

Operation *quantc::matchCombiner(linalg::LinalgOp op, unsigned output) {
  SmallVector<Operation *> combiners;
  if (!matchReduction(op.getRegionOutputArgs(), output, combiners) ||
      combiners.size() != 1 || !arith::getNeutralElement(combiners.front()))
    return nullptr;
  return combiners.front();
}

bool quantc::isAccumulated(linalg::LinalgOp op, unsigned index) {
  if (op.getNumReductionLoops() == 0)
    return false;
  AffineMap map = op.getMatchingIndexingMap(op.getDpsInitOperand(index));
  for (auto [dim, kind] : llvm::enumerate(op.getIteratorTypesArray()))
    if (kind == utils::IteratorType::reduction && map.isFunctionOfDim(dim))
      return false;
  return true;
}

bool quantc::hasOrderedSums(linalg::LinalgOp op) {
  for (unsigned index = 0; index < op.getNumDpsInits(); ++index) {
    if (!isAccumulated(op, index))
      continue;
    Operation *combiner = matchCombiner(op, index);
    if (isa_and_nonnull<arith::AddFOp, arith::MulFOp>(combiner) &&
        combiner->getResult(0).getType().isF32())
      return true;
  }
  return false;
}

/// Ops that mean on vectors what they mean on each element, and loads.
static bool hasVectorForm(Operation &op) {
  return isa<linalg::IndexOp, linalg::YieldOp, memref::LoadOp>(op) ||
         (op.getNumRegions() == 0 && isMemoryEffectFree(&op) &&
          OpTrait::hasElementwiseMappableTraits(&op));
}

std::optional<unsigned> quantc::findLaneLoop(linalg::LinalgOp op) {
  unsigned numLoops = op.getNumLoops();
  if (!hasOrderedSums(op) || op.hasDynamicShape())
    return std::nullopt;
  // A row is what the loops behind those of the result run over.
  SmallVector<utils::IteratorType> kinds = op.getIteratorTypesArray();
  if (!llvm::is_sorted(kinds, [](auto a, auto b) {
        return a == utils::IteratorType::parallel &&
               b == utils::IteratorType::reduction;
      }))
    return std::nullopt;
  unsigned last = numLoops - 1;
  if (op.getStaticLoopRanges()[last] < minLaneElements)
    return std::nullopt;
  for (unsigned index = 0; index < op.getNumDpsInits(); ++index) {
    OpOperand *output = op.getDpsInitOperand(index);
    Type type = getElementTypeOrSelf(output->get());
    bool fits =
        isAccumulated(op, index)
            ? matchCombiner(op, index) && (type.isF32() || type.isInteger(32))
            : op.getMatchingIndexingMap(output).isFunctionOfDim(last);
    if (!fits)
      return std::nullopt;
  }
  if (!llvm::all_of(*op.getBlock(), hasVectorForm))
    return std::nullopt;
  // Neighbours along the row have to be neighbours in memory.
  int64_t adjacent = 0, strided = 0;
  for (OpOperand *input : op.getDpsInputOperands()) {
    AffineMap map = op.getMatchingIndexingMap(input);
    if (!map.isFunctionOfDim(last))
      continue;
    bool isLast =
        map.getResults().back() == getAffineDimExpr(last, map.getContext()) &&
        !map.dropResults(map.getNumResults() - 1).isFunctionOfDim(last);
    ++(isLast ? adjacent : strided);
  }
  if (adjacent == 0 || strided > adjacent)
    return std::nullopt;
  return last;
}
