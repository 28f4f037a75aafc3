//===- Scalars.cpp - bodies of linalg ops as tensor operations ------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Export.h"
#include "quantc/Dialect/StableHLO/IR/CHLO.h"
#include "quantc/Dialect/StableHLO/IR/StableHLO.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::stablehlo_export;
using Direction = stablehlo::ComparisonDirection;

/// An index is an i32, as in JAX: shapes are static and not that large.
static RankedTensorType getTensorType(Type scalar, ArrayRef<int64_t> shape) {
  if (scalar.isIndex())
    scalar = IntegerType::get(scalar.getContext(), 32);
  return RankedTensorType::get(shape, scalar);
}

Value quantc::stablehlo_export::createSplat(OpBuilder &builder, Location loc,
                                            TypedAttr value,
                                            ArrayRef<int64_t> shape) {
  RankedTensorType type = getTensorType(value.getType(), shape);
  Attribute element = value;
  if (value.getType().isIndex()) {
    int64_t index = cast<IntegerAttr>(value).getInt();
    if (!llvm::isInt<32>(index))
      return {};
    element = builder.getI32IntegerAttr(index);
  }
  return stablehlo::ConstantOp::create(builder, loc, type,
                                       DenseElementsAttr::get(type, element));
}

Value quantc::stablehlo_export::exportScalar(OpBuilder &builder, Location loc,
                                             Value scalar,
                                             ArrayRef<int64_t> shape) {
  TypedAttr constant;
  if (matchPattern(scalar, m_Constant(&constant)))
    return createSplat(builder, loc, constant, shape);
  auto extract = scalar.getDefiningOp<tensor::ExtractOp>();
  if (!extract || !extract.getIndices().empty())
    return {};
  return stablehlo::BroadcastInDimOp::create(
      builder, loc, getTensorType(scalar.getType(), shape), extract.getTensor(),
      ArrayRef<int64_t>());
}

static Value createCompare(OpBuilder &builder, Location loc, Value lhs,
                           Value rhs, Direction direction) {
  auto type = cast<RankedTensorType>(lhs.getType());
  MLIRContext *context = builder.getContext();
  return stablehlo::CompareOp::create(
      builder, loc, type.clone(builder.getI1Type()), lhs, rhs,
      stablehlo::ComparisonDirectionAttr::get(context, direction),
      stablehlo::ComparisonTypeAttr::get(
          context, isa<FloatType>(type.getElementType())
                       ? stablehlo::ComparisonType::FLOAT
                       : stablehlo::ComparisonType::SIGNED));
}

static Value createNot(OpBuilder &builder, Location loc, Value value) {
  return stablehlo::NotOp::create(builder, loc, value.getType(), value);
}

static Value createSelect(OpBuilder &builder, Location loc, Value condition,
                          Value onTrue, Value onFalse) {
  return stablehlo::SelectOp::create(builder, loc, onTrue.getType(), condition,
                                     onTrue, onFalse);
}

/// Every predicate as one that is false with NaN, or the negation of one.
static Value exportCompare(OpBuilder &builder, arith::CmpFOp op, Value lhs,
                           Value rhs) {
  Location loc = op.getLoc();
  auto compare = [&](Direction direction) {
    return createCompare(builder, loc, lhs, rhs, direction);
  };
  switch (op.getPredicate()) {
  case arith::CmpFPredicate::OEQ:
    return compare(Direction::EQ);
  case arith::CmpFPredicate::OGT:
    return compare(Direction::GT);
  case arith::CmpFPredicate::OGE:
    return compare(Direction::GE);
  case arith::CmpFPredicate::OLT:
    return compare(Direction::LT);
  case arith::CmpFPredicate::OLE:
    return compare(Direction::LE);
  case arith::CmpFPredicate::UNE:
    return compare(Direction::NE);
  case arith::CmpFPredicate::UGT:
    return createNot(builder, loc, compare(Direction::LE));
  case arith::CmpFPredicate::UGE:
    return createNot(builder, loc, compare(Direction::LT));
  case arith::CmpFPredicate::ULT:
    return createNot(builder, loc, compare(Direction::GE));
  case arith::CmpFPredicate::ULE:
    return createNot(builder, loc, compare(Direction::GT));
  case arith::CmpFPredicate::UNO:
  case arith::CmpFPredicate::ORD: {
    Value left = createCompare(builder, loc, lhs, lhs, Direction::NE);
    Value right = createCompare(builder, loc, rhs, rhs, Direction::NE);
    Value either =
        stablehlo::OrOp::create(builder, loc, left.getType(), left, right);
    return op.getPredicate() == arith::CmpFPredicate::UNO
               ? either
               : createNot(builder, loc, either);
  }
  default:
    return {};
  }
}

