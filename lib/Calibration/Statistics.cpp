//===- Statistics.cpp - what an observer saw ------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Calibration/Statistics.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>
#include <utility>

using namespace quantc;

//===----------------------------------------------------------------------===//
// Histogram
//===----------------------------------------------------------------------===//

int Histogram::getExponent(double absMax) {
  if (absMax == 0)
    return kMinExponent;
  return std::clamp(std::ilogb(absMax) - 10, kMinExponent, kMaxExponent);
}

void Histogram::widen(int newExponent) {
  if (newExponent <= exponent)
    return;
  // After kHalfBins' worth of doublings only the bins -1 and 0 are left, and
  // further ones change nothing.
  int shift = std::min(newExponent - exponent, 12);
  exponent = newExponent;
  // An arithmetic shift rounds down, as the bins of negative values need. Going
  // outwards from zero, a bin is read before the ones that move into it.
  for (int bin = 0; bin < kHalfBins; ++bin)
    if (int64_t count = std::exchange(bins[bin + kHalfBins], 0))
      addToBin(bin >> shift, count);
  for (int bin = -1; bin >= -kHalfBins; --bin)
    if (int64_t count = std::exchange(bins[bin + kHalfBins], 0))
      addToBin(bin >> shift, count);
}

int64_t Histogram::getTotal() const {
  return std::accumulate(bins.begin(), bins.end(), int64_t(0));
}

std::pair<int, std::vector<int64_t>> Histogram::getOccupied() const {
  auto isOccupied = [](int64_t count) { return count != 0; };
  auto first = std::find_if(bins.begin(), bins.end(), isOccupied);
  if (first == bins.end())
    return {0, {}};
  auto last = std::find_if(bins.rbegin(), bins.rend(), isOccupied).base();
  return {int(first - bins.begin()) - kHalfBins, {first, last}};
}

void Histogram::add(const float *values, int64_t size) {
  // Scaling by a power of two is exact in double even where f32 would lose the
  // sign of a denormal.
  double scale = std::ldexp(1.0, -exponent);
  int64_t *zero = bins.data() + kHalfBins;
  for (int64_t i = 0; i < size; ++i)
    if (std::isfinite(values[i]))
      ++zero[static_cast<int>(std::floor(values[i] * scale))];
}

void Histogram::add(const Histogram &other) {
  if (other.exponent < exponent) {
    Histogram wide = other;
    wide.widen(exponent);
    return add(wide);
  }
  widen(other.exponent);
  for (size_t i = 0; i < bins.size(); ++i)
    bins[i] += other.bins[i];
}

//===----------------------------------------------------------------------===//
// Statistics
//===----------------------------------------------------------------------===//

/// What a run of elements holds besides NaN and infinities.
namespace {
struct Run {
  MinMax range;
  int64_t nanCount = 0;
  int64_t infCount = 0;
};
} // namespace

static Run scan(const float *values, int64_t size) {
  constexpr float inf = std::numeric_limits<float>::infinity();
  Run run;
  float min = inf, max = -inf;
  int64_t nan = 0, infinite = 0;
  for (int64_t i = 0; i < size; ++i) {
    float value = values[i];
    nan += value != value;
    bool isInf = value == inf || value == -inf;
    infinite += isInf;
    // Comparisons with NaN are false and leave min and max alone.
    min = !isInf && value < min ? value : min;
    max = !isInf && value > max ? value : max;
  }
  run.nanCount = nan;
  run.infCount = infinite;
  // Whether -0.0 or 0.0 came first must not show: adding 0.0 makes both 0.0.
  run.range = {min + 0.0f, max + 0.0f};
  return run;
}

MinMax Statistics::updateRun(const float *values, int64_t size) {
  Run run = scan(values, size);
  range.merge(run.range);
  nanCount += run.nanCount;
  infCount += run.infCount;
  count += size - run.nanCount - run.infCount;
  if (!range.isEmpty()) {
    double absMax = std::max(std::fabs(double(range.min)), double(range.max));
    histogram.widen(Histogram::getExponent(absMax));
    histogram.add(values, size);
  }
  return run.range;
}

void Statistics::setHeads(int64_t count, int64_t stride) {
  heads.assign(count, Statistics());
  headStride = stride;
  setKeepsBatches(keepsBatches);
}

