//===- ConvertScalars.cpp - comparison and conversion of elements -===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScalarEmitters.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace quantc;

//===----------------------------------------------------------------------===//
// Comparison
//===----------------------------------------------------------------------===//

/// An integer that sorts, as a signed number, like the float sorts in
/// IEEE-754's total order: negative floats have their magnitude inverted.
static Value emitTotalOrderKey(OpBuilder &b, Location loc, Value value) {
  unsigned width = value.getType().getIntOrFloatBitWidth();
  Value bits = arith::BitcastOp::create(b, loc, b.getIntegerType(width), value);
  Value sign = arith::ShRSIOp::create(
      b, loc, bits, emitConstant(b, loc, APInt(width, width - 1)));
  Value mask = arith::AndIOp::create(
      b, loc, sign, emitConstant(b, loc, APInt::getSignedMaxValue(width)));
  return arith::XOrIOp::create(b, loc, bits, mask);
}

Value quantc::emitCompare(OpBuilder &b, stablehlo::CompareOp op,
                          ValueRange operands) {
  using Direction = stablehlo::ComparisonDirection;
  static_assert(static_cast<unsigned>(Direction::EQ) == 0 &&
                    static_cast<unsigned>(Direction::NE) == 1 &&
                    static_cast<unsigned>(Direction::GE) == 2 &&
                    static_cast<unsigned>(Direction::GT) == 3 &&
                    static_cast<unsigned>(Direction::LE) == 4 &&
                    static_cast<unsigned>(Direction::LT) == 5,
                "the tables below are in this order");
  using F = arith::CmpFPredicate;
  using I = arith::CmpIPredicate;
  constexpr F ofFloat[] = {F::OEQ, F::UNE, F::OGE, F::OGT, F::OLE, F::OLT};
  constexpr I ofSigned[] = {I::eq, I::ne, I::sge, I::sgt, I::sle, I::slt};
  constexpr I ofUnsigned[] = {I::eq, I::ne, I::uge, I::ugt, I::ule, I::ult};
  unsigned direction = static_cast<unsigned>(op.getComparisonDirection());
  Location loc = op.getLoc();
  Value lhs = operands[0], rhs = operands[1];
  switch (getElementKind(op.getLhs().getType().getElementType())) {
  case ElementKind::Float:
    if (op.getCompareType() != stablehlo::ComparisonType::TOTALORDER)
      return arith::CmpFOp::create(b, loc, ofFloat[direction], lhs, rhs);
    return arith::CmpIOp::create(b, loc, ofSigned[direction],
                                 emitTotalOrderKey(b, loc, lhs),
                                 emitTotalOrderKey(b, loc, rhs));
  case ElementKind::Signed:
    return arith::CmpIOp::create(b, loc, ofSigned[direction], lhs, rhs);
  case ElementKind::Bool:
  case ElementKind::Unsigned:
    return arith::CmpIOp::create(b, loc, ofUnsigned[direction], lhs, rhs);
  }
  return nullptr;
}

//===----------------------------------------------------------------------===//
// Conversion
//===----------------------------------------------------------------------===//

