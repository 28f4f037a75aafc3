//===- Rescaling.cpp - quotients of constant scales -----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Rescaling.h"
#include "Site/ConstantEvaluation.h"
#include "quantc/Dialect/QNN/IR/Arithmetic.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include <cmath>
#include <cstring>

using namespace mlir;
using namespace quantc::qnn;

std::optional<SmallVector<double>> quantc::qnn::getConstantFloats(Value value) {
  if (!getElementTypeOrSelf(value.getType()).isF32() || !isEvaluable(value))
    return std::nullopt;
  std::optional<ConstantBytes> constant = evaluate(value);
  if (!constant)
    return std::nullopt;
  SmallVector<double> result;
  for (size_t i = 0; i < constant->bytes.size(); i += sizeof(float)) {
    float number;
    std::memcpy(&number, constant->bytes.data() + i, sizeof(float));
    result.push_back(number);
  }
  return result;
}

std::optional<int64_t> quantc::qnn::getConstantZeroPoint(Value zeroPoint) {
  if (!zeroPoint)
    return 0;
  DenseIntElementsAttr constant;
  if (!matchPattern(zeroPoint, m_Constant(&constant)) || !constant.isSplat())
    return std::nullopt;
  APInt value = constant.getSplatValue<APInt>();
  return constant.getElementType().isUnsignedInteger()
             ? int64_t(value.getZExtValue())
             : value.getSExtValue();
}

std::optional<int64_t> quantc::qnn::quantizeBound(float bound, QuantizeOp op) {
  DenseFPElementsAttr scale;
  std::optional<int64_t> zeroPoint = getConstantZeroPoint(op.getZeroPoint());
  if (!zeroPoint || !matchPattern(op.getScale(), m_Constant(&scale)) ||
      !scale.isSplat())
    return std::nullopt;
  Type storage = op.getResult().getType().getElementType();
  return quantize(bound, scale.getSplatValue<float>(), *zeroPoint,
                  getStorageRange(storage, op.getNarrowRange()));
}

std::optional<Rescaling> Rescaling::get(DequantizeOp from, double factor,
                                        QuantizeOp to) {
  ArrayRef<int64_t> fromAxes = from.getAxes(), toAxes = to.getAxes();
  if (!from.getBlocks().empty() || !to.getBlocks().empty() ||
      (!fromAxes.empty() && !toAxes.empty() && fromAxes != toAxes))
    return std::nullopt;
  auto numerators = getConstantFloats(from.getScale()),
       denominators = getConstantFloats(to.getScale());
  if (!numerators || !denominators || numerators->empty() ||
      denominators->empty())
    return std::nullopt;
  Rescaling result;
  result.axes.assign(fromAxes.begin(), fromAxes.end());
  ArrayRef<int64_t> shape = from.getScale().getType().getShape();
  if (fromAxes.empty()) {
    result.axes.assign(toAxes.begin(), toAxes.end());
    shape = to.getScale().getType().getShape();
  }
  result.shape.assign(shape.begin(), shape.end());
  size_t size = std::max(numerators->size(), denominators->size());
  for (size_t i = 0; i < size; ++i) {
    double s = (*numerators)[i % numerators->size()],
           t = (*denominators)[i % denominators->size()];
    double quotient = s / t * factor;
    // Scales that are no scales have been refused where they are constants.
    if (!(quotient > 0) || !std::isfinite(quotient))
      return std::nullopt;
    result.factors.push_back(quotient);
  }
  return result;
}

bool Rescaling::isPowersOfTwo() const {
  return llvm::all_of(factors, [](double factor) {
    int exponent;
    return std::frexp(factor, &exponent) == 0.5;
  });
}

RescalingOperands quantc::qnn::createRescaling(OpBuilder &builder, Location loc,
                                               const Rescaling &rescaling,
                                               RequantizeMode mode,
                                               Type inputType) {
  auto createConstant = [&](Type type, auto values) -> Value {
    auto tensor = RankedTensorType::get(rescaling.shape, type);
    return arith::ConstantOp::create(
        builder, loc, DenseElementsAttr::get(tensor, ArrayRef(values)));
  };
  if (mode == RequantizeMode::Float) {
    SmallVector<float> multipliers(rescaling.factors.begin(),
                                   rescaling.factors.end());
    return {createConstant(builder.getF32Type(), multipliers), Value()};
  }
  SmallVector<int8_t> shifts;
  if (mode == RequantizeMode::Shift) {
    for (double factor : rescaling.factors)
      shifts.push_back(std::clamp(-std::ilogb(factor), -31, 62));
    return {Value(), createConstant(builder.getI8Type(), shifts)};
  }
  bool isWide = inputType.isInteger(64);
  SmallVector<int16_t> narrow;
  SmallVector<int32_t> multipliers;
  for (double factor : rescaling.factors) {
    FixedPointFactor fixed = getFixedPointFactor(factor, isWide ? 15 : 31);
    narrow.push_back(fixed.multiplier);
    multipliers.push_back(fixed.multiplier);
    shifts.push_back(fixed.shift);
  }
  Value multiplier = isWide ? createConstant(builder.getI16Type(), narrow)
                            : createConstant(builder.getI32Type(), multipliers);
  return {multiplier, createConstant(builder.getI8Type(), shifts)};
}
