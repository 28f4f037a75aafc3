//===- QuantizationError.cpp - what quantizing a tensor costs -------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Calibration/QuantizationError.h"
#include "ParameterGroups.h"
#include "ParameterWalk.h"
#include "quantc/Calibration/RangeEstimator.h"

#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

NoiseEstimate quantc::estimateNoise(const Statistics &statistics,
                                    const AffineParameters &parameters,
                                    QuantizationAttr scheme) {
  const Histogram &histogram = statistics.histogram;
  double width = std::ldexp(1.0, histogram.getExponent());
  bool isCoarse =
      isa<IntegerType>(scheme.getStorage()) && width > double(parameters.scale);
  double rounding = double(parameters.scale) * parameters.scale / 12;
  FakeQuantizer quantizer(parameters, scheme);
  NoiseEstimate result;
  for (int bin = -Histogram::kHalfBins; bin < Histogram::kHalfBins; ++bin) {
    double count = histogram.getCount(bin);
    if (count == 0)
      continue;
    double centre = std::clamp<double>(
        (bin + 0.5) * width, statistics.range.min, statistics.range.max);
    double error = centre - quantizer(centre);
    double square = error * error;
    // Where a bin spans several steps its centre says nothing of the rounding,
    // but still how far it lies outside the range.
    if (isCoarse && std::fabs(error) <= parameters.scale)
      square = rounding;
    result.signal += count * centre * centre;
    result.noise += count * square;
  }
  return result;
}

static AffineParameters getAffine(const QuantizationParameters &parameters,
                                  int64_t index) {
  return {parameters.scales[index],
          parameters.zeroPoints.empty() ? 0 : parameters.zeroPoints[index]};
}

/// A part of zeros alone has no noise, whatever its scale.
static bool isZero(const MinMax &part) {
  return part.isEmpty() || (part.min == 0 && part.max == 0);
}

/// The noise of integers with parameters for each of equal parts, whose values
/// are those in `ranges`. Which values a part has is not known, but its steps
/// are: s^2/12. Outside of all ranges lies what the histogram has there.
static NoiseEstimate estimateParts(const Statistics &statistics,
                                   ArrayRef<quantc::Range> ranges,
                                   ArrayRef<float> scales) {
  quantc::Range kept = ranges.front();
  double rounding = 0;
  for (auto [range, scale] : llvm::zip_equal(ranges, scales)) {
    rounding += range.min == range.max && range.min == 0
                    ? 0
                    : double(scale) * double(scale);
    // Zero is in every range.
    kept.min = std::min({kept.min, range.min, 0.0});
    kept.max = std::max({kept.max, range.max, 0.0});
  }
  rounding /= 12 * double(ranges.size());
  const Histogram &histogram = statistics.histogram;
  double width = std::ldexp(1.0, histogram.getExponent());
  NoiseEstimate result;
  for (int bin = -Histogram::kHalfBins; bin < Histogram::kHalfBins; ++bin) {
    double count = histogram.getCount(bin);
    double centre = std::clamp<double>(
        (bin + 0.5) * width, statistics.range.min, statistics.range.max);
    double outside = centre - std::clamp(centre, kept.min, kept.max);
    result.signal += count * centre * centre;
    result.noise += count * (rounding + outside * outside);
  }
  return result;
}

std::optional<double>
quantc::estimateNoiseToSignal(const Statistics &statistics,
                              ArrayRef<MinMax> parts, QuantizationAttr scheme) {
  if (!isa<IntegerType>(scheme.getStorage()) || parts.empty() ||
      !statistics.hasHistogram())
    return std::nullopt;
  llvm::Expected<llvm::SmallVector<quantc::Range>> ranges =
      estimatePartRanges(statistics, parts, scheme);
  if (!ranges) {
    llvm::consumeError(ranges.takeError());
    return std::nullopt;
  }
  llvm::SmallVector<float> scales;
  for (auto [part, range] : llvm::zip_equal(parts, *ranges)) {
    scales.push_back(computeAffine(range, scheme).scale);
    if (isZero(part))
      range = {0, 0};
  }
  return estimateParts(statistics, *ranges, scales).getRatio();
}