void Statistics::setKeepsBatches(bool keeps) {
  keepsBatches = keeps;
  for (Statistics &head : heads)
    head.keepsBatches = keeps;
}

MinMax Statistics::updateRuns(const float *values, const int8_t *kept,
                              int64_t size) {
  MinMax result;
  // Padding comes in long runs, and so does what is not.
  for (int64_t begin = 0; begin < size;) {
    int64_t end = begin;
    while (end < size && kept[end])
      ++end;
    if (end > begin)
      result.merge(updateRun(values + begin, end - begin));
    begin = end + 1;
  }
  return result;
}

void Statistics::updateBatch(const MinMax &batch) {
  // A batch of nothing finite says nothing.
  if (keepsBatches && !batch.isEmpty())
    batches.push_back(batch);
}

void Statistics::updateChannel(int64_t channel, float value) {
  if (std::isfinite(value))
    channels[channel].merge({value + 0.0f, value + 0.0f});
}

void Statistics::updateHeads(const float *values, const int8_t *kept,
                             int64_t size) {
  if (heads.empty())
    return;
  std::vector<MinMax> batch(heads.size());
  for (int64_t begin = 0, run = 0; begin < size; begin += headStride, ++run) {
    int64_t head = run % heads.size();
    batch[head].merge(
        kept ? heads[head].updateRuns(values + begin, kept + begin, headStride)
             : heads[head].updateRun(values + begin, headStride));
  }
  for (size_t i = 0; i < heads.size(); ++i)
    heads[i].updateBatch(batch[i]);
}

void Statistics::updateRows(const float *values, const int8_t *kept,
                            int64_t outer, int64_t inner) {
  int64_t channelCount = channels.size();
  if (rows.getCapacity() == 0 || channelCount == 0)
    return;
  for (int64_t i = 0; i < outer; ++i)
    for (int64_t j = 0; j < inner; ++j) {
      int64_t first = i * channelCount * inner + j;
      if (!kept || kept[first])
        rows.add(values + first, channelCount, inner);
    }
}

void Statistics::update(const float *values, int64_t outer, int64_t inner) {
  int64_t channelCount = channels.size();
  updateRows(values, nullptr, outer, inner);
  updateHeads(values, nullptr,
              outer * std::max<int64_t>(channelCount, 1) * inner);
  if (channelCount && inner > 1) {
    MinMax batch;
    for (int64_t i = 0; i < outer * channelCount; ++i) {
      MinMax run = updateRun(values + i * inner, inner);
      channels[i % channelCount].merge(run);
      batch.merge(run);
    }
    return updateBatch(batch);
  }
  // The channels are innermost: one pass for the tensor, one for them.
  updateBatch(
      updateRun(values, outer * std::max<int64_t>(channelCount, 1) * inner));
  for (int64_t i = 0; i < outer; ++i)
    for (int64_t c = 0; c < channelCount; ++c)
      updateChannel(c, values[i * channelCount + c]);
}

void Statistics::update(const float *values, const int8_t *kept, int64_t outer,
                        int64_t inner) {
  int64_t channelCount = channels.size();
  int64_t size = outer * std::max<int64_t>(channelCount, 1) * inner;
  updateRows(values, kept, outer, inner);
  updateHeads(values, kept, size);
  updateBatch(updateRuns(values, kept, size));
  if (channelCount)
    for (int64_t i = 0; i < size; ++i)
      if (kept[i])
        updateChannel(i / inner % channelCount, values[i]);
}

void Statistics::merge(const Statistics &other) {
  assert(channels.size() == other.channels.size() &&
         heads.size() == other.heads.size() &&
         "expected observers of the same tensor");
  count += other.count;
  nanCount += other.nanCount;
  infCount += other.infCount;
  range.merge(other.range);
  for (size_t i = 0; i < channels.size(); ++i)
    channels[i].merge(other.channels[i]);
  for (size_t i = 0; i < heads.size(); ++i)
    heads[i].merge(other.heads[i]);
  histogram.add(other.histogram);
  rows.merge(other.rows);
  batches.insert(batches.end(), other.batches.begin(), other.batches.end());
}
