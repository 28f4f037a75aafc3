//===- RowSampleTest.cpp - samples do not depend on order -----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Calibration/RowSample.h"
#include "quantc/Calibration/Statistics.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/xxhash.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <cmath>
#include <random>

using namespace quantc;

namespace {

using Row = std::vector<float>;

constexpr int64_t kChannels = 5;

uint64_t hash(const Row &row) {
  return llvm::xxh3_64bits(
      llvm::ArrayRef(reinterpret_cast<const uint8_t *>(row.data()),
                     row.size() * sizeof(float)));
}

/// All rows at hand: the finite ones, each once, sorted by hash.
std::vector<float> expectedSample(std::vector<Row> rows, size_t capacity) {
  llvm::erase_if(rows, [](const Row &row) {
    return llvm::any_of(row, [](float value) { return !std::isfinite(value); });
  });
  std::sort(rows.begin(), rows.end(), [](const Row &a, const Row &b) {
    return std::pair(hash(a), a) < std::pair(hash(b), b);
  });
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  rows.resize(std::min(rows.size(), capacity));
  std::vector<float> values;
  for (const Row &row : rows)
    values.insert(values.end(), row.begin(), row.end());
  return values;
}

/// Random rows, some of them twice, some with NaN or infinities.
std::vector<Row> makeRows(size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<Row> rows;
  for (size_t i = 0; i < count; ++i) {
    if (i > 0 && random() % 5 == 0) {
      rows.push_back(rows[random() % i]);
      continue;
    }
    Row row(kChannels);
    for (float &value : row)
      value = normal(random);
    if (random() % 9 == 0)
      row[random() % kChannels] = random() % 2 ? NAN : INFINITY;
    rows.push_back(row);
  }
  return rows;
}

RowSample sample(llvm::ArrayRef<Row> rows, int64_t capacity) {
  RowSample result(capacity);
  for (const Row &row : rows)
    result.add(row.data(), row.size(), /*stride=*/1);
  return result;
}

TEST(RowSampleTest, KeepsTheSmallestHashes) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    std::vector<Row> rows = makeRows(300, seed);
    for (int64_t capacity : {1, 7, 64, 1000})
      EXPECT_EQ(sample(rows, capacity).getValues(),
                expectedSample(rows, capacity));
  }
}

TEST(RowSampleTest, NeitherOrderNorShardsMatter) {
  std::mt19937 random(1);
  for (unsigned seed = 0; seed < 20; ++seed) {
    std::vector<Row> rows = makeRows(200, seed);
    std::vector<float> expected = sample(rows, 32).getValues();
    std::shuffle(rows.begin(), rows.end(), random);
    EXPECT_EQ(sample(rows, 32).getValues(), expected);
    size_t cut = random() % rows.size();
    llvm::ArrayRef<Row> all(rows);
    RowSample first = sample(all.take_front(cut), 32);
    RowSample second = sample(all.drop_front(cut), 32);
    RowSample swapped = second;
    first.merge(second);
    EXPECT_EQ(first.getValues(), expected);
    swapped.merge(sample(all.take_front(cut), 32));
    EXPECT_EQ(swapped.getValues(), expected);
  }
}

TEST(RowSampleTest, NoCapacityKeepsNothing) {
  EXPECT_EQ(sample(makeRows(10, 0), 0).size(), 0);
}

// Rows run across a tensor of shape outer x channels x inner; those of padding
// do not count.
TEST(RowSampleTest, StatisticsTakeRowsAlongTheAxis) {
  constexpr int64_t outer = 3, inner = 4;
  std::vector<float> tensor(outer * kChannels * inner);
  std::vector<int8_t> kept(tensor.size(), 1);
  std::vector<Row> all, unpadded;
  for (size_t i = 0; i < tensor.size(); ++i)
    tensor[i] = float(i);
  for (int64_t i = 0; i < outer; ++i)
    for (int64_t j = 0; j < inner; ++j) {
      Row row;
      bool isPadding = (i + j) % 3 == 0;
      for (int64_t c = 0; c < kChannels; ++c) {
        int64_t index = (i * kChannels + c) * inner + j;
        row.push_back(tensor[index]);
        kept[index] = !isPadding;
      }
      all.push_back(row);
      if (!isPadding)
        unpadded.push_back(row);
    }
  Statistics whole(kChannels), masked(kChannels);
  whole.rows = masked.rows = RowSample(100);
  whole.update(tensor.data(), outer, inner);
  masked.update(tensor.data(), kept.data(), outer, inner);
  EXPECT_EQ(whole.rows.getValues(), expectedSample(all, 100));
  EXPECT_EQ(masked.rows.getValues(), expectedSample(unpadded, 100));
}

} // namespace