std::optional<NoiseEstimate>
quantc::estimateNoise(const Statistics &statistics,
                      const QuantizationParameters &parameters,
                      QuantizationAttr scheme) {
  if (!statistics.hasHistogram())
    return std::nullopt;
  ArrayRef<float> scales = parameters.scales;
  // One number for all is exact whatever it is along.
  if (llvm::all_equal(scales) && llvm::all_equal(parameters.zeroPoints))
    return estimateNoise(statistics, getAffine(parameters, 0), scheme);
  if (!isa<IntegerType>(scheme.getStorage()) ||
      statistics.channels.size() != scales.size())
    return std::nullopt;
  StorageRange storage =
      getStorageRange(scheme.getStorage(), scheme.getNarrowRange());
  llvm::SmallVector<quantc::Range> ranges;
  for (auto [i, channel] : llvm::enumerate(statistics.channels)) {
    AffineParameters affine = getAffine(parameters, i);
    double scale = affine.scale, zeroPoint = affine.zeroPoint;
    ranges.push_back(isZero(channel)
                         ? quantc::Range{0, 0}
                         : quantc::Range{(storage.min - zeroPoint) * scale,
                                         (storage.max - zeroPoint) * scale});
  }
  return estimateParts(statistics, ranges, scales);
}

std::optional<double>
quantc::estimateNoiseToSignal(const Statistics &statistics,
                              QuantizationAttr scheme) {
  if (scheme.getGranularity() == Granularity::Channel)
    return estimateNoiseToSignal(statistics, statistics.channels, scheme);
  ArrayRef<Statistics> parts(statistics);
  if (scheme.getGranularity() == Granularity::Head)
    parts = statistics.heads;
  else if (scheme.getGranularity() != Granularity::Tensor)
    return std::nullopt;
  NoiseEstimate sum;
  for (const Statistics &part : parts) {
    if (part.count == 0)
      continue;
    llvm::Expected<Range> range = estimateRange(part, scheme);
    if (!range) {
      // Not an error here: smoothing leaves no histogram, and whoever needs the
      // parameters says what is missing.
      llvm::consumeError(range.takeError());
      return std::nullopt;
    }
    NoiseEstimate noise =
        estimateNoise(part, computeAffine(*range, scheme), scheme);
    sum.signal += noise.signal;
    sum.noise += noise.noise;
  }
  return sum.getRatio();
}

void quantc::quantizeDequantize(MutableArrayRef<float> values,
                                RankedTensorType type,
                                const QuantizationParameters &parameters,
                                QuantizationAttr scheme) {
  std::vector<FakeQuantizer> quantizers;
  for (size_t i = 0; i < parameters.scales.size(); ++i)
    quantizers.emplace_back(getAffine(parameters, i), scheme);
  ParameterWalk(type.getShape(), scheme, parameters.shape)
      .run([&](int64_t index, int64_t parameter) {
        values[index] = quantizers[parameter](values[index]);
      });
}

std::optional<double>
quantc::measureNoiseToSignal(ArrayRef<char> data, RankedTensorType type,
                             const QuantizationParameters &parameters,
                             QuantizationAttr scheme) {
  ParameterGroups groups(data, type, scheme, parameters.shape);
  std::vector<NoiseEstimate> parts(groups.size());
  groups.parallelFor(type.getContext(), [&](int64_t i) {
    for (float value : groups[i])
      parts[i].signal += double(value) * value;
    parts[i].noise = FakeQuantizer(getAffine(parameters, i), scheme)
                         .sumSquaredErrors(groups[i]);
  });
  // Added in their order, whatever the threads.
  NoiseEstimate sum;
  for (const NoiseEstimate &part : parts) {
    sum.signal += part.signal;
    sum.noise += part.noise;
  }
  return sum.getRatio();
}

double quantc::toDecibel(double noiseToSignal) {
  return -10 * std::log10(std::max(noiseToSignal, 1e-20));
}
