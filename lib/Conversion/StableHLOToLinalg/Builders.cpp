//===- Builders.cpp - tensor computations shared by patterns --------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Builders.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace quantc;

//===----------------------------------------------------------------------===//
// Scalars
//===----------------------------------------------------------------------===//

Value quantc::extractScalar(OpBuilder &builder, Location loc, Value tensor) {
  DenseElementsAttr attr;
  if (matchPattern(tensor, m_Constant(&attr)) && attr.isSplat())
    return arith::ConstantOp::create(builder, loc,
                                     attr.getSplatValue<TypedAttr>());
  return tensor::ExtractOp::create(builder, loc, tensor, ValueRange());
}

Value quantc::castToIndex(OpBuilder &builder, Location loc, Value scalar,
                          bool isUnsigned) {
  Type index = builder.getIndexType();
  // i1 counts as 0 and 1, as it does in every conversion of a boolean.
  if (isUnsigned || scalar.getType().isInteger(1))
    return arith::IndexCastUIOp::create(builder, loc, index, scalar);
  return arith::IndexCastOp::create(builder, loc, index, scalar);
}

Value quantc::extractIndex(OpBuilder &builder, Location loc, Value tensor,
                           bool isUnsigned) {
  return castToIndex(builder, loc, extractScalar(builder, loc, tensor),
                     isUnsigned);
}

AffineMap quantc::getLeadingMap(MLIRContext *context, unsigned numLoops,
                                unsigned count) {
  SmallVector<AffineExpr> exprs;
  for (unsigned loop = 0; loop < count; ++loop)
    exprs.push_back(getAffineDimExpr(loop, context));
  return AffineMap::get(numLoops, 0, exprs, context);
}

