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

void Histogram::addCounts(int first, llvm::ArrayRef<int32_t> counts,
                          int shift) {
  int64_t *zero = bins.data() + kHalfBins;
  if (shift == 0) {
    for (size_t i = 0; i < counts.size(); ++i)
      zero[first + i] += counts[i];
    return;
  }
  for (size_t i = 0; i < counts.size(); ++i)
    zero[(first + int(i)) >> shift] += counts[i];
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

/// Elements that are worked on at once: they and their bins stay in the nearest
/// cache.
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

MinMax Statistics::updateRun(const float *values, int64_t size,
                             Statistics *head) {
  std::array<float, kBlock> finite;
  std::array<int32_t, kBlock> bins;
  std::array<int32_t, 2 * Histogram::kHalfBins> counts;
  MinMax result;
  for (int64_t begin = 0; begin < size; begin += kBlock) {
    const float *block = values + begin;
    int64_t blockSize = std::min(size - begin, kBlock);
    ElementScan scan = scanElements(block, blockSize);
    result.merge(scan.range);
    addScan(*this, scan, blockSize);
    if (head)
      addScan(*head, scan, blockSize);
    if (scan.range.isEmpty())
      continue;
    if (scan.nanCount + scan.infCount > 0) {
      blockSize = takeFinite(block, blockSize, finite.data());
      block = finite.data();
    }
    Histogram &finest = head ? head->histogram : histogram;
    int exponent = finest.getExponent();
    std::array<int32_t, 2> ends;
    computeBins(std::array{scan.range.min, scan.range.max}.data(), 2, exponent,
                ends.data());
    computeBins(block, blockSize, exponent, bins.data());
    // The whole's bins are whole ones of the head's: a head's magnitudes are no
    // larger.
    int shift = head ? std::min(histogram.getExponent() - exponent, 31) : 0;
    int64_t numBins = ends[1] - ends[0] + 1;
    if (numBins > blockSize / 2) {
      // Equal neighbours are rare.
      for (int64_t i = 0; i < blockSize; ++i)
        finest.addToBin(bins[i], 1);
      for (int64_t i = 0; head && i < blockSize; ++i)
        histogram.addToBin(bins[i] >> shift, 1);
      continue;
    }
    llvm::MutableArrayRef<int32_t> seen(counts.data(), numBins);
    countBins(bins.data(), blockSize, ends[0], seen);
    finest.addCounts(ends[0], seen, /*shift=*/0);
    if (head)
      histogram.addCounts(ends[0], seen, shift);
  }
  return result;
}

Statistics Statistics::makeEmpty() const {
  Statistics empty(channels.size());
  empty.keepsBatches = keepsBatches;
  if (!heads.empty())
    empty.setHeads(heads.size(), headStride);
  empty.setKeepsMagnitudes(!magnitudes.empty());
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

void Statistics::updateChannels(const float *values, int64_t begin, int64_t end,
                                int64_t inner) {
  int64_t count = channels.size();
  if (count == 0)
    return;
  if (inner > 1) {
    // A channel at a time, of which the first and the last may be partial.
    for (int64_t next; begin < end; begin = next) {
      next = std::min(end, (begin / inner + 1) * inner);
      channels[begin / inner % count].merge(
          scanElements(values + begin, next - begin).range);
    }
    return;
  }
  auto updateOne = [&](int64_t i) {
    if (std::isfinite(values[i]))
      channels[i % count].merge({values[i] + 0.0f, values[i] + 0.0f});
  };
  for (; begin < end && begin % count != 0; ++begin)
    updateOne(begin);
  int64_t rows = (end - begin) / count;
  if (rows > 0) {
    ColumnRanges ranges(count);
    ranges.addRows(values + begin, rows);
    ranges.mergeInto(channels);
    begin += rows * count;
  }
  for (; begin < end; ++begin)
    updateOne(begin);
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
  using Flush = llvm::function_ref<void(const float *, int64_t, int64_t head)>;
  explicit RunCollector(Flush flush) : flush(flush) {}

  void add(const float *values, int64_t count, int64_t ofHead) {
    if (size > 0 && (head != ofHead || size + count > kBlock))
      finish();
    if (count > kBlock / 4)
      return flush(values, count, ofHead);
    std::copy_n(values, count, block.data() + size);
    size += count;
    head = ofHead;
  }

  void finish() {
    if (size > 0)
      flush(block.data(), size, head);
    size = 0;
  }

private:
  Flush flush;
  std::array<float, kBlock> block;
  int64_t size = 0, head = 0;
};
} // namespace

void Statistics::update(const float *values, const int8_t *kept, int64_t outer,
                        int64_t inner) {
  int64_t size = outer * std::max<int64_t>(channels.size(), 1) * inner;
  updateRows(values, kept, outer, inner);
  MinMax batch;
  std::vector<MinMax> headBatches(heads.size());
  auto flush = [&](const float *run, int64_t count, int64_t head) {
    MinMax range =
        updateRun(run, count, heads.empty() ? nullptr : &heads[head]);
    batch.merge(range);
    if (!heads.empty())
      headBatches[head].merge(range);
  };
  RunCollector collector(flush);
  forEachRun(kept, size, [&](int64_t begin, int64_t end) {
    updateChannels(values, begin, end, inner);
    if (!magnitudes.empty())
      updateMagnitudes(values, begin, end, inner);
    for (int64_t next; begin < end; begin = next) {
      next = heads.empty()
                 ? end
                 : std::min(end, (begin / headStride + 1) * headStride);
      collector.add(values + begin, next - begin,
                    heads.empty() ? 0 : begin / headStride % heads.size());
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
  for (size_t i = 0; i < magnitudes.size(); ++i) {
    magnitudes[i].sum.merge(other.magnitudes[i].sum);
    magnitudes[i].count += other.magnitudes[i].count;
  }
  rows.merge(other.rows);
  batches.insert(batches.end(), other.batches.begin(), other.batches.end());
}
