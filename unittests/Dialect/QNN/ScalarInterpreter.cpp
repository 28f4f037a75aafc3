//===- ScalarInterpreter.cpp - arith, with poison made visible ------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScalarInterpreter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace quantc::test;
using llvm::APFloat;
using llvm::APInt;

namespace {

constexpr auto nearestEven = APFloat::rmNearestTiesToEven;

class Interpreter {
public:
  void set(Value value, Bits bits) { values.insert_or_assign(value, bits); }
  /// Constants may lie outside the body.
  Bits get(Value value) const {
    if (auto constant = value.getDefiningOp<arith::ConstantOp>())
      return getConstant(constant);
    return values.find(value)->second;
  }

  /// Evaluates one op; nullopt if it is poison or unknown.
  std::optional<Bits> evaluate(Operation &op);

private:
  static Bits getConstant(arith::ConstantOp constant) {
    if (auto number = dyn_cast<FloatAttr>(constant.getValue()))
      return number.getValue().bitcastToAPInt();
    return cast<IntegerAttr>(constant.getValue()).getValue();
  }
  APInt integer(Operation &op, unsigned i) const {
    return get(op.getOperand(i));
  }
  APFloat number(Operation &op, unsigned i) const {
    Value value = op.getOperand(i);
    return APFloat(cast<FloatType>(value.getType()).getFloatSemantics(),
                   get(value));
  }
  std::optional<Bits> evaluateInteger(Operation &op);
  std::optional<Bits> evaluateFloat(Operation &op);
  std::optional<Bits> evaluateConversion(Operation &op);

  llvm::DenseMap<Value, Bits> values;
};

} // namespace

std::optional<Bits> Interpreter::evaluateInteger(Operation &op) {
  using namespace arith;
  APInt a = integer(op, 0), b = integer(op, 1);
  bool nsw = false, nuw = false;
  if (auto flags = dyn_cast<ArithIntegerOverflowFlagsInterface>(op)) {
    nsw = flags.hasNoSignedWrap();
    nuw = flags.hasNoUnsignedWrap();
  }
  auto checked = [&](APInt result, auto isSigned,
                     auto isUnsigned) -> std::optional<Bits> {
    bool overflow = false;
    if (nsw && (void((a.*isSigned)(b, overflow)), overflow))
      return std::nullopt;
    if (nuw && (void((a.*isUnsigned)(b, overflow)), overflow))
      return std::nullopt;
    return result;
  };
  using Check = APInt (APInt::*)(const APInt &, bool &) const;
  bool inRange = b.ult(a.getBitWidth());
  return llvm::TypeSwitch<Operation *, std::optional<Bits>>(&op)
      .Case([&](AddIOp) {
        return checked(a + b, Check(&APInt::sadd_ov), Check(&APInt::uadd_ov));
      })
      .Case([&](SubIOp) {
        return checked(a - b, Check(&APInt::ssub_ov), Check(&APInt::usub_ov));
      })
      .Case([&](MulIOp) {
        return checked(a * b, Check(&APInt::smul_ov), Check(&APInt::umul_ov));
      })
      .Case([&](ShLIOp) -> std::optional<Bits> {
        if (!inRange)
          return std::nullopt;
        return checked(a.shl(b), Check(&APInt::sshl_ov),
                       Check(&APInt::ushl_ov));
      })
      .Case([&](ShRSIOp) -> std::optional<Bits> {
        return inRange ? std::optional(a.ashr(b)) : std::nullopt;
      })
      .Case([&](ShRUIOp) -> std::optional<Bits> {
        return inRange ? std::optional(a.lshr(b)) : std::nullopt;
      })
      .Case([&](AndIOp) { return a & b; })
      .Case([&](OrIOp) { return a | b; })
      .Case([&](XOrIOp) { return a ^ b; })
      .Case([&](MaxSIOp) { return a.sgt(b) ? a : b; })
      .Case([&](MinSIOp) { return a.slt(b) ? a : b; })
      .Case([&](MaxUIOp) { return a.ugt(b) ? a : b; })
      .Case([&](MinUIOp) { return a.ult(b) ? a : b; })
      .Case([&](CmpIOp compare) {
        return APInt(1, applyCmpPredicate(compare.getPredicate(), a, b));
      })
      .Default(std::optional<Bits>());
}