Value quantc::createZero(OpBuilder &builder, Location loc, Type elementType) {
  return arith::ConstantOp::create(builder, loc,
                                   builder.getZeroAttr(elementType));
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

Value quantc::createEmpty(OpBuilder &builder, Location loc,
                          ArrayRef<int64_t> shape, Type elementType) {
  return tensor::EmptyOp::create(builder, loc, shape, elementType);
}

Value quantc::createFilled(OpBuilder &builder, Location loc,
                           ArrayRef<int64_t> shape, Value scalar) {
  Value empty = createEmpty(builder, loc, shape, scalar.getType());
  return linalg::FillOp::create(builder, loc, scalar, empty).getResult(0);
}

Value quantc::createReshape(OpBuilder &builder, Location loc, Value tensor,
                            ArrayRef<int64_t> shape) {
  auto source = cast<RankedTensorType>(tensor.getType());
  auto result = RankedTensorType::get(shape, source.getElementType());
  if (source == result)
    return tensor;
  auto reassociation = getReassociationIndicesForReshape(source, result);
  if (reassociation && source.getRank() > result.getRank())
    return tensor::CollapseShapeOp::create(builder, loc, result, tensor,
                                           *reassociation);
  if (reassociation && source.getRank() < result.getRank())
    return tensor::ExpandShapeOp::create(builder, loc, result, tensor,
                                         *reassociation);
  // Through all elements in a row.
  auto flat =
      RankedTensorType::get({source.getNumElements()}, source.getElementType());
  auto allOf = [](RankedTensorType type) {
    SmallVector<ReassociationIndices> groups;
    if (type.getRank() > 0)
      groups.push_back(llvm::to_vector<2>(llvm::seq(type.getRank())));
    return groups;
  };
  if (source.getRank() > 1)
    tensor = tensor::CollapseShapeOp::create(builder, loc, flat, tensor,
                                             allOf(source));
  if (result.getRank() > 1)
    tensor = tensor::ExpandShapeOp::create(builder, loc, result, tensor,
                                           allOf(result));
  return tensor;
}

Value quantc::createTranspose(OpBuilder &builder, Location loc, Value tensor,
                              ArrayRef<int64_t> permutation) {
  ArrayRef<int64_t> shape = getShape(tensor);
  SmallVector<int64_t> newShape, moved;
  for (int64_t dim : permutation) {
    newShape.push_back(shape[dim]);
    if (shape[dim] != 1)
      moved.push_back(dim);
  }
  if (llvm::is_sorted(moved))
    return createReshape(builder, loc, tensor, newShape);
  Value empty = createEmpty(builder, loc, newShape, getElementType(tensor));
  return linalg::TransposeOp::create(builder, loc, tensor, empty, permutation)
      ->getResult(0);
}

Value quantc::createReverse(OpBuilder &builder, Location loc, Value tensor,
                            ArrayRef<int64_t> dimensions) {
  auto type = cast<RankedTensorType>(tensor.getType());
  return createElementwise(
      builder, loc, type, {}, {},
      [&](OpBuilder &b, Location loc, ValueRange) -> Value {
        SmallVector<Value> indices;
        for (int64_t dim = 0; dim < type.getRank(); ++dim) {
          Value index = linalg::IndexOp::create(b, loc, dim);
          if (llvm::is_contained(dimensions, dim)) {
            Value last = arith::ConstantIndexOp::create(
                b, loc, type.getDimSize(dim) - 1);
            index = arith::SubIOp::create(b, loc, last, index);
          }
          indices.push_back(index);
        }
        return tensor::ExtractOp::create(b, loc, tensor, indices);
      });
}

Value quantc::createSlice(OpBuilder &builder, Location loc, Value tensor,
                          ArrayRef<int64_t> offsets, ArrayRef<int64_t> sizes,
                          ArrayRef<int64_t> strides) {
  if (sizes == getShape(tensor))
    return tensor;
  // Where an empty slice begins is no place inside the tensor.
  if (llvm::is_contained(sizes, 0))
    return createEmpty(builder, loc, sizes, getElementType(tensor));
  return tensor::ExtractSliceOp::create(
      builder, loc, tensor,
      getAsIndexOpFoldResult(builder.getContext(), offsets),
      getAsIndexOpFoldResult(builder.getContext(), sizes),
      getAsIndexOpFoldResult(builder.getContext(), strides));
}

Value quantc::createPad(OpBuilder &builder, Location loc, Value tensor,
                        Value scalar, ArrayRef<int64_t> low,
                        ArrayRef<int64_t> high, ArrayRef<int64_t> interior) {
  ArrayRef<int64_t> shape = getShape(tensor);
  MLIRContext *context = builder.getContext();
  // Padding first and cutting off afterwards is right even where more elements
  // go than there are.
  SmallVector<int64_t> padLow, padHigh, strides, padded, offsets, sizes;
  for (auto [size, lo, hi, in] : llvm::zip_equal(shape, low, high, interior)) {
    int64_t spread = size == 0 ? 0 : size + (size - 1) * in;
    padLow.push_back(std::max<int64_t>(lo, 0));
    padHigh.push_back(std::max<int64_t>(hi, 0));
    strides.push_back(in + 1);
    padded.push_back(padLow.back() + spread + padHigh.back());
    offsets.push_back(std::max<int64_t>(-lo, 0));
    sizes.push_back(spread + lo + hi);
  }
  SmallVector<int64_t> ones(shape.size(), 1);
  if (isEmpty(tensor)) {
    tensor = createFilled(builder, loc, padded, scalar);
  } else if (strides != ones) {
    Value filled = createFilled(builder, loc, padded, scalar);
    tensor = tensor::InsertSliceOp::create(
        builder, loc, tensor, filled, getAsIndexOpFoldResult(context, padLow),
        getAsIndexOpFoldResult(context, shape),
        getAsIndexOpFoldResult(context, strides));
  } else if (ArrayRef<int64_t>(padded) != shape) {
    auto type = RankedTensorType::get(padded, getElementType(tensor));
    tensor = tensor::PadOp::create(
        builder, loc, type, tensor, getAsIndexOpFoldResult(context, padLow),
        getAsIndexOpFoldResult(context, padHigh), scalar);
  }
  return createSlice(builder, loc, tensor, offsets, sizes, ones);
}

Value quantc::createElementwise(
    OpBuilder &builder, Location loc, RankedTensorType type, ValueRange inputs,
    ArrayRef<AffineMap> inputMaps,
    llvm::function_ref<Value(OpBuilder &, Location, ValueRange)> body) {
  SmallVector<AffineMap> maps(inputMaps);
  maps.push_back(builder.getMultiDimIdentityMap(type.getRank()));
  SmallVector<utils::IteratorType> iterators(type.getRank(),
                                             utils::IteratorType::parallel);
  Value empty =
      createEmpty(builder, loc, type.getShape(), type.getElementType());
  return linalg::GenericOp::create(
             builder, loc, TypeRange(type), inputs, ValueRange(empty), maps,
             iterators,
             [&](OpBuilder &b, Location loc, ValueRange arguments) {
               linalg::YieldOp::create(b, loc, body(b, loc, arguments));
             })
      .getResult(0);
}

//===----------------------------------------------------------------------===//
// Accumulation
//===----------------------------------------------------------------------===//

Type quantc::getAccumulatorType(Type type) {
  if (isa<FloatType>(type) && type.getIntOrFloatBitWidth() < 32)
    return Float32Type::get(type.getContext());
  return type;
}

Value quantc::createTruncation(OpBuilder &builder, Location loc, Value tensor,
                               Type elementType) {
  auto source = cast<RankedTensorType>(tensor.getType());
  if (source.getElementType() == elementType)
    return tensor;
  return createElementwise(
      builder, loc, source.clone(elementType), tensor,
      builder.getMultiDimIdentityMap(source.getRank()),
      [&](OpBuilder &b, Location loc, ValueRange arguments) -> Value {
        return arith::TruncFOp::create(b, loc, elementType, arguments[0]);
      });
}
