//===- StatisticsTest.cpp - observers on adversarial data -----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Calibration/Statistics.h"
#include "AdversarialData.h"

#include "gtest/gtest.h"
#include <algorithm>
#include <cfloat>
#include <cmath>
#include <map>
#include <random>

using namespace quantc;

namespace {

/// The histogram by its definition: all data at hand, exact arithmetic.
struct Reference {
  explicit Reference(const std::vector<float> &values) {
    double absMax = 0;
    for (float value : values) {
      nanCount += std::isnan(value);
      infCount += std::isinf(value);
      if (!std::isfinite(value))
        continue;
      ++count;
      min = std::min(min, value + 0.0f);
      max = std::max(max, value + 0.0f);
      absMax = std::max<double>(absMax, std::fabs(value));
    }
    exponent = absMax == 0 ? -159 : int(std::floor(std::log2(absMax))) - 10;
    for (float value : values)
      if (std::isfinite(value))
        ++bins[int(std::floor(value / std::pow(2.0, exponent)))];
  }

  int64_t count = 0, nanCount = 0, infCount = 0;
  float min = kInf, max = -kInf;
  int exponent;
  std::map<int, int64_t> bins;
};

/// The ranges of channels by their definition.
std::vector<MinMax> findChannels(const std::vector<float> &values,
                                 int64_t count, int64_t inner) {
  std::vector<MinMax> channels(count);
  for (size_t i = 0; i < values.size(); ++i)
    if (std::isfinite(values[i]))
      channels[i / inner % count].merge({values[i] + 0.0f, values[i] + 0.0f});
  return channels;
}

void expectEqual(const std::vector<MinMax> &actual,
                 const std::vector<MinMax> &expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i) {
    EXPECT_EQ(actual[i].min, expected[i].min) << "channel " << i;
    EXPECT_EQ(actual[i].max, expected[i].max) << "channel " << i;
  }
}

void expectEqual(const Statistics &actual, const Reference &expected) {
  EXPECT_EQ(actual.count, expected.count);
  EXPECT_EQ(actual.nanCount, expected.nanCount);
  EXPECT_EQ(actual.infCount, expected.infCount);
  EXPECT_EQ(actual.range.min, expected.min);
  EXPECT_EQ(actual.range.max, expected.max);
  EXPECT_EQ(actual.histogram.getExponent(), expected.exponent);
  for (int bin = -Histogram::kHalfBins; bin < Histogram::kHalfBins; ++bin) {
    auto it = expected.bins.find(bin);
    int64_t count = it == expected.bins.end() ? 0 : it->second;
    EXPECT_EQ(actual.histogram.getCount(bin), count) << "bin " << bin;
  }
}

void expectEqual(const Statistics &a, const Statistics &b) {
  EXPECT_EQ(a.count, b.count);
  EXPECT_EQ(a.nanCount, b.nanCount);
  EXPECT_EQ(a.infCount, b.infCount);
  auto sameBits = [](float x, float y) {
    return x == y && std::signbit(x) == std::signbit(y);
  };
  EXPECT_TRUE(sameBits(a.range.min, b.range.min));
  EXPECT_TRUE(sameBits(a.range.max, b.range.max));
  ASSERT_EQ(a.channels.size(), b.channels.size());
  for (size_t i = 0; i < a.channels.size(); ++i) {
    EXPECT_TRUE(sameBits(a.channels[i].min, b.channels[i].min));
    EXPECT_TRUE(sameBits(a.channels[i].max, b.channels[i].max));
  }
  EXPECT_EQ(a.histogram.getExponent(), b.histogram.getExponent());
  for (int bin = -Histogram::kHalfBins; bin < Histogram::kHalfBins; ++bin)
    EXPECT_EQ(a.histogram.getCount(bin), b.histogram.getCount(bin));
}

/// What the elements of each head lead to when they are seen alone.
void expectHeads(const Statistics &whole, const std::vector<float> &values,
                 const std::vector<int8_t> &kept) {
  std::vector<std::vector<float>> heads(whole.heads.size());
  for (size_t i = 0; i < values.size(); ++i)
    if (kept[i])
      heads[i / whole.headStride % heads.size()].push_back(values[i]);
  for (size_t i = 0; i < heads.size(); ++i) {
    SCOPED_TRACE("head " + std::to_string(i));
    expectEqual(whole.heads[i], Reference(heads[i]));
  }
}

Statistics observe(const std::vector<float> &values) {
  Statistics statistics;
  statistics.update(values.data(), 1, values.size());
  return statistics;
}

