//===- IntegerSum.cpp - quantized additions and averages ------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IntegerSum.h"
#include "Rescaling.h"
#include "Site/LinalgBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include <cmath>
#include <cstdint>

using namespace mlir;
using namespace quantc::qnn;

Value quantc::qnn::createIntegerSum(OpBuilder &builder, QuantizedTerm &term) {
  linalg::LinalgOp sum = term.sum;
  Location loc = sum.getLoc();
  bool isUnsigned = term.getIntegerType().isUnsignedInteger();
  Type i32 = builder.getI32Type();
  SmallVector<Value> inputs = createIntegerInputs(
      builder, sum, toSignless(builder, term.dequantize.getInput()));
  SmallVector<AffineMap> maps = sum.getIndexingMapsArray();
  Value zeroPoint = term.dequantize.getZeroPoint();
  if (zeroPoint) {
    inputs.push_back(toSignless(builder, zeroPoint));
    maps.insert(maps.end() - 1,
                AffineMap::get(sum.getNumLoops(), 0, builder.getContext()));
  }
  Value init = createZeros(
      builder, loc, tensor::getMixedSizes(builder, loc, sum.getDpsInits()[0]),
      i32);
  return linalg::GenericOp::create(
             builder, loc, init.getType(), inputs, init, maps,
             sum.getIteratorTypesArray(),
             [&](OpBuilder &body, Location loc, ValueRange args) {
               Value value = extendInteger(body, loc, args[0], i32, isUnsigned);
               if (zeroPoint)
                 value = arith::SubIOp::create(
                     body, loc, value,
                     extendInteger(body, loc, args[args.size() - 2], i32,
                                   isUnsigned));
               Value result =
                   arith::AddIOp::create(body, loc, args.back(), value);
               linalg::YieldOp::create(body, loc, result);
             })
      .getResult(0);
}

/// rne(factor * constant / unit), saturating at 32 bits, in the constant's
/// shape.
static Value createOffset(OpBuilder &builder, Location loc,
                          const QuantizedOffset &offset, double unit) {
  SmallVector<double> values = {1.0};
  SmallVector<int64_t> shape;
  if (offset.constant) {
    values = *getConstantFloats(offset.constant);
    shape.assign(cast<RankedTensorType>(offset.constant.getType()).getShape());
  }
  SmallVector<int32_t> integers;
  for (double value : values) {
    double scaled = std::nearbyint(value * offset.factor / unit);
    // NaN is 0, as everywhere.
    integers.push_back(std::isnan(scaled)
                           ? 0
                           : std::clamp<double>(scaled, INT32_MIN, INT32_MAX));
  }
  auto type = RankedTensorType::get(shape, builder.getI32Type());
  return arith::ConstantOp::create(
      builder, loc, DenseElementsAttr::get(type, ArrayRef(integers)));
}

/// The term, in the units of `rescaling`, as `resultType`.
static Value createRescaledTerm(OpBuilder &builder, QuantizedTerm &term,
                                QuantizeOp op, const Rescaling &rescaling,
                                RequantizeMode mode, Type resultType,
                                Value zeroPoint) {
  Location loc = op.getLoc();
  Value input =
      term.sum ? createIntegerSum(builder, term) : term.dequantize.getInput();
  Value inputZeroPoint =
      term.sum ? Value() : Value(term.dequantize.getZeroPoint());
  RescalingOperands operands = createRescaling(
      builder, loc, rescaling, mode, getElementTypeOrSelf(input.getType()));
  return RequantizeOp::create(
      builder, loc, op.getResult().getType().clone(resultType), input,
      inputZeroPoint, operands.multiplier, operands.shift, zeroPoint,
      rescaling.axes, ArrayRef<int64_t>{},
      op.getNarrowRange() && !resultType.isInteger(32),
      /*double_round=*/false);
}

Value quantc::qnn::createRequantizedSum(OpBuilder &builder,
                                        QuantizedExpression &expression,
                                        QuantizeOp op, RequantizeMode mode) {
  Location loc = op.getLoc();
  Type storage = op.getResult().getType().getElementType();
  QuantizedTerm &first = expression.terms.front();
  if (expression.terms.size() == 1 && expression.offsets.empty() &&
      first.factor > 0)
    return createRescaledTerm(
        builder, first, op, *Rescaling::get(first.dequantize, first.factor, op),
        mode, storage, op.getZeroPoint());

  int fraction = 24 - int(storage.getIntOrFloatBitWidth());
  double unit =
      std::ldexp(getConstantFloats(op.getScale())->front(), -fraction);
  int64_t rank = op.getResult().getType().getRank();
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  for (QuantizedTerm &term : expression.terms) {
    auto rescaling = Rescaling::get(
        term.dequantize, std::ldexp(std::abs(term.factor), fraction), op);
    inputs.push_back(createRescaledTerm(builder, term, op, *rescaling, mode,
                                        builder.getI32Type(), Value()));
    maps.push_back(builder.getMultiDimIdentityMap(rank));
  }
  for (const QuantizedOffset &offset : expression.offsets) {
    inputs.push_back(createOffset(builder, loc, offset, unit));
    maps.push_back(offset.constant
                       ? offset.map
                       : AffineMap::get(rank, 0, builder.getContext()));
  }
  Type i64 = builder.getI64Type();
  Value sum =
      createElementwise(
          builder, loc, tensor::getMixedSizes(builder, loc, inputs[0]), i64,
          inputs, maps,
          [&](OpBuilder &body, Location loc, ValueRange args) {
            Value total =
                arith::ConstantOp::create(body, loc, body.getZeroAttr(i64));
            for (auto [i, arg] : llvm::enumerate(args)) {
              Value wide = arith::ExtSIOp::create(body, loc, i64, arg);
              bool negative =
                  i < expression.terms.size() && expression.terms[i].factor < 0;
              total =
                  negative
                      ? Value(arith::SubIOp::create(body, loc, total, wide))
                      : Value(arith::AddIOp::create(body, loc, total, wide));
            }
            return total;
          })
          .getResult(0);
  Value shift = arith::ConstantOp::create(
      builder, loc,
      DenseElementsAttr::get(RankedTensorType::get({}, builder.getI8Type()),
                             int8_t(fraction)));
  return RequantizeOp::create(
      builder, loc, op.getResult().getType(), sum, /*input_zero_point=*/Value(),
      /*multiplier=*/Value(), shift, op.getZeroPoint(), op.getAxes(),
      op.getBlocks(), op.getNarrowRange(), /*double_round=*/false);
}
