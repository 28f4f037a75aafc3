//===- QNNOps.cpp - verifiers of the qnn operations -----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/QNN/IR/QNNOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/OpImplementation.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;
using namespace quantc::qnn;

bool quantc::qnn::isStorageType(Type type) {
  return type.isSignlessInteger(4) || type.isSignlessInteger(8) ||
         type.isUnsignedInteger(8) || type.isSignlessInteger(16) ||
         isa<Float8E4M3FNType, Float8E5M2Type>(type);
}

StorageRange quantc::qnn::getStorageRange(Type storage, bool narrowRange) {
  unsigned width = storage.getIntOrFloatBitWidth();
  if (storage.isUnsignedInteger())
    return {narrowRange ? 1 : 0, (int64_t(1) << width) - 1};
  int64_t max = (int64_t(1) << (width - 1)) - 1;
  return {narrowRange ? -max : -max - 1, max};
}

Granularity quantc::qnn::getGranularity(ArrayRef<int64_t> shape,
                                        ArrayRef<int64_t> axes,
                                        ArrayRef<int64_t> blocks) {
  if (axes.empty())
    return Granularity::Tensor;
  if (llvm::any_of(blocks, [](int64_t block) { return block != 1; }))
    return Granularity::Block;
  int64_t rank = shape.size();
  if (axes.size() > 1 || (axes[0] == 0 && rank == 2))
    return llvm::is_contained(axes, rank - 1) ? Granularity::Block
                                              : Granularity::Token;
  if (rank == 4 && axes[0] == 1)
    return Granularity::Head;
  return Granularity::Channel;
}

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

/// Checks the shape of a scale or zero point against the operand it belongs to.
static LogicalResult verifyParameterShape(Operation *op, StringRef what,
                                          RankedTensorType operand,
                                          RankedTensorType parameter,
                                          ArrayRef<int64_t> axes,
                                          ArrayRef<int64_t> blocks) {
  if (parameter.getRank() != int64_t(axes.size()))
    return op->emitOpError()
           << "expected a " << what << " of rank " << axes.size()
           << ", one dimension for each of 'axes', but got " << parameter;
  for (auto [i, axis] : llvm::enumerate(axes)) {
    int64_t size = operand.getDimSize(axis), count = parameter.getDimSize(i);
    int64_t block = blocks.empty() ? 1 : blocks[i];
    if (ShapedType::isDynamic(size) || ShapedType::isDynamic(count))
      continue;
    int64_t expected = llvm::divideCeilSigned(size, block);
    if (count != expected)
      return op->emitOpError()
             << "expected " << expected << ' ' << what << "s for axis " << axis
             << ", but got " << count;
  }
  return success();
}

static LogicalResult verifyAxes(Operation *op, RankedTensorType operand,
                                ArrayRef<int64_t> axes,
                                ArrayRef<int64_t> blocks) {
  if (!blocks.empty() && blocks.size() != axes.size())
    return op->emitOpError()
           << "expected one block size for each of " << axes.size()
           << " axes, but got " << blocks.size();
  for (auto [i, axis] : llvm::enumerate(axes)) {
    if (axis < 0 || axis >= operand.getRank())
      return op->emitOpError() << "expected axes in [0, " << operand.getRank()
                               << "), but got " << axis;
    if (i && axes[i - 1] >= axis)
      return op->emitOpError() << "expected increasing axes, but got "
                               << axes[i - 1] << " before " << axis;
  }
  for (int64_t block : blocks)
    if (block < 1)
      return op->emitOpError()
             << "expected positive block sizes, but got " << block;
  return success();
}

/// Constant scales must be finite and positive.
static LogicalResult verifyScaleValues(Operation *op, Value scale) {
  auto verify = [&](float value) {
    if (std::isfinite(value) && value > 0)
      return true;
    op->emitOpError() << "expected finite scales > 0, but got " << value;
    return false;
  };
  Attribute attr;
  if (!matchPattern(scale, m_Constant(&attr)))
    return success();
  if (auto values = dyn_cast<DenseFPElementsAttr>(attr))
    return success(llvm::all_of(values.getValues<float>(), verify));
  if (auto resource = dyn_cast<DenseF32ResourceElementsAttr>(attr))
    if (std::optional<ArrayRef<float>> values = resource.tryGetAsArrayRef())
      return success(llvm::all_of(*values, verify));
  return success();
}

/// Constant zero points must lie inside the storage range (a zero point has the
/// storage type, so only a narrow range can be left).
static LogicalResult verifyZeroPointValues(Operation *op, Value zeroPoint,
                                           Type storage, bool narrowRange) {
  DenseIntElementsAttr values;
  if (!matchPattern(zeroPoint, m_Constant(&values)))
    return success();
  StorageRange range = getStorageRange(storage, narrowRange);
  for (const APInt &value : values) {
    int64_t point = storage.isUnsignedInteger() ? int64_t(value.getZExtValue())
                                                : value.getSExtValue();
    if (point < range.min || point > range.max)
      return op->emitOpError() << "expected zero points in [" << range.min
                               << ", " << range.max << "], but got " << point;
  }
  return success();
}

