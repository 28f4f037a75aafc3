//===- IntegerScalars.cpp - elementwise arithmetic of integers -===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScalarEmitters.h"
#include "quantc/Dialect/StableHLO/IR/CHLO.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace quantc;

Value quantc::emitBool(OpBuilder &builder, Operation *op, ValueRange operands) {
  Location loc = op->getLoc();
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case<stablehlo::AddOp, stablehlo::MaximumOp, stablehlo::OrOp>([&](auto) {
        return arith::OrIOp::create(builder, loc, operands[0], operands[1]);
      })
      .Case<stablehlo::MultiplyOp, stablehlo::MinimumOp, stablehlo::AndOp>(
          [&](auto) {
            return arith::AndIOp::create(builder, loc, operands[0],
                                         operands[1]);
          })
      .Case([&](stablehlo::XorOp) {
        return arith::XOrIOp::create(builder, loc, operands[0], operands[1]);
      })
      .Case([&](stablehlo::NotOp) {
        Value ones = emitConstant(builder, loc, APInt::getAllOnes(1));
        return arith::XOrIOp::create(builder, loc, operands[0], ones);
      })
      .Case([&](stablehlo::ClampOp) {
        Value raised =
            arith::OrIOp::create(builder, loc, operands[0], operands[1]);
        return arith::AndIOp::create(builder, loc, raised, operands[2]);
      })
      .Default(Value());
}

namespace {

/// Emits operations on integers of one width.
class IntegerEmitter {
public:
  IntegerEmitter(OpBuilder &builder, Location loc, unsigned width,
                 bool isUnsigned)
      : b(builder), loc(loc), width(width), isUnsigned(isUnsigned) {}

  template <typename OpTy>
  Value create(Value lhs, Value rhs) {
    return OpTy::create(b, loc, lhs, rhs);
  }

  /// Creates the op for signed or that for unsigned integers.
  template <typename SignedOp, typename UnsignedOp>
  Value create(Value lhs, Value rhs) {
    return isUnsigned ? create<UnsignedOp>(lhs, rhs)
                      : create<SignedOp>(lhs, rhs);
  }

  Value constant(int64_t value) {
    return emitConstant(b, loc,
                        APInt(width, value, /*isSigned=*/true,
                              /*implicitTrunc=*/true));
  }

  Value compare(arith::CmpIPredicate predicate, Value lhs, Value rhs) {
    return arith::CmpIOp::create(b, loc, predicate, lhs, rhs);
  }

  Value select(Value condition, Value onTrue, Value onFalse) {
    return arith::SelectOp::create(b, loc, condition, onTrue, onFalse);
  }

  /// The quotient, -1 (all ones) for the divisor 0; or the remainder, the
  /// dividend for the divisor 0. The division itself sees neither the divisor 0
  /// nor the overflow of the lowest integer by -1, which dividing by 1 instead
  /// answers: itself, remainder 0.
  Value divide(Value lhs, Value rhs, bool wantRemainder) {
    Value isZero = compare(arith::CmpIPredicate::eq, rhs, constant(0));
    Value isUnsafe = isZero;
    if (!isUnsigned) {
      Value lowest = emitConstant(b, loc, APInt::getSignedMinValue(width));
      Value isOverflow = create<arith::AndIOp>(
          compare(arith::CmpIPredicate::eq, lhs, lowest),
          compare(arith::CmpIPredicate::eq, rhs, constant(-1)));
      isUnsafe = create<arith::OrIOp>(isZero, isOverflow);
    }
    Value divisor = select(isUnsafe, constant(1), rhs);
    if (wantRemainder)
      return select(isZero, lhs,
                    create<arith::RemSIOp, arith::RemUIOp>(lhs, divisor));
    return select(isZero, constant(-1),
                  create<arith::DivSIOp, arith::DivUIOp>(lhs, divisor));
  }

  /// Shifts where the distance, an unsigned number, is less than the width.
  template <typename OpTy>
  Value shift(Value lhs, Value rhs) {
    Value inRange = compare(arith::CmpIPredicate::ult, rhs, constant(width));
    Value distance = select(inRange, rhs, constant(0));
    return select(inRange, create<OpTy>(lhs, distance), constant(0));
  }

  Value shiftRightArithmetic(Value lhs, Value rhs) {
    Value distance = create<arith::MinUIOp>(rhs, constant(width - 1));
    return create<arith::ShRSIOp>(lhs, distance);
  }