/// Saturates; NaN becomes 0. The conversion itself sees only values that the
/// integer type holds: those above the largest such float are taken apart.
static Value emitFloatToInteger(OpBuilder &b, Location loc, Value value,
                                IntegerType type, bool isUnsigned) {
  auto floatType = cast<FloatType>(value.getType());
  if (floatType.getWidth() < 32) {
    // Every limit but the highest is a float of 32 bits.
    floatType = b.getF32Type();
    value = arith::ExtFOp::create(b, loc, floatType, value);
  }
  unsigned width = type.getWidth();
  APInt lowest =
      isUnsigned ? APInt::getZero(width) : APInt::getSignedMinValue(width);
  APInt highest =
      isUnsigned ? APInt::getAllOnes(width) : APInt::getSignedMaxValue(width);
  auto toFloat = [&](const APInt &integer) {
    APFloat result(floatType.getFloatSemantics());
    result.convertFromAPInt(integer, !isUnsigned, APFloat::rmTowardZero);
    return b.getFloatAttr(floatType, result);
  };
  auto constant = [&](FloatAttr attribute) -> Value {
    return arith::ConstantOp::create(b, loc, attribute);
  };
  Value zero = emitConstant(b, loc, floatType, 0.0);
  Value max = constant(toFloat(highest));
  Value isNaN =
      arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNO, value, value);
  Value number = arith::SelectOp::create(b, loc, isNaN, zero, value);
  Value clamped =
      arith::MaximumFOp::create(b, loc, number, constant(toFloat(lowest)));
  clamped = arith::MinimumFOp::create(b, loc, clamped, max);
  Value integer =
      isUnsigned ? arith::FPToUIOp::create(b, loc, type, clamped).getResult()
                 : arith::FPToSIOp::create(b, loc, type, clamped).getResult();
  Value isAbove =
      arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT, number, max);
  return arith::SelectOp::create(b, loc, isAbove, emitConstant(b, loc, highest),
                                 integer);
}

static Value emitFloatToFloat(OpBuilder &b, Location loc, Value value,
                              FloatType type) {
  auto from = cast<FloatType>(value.getType());
  if (from == type)
    return value;
  // Formats of one width hold different numbers: f32 holds all of both.
  if (from.getWidth() == type.getWidth()) {
    value = arith::ExtFOp::create(b, loc, b.getF32Type(), value);
    return arith::TruncFOp::create(b, loc, type, value);
  }
  if (from.getWidth() < type.getWidth())
    return arith::ExtFOp::create(b, loc, type, value);
  return arith::TruncFOp::create(b, loc, type, value);
}

/// By way of f32 to narrower floats, as JAX on a CPU does.
static Value emitIntegerToFloat(OpBuilder &b, Location loc, Value value,
                                FloatType type, bool isSigned) {
  Type wide = type.getWidth() < 32 ? b.getF32Type() : Type(type);
  Value result = isSigned
                     ? arith::SIToFPOp::create(b, loc, wide, value).getResult()
                     : arith::UIToFPOp::create(b, loc, wide, value).getResult();
  return emitFloatToFloat(b, loc, result, type);
}

static Value emitIntegerToInteger(OpBuilder &b, Location loc, Value value,
                                  IntegerType type, bool isSigned) {
  unsigned from = value.getType().getIntOrFloatBitWidth();
  if (from > type.getWidth())
    return arith::TruncIOp::create(b, loc, type, value);
  if (from == type.getWidth())
    return value;
  if (isSigned)
    return arith::ExtSIOp::create(b, loc, type, value);
  return arith::ExtUIOp::create(b, loc, type, value);
}

/// True is what is not zero, NaN included.
static Value emitToBool(OpBuilder &b, Location loc, Value value,
                        ElementKind kind) {
  if (kind == ElementKind::Bool)
    return value;
  if (kind == ElementKind::Float)
    return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNE, value,
                                 emitConstant(b, loc, value.getType(), 0.0));
  unsigned width = value.getType().getIntOrFloatBitWidth();
  return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, value,
                               emitConstant(b, loc, APInt::getZero(width)));
}

Value quantc::emitConvert(OpBuilder &b, Location loc, Value value, Type from,
                          Type to) {
  ElementKind fromKind = getElementKind(from), toKind = getElementKind(to);
  if (toKind == ElementKind::Bool)
    return emitToBool(b, loc, value, fromKind);
  if (auto type = dyn_cast<FloatType>(to)) {
    if (fromKind == ElementKind::Float)
      return emitFloatToFloat(b, loc, value, type);
    return emitIntegerToFloat(b, loc, value, type,
                              fromKind == ElementKind::Signed);
  }
  IntegerType type = b.getIntegerType(to.getIntOrFloatBitWidth());
  if (fromKind == ElementKind::Float)
    return emitFloatToInteger(b, loc, value, type,
                              toKind == ElementKind::Unsigned);
  return emitIntegerToInteger(b, loc, value, type,
                              fromKind == ElementKind::Signed);
}
