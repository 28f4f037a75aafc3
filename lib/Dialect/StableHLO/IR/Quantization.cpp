//===- Quantization.cpp - quantized types in stablehlo --------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ShapeChecks.h"
#include "quantc/Dialect/StableHLO/IR/StableHLO.h"

#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace quantc::stablehlo;

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

Type quantc::stablehlo::getBaselineType(Type type) {
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    return tensor.clone(getBaselineType(tensor.getElementType()));
  if (auto perTensor = dyn_cast<quant::UniformQuantizedType>(type))
    return quant::UniformQuantizedType::get(
        perTensor.getFlags(), perTensor.getStorageType(),
        perTensor.getExpressedType(), /*scale=*/1.0, /*zeroPoint=*/0,
        perTensor.getStorageTypeMin(), perTensor.getStorageTypeMax());
  if (auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type)) {
    SmallVector<double> scales(perAxis.getScales().size(), 1.0);
    SmallVector<int64_t> zeroPoints(scales.size(), 0);
    return quant::UniformQuantizedPerAxisType::get(
        perAxis.getFlags(), perAxis.getStorageType(),
        perAxis.getExpressedType(), scales, zeroPoints,
        perAxis.getQuantizedDimension(), perAxis.getStorageTypeMin(),
        perAxis.getStorageTypeMax());
  }
  return type;
}

Type quantc::stablehlo::getMovedElementType(Type type) {
  auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type);
  if (!perAxis)
    return type;
  return quant::UniformQuantizedPerAxisType::get(
      perAxis.getFlags(), perAxis.getStorageType(), perAxis.getExpressedType(),
      perAxis.getScales(), perAxis.getZeroPoints(), /*quantizedDimension=*/0,
      perAxis.getStorageTypeMin(), perAxis.getStorageTypeMax());
}

LogicalResult quantc::stablehlo::verifySameBaselineTypes(Operation *op) {
  auto isQuantized = [](Type type) {
    return isa<quant::QuantizedType>(getElementTypeOrSelf(type));
  };
  if (llvm::none_of(op->getOperandTypes(), isQuantized) &&
      llvm::none_of(op->getResultTypes(), isQuantized))
    return OpTrait::impl::verifySameOperandsAndResultType(op);
  Type result = op->getResult(0).getType();
  for (Type operand : op->getOperandTypes())
    if (getBaselineType(operand) != getBaselineType(result))
      return op->emitOpError()
             << "expected quantized types that differ in nothing but scales "
                "and zero points, but got "
             << operand << " and " << result;
  return success();
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

LogicalResult UniformQuantizeOp::verify() {
  return verifyElementType(*this, "an expressed result",
                           getExpressedType(getElementTypeOrSelf(getOperand())),
                           getExpressedType(getElementTypeOrSelf(getResult())));
}

LogicalResult UniformDequantizeOp::verify() {
  return verifyElementType(*this, "a result", getExpressedType(getElementTypeOrSelf(getOperand())),
                           getTensor(getResult()).getElementType());
}
