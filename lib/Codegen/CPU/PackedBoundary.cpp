//===- PackedBoundary.cpp - i4 at the boundary ----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PackedBoundary.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

RankedTensorType quantc::cpu::getPackedType(RankedTensorType type) {
  return RankedTensorType::get(
      {llvm::divideCeilSigned(type.getNumElements(), 2)},
      IntegerType::get(type.getContext(), 8));
}

/// All dimensions as one, or one as all.
static ReassociationIndices getAllDims(ArrayRef<int64_t> shape) {
  return llvm::to_vector(llvm::seq<int64_t>(0, shape.size()));
}

static Value createFlat(OpBuilder &builder, Location loc, Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  if (type.getRank() == 1)
    return value;
  auto flat =
      RankedTensorType::get({type.getNumElements()}, type.getElementType());
  if (type.getRank() == 0)
    return tensor::ExpandShapeOp::create(builder, loc, flat, value,
                                         ArrayRef<ReassociationIndices>());
  return tensor::CollapseShapeOp::create(
      builder, loc, flat, value,
      ArrayRef<ReassociationIndices>{getAllDims(type.getShape())});
}

static Value createShaped(OpBuilder &builder, Location loc, Value flat,
                          RankedTensorType type) {
  if (type.getRank() == 1)
    return flat;
  if (type.getRank() == 0)
    return tensor::CollapseShapeOp::create(builder, loc, type, flat,
                                           ArrayRef<ReassociationIndices>());
  return tensor::ExpandShapeOp::create(
      builder, loc, type, flat,
      ArrayRef<ReassociationIndices>{getAllDims(type.getShape())});
}

Value quantc::cpu::createUnpacked(OpBuilder &builder, Value bytes,
                                  RankedTensorType type) {
  Location loc = bytes.getLoc();
  int64_t size = type.getNumElements();
  int64_t numBytes = cast<RankedTensorType>(bytes.getType()).getDimSize(0);
  Type byte = builder.getI8Type();
  if (size == 0)
    return tensor::EmptyOp::create(builder, loc, type.getShape(), byte);
  Value empty = tensor::EmptyOp::create(builder, loc,
                                        ArrayRef<int64_t>{numBytes, 2}, byte);
  AffineMap halves = builder.getMultiDimIdentityMap(2);
  SmallVector<utils::IteratorType> iterators(2, utils::IteratorType::parallel);
  Value pairs =
      linalg::GenericOp::create(
          builder, loc, empty.getType(), bytes, empty,
          ArrayRef<AffineMap>{halves.getMajorSubMap(1), halves}, iterators,
          [](OpBuilder &body, Location loc, ValueRange args) {
            Value four =
                arith::ConstantOp::create(body, loc, body.getI8IntegerAttr(4));
            Value shifted = arith::ShLIOp::create(body, loc, args[0], four);
            Value low = arith::ShRSIOp::create(body, loc, shifted, four);
            Value high = arith::ShRSIOp::create(body, loc, args[0], four);
            Value half = linalg::IndexOp::create(body, loc, 1);
            Value zero = arith::ConstantIndexOp::create(body, loc, 0);
            Value isLow = arith::CmpIOp::create(
                body, loc, arith::CmpIPredicate::eq, half, zero);
            Value element =
                arith::SelectOp::create(body, loc, isLow, low, high);
            linalg::YieldOp::create(body, loc, element);
          })
          .getResult(0);
  Value flat = createFlat(builder, loc, pairs);
  if (size != 2 * numBytes)
    flat = tensor::ExtractSliceOp::create(
        builder, loc, flat, ArrayRef<OpFoldResult>{builder.getIndexAttr(0)},
        ArrayRef<OpFoldResult>{builder.getIndexAttr(size)},
        ArrayRef<OpFoldResult>{builder.getIndexAttr(1)});
  return createShaped(builder, loc, flat, type.clone(byte));
}

Value quantc::cpu::createPacked(OpBuilder &builder, Value elements) {
  Location loc = elements.getLoc();
  auto type = cast<RankedTensorType>(elements.getType());
  RankedTensorType packed = getPackedType(type);
  int64_t size = type.getNumElements(), numBytes = packed.getDimSize(0);
  Type byte = builder.getI8Type();
  if (size == 0)
    return tensor::EmptyOp::create(builder, loc, packed.getShape(), byte);
  Value flat = createFlat(builder, loc, elements);
  if (size != 2 * numBytes) {
    Value zero =
        arith::ConstantOp::create(builder, loc, builder.getI8IntegerAttr(0));
    flat = tensor::PadOp::create(
        builder, loc, RankedTensorType::get({2 * numBytes}, byte), flat,
        ArrayRef<OpFoldResult>{builder.getIndexAttr(0)},
        ArrayRef<OpFoldResult>{builder.getIndexAttr(1)}, zero);
  }
  Value pairs = createShaped(builder, loc, flat,
                             RankedTensorType::get({numBytes, 2}, byte));
  auto createHalf = [&](int64_t half) -> Value {
    SmallVector<OpFoldResult> offsets = {builder.getIndexAttr(0),
                                         builder.getIndexAttr(half)};
    SmallVector<OpFoldResult> sizes = {builder.getIndexAttr(numBytes),
                                       builder.getIndexAttr(1)};
    SmallVector<OpFoldResult> strides(2, builder.getIndexAttr(1));
    return tensor::ExtractSliceOp::create(builder, loc, packed, pairs, offsets,
                                          sizes, strides);
  };
  SmallVector<Value> halves = {createHalf(0), createHalf(1)};
  Value empty = tensor::EmptyOp::create(builder, loc, packed.getShape(), byte);
  AffineMap identity = builder.getMultiDimIdentityMap(1);
  return linalg::GenericOp::create(
             builder, loc, TypeRange(packed), halves, ValueRange(empty),
             SmallVector<AffineMap>(3, identity),
             SmallVector<utils::IteratorType>{utils::IteratorType::parallel},
             [](OpBuilder &body, Location loc, ValueRange args) {
               Value mask = arith::ConstantOp::create(
                   body, loc, body.getI8IntegerAttr(15));
               Value four = arith::ConstantOp::create(body, loc,
                                                      body.getI8IntegerAttr(4));
               Value low = arith::AndIOp::create(body, loc, args[0], mask);
               Value high = arith::ShLIOp::create(body, loc, args[1], four);
               Value both = arith::OrIOp::create(body, loc, low, high);
               linalg::YieldOp::create(body, loc, both);
             })
      .getResult(0);
}
