//===- Statistics.cpp - what an observer saw ------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Calibration/Statistics.h"
#include "ElementScan.h"

#include "llvm/ADT/STLFunctionalExtras.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstring>
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

/// Moves the counts of a finer grid to the bins that they lie in.
template <typename Count>
static void mergeBins(std::vector<Count> &bins, int shift) {
  constexpr int half = Histogram::kHalfBins;
  if (bins.empty())
    return;
  // An arithmetic shift rounds down, as the bins of negative values need. Going
  // outwards from zero, a bin is read before the ones that move into it.
  auto move = [&](int bin) {
    if (Count count = std::exchange(bins[bin + half], 0))
      bins[(bin >> shift) + half] += count;
  };
  for (int bin = 0; bin < half; ++bin)
    move(bin);
  for (int bin = -1; bin >= -half; --bin)
    move(bin);
}

void Histogram::widen(int newExponent) {
  if (newExponent <= exponent)
    return;
  // After kHalfBins' worth of doublings only the bins -1 and 0 are left, and
  // further ones change nothing.
  int shift = std::min(newExponent - exponent, 12);
  exponent = newExponent;
  mergeBins(recent, shift);
  mergeBins(earlier, shift);
}

void Histogram::reserve(int64_t count) {
  if (recentTotal + count > std::numeric_limits<uint32_t>::max()) {
    earlier.resize(recent.size());
    for (size_t i = 0; i < recent.size(); ++i)
      earlier[i] += std::exchange(recent[i], 0);
    recentTotal = 0;
  }
  recentTotal += count;
}

int64_t Histogram::getTotal() const {
  return std::accumulate(earlier.begin(), earlier.end(), recentTotal);
}

std::pair<int, std::vector<int64_t>> Histogram::getOccupied() const {
  int first = -kHalfBins, last = kHalfBins - 1;
  while (first <= last && getCount(first) == 0)
    ++first;
  if (first > last)
    return {0, {}};
  while (getCount(last) == 0)
    --last;
  std::vector<int64_t> counts;
  for (int bin = first; bin <= last; ++bin)
    counts.push_back(getCount(bin));
  return {first, std::move(counts)};
}

void Histogram::addValues(llvm::ArrayRef<float> values, const MinMax &range) {
  int first = computeBin(range.min, exponent);
  int64_t numBins = computeBin(range.max, exponent) - first + 1;
  llvm::MutableArrayRef<uint32_t> sums(recent);
  for (; !values.empty();
       values = values.drop_front(std::min<size_t>(values.size(), kMaxCount))) {
    llvm::ArrayRef<float> part = values.take_front(kMaxCount);
    reserve(part.size());
    countBins(part.data(), part.size(), exponent, first,
              sums.slice(first + kHalfBins, numBins));
  }
}

void Histogram::addToBin(int bin, int64_t count) {
  if (count <= std::numeric_limits<uint32_t>::max()) {
    reserve(count);
    recent[bin + kHalfBins] += count;
    return;
  }
  earlier.resize(recent.size());
  earlier[bin + kHalfBins] += count;
}

void Histogram::add(const Histogram &other) {
  if (other.exponent < exponent) {
    Histogram wide = other;
    wide.widen(exponent);
    return add(wide);
  }
  widen(other.exponent);
  reserve(other.recentTotal);
  addCounts(other.recent.data(), other.recent.size(), recent.data());
  if (other.earlier.empty())
    return;
  earlier.resize(recent.size());
  for (size_t i = 0; i < earlier.size(); ++i)
    earlier[i] += other.earlier[i];
}

//===----------------------------------------------------------------------===//
// Statistics
//===----------------------------------------------------------------------===//

/// Elements of short runs, or between such that are not finite, that are worked
/// on at once.
static constexpr int64_t kBlock = 4096;

/// Moves the finite ones of `values` to `finite`; returns their number.
static int64_t takeFinite(const float *values, int64_t size, float *finite) {
  int64_t count = 0;
  for (int64_t i = 0; i < size; ++i)
    if (std::isfinite(values[i]))
      finite[count++] = values[i];
  return count;
}

