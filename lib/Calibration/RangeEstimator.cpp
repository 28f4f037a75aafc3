//===- RangeEstimator.cpp - from statistics to a range --------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Calibration/RangeEstimator.h"
#include "quantc/Calibration/QuantizationError.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <tuple>

using namespace quantc;
using namespace quantc::qnn;

using MeasureError = llvm::function_ref<double(Range)>;

//===----------------------------------------------------------------------===//
// Ranges
//===----------------------------------------------------------------------===//

/// Asks the estimator, if all that it needs is there. Errors are known where
/// `measureError` is.
static llvm::Expected<Range> estimate(const Statistics &statistics,
                                      RangeEstimatorAttrInterface estimator,
                                      MeasureError measureError) {
  if (statistics.count == 0)
    return Range{};
  std::string name = estimator.getEstimatorName().str();
  if (estimator.needsBatches() && statistics.batches.empty())
    return llvm::createStringError(
        "expected the ranges of batches for range estimator '" + name +
        "', but these statistics have none; calibrate with --batch-ranges");
  if ((estimator.needsHistogram() && !statistics.hasHistogram()) ||
      (estimator.needsError() && !measureError))
    return llvm::createStringError(
        "expected a histogram for range estimator '" + name +
        "', but these statistics have only minimum and maximum; what was "
        "smoothed has to be calibrated again (quantize --data)");
  return estimator.estimate(statistics, measureError);
}

llvm::Expected<Range> quantc::estimateRange(const Statistics &statistics,
                                            QuantizationAttr scheme) {
  auto measureError = [&](Range range) {
    return estimateNoise(statistics, computeAffine(range, scheme), scheme)
        .noise;
  };
  return estimate(statistics, scheme.getEstimator(),
                  statistics.hasHistogram() ? MeasureError(measureError)
                                            : MeasureError());
}

llvm::Expected<llvm::SmallVector<Range>>
quantc::estimatePartRanges(const Statistics &statistics,
                           llvm::ArrayRef<MinMax> parts,
                           QuantizationAttr scheme) {
  llvm::Expected<Range> kept = estimateRange(statistics, scheme);
  if (!kept)
    return kept.takeError();
  llvm::SmallVector<Range> ranges;
  for (const MinMax &part : parts)
    ranges.push_back(
        part.isEmpty()
            ? *kept
            : Range{std::clamp<double>(part.min, kept->min, kept->max),
                    std::clamp<double>(part.max, kept->min, kept->max)});
  // Scale 1, that of nothing but zeros, may be far from those of the others,
  // and where scales become part of a weight, its row would dwarf theirs. The
  // narrowest of them may be next to nothing.
  auto getWidth = [](const Range &range) {
    return std::max(range.max, 0.0) - std::min(range.min, 0.0);
  };
  llvm::SmallVector<Range> alive;
  llvm::copy_if(ranges, std::back_inserter(alive),
                [&](const Range &range) { return getWidth(range) > 0; });
  if (alive.empty() || alive.size() == ranges.size())
    return ranges;
  auto *median = alive.begin() + (alive.size() - 1) / 2;
  std::nth_element(
      alive.begin(), median, alive.end(), [&](const Range &a, const Range &b) {
        return std::tuple(getWidth(a), a.min) < std::tuple(getWidth(b), b.min);
      });
  std::replace_if(
      ranges.begin(), ranges.end(),
      [&](const Range &range) { return getWidth(range) == 0; }, *median);
  return ranges;
}

llvm::Expected<Range> quantc::estimateRange(llvm::ArrayRef<float> values,
                                            QuantizationAttr scheme) {
  RangeEstimatorAttrInterface estimator = scheme.getEstimator();
  std::vector<float> finite;
  llvm::copy_if(values, std::back_inserter(finite),
                [](float value) { return std::isfinite(value); });
  Statistics statistics;
  if (estimator.needsHistogram()) {
    statistics.update(finite.data(), 1, finite.size());
  } else {
    statistics.count = finite.size();
    for (float value : finite)
      statistics.range.merge({value, value});
  }
  return estimate(statistics, estimator, [&](Range range) {
    return FakeQuantizer(computeAffine(range, scheme), scheme)
        .sumSquaredErrors(finite);
  });
}

//===----------------------------------------------------------------------===//
// Scale and zero point
//===----------------------------------------------------------------------===//

/// Rounds a scale to f32. A zero-width range gets scale 1, so that zero is
/// exact; a denormal one is raised to the smallest normal number, so that
/// neither x / s overflows nor hardware flushes s to zero.
static float roundScale(double scale) {
  if (scale == 0)
    return 1;
  return static_cast<float>(std::clamp<double>(scale, FLT_MIN, FLT_MAX));
}

float quantc::roundUpToPowerOfTwo(float scale) {
  int exponent;
  float fraction = std::frexp(scale, &exponent);
  return std::ldexp(1.0f, std::min(exponent - (fraction == 0.5f), 127));
}

AffineParameters quantc::computeAffine(Range range, StorageRange storage,
                                       bool powerOfTwo) {
  double min = std::min(range.min, 0.0), max = std::max(range.max, 0.0);
  AffineParameters result;
  result.scale = roundScale((max - min) / double(storage.max - storage.min));
  if (powerOfTwo)
    result.scale = roundUpToPowerOfTwo(result.scale);
  // nearbyint rounds half to even in the default rounding mode.
  double zeroPoint = std::nearbyint(storage.min - min / double(result.scale));
  result.zeroPoint = static_cast<int64_t>(
      std::clamp(zeroPoint, double(storage.min), double(storage.max)));
  return result;
}

float quantc::computeSymmetricScale(Range range, double storageMax) {
  return roundScale(std::max(std::fabs(range.min), std::fabs(range.max)) /
                    storageMax);
}
