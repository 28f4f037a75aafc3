//===- Remainder.cpp - remainders of floats by integers -------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// NVPTX has x - trunc(x / y) y, which is off by any number of multiples of y
// where the quotient has more than 24 bits.
//
//===----------------------------------------------------------------------===//

#include "Remainder.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include <cmath>

using namespace mlir;

namespace {

/// |x| = mantissa 2^(exponent - 150).
struct Parts {
  Value mantissa; ///< i64, below 2^24
  Value exponent; ///< i64, 1 to 255
};

class Integers {
public:
  explicit Integers(ImplicitLocOpBuilder &b) : b(b) {}

  Value operator()(int64_t value) {
    return arith::ConstantIntOp::create(b, value, 64);
  }
  template <typename OpTy>
  Value make(Value x, Value y) {
    return OpTy::create(b, x, y);
  }
  Value is(arith::CmpIPredicate predicate, Value x, Value y) {
    return arith::CmpIOp::create(b, predicate, x, y);
  }
  Value select(Value condition, Value yes, Value no) {
    return arith::SelectOp::create(b, condition, yes, no);
  }

  /// Of the bits of |x|.
  Parts takeApart(Value bits) {
    Integers &i = *this;
    Value exponent = make<arith::ShRUIOp>(bits, i(23));
    Value fraction = make<arith::AndIOp>(bits, i(0x7FFFFF));
    Value isDenormal = is(arith::CmpIPredicate::eq, exponent, i(0));
    Value whole = make<arith::OrIOp>(fraction, i(0x800000));
    return {select(isDenormal, fraction, whole),
            select(isDenormal, i(1), exponent)};
  }

private:
  ImplicitLocOpBuilder &b;
};

} // namespace

/// mx 2^n modulo my, 39 of the n bits at a time: what is left has 24.
static Value divide(ImplicitLocOpBuilder &b, Value mx, Value my, Value n) {
  Integers i(b);
  constexpr int64_t most = 63 - 24;
  Type type = mx.getType();
  auto loop = scf::WhileOp::create(
      b, TypeRange{type, type}, ValueRange{i.make<arith::RemUIOp>(mx, my), n},
      [&](OpBuilder &nested, Location loc, ValueRange state) {
        ImplicitLocOpBuilder b(loc, nested);
        Integers i(b);
        scf::ConditionOp::create(
            b, i.is(arith::CmpIPredicate::sgt, state[1], i(0)), state);
      },
      [&](OpBuilder &nested, Location loc, ValueRange state) {
        ImplicitLocOpBuilder b(loc, nested);
        Integers i(b);
        Value shift = i.make<arith::MinSIOp>(state[1], i(most));
        Value rest =
            i.make<arith::RemUIOp>(i.make<arith::ShLIOp>(state[0], shift), my);
        scf::YieldOp::create(
            b, ValueRange{rest, i.make<arith::SubIOp>(state[1], shift)});
      });
  return loop.getResult(0);
}

Value quantc::nvvm::buildRemainder(OpBuilder &builder, arith::RemFOp op) {
  ImplicitLocOpBuilder b(op.getLoc(), builder);
  Integers i(b);
  Type type = op.getType(), f32 = b.getF32Type(), f64 = b.getF64Type();
  Value x = op.getLhs(), y = op.getRhs();
  // The remainder of two numbers is one of the same type.
  if (type != f32) {
    x = arith::ExtFOp::create(b, f32, x);
    y = arith::ExtFOp::create(b, f32, y);
  }
  auto getBits = [&](Value value) -> Value {
    return arith::ExtUIOp::create(
        b, b.getI64Type(), arith::BitcastOp::create(b, b.getI32Type(), value));
  };
  constexpr int64_t infinity = 0x7F800000, signBit = 0x80000000;
  Value xBits = getBits(x);
  Value xRest = i.make<arith::AndIOp>(xBits, i(signBit - 1));
  Value yRest = i.make<arith::AndIOp>(getBits(y), i(signBit - 1));
  Parts left = i.takeApart(xRest), right = i.takeApart(yRest);
  // Any number but zero where there is nothing to divide by.
  Value divisor = i.make<arith::MaxSIOp>(right.mantissa, i(1));
  Value rest = divide(b, left.mantissa, divisor,
                      i.make<arith::SubIOp>(left.exponent, right.exponent));
  // Times 2^(exponent - 150), exactly.
  Value scale = arith::BitcastOp::create(
      b, f64,
      i.make<arith::ShLIOp>(
          i.make<arith::AddIOp>(right.exponent, i(1023 - 150)), i(52)));
  Value magnitude = arith::TruncFOp::create(
      b, f32,
      arith::MulFOp::create(b, arith::UIToFPOp::create(b, f64, rest), scale));
  Value sign = i.make<arith::AndIOp>(xBits, i(signBit));
  Value withSign = arith::TruncIOp::create(
      b, b.getI32Type(), i.make<arith::OrIOp>(getBits(magnitude), sign));
  Value result = arith::BitcastOp::create(b, f32, withSign);
  result = i.select(i.is(arith::CmpIPredicate::slt, xRest, yRest), x, result);
  // Infinite x, either NaN, y zero.
  Value isNone = i.make<arith::OrIOp>(
      i.make<arith::OrIOp>(i.is(arith::CmpIPredicate::sge, xRest, i(infinity)),
                           i.is(arith::CmpIPredicate::sgt, yRest, i(infinity))),
      i.is(arith::CmpIPredicate::eq, yRest, i(0)));
  Value nan = arith::ConstantOp::create(b, b.getF32FloatAttr(NAN));
  result = i.select(isNone, nan, result);
  if (type != f32)
    result = arith::TruncFOp::create(b, type, result);
  return result;
}
