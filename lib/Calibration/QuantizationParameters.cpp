//===- QuantizationParameters.cpp - scales and zero points ----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Calibration/QuantizationParameters.h"
#include "ParameterGroups.h"
#include "ParameterWalk.h"

#include "llvm/ADT/APFloat.h"
#include <cmath>

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

using EmitError = llvm::function_ref<InFlightDiagnostic()>;

//===----------------------------------------------------------------------===//
// Ranges to parameters
//===----------------------------------------------------------------------===//

/// The largest magnitude that a storage type can hold.
static double getStorageMax(Type storage, bool narrowRange) {
  if (auto type = dyn_cast<FloatType>(storage))
    return llvm::APFloat::getLargest(type.getFloatSemantics())
        .convertToDouble();
  return double(getStorageRange(storage, narrowRange).max);
}

AffineParameters quantc::computeAffine(Range range, QuantizationAttr scheme) {
  if (!scheme.getSymmetric())
    return computeAffine(
        range, getStorageRange(scheme.getStorage(), scheme.getNarrowRange()),
        scheme.getPowerOfTwo());
  float scale = computeSymmetricScale(
      range, getStorageMax(scheme.getStorage(), scheme.getNarrowRange()));
  return {scheme.getPowerOfTwo() ? roundUpToPowerOfTwo(scale) : scale, 0};
}

static void append(QuantizationParameters &parameters, quantc::Range range,
                   QuantizationAttr scheme) {
  AffineParameters affine = computeAffine(range, scheme);
  parameters.scales.push_back(affine.scale);
  if (!scheme.getSymmetric())
    parameters.zeroPoints.push_back(affine.zeroPoint);
}

static LogicalResult append(QuantizationParameters &parameters,
                            const Statistics &statistics,
                            QuantizationAttr scheme, EmitError emitError) {
  llvm::Expected<quantc::Range> range = estimateRange(statistics, scheme);
  if (!range)
    return emitError() << llvm::toString(range.takeError());
  append(parameters, *range, scheme);
  return success();
}