TEST(StatisticsTest, EqualsTheDefinition) {
  for (const NamedData &data : adversarialData()) {
    SCOPED_TRACE(data.name);
    expectEqual(observe(data.values), Reference(data.values));
  }
}

/// Data of many blocks: the histogram widens in between, values lie on the
/// edges of bins, and NaN comes and goes.
TEST(StatisticsTest, LongRunsEqualTheDefinition) {
  std::mt19937 engine(12);
  for (int round = 0; round < 12; ++round) {
    SCOPED_TRACE(round);
    // From the smallest denormals to the largest floats.
    float unit = std::ldexp(1.0f, round == 0 ? -149 : -140 + 22 * round);
    std::vector<float> values(2048 * 3 + 977 * round);
    for (size_t i = 0; i < values.size(); ++i) {
      int edge = int(engine() % 4096) - 2048;
      float value = edge * unit * (1 + i / 2048);
      switch (engine() % 4) {
      case 0:
        value = std::nextafter(value, kInf);
        break;
      case 1:
        value = std::nextafter(value, -kInf);
        break;
      default:
        break;
      }
      values[i] = value;
    }
    if (round % 3 == 1)
      values[values.size() / 2] = kNaN;
    if (round % 3 == 2)
      values[17] = -kInf;
    expectEqual(observe(values), Reference(values));

    // The same as heads, and as channels that are innermost.
    Statistics heads(16);
    heads.setHeads(2, 16 * 11);
    values.resize(values.size() / 352 * 352);
    heads.update(values.data(), values.size() / 16, 1);
    heads.collectHeads();
    expectHeads(heads, values, std::vector<int8_t>(values.size(), 1));
    expectEqual(heads.channels, findChannels(values, 16, /*inner=*/1));
    heads.channels.clear();
    heads.heads.clear();
    expectEqual(heads, Reference(values));
  }
}

TEST(StatisticsTest, OrderBatchesAndShardsDoNotMatter) {
  std::mt19937 engine(5);
  for (NamedData data : adversarialData()) {
    SCOPED_TRACE(data.name);
    Statistics whole = observe(data.values);
    for (int round = 0; round < 3; ++round) {
      std::shuffle(data.values.begin(), data.values.end(), engine);
      Statistics first, second;
      // Batches of growing size, dealt out to two shards at random.
      size_t size = 1;
      for (size_t i = 0; i < data.values.size(); i += size, size *= 2) {
        size = std::min(size, data.values.size() - i);
        (engine() % 2 ? first : second).update(&data.values[i], 1, size);
      }
      Statistics merged = second;
      merged.merge(first);
      first.merge(second);
      expectEqual(whole, first);
      expectEqual(whole, merged);
    }
  }
}

TEST(StatisticsTest, Channels) {
  // Shape 3x4x5 with the channels in the middle; values of channel c lie
  // around 10^c, and channel 3 has no finite value.
  std::vector<float> values(60);
  std::mt19937 engine(6);
  std::vector<MinMax> expected(4);
  for (int i = 0; i < 60; ++i) {
    int c = i / 5 % 4;
    values[i] = std::pow(10.0f, c) * (1 + engine() % 100) * (i % 2 ? 1 : -1);
    if (c == 3)
      values[i] = kNaN;
    else
      expected[c].merge({values[i], values[i]});
  }
  Statistics middle(4);
  middle.update(values.data(), 3, 5);
  // The same data with the channels innermost.
  std::vector<float> transposed;
  for (int o = 0; o < 3; ++o)
    for (int i = 0; i < 5; ++i)
      for (int c = 0; c < 4; ++c)
        transposed.push_back(values[(o * 4 + c) * 5 + i]);
  Statistics innermost(4);
  innermost.update(transposed.data(), 15, 1);
  for (int c = 0; c < 3; ++c) {
    EXPECT_EQ(middle.channels[c].min, expected[c].min);
    EXPECT_EQ(middle.channels[c].max, expected[c].max);
  }
  EXPECT_TRUE(middle.channels[3].isEmpty());
  EXPECT_EQ(middle.nanCount, 15);
  expectEqual(middle, innermost);
}