static Value exportCompare(OpBuilder &builder, arith::CmpIOp op, Value lhs,
                           Value rhs) {
  auto compare = [&](Direction direction) {
    return createCompare(builder, op.getLoc(), lhs, rhs, direction);
  };
  // Booleans are not signed in StableHLO, but nothing else is asked of them.
  bool isOrdered = !getElementTypeOrSelf(lhs).isInteger(1);
  switch (op.getPredicate()) {
  case arith::CmpIPredicate::eq:
    return isOrdered ? compare(Direction::EQ) : Value();
  case arith::CmpIPredicate::ne:
    return isOrdered ? compare(Direction::NE) : Value();
  case arith::CmpIPredicate::slt:
    return isOrdered ? compare(Direction::LT) : Value();
  case arith::CmpIPredicate::sle:
    return isOrdered ? compare(Direction::LE) : Value();
  case arith::CmpIPredicate::sgt:
    return isOrdered ? compare(Direction::GT) : Value();
  case arith::CmpIPredicate::sge:
    return isOrdered ? compare(Direction::GE) : Value();
  default:
    return {};
  }
}

/// The number where the other operand is NaN.
template <typename Op>
static Value createNumber(OpBuilder &builder, Location loc, ValueRange in) {
  Value both = Op::create(builder, loc, in[0].getType(), in[0], in[1]);
  Value isFirstNaN = createCompare(builder, loc, in[0], in[0], Direction::NE);
  Value isSecondNaN = createCompare(builder, loc, in[1], in[1], Direction::NE);
  return createSelect(builder, loc, isFirstNaN, in[1],
                      createSelect(builder, loc, isSecondNaN, in[0], both));
}

Value quantc::stablehlo_export::exportOperation(OpBuilder &builder,
                                                Operation *op, ValueRange in,
                                                ArrayRef<int64_t> shape) {
  Location loc = op->getLoc();
  if (op->getNumResults() != 1)
    return {};
  RankedTensorType type = getTensorType(op->getResult(0).getType(), shape);
  auto is = [&](auto form) {
    return [&](auto) -> Value {
      return decltype(form)::create(builder, loc, TypeRange(type), in)
          ->getResult(0);
    };
  };
  auto convert = [&](Operation *) -> Value {
    if (in[0].getType() == type)
      return in[0];
    return stablehlo::ConvertOp::create(builder, loc, type, in[0]);
  };
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case<arith::AddFOp, arith::AddIOp>(is(stablehlo::AddOp()))
      .Case<arith::SubFOp, arith::SubIOp>(is(stablehlo::SubtractOp()))
      .Case<arith::MulFOp, arith::MulIOp>(is(stablehlo::MultiplyOp()))
      .Case<arith::DivFOp, arith::DivSIOp>(is(stablehlo::DivideOp()))
      .Case<arith::RemFOp, arith::RemSIOp>(is(stablehlo::RemainderOp()))
      .Case<arith::MaximumFOp, arith::MaxSIOp>(is(stablehlo::MaximumOp()))
      .Case<arith::MinimumFOp, arith::MinSIOp>(is(stablehlo::MinimumOp()))
      .Case<arith::AndIOp>(is(stablehlo::AndOp()))
      .Case<arith::OrIOp>(is(stablehlo::OrOp()))
      .Case<arith::XOrIOp>(is(stablehlo::XorOp()))
      .Case<arith::ShLIOp>(is(stablehlo::ShiftLeftOp()))
      .Case<arith::ShRSIOp>(is(stablehlo::ShiftRightArithmeticOp()))
      .Case<arith::ShRUIOp>(is(stablehlo::ShiftRightLogicalOp()))
      .Case<arith::NegFOp>(is(stablehlo::NegateOp()))
      .Case<arith::SelectOp>(is(stablehlo::SelectOp()))
      .Case<arith::BitcastOp>(is(stablehlo::BitcastConvertOp()))
      .Case<math::AbsFOp, math::AbsIOp>(is(stablehlo::AbsOp()))
      .Case<math::Atan2Op>(is(stablehlo::Atan2Op()))
      .Case<math::CbrtOp>(is(stablehlo::CbrtOp()))
      .Case<math::CeilOp>(is(stablehlo::CeilOp()))
      .Case<math::CosOp>(is(stablehlo::CosineOp()))
      .Case<math::CtPopOp>(is(stablehlo::PopcntOp()))
      .Case<math::CountLeadingZerosOp>(is(stablehlo::CountLeadingZerosOp()))
      .Case<math::ErfOp>(is(chlo::ErfOp()))
      .Case<math::ErfcOp>(is(chlo::ErfcOp()))
      .Case<math::ExpOp>(is(stablehlo::ExponentialOp()))
      .Case<math::ExpM1Op>(is(stablehlo::ExponentialMinusOneOp()))
      .Case<math::FloorOp>(is(stablehlo::FloorOp()))
      .Case<math::LogOp>(is(stablehlo::LogOp()))
      .Case<math::Log1pOp>(is(stablehlo::LogPlusOneOp()))
      .Case<math::PowFOp>(is(stablehlo::PowerOp()))
      .Case<math::RoundEvenOp>(is(stablehlo::RoundNearestEvenOp()))
      .Case<math::RoundOp>(is(stablehlo::RoundNearestAfzOp()))
      .Case<math::RsqrtOp>(is(stablehlo::RsqrtOp()))
      .Case<math::SinOp>(is(stablehlo::SineOp()))
      .Case<math::SqrtOp>(is(stablehlo::SqrtOp()))
      .Case<math::TanOp>(is(stablehlo::TanOp()))
      .Case<math::TanhOp>(is(stablehlo::TanhOp()))
      .Case([&](arith::MaxNumFOp) {
        return createNumber<stablehlo::MaximumOp>(builder, loc, in);
      })
      .Case([&](arith::MinNumFOp) {
        return createNumber<stablehlo::MinimumOp>(builder, loc, in);
      })
      .Case([&](arith::CmpFOp compare) {
        return exportCompare(builder, compare, in[0], in[1]);
      })
      .Case([&](arith::CmpIOp compare) {
        return exportCompare(builder, compare, in[0], in[1]);
      })
      .Case<arith::ExtFOp, arith::TruncFOp, arith::SIToFPOp, arith::IndexCastOp,
            arith::TruncIOp, arith::FPToSIOp>([&](auto) -> Value {
        // A truncation to i1 keeps a bit, a conversion asks for zero; true is
        // -1 as a signed number.
        bool isBool = getElementTypeOrSelf(in[0]).isInteger(1) ||
                      type.getElementType().isInteger(1);
        return isBool ? Value() : convert(op);
      })
      .Case([&](arith::ExtSIOp) -> Value {
        return getElementTypeOrSelf(in[0]).isInteger(1) ? Value() : convert(op);
      })
      .Case<arith::ExtUIOp, arith::UIToFPOp>([&](auto) -> Value {
        return getElementTypeOrSelf(in[0]).isInteger(1) ? convert(op) : Value();
      })
      .Default(Value());
}

