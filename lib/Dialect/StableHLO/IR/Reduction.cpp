//===- Reduction.cpp - verifiers of reduce and reduce_window -===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ShapeChecks.h"
#include "quantc/Dialect/StableHLO/IR/StableHLO.h"

using namespace mlir;
using namespace quantc::stablehlo;

//===----------------------------------------------------------------------===//
// Both reductions
//===----------------------------------------------------------------------===//

/// Checks that there is one result per input, that all inputs have one shape
/// and that initial values and results have the element types of the inputs.
template <typename OpTy>
static LogicalResult verifyReductionOperands(OpTy op) {
  if (op.getInputs().empty())
    return op.emitOpError("expected at least one input, but got none");
  if (failed(verifyCount(op, "results", op.getNumResults(),
                         op.getInputs().size())))
    return failure();
  ArrayRef<int64_t> shape = getTensor(op.getInputs().front()).getShape();
  for (auto [input, init, result] :
       llvm::zip(op.getInputs(), op.getInitValues(), op.getResults())) {
    Type element = getTensor(input).getElementType();
    if (failed(verifyShape(op, "inputs", shape, getTensor(input).getShape())) ||
        failed(verifyElementType(op, "an initial value", element,
                                 getTensor(init).getElementType())) ||
        failed(verifyElementType(op, "a result", element,
                                 getTensor(result).getElementType())))
      return failure();
  }
  return success();
}

/// Checks that the body takes two times the scalars that it returns.
template <typename OpTy>
static LogicalResult verifyReductionBody(OpTy op) {
  SmallVector<Type> scalars;
  for (Value input : op.getInputs())
    scalars.push_back(
        RankedTensorType::get({}, getTensor(input).getElementType()));
  Block &body = op.getBody().front();
  auto yield = dyn_cast<ReturnOp>(body.getTerminator());
  if (!yield)
    return op.emitOpError("expected a body that ends in stablehlo.return");
  if (yield.getOperandTypes() != TypeRange(scalars))
    return yield.emitOpError() << "expected values of types " << scalars
                               << ", but got " << yield.getOperandTypes();
  scalars.append(SmallVector<Type>(scalars));
  if (body.getArgumentTypes() != TypeRange(scalars))
    return op.emitOpError()
           << "expected a body with arguments of types " << scalars
           << ", but got " << body.getArgumentTypes();
  return success();
}

//===----------------------------------------------------------------------===//
// ReduceOp
//===----------------------------------------------------------------------===//

LogicalResult ReduceOp::verify() {
  if (failed(verifyReductionOperands(*this)))
    return failure();
  RankedTensorType input = getTensor(getInputs().front());
  ArrayRef<int64_t> dimensions = getDimensions();
  if (failed(
          verifyDimensions(*this, "dimensions", dimensions, input.getRank())))
    return failure();
  SmallVector<int64_t> expected;
  for (auto [index, size] : llvm::enumerate(input.getShape()))
    if (!llvm::is_contained(dimensions, static_cast<int64_t>(index)))
      expected.push_back(size);
  for (Value result : getResults())
    if (failed(verifyShape(*this, "a result", expected,
                           getTensor(result).getShape())))
      return failure();
  return success();
}

LogicalResult ReduceOp::verifyRegions() { return verifyReductionBody(*this); }

//===----------------------------------------------------------------------===//
// ReduceWindowOp
//===----------------------------------------------------------------------===//

LogicalResult ReduceWindowOp::verify() {
  if (failed(verifyReductionOperands(*this)))
    return failure();
  RankedTensorType input = getTensor(getInputs().front());
  int64_t rank = input.getRank();
  SmallVector<int64_t> ones(rank, 1), zeros(2 * rank, 0);
  ArrayRef<int64_t> strides = getWindowStrides().value_or(ones);
  ArrayRef<int64_t> baseDilations = getBaseDilations().value_or(ones);
  ArrayRef<int64_t> windowDilations = getWindowDilations().value_or(ones);
  for (auto [name, values] :
       {std::make_pair("window_dimensions", getWindowDimensions()),
        std::make_pair("window_strides", strides),
        std::make_pair("base_dilations", baseDilations),
        std::make_pair("window_dilations", windowDilations)})
    if (failed(verifyCount(*this, name, values.size(), rank)) ||
        failed(verifyAtLeast(*this, name, values, 1)))
      return failure();
  if (getPadding()) {
    if (failed(verifyShape(*this, "padding", {rank, 2},
                           getPadding()->getType().getShape())))
      return failure();
    zeros = llvm::to_vector(getPadding()->getValues<int64_t>());
  }
  ArrayRef<int64_t> padding = zeros;

  SmallVector<int64_t> expected;
  for (int64_t i = 0; i < rank; ++i) {
    Window window{getWindowDimensions()[i], strides[i],
                  padding[2 * i],           padding[2 * i + 1],
                  baseDilations[i],         windowDilations[i]};
    std::optional<int64_t> size = getNumPositions(input.getDimSize(i), window);
    if (!size)
      return emitOpError() << "expected padded sizes below 2^63 for dimension "
                           << i << ", but got more";
    expected.push_back(*size);
  }
  for (Value result : getResults())
    if (failed(verifyShape(*this, "a result", expected,
                           getTensor(result).getShape())))
      return failure();
  return success();
}

LogicalResult ReduceWindowOp::verifyRegions() {
  return verifyReductionBody(*this);
}
