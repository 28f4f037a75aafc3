//===- ElementScan.cpp - vector loops of the observers --------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ElementScan.h"
#include "VectorLoop.h"

#include "llvm/Support/Endian.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

using namespace quantc;

static constexpr float kInfinity = std::numeric_limits<float>::infinity();

//===----------------------------------------------------------------------===//
// Ranges
//===----------------------------------------------------------------------===//

/// Neighbours that are scanned at once, in registers.
static constexpr int64_t kLanes = 32;
/// The lanes of a row that is too short to fill those.
static constexpr int64_t kShort = 8;
/// Lanes count NaN in 32 bits: no more elements than that at once.
static constexpr int64_t kMaxRun = 1 << 30;

namespace {
/// Of each lane what is no NaN. Infinities are found by what they leave behind.
struct Lanes {
  std::array<float, kLanes> min, max;
  std::array<int32_t, kLanes> nan;
};
} // namespace

static QUANTC_INLINE void clear(Lanes &lanes) {
  lanes.min.fill(kInfinity);
  lanes.max.fill(-kInfinity);
  lanes.nan.fill(0);
}

static QUANTC_INLINE void addRow(Lanes &lanes, const float *values,
                                 int64_t width) {
  for (int64_t i = 0; i < width; ++i) {
    float value = values[i];
    // Not std::min: comparisons with NaN are false.
    lanes.min[i] = value < lanes.min[i] ? value : lanes.min[i];
    lanes.max[i] = value > lanes.max[i] ? value : lanes.max[i];
    lanes.nan[i] += value != value;
  }
}

/// Merges the first `count` lanes, a power of two, into the first one.
static QUANTC_INLINE void mergeLanes(Lanes &lanes, int64_t count) {
  for (int64_t half = count / 2; half > 0; half /= 2)
    for (int64_t i = 0; i < half; ++i) {
      lanes.min[i] = std::min(lanes.min[i], lanes.min[i + half]);
      lanes.max[i] = std::max(lanes.max[i], lanes.max[i + half]);
      lanes.nan[i] += lanes.nan[i + half];
    }
}

namespace {
/// A panel of columns, and what none of them has for itself.
struct Columns {
  static constexpr int64_t kMost = 512;
  std::array<float, kMost> min, max;
  int64_t nanCount;
};
} // namespace

/// Scans the first `width` columns of a matrix, row by row, as they lie in
/// memory.
QUANTC_VECTOR_LOOP
static void scanMatrix(const float *values, int64_t rows, int64_t stride,
                       int64_t width, Columns &columns) {
  // What is local is no other name of the values.
  std::array<float, Columns::kMost> min, max;
  std::fill_n(min.begin(), width, kInfinity);
  std::fill_n(max.begin(), width, -kInfinity);
  columns.nanCount = 0;
  for (int64_t row = 0; row < rows; ++row) {
    const float *begin = values + row * stride;
    int32_t nan = 0;
    for (int64_t i = 0; i < width; ++i) {
      float value = begin[i];
      min[i] = value < min[i] ? value : min[i];
      max[i] = value > max[i] ? value : max[i];
      nan += value != value;
    }
    columns.nanCount += nan;
  }
  std::copy_n(min.begin(), width, columns.min.begin());
  std::copy_n(max.begin(), width, columns.max.begin());
}

/// Scans neighbours; the result is in the first lane.
QUANTC_VECTOR_LOOP
static void scanNeighbours(const float *values, int64_t size, Lanes &lanes) {
  Lanes seen;
  clear(seen);
  int64_t i = 0;
  for (; i + kLanes <= size; i += kLanes)
    addRow(seen, values + i, kLanes);
  addRow(seen, values + i, size - i);
  mergeLanes(seen, kLanes);
  lanes = seen;
}

/// Scans at most as many rows as there are lanes; the result of each is in its
/// lane.
QUANTC_VECTOR_LOOP
static void scanShortRows(const float *values, int64_t rows, int64_t columns,
                          Lanes &lanes) {
  for (int64_t row = 0; row < rows; ++row) {
    Lanes seen;
    clear(seen);
    const float *begin = values + row * columns;
    int64_t i = 0;
    for (; i + kShort <= columns; i += kShort)
      addRow(seen, begin + i, kShort);
    addRow(seen, begin + i, columns - i);
    mergeLanes(seen, kShort);
    lanes.min[row] = seen.min[0];
    lanes.max[row] = seen.max[0];
    lanes.nan[row] = seen.nan[0];
  }
}

