//===- ElementScan.cpp - vector loops of the observers --------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ElementScan.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

// The library is built for any machine of its kind; these loops are worth a
// version for newer ones.
#if defined(__x86_64__) && defined(__linux__)
#define QUANTC_VECTOR_LOOP __attribute__((target_clones("avx2", "default")))
#else
#define QUANTC_VECTOR_LOOP
#endif

using namespace quantc;

static constexpr int32_t kMagnitude = 0x7fffffff;
static constexpr int32_t kInfinity = 0x7f800000;
static constexpr int32_t kNothingMin = std::numeric_limits<int32_t>::max();
static constexpr int32_t kNothingMax = std::numeric_limits<int32_t>::min();

static int32_t getBits(float value) {
  int32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

/// An integer that is ordered as the floats are; its own inverse on their bits.
static int32_t toOrdered(int32_t bits) {
  return bits ^ ((bits >> 31) & kMagnitude);
}

/// The range between two ordered integers. Adding 0.0 makes both zeros the
/// positive one: which of them came first must not show.
static MinMax toRange(int32_t min, int32_t max) {
  if (min > max)
    return {};
  auto toFloat = [](int32_t ordered) {
    int32_t bits = toOrdered(ordered);
    float value;
    std::memcpy(&value, &bits, sizeof(value));
    return value + 0.0f;
  };
  return {toFloat(min), toFloat(max)};
}

/// Counts are 32 bits wide in vectors: no more elements than that at once.
static constexpr int64_t kMaxScan = 1 << 30;

QUANTC_VECTOR_LOOP
static void scanPart(const float *values, int64_t size, int32_t &min,
                     int32_t &max, int32_t &nan, int32_t &inf) {
  int32_t low = min, high = max, nanCount = 0, infCount = 0;
  for (int64_t i = 0; i < size; ++i) {
    int32_t bits = getBits(values[i]);
    int32_t magnitude = bits & kMagnitude;
    nanCount += magnitude > kInfinity;
    infCount += magnitude == kInfinity;
    bool isFinite = magnitude < kInfinity;
    int32_t ordered = toOrdered(bits);
    low = std::min(low, isFinite ? ordered : kNothingMin);
    high = std::max(high, isFinite ? ordered : kNothingMax);
  }
  min = low;
  max = high;
  nan = nanCount;
  inf = infCount;
}

ElementScan quantc::scanElements(const float *values, int64_t size) {
  ElementScan scan;
  int32_t min = kNothingMin, max = kNothingMax;
  for (int64_t begin = 0; begin < size; begin += kMaxScan) {
    int32_t nan, inf;
    scanPart(values + begin, std::min(size - begin, kMaxScan), min, max, nan,
             inf);
    scan.nanCount += nan;
    scan.infCount += inf;
  }
  scan.range = toRange(min, max);
  return scan;
}

/// A product with a power of two is exact, or else so small that it does not
/// matter: its floor then is 0, or -1 for a negative value.
QUANTC_VECTOR_LOOP
static void computeScaledBins(const float *values, int64_t size, float scale,
                              int32_t *bins) {
  for (int64_t i = 0; i < size; ++i) {
    float scaled = values[i] * scale;
    int32_t bin = static_cast<int32_t>(scaled);
    bool isCut = (static_cast<float>(bin) > scaled) | (bin == 0);
    bins[i] = bin - ((values[i] < 0.0f) & isCut);
  }
}

void quantc::computeBins(const float *values, int64_t size, int exponent,
                         int32_t *bins) {
  if (exponent >= -126)
    return computeScaledBins(values, size, std::ldexp(1.0f, -exponent), bins);
  // The factor is no f32.
  double scale = std::ldexp(1.0, -exponent);
  for (int64_t i = 0; i < size; ++i)
    bins[i] = static_cast<int32_t>(std::floor(values[i] * scale));
}

QUANTC_VECTOR_LOOP
static void addCounts(const int32_t *__restrict more,
                      int32_t *__restrict counts, int64_t size) {
  for (int64_t i = 0; i < size; ++i)
    counts[i] += more[i];
}

void quantc::countBins(const int32_t *bins, int64_t size, int first,
                       llvm::MutableArrayRef<int32_t> counts) {
  // Neighbours are often equal, and a counter has to be stored before it can be
  // loaded again: two of them need not wait for each other.
  std::array<int32_t, 2 * Histogram::kHalfBins> odd;
  std::fill_n(odd.begin(), counts.size(), 0);
  std::fill(counts.begin(), counts.end(), 0);
  int64_t i = 0;
  for (; i + 1 < size; i += 2) {
    ++counts[bins[i] - first];
    ++odd[bins[i + 1] - first];
  }
  if (i < size)
    ++counts[bins[i] - first];
  addCounts(odd.data(), counts.data(), counts.size());
}

ColumnRanges::ColumnRanges(int64_t columns)
    : min(columns, kNothingMin), max(columns, kNothingMax) {}

/// Columns that are scanned at once, in registers.
static constexpr int64_t kColumns = 16;

QUANTC_VECTOR_LOOP
static void scanColumns(const float *values, int64_t rows, int64_t stride,
                        int32_t *min, int32_t *max) {
  int32_t low[kColumns], high[kColumns];
  std::copy_n(min, kColumns, low);
  std::copy_n(max, kColumns, high);
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t i = 0; i < kColumns; ++i) {
      int32_t bits = getBits(values[row * stride + i]);
      bool isFinite = (bits & kMagnitude) < kInfinity;
      int32_t ordered = toOrdered(bits);
      low[i] = std::min(low[i], isFinite ? ordered : kNothingMin);
      high[i] = std::max(high[i], isFinite ? ordered : kNothingMax);
    }
  std::copy_n(low, kColumns, min);
  std::copy_n(high, kColumns, max);
}

void ColumnRanges::addRows(const float *values, int64_t rows) {
  int64_t columns = min.size(), column = 0;
  for (; column + kColumns <= columns; column += kColumns)
    scanColumns(values + column, rows, columns, &min[column], &max[column]);
  for (; column < columns; ++column)
    for (int64_t row = 0; row < rows; ++row) {
      int32_t bits = getBits(values[row * columns + column]);
      if ((bits & kMagnitude) >= kInfinity)
        continue;
      min[column] = std::min(min[column], toOrdered(bits));
      max[column] = std::max(max[column], toOrdered(bits));
    }
}

void ColumnRanges::mergeInto(std::vector<MinMax> &ranges) const {
  for (size_t i = 0; i < ranges.size(); ++i)
    ranges[i].merge(toRange(min[i], max[i]));
}
