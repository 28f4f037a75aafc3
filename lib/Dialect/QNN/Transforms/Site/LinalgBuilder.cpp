//===- LinalgBuilder.cpp - elementwise linalg, shortly written ------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LinalgBuilder.h"
#include "ConstantEvaluation.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace quantc::qnn;

linalg::GenericOp
quantc::qnn::createElementwise(OpBuilder &builder, Location loc,
                               ArrayRef<OpFoldResult> sizes, Type elementType,
                               ValueRange inputs, ArrayRef<AffineMap> maps,
                               ScalarBuilder scalar) {
  Value empty = tensor::EmptyOp::create(builder, loc, sizes, elementType);
  SmallVector<AffineMap> allMaps(maps);
  allMaps.push_back(builder.getMultiDimIdentityMap(sizes.size()));
  SmallVector<utils::IteratorType> iterators(sizes.size(),
                                             utils::IteratorType::parallel);
  return linalg::GenericOp::create(
      builder, loc, empty.getType(), inputs, empty, allMaps, iterators,
      [&](OpBuilder &body, Location loc, ValueRange args) {
        linalg::YieldOp::create(body, loc, scalar(body, loc, args.drop_back()));
      });
}

Value quantc::qnn::createFoldedElementwise(OpBuilder &builder, Location loc,
                                           ArrayRef<OpFoldResult> sizes,
                                           Type elementType, ValueRange inputs,
                                           ArrayRef<AffineMap> maps,
                                           ScalarBuilder scalar) {
  // What is erased again must not reach a rewrite driver's worklist.
  OpBuilder::Listener *listener = builder.getListener();
  builder.setListener(nullptr);
  linalg::GenericOp op =
      createElementwise(builder, loc, sizes, elementType, inputs, maps, scalar);
  builder.setListener(listener);
  Operation *empty = op.getDpsInits()[0].getDefiningOp();
  if (TypedAttr constant = evaluateConstant(op)) {
    op.erase();
    empty->erase();
    return arith::ConstantOp::create(builder, loc, constant);
  }
  if (listener) {
    listener->notifyOperationInserted(empty, {});
    listener->notifyOperationInserted(op, {});
  }
  return op.getResult(0);
}

Value quantc::qnn::createZeros(OpBuilder &builder, Location loc,
                               ArrayRef<OpFoldResult> sizes, Type elementType) {
  Value empty = tensor::EmptyOp::create(builder, loc, sizes, elementType);
  Value zero =
      arith::ConstantOp::create(builder, loc, builder.getZeroAttr(elementType));
  return linalg::FillOp::create(builder, loc, zero, empty).getResult(0);
}

Value quantc::qnn::createFloatSum(OpBuilder &builder, Location loc, Value a,
                                  Value b) {
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, a);
  AffineMap identity = builder.getMultiDimIdentityMap(sizes.size());
  return createElementwise(
             builder, loc, sizes, builder.getF32Type(), {a, b},
             {identity, identity},
             [](OpBuilder &body, Location loc, ValueRange args) -> Value {
               return arith::AddFOp::create(body, loc, args[0], args[1]);
             })
      .getResult(0);
}

SmallVector<Value> quantc::qnn::createIntegerInputs(OpBuilder &builder,
                                                    linalg::LinalgOp pool,
                                                    Value integers) {
  SmallVector<Value> inputs = {integers};
  for (Value window : llvm::drop_begin(pool.getDpsInputs())) {
    if (auto empty = window.getDefiningOp<tensor::EmptyOp>())
      window = tensor::EmptyOp::create(
          builder, empty.getLoc(), empty.getMixedSizes(), builder.getI8Type());
    inputs.push_back(window);
  }
  return inputs;
}

bool quantc::qnn::isZeroFilled(Value value) {
  if (auto fill = value.getDefiningOp<linalg::FillOp>())
    return matchPattern(fill.getInputs()[0], m_AnyZeroFloat()) ||
           matchPattern(fill.getInputs()[0], m_Zero());
  return matchPattern(value, m_AnyZeroFloat()) || matchPattern(value, m_Zero());
}

AffineMap quantc::qnn::getParameterMap(MLIRContext *context, int64_t rank,
                                       ArrayRef<int64_t> axes) {
  SmallVector<AffineExpr> results;
  for (int64_t axis : axes)
    results.push_back(getAffineDimExpr(axis, context));
  return AffineMap::get(rank, 0, results, context);
}

AffineMap quantc::qnn::getElementToParameterMap(MLIRContext *context,
                                                int64_t rank,
                                                ArrayRef<int64_t> axes,
                                                ArrayRef<int64_t> blocks,
                                                Value parameter) {
  SmallVector<AffineExpr> results;
  if (cast<RankedTensorType>(parameter.getType()).getRank() != 0) {
    for (auto [i, axis] : llvm::enumerate(axes)) {
      AffineExpr expr = getAffineDimExpr(axis, context);
      results.push_back(blocks.empty() ? expr : expr.floorDiv(blocks[i]));
    }
  }
  return AffineMap::get(rank, 0, results, context);
}

Value quantc::qnn::toSignless(OpBuilder &builder, Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  if (!type.getElementType().isUnsignedInteger())
    return value;
  Type signless =
      builder.getIntegerType(type.getElementType().getIntOrFloatBitWidth());
  return tensor::BitcastOp::create(builder, value.getLoc(),
                                   type.clone(signless), value);
}

Value quantc::qnn::toStorage(OpBuilder &builder, Value value, Type type) {
  if (value.getType() == type)
    return value;
  return tensor::BitcastOp::create(builder, value.getLoc(), type, value);
}

Value quantc::qnn::extendInteger(OpBuilder &builder, Location loc, Value value,
                                 Type type, bool isUnsigned) {
  if (value.getType() == type)
    return value;
  if (isUnsigned)
    return arith::ExtUIOp::create(builder, loc, type, value);
  return arith::ExtSIOp::create(builder, loc, type, value);
}
