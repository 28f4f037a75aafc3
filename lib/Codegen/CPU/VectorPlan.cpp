//===- VectorPlan.cpp - which loop becomes the vector ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "VectorPlan.h"

#include "quantc/Codegen/Reduction/SumOrder.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace quantc::cpu;
using quantc::isAccumulated;
using quantc::matchCombiner;

/// i1 has no vector form in memory: LLVM would pack the bits.
static bool hasVectorLoads(MemRefType type) {
  if (type.getRank() == 0 || type.getElementType().isInteger(1))
    return false;
  SmallVector<int64_t> strides;
  int64_t offset;
  return succeeded(type.getStridesAndOffset(strides, offset)) &&
         strides.back() == 1;
}

Access quantc::cpu::classifyAccess(AffineMap map, Type type, unsigned dim) {
  if (!map.isFunctionOfDim(dim) || !isa<MemRefType>(type))
    return Access::Uniform;
  if (map.dropResults(map.getNumResults() - 1).isFunctionOfDim(dim) ||
      !hasVectorLoads(cast<MemRefType>(type)))
    return Access::Strided;
  AffineExpr last = map.getResults().back();
  AffineExpr variable = getAffineDimExpr(dim, map.getContext());
  AffineExpr step = simplifyAffineExpr(
      last.replace(variable, variable + 1) - last, map.getNumDims(), 0);
  auto constant = dyn_cast<AffineConstantExpr>(step);
  return constant && constant.getValue() == 1 ? Access::Contiguous
                                              : Access::Strided;
}

DenseSet<Value> quantc::cpu::findVarying(linalg::LinalgOp op, unsigned dim) {
  DenseSet<Value> varying;
  bool reduces =
      op.getIteratorTypesArray()[dim] == utils::IteratorType::reduction;
  for (OpOperand &operand : op->getOpOperands())
    // What is accumulated along a dimension is a value for each lane of it.
    if (op.getMatchingIndexingMap(&operand).isFunctionOfDim(dim) ||
        (op.isDpsInit(&operand) && reduces))
      varying.insert(op.getMatchingBlockArgument(&operand));
  for (Operation &producer : *op.getBlock()) {
    bool varies = false;
    producer.walk([&](Operation *nested) {
      if (auto index = dyn_cast<linalg::IndexOp>(nested))
        varies |= index.getDim() == dim;
      for (Value operand : nested->getOperands())
        varies |= varying.contains(operand);
    });
    if (varies)
      varying.insert_range(producer.getResults());
  }
  return varying;
}

Access quantc::cpu::classifyLoad(memref::LoadOp load, unsigned dim,
                                 const DenseSet<Value> &varying) {
  if (!varying.contains(load.getResult()))
    return Access::Uniform;
  for (Value index : load.getIndices().drop_back())
    if (varying.contains(index))
      return Access::Strided;
  auto last = load.getIndices().back().getDefiningOp<linalg::IndexOp>();
  return last && last.getDim() == dim && hasVectorLoads(load.getMemRefType())
             ? Access::Contiguous
             : Access::Strided;
}

/// Ops whose meaning on vectors is the meaning on each lane, and loads.
static bool hasVectorForm(Operation &nested, const DenseSet<Value> &varying) {
  if (isa<linalg::IndexOp, linalg::YieldOp, memref::LoadOp>(nested))
    return true;
  bool varies = llvm::any_of(nested.getResults(), [&](Value result) {
    return varying.contains(result);
  });
  return !varies || (nested.getNumRegions() == 0 &&
                     OpTrait::hasElementwiseMappableTraits(&nested));
}

static bool canVectorize(linalg::LinalgOp op, unsigned dim,
                         const DenseSet<Value> &varying) {
  bool reduces =
      op.getIteratorTypesArray()[dim] == utils::IteratorType::reduction;
  for (unsigned index = 0; index < op.getNumDpsInits(); ++index) {
    OpOperand *output = op.getDpsInitOperand(index);
    bool varies = op.getMatchingIndexingMap(output).isFunctionOfDim(dim);
    if (reduces && isAccumulated(op, index)) {
      if (!matchCombiner(op, index))
        return false;
    } else if (!varies) {
      return false;
    }
  }
  return llvm::all_of(*op.getBlock(), [&](Operation &nested) {
    return hasVectorForm(nested, varying);
  });
}

bool quantc::cpu::canSplit(linalg::LinalgOp op, ArrayRef<unsigned> dims) {
  for (OpOperand &output : op.getDpsInitsMutable()) {
    AffineMap map = op.getMatchingIndexingMap(&output);
    if (!map.isProjectedPermutation() || !llvm::all_of(dims, [&](unsigned dim) {
          return map.isFunctionOfDim(dim);
        }))
      return false;
  }
  return llvm::all_of(*op.getBlock(), [](Operation &nested) {
    return isa<memref::LoadOp, linalg::YieldOp>(nested) ||
           isMemoryEffectFree(&nested);
  });
}

/// Lanes of a register that holds the widest element.
static int64_t countLanes(linalg::LinalgOp op, unsigned vectorBits) {
  unsigned widest = 8;
  auto consider = [&](Type type) {
    if (type.isIntOrFloat() && !type.isInteger(1))
      widest = std::max(widest, type.getIntOrFloatBitWidth());
  };
  for (Value argument : op.getBlock()->getArguments())
    consider(argument.getType());
  for (Operation &nested : *op.getBlock())
    for (Type type : nested.getResultTypes())
      consider(type);
  return vectorBits / widest;
}

VectorPlan quantc::cpu::planVectors(linalg::LinalgOp op, unsigned vectorBits) {
  int64_t maxLanes = countLanes(op, vectorBits);
  if (std::optional<unsigned> dim = quantc::findLaneLoop(op))
    return {dim, maxLanes, quantc::kSumLanes / maxLanes};
  bool isOrdered = quantc::hasOrderedSums(op);
  SmallVector<utils::IteratorType> kinds = op.getIteratorTypesArray();
  SmallVector<int64_t> extents = op.getStaticLoopRanges();
  unsigned bodyOps = op.getBlock()->getOperations().size();
  VectorPlan best;
  double bestCost = bodyOps + op->getNumOperands();
  for (unsigned dim = op.getNumLoops(); dim-- > 0;) {
    double lanes = std::min(maxLanes, extents[dim]);
    DenseSet<Value> varying = findVarying(op, dim);
    bool breaksOrder =
        isOrdered && kinds[dim] == utils::IteratorType::reduction;
    if (lanes < 2 || breaksOrder || !canVectorize(op, dim, varying))
      continue;
    double cost = bodyOps / lanes;
    auto add = [&](Access access) {
      cost += access == Access::Strided      ? 1
              : access == Access::Contiguous ? 1 / lanes
                                             : 0;
    };
    for (OpOperand &operand : op->getOpOperands())
      add(classifyAccess(op.getMatchingIndexingMap(&operand),
                         operand.get().getType(), dim));
    op.getBlock()->walk(
        [&](memref::LoadOp load) { add(classifyLoad(load, dim, varying)); });
    if (cost < bestCost) {
      bestCost = cost;
      best = {dim, static_cast<int64_t>(lanes)};
    }
  }
  return best;
}
