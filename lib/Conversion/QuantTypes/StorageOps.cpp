//===- StorageOps.cpp - operations that need no float ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StorageOps.h"
#include "quantc/Dialect/StableHLO/IR/StableHLO.h"

#include <cmath>

using namespace mlir;
using namespace quantc;

static ArrayRef<int64_t> getShape(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

//===----------------------------------------------------------------------===//
// Movement
//===----------------------------------------------------------------------===//

std::optional<int64_t> quantc::getMovedAxis(Operation *op, int64_t axis) {
  ArrayRef<int64_t> from = getShape(op->getOperand(0));
  ArrayRef<int64_t> to = getShape(op->getResult(0));
  if (auto transpose = dyn_cast<stablehlo::TransposeOp>(op)) {
    ArrayRef<int64_t> permutation = transpose.getPermutation();
    return llvm::find(permutation, axis) - permutation.begin();
  }
  if (auto broadcast = dyn_cast<stablehlo::BroadcastInDimOp>(op)) {
    int64_t moved = broadcast.getBroadcastDimensions()[axis];
    return to[moved] == from[axis] ? std::optional(moved) : std::nullopt;
  }
  if (isa<stablehlo::ReshapeOp>(op)) {
    // The same size behind the same number of elements.
    auto product = [](ArrayRef<int64_t> sizes) {
      int64_t count = 1;
      for (int64_t size : sizes)
        count *= size;
      return count;
    };
    int64_t outer = product(from.take_front(axis));
    for (auto [moved, size] : llvm::enumerate(to))
      if (size == from[axis] && product(to.take_front(moved)) == outer &&
          product(to.drop_front(moved)) == product(from.drop_front(axis)))
        return moved;
  }
  if (isa<stablehlo::SelectOp>(op))
    return axis;
  return std::nullopt;
}

bool quantc::movesStorage(Operation *op, ParameterLookup lookup) {
  if (!isa<stablehlo::BroadcastInDimOp, stablehlo::ConcatenateOp,
           stablehlo::DynamicSliceOp, stablehlo::DynamicUpdateSliceOp,
           stablehlo::GatherOp, stablehlo::PadOp, stablehlo::ReshapeOp,
           stablehlo::ReverseOp, stablehlo::SelectOp, stablehlo::SliceOp,
           stablehlo::TransposeOp>(op))
    return false;
  const UniformParameters *result = lookup(op->getResult(0));
  if (!result || !result->blocks.empty())
    return false;
  for (Value value : op->getOperands()) {
    const UniformParameters *operand = lookup(value);
    if (!operand)
      continue;
    UniformParameters moved = *operand;
    for (int64_t &axis : moved.axes) {
      std::optional<int64_t> found = getMovedAxis(op, axis);
      if (!found)
        return false;
      axis = *found;
    }
    if (!(moved == *result))
      return false;
  }
  return true;
}

//===----------------------------------------------------------------------===//
// Accumulators
//===----------------------------------------------------------------------===//

/// The dimension of the result that a dimension of the rhs becomes.
static std::optional<int64_t> getResultAxis(Operation *op, int64_t axis) {
  if (auto convolution = dyn_cast<stablehlo::ConvolutionOp>(op)) {
    stablehlo::ConvDimensionNumbersAttr numbers =
        convolution.getDimensionNumbers();
    if (axis != numbers.getKernelOutputFeatureDimension())
      return std::nullopt;
    return numbers.getOutputFeatureDimension();
  }
  auto dot = cast<stablehlo::DotGeneralOp>(op);
  stablehlo::DotDimensionNumbersAttr numbers = dot.getDotDimensionNumbers();
  ArrayRef<int64_t> batching = numbers.getRhsBatchingDimensions();
  ArrayRef<int64_t> contracting = numbers.getRhsContractingDimensions();
  if (llvm::is_contained(contracting, axis))
    return std::nullopt;
  if (llvm::is_contained(batching, axis))
    return llvm::find(batching, axis) - batching.begin();
  // The result: batching dimensions, the rest of lhs, the rest of rhs.
  int64_t position = getShape(dot.getLhs()).size() - contracting.size();
  for (int64_t i = 0; i < axis; ++i)
    if (!llvm::is_contained(batching, i) && !llvm::is_contained(contracting, i))
      ++position;
  return position;
}

/// Whether the result's scales are the products of the operands', up to the
/// rounding of a type's scales to f32.
static bool isProduct(const UniformParameters &lhs,
                      const UniformParameters &rhs,
                      const UniformParameters &result) {
  auto factors = rhs.scales.getValues<float>();
  auto products = result.scales.getValues<float>();
  if (factors.size() != products.size())
    return false;
  float scale = lhs.scales.getSplatValue<float>();
  for (auto [factor, product] : llvm::zip_equal(factors, products))
    if (std::abs(scale * factor - product) > product * 0x1p-23f)
      return false;
  return true;
}

bool quantc::isAccumulator(Operation *op, ParameterLookup lookup) {
  const UniformParameters *result =
      op->getNumResults() == 1 ? lookup(op->getResult(0)) : nullptr;
  if (!result || !result->storage.isInteger(32))
    return false;
  if (isa<stablehlo::AddOp, stablehlo::SubtractOp, stablehlo::NegateOp,
          stablehlo::MaximumOp, stablehlo::MinimumOp>(op))
    return llvm::all_of(op->getOperands(), [&](Value value) {
      const UniformParameters *operand = lookup(value);
      return operand && *operand == *result;
    });
  if (!isa<stablehlo::ConvolutionOp, stablehlo::DotGeneralOp>(op))
    return false;
  const UniformParameters *lhs = lookup(op->getOperand(0));
  const UniformParameters *rhs = lookup(op->getOperand(1));
  if (!lhs || !rhs || !lhs->isPerTensor() || !rhs->blocks.empty() ||
      rhs->axes.size() != result->axes.size() ||
      !isProduct(*lhs, *rhs, *result))
    return false;
  if (rhs->isPerTensor())
    return true;
  return getResultAxis(op, rhs->axes[0]) == result->axes[0];
}
