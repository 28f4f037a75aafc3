//===- ScalarArithmetic.cpp - qnn arithmetic in arith ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScalarArithmetic.h"
#include "Scalars.h"
#include "Site/LinalgBuilder.h"
#include "quantc/Dialect/QNN/IR/QNNOps.h"
#include "quantc/Dialect/QNN/Transforms/F8Conversion.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace quantc::qnn;

/// clamp(rne(x), qmin - z, qmax - z) + z, for x that is not NaN.
static Value buildRoundAndClamp(Scalars s, Value x, Value zeroPoint,
                                ScalarStorage storage) {
  StorageRange range = getStorageRange(storage.type, storage.narrowRange);
  Type i32 = s.builder.getI32Type(), f32 = s.builder.getF32Type();
  Value low, high, zero;
  if (zeroPoint) {
    zero =
        extendInteger(s.builder, s.loc, zeroPoint, i32, storage.isUnsigned());
    auto bound = [&](int64_t limit) -> Value {
      Value difference =
          arith::SubIOp::create(s.builder, s.loc, s.i32(limit), zero);
      return arith::SIToFPOp::create(s.builder, s.loc, f32, difference);
    };
    low = bound(range.min);
    high = bound(range.max);
  } else {
    low = s.f32(range.min);
    high = s.f32(range.max);
  }
  Value rounded = math::RoundEvenOp::create(s.builder, s.loc, x);
  Value clamped = arith::MaximumFOp::create(s.builder, s.loc, rounded, low);
  clamped = arith::MinimumFOp::create(s.builder, s.loc, clamped, high);
  if (storage.type.isInteger(32)) {
    // The upper bound is 2^31 in f32, one too much.
    Type i64 = s.builder.getI64Type();
    Value wide = arith::FPToSIOp::create(s.builder, s.loc, i64, clamped);
    Value most = arith::ConstantIntOp::create(s.builder, s.loc, i64, range.max);
    wide = arith::MinSIOp::create(s.builder, s.loc, wide, most);
    return arith::TruncIOp::create(s.builder, s.loc, i32, wide);
  }
  Value integer = arith::FPToSIOp::create(s.builder, s.loc, i32, clamped);
  if (zero)
    integer = s.add(integer, zero);
  Type signless =
      s.builder.getIntegerType(storage.type.getIntOrFloatBitWidth());
  return arith::TruncIOp::create(s.builder, s.loc, signless, integer);
}

static Value toF32(Scalars s, Value x) {
  if (x.getType().isF32())
    return x;
  return arith::ExtFOp::create(s.builder, s.loc, s.builder.getF32Type(), x);
}

Value quantc::qnn::buildQuantize(OpBuilder &builder, Location loc, Value x,
                                 Value scale, Value zeroPoint,
                                 ScalarStorage storage) {
  Scalars s{builder, loc};
  Value quotient = arith::DivFOp::create(builder, loc, toF32(s, x), scale);
  if (isa<FloatType>(storage.type))
    return buildSaturateF8(builder, loc, quotient, storage.type);
  Value number = s.select(s.isNaN(quotient), s.f32(0), quotient);
  return buildRoundAndClamp(s, number, zeroPoint, storage);
}

Value quantc::qnn::buildSubtractZeroPoint(OpBuilder &builder, Location loc,
                                          Value q, Value zeroPoint,
                                          ScalarStorage storage) {
  Type i32 = builder.getI32Type();
  if (q.getType().getIntOrFloatBitWidth() < 32)
    q = extendInteger(builder, loc, q, i32, storage.isUnsigned());
  if (!zeroPoint)
    return q;
  Value zero =
      extendInteger(builder, loc, zeroPoint, i32, storage.isUnsigned());
  return arith::SubIOp::create(builder, loc, q, zero);
}

Value quantc::qnn::buildDequantize(OpBuilder &builder, Location loc, Value q,
                                   Value scale, Value zeroPoint,
                                   ScalarStorage storage, Type resultType) {
  Scalars s{builder, loc};
  Type f32 = builder.getF32Type();
  Value number;
  if (storage.type == f32) {
    number = q;
  } else if (isa<FloatType>(storage.type)) {
    number = toF32(s, q);
  } else {
    Value integer = buildSubtractZeroPoint(builder, loc, q, zeroPoint, storage);
    number = arith::SIToFPOp::create(builder, loc, f32, integer);
  }
  Value result = arith::MulFOp::create(builder, loc, number, scale);
  if (resultType == f32)
    return result;
  return arith::TruncFOp::create(builder, loc, resultType, result);
}

Value quantc::qnn::buildRequantize(OpBuilder &builder, Location loc,
                                   Value accumulator, Value multiplier,
                                   Value zeroPoint, ScalarStorage storage,
                                   bool finiteMultiplier) {
  Scalars s{builder, loc};
  Value number =
      arith::SIToFPOp::create(builder, loc, builder.getF32Type(), accumulator);
  Value product = arith::MulFOp::create(builder, loc, number, multiplier);
  if (isa<FloatType>(storage.type))
    return buildSaturateF8(builder, loc, product, storage.type);
  if (!finiteMultiplier)
    product = s.select(s.isNaN(product), s.f32(0), product);
  return buildRoundAndClamp(s, product, zeroPoint, storage);
}