/// Channels that fill vectors, and such that do not, innermost or not.
TEST(StatisticsTest, ChannelsOfAllWidths) {
  std::mt19937 engine(13);
  for (int64_t count : {1, 2, 7, 31, 32, 33, 64, 100})
    for (int64_t inner : {1, 2, 5, 8, 31, 32, 33, 255, 256, 300}) {
      SCOPED_TRACE(testing::Message() << count << " x " << inner);
      constexpr int64_t outer = 3;
      std::vector<float> values(outer * count * inner);
      for (float &value : values)
        switch (int64_t kind = engine() % 200; kind) {
        case 0:
          value = kNaN;
          break;
        case 1:
          value = kInf;
          break;
        case 2:
          value = -kInf;
          break;
        default:
          value = kind % 9 == 0 ? -0.0f : int(engine() % 2001) - 1000;
        }
      Statistics statistics(count);
      statistics.update(values.data(), outer, inner);
      expectEqual(statistics.channels, findChannels(values, count, inner));
      statistics.channels.clear();
      expectEqual(statistics, Reference(values));
    }
}

/// The range of each vector of channels, in two shards, with and without
/// padding, which counts for none.
TEST(StatisticsTest, Tokens) {
  std::mt19937 engine(14);
  for (int64_t count : {1, 3, 33})
    for (int64_t inner : {1, 4}) {
      SCOPED_TRACE(testing::Message() << count << " x " << inner);
      constexpr int64_t outer = 6;
      int64_t size = outer * count * inner;
      std::vector<MinMax> expected(outer * inner), expectedKept = expected;
      Statistics all(count), kept(count), second(count);
      for (Statistics *statistics : {&all, &kept, &second})
        statistics->setKeepsTokens(outer * inner);
      for (int batch = 0; batch < 5; ++batch) {
        std::vector<float> values(size);
        std::vector<int8_t> mask(size);
        for (int64_t i = 0; i < size; ++i) {
          int64_t token = i / (count * inner) * inner + i % inner;
          values[i] = engine() % 11 == 0   ? kNaN
                      : engine() % 13 == 0 ? -kInf
                      : engine() % 7 == 0  ? -0.0f
                                           : int(engine() % 2001) - 1000;
          // Padding is of whole tokens; the last one is never kept.
          mask[i] = token != outer * inner - 1 && (token + batch) % 4 != 0;
          MinMax value = {values[i] + 0.0f, values[i] + 0.0f};
          if (!std::isfinite(values[i]))
            continue;
          expected[token].merge(value);
          if (mask[i])
            expectedKept[token].merge(value);
        }
        (batch % 2 ? second : all).update(values.data(), outer, inner);
        kept.update(values.data(), mask.data(), outer, inner);
      }
      Statistics merged = all.makeEmpty();
      merged.merge(second);
      merged.merge(all);
      expectEqual(merged.tokens, expected);
      expectEqual(kept.tokens, expectedKept);
      EXPECT_TRUE(kept.tokens.back().isEmpty());
    }
}

/// More equal elements than narrow counters hold.
TEST(StatisticsTest, CountsDoNotOverflow) {
  std::vector<float> values(700001, 1.5f);
  values.back() = -2;
  expectEqual(observe(values), Reference(values));
}

TEST(StatisticsTest, MaskedElementsDoNotCount) {
  // Shape 7x4x3 with the channels in the middle, and 28x3 with them innermost;
  // what is masked is worse than anything that is kept.
  std::mt19937 engine(7);
  for (int64_t inner : {3, 1}) {
    int64_t channels = inner == 3 ? 4 : 3, outer = 84 / (channels * inner);
    std::vector<float> values = normalData(84, 8, 1.0f), kept;
    std::vector<int8_t> mask(84);
    std::vector<MinMax> expected(channels);
    for (int64_t i = 0; i < 84; ++i) {
      mask[i] = engine() % 3 != 0;
      if (!mask[i]) {
        values[i] = i % 2 ? kNaN : 1e30f;
        continue;
      }
      kept.push_back(values[i]);
      expected[i / inner % channels].merge({values[i], values[i]});
    }
    Statistics masked(channels);
    masked.update(values.data(), mask.data(), outer, inner);
    expectEqual(masked.channels, expected);
    masked.channels.clear();
    expectEqual(masked, observe(kept));
  }
}

TEST(HistogramTest, WideningMergesPairs) {
  Histogram fine;
  fine.widen(-10);
  for (int bin = -Histogram::kHalfBins; bin < Histogram::kHalfBins; ++bin)
    fine.addToBin(bin, bin * bin + 1);
  for (int shift : {0, 1, 3, 11, 40}) {
    std::map<int, int64_t> expected;
    for (int bin = -Histogram::kHalfBins; bin < Histogram::kHalfBins; ++bin)
      expected[int(std::floor(std::ldexp(bin, -shift)))] += bin * bin + 1;
    Histogram wide = fine;
    wide.widen(-10 + shift);
    EXPECT_EQ(wide.getTotal(), fine.getTotal());
    for (auto [bin, count] : expected)
      EXPECT_EQ(wide.getCount(bin), count) << "shift " << shift;
  }
}

