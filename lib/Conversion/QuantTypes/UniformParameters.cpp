//===- UniformParameters.cpp - parameters of quantized types --------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "UniformParameters.h"
#include "quantc/Dialect/QNN/IR/QNNOps.h"

#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/TypeUtilities.h"
#include <cmath>

using namespace mlir;
using namespace quantc;

using EmitError = llvm::function_ref<InFlightDiagnostic()>;

bool quantc::isQuantized(Type type) {
  return isa<quant::QuantizedType>(getElementTypeOrSelf(type));
}

//===----------------------------------------------------------------------===//
// Storage
//===----------------------------------------------------------------------===//

/// The storage type and its range. Unsigned storage is an unsigned type here.
static LogicalResult readStorage(quant::QuantizedType type,
                                 UniformParameters &parameters,
                                 EmitError emitError) {
  auto storage = dyn_cast<IntegerType>(type.getStorageType());
  unsigned width = storage ? storage.getWidth() : 0;
  bool isSupported =
      type.isSigned() ? llvm::is_contained({4, 8, 16, 32}, width) : width == 8;
  if (!isSupported)
    return emitError() << "expected storage i4, i8, u8, i16 or i32, but got "
                       << type;
  parameters.storage = IntegerType::get(
      type.getContext(), width,
      type.isSigned() ? IntegerType::Signless : IntegerType::Unsigned);
  parameters.expressed = type.getExpressedType();
  if (!parameters.expressed.isF32() && !parameters.expressed.isF16() &&
      !parameters.expressed.isBF16())
    return emitError() << "expected expressed type f32, f16 or bf16, but got "
                       << parameters.expressed;
  qnn::StorageRange range =
      qnn::getStorageRange(parameters.storage, /*narrowRange=*/false);
  qnn::StorageRange narrow =
      qnn::getStorageRange(parameters.storage, /*narrowRange=*/true);
  int64_t min = type.getStorageTypeMin(), max = type.getStorageTypeMax();
  parameters.narrowRange = min == narrow.min;
  if (max != range.max || (min != range.min && min != narrow.min))
    return emitError() << "expected the storage range [" << range.min << ", "
                       << range.max << "] or [" << narrow.min << ", "
                       << range.max << "], but got [" << min << ", " << max
                       << "]";
  return success();
}

//===----------------------------------------------------------------------===//
// Scales and zero points
//===----------------------------------------------------------------------===//

static LogicalResult setValues(UniformParameters &parameters,
                               ArrayRef<int64_t> shape, ArrayRef<double> scales,
                               ArrayRef<int64_t> zeroPoints,
                               EmitError emitError) {
  SmallVector<float> rounded;
  for (double scale : scales) {
    rounded.push_back(scale);
    if (!std::isfinite(rounded.back()) || !(rounded.back() > 0))
      return emitError() << "expected finite scales > 0, but got " << scale;
  }
  Type f32 = Float32Type::get(parameters.storage.getContext());
  parameters.scales = DenseElementsAttr::get(RankedTensorType::get(shape, f32),
                                             ArrayRef<float>(rounded));

  qnn::StorageRange range =
      qnn::getStorageRange(parameters.storage, parameters.narrowRange);
  unsigned width = parameters.storage.getIntOrFloatBitWidth();
  SmallVector<APInt> points;
  for (int64_t point : zeroPoints) {
    if (point < range.min || point > range.max)
      return emitError() << "expected zero points in [" << range.min << ", "
                         << range.max << "], but got " << point;
    if (width == 32 && point != 0)
      return emitError() << "expected no zero point for storage i32, but got "
                         << point;
    points.push_back(APInt(width, point, /*isSigned=*/true,
                           /*implicitTrunc=*/true));
  }
  if (llvm::any_of(zeroPoints, [](int64_t point) { return point != 0; }))
    parameters.zeroPoints = DenseElementsAttr::get(
        RankedTensorType::get(shape, parameters.storage), points);
  return success();
}

