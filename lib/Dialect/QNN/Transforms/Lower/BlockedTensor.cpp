//===- BlockedTensor.cpp - tensors cut and padded along one dimension -----===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BlockedTensor.h"
#include "Site/LinalgBuilder.h"
#include "quantc/Dialect/QNN/Transforms/ConstantView.h"
#include "quantc/Parameters/ConstantTensor.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include <cstring>

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

/// The constant behind `value`, which may be reinterpreted as ui8.
static std::optional<ConstantTensor> getConstant(Value value) {
  if (auto bitcast = value.getDefiningOp<tensor::BitcastOp>())
    value = bitcast.getSource();
  return ConstantTensor::get(value);
}

bool quantc::qnn::isConstantTensor(Value value) {
  return getConstant(value).has_value();
}

/// Reinterprets a signless tensor as the type that it was made from.
static Value toElementType(OpBuilder &builder, Value value, Type elementType) {
  auto type = cast<RankedTensorType>(value.getType());
  if (type.getElementType() == elementType)
    return value;
  return tensor::BitcastOp::create(builder, value.getLoc(),
                                   type.clone(elementType), value);
}

/// A constant of `type` whose element i is element source(i) of `value`, or
/// zero where that is negative; null if `value` is no constant.
static Value gatherConstant(OpBuilder &builder, Value value,
                            RankedTensorType type, StringRef suffix,
                            llvm::function_ref<int64_t(int64_t)> source) {
  std::optional<ConstantTensor> constant = getConstant(value);
  if (!constant)
    return {};
  Type elementType = type.getElementType();
  if (elementType.isUnsignedInteger())
    type =
        type.clone(builder.getIntegerType(elementType.getIntOrFloatBitWidth()));
  ArrayRef<char> from = constant->getBytes();
  size_t width = *getElementByteSize(elementType);
  StringRef name = getParameterName(value);
  Value result = createConstantTensor(
      builder, value.getLoc(), type,
      ((name.empty() ? StringRef("constant") : name) + suffix).str(),
      [&](MutableArrayRef<char> to) {
        for (int64_t i = 0, e = type.getNumElements(); i < e; ++i) {
          int64_t index = source(i);
          if (index < 0)
            std::memset(to.data() + i * width, 0, width);
          else
            std::memcpy(to.data() + i * width, from.data() + index * width,
                        width);
        }
      });
  return toElementType(builder, result, elementType);
}

/// The number of elements in one step along `dim`.
static int64_t getInnerSize(RankedTensorType type, int64_t dim) {
  return ShapedType::getNumElements(type.getShape().drop_front(dim + 1));
}

static RankedTensorType withDimSize(RankedTensorType type, int64_t dim,
                                    int64_t size) {
  SmallVector<int64_t> shape(type.getShape());
  shape[dim] = size;
  return type.clone(shape);
}

Value quantc::qnn::expandDim(OpBuilder &builder, Value value, int64_t dim,
                             std::array<int64_t, 2> sizes) {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape[dim] = sizes[1];
  shape.insert(shape.begin() + dim, sizes[0]);
  RankedTensorType result = type.clone(shape);
  if (result.hasStaticShape())
    if (Value constant = gatherConstant(builder, value, result, "",
                                        [](int64_t i) { return i; }))
      return constant;
  Location loc = value.getLoc();
  SmallVector<ReassociationIndices> groups;
  for (int64_t i = 0, e = type.getRank(); i < e; ++i) {
    if (i == dim)
      groups.push_back({i, i + 1});
    else
      groups.push_back({i < dim ? i : i + 1});
  }
  SmallVector<OpFoldResult> output = tensor::getMixedSizes(builder, loc, value);
  output[dim] = builder.getIndexAttr(sizes[1]);
  output.insert(output.begin() + dim, builder.getIndexAttr(sizes[0]));
  Value signless = toSignless(builder, value);
  Value expanded = tensor::ExpandShapeOp::create(
      builder, loc, result.clone(getElementTypeOrSelf(signless.getType())),
      signless, groups, output);
  return toElementType(builder, expanded, type.getElementType());
}