  /// Square and multiply over all bits of the exponent, which are few. With a
  /// negative exponent this is right for the bases 1 and -1; all others give 0.
  Value power(Value base, Value exponent) {
    Value result = constant(1), square = base;
    for (unsigned bit = 0; bit < width; ++bit) {
      Value masked = create<arith::AndIOp>(
          exponent, emitConstant(b, loc, APInt::getOneBitSet(width, bit)));
      Value isSet = compare(arith::CmpIPredicate::ne, masked, constant(0));
      result = select(isSet, create<arith::MulIOp>(result, square), result);
      square = create<arith::MulIOp>(square, square);
    }
    if (isUnsigned)
      return result;
    Value isNegative =
        compare(arith::CmpIPredicate::slt, exponent, constant(0));
    Value isUnit = create<arith::OrIOp>(
        compare(arith::CmpIPredicate::eq, base, constant(1)),
        compare(arith::CmpIPredicate::eq, base, constant(-1)));
    Value isZero = create<arith::AndIOp>(
        isNegative, create<arith::XOrIOp>(
                        isUnit, emitConstant(b, loc, APInt::getAllOnes(1))));
    return select(isZero, constant(0), result);
  }

  Value sign(Value value) {
    Value isPositive = compare(arith::CmpIPredicate::sgt, value, constant(0));
    Value isNegative = compare(arith::CmpIPredicate::slt, value, constant(0));
    return select(isPositive, constant(1),
                  select(isNegative, constant(-1), constant(0)));
  }

private:
  OpBuilder &b;
  Location loc;
  unsigned width;
  bool isUnsigned;
};

} // namespace

Value quantc::emitInteger(OpBuilder &builder, Operation *op, ValueRange x,
                          bool isUnsigned) {
  using namespace stablehlo;
  Location loc = op->getLoc();
  IntegerEmitter e(builder, loc, x[0].getType().getIntOrFloatBitWidth(),
                   isUnsigned);
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case([&](AddOp) { return e.create<arith::AddIOp>(x[0], x[1]); })
      .Case([&](SubtractOp) { return e.create<arith::SubIOp>(x[0], x[1]); })
      .Case([&](MultiplyOp) { return e.create<arith::MulIOp>(x[0], x[1]); })
      .Case([&](AndOp) { return e.create<arith::AndIOp>(x[0], x[1]); })
      .Case([&](OrOp) { return e.create<arith::OrIOp>(x[0], x[1]); })
      .Case([&](XorOp) { return e.create<arith::XOrIOp>(x[0], x[1]); })
      .Case([&](DivideOp) { return e.divide(x[0], x[1], false); })
      .Case([&](RemainderOp) { return e.divide(x[0], x[1], true); })
      .Case([&](PowerOp) { return e.power(x[0], x[1]); })
      .Case([&](MaximumOp) {
        return e.create<arith::MaxSIOp, arith::MaxUIOp>(x[0], x[1]);
      })
      .Case([&](MinimumOp) {
        return e.create<arith::MinSIOp, arith::MinUIOp>(x[0], x[1]);
      })
      .Case([&](ClampOp) {
        Value raised = e.create<arith::MaxSIOp, arith::MaxUIOp>(x[1], x[0]);
        return e.create<arith::MinSIOp, arith::MinUIOp>(raised, x[2]);
      })
      .Case([&](ShiftLeftOp) { return e.shift<arith::ShLIOp>(x[0], x[1]); })
      .Case([&](ShiftRightLogicalOp) {
        return e.shift<arith::ShRUIOp>(x[0], x[1]);
      })
      .Case([&](ShiftRightArithmeticOp) {
        return e.shiftRightArithmetic(x[0], x[1]);
      })
      .Case([&](NegateOp) {
        return e.create<arith::SubIOp>(e.constant(0), x[0]);
      })
      .Case(
          [&](NotOp) { return e.create<arith::XOrIOp>(x[0], e.constant(-1)); })
      .Case([&](AbsOp) { return math::AbsIOp::create(builder, loc, x[0]); })
      .Case([&](SignOp) { return e.sign(x[0]); })
      .Case([&](PopcntOp) { return math::CtPopOp::create(builder, loc, x[0]); })
      .Case([&](CountLeadingZerosOp) {
        return math::CountLeadingZerosOp::create(builder, loc, x[0]);
      })
      .Default(Value());
}