/// One element for each index of the loops: every index vector is its own slice
/// of one element.
static Value exportExtract(OpBuilder &builder, tensor::ExtractOp op,
                           ArrayRef<Value> indices, ArrayRef<int64_t> shape) {
  Location loc = op.getLoc();
  int64_t rank = indices.size();
  if (rank == 0)
    return exportScalar(builder, loc, op.getResult(), shape);
  SmallVector<int64_t> columnShape(shape);
  columnShape.push_back(1);
  SmallVector<Value> columns;
  for (Value index : indices)
    columns.push_back(createReshape(builder, loc, index, columnShape));
  columnShape.back() = rank;
  Value vectors = columns.front();
  if (rank > 1)
    vectors = stablehlo::ConcatenateOp::create(
        builder, loc, RankedTensorType::get(columnShape, builder.getI32Type()),
        columns, shape.size());
  auto dims = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  auto numbers = stablehlo::GatherDimensionNumbersAttr::get(
      builder.getContext(), /*offset_dims=*/{}, /*collapsed_slice_dims=*/dims,
      {}, {}, /*start_index_map=*/dims, /*index_vector_dim=*/shape.size());
  return stablehlo::GatherOp::create(
      builder, loc, getTensorType(op.getType(), shape), op.getTensor(), vectors,
      numbers, SmallVector<int64_t>(rank, 1));
}

Value quantc::stablehlo_export::exportBodyValue(OpBuilder &builder, Value value,
                                                Block &body,
                                                ArrayRef<Value> arguments,
                                                ArrayRef<int64_t> shape) {
  // Bodies are straight and in order: each op once.
  DenseMap<Value, Value> mapped;
  for (auto [argument, tensor] :
       llvm::zip_equal(body.getArguments(), arguments))
    mapped[argument] = tensor;
  llvm::SetVector<Operation *> needed;
  SmallVector<Value> open = {value};
  while (!open.empty()) {
    Operation *op = open.pop_back_val().getDefiningOp();
    if (op && op->getBlock() == &body && needed.insert(op))
      llvm::append_range(open, op->getOperands());
  }
  auto lookup = [&](Value scalar) -> Value {
    Value &tensor = mapped[scalar];
    if (!tensor && scalar.getParentBlock() != &body)
      tensor = exportScalar(builder, scalar.getLoc(), scalar, shape);
    return tensor;
  };
  for (Operation &op : body) {
    if (!needed.contains(&op))
      continue;
    SmallVector<Value> operands;
    auto extract = dyn_cast<tensor::ExtractOp>(op);
    for (Value operand :
         extract ? ValueRange(extract.getIndices()) : op.getOperands()) {
      operands.push_back(lookup(operand));
      if (!operands.back())
        return {};
    }
    TypedAttr constant;
    Value result;
    if (extract)
      result = exportExtract(builder, extract, operands, shape);
    else if (auto index = dyn_cast<linalg::IndexOp>(op))
      result = stablehlo::IotaOp::create(builder, op.getLoc(),
                                         getTensorType(index.getType(), shape),
                                         index.getDim());
    else if (matchPattern(&op, m_Constant(&constant)))
      result = createSplat(builder, op.getLoc(), constant, shape);
    else
      result = exportOperation(builder, &op, operands, shape);
    if (!result)
      return {};
    mapped[op.getResult(0)] = result;
  }
  return lookup(value);
}