/// What one column holds that has infinities.
static ElementScan scanInfinite(const float *values, int64_t rows,
                                int64_t stride) {
  ElementScan scan;
  for (int64_t row = 0; row < rows; ++row) {
    float value = values[row * stride];
    if (std::isnan(value))
      ++scan.nanCount;
    else if (std::isinf(value))
      ++scan.infCount;
    else
      scan.range.merge({value, value});
  }
  return scan;
}

/// Which zero came first must not show: both become the positive one.
static QUANTC_INLINE MinMax makeZerosPositive(MinMax range) {
  return {range.min + 0.0f, range.max + 0.0f};
}

/// What a lane has of neighbours.
static ElementScan finishLane(const Lanes &lanes, int64_t lane,
                              const float *values, int64_t size) {
  ElementScan scan{{lanes.min[lane], lanes.max[lane]}, lanes.nan[lane], 0};
  if (scan.range.min == -kInfinity || scan.range.max == kInfinity)
    scan = scanInfinite(values, size, /*stride=*/1);
  scan.range = makeZerosPositive(scan.range);
  return scan;
}

ElementScan quantc::scanElements(const float *values, int64_t size) {
  ElementScan whole;
  Lanes lanes;
  for (int64_t begin = 0; begin < size; begin += kMaxRun) {
    int64_t count = std::min(size - begin, kMaxRun);
    scanNeighbours(values + begin, count, lanes);
    whole.merge(finishLane(lanes, 0, values + begin, count));
  }
  return whole;
}

ElementScan quantc::scanRows(const float *values, int64_t rows, int64_t columns,
                             llvm::MutableArrayRef<MinMax> channels,
                             int64_t first) {
  ElementScan whole;
  auto add = [&](const ElementScan &scan) {
    channels[first].merge(scan.range);
    first = first + 1 == int64_t(channels.size()) ? 0 : first + 1;
    whole.merge(scan);
  };
  if (columns > kLanes * kShort) {
    for (int64_t row = 0; row < rows; ++row)
      add(scanElements(values + row * columns, columns));
    return whole;
  }
  Lanes lanes;
  for (int64_t row = 0; row < rows; row += kLanes) {
    const float *part = values + row * columns;
    int64_t count = std::min(rows - row, kLanes);
    scanShortRows(part, count, columns, lanes);
    for (int64_t i = 0; i < count; ++i)
      add(finishLane(lanes, i, part + i * columns, columns));
  }
  return whole;
}

ElementScan quantc::scanColumns(const float *values, int64_t rows,
                                llvm::MutableArrayRef<MinMax> columns) {
  ElementScan whole;
  Columns panel;
  int64_t stride = columns.size();
  for (int64_t first = 0; first < stride; first += Columns::kMost) {
    const float *corner = values + first;
    int64_t width = std::min(stride - first, Columns::kMost);
    scanMatrix(corner, rows, stride, width, panel);
    whole.nanCount += panel.nanCount;
    for (int64_t i = 0; i < width; ++i) {
      MinMax range{panel.min[i], panel.max[i]};
      if (range.min == -kInfinity || range.max == kInfinity) {
        ElementScan scan = scanInfinite(corner + i, rows, stride);
        range = scan.range;
        whole.infCount += scan.infCount;
      }
      columns[first + i].merge(makeZerosPositive(range));
      whole.range.merge(range);
    }
  }
  whole.range = makeZerosPositive(whole.range);
  return whole;
}

//===----------------------------------------------------------------------===//
// Histograms
//===----------------------------------------------------------------------===//

int quantc::computeBin(float value, int exponent) {
  return std::floor(std::ldexp(double(value), -exponent));
}

/// The floor of an exact product, as the distance from the bin `first`.
template <typename Float>
static QUANTC_INLINE void floorProducts(const float *values, int64_t size,
                                        Float scale, int32_t first,
                                        uint16_t *bins) {
  for (int64_t i = 0; i < size; ++i) {
    Float scaled = values[i] * scale;
    int32_t bin = static_cast<int32_t>(scaled);
    bins[i] = bin - (static_cast<Float>(bin) > scaled) - first;
  }
}

