//===- RowSample.h - a bounded sample of an activation's rows ---*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Ranges and histograms do not tell how the channels of an activation go
// together, so an error of what a layer computes from them needs rows: vectors
// of one value a channel. This sample keeps the distinct rows with the smallest
// hashes (a bottom-k sketch; Cohen and Kaplan, "Summarizing Data using Bottom-k
// Sketches", 2007). It is uniform over distinct rows, and it is a function of
// the set of rows: neither their order nor the way they are split into batches
// and shards changes it.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CALIBRATION_ROWSAMPLE_H
#define QUANTC_CALIBRATION_ROWSAMPLE_H

#include <cstdint>
#include <set>
#include <utility>
#include <vector>

namespace quantc {

class RowSample {
public:
  static constexpr int64_t kMaxCapacity = 1 << 16;

  /// Rows to keep at most; 0 keeps none.
  explicit RowSample(int64_t capacity = 0) : capacity(capacity) {}

  int64_t getCapacity() const { return capacity; }
  int64_t size() const { return rows.size(); }

  /// Takes in a row of `size` values, `stride` apart. A row with NaN or
  /// infinities is left out.
  void add(const float *values, int64_t size, int64_t stride);

  /// Takes in what another sample kept. The result is the sample of all rows
  /// where neither has more room than the other; the smaller capacity holds.
  void merge(const RowSample &other);

  /// All rows one after the other, by hash.
  std::vector<float> getValues() const;

private:
  using Row = std::pair<uint64_t, std::vector<uint32_t>>;
  void insert(Row row);

  int64_t capacity;
  /// Hash and bits of each row.
  std::set<Row> rows;
  std::vector<uint32_t> scratch;
};

} // namespace quantc

#endif // QUANTC_CALIBRATION_ROWSAMPLE_H
