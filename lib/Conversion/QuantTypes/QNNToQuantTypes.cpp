//===- QNNToQuantTypes.cpp - qnn-to-quant-types ---------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "QuantizedType.h"
#include "quantc/Conversion/QuantTypes/Passes.h"
#include "quantc/Dialect/QNN/IR/QNNOps.h"
#include "quantc/Parameters/ConstantTensor.h"

#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

namespace quantc {
#define GEN_PASS_DEF_QNNTOQUANTTYPESPASS
#include "quantc/Conversion/QuantTypes/Passes.h.inc"
} // namespace quantc

using namespace mlir;
using namespace quantc;

namespace {

/// The parameters of a qnn op where they are constants.
struct ConstantParameters {
  DenseFPElementsAttr scales;
  /// Null without zero points.
  DenseIntElementsAttr zeroPoints;
};

} // namespace

/// Many parameters are a resource, which the matchers do not look into.
template <typename Elements>
static bool matchConstant(Value value, Elements &elements) {
  if (matchPattern(value, m_Constant(&elements)))
    return true;
  std::optional<ConstantTensor> constant = ConstantTensor::get(value);
  if (!constant)
    return false;
  elements = dyn_cast<Elements>(DenseElementsAttr::getFromRawBuffer(
      constant->getType(), constant->getBytes()));
  return bool(elements);
}

static FailureOr<ConstantParameters> getConstants(Operation *op, Value scale,
                                                  Value zeroPoint) {
  ConstantParameters parameters;
  if (!matchConstant(scale, parameters.scales) ||
      (zeroPoint && !matchConstant(zeroPoint, parameters.zeroPoints)))
    return op->emitOpError() << "expected constant scales and zero points, the "
                                "only ones that a type can hold";
  return parameters;
}

/// The quantized type of a tensor of `storage` with these parameters.
static FailureOr<RankedTensorType>
getQuantizedType(Operation *op, RankedTensorType storage, Type expressed,
                 const ConstantParameters &parameters, ArrayRef<int64_t> axes,
                 ArrayRef<int64_t> blocks, bool narrowRange) {
  auto element = dyn_cast<IntegerType>(storage.getElementType());
  if (!element)
    return op->emitOpError() << "expected integer storage, the only one that a "
                                "quantized type has, but got "
                             << storage.getElementType();
  bool isUnsigned = element.isUnsigned();
  qnn::StorageRange range = qnn::getStorageRange(element, narrowRange);
  unsigned flags = isUnsigned ? 0 : quant::QuantizationFlags::Signed;
  Type plain = IntegerType::get(op->getContext(), element.getWidth());
  auto scales = llvm::map_to_vector(parameters.scales.getValues<float>(),
                                    [](float scale) { return double(scale); });
  SmallVector<int64_t> zeroPoints(scales.size(), 0);
  if (parameters.zeroPoints) {
    auto values = llvm::map_to_vector(
        parameters.zeroPoints.getValues<APInt>(), [&](const APInt &value) {
          return isUnsigned ? int64_t(value.getZExtValue())
                            : value.getSExtValue();
        });
    // One zero point may hold for all scales.
    for (auto [i, zeroPoint] : llvm::enumerate(zeroPoints))
      zeroPoint = values[values.size() == 1 ? 0 : i];
  }

  Type quantized;
  if (axes.empty()) {
    quantized =
        quant::UniformQuantizedType::get(flags, plain, expressed, scales[0],
                                         zeroPoints[0], range.min, range.max);
  } else if (axes.size() == 1 && (blocks.empty() || blocks[0] == 1)) {
    quantized = quant::UniformQuantizedPerAxisType::get(
        flags, plain, expressed, scales, zeroPoints, axes[0], range.min,
        range.max);
  } else {
    SmallVector<int64_t> shape(storage.getRank(), 1), sizes;
    SmallVector<int32_t> dimensions;
    for (auto [i, axis] : llvm::enumerate(axes)) {
      int64_t size = storage.getDimSize(axis);
      int64_t block = blocks.empty() ? 1 : blocks[i];
      if (size % block != 0)
        return op->emitOpError()
               << "expected a block size that divides dimension " << axis
               << " of size " << size << ", but got " << block;
      shape[axis] = size / block;
      sizes.push_back(block);
      dimensions.push_back(axis);
    }
    auto scaleType = RankedTensorType::get(shape, expressed);
    auto scaleValues = llvm::map_to_vector(scales, [&](double scale) {
      APFloat value(scale);
      bool losesInfo;
      value.convert(cast<FloatType>(expressed).getFloatSemantics(),
                    APFloat::rmNearestTiesToEven, &losesInfo);
      return value;
    });
    auto zeroValues = llvm::map_to_vector(zeroPoints, [&](int64_t value) {
      return APInt(element.getWidth(), value, /*isSigned=*/true,
                   /*implicitTrunc=*/true);
    });
    quantized = quant::UniformQuantizedSubChannelType::get(
        flags, plain, expressed, DenseElementsAttr::get(scaleType, scaleValues),
        DenseElementsAttr::get(RankedTensorType::get(shape, plain), zeroValues),
        dimensions, sizes, range.min, range.max);
  }
  return storage.clone(quantized);
}

/// The op's storage type; fails, after an error, on what no type holds.
static FailureOr<RankedTensorType> getStorage(qnn::QuantizeOp op) {
  return op.getResult().getType();
}