/// A tensor.pad at the end of `dim` whose value `build` makes from the indices.
static Value
createEndPad(OpBuilder &builder, Value value, int64_t dim, int64_t count,
             llvm::function_ref<Value(OpBuilder &, ValueRange)> build) {
  Location loc = value.getLoc();
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<OpFoldResult> low(type.getRank(), builder.getIndexAttr(0));
  SmallVector<OpFoldResult> high = low;
  high[dim] = builder.getIndexAttr(count);
  auto pad = tensor::PadOp::create(
      builder, loc, withDimSize(type, dim, type.getDimSize(dim) + count), value,
      low, high);
  OpBuilder::InsertionGuard guard(builder);
  SmallVector<Type> types(type.getRank(), builder.getIndexType());
  SmallVector<Location> locations(type.getRank(), loc);
  Block *body = builder.createBlock(&pad.getRegion(), {}, types, locations);
  tensor::YieldOp::create(builder, loc, build(builder, body->getArguments()));
  return pad;
}

Value quantc::qnn::padDim(OpBuilder &builder, Value value, int64_t dim,
                          int64_t count) {
  if (count == 0)
    return value;
  auto type = cast<RankedTensorType>(value.getType());
  int64_t size = type.getDimSize(dim), inner = getInnerSize(type, dim);
  auto source = [&](int64_t i) {
    int64_t index = i / inner % (size + count);
    int64_t outer = i / inner / (size + count);
    return index < size ? (outer * size + index) * inner + i % inner : -1;
  };
  if (type.hasStaticShape())
    if (Value constant =
            gatherConstant(builder, value, withDimSize(type, dim, size + count),
                           ".padded", source))
      return constant;
  Value signless = toSignless(builder, value);
  Type element = getElementTypeOrSelf(signless.getType());
  Value padded = createEndPad(
      builder, signless, dim, count, [&](OpBuilder &body, ValueRange) -> Value {
        return arith::ConstantOp::create(body, value.getLoc(),
                                         body.getZeroAttr(element));
      });
  return toElementType(builder, padded, type.getElementType());
}

Value quantc::qnn::padDimWithParameter(OpBuilder &builder, Value value,
                                       int64_t dim, int64_t count,
                                       Value parameter, ArrayRef<int64_t> axes,
                                       ArrayRef<int64_t> blocks) {
  Location loc = value.getLoc();
  Type elementType = getElementTypeOrSelf(value.getType());
  Value signless = toSignless(builder, parameter);
  auto type = cast<RankedTensorType>(value.getType());
  AffineMap map = getElementToParameterMap(builder.getContext(), type.getRank(),
                                           axes, blocks, parameter);
  Value padded = createEndPad(
      builder, toSignless(builder, value), dim, count,
      [&](OpBuilder &body, ValueRange indices) -> Value {
        SmallVector<OpFoldResult> operands(indices.begin(), indices.end());
        SmallVector<Value> position;
        for (unsigned i = 0; i < map.getNumResults(); ++i)
          position.push_back(getValueOrCreateConstantIndexOp(
              body, loc,
              affine::makeComposedFoldedAffineApply(
                  body, loc, map.getSubMap({i}), operands)));
        return tensor::ExtractOp::create(body, loc, signless, position);
      });
  return toElementType(builder, padded, elementType);
}

Value quantc::qnn::repeatDim(OpBuilder &builder, Value value, int64_t dim,
                             int64_t block, OpFoldResult size) {
  auto type = cast<RankedTensorType>(value.getType());
  std::optional<int64_t> staticSize = getConstantIntValue(size);
  if (staticSize && type.hasStaticShape()) {
    int64_t from = type.getDimSize(dim), inner = getInnerSize(type, dim);
    auto source = [&](int64_t i) {
      int64_t index = i / inner % *staticSize, outer = i / inner / *staticSize;
      return (outer * from + index / block) * inner + i % inner;
    };
    if (Value constant =
            gatherConstant(builder, value, withDimSize(type, dim, *staticSize),
                           ".repeated", source))
      return constant;
  }
  Location loc = value.getLoc();
  Value signless = toSignless(builder, value);
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(builder, loc, signless);
  sizes[dim] = size;
  AffineMap map = builder.getMultiDimIdentityMap(type.getRank());
  SmallVector<AffineExpr> results(map.getResults());
  results[dim] = results[dim].floorDiv(block);
  map = AffineMap::get(type.getRank(), 0, results, builder.getContext());
  Value repeated =
      createElementwise(builder, loc, sizes,
                        getElementTypeOrSelf(signless.getType()), signless, map,
                        [](OpBuilder &, Location, ValueRange args) -> Value {
                          return args[0];
                        })
          .getResult(0);
  return toElementType(builder, repeated, type.getElementType());
}