std::optional<Bits> Interpreter::evaluateFloat(Operation &op) {
  using namespace arith;
  APFloat a = number(op, 0);
  APFloat b = op.getNumOperands() > 1 ? number(op, 1) : a;
  if (auto math = dyn_cast<ArithFastMathInterface>(op)) {
    FastMathFlags flags = math.getFastMathFlagsAttr()
                              ? math.getFastMathFlagsAttr().getValue()
                              : FastMathFlags::none;
    if (bitEnumContainsAny(flags, FastMathFlags::nnan) &&
        (a.isNaN() || b.isNaN()))
      return std::nullopt;
    if (bitEnumContainsAny(flags, FastMathFlags::ninf) &&
        (a.isInfinity() || b.isInfinity()))
      return std::nullopt;
  }
  auto with = [&](auto compute) -> std::optional<Bits> {
    compute();
    return a.bitcastToAPInt();
  };
  return llvm::TypeSwitch<Operation *, std::optional<Bits>>(&op)
      .Case([&](AddFOp) { return with([&] { a.add(b, nearestEven); }); })
      .Case([&](SubFOp) { return with([&] { a.subtract(b, nearestEven); }); })
      .Case([&](MulFOp) { return with([&] { a.multiply(b, nearestEven); }); })
      .Case([&](DivFOp) { return with([&] { a.divide(b, nearestEven); }); })
      .Case([&](MaximumFOp) { return llvm::maximum(a, b).bitcastToAPInt(); })
      .Case([&](MinimumFOp) { return llvm::minimum(a, b).bitcastToAPInt(); })
      .Case([&](math::RoundEvenOp) {
        return with([&] { a.roundToIntegral(nearestEven); });
      })
      .Case([&](CmpFOp compare) {
        return APInt(1, applyCmpPredicate(compare.getPredicate(), a, b));
      })
      .Default(std::optional<Bits>());
}

std::optional<Bits> Interpreter::evaluateConversion(Operation &op) {
  using namespace arith;
  Type type = op.getResult(0).getType();
  unsigned width = type.getIntOrFloatBitWidth();
  auto toFloat = [&](bool isSigned) -> std::optional<Bits> {
    APFloat result(cast<FloatType>(type).getFloatSemantics());
    result.convertFromAPInt(integer(op, 0), isSigned, nearestEven);
    return result.bitcastToAPInt();
  };
  auto convert = [&]() -> std::optional<Bits> {
    APFloat result = number(op, 0);
    bool losesInfo;
    result.convert(cast<FloatType>(type).getFloatSemantics(), nearestEven,
                   &losesInfo);
    return result.bitcastToAPInt();
  };
  return llvm::TypeSwitch<Operation *, std::optional<Bits>>(&op)
      .Case([&](ExtSIOp) { return integer(op, 0).sext(width); })
      .Case([&](ExtUIOp) { return integer(op, 0).zext(width); })
      .Case([&](TruncIOp) { return integer(op, 0).trunc(width); })
      .Case([&](BitcastOp) { return integer(op, 0); })
      .Case([&](SIToFPOp) { return toFloat(/*isSigned=*/true); })
      .Case([&](UIToFPOp) { return toFloat(/*isSigned=*/false); })
      .Case<ExtFOp, TruncFOp>([&](auto) { return convert(); })
      .Case([&](FPToSIOp) -> std::optional<Bits> {
        llvm::APSInt result(width, /*isUnsigned=*/false);
        bool isExact;
        if (number(op, 0).convertToInteger(result, APFloat::rmTowardZero,
                                           &isExact) &
            APFloat::opInvalidOp)
          return std::nullopt;
        return APInt(result);
      })
      .Default(std::optional<Bits>());
}

std::optional<Bits> Interpreter::evaluate(Operation &op) {
  if (isa<arith::SelectOp>(op))
    return get(op.getOperand(get(op.getOperand(0)).isZero() ? 2 : 1));
  if (std::optional<Bits> result = evaluateConversion(op))
    return result;
  if (isa<FloatType>(op.getOperand(0).getType()))
    return isa<arith::FPToSIOp>(op) ? std::nullopt : evaluateFloat(op);
  return op.getNumOperands() == 2 ? evaluateInteger(op) : std::nullopt;
}

llvm::Expected<Bits> quantc::test::interpret(Block &body,
                                             ArrayRef<Bits> inputs) {
  Interpreter interpreter;
  for (auto [argument, bits] : llvm::zip(body.getArguments(), inputs))
    interpreter.set(argument, bits);
  for (Operation &op : body) {
    if (op.hasTrait<OpTrait::IsTerminator>())
      return interpreter.get(op.getOperand(0));
    if (isa<arith::ConstantOp>(op))
      continue;
    std::optional<Bits> result = interpreter.evaluate(op);
    if (!result) {
      std::string text;
      llvm::raw_string_ostream(text) << "poison or unknown: " << op;
      return llvm::createStringError(text);
    }
    interpreter.set(op.getResult(0), *result);
  }
  return llvm::createStringError("expected a terminator");
}