FailureOr<SmallVector<int64_t>>
quantc::getParameterShape(QuantizationAttr scheme, ArrayRef<int64_t> shape,
                          EmitError emitError) {
  SmallVector<int64_t> result;
  for (auto [i, axis] : llvm::enumerate(scheme.getAxes())) {
    if (axis < 0 || axis >= int64_t(shape.size()))
      return emitError() << "expected axes in [0, " << shape.size()
                         << "), but got " << axis;
    int64_t block = scheme.getBlocks().empty() ? 1 : scheme.getBlocks()[i];
    if (ShapedType::isDynamic(shape[axis]))
      return emitError() << "expected a static size of dimension " << axis;
    if (block < 1)
      return emitError() << "expected positive block sizes, but got " << block;
    result.push_back(llvm::divideCeilSigned(shape[axis], block));
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

ObservedDims quantc::getObservedDims(ObserveOp observer) {
  ObservedDims dims;
  if (std::optional<uint64_t> axis = observer.getAxis())
    dims.axis = *axis;
  if (std::optional<uint64_t> head = observer.getHead())
    dims.head = *head;
  return dims;
}

std::vector<MinMax> quantc::mergeTokens(ArrayRef<MinMax> tokens,
                                        std::optional<int64_t> axis,
                                        QuantizationAttr scheme,
                                        ArrayRef<int64_t> shape) {
  if (!axis || llvm::is_contained(scheme.getAxes(), *axis))
    return {};
  // The dimensions of the tokens, and how far their indices are apart in the
  // result: 0 where they are merged.
  SmallVector<int64_t> sizes, strides;
  int64_t numTokens = 1, count = 1;
  for (int64_t dim = int64_t(shape.size()) - 1; dim >= 0; --dim) {
    if (dim == *axis)
      continue;
    bool isKept = llvm::is_contained(scheme.getAxes(), dim);
    sizes.push_back(shape[dim]);
    strides.push_back(isKept ? count : 0);
    numTokens *= shape[dim];
    count *= isKept ? shape[dim] : 1;
  }
  if (numTokens != int64_t(tokens.size()))
    return {};
  std::vector<MinMax> merged(count);
  for (auto [i, token] : llvm::enumerate(tokens)) {
    int64_t target = 0, rest = i;
    for (auto [size, stride] : llvm::zip_equal(sizes, strides)) {
      target += rest % size * stride;
      rest /= size;
    }
    merged[target].merge(token);
  }
  return merged;
}

FailureOr<QuantizationParameters> quantc::computeQuantizationParameters(
    StatisticsAttr attribute, ObservedDims observed, QuantizationAttr scheme,
    ArrayRef<int64_t> operandShape, EmitError emitError) {
  FailureOr<SmallVector<int64_t>> shape =
      getParameterShape(scheme, operandShape, emitError);
  if (failed(shape))
    return failure();
  Statistics statistics = fromAttribute(attribute);
  QuantizationParameters result;
  result.shape = *shape;
  if (scheme.getGranularity() == Granularity::Tensor) {
    if (failed(append(result, statistics, scheme, emitError)))
      return failure();
    return result;
  }

  auto follows = [&](std::optional<int64_t> dim, size_t count) {
    return dim && scheme.getAxes() == ArrayRef(*dim) &&
           result.shape.front() == int64_t(count);
  };
  auto appendParts =
      [&](const Statistics &statistics,
          ArrayRef<MinMax> parts) -> FailureOr<QuantizationParameters> {
    llvm::Expected<SmallVector<quantc::Range>> ranges =
        estimatePartRanges(statistics, parts, scheme);
    if (!ranges)
      return emitError() << llvm::toString(ranges.takeError());
    for (const quantc::Range &range : *ranges)
      append(result, range, scheme);
    return std::move(result);
  };
  // Each head has its own distribution, and so any estimator.
  if (scheme.getGranularity() == Granularity::Head &&
      follows(observed.head, statistics.heads.size())) {
    for (const Statistics &head : statistics.heads) {
      if (head.count == 0)
        append(result, quantc::Range{}, scheme);
      else if (failed(append(result, head, scheme, emitError)))
        return failure();
    }
    return result;
  }
  if (scheme.getGranularity() == Granularity::Token) {
    if (statistics.tokens.empty())
      return emitError() << kNoTokenRanges;
    std::vector<MinMax> tokens =
        mergeTokens(statistics.tokens, observed.axis, scheme, operandShape);
    if (tokens.empty())
      return emitError() << "expected granularity 'token' along other "
                            "dimensions than the observed axis, but got "
                         << scheme;
    return appendParts(statistics, tokens);
  }
  if (!follows(observed.axis, statistics.channels.size()))
    return emitError() << "expected granularity 'tensor', the observed axis or "
                          "observed heads, but got "
                       << scheme;
  return appendParts(statistics, statistics.channels);
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

FailureOr<QuantizationParameters> quantc::computeQuantizationParameters(
    ArrayRef<char> data, RankedTensorType type, QuantizationAttr scheme,
    EmitError emitError) {
  Type element = type.getElementType();
  if (!element.isF32() && !element.isF16() && !element.isBF16())
    return emitError() << "expected a constant of f32, f16 or bf16, but got "
                       << type;
  int64_t bytes = type.getNumElements() * element.getIntOrFloatBitWidth() / 8;
  if (int64_t(data.size()) != bytes)
    return emitError() << "expected " << bytes << " bytes for " << type
                       << ", but got " << data.size();
  FailureOr<SmallVector<int64_t>> shape =
      getParameterShape(scheme, type.getShape(), emitError);
  if (failed(shape))
    return failure();

  QuantizationParameters result;
  result.shape = *shape;
  RangeEstimatorAttrInterface estimator = scheme.getEstimator();
  if (!estimator.needsHistogram() && !estimator.needsError()) {
    // No copy of the tensor.
    std::vector<std::pair<int64_t, MinMax>> groups(
        ShapedType::getNumElements(*shape));
    ParameterWalk(type.getShape(), scheme, *shape)
        .run([&](int64_t index, int64_t parameter) {
          float value = readElement(data.data(), index, element);
          if (!std::isfinite(value))
            return;
          ++groups[parameter].first;
          groups[parameter].second.merge({value, value});
        });
    Statistics statistics;
    for (const auto &[count, range] : groups) {
      statistics.count = count;
      statistics.range = range;
      if (failed(append(result, statistics, scheme, emitError)))
        return failure();
    }
    return result;
  }

  ParameterGroups groups(data, type, scheme, *shape);
  std::vector<quantc::Range> ranges(groups.size());
  std::vector<std::string> errors(groups.size());
  groups.parallelFor(type.getContext(), [&](int64_t parameter) {
    llvm::Expected<quantc::Range> range =
        estimateRange(groups[parameter], scheme);
    if (range)
      ranges[parameter] = *range;
    else
      errors[parameter] = llvm::toString(range.takeError());
  });
  for (auto [range, error] : llvm::zip_equal(ranges, errors)) {
    if (!error.empty())
      return emitError() << error;
    append(result, range, scheme);
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

/// The minima or maxima of ranges; 0 where nothing was seen.
static DenseF32ArrayAttr getBounds(Builder &builder, ArrayRef<MinMax> ranges,
                                   float MinMax::*bound) {
  SmallVector<float> bounds;
  for (const MinMax &range : ranges)
    bounds.push_back(range.isEmpty() ? 0 : range.*bound);
  return builder.getDenseF32ArrayAttr(bounds);
}

StatisticsAttr quantc::toAttribute(const Statistics &statistics,
                                   MLIRContext *context) {
  Builder builder(context);
  DenseF32ArrayAttr batchMin, batchMax;
  if (!statistics.batches.empty()) {
    batchMin = getBounds(builder, statistics.batches, &MinMax::min);
    batchMax = getBounds(builder, statistics.batches, &MinMax::max);
  }
  MinMax range = statistics.range.isEmpty() ? MinMax{0, 0} : statistics.range;
  DenseF32ArrayAttr tokenMin, tokenMax;
  if (!statistics.tokens.empty()) {
    std::vector<MinMax> tokens = statistics.tokens;
    for (MinMax &token : tokens)
      if (token.isEmpty())
        token = range;
    tokenMin = getBounds(builder, tokens, &MinMax::min);
    tokenMax = getBounds(builder, tokens, &MinMax::max);
  }
  ArrayAttr heads;
  if (!statistics.heads.empty()) {
    SmallVector<Attribute> attributes;
    for (const Statistics &head : statistics.heads)
      attributes.push_back(toAttribute(head, context));
    heads = builder.getArrayAttr(attributes);
  }
  const Histogram &histogram = statistics.histogram;
  auto [first, counts] = histogram.getOccupied();
  return StatisticsAttr::get(
      context, statistics.count, statistics.nanCount, statistics.infCount,
      builder.getF32FloatAttr(range.min), builder.getF32FloatAttr(range.max),
      getBounds(builder, statistics.channels, &MinMax::min),
      getBounds(builder, statistics.channels, &MinMax::max),
      histogram.getExponent(), first, builder.getDenseI64ArrayAttr(counts),
      batchMin, batchMax, tokenMin, tokenMax, heads);
}

static std::vector<MinMax> getRanges(DenseF32ArrayAttr min,
                                     DenseF32ArrayAttr max) {
  std::vector<MinMax> ranges;
  if (min)
    for (auto [low, high] : llvm::zip_equal(min.asArrayRef(), max.asArrayRef()))
      ranges.push_back({low, high});
  return ranges;
}

Statistics quantc::fromAttribute(StatisticsAttr attribute) {
  ArrayRef<float> channelMin = attribute.getChannelMin();
  Statistics result(channelMin.size());
  result.count = attribute.getCount();
  result.nanCount = attribute.getNanCount();
  result.infCount = attribute.getInfCount();
  if (result.count)
    result.range = {float(attribute.getMin().getValueAsDouble()),
                    float(attribute.getMax().getValueAsDouble())};
  for (auto [i, channel] : llvm::enumerate(result.channels))
    channel = {channelMin[i], attribute.getChannelMax()[i]};

  result.tokens = getRanges(attribute.getTokenMin(), attribute.getTokenMax());
  result.batches = getRanges(attribute.getBatchMin(), attribute.getBatchMax());
  result.keepsBatches = !result.batches.empty();

  if (attribute.getHeads())
    for (auto head : attribute.getHeads().getAsRange<StatisticsAttr>())
      result.heads.push_back(fromAttribute(head));

  ArrayRef<int64_t> counts = attribute.getHistogram();
  int exponent =
      std::clamp<int64_t>(attribute.getBinExponent(), Histogram::kMinExponent,
                          Histogram::kMaxExponent);
  result.histogram.widen(exponent);
  for (auto [i, count] : llvm::enumerate(counts)) {
    int64_t bin = attribute.getFirstBin() + int64_t(i);
    result.histogram.addToBin(std::clamp<int64_t>(bin, -Histogram::kHalfBins,
                                                  Histogram::kHalfBins - 1),
                              count);
  }
  return result;
}
