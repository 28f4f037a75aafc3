//===- OperandConversion.cpp - operands as an instruction reads them ------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OperandConversion.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace quantc::cpu;

Type quantc::cpu::getConvertedElement(MLIRContext *context,
                                      OperandConversion conversion) {
  return IntegerType::get(context,
                          conversion == OperandConversion::FlipSign ? 8 : 16);
}

Value quantc::cpu::convertElement(OpBuilder &builder, Location loc,
                                  Value element, OperandConversion conversion) {
  Type type = getConvertedElement(builder.getContext(), conversion);
  switch (conversion) {
  case OperandConversion::SignExtend:
    return arith::ExtSIOp::create(builder, loc, type, element);
  case OperandConversion::ZeroExtend:
    return arith::ExtUIOp::create(builder, loc, type, element);
  case OperandConversion::FlipSign:
    break;
  }
  Value sign =
      arith::ConstantOp::create(builder, loc, builder.getI8IntegerAttr(-128));
  return arith::XOrIOp::create(builder, loc, element, sign);
}

Value quantc::cpu::convertTensor(OpBuilder &builder, Location loc, Value tensor,
                                 OperandConversion conversion) {
  auto type = cast<RankedTensorType>(tensor.getType());
  auto converted = RankedTensorType::get(
      type.getShape(), getConvertedElement(builder.getContext(), conversion));
  Value empty = tensor::EmptyOp::create(builder, loc, converted.getShape(),
                                        converted.getElementType());
  AffineMap identity = builder.getMultiDimIdentityMap(type.getRank());
  SmallVector<utils::IteratorType> iterators(type.getRank(),
                                             utils::IteratorType::parallel);
  return linalg::GenericOp::create(
             builder, loc, converted, tensor, empty,
             ArrayRef<AffineMap>{identity, identity}, iterators,
             [&](OpBuilder &b, Location loc, ValueRange args) {
               Value result = convertElement(b, loc, args[0], conversion);
               linalg::YieldOp::create(b, loc, result);
             })
      .getResult(0);
}

std::optional<OperandConversion>
quantc::cpu::matchConversion(linalg::GenericOp op) {
  if (op.getNumDpsInputs() != 1 || op.getNumResults() != 1 ||
      !op.isAllParallelLoops() || !op.hasPureTensorSemantics() ||
      llvm::any_of(op.getIndexingMapsArray(),
                   [](AffineMap map) { return !map.isIdentity(); }))
    return std::nullopt;
  Operation *convert =
      op.getBody()->getTerminator()->getOperand(0).getDefiningOp();
  Value element = op.getBody()->getArgument(0);
  if (!convert || convert->getNumOperands() == 0 ||
      convert->getOperand(0) != element || !element.getType().isInteger(8))
    return std::nullopt;
  bool isWide = convert->getResult(0).getType().isInteger(16);
  if (isa<arith::ExtSIOp>(convert) && isWide)
    return OperandConversion::SignExtend;
  if (isa<arith::ExtUIOp>(convert) && isWide)
    return OperandConversion::ZeroExtend;
  APInt constant;
  if (isa<arith::XOrIOp>(convert) &&
      matchPattern(convert->getOperand(1), m_ConstantInt(&constant)) &&
      constant.isSignMask())
    return OperandConversion::FlipSign;
  return std::nullopt;
}
