//===- Scalars.cpp - the arithmetic of elementwise operations -------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Scalars.h"
#include "Builders.h"
#include "ScalarEmitters.h"
#include "quantc/Dialect/StableHLO/IR/CHLO.h"
#include "quantc/Dialect/StableHLO/IR/StableHLO.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace quantc;

bool quantc::isElementwise(Operation *op) {
  if (op->hasTrait<stablehlo::Elementwise>())
    return true;
  // Between widths a dimension appears or disappears.
  auto bitcast = dyn_cast<stablehlo::BitcastConvertOp>(op);
  return bitcast &&
         getShape(bitcast.getOperand()) == getShape(bitcast.getResult());
}

ElementKind quantc::getElementKind(Type element) {
  if (isa<FloatType>(element))
    return ElementKind::Float;
  if (element.isInteger(1))
    return ElementKind::Bool;
  return element.isUnsignedInteger() ? ElementKind::Unsigned
                                     : ElementKind::Signed;
}

Value quantc::emitConstant(OpBuilder &builder, Location loc,
                           const APInt &value) {
  return arith::ConstantOp::create(
      builder, loc,
      builder.getIntegerAttr(builder.getIntegerType(value.getBitWidth()),
                             value));
}

Value quantc::emitConstant(OpBuilder &builder, Location loc, Type type,
                           double value) {
  return arith::ConstantOp::create(builder, loc,
                                   builder.getFloatAttr(type, value));
}

/// Floats of fewer than 32 bits are computed with in f32. For sums, products,
/// quotients and roots the two roundings give what one would; for all else f32
/// is the better of the two.
static Value emitWidenedFloat(OpBuilder &builder, Operation *op,
                              ValueRange operands) {
  auto type = cast<FloatType>(operands[0].getType());
  if (type.getWidth() >= 32)
    return emitFloat(builder, op, operands);
  Type wide = builder.getF32Type();
  auto widened = llvm::map_to_vector(operands, [&](Value operand) -> Value {
    return arith::ExtFOp::create(builder, op->getLoc(), wide, operand);
  });
  Value result = emitFloat(builder, op, widened);
  if (!result || result.getType() != wide)
    return result;
  return arith::TruncFOp::create(builder, op->getLoc(), type, result);
}

Value quantc::emitScalar(OpBuilder &builder, Operation *op,
                         ValueRange operands) {
  Location loc = op->getLoc();
  if (isa<stablehlo::SelectOp>(op))
    return arith::SelectOp::create(builder, loc, operands);
  if (auto compare = dyn_cast<stablehlo::CompareOp>(op))
    return emitCompare(builder, compare, operands);
  Type from = getElementType(op->getOperand(0));
  Type to = getElementType(op->getResult(0));
  if (isa<stablehlo::ConvertOp>(op))
    return emitConvert(builder, loc, operands[0], from, to);
  if (isa<stablehlo::BitcastConvertOp>(op)) {
    Type signless = to.isInteger()
                        ? builder.getIntegerType(to.getIntOrFloatBitWidth())
                        : to;
    return arith::BitcastOp::create(builder, loc, signless, operands[0]);
  }
  switch (getElementKind(from)) {
  case ElementKind::Bool:
    return emitBool(builder, op, operands);
  case ElementKind::Signed:
    return emitInteger(builder, op, operands, /*isUnsigned=*/false);
  case ElementKind::Unsigned:
    return emitInteger(builder, op, operands, /*isUnsigned=*/true);
  case ElementKind::Float:
    return emitWidenedFloat(builder, op, operands);
  }
  return nullptr;
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
