//===- FloatScalars.cpp - elementwise arithmetic of floats -===//
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

namespace {

/// Emits operations on floats of one type.
class FloatEmitter {
public:
  FloatEmitter(OpBuilder &builder, Location loc, Type type)
      : b(builder), loc(loc), type(cast<FloatType>(type)) {}

  template <typename OpTy>
  Value create(ValueRange operands) {
    return OpTy::create(b, loc, type, operands);
  }

  Value constant(double value) { return emitConstant(b, loc, type, value); }

  Value compare(arith::CmpFPredicate predicate, Value lhs, Value rhs) {
    return arith::CmpFOp::create(b, loc, predicate, lhs, rhs);
  }

  Value select(Value condition, Value onTrue, Value onFalse) {
    return arith::SelectOp::create(b, loc, condition, onTrue, onFalse);
  }

  Value logistic(Value x) {
    Value denominator = create<arith::AddFOp>(
        {constant(1), create<math::ExpOp>(create<arith::NegFOp>(x))});
    return create<arith::DivFOp>({constant(1), denominator});
  }

  /// Zeros of either sign and NaN are their own sign.
  Value sign(Value x) {
    Value isItself = compare(arith::CmpFPredicate::UEQ, x, constant(0));
    return select(isItself, x, create<math::CopySignOp>({constant(1), x}));
  }

  /// Rounds to a format with fewer bits, without denormals, whose largest
  /// exponent is infinity.
  Value reducePrecision(Value x, int64_t exponentBits, int64_t mantissaBits);

private:
  OpBuilder &b;
  Location loc;
  FloatType type;
};

} // namespace

Value FloatEmitter::reducePrecision(Value x, int64_t exponentBits,
                                    int64_t mantissaBits) {
  const llvm::fltSemantics &semantics = type.getFloatSemantics();
  int64_t width = type.getWidth();
  int64_t fullMantissa = APFloat::semanticsPrecision(semantics) - 1;
  int64_t fullExponent = width - 1 - fullMantissa;
  Value rounded = x;
  if (mantissaBits < fullMantissa) {
    // Adding half of the last kept bit, less one if that bit is even, carries
    // into it exactly when rounding to nearest even rounds up.
    auto integer = b.getIntegerType(width);
    auto create = [&](auto op, Value lhs, const APInt &rhs) -> Value {
      return decltype(op)::create(b, loc, lhs, emitConstant(b, loc, rhs));
    };
    int64_t dropped = fullMantissa - mantissaBits;
    Value bits = arith::BitcastOp::create(b, loc, integer, x);
    Value last = create(arith::ShRUIOp(), bits, APInt(width, dropped));
    last = create(arith::AndIOp(), last, APInt(width, 1));
    Value half =
        create(arith::AddIOp(), last, APInt::getLowBitsSet(width, dropped - 1));
    bits = arith::AddIOp::create(b, loc, bits, half);
    bits = create(arith::AndIOp(), bits,
                  APInt::getHighBitsSet(width, width - dropped));
    rounded = arith::BitcastOp::create(b, loc, type, bits);
  }
  if (exponentBits < fullExponent) {
    int64_t bias = (int64_t(1) << (exponentBits - 1)) - 1;
    Value magnitude = create<math::AbsFOp>(rounded);
    auto signedConstant = [&](double value) {
      return create<math::CopySignOp>({constant(value), x});
    };
    Value isHuge = compare(arith::CmpFPredicate::OGE, magnitude,
                           constant(std::ldexp(1.0, bias + 1)));
    Value isTiny = compare(arith::CmpFPredicate::OLT, magnitude,
                           constant(std::ldexp(1.0, 1 - bias)));
    rounded =
        select(isHuge, signedConstant(std::numeric_limits<double>::infinity()),
               rounded);
    rounded = select(isTiny, signedConstant(0), rounded);
  }
  Value isNaN = compare(arith::CmpFPredicate::UNO, x, x);
  return select(isNaN, x, rounded);
}

Value quantc::emitFloat(OpBuilder &builder, Operation *op, ValueRange x) {
  using namespace stablehlo;
  Location loc = op->getLoc();
  FloatEmitter e(builder, loc, x[0].getType());
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case([&](AbsOp) { return e.create<math::AbsFOp>(x); })
      .Case([&](AddOp) { return e.create<arith::AddFOp>(x); })
      .Case([&](Atan2Op) { return e.create<math::Atan2Op>(x); })
      .Case([&](CbrtOp) { return e.create<math::CbrtOp>(x); })
      .Case([&](CeilOp) { return e.create<math::CeilOp>(x); })
      .Case([&](ClampOp) {
        Value raised = e.create<arith::MaximumFOp>({x[1], x[0]});
        return e.create<arith::MinimumFOp>({raised, x[2]});
      })
      .Case([&](CosineOp) { return e.create<math::CosOp>(x); })
      .Case([&](DivideOp) { return e.create<arith::DivFOp>(x); })
      .Case([&](chlo::ErfOp) { return e.create<math::ErfOp>(x); })
      .Case([&](chlo::ErfcOp) { return e.create<math::ErfcOp>(x); })
      .Case([&](ExponentialOp) { return e.create<math::ExpOp>(x); })
      .Case([&](ExponentialMinusOneOp) { return e.create<math::ExpM1Op>(x); })
      .Case([&](FloorOp) { return e.create<math::FloorOp>(x); })
      .Case([&](IsFiniteOp) {
        return math::IsFiniteOp::create(builder, loc, x[0]);
      })
      .Case([&](LogOp) { return e.create<math::LogOp>(x); })
      .Case([&](LogPlusOneOp) { return e.create<math::Log1pOp>(x); })
      .Case([&](LogisticOp) { return e.logistic(x[0]); })
      .Case([&](MaximumOp) { return e.create<arith::MaximumFOp>(x); })
      .Case([&](MinimumOp) { return e.create<arith::MinimumFOp>(x); })
      .Case([&](MultiplyOp) { return e.create<arith::MulFOp>(x); })
      .Case([&](NegateOp) { return e.create<arith::NegFOp>(x); })
      .Case([&](PowerOp) { return e.create<math::PowFOp>(x); })
      .Case([&](ReducePrecisionOp reduce) {
        return e.reducePrecision(x[0], reduce.getExponentBits(),
                                 reduce.getMantissaBits());
      })
      .Case([&](RemainderOp) { return e.create<arith::RemFOp>(x); })
      .Case([&](RoundNearestAfzOp) { return e.create<math::RoundOp>(x); })
      .Case([&](RoundNearestEvenOp) { return e.create<math::RoundEvenOp>(x); })
      .Case([&](RsqrtOp) { return e.create<math::RsqrtOp>(x); })
      .Case([&](SignOp) { return e.sign(x[0]); })
      .Case([&](SineOp) { return e.create<math::SinOp>(x); })
      .Case([&](SqrtOp) { return e.create<math::SqrtOp>(x); })
      .Case(
          [&](chlo::SquareOp) { return e.create<arith::MulFOp>({x[0], x[0]}); })
      .Case([&](SubtractOp) { return e.create<arith::SubFOp>(x); })
      .Case([&](TanOp) { return e.create<math::TanOp>(x); })
      .Case([&](TanhOp) { return e.create<math::TanhOp>(x); })
      .Default(Value());
}