QUANTC_VECTOR_LOOP
static void floorProductsF32(const float *values, int64_t size, float scale,
                             int32_t first, uint16_t *bins) {
  floorProducts(values, size, scale, first, bins);
}

QUANTC_VECTOR_LOOP
static void floorProductsF64(const float *values, int64_t size, double scale,
                             int32_t first, uint16_t *bins) {
  floorProducts(values, size, scale, first, bins);
}

/// The bins of many, as distances from `first`.
static void computeBins(const float *values, int64_t size, int exponent,
                        int first, uint16_t *bins) {
  // In f32 the factor may be too large, or a product too small.
  if (exponent >= -126 && exponent <= 0)
    return floorProductsF32(values, size, std::ldexp(1.0f, -exponent), first,
                            bins);
  floorProductsF64(values, size, std::ldexp(1.0, -exponent), first, bins);
}

/// Calls count(bin, i % 4) for the bin of each value i.
template <typename Count>
static QUANTC_INLINE void forEachBin(const float *values, int64_t size,
                                     int exponent, int first, Count count) {
  constexpr int64_t together = 4;
  std::array<uint16_t, 1024> bins;
  for (int64_t begin = 0; begin < size; begin += bins.size()) {
    int64_t block = std::min<int64_t>(size - begin, bins.size());
    computeBins(values + begin, block, exponent, first, bins.data());
    int64_t i = 0;
    for (; i + together <= block; i += together) {
      // One load: the ports are for the counters.
      uint64_t four = llvm::support::endian::read64le(bins.data() + i);
      for (int64_t j = 0; j < together; ++j)
        count(four >> 16 * j & 0xffff, j);
    }
    for (; i < block; ++i)
      count(bins[i], 0);
  }
}

/// Adds to each sum its counters, which lie `size` apart.
template <int64_t numCounters>
static QUANTC_INLINE void addCounters(const uint16_t *__restrict counters,
                                      int64_t size, uint32_t *__restrict sums) {
  for (int64_t i = 0; i < size; ++i)
    for (int64_t j = 0; j < numCounters; ++j)
      sums[i] += counters[j * size + i];
}

QUANTC_VECTOR_LOOP
static void addOneCounter(const uint16_t *counters, int64_t size,
                          uint32_t *sums) {
  addCounters<1>(counters, size, sums);
}

QUANTC_VECTOR_LOOP
static void addFourCounters(const uint16_t *counters, int64_t size,
                            uint32_t *sums) {
  addCounters<4>(counters, size, sums);
}

void quantc::countBins(const float *values, int64_t size, int exponent,
                       int first, llvm::MutableArrayRef<uint32_t> sums) {
  int64_t numBins = sums.size();
  // To clear counters and to add them has to pay.
  if (size < numBins / 4)
    return forEachBin(values, size, exponent, first,
                      [&](int64_t bin, int64_t) { ++sums[bin]; });
  std::array<uint16_t, 4 * 2 * Histogram::kHalfBins> counters;
  if (size < numBins) {
    std::fill_n(counters.begin(), numBins, 0);
    forEachBin(values, size, exponent, first,
               [&](int64_t bin, int64_t) { ++counters[bin]; });
    return addOneCounter(counters.data(), numBins, sums.data());
  }
  // Neighbours are often equal, and a counter has to be stored before it can be
  // loaded again: four of a bin need not wait for each other.
  std::fill_n(counters.begin(), 4 * numBins, 0);
  forEachBin(values, size, exponent, first, [&](int64_t bin, int64_t number) {
    ++counters[number * numBins + bin];
  });
  addFourCounters(counters.data(), numBins, sums.data());
}

QUANTC_VECTOR_LOOP
static void addArrays(const uint32_t *__restrict more,
                      uint32_t *__restrict sums, int64_t size) {
  for (int64_t i = 0; i < size; ++i)
    sums[i] += more[i];
}

void quantc::addCounts(const uint32_t *counts, int64_t size, uint32_t *sums) {
  addArrays(counts, sums, size);
}
