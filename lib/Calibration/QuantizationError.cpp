//===- QuantizationError.cpp - what quantizing a tensor costs -------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Calibration/QuantizationError.h"
#include "ParameterWalk.h"
#include "quantc/Calibration/RangeEstimator.h"

#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

/// f8(clamp(x / s, -max, max)) * s.
static double quantizeDequantizeFloat(double x, float scale, FloatType type) {
  const llvm::fltSemantics &semantics = type.getFloatSemantics();
  double max = llvm::APFloat::getLargest(semantics).convertToDouble();
  llvm::APFloat value(std::clamp(x / scale, -max, max));
  bool losesInfo;
  value.convert(semantics, llvm::APFloat::rmNearestTiesToEven, &losesInfo);
  return value.convertToDouble() * scale;
}

double quantc::quantizeDequantize(double x, const AffineParameters &parameters,
                                  QuantizationAttr scheme) {
  if (auto type = dyn_cast<FloatType>(scheme.getStorage()))
    return quantizeDequantizeFloat(x, parameters.scale, type);
  StorageRange range =
      getStorageRange(scheme.getStorage(), scheme.getNarrowRange());
  double zeroPoint = parameters.zeroPoint;
  return std::clamp(std::nearbyint(x / parameters.scale), range.min - zeroPoint,
                    range.max - zeroPoint) *
         parameters.scale;
}

NoiseEstimate quantc::estimateNoise(const Statistics &statistics,
                                    const AffineParameters &parameters,
                                    QuantizationAttr scheme) {
  const Histogram &histogram = statistics.histogram;
  double width = std::ldexp(1.0, histogram.getExponent());
  bool isCoarse =
      isa<IntegerType>(scheme.getStorage()) && width > double(parameters.scale);
  double rounding = double(parameters.scale) * parameters.scale / 12;
  NoiseEstimate result;
  for (int bin = -Histogram::kHalfBins; bin < Histogram::kHalfBins; ++bin) {
    double count = histogram.getCount(bin);
    if (count == 0)
      continue;
    double centre = std::clamp<double>(
        (bin + 0.5) * width, statistics.range.min, statistics.range.max);
    double error = centre - quantizeDequantize(centre, parameters, scheme);
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

static bool hasHistogram(const Statistics &statistics) {
  return statistics.histogram.getTotal() == statistics.count;
}

/// The noise of integers with parameters for each channel, whose values are
/// those in `ranges`. Which values a channel has is not known, but its steps
/// are: s^2/12. Outside of all ranges lies what the histogram has there.
static NoiseEstimate estimateChannels(const Statistics &statistics,
                                      ArrayRef<quantc::Range> ranges,
                                      ArrayRef<float> scales) {
  quantc::Range kept = ranges.front();
  double rounding = 0;
  for (auto [range, scale] : llvm::zip_equal(ranges, scales)) {
    rounding += range.min == range.max && range.min == 0
                    ? 0
                    : double(scale) * double(scale);
    kept.min = std::min(kept.min, range.min);
    kept.max = std::max(kept.max, range.max);
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

/// With the range that the estimator chooses for each channel.
static std::optional<double> estimateChannels(const Statistics &statistics,
                                              QuantizationAttr scheme) {
  if (!isa<IntegerType>(scheme.getStorage()) || statistics.channels.empty() ||
      !hasHistogram(statistics))
    return std::nullopt;
  llvm::Expected<llvm::SmallVector<quantc::Range>> ranges =
      estimateChannelRanges(statistics, scheme);
  if (!ranges) {
    llvm::consumeError(ranges.takeError());
    return std::nullopt;
  }
  llvm::SmallVector<float> scales;
  for (const quantc::Range &range : *ranges)
    scales.push_back(computeAffine(range, scheme).scale);
  return estimateChannels(statistics, *ranges, scales).getRatio();
}

std::optional<NoiseEstimate>
quantc::estimateNoise(const Statistics &statistics,
                      const QuantizationParameters &parameters,
                      QuantizationAttr scheme) {
  if (!hasHistogram(statistics))
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
    // A channel of zeros alone has no noise, whatever its scale.
    bool isZero = channel.isEmpty() || (channel.min == 0 && channel.max == 0);
    ranges.push_back(isZero ? quantc::Range{0, 0}
                            : quantc::Range{(storage.min - zeroPoint) * scale,
                                            (storage.max - zeroPoint) * scale});
  }
  return estimateChannels(statistics, ranges, scales);
}

std::optional<double>
quantc::estimateNoiseToSignal(const Statistics &statistics,
                              QuantizationAttr scheme) {
  if (scheme.getGranularity() == Granularity::Channel)
    return estimateChannels(statistics, scheme);
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
  ParameterWalk(type.getShape(), scheme, parameters.shape)
      .run([&](int64_t index, int64_t parameter) {
        values[index] = quantizeDequantize(
            values[index], getAffine(parameters, parameter), scheme);
      });
}

std::optional<double>
quantc::measureNoiseToSignal(ArrayRef<char> data, RankedTensorType type,
                             const QuantizationParameters &parameters,
                             QuantizationAttr scheme) {
  double signal = 0, noise = 0;
  ParameterWalk(type.getShape(), scheme, parameters.shape)
      .run([&](int64_t index, int64_t parameter) {
        double value = readElement(data.data(), index, type.getElementType());
        if (!std::isfinite(value))
          return;
        double error =
            value -
            quantizeDequantize(value, getAffine(parameters, parameter), scheme);
        signal += value * value;
        noise += error * error;
      });
  if (signal == 0)
    return std::nullopt;
  return noise / signal;
}

double quantc::toDecibel(double noiseToSignal) {
  return -10 * std::log10(std::max(noiseToSignal, 1e-20));
}
