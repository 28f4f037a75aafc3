//===- IntegerRescale.cpp - requantization without floats -----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IntegerRescale.h"
#include "Site/LinalgBuilder.h"

#include "mlir/IR/Matchers.h"
#include <cstdint>

using namespace mlir;
using namespace quantc::qnn;

namespace {

/// Where all shifts of an op lie, both included.
struct ShiftBounds {
  int64_t min;
  int64_t max;
  /// Whether that is known; shifts beyond are clamped where it is not.
  bool known;

  /// The bounds of constant shifts, else those that the mode allows.
  static ShiftBounds get(RequantizeOp op) {
    DenseIntElementsAttr values;
    if (!matchPattern(op.getShift(), m_Constant(&values)) || values.empty()) {
      auto [min, max] = op.getShiftRange();
      return {min, max, /*known=*/false};
    }
    ShiftBounds bounds{INT64_MAX, INT64_MIN, /*known=*/true};
    for (const APInt &value : values) {
      bounds.min = std::min(bounds.min, value.getSExtValue());
      bounds.max = std::max(bounds.max, value.getSExtValue());
    }
    return bounds;
  }
};

/// 64-bit arithmetic at one place, for readable formulas.
struct Wide {
  OpBuilder &builder;
  Location loc;

  Value constant(int64_t value) {
    return arith::ConstantOp::create(builder, loc,
                                     builder.getI64IntegerAttr(value));
  }
  Value extend(Value value) {
    if (value.getType().isInteger(64))
      return value;
    return arith::ExtSIOp::create(builder, loc, builder.getI64Type(), value);
  }
  Value add(Value a, Value b) {
    return arith::AddIOp::create(builder, loc, a, b);
  }
  Value sub(Value a, Value b) {
    return arith::SubIOp::create(builder, loc, a, b);
  }
  Value bitAnd(Value a, Value b) {
    return arith::AndIOp::create(builder, loc, a, b);
  }
  Value mul(Value a, Value b) {
    return arith::MulIOp::create(builder, loc, a, b);
  }
  Value shl(Value a, Value b) {
    return arith::ShLIOp::create(builder, loc, a, b);
  }
  Value shr(Value a, Value b) {
    return arith::ShRSIOp::create(builder, loc, a, b);
  }
  Value max(Value a, Value b) {
    return arith::MaxSIOp::create(builder, loc, a, b);
  }
  Value min(Value a, Value b) {
    return arith::MinSIOp::create(builder, loc, a, b);
  }
  Value select(Value condition, Value a, Value b) {
    return arith::SelectOp::create(builder, loc, condition, a, b);
  }
  Value compare(arith::CmpIPredicate predicate, Value a, Value b) {
    return arith::CmpIOp::create(builder, loc, predicate, a, b);
  }
  /// The shift, in its bounds, as an i64: no shift is poison.
  Value boundedShift(Value shift, ShiftBounds bounds) {
    Value wide = extend(shift);
    if (bounds.known)
      return wide;
    return min(max(wide, constant(bounds.min)), constant(bounds.max));
  }
};

} // namespace

/// clamp(v, min, max).
static Value buildClamp(Wide w, Value v, StorageRange range) {
  return w.min(w.max(v, w.constant(range.min)), w.constant(range.max));
}

/// (v * multiplier + round) >> shift.
static Value buildRescaleFixedPoint(Wide w, Value v, Value multiplier,
                                    Value shift, ShiftBounds bounds,
                                    bool doubleRound) {
  Value product = w.mul(v, w.extend(multiplier));
  Value wideShift = w.boundedShift(shift, bounds);
  Value round = w.shl(w.constant(1), w.sub(wideShift, w.constant(1)));
  if (doubleRound && bounds.max > 31) {
    Value half = w.constant(int64_t(1) << 30);
    Value isNegative = w.compare(arith::CmpIPredicate::slt, v, w.constant(0));
    Value nudge = w.select(isNegative, w.sub(w.constant(0), half), half);
    if (bounds.min <= 31)
      nudge = w.select(
          w.compare(arith::CmpIPredicate::sgt, wideShift, w.constant(31)),
          nudge, w.constant(0));
    round = w.add(round, nudge);
  }
  return w.shr(w.add(product, round), wideShift);
}

/// rne(v * 2^-shift).
static Value buildRescaleShift(Wide w, Value v, Value shift,
                               ShiftBounds bounds) {
  Value zero = w.constant(0), one = w.constant(1);
  Value wideShift = w.boundedShift(shift, bounds);
  Value result = v;
  if (bounds.max > 0) {
    Value right = bounds.min >= 0 ? wideShift : w.max(wideShift, zero);
    // Half a unit less one; nothing for a shift by 0.
    Value round = w.shr(w.sub(w.shl(one, right), one), one);
    // A tie goes up where the integer below is odd. Without a shift there is
    // no tie, and bit 0 must not count.
    Value odd =
        w.bitAnd(w.shr(v, right), bounds.min > 0 ? one : w.min(right, one));
    result = w.shr(w.add(v, w.add(round, odd)), right);
  }
  if (bounds.min < 0) {
    // What does not fit 32 bits saturates the result, shifted or not.
    Value left = w.max(w.sub(zero, wideShift), zero);
    result = w.shl(buildClamp(w, result, {INT32_MIN, INT32_MAX}), left);
  }
  return result;
}

Value quantc::qnn::buildIntegerRequantize(OpBuilder &builder, Location loc,
                                          RequantizeOp op, Value v,
                                          Value multiplier, Value shift,
                                          Value zeroPoint,
                                          ScalarStorage storage) {
  Wide w{builder, loc};
  // Neither the product with 16 bits nor the rounding leaves 64 bits then.
  if (v.getType().isInteger(64))
    v = buildClamp(w, v, {-(int64_t(1) << 47), (int64_t(1) << 47) - 1});
  v = w.extend(v);
  ShiftBounds bounds = ShiftBounds::get(op);
  Value result = multiplier
                     ? buildRescaleFixedPoint(w, v, multiplier, shift, bounds,
                                              op.getDoubleRound())
                     : buildRescaleShift(w, v, shift, bounds);
  if (zeroPoint)
    result = w.add(result,
                   extendInteger(builder, loc, zeroPoint, builder.getI64Type(),
                                 storage.isUnsigned()));
  result =
      buildClamp(w, result, getStorageRange(storage.type, storage.narrowRange));
  Type signless = builder.getIntegerType(storage.type.getIntOrFloatBitWidth());
  return arith::TruncIOp::create(builder, loc, signless, result);
}
