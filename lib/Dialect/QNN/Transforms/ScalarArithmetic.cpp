//===- ScalarArithmetic.cpp - qnn arithmetic in arith ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScalarArithmetic.h"
#include "LinalgBuilder.h"
#include "quantc/Dialect/QNN/IR/QNNOps.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include <cmath>

using namespace mlir;
using namespace quantc::qnn;

namespace {

/// Constants and operations at one place, for readable formulas.
struct Scalars {
  OpBuilder &builder;
  Location loc;

  Value f32(float value) {
    return arith::ConstantOp::create(builder, loc,
                                     builder.getF32FloatAttr(value));
  }
  Value i32(int32_t value) {
    return arith::ConstantOp::create(builder, loc,
                                     builder.getI32IntegerAttr(value));
  }
  Value bitcast(Value value, Type type) {
    return arith::BitcastOp::create(builder, loc, type, value);
  }
  Value select(Value condition, Value a, Value b) {
    return arith::SelectOp::create(builder, loc, condition, a, b);
  }
  Value shl(Value a, int32_t b) {
    return arith::ShLIOp::create(builder, loc, a, i32(b));
  }
  Value shr(Value a, int32_t b) {
    return arith::ShRUIOp::create(builder, loc, a, i32(b));
  }
  Value add(Value a, Value b) {
    return arith::AddIOp::create(builder, loc, a, b);
  }
  Value bitAnd(Value a, int32_t b) {
    return arith::AndIOp::create(builder, loc, a, i32(b));
  }
  Value bitOr(Value a, Value b) {
    return arith::OrIOp::create(builder, loc, a, b);
  }
  Value compare(arith::CmpIPredicate predicate, Value a, Value b) {
    return arith::CmpIOp::create(builder, loc, predicate, a, b);
  }
  Value isNaN(Value value) {
    return arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::UNO, value,
                                 value);
  }
};

/// An f8 format: value = (-1)^s 2^(e - bias) 1.m, without the sign.
struct F8Format {
  int mantissaBits;
  int bias;
  /// Largest finite value and the code of a NaN.
  float max;
  int nan;

  static F8Format get(Type type) {
    if (isa<Float8E4M3FNType>(type))
      return {3, 7, 448.0f, 0x7f};
    return {2, 15, 57344.0f, 0x7e};
  }
  /// The distance of the subnormals.
  float getStep() const { return std::ldexp(1.0f, 1 - bias - mantissaBits); }
  /// The smallest normal value.
  float getMinNormal() const { return std::ldexp(1.0f, 1 - bias); }
};

} // namespace

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
    return s.bitcast(buildEncodeF8(builder, loc, quotient, storage.type),
                     storage.type);
  Value number = s.select(s.isNaN(quotient), s.f32(0), quotient);
  return buildRoundAndClamp(s, number, zeroPoint, storage);
}

