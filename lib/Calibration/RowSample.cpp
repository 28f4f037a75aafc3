//===- RowSample.cpp - a bounded sample of an activation's rows -----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Calibration/RowSample.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/xxhash.h"
#include <algorithm>
#include <cmath>
#include <cstring>

using namespace quantc;

void RowSample::insert(Row row) {
  rows.insert(std::move(row));
  if (int64_t(rows.size()) > capacity)
    rows.erase(std::prev(rows.end()));
}

void RowSample::add(const float *values, int64_t size, int64_t stride) {
  if (capacity == 0 || size == 0)
    return;
  scratch.resize(size);
  for (int64_t i = 0; i < size; ++i) {
    float value = values[i * stride];
    if (!std::isfinite(value))
      return;
    std::memcpy(&scratch[i], &value, sizeof(value));
  }
  uint64_t hash = llvm::xxh3_64bits(
      llvm::ArrayRef(reinterpret_cast<const uint8_t *>(scratch.data()),
                     scratch.size() * sizeof(uint32_t)));
  // Nearly all rows of long runs end here.
  if (int64_t(rows.size()) == capacity && hash > rows.rbegin()->first)
    return;
  insert({hash, scratch});
}

void RowSample::merge(const RowSample &other) {
  capacity = std::min(capacity, other.capacity);
  for (const Row &row : other.rows)
    insert(row);
  while (int64_t(rows.size()) > capacity)
    rows.erase(std::prev(rows.end()));
}

std::vector<float> RowSample::getValues() const {
  std::vector<float> values;
  for (const auto &[hash, bits] : rows) {
    size_t begin = values.size();
    values.resize(begin + bits.size());
    std::memcpy(values.data() + begin, bits.data(),
                bits.size() * sizeof(float));
  }
  return values;
}
