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
#include <numeric>

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

/// The counts of |x|: bin i holds those of bins i and -1 - i.
static std::vector<double> foldMagnitudes(const Histogram &histogram) {
  std::vector<double> counts(Histogram::kHalfBins);
  for (int bin = 0; bin < Histogram::kHalfBins; ++bin)
    counts[bin] = histogram.getCount(bin) + histogram.getCount(-1 - bin);
  while (!counts.empty() && counts.back() == 0)
    counts.pop_back();
  return counts;
}

/// The bins merged to 128 levels, each spread evenly over its non-zero bins.
static std::vector<double> mergeToLevels(llvm::ArrayRef<double> bins) {
  constexpr size_t levels = 128;
  std::vector<double> result(bins.size(), 0);
  for (size_t level = 0; level < levels; ++level) {
    size_t begin = level * bins.size() / levels;
    size_t end = (level + 1) * bins.size() / levels;
    double sum = 0, occupied = 0;
    for (size_t bin = begin; bin < end; ++bin) {
      sum += bins[bin];
      occupied += bins[bin] != 0;
    }
    for (size_t bin = begin; bin < end; ++bin)
      if (bins[bin] != 0)
        result[bin] = sum / occupied;
  }
  return result;
}

/// KL(P || Q) of two histograms, infinite where Q misses what P has.
static double divergence(llvm::ArrayRef<double> p, llvm::ArrayRef<double> q) {
  double totalP = std::accumulate(p.begin(), p.end(), 0.0);
  double totalQ = std::accumulate(q.begin(), q.end(), 0.0);
  double sum = 0;
  for (auto [x, y] : llvm::zip_equal(p, q)) {
    if (x == 0)
      continue;
    if (y == 0)
      return std::numeric_limits<double>::infinity();
    sum += x / totalP * std::log(x / totalP * totalQ / y);
  }
  return sum;
}

static Range estimateEntropy(const Statistics &statistics) {
  constexpr size_t fewest = 128;
  std::vector<double> counts = foldMagnitudes(statistics.histogram);
  Range all{statistics.range.min, statistics.range.max};
  if (counts.size() <= fewest)
    return all;
  // Zeros are many and exact: they must not decide.
  counts[0] = counts[1];
  double tail = std::accumulate(counts.begin() + fewest, counts.end(), 0.0);
  double least = std::numeric_limits<double>::infinity();
  size_t best = counts.size();
  for (size_t kept = fewest; kept <= counts.size(); ++kept) {
    llvm::ArrayRef<double> bins = llvm::ArrayRef(counts).take_front(kept);
    std::vector<double> p = bins;
    p.back() += tail;
    double loss = divergence(p, mergeToLevels(bins));
    if (loss < least) {
      least = loss;
      best = kept;
    }
    if (kept < counts.size())
      tail -= counts[kept];
  }
  double clip = std::ldexp(double(best), statistics.histogram.getExponent());
  return {std::max(all.min, -clip), std::min(all.max, clip)};
}

/// The clip of `all` with the least error; the whole range where no error is
/// known.
static Range
findBestClip(Range all, QuantizationAttr scheme,
             llvm::function_ref<std::optional<double>(const AffineParameters &)>
                 measure) {
  constexpr int steps = 100;
  Range best = all;
  double least = std::numeric_limits<double>::infinity();
  // From the widest: of equal errors the one that clips less wins.
  for (int step = steps; step >= 0; --step) {
    double share = 0.2 + 0.8 * step / steps;
    Range range{all.min * share, all.max * share};
    std::optional<double> error = measure(computeAffine(range, scheme));
    if (!error)
      return all;
    if (*error < least) {
      least = *error;
      best = range;
    }
  }
  return best;
}

static Range estimateHistogramMSE(const Statistics &statistics,
                                  QuantizationAttr scheme) {
  return findBestClip(
      {statistics.range.min, statistics.range.max}, scheme,
      [&](const AffineParameters &parameters) {
        return estimateNoise(statistics, parameters, scheme).getRatio();
      });
}

Range quantc::estimateMSE(llvm::ArrayRef<float> values,
                          QuantizationAttr scheme) {
  MinMax all;
  for (float value : values)
    if (std::isfinite(value))
      all.merge({value, value});
  if (all.isEmpty())
    return {};
  return findBestClip(
      {all.min, all.max}, scheme,
      [&](const AffineParameters &parameters) -> std::optional<double> {
        double sum = 0;
        for (float value : values) {
          if (!std::isfinite(value))
            continue;
          double error = value - quantizeDequantize(value, parameters, scheme);
          sum += error * error;
        }
        return sum;
      });
}