TEST(HistogramTest, CountsBeyond32Bits) {
  Histogram histogram, other;
  constexpr int64_t most = std::numeric_limits<uint32_t>::max();
  for (Histogram *each : {&histogram, &other})
    each->widen(-2);
  histogram.addToBin(3, most - 1);
  histogram.addToBin(-7, 1);
  histogram.addValues({0.75f, 0.875f, -1.75f}, {-1.75f, 0.875f});
  EXPECT_EQ(histogram.getCount(3), most + 1);
  EXPECT_EQ(histogram.getCount(-7), 2);
  histogram.addToBin(3, 10 * most);
  other.addToBin(2, 5 * most);
  other.addToBin(2, 1);
  histogram.add(other);
  EXPECT_EQ(histogram.getTotal(), 16 * most + 4);
  histogram.widen(histogram.getExponent() + 1);
  EXPECT_EQ(histogram.getCount(1), 16 * most + 2);
  EXPECT_EQ(histogram.getCount(-4), 2);
  auto [first, counts] = histogram.getOccupied();
  EXPECT_EQ(first, -4);
  EXPECT_EQ(counts, std::vector<int64_t>({2, 0, 0, 0, 0, 16 * most + 2}));
}

TEST(StatisticsTest, HeadsSeeTheirElements) {
  std::mt19937 engine(11);
  for (NamedData data : adversarialData()) {
    SCOPED_TRACE(data.name);
    for (int64_t stride : {1, 3, 8}) {
      constexpr int64_t count = 4;
      std::vector<float> &values = data.values;
      values.resize(values.size() / (count * stride) * count * stride);
      std::vector<int8_t> kept(values.size());
      for (int8_t &flag : kept)
        flag = engine() % 3 != 0;
      // Channels along the same dimension, along another one, and none.
      for (auto shape :
           {std::pair<int64_t, int64_t>(count, stride), {stride, 1}, {0, 1}}) {
        int64_t channels = shape.first, inner = shape.second;
        int64_t outer =
            values.size() / (std::max<int64_t>(channels, 1) * inner);
        Statistics all(channels), masked(channels), halves(channels),
            other(channels);
        for (Statistics *statistics : {&all, &masked, &halves, &other})
          statistics->setHeads(count, stride);
        all.update(values.data(), outer, inner);
        all.collectHeads();
        expectHeads(all, values, std::vector<int8_t>(values.size(), 1));
        EXPECT_EQ(observe(values).count, all.count);
        masked.update(values.data(), kept.data(), outer, inner);
        masked.collectHeads();
        expectHeads(masked, values, kept);

        // Two shards of whole rows, merged.
        int64_t rows = values.size() / (count * stride), row = count * stride;
        int64_t first = rows / 3 * row;
        auto update = [&](Statistics &into, int64_t begin, int64_t size) {
          into.update(values.data() + begin,
                      size / (std::max<int64_t>(channels, 1) * inner), inner);
        };
        update(other, 0, first);
        update(halves, first, values.size() - first);
        halves.merge(other);
        halves.collectHeads();
        expectEqual(halves, all);
        for (int64_t head = 0; head < count; ++head)
          expectEqual(halves.heads[head], all.heads[head]);
      }
    }
  }
}

TEST(StatisticsTest, HeadsKeepTheRangesOfBatches) {
  Statistics statistics;
  statistics.setKeepsBatches(true);
  statistics.setHeads(2, 2);
  std::vector<float> batch = {1, 2, -3, 4, 0, 5, kNaN, -6};
  statistics.update(batch.data(), 8, 1);
  std::vector<float> second = {kNaN, kNaN, 7, 7};
  statistics.update(second.data(), 4, 1);
  ASSERT_EQ(statistics.heads[0].batches.size(), 1u);
  EXPECT_EQ(statistics.heads[0].batches[0].min, 0);
  EXPECT_EQ(statistics.heads[0].batches[0].max, 5);
  ASSERT_EQ(statistics.heads[1].batches.size(), 2u);
  EXPECT_EQ(statistics.heads[1].batches[0].min, -6);
  EXPECT_EQ(statistics.heads[1].batches[1].max, 7);
}

} // namespace
