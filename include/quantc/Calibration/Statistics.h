//===- Statistics.h - what an observer saw ----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The numeric core of calibration: plain values, no IR.
//
// Guarantee: but for the ranges of batches, which are kept on demand, what an
// observer saw is a function of the multiset of elements that it saw. The order
// of the data, the size of the batches and the number of shards merged in
// whatever order do not change a bit of it, because every part is a count, a
// minimum or a maximum, and because the histogram lies on a grid that depends
// on the largest magnitude alone and widens by merging whole bins.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CALIBRATION_STATISTICS_H
#define QUANTC_CALIBRATION_STATISTICS_H

#include "quantc/Calibration/ExactSum.h"
#include "quantc/Calibration/RowSample.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace quantc {

/// Minimum and maximum of what was seen; empty until something was.
struct MinMax {
  float min = std::numeric_limits<float>::infinity();
  float max = -std::numeric_limits<float>::infinity();

  bool isEmpty() const { return min > max; }
  void merge(const MinMax &other) {
    min = other.min < min ? other.min : min;
    max = other.max > max ? other.max : max;
  }
};

/// Counts of signed values on an absolute grid of bins of width 2^exponent: bin
/// i holds the values in [i * 2^exponent, (i + 1) * 2^exponent). The exponent
/// is ilogb(largest magnitude) - 10, so that indices lie in [-2048, 2048)
/// whatever the data are, a bin is at most 1/1024 of the largest magnitude
/// wide, and a larger magnitude only merges neighbouring bins in pairs.
class Histogram {
public:
  static constexpr int kHalfBins = 2048;
  /// The exponent of an all-zero tensor: that of the smallest f32.
  static constexpr int kMinExponent = -149 - 10;
  /// The exponent that the largest finite f32 leads to.
  static constexpr int kMaxExponent = 127 - 10;

  /// The exponent of the grid for data of the given largest magnitude.
  static int getExponent(double absMax);

  int getExponent() const { return exponent; }
  int64_t getCount(int bin) const {
    return recent[bin + kHalfBins] +
           (earlier.empty() ? 0 : earlier[bin + kHalfBins]);
  }
  int64_t getTotal() const;

  /// The first bin that is not empty and the counts from there to the last such
  /// bin; no counts, from bin 0, where all are empty.
  std::pair<int, std::vector<int64_t>> getOccupied() const;

  /// Widens the grid until it has the given exponent; a smaller one changes
  /// nothing.
  void widen(int newExponent);

  /// Counts finite values of a range that the grid has been widened for.
  void addValues(llvm::ArrayRef<float> values, const MinMax &range);
  void addToBin(int bin, int64_t count);
  void add(const Histogram &other);

private:
  /// Makes room in `recent` for so many more.
  void reserve(int64_t count);

  int exponent = kMinExponent;
  /// What is added goes to narrow counters, as fewer bytes are touched; when
  /// all of them together no longer fit one, they move to wide ones.
  std::vector<uint32_t> recent = std::vector<uint32_t>(2 * kHalfBins);
  int64_t recentTotal = 0;
  /// Empty until then.
  std::vector<int64_t> earlier;
};

/// The magnitudes of a channel's finite elements.
struct Magnitudes {
  ExactSum sum;
  int64_t count = 0;

  /// mean|x|; 0 where nothing was seen.
  double getMean() const { return count ? sum.get() / double(count) : 0; }
};

struct ElementScan;

/// All that one observer saw. `count` finite elements; NaN and infinities are
/// counted on their own and are not part of anything else.
struct Statistics {
  int64_t count = 0;
  int64_t nanCount = 0;
  int64_t infCount = 0;
  MinMax range;
  /// One entry per index along the observer's axis; empty without an axis.
  std::vector<MinMax> channels;
  /// One entry for each vector along the axis, row major over all other
  /// dimensions, on demand; empty otherwise.
  std::vector<MinMax> tokens;
  Histogram histogram;
  /// One entry, without channels or heads of its own, per index along the
  /// dimension of the heads; empty without such a dimension. What all of them
  /// saw is what the whole saw.
  std::vector<Statistics> heads;
  /// The elements of the tensor from one head to the next.
  int64_t headStride = 1;
  /// What each update saw, in their order; only where `keepsBatches`. It is the
  /// one part that depends on the order of the data.
  std::vector<MinMax> batches;
  bool keepsBatches = false;

  /// One entry a channel, on demand; empty otherwise.
  std::vector<Magnitudes> magnitudes;

  /// Vectors of one element a channel, on demand.
  RowSample rows;

  explicit Statistics(int64_t channelCount = 0) : channels(channelCount) {}

  /// Smoothing leaves none.
  bool hasHistogram() const { return histogram.getTotal() == count; }

  /// What an observer of the same tensor has before it sees anything.
  Statistics makeEmpty() const;

  void setHeads(int64_t count, int64_t stride);
  void setKeepsBatches(bool keeps);
  void setKeepsMagnitudes(bool keeps);
  /// `count` is outer x inner of every update.
  void setKeepsTokens(int64_t count) { tokens.assign(count, {}); }

  /// Takes in a dense tensor of shape outer x channels x inner (without an axis
  /// the channels count one), of which elements whose entry in `kept` is zero
  /// do not count. Where there are heads, elements are counted by these alone
  /// until collectHeads.
  void update(const float *values, const int8_t *kept, int64_t outer,
              int64_t inner);
  /// The same of all elements.
  void update(const float *values, int64_t outer, int64_t inner) {
    update(values, nullptr, outer, inner);
  }

  /// Makes counts, range and histogram what all heads have of them: to be
  /// called between updates and a reader. Nothing without heads.
  void collectHeads();

  /// Takes in what another observer of the same tensor saw, after this one.
  /// Both must have the same number of channels, tokens and heads.
  void merge(const Statistics &other);

private:
  /// Takes in the counts, range and histogram of a run in which `scan` was
  /// found.
  void updateRun(const float *values, int64_t size, const ElementScan &scan);
  /// Takes in what another one has of these.
  void addElements(const Statistics &other);
  void updateBatch(const MinMax &batch);
  /// Takes in the channels of the elements [begin, end) of a tensor; returns
  /// what all of them hold.
  ElementScan updateChannels(const float *values, int64_t begin, int64_t end,
                             int64_t inner);
  void updateMagnitudes(const float *values, int64_t begin, int64_t end,
                        int64_t inner);
  /// Takes in the tokens of the elements [begin, end) of a tensor.
  void updateTokens(const float *values, int64_t begin, int64_t end,
                    int64_t inner);
  void updateRows(const float *values, const int8_t *kept, int64_t outer,
                  int64_t inner);
};

} // namespace quantc

#endif // QUANTC_CALIBRATION_STATISTICS_H
