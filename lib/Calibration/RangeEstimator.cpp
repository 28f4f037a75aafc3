//===- RangeEstimator.cpp - from statistics to a range --------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Calibration/RangeEstimator.h"

#include <algorithm>
#include <cfloat>
#include <cmath>

using namespace quantc;
using namespace quantc::qnn;

//===----------------------------------------------------------------------===//
// Estimators
//===----------------------------------------------------------------------===//

static Range estimatePercentile(const Statistics &statistics,
                                double percentile) {
  const Histogram &histogram = statistics.histogram;
  // The summand makes up for percentiles such as 99.9 that are not exact in
  // binary; at least one element stays.
  double cutShare = (100 - percentile) / 200;
  int64_t tail =
      std::min<int64_t>(std::floor(statistics.count * cutShare + 1e-6),
                        (statistics.count - 1) / 2);
  int first = -Histogram::kHalfBins, last = Histogram::kHalfBins - 1;
  for (int64_t cut = histogram.getCount(first); cut <= tail;)
    cut += histogram.getCount(++first);
  for (int64_t cut = histogram.getCount(last); cut <= tail;)
    cut += histogram.getCount(--last);
  double width = std::ldexp(1.0, histogram.getExponent());
  return {std::max<double>(first * width, statistics.range.min),
          std::min<double>((last + 1) * width, statistics.range.max)};
}

llvm::Expected<Range> quantc::estimateRange(const Statistics &statistics,
                                            RangeEstimator estimator,
                                            std::optional<double> parameter) {
  switch (estimator) {
  case RangeEstimator::MinMax:
    if (parameter)
      return llvm::createStringError("expected no parameter for range "
                                     "estimator 'minmax', but got %g",
                                     *parameter);
    break;
  case RangeEstimator::Percentile:
    if (!parameter || !(*parameter > 0 && *parameter <= 100))
      return llvm::createStringError(
          "expected a percentile in (0, 100], but got %g",
          parameter.value_or(0));
    break;
  case RangeEstimator::Entropy:
  case RangeEstimator::MSE:
  case RangeEstimator::EMA:
    return llvm::createStringError(
        "expected range estimator 'minmax' or 'percentile', but got '" +
        stringifyRangeEstimator(estimator) + "'");
  }
  if (statistics.count == 0)
    return Range{};
  if (estimator == RangeEstimator::Percentile) {
    if (statistics.histogram.getTotal() != statistics.count)
      return llvm::createStringError(
          "expected a histogram for range estimator 'percentile', but these "
          "statistics have only minimum and maximum");
    return estimatePercentile(statistics, *parameter);
  }
  return Range{statistics.range.min, statistics.range.max};
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

AffineParameters quantc::computeAffine(Range range, StorageRange storage) {
  double min = std::min(range.min, 0.0), max = std::max(range.max, 0.0);
  AffineParameters result;
  result.scale = roundScale((max - min) / double(storage.max - storage.min));
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