static LogicalResult readPerAxis(quant::UniformQuantizedPerAxisType type,
                                 RankedTensorType tensor,
                                 UniformParameters &parameters,
                                 EmitError emitError) {
  int64_t axis = type.getQuantizedDimension();
  if (axis < 0 || axis >= tensor.getRank())
    return emitError() << "expected a quantized dimension in [0, "
                       << tensor.getRank() << "), but got " << axis;
  int64_t count = type.getScales().size(), size = tensor.getDimSize(axis);
  if (!ShapedType::isDynamic(size) && count != size)
    return emitError() << "expected " << size << " scales for axis " << axis
                       << ", but got " << count;
  parameters.axes = {axis};
  return setValues(parameters, count, type.getScales(), type.getZeroPoints(),
                   emitError);
}

/// The parameters' tensor has the rank of the data, with size 1 along the
/// dimensions that have no blocks; qnn ops leave these away.
static LogicalResult readPerBlock(quant::UniformQuantizedSubChannelType type,
                                  RankedTensorType tensor,
                                  UniformParameters &parameters,
                                  EmitError emitError) {
  DenseElementsAttr scales = type.getScales();
  ArrayRef<int64_t> counts = scales.getType().getShape();
  SmallVector<std::optional<int64_t>> blocks(tensor.getRank());
  for (auto [axis, block] : type.getBlockSizeInfo()) {
    if (axis < 0 || axis >= tensor.getRank())
      return emitError() << "expected quantized dimensions in [0, "
                         << tensor.getRank() << "), but got " << axis;
    blocks[axis] = block;
  }
  if (int64_t(counts.size()) != tensor.getRank())
    return emitError() << "expected scales of rank " << tensor.getRank()
                       << ", but got " << counts.size();
  SmallVector<int64_t> shape;
  for (auto [axis, block] : llvm::enumerate(blocks)) {
    int64_t size = tensor.getDimSize(axis);
    if (ShapedType::isDynamic(size))
      return emitError() << "expected blocks of a static shape, but got "
                         << tensor;
    if (block && (*block < 1 || size % *block != 0))
      return emitError() << "expected a block size that divides dimension "
                         << axis << " of size " << size << ", but got "
                         << *block;
    int64_t expected = block ? size / *block : 1;
    if (counts[axis] != expected)
      return emitError() << "expected " << expected << " scales for axis "
                         << axis << ", but got " << counts[axis];
    if (!block)
      continue;
    parameters.axes.push_back(axis);
    parameters.blocks.push_back(*block);
    shape.push_back(expected);
  }
  auto scaleValues =
      llvm::map_to_vector(scales.getValues<APFloat>(), [](APFloat value) {
        return value.convertToDouble();
      });
  auto zeroPoints = llvm::map_to_vector(
      type.getZeroPoints().getValues<APInt>(), [&](APInt value) {
        return type.isSigned() ? value.getSExtValue()
                               : int64_t(value.getZExtValue());
      });
  return setValues(parameters, shape, scaleValues, zeroPoints, emitError);
}

FailureOr<UniformParameters>
quantc::readUniformParameters(Type type, EmitError emitError) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return emitError() << "expected a ranked tensor of quantized elements, but "
                          "got "
                       << type;
  auto quantized = cast<quant::QuantizedType>(tensor.getElementType());
  if (!isa<quant::UniformQuantizedType, quant::UniformQuantizedPerAxisType,
           quant::UniformQuantizedSubChannelType>(quantized))
    return emitError() << "expected elements of type !quant.uniform, but got "
                       << quantized;
  UniformParameters parameters;
  if (failed(readStorage(quantized, parameters, emitError)))
    return failure();
  LogicalResult result = success();
  if (auto perTensor = dyn_cast<quant::UniformQuantizedType>(quantized))
    result = setValues(parameters, {}, perTensor.getScale(),
                       perTensor.getZeroPoint(), emitError);
  else if (auto perAxis =
               dyn_cast<quant::UniformQuantizedPerAxisType>(quantized))
    result = readPerAxis(perAxis, tensor, parameters, emitError);
  else
    result =
        readPerBlock(cast<quant::UniformQuantizedSubChannelType>(quantized),
                     tensor, parameters, emitError);
  if (failed(result))
    return failure();
  return parameters;
}