/// Takes in what a scan found; widens the histogram for it.
static void addScan(Statistics &statistics, const ElementScan &scan,
                    int64_t size) {
  statistics.range.merge(scan.range);
  statistics.nanCount += scan.nanCount;
  statistics.infCount += scan.infCount;
  statistics.count += size - scan.nanCount - scan.infCount;
  const MinMax &range = statistics.range;
  if (range.isEmpty())
    return;
  double absMax = std::max(std::fabs(double(range.min)), double(range.max));
  statistics.histogram.widen(Histogram::getExponent(absMax));
}

void Statistics::updateRun(const float *values, int64_t size,
                           const ElementScan &scan) {
  addScan(*this, scan, size);
  if (scan.range.isEmpty())
    return;
  if (scan.isFinite())
    return histogram.addValues({values, size_t(size)}, scan.range);
  std::array<float, kBlock> finite;
  for (int64_t begin = 0; begin < size; begin += kBlock) {
    int64_t count = takeFinite(values + begin, std::min(size - begin, kBlock),
                               finite.data());
    histogram.addValues({finite.data(), size_t(count)}, scan.range);
  }
}

void Statistics::collectHeads() {
  if (heads.empty())
    return;
  count = nanCount = infCount = 0;
  range = {};
  histogram = {};
  for (const Statistics &head : heads)
    addElements(head);
}

void Statistics::addElements(const Statistics &other) {
  count += other.count;
  nanCount += other.nanCount;
  infCount += other.infCount;
  range.merge(other.range);
  histogram.add(other.histogram);
}