Value quantc::qnn::buildDequantize(OpBuilder &builder, Location loc, Value q,
                                   Value scale, Value zeroPoint,
                                   ScalarStorage storage, Type resultType) {
  Scalars s{builder, loc};
  Type f32 = builder.getF32Type();
  Value number;
  if (isa<FloatType>(storage.type)) {
    number = buildDecodeF8(builder, loc, s.bitcast(q, builder.getI8Type()),
                           storage.type);
  } else {
    Value integer = q;
    if (q.getType().getIntOrFloatBitWidth() < 32)
      integer = extendInteger(builder, loc, q, builder.getI32Type(),
                              storage.isUnsigned());
    if (zeroPoint) {
      Value zero = extendInteger(builder, loc, zeroPoint, builder.getI32Type(),
                                 storage.isUnsigned());
      integer = arith::SubIOp::create(builder, loc, integer, zero);
    }
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
    return s.bitcast(buildEncodeF8(builder, loc, product, storage.type),
                     storage.type);
  if (!finiteMultiplier)
    product = s.select(s.isNaN(product), s.f32(0), product);
  return buildRoundAndClamp(s, product, zeroPoint, storage);
}

Value quantc::qnn::buildEncodeF8(OpBuilder &builder, Location loc, Value value,
                                 Type f8) {
  Scalars s{builder, loc};
  F8Format format = F8Format::get(f8);
  Type i32 = builder.getI32Type();
  int shift = 23 - format.mantissaBits;
  Value bits = s.bitcast(value, i32);
  Value sign = s.bitAnd(s.shr(bits, 24), 0x80);
  Value magnitude = s.bitcast(s.bitAnd(bits, 0x7fffffff), builder.getF32Type());
  Value nan = s.isNaN(value);
  magnitude = s.select(nan, s.f32(0), magnitude);
  magnitude =
      arith::MinimumFOp::create(builder, loc, magnitude, s.f32(format.max));

  // Normal: round the mantissa, of which `shift` bits go, and rebase the
  // exponent; a carry into the exponent is just what is wanted.
  Value raw = s.bitcast(magnitude, i32);
  Value odd = s.bitAnd(s.shr(raw, shift), 1);
  Value rounded = s.add(s.add(raw, s.i32((1 << (shift - 1)) - 1)), odd);
  Value normal = s.add(s.shr(rounded, shift),
                       s.i32(-((127 - format.bias) << format.mantissaBits)));

  // Subnormal: the code is the number of steps. The step is a power of two,
  // hence the product is exact.
  Value steps = arith::MulFOp::create(builder, loc, magnitude,
                                      s.f32(1.0f / format.getStep()));
  Value atMost = arith::MinimumFOp::create(
      builder, loc, math::RoundEvenOp::create(builder, loc, steps),
      s.f32(1 << format.mantissaBits));
  Value subnormal = arith::FPToSIOp::create(builder, loc, i32, atMost);

  Value isSubnormal =
      arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OLT, magnitude,
                            s.f32(format.getMinNormal()));
  Value code = s.select(isSubnormal, subnormal, normal);
  code = s.select(nan, s.i32(format.nan), code);
  return arith::TruncIOp::create(builder, loc, builder.getI8Type(),
                                 s.bitOr(code, sign));
}

Value quantc::qnn::buildDecodeF8(OpBuilder &builder, Location loc, Value bits,
                                 Type f8) {
  Scalars s{builder, loc};
  F8Format format = F8Format::get(f8);
  Type i32 = builder.getI32Type(), f32 = builder.getF32Type();
  Value wide = arith::ExtUIOp::create(builder, loc, i32, bits);
  Value sign = s.shl(s.bitAnd(wide, 0x80), 24);
  Value code = s.bitAnd(wide, 0x7f);
  int shift = 23 - format.mantissaBits;
  Value normal = s.add(s.shl(code, shift), s.i32((127 - format.bias) << 23));
  Value number = arith::SIToFPOp::create(builder, loc, f32, code);
  Value subnormal = s.bitcast(
      arith::MulFOp::create(builder, loc, number, s.f32(format.getStep())),
      i32);
  Value isSubnormal = s.compare(arith::CmpIPredicate::ult, code,
                                s.i32(1 << format.mantissaBits));
  Value result = s.select(isSubnormal, subnormal, normal);
  if (isa<Float8E4M3FNType>(f8)) {
    Value isNaN = s.compare(arith::CmpIPredicate::eq, code, s.i32(format.nan));
    result = s.select(isNaN, s.i32(0x7fc00000), result);
  } else {
    // Exponent 31: infinity without mantissa, else NaN.
    Value special = s.bitOr(s.shl(code, shift), s.i32(0x7f800000));
    Value isSpecial = s.compare(arith::CmpIPredicate::uge, code, s.i32(0x7c));
    result = s.select(isSpecial, special, result);
  }
  return s.bitcast(s.bitOr(result, sign), f32);
}
