//===- SiteOperands.cpp - activations and weights of sites ----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/QNN/Transforms/SiteOperands.h"
#include "quantc/Dialect/QNN/Transforms/ConstantView.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace quantc::qnn;

bool quantc::qnn::isObservable(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || llvm::is_contained(type.getShape(), 0))
    return false;
  Type element = type.getElementType();
  return (element.isF32() || element.isF16() || element.isBF16()) &&
         !isConstantValue(value);
}

/// Whether a value is dequantized, or such a value moved or padded.
static bool isDequantized(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (isa<DequantizeOp>(op))
      return true;
    if (!isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp,
             tensor::ExtractSliceOp, tensor::PadOp, linalg::BroadcastOp,
             linalg::TransposeOp>(op))
      return false;
    value = op->getOperand(0);
  }
  return false;
}

bool quantc::qnn::isExplicitlyQuantized(Operation *site) {
  return isDequantized(site->getOperand(0)) ||
         isDequantized(site->getOperand(1));
}

bool quantc::qnn::isHalfQuantized(Operation *site) {
  bool lhs = site->getOperand(0).getDefiningOp<DequantizeOp>() != nullptr;
  bool rhs = site->getOperand(1).getDefiningOp<DequantizeOp>() != nullptr;
  return lhs != rhs && isDequantized(site->getOperand(0)) !=
                           isDequantized(site->getOperand(1));
}

ObserveOp quantc::qnn::getObserver(OpOperand &operand) {
  return operand.get().getDefiningOp<ObserveOp>();
}

/// Whether an op only moves the elements of its operand, or computes each
/// element of its result from the same element of it.
static bool isElementwiseOrReshape(Operation *op) {
  if (isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp, tensor::CastOp,
          tensor::ExtractSliceOp>(op))
    return true;
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  return linalgOp && linalgOp.getNumLoops() == linalgOp.getNumParallelLoops();
}

bool quantc::qnn::isOutputProjection(Operation *site) {
  SmallVector<Operation *> visiting{site};
  SmallPtrSet<Operation *, 8> visited;
  bool reachesResult = false;
  while (!visiting.empty()) {
    for (Operation *user : visiting.pop_back_val()->getUsers()) {
      if (user->hasTrait<OpTrait::ReturnLike>() &&
          isa<FunctionOpInterface>(user->getParentOp()))
        reachesResult = true;
      else if (!isElementwiseOrReshape(user))
        return false;
      else if (visited.insert(user).second)
        visiting.push_back(user);
    }
  }
  return reachesResult;
}

SmallVector<int64_t> quantc::qnn::getReductionDims(const SiteIndexing &indexing,
                                                   unsigned operand) {
  SmallVector<int64_t> dims;
  AffineMap other = indexing.getMap(1 - operand);
  for (int64_t dim = 0, e = indexing.getMap(operand).getNumResults(); dim < e;
       ++dim) {
    std::optional<unsigned> loop = indexing.getLoop(operand, dim);
    if (loop && indexing.isReduction(*loop) && other.isFunctionOfDim(*loop))
      dims.push_back(dim);
  }
  return dims;
}

SmallVector<int64_t> quantc::qnn::getResultDims(const SiteIndexing &indexing,
                                                unsigned operand) {
  SmallVector<int64_t> dims;
  for (int64_t dim = 0, e = indexing.getMap(operand).getNumResults(); dim < e;
       ++dim) {
    std::optional<unsigned> loop = indexing.getLoop(operand, dim);
    if (loop && !indexing.isReduction(*loop))
      dims.push_back(dim);
  }
  return dims;
}

std::optional<int64_t> quantc::qnn::getHeadDim(const SiteIndexing &indexing,
                                               unsigned operand) {
  std::optional<int64_t> head;
  if (getReductionDims(indexing, operand).empty())
    return head;
  for (int64_t dim : getResultDims(indexing, operand))
    if (indexing.getMap(1 - operand)
            .isFunctionOfDim(*indexing.getLoop(operand, dim)))
      head = dim;
  return head;
}
