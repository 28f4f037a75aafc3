//===- Elementwise.cpp - verifiers of elementwise operations -===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ShapeChecks.h"
#include "quantc/Dialect/StableHLO/IR/StableHLO.h"

#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace quantc::stablehlo;

LogicalResult BitcastConvertOp::verify() {
  RankedTensorType operand = getTensor(getOperand());
  RankedTensorType result = getTensor(getResult());
  auto getWidth = [](Type element) -> unsigned {
    if (auto complex = dyn_cast<ComplexType>(element))
      return 2 * complex.getElementType().getIntOrFloatBitWidth();
    if (auto quantized = dyn_cast<quant::QuantizedType>(element))
      return quantized.getStorageTypeIntegralWidth();
    return element.getIntOrFloatBitWidth();
  };
  unsigned operandWidth = getWidth(operand.getElementType());
  unsigned resultWidth = getWidth(result.getElementType());
  SmallVector<int64_t> expected(operand.getShape());
  if (operandWidth > resultWidth) {
    expected.push_back(operandWidth / resultWidth);
  } else if (operandWidth < resultWidth) {
    int64_t ratio = resultWidth / operandWidth;
    if (expected.empty() || !isCompatibleSize(expected.back(), ratio))
      return emitOpError() << "expected a last dimension of size " << ratio
                           << ", but got an operand of type " << operand;
    expected.pop_back();
  }
  if (std::max(operandWidth, resultWidth) %
          std::min(operandWidth, resultWidth) !=
      0)
    return emitOpError() << "expected widths that divide one another, but got "
                         << operandWidth << " and " << resultWidth;
  return verifyShape(*this, "a result", expected, result.getShape());
}

LogicalResult ClampOp::verify() {
  ArrayRef<int64_t> shape = getTensor(getOperand()).getShape();
  for (auto [name, bound] : {std::make_pair("a scalar or a min", getMin()),
                             std::make_pair("a scalar or a max", getMax())})
    if (RankedTensorType type = getTensor(bound); type.getRank() != 0)
      if (failed(verifyShape(*this, name, shape, type.getShape())))
        return failure();
  return verifyShape(*this, "a result", shape,
                     getTensor(getResult()).getShape());
}

LogicalResult CompareOp::verify() {
  std::optional<ComparisonType> type = getCompareType();
  if (!type || *type == ComparisonType::NOTYPE)
    return success();
  Type element = getTensor(getLhs()).getElementType();
  ComparisonType expected = ComparisonType::FLOAT;
  if (element.isUnsignedInteger() || element.isInteger(1))
    expected = ComparisonType::UNSIGNED;
  else if (element.isInteger())
    expected = ComparisonType::SIGNED;
  if (*type == expected ||
      (*type == ComparisonType::TOTALORDER && isa<FloatType>(element)))
    return success();
  return emitOpError() << "expected a comparison of type "
                       << stringifyComparisonType(expected)
                       << " for elements of type " << element << ", but got "
                       << stringifyComparisonType(*type);
}

LogicalResult ReducePrecisionOp::verify() {
  return failure(failed(verifyAtLeast(*this, "exponent_bits",
                                      getExponentBitsAttr().getInt(), 1)) ||
                 failed(verifyAtLeast(*this, "mantissa_bits",
                                      getMantissaBitsAttr().getInt(), 0)));
}

LogicalResult SelectOp::verify() {
  RankedTensorType pred = getTensor(getPred());
  if (pred.getRank() == 0)
    return success();
  return verifyShape(*this, "a scalar or a predicate",
                     getTensor(getResult()).getShape(), pred.getShape());
}
