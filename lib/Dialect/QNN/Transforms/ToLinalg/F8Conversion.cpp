//===- F8Conversion.cpp - f8 to and from f32 in arith ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/QNN/Transforms/F8Conversion.h"
#include "Scalars.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include <cmath>

using namespace mlir;
using namespace quantc::qnn;

namespace {

/// The code of the one NaN that is made, in either format.
constexpr int kNaN = 0x7f;

/// An f8 format: value = (-1)^s 2^(e - bias) 1.m, without the sign.
struct F8Format {
  int mantissaBits;
  int bias;
  /// Largest finite value.
  float max;

  static F8Format get(Type type) {
    if (isa<Float8E4M3FNType>(type))
      return {3, 7, 448.0f};
    return {2, 15, 57344.0f};
  }
  /// The distance of the subnormals.
  float getStep() const { return std::ldexp(1.0f, 1 - bias - mantissaBits); }
  /// The smallest normal value.
  float getMinNormal() const { return std::ldexp(1.0f, 1 - bias); }
};

} // namespace

Value quantc::qnn::buildSaturateF8(OpBuilder &builder, Location loc,
                                   Value value, Type f8) {
  Scalars s{builder, loc};
  float max = F8Format::get(f8).max;
  value = arith::MaximumFOp::create(builder, loc, value, s.f32(-max));
  value = arith::MinimumFOp::create(builder, loc, value, s.f32(max));
  return arith::TruncFOp::create(builder, loc, f8, value);
}

Value quantc::qnn::matchSaturateF8(arith::TruncFOp op) {
  Value value = op.getIn();
  if (!value.getType().isF32())
    return {};
  float max = F8Format::get(op.getType()).max;
  auto isBound = [](Value bound, float expected) {
    FloatAttr number;
    return matchPattern(bound, m_Constant(&number)) &&
           number.getValue().convertToFloat() == expected;
  };
  auto most = value.getDefiningOp<arith::MinimumFOp>();
  auto least = most ? most.getLhs().getDefiningOp<arith::MaximumFOp>()
                    : arith::MaximumFOp();
  if (least && isBound(most.getRhs(), max) && isBound(least.getRhs(), -max))
    return least.getLhs();
  // Folded: a number in the range.
  FloatAttr number;
  if (matchPattern(value, m_Constant(&number)) &&
      !(std::fabs(number.getValue().convertToFloat()) > max))
    return value;
  return {};
}

FailureOr<Value> quantc::qnn::getSaturateF8(arith::TruncFOp op) {
  if (Value source = matchSaturateF8(op))
    return source;
  return op.emitOpError() << "expected a number clamped to what "
                          << op.getType() << " can hold";
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
  code = s.select(nan, s.i32(kNaN), s.bitOr(code, sign));
  return arith::TruncIOp::create(builder, loc, builder.getI8Type(), code);
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
    Value isNaN = s.compare(arith::CmpIPredicate::eq, code, s.i32(kNaN));
    result = s.select(isNaN, s.i32(0x7fc00000), result);
  } else {
    // Exponent 31: infinity without mantissa, else NaN.
    Value special = s.bitOr(s.shl(code, shift), s.i32(0x7f800000));
    Value isSpecial = s.compare(arith::CmpIPredicate::uge, code, s.i32(0x7c));
    result = s.select(isSpecial, special, result);
  }
  return s.bitcast(s.bitOr(result, sign), f32);
}