/// A zero point has the storage type, and rank 0 or a dimension for each axis.
template <typename OpTy>
static LogicalResult verifyZeroPoint(OpTy op, StringRef what, Value zeroPoint,
                                     Type storage, bool narrowRange) {
  auto type = cast<RankedTensorType>(zeroPoint.getType());
  if (type.getElementType() != storage)
    return op.emitOpError()
           << (what.starts_with("i") ? "expected an " : "expected a ") << what
           << " of the storage type " << storage << ", but got "
           << type.getElementType();
  if (type.getRank() != 0 &&
      failed(verifyParameterShape(
          op, what, cast<RankedTensorType>(op.getInput().getType()), type,
          op.getAxes(), op.getBlocks())))
    return failure();
  return verifyZeroPointValues(op, zeroPoint, storage, narrowRange);
}

/// The rules shared by all ops with parameters. `scaleName` is what the op
/// calls its scale; `allowScalar` lets it be per tensor where the zero points
/// have dimensions.
template <typename OpTy>
static LogicalResult verifyParameters(OpTy op, StringRef scaleName, Value scale,
                                      Type storage, bool narrowRange,
                                      bool allowScalar = false) {
  auto operand = cast<RankedTensorType>(op.getInput().getType());
  auto scaleType = cast<RankedTensorType>(scale.getType());
  ArrayRef<int64_t> axes = op.getAxes(), blocks = op.getBlocks();
  allowScalar &=
      op.getZeroPoint() &&
      cast<RankedTensorType>(op.getZeroPoint().getType()).getRank() != 0;
  if (failed(verifyAxes(op, operand, axes, blocks)) ||
      (!(allowScalar && scaleType.getRank() == 0) &&
       failed(verifyParameterShape(op, scaleName, operand, scaleType, axes,
                                   blocks))) ||
      failed(verifyScaleValues(op, scale)))
    return failure();
  if (narrowRange && !isa<IntegerType>(storage))
    return op.emitOpError()
           << "expected no narrow_range for storage " << storage;
  if (!op.getZeroPoint())
    return success();
  if (!isa<IntegerType>(storage))
    return op.emitOpError() << "expected no zero point for storage " << storage;
  return verifyZeroPoint(op, "zero point", op.getZeroPoint(), storage,
                         narrowRange);
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

LogicalResult ObserveOp::verify() {
  auto type = cast<RankedTensorType>(getInput().getType());
  if (getName().empty())
    return emitOpError() << "expected a non-empty name";
  IntegerAttr axis = getAxisAttr();
  if (axis && (axis.getInt() < 0 || axis.getInt() >= type.getRank()))
    return emitOpError() << "expected an axis in [0, " << type.getRank()
                         << "), but got " << axis.getInt();
  IntegerAttr head = getHeadAttr();
  if (head && (head.getInt() < 0 || head.getInt() >= type.getRank()))
    return emitOpError() << "expected a head in [0, " << type.getRank()
                         << "), but got " << head.getInt();
  if (!getStatistics())
    return success();
  // Statistics may lack the channels or the heads, not have others.
  auto verifyCount = [&](int64_t count, int64_t size,
                         StringRef what) -> LogicalResult {
    if (count == 0 || count == size)
      return success();
    return emitOpError() << "expected statistics of " << size << ' ' << what
                         << ", but got " << count;
  };
  auto getSize = [&](IntegerAttr dim) {
    return dim ? type.getDimSize(dim.getInt()) : 0;
  };
  int64_t channels = getSize(axis), vectors = 0;
  if (type.hasStaticShape() && channels > 0)
    vectors = type.getNumElements() / channels;
  DenseF32ArrayAttr tokens = getStatistics()->getTokenMin();
  ArrayAttr heads = getStatistics()->getHeads();
  if (failed(verifyCount(getStatistics()->getChannelMin().size(), channels,
                         "channels")) ||
      failed(verifyCount(tokens ? tokens.size() : 0, vectors, "tokens")) ||
      failed(verifyCount(heads ? heads.size() : 0, getSize(head), "heads")))
    return failure();
  return success();
}

LogicalResult QuantizeOp::verify() {
  if (getZeroPoint() && getResult().getType().getElementType().isInteger(32))
    return emitOpError() << "expected no zero point for an i32 result";
  return verifyParameters(*this, "scale", getScale(),
                          getResult().getType().getElementType(),
                          getNarrowRange());
}

LogicalResult DequantizeOp::verify() {
  Type storage = cast<RankedTensorType>(getInput().getType()).getElementType();
  if (getZeroPoint() && !isStorageType(storage))
    return emitOpError() << "expected no zero point for an accumulator of type "
                         << storage;
  return verifyParameters(*this, "scale", getScale(), storage,
                          /*narrowRange=*/false, /*allowScalar=*/true);
}

RequantizeMode RequantizeOp::getMode() {
  if (!getMultiplier())
    return RequantizeMode::Shift;
  return getMultiplier().getType().getElementType().isF32()
             ? RequantizeMode::Float
             : RequantizeMode::FixedPoint;
}

std::pair<int64_t, int64_t> RequantizeOp::getShiftRange() {
  return {getMode() == RequantizeMode::Shift ? -31 : 2, 62};
}

/// Which operands, types and attributes go together.
static LogicalResult verifyRequantizeMode(RequantizeOp op) {
  Value multiplier = op.getMultiplier();
  if (!multiplier && !op.getShift())
    return op.emitOpError() << "expected a multiplier, a shift or both";
  Type input = op.getInput().getType().getElementType();
  Type result = op.getResult().getType().getElementType();
  RequantizeMode mode = op.getMode();
  if (mode == RequantizeMode::Float) {
    if (op.getShift())
      return op.emitOpError() << "expected no shift with f32 multipliers";
    if (result.isInteger(32))
      return op.emitOpError()
             << "expected i32 or i16 multipliers, or only shifts, for an i32 "
                "result, but got f32 multipliers";
  } else {
    if (!op.getShift())
      return op.emitOpError() << "expected shifts with integer multipliers";
    if (isa<FloatType>(result))
      return op.emitOpError()
             << "expected f32 multipliers for storage " << result;
  }
  bool narrow =
      multiplier && getElementTypeOrSelf(multiplier.getType()).isInteger(16);
  if (mode == RequantizeMode::FixedPoint && input.isInteger(64) && !narrow)
    return op.emitOpError()
           << "expected i16 multipliers for an i64 input, but got i32";
  if (op.getDoubleRound() && (mode != RequantizeMode::FixedPoint || narrow))
    return op.emitOpError() << "expected i32 multipliers with double_round";
  return success();
}

/// Constant multipliers are not negative and constant shifts in their range.
static LogicalResult verifyFixedPointValues(RequantizeOp op) {
  DenseIntElementsAttr values;
  if (op.getMode() == RequantizeMode::FixedPoint &&
      matchPattern(op.getMultiplier(), m_Constant(&values)))
    for (const APInt &value : values)
      if (value.isNegative())
        return op.emitOpError()
               << "expected multipliers >= 0, but got " << value.getSExtValue();
  if (!op.getShift() || !matchPattern(op.getShift(), m_Constant(&values)))
    return success();
  auto [min, max] = op.getShiftRange();
  for (const APInt &value : values)
    if (value.slt(min) || value.sgt(max))
      return op.emitOpError() << "expected shifts in [" << min << ", " << max
                              << "], but got " << value.getSExtValue();
  return success();
}

LogicalResult RequantizeOp::verify() {
  if (failed(verifyRequantizeMode(*this)))
    return failure();
  Type result = getResult().getType().getElementType();
  RankedTensorType input = getInput().getType();
  if (getZeroPoint() && result.isInteger(32))
    return emitOpError() << "expected no zero point for an i32 result";
  if (failed(verifyParameters(*this, getMultiplier() ? "multiplier" : "shift",
                              getRescaling(), result, getNarrowRange())) ||
      failed(verifyFixedPointValues(*this)))
    return failure();
  if (getMultiplier() && getShift() && getShift().getType().getRank() != 0 &&
      failed(verifyParameterShape(*this, "shift", input, getShift().getType(),
                                  getAxes(), getBlocks())))
    return failure();
  if (!getInputZeroPoint())
    return success();
  Type storage = input.getElementType();
  if (storage.isInteger(32) || storage.isInteger(64))
    return emitOpError()
           << "expected no input zero point for an accumulator of type "
           << storage;
  return verifyZeroPoint(*this, "input zero point", getInputZeroPoint(),
                         storage, /*narrowRange=*/false);
}

LogicalResult FakeQuantizeOp::verify() {
  Type storage = getStorage();
  if (!isStorageType(storage))
    return emitOpError()
           << "expected storage i4, i8, ui8, i16, f8E4M3FN or f8E5M2, but got "
           << storage;
  if (getInput().getType() != getResult().getType())
    return emitOpError() << "expected result type " << getInput().getType()
                         << ", but got " << getResult().getType();
  return verifyParameters(*this, "scale", getScale(), storage,
                          getNarrowRange());
}

#define GET_OP_CLASSES
#include "quantc/Dialect/QNN/IR/QNNOps.cpp.inc"