static FailureOr<RankedTensorType> getStorage(qnn::DequantizeOp op) {
  RankedTensorType storage = op.getInput().getType();
  // The accumulators of integer contractions may be wider than any storage.
  if (storage.getElementType().isInteger(64))
    return op.emitOpError() << "expected storage of up to 32 bits, but got "
                            << storage.getElementType();
  return storage;
}

static Type getExpressed(qnn::QuantizeOp op) {
  return op.getInput().getType().getElementType();
}

static Type getExpressed(qnn::DequantizeOp op) {
  return op.getResult().getType().getElementType();
}

template <typename Op>
static FailureOr<RankedTensorType> getType(Op op, bool narrowRange) {
  FailureOr<RankedTensorType> storage = getStorage(op);
  if (failed(storage))
    return failure();
  auto parameters = getConstants(op, op.getScale(), op.getZeroPoint());
  if (failed(parameters))
    return failure();
  return getQuantizedType(op, *storage, getExpressed(op), *parameters,
                          op.getAxes(), op.getBlocks(), narrowRange);
}

template <typename Op>
static FailureOr<RankedTensorType> getMergedType(Op op, bool narrowRange) {
  ArrayRef<int64_t> axes = op.getAxes();
  bool isBlocked =
      llvm::any_of(op.getBlocks(), [](int64_t block) { return block != 1; });
  bool isOne =
      axes.empty() || axes.back() - axes.front() + 1 == int64_t(axes.size());
  if (isBlocked || !isOne)
    return op->emitOpError()
           << "expected parameters per tensor or along neighbouring "
              "dimensions, the only ones that StableHLO has a form for";
  if (axes.size() < 2)
    return getType(op, narrowRange);
  FailureOr<RankedTensorType> storage = getStorage(op);
  auto parameters = getConstants(op, op.getScale(), op.getZeroPoint());
  if (failed(storage) || failed(parameters))
    return failure();
  ArrayRef<int64_t> shape = storage->getShape();
  SmallVector<int64_t> merged(shape.take_front(axes.front()));
  merged.push_back(
      ShapedType::getNumElements(shape.slice(axes.front(), axes.size())));
  llvm::append_range(merged, shape.drop_front(axes.back() + 1));
  return getQuantizedType(op, storage->clone(merged), getExpressed(op),
                          *parameters, axes.front(), {}, narrowRange);
}

FailureOr<RankedTensorType> quantc::getQuantizedType(qnn::QuantizeOp op) {
  return getType(op, op.getNarrowRange());
}

FailureOr<RankedTensorType> quantc::getQuantizedType(qnn::DequantizeOp op,
                                                     bool narrowRange) {
  return getType(op, narrowRange);
}

FailureOr<RankedTensorType> quantc::getPerAxisType(qnn::QuantizeOp op) {
  return getMergedType(op, op.getNarrowRange());
}

FailureOr<RankedTensorType> quantc::getPerAxisType(qnn::DequantizeOp op,
                                                   bool narrowRange) {
  return getMergedType(op, narrowRange);
}

/// Between unsigned storage and the signless integers of quant.scast.
static Value castSign(OpBuilder &builder, Value value, RankedTensorType type) {
  if (value.getType() == type)
    return value;
  return tensor::BitcastOp::create(builder, value.getLoc(), type, value);
}

static RankedTensorType getSignless(RankedTensorType type) {
  return type.clone(IntegerType::get(
      type.getContext(), type.getElementType().getIntOrFloatBitWidth()));
}

static LogicalResult exportQuantize(OpBuilder &builder, qnn::QuantizeOp op) {
  auto type = quantc::getQuantizedType(op);
  if (failed(type))
    return failure();
  RankedTensorType storage = op.getResult().getType();
  Location loc = op.getLoc();
  Value q = quant::QuantizeCastOp::create(builder, loc, *type, op.getInput());
  q = quant::StorageCastOp::create(builder, loc, getSignless(storage), q);
  op.replaceAllUsesWith(castSign(builder, q, storage));
  op.erase();
  return success();
}

static LogicalResult exportDequantize(OpBuilder &builder,
                                      qnn::DequantizeOp op) {
  auto type = quantc::getQuantizedType(op, /*narrowRange=*/false);
  if (failed(type))
    return failure();
  Location loc = op.getLoc();
  Value q =
      castSign(builder, op.getInput(), getSignless(op.getInput().getType()));
  q = quant::StorageCastOp::create(builder, loc, *type, q);
  Value x = quant::DequantizeCastOp::create(builder, loc,
                                            op.getResult().getType(), q);
  op.replaceAllUsesWith(x);
  op.erase();
  return success();
}

namespace {
struct QNNToQuantTypesPass
    : quantc::impl::QNNToQuantTypesPassBase<QNNToQuantTypesPass> {
  using Base::Base;

  void runOnOperation() override {
    OpBuilder builder(&getContext());
    WalkResult result = getOperation()->walk([&](Operation *op) -> WalkResult {
      builder.setInsertionPoint(op);
      if (auto quantize = dyn_cast<qnn::QuantizeOp>(op))
        return exportQuantize(builder, quantize);
      if (auto dequantize = dyn_cast<qnn::DequantizeOp>(op))
        return exportDequantize(builder, dequantize);
      if (isa_and_nonnull<qnn::QNNDialect>(op->getDialect()))
        return op->emitOpError() << "expected no qnn op but quantize and "
                                    "dequantize; export right "
                                    "after qnn-materialize";
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
