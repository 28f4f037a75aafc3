//===- Scalars.cpp - the arithmetic of elementwise operations -------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Scalars.h"
#include "Builders.h"
#include "quantc/Dialect/StableHLO/IR/CHLO.h"
#include "quantc/Dialect/StableHLO/IR/StableHLO.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace quantc;

bool quantc::isElementwise(Operation *op) {
  return isa<stablehlo::AddOp, stablehlo::AndOp, stablehlo::CompareOp,
             stablehlo::MaximumOp, stablehlo::MinimumOp, stablehlo::MultiplyOp,
             stablehlo::OrOp, stablehlo::SelectOp, stablehlo::SubtractOp>(op);
}

namespace {

/// How the elements of a type are computed with.
enum class Kind { Bool, Signed, Unsigned, Float };

} // namespace

static Kind getKind(Value tensor) {
  Type type = getElementType(tensor);
  if (isa<FloatType>(type))
    return Kind::Float;
  if (type.isInteger(1))
    return Kind::Bool;
  return type.isUnsignedInteger() ? Kind::Unsigned : Kind::Signed;
}

/// Creates the op that fits the kind.
template <typename BoolOp, typename SignedOp, typename UnsignedOp,
          typename FloatOp>
static Value create(OpBuilder &b, Operation *op, ValueRange operands) {
  Location loc = op->getLoc();
  switch (getKind(op->getOperand(0))) {
  case Kind::Bool:
    return BoolOp::create(b, loc, operands[0], operands[1]);
  case Kind::Signed:
    return SignedOp::create(b, loc, operands[0], operands[1]);
  case Kind::Unsigned:
    return UnsignedOp::create(b, loc, operands[0], operands[1]);
  case Kind::Float:
    return FloatOp::create(b, loc, operands[0], operands[1]);
  }
  llvm_unreachable("all kinds are covered");
}

static Value emitCompare(OpBuilder &b, stablehlo::CompareOp op,
                         ValueRange operands) {
  using Direction = stablehlo::ComparisonDirection;
  Kind kind = getKind(op.getLhs());
  unsigned direction = static_cast<unsigned>(op.getComparisonDirection());
  static_assert(static_cast<unsigned>(Direction::EQ) == 0 &&
                static_cast<unsigned>(Direction::LT) == 5);
  if (kind == Kind::Float) {
    using P = arith::CmpFPredicate;
    constexpr P predicates[] = {P::OEQ, P::UNE, P::OGE, P::OGT, P::OLE, P::OLT};
    return arith::CmpFOp::create(b, op.getLoc(), predicates[direction],
                                 operands[0], operands[1]);
  }
  using P = arith::CmpIPredicate;
  constexpr P ofSigned[] = {P::eq, P::ne, P::sge, P::sgt, P::sle, P::slt};
  constexpr P ofUnsigned[] = {P::eq, P::ne, P::uge, P::ugt, P::ule, P::ult};
  return arith::CmpIOp::create(
      b, op.getLoc(), (kind == Kind::Signed ? ofSigned : ofUnsigned)[direction],
      operands[0], operands[1]);
}

Value quantc::emitScalar(OpBuilder &b, Operation *op, ValueRange operands) {
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case([&](stablehlo::AddOp) {
        return create<arith::OrIOp, arith::AddIOp, arith::AddIOp,
                      arith::AddFOp>(b, op, operands);
      })
      .Case([&](stablehlo::SubtractOp) {
        return create<arith::SubIOp, arith::SubIOp, arith::SubIOp,
                      arith::SubFOp>(b, op, operands);
      })
      .Case([&](stablehlo::MultiplyOp) {
        return create<arith::AndIOp, arith::MulIOp, arith::MulIOp,
                      arith::MulFOp>(b, op, operands);
      })
      .Case([&](stablehlo::MaximumOp) {
        return create<arith::OrIOp, arith::MaxSIOp, arith::MaxUIOp,
                      arith::MaximumFOp>(b, op, operands);
      })
      .Case([&](stablehlo::MinimumOp) {
        return create<arith::AndIOp, arith::MinSIOp, arith::MinUIOp,
                      arith::MinimumFOp>(b, op, operands);
      })
      .Case([&](stablehlo::AndOp) {
        return arith::AndIOp::create(b, op->getLoc(), operands[0], operands[1]);
      })
      .Case([&](stablehlo::OrOp) {
        return arith::OrIOp::create(b, op->getLoc(), operands[0], operands[1]);
      })
      .Case([&](stablehlo::SelectOp) {
        return arith::SelectOp::create(b, op->getLoc(), operands[0],
                                       operands[1], operands[2]);
      })
      .Case([&](stablehlo::CompareOp compare) {
        return emitCompare(b, compare, operands);
      })
      .Default(Value());
}

FailureOr<SmallVector<Value>> quantc::emitScalarBody(OpBuilder &builder,
                                                     Block &body,
                                                     ValueRange arguments,
                                                     Operation *&unsupported) {
  IRMapping mapping;
  mapping.map(body.getArguments(), arguments);
  auto lookup = [&](Value value) -> Value {
    if (Value mapped = mapping.lookupOrNull(value))
      return mapped;
    return extractScalar(builder, value.getLoc(), value);
  };
  for (Operation &op : body.without_terminator()) {
    Value scalar;
    unsupported = &op;
    if (auto constant = dyn_cast<stablehlo::ConstantOp>(op)) {
      auto dense = dyn_cast<DenseElementsAttr>(constant.getValue());
      if (!dense || !dense.isSplat())
        return failure();
      auto value = dense.getSplatValue<TypedAttr>();
      if (auto integer = dyn_cast<IntegerAttr>(value))
        value = builder.getIntegerAttr(
            builder.getIntegerType(integer.getValue().getBitWidth()),
            integer.getValue());
      scalar = arith::ConstantOp::create(builder, op.getLoc(), value);
    } else if (isElementwise(&op)) {
      scalar = emitScalar(builder, &op,
                          llvm::map_to_vector(op.getOperands(), lookup));
    }
    if (!scalar)
      return failure();
    mapping.map(op.getResult(0), scalar);
  }
  unsupported = nullptr;
  return llvm::map_to_vector(body.getTerminator()->getOperands(), lookup);
}
