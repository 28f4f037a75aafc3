//===- RangeEstimators.cpp - the estimators of the qnn dialect ------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Calibration/Statistics.h"
#include "quantc/Dialect/QNN/IR/QNNDialect.h"

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

using MeasureError = llvm::function_ref<double(quantc::Range)>;

static quantc::Range getWhole(const Statistics &statistics) {
  return {statistics.range.min, statistics.range.max};
}

//===----------------------------------------------------------------------===//
// minmax
//===----------------------------------------------------------------------===//

StringRef MinMaxAttr::getEstimatorName() const { return getMnemonic(); }

quantc::Range MinMaxAttr::estimate(const Statistics &statistics,
                                   MeasureError) const {
  return getWhole(statistics);
}

//===----------------------------------------------------------------------===//
// percentile
//===----------------------------------------------------------------------===//

StringRef PercentileAttr::getEstimatorName() const { return getMnemonic(); }
bool PercentileAttr::needsHistogram() const { return true; }

LogicalResult
PercentileAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                       FloatAttr percentile) {
  double value = percentile.getValueAsDouble();
  if (value > 0 && value <= 100)
    return success();
  return emitError() << "expected a percentile in (0, 100], but got "
                     << percentile.getValueAsDouble();
}

quantc::Range PercentileAttr::estimate(const Statistics &statistics,
                                       MeasureError) const {
  const Histogram &histogram = statistics.histogram;
  // The summand makes up for percentiles such as 99.9 that are not exact in
  // binary; at least one element stays.
  double cutShare = (100 - getPercentile().getValueAsDouble()) / 200;
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

//===----------------------------------------------------------------------===//
// entropy
//===----------------------------------------------------------------------===//

StringRef EntropyAttr::getEstimatorName() const { return getMnemonic(); }
bool EntropyAttr::needsHistogram() const { return true; }

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
static std::vector<double> mergeToLevels(ArrayRef<double> bins) {
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
static double divergence(ArrayRef<double> p, ArrayRef<double> q) {
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

quantc::Range EntropyAttr::estimate(const Statistics &statistics,
                                    MeasureError) const {
  constexpr size_t fewest = 128;
  std::vector<double> counts = foldMagnitudes(statistics.histogram);
  quantc::Range all = getWhole(statistics);
  if (counts.size() <= fewest)
    return all;
  // Zeros are many and exact: they must not decide.
  counts[0] = counts[1];
  double tail = std::accumulate(counts.begin() + fewest, counts.end(), 0.0);
  double least = std::numeric_limits<double>::infinity();
  size_t best = counts.size();
  for (size_t kept = fewest; kept <= counts.size(); ++kept) {
    ArrayRef<double> bins = ArrayRef(counts).take_front(kept);
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

//===----------------------------------------------------------------------===//
// mse
//===----------------------------------------------------------------------===//

StringRef MSEAttr::getEstimatorName() const { return getMnemonic(); }
bool MSEAttr::needsError() const { return true; }

quantc::Range MSEAttr::estimate(const Statistics &statistics,
                                MeasureError measureError) const {
  constexpr int steps = 100;
  quantc::Range all = getWhole(statistics), best = all;
  double least = std::numeric_limits<double>::infinity();
  // From the widest: of equal errors the one that clips less wins.
  for (int step = steps; step >= 0; --step) {
    double share = 0.2 + 0.8 * step / steps;
    quantc::Range range{all.min * share, all.max * share};
    double error = measureError(range);
    if (error < least) {
      least = error;
      best = range;
    }
  }
  return best;
}

//===----------------------------------------------------------------------===//
// ema
//===----------------------------------------------------------------------===//

StringRef EMAAttr::getEstimatorName() const { return getMnemonic(); }
bool EMAAttr::needsBatches() const { return true; }

LogicalResult EMAAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                              FloatAttr rate) {
  double value = rate.getValueAsDouble();
  if (value > 0 && value <= 1)
    return success();
  return emitError() << "expected a rate in (0, 1], but got " << value;
}

quantc::Range EMAAttr::estimate(const Statistics &statistics,
                                MeasureError) const {
  double rate = getRate().getValueAsDouble();
  const MinMax &first = statistics.batches.front();
  quantc::Range range{first.min, first.max};
  for (const MinMax &batch : ArrayRef(statistics.batches).drop_front()) {
    range.min += rate * (batch.min - range.min);
    range.max += rate * (batch.max - range.max);
  }
  return range;
}