static Range estimateEMA(const Statistics &statistics, double rate) {
  const MinMax &first = statistics.batches.front();
  Range range{first.min, first.max};
  for (const MinMax &batch : llvm::ArrayRef(statistics.batches).drop_front()) {
    range.min += rate * (batch.min - range.min);
    range.max += rate * (batch.max - range.max);
  }
  return range;
}

/// Whether the estimator takes the parameter.
static llvm::Error checkParameter(RangeEstimator estimator,
                                  std::optional<double> parameter) {
  if (estimator == RangeEstimator::Percentile) {
    if (parameter && *parameter > 0 && *parameter <= 100)
      return llvm::Error::success();
    return llvm::createStringError(
        "expected a percentile in (0, 100], but got %g", parameter.value_or(0));
  }
  if (!parameter)
    return llvm::Error::success();
  if (estimator == RangeEstimator::EMA) {
    if (*parameter > 0 && *parameter <= 1)
      return llvm::Error::success();
    return llvm::createStringError("expected a rate in (0, 1], but got %g",
                                   *parameter);
  }
  return llvm::createStringError(
      "expected no parameter for range estimator '%s', but got %g",
      stringifyRangeEstimator(estimator).str().c_str(), *parameter);
}

static llvm::Error checkHistogram(const Statistics &statistics,
                                  RangeEstimator estimator) {
  if (statistics.histogram.getTotal() == statistics.count)
    return llvm::Error::success();
  return llvm::createStringError(
      "expected a histogram for range estimator '" +
      stringifyRangeEstimator(estimator) +
      "', but these statistics have only minimum and maximum; what was "
      "smoothed has to be calibrated again (quantize --data)");
}

llvm::Expected<Range> quantc::estimateRange(const Statistics &statistics,
                                            RangeEstimator estimator,
                                            std::optional<double> parameter) {
  if (llvm::Error error = checkParameter(estimator, parameter))
    return error;
  if (estimator == RangeEstimator::MSE)
    return llvm::createStringError(
        "expected a range estimator that needs statistics alone, but got '" +
        stringifyRangeEstimator(estimator) + "'");
  if (statistics.count == 0)
    return Range{};
  if (estimator == RangeEstimator::MinMax)
    return Range{statistics.range.min, statistics.range.max};
  if (estimator == RangeEstimator::EMA) {
    if (statistics.batches.empty())
      return llvm::createStringError(
          "expected the ranges of batches for range estimator 'ema', but these "
          "statistics have none; calibrate with --batch-ranges");
    return estimateEMA(statistics, parameter.value_or(kDefaultEMARate));
  }
  if (llvm::Error error = checkHistogram(statistics, estimator))
    return error;
  return estimator == RangeEstimator::Percentile
             ? estimatePercentile(statistics, *parameter)
             : estimateEntropy(statistics);
}

llvm::Expected<Range> quantc::estimateRange(const Statistics &statistics,
                                            QuantizationAttr scheme) {
  std::optional<double> parameter;
  if (mlir::FloatAttr attribute = scheme.getEstimatorParameter())
    parameter = attribute.getValueAsDouble();
  if (scheme.getEstimator() != RangeEstimator::MSE)
    return estimateRange(statistics, scheme.getEstimator(), parameter);
  if (llvm::Error error = checkParameter(RangeEstimator::MSE, parameter))
    return error;
  if (llvm::Error error = checkHistogram(statistics, RangeEstimator::MSE))
    return error;
  if (statistics.count == 0)
    return Range{};
  return estimateHistogramMSE(statistics, scheme);
}

llvm::Expected<llvm::SmallVector<Range>>
quantc::estimateChannelRanges(const Statistics &statistics,
                              QuantizationAttr scheme) {
  llvm::Expected<Range> kept = estimateRange(statistics, scheme);
  if (!kept)
    return kept.takeError();
  llvm::SmallVector<Range> ranges;
  for (const MinMax &channel : statistics.channels)
    ranges.push_back({std::clamp<double>(channel.min, kept->min, kept->max),
                      std::clamp<double>(channel.max, kept->min, kept->max)});
  return ranges;
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