Statistics Statistics::makeEmpty() const {
  Statistics empty(channels.size());
  empty.keepsBatches = keepsBatches;
  if (!heads.empty())
    empty.setHeads(heads.size(), headStride);
  empty.setKeepsMagnitudes(!magnitudes.empty());
  empty.setKeepsTokens(tokens.size());
  empty.rows = RowSample(rows.getCapacity());
  return empty;
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

void Statistics::setKeepsMagnitudes(bool keeps) {
  magnitudes.assign(keeps ? channels.size() : 0, {});
}

void Statistics::updateBatch(const MinMax &batch) {
  // A batch of nothing finite says nothing.
  if (keepsBatches && !batch.isEmpty())
    batches.push_back(batch);
}

ElementScan Statistics::updateChannels(const float *values, int64_t begin,
                                       int64_t end, int64_t inner) {
  int64_t count = channels.size();
  if (count == 0)
    return scanElements(values + begin, end - begin);
  ElementScan whole;
  // Less than a row.
  auto updatePart = [&](int64_t next) {
    if (begin == next)
      return;
    int64_t channel = begin / inner % count;
    llvm::MutableArrayRef<MinMax> seen(channels);
    whole.merge(inner > 1
                    ? scanRows(values + begin, 1, next - begin, seen, channel)
                    : scanColumns(values + begin, 1,
                                  seen.slice(channel, next - begin)));
    begin = next;
  };
  // A row is one channel, or all of them where they are innermost.
  int64_t row = inner > 1 ? inner : count;
  updatePart(std::min(end, (begin + row - 1) / row * row));
  int64_t rows = (end - begin) / row;
  whole.merge(inner > 1 ? scanRows(values + begin, rows, row, channels,
                                   begin / inner % count)
                        : scanColumns(values + begin, rows, channels));
  begin += rows * row;
  updatePart(end);
  return whole;
}

void Statistics::updateMagnitudes(const float *values, int64_t begin,
                                  int64_t end, int64_t inner) {
  for (int64_t i = begin; i < end; ++i) {
    if (!std::isfinite(values[i]))
      continue;
    Magnitudes &entry = magnitudes[i / inner % magnitudes.size()];
    entry.sum.add(values[i]);
    ++entry.count;
  }
}

void Statistics::updateTokens(const float *values, int64_t begin, int64_t end,
                              int64_t inner) {
  int64_t channelCount = std::max<int64_t>(channels.size(), 1);
  if (inner == 1) {
    // Their elements are neighbours.
    for (int64_t next; begin < end; begin = next) {
      int64_t token = begin / channelCount;
      next = std::min(end, (token + 1) * channelCount);
      tokens[token].merge(scanElements(values + begin, next - begin).range);
    }
    return;
  }
  for (int64_t i = begin; i < end; ++i) {
    if (!std::isfinite(values[i]))
      continue;
    // As in a scan, zeros are positive.
    float value = values[i] + 0.0f;
    tokens[i / (channelCount * inner) * inner + i % inner].merge(
        {value, value});
  }
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

/// Calls body(begin, end) for the runs of elements that are kept.
template <typename Body>
static void forEachRun(const int8_t *kept, int64_t size, Body body) {
  if (!kept)
    return size > 0 ? body(0, size) : void();
  // Padding comes in long runs, and so does what is not.
  for (int64_t begin = 0; begin < size;) {
    if (!kept[begin]) {
      uint64_t next = 1;
      if (begin + int64_t(sizeof(next)) <= size)
        std::memcpy(&next, kept + begin, sizeof(next));
      begin += next == 0 ? sizeof(next) : 1;
      continue;
    }
    const void *next = std::memchr(kept + begin, 0, size - begin);
    int64_t end = next ? static_cast<const int8_t *>(next) - kept : size;
    body(begin, end);
    begin = end;
  }
}

namespace {
/// Puts short runs of one head together to blocks.
class RunCollector {
public:
  using Flush = llvm::function_ref<void(const float *, int64_t,
                                        const ElementScan &, int64_t head)>;
  explicit RunCollector(Flush flush) : flush(flush) {}

  /// Runs that are no shorter are worth no copy.
  static constexpr int64_t kLong = kBlock / 4;

  void add(const float *values, int64_t count, const ElementScan &scan,
           int64_t ofHead) {
    if (size > 0 && (head != ofHead || size + count > kBlock))
      finish();
    std::copy_n(values, count, block.data() + size);
    size += count;
    whole.merge(scan);
    head = ofHead;
  }

  void finish() {
    if (size > 0)
      flush(block.data(), size, whole, head);
    size = 0;
    whole = {};
  }

private:
  Flush flush;
  std::array<float, kBlock> block;
  ElementScan whole;
  int64_t size = 0, head = 0;
};
} // namespace

void Statistics::update(const float *values, const int8_t *kept, int64_t outer,
                        int64_t inner) {
  int64_t size = outer * std::max<int64_t>(channels.size(), 1) * inner;
  updateRows(values, kept, outer, inner);
  MinMax batch;
  std::vector<MinMax> headBatches(heads.size());
  auto addRun = [&](const float *run, int64_t count, const ElementScan &scan,
                    int64_t head) {
    batch.merge(scan.range);
    if (heads.empty())
      return updateRun(run, count, scan);
    heads[head].updateRun(run, count, scan);
    headBatches[head].merge(scan.range);
  };
  RunCollector collector(addRun);
  forEachRun(kept, size, [&](int64_t begin, int64_t end) {
    if (!magnitudes.empty())
      updateMagnitudes(values, begin, end, inner);
    if (!tokens.empty())
      updateTokens(values, begin, end, inner);
    for (int64_t next, head = 0; begin < end; begin = next) {
      next = end;
      if (!heads.empty()) {
        next = std::min(end, (begin / headStride + 1) * headStride);
        head = begin / headStride % heads.size();
      }
      ElementScan scan = updateChannels(values, begin, next, inner);
      if (next - begin < RunCollector::kLong)
        collector.add(values + begin, next - begin, scan, head);
      else
        addRun(values + begin, next - begin, scan, head);
    }
  });
  collector.finish();
  updateBatch(batch);
  for (size_t i = 0; i < heads.size(); ++i)
    heads[i].updateBatch(headBatches[i]);
}

void Statistics::merge(const Statistics &other) {
  assert(channels.size() == other.channels.size() &&
         magnitudes.size() == other.magnitudes.size() &&
         tokens.size() == other.tokens.size() &&
         heads.size() == other.heads.size() &&
         "expected observers of the same tensor");
  addElements(other);
  for (size_t i = 0; i < channels.size(); ++i)
    channels[i].merge(other.channels[i]);
  for (size_t i = 0; i < tokens.size(); ++i)
    tokens[i].merge(other.tokens[i]);
  for (size_t i = 0; i < heads.size(); ++i)
    heads[i].merge(other.heads[i]);
  for (size_t i = 0; i < magnitudes.size(); ++i) {
    magnitudes[i].sum.merge(other.magnitudes[i].sum);
    magnitudes[i].count += other.magnitudes[i].count;
  }
  rows.merge(other.rows);
  batches.insert(batches.end(), other.batches.begin(), other.batches.end());
}
