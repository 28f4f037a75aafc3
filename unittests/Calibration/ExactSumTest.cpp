//===- ExactSumTest.cpp - sums without rounding ---------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Calibration/Statistics.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/APInt.h"
#include "llvm/ADT/SmallString.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <cfloat>
#include <cmath>
#include <random>

using namespace quantc;

namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

/// The sum as an integer of 512 bits, by shifting significands: multiples of
/// 2^-149.
struct Reference {
  llvm::APInt sum = llvm::APInt(512, 0);
  int64_t count = 0;

  explicit Reference(const std::vector<float> &values) {
    for (float value : values) {
      if (!std::isfinite(value))
        continue;
      int exponent;
      double fraction = std::frexp(std::fabs(double(value)), &exponent);
      // The fraction times 2^24 is whole, but for the denormals' last digits.
      llvm::APInt digits(512, uint64_t(std::ldexp(fraction, 53)));
      int shift = exponent - 53 + 149;
      sum += shift >= 0 ? digits.shl(shift) : digits.lshr(-shift);
      ++count;
    }
  }

  std::string toHex() const {
    llvm::SmallString<128> text;
    sum.toString(text, 16, /*Signed=*/false, /*formatAsCLiteral=*/false,
                 /*UpperCase=*/false);
    return text.str().str();
  }

  /// Rounded once, by APFloat, from 512 bits to 53.
  double getSum() const {
    llvm::APFloat value(llvm::APFloat::IEEEdouble());
    value.convertFromAPInt(sum, /*IsSigned=*/false,
                           llvm::APFloat::rmNearestTiesToEven);
    return std::ldexp(value.convertToDouble(), -149);
  }
};

struct NamedData {
  const char *name;
  std::vector<float> values;
};

std::vector<NamedData> adversarialData() {
  std::mt19937 engine(3);
  std::normal_distribution<float> normal;
  std::vector<float> outlier(100000), mixed(1000), denormals, wide(5000);
  for (float &value : outlier)
    value = normal(engine);
  outlier[4711] = 1e6f;
  for (size_t i = 0; i < mixed.size(); ++i)
    mixed[i] = i % 7 ? normal(engine) : (i % 2 ? kNaN : (i % 3 ? kInf : -kInf));
  for (int i = -500; i < 500; ++i)
    denormals.push_back(i * FLT_TRUE_MIN);
  // All bits of all exponents.
  for (float &value : wide) {
    uint32_t bits = engine();
    std::memcpy(&value, &bits, sizeof(value));
  }
  return {{"empty", {}},
          {"one element", {0.1f}},
          {"one denormal", {-FLT_TRUE_MIN}},
          {"all zero", std::vector<float>(100, 0.0f)},
          {"both zeros", {-0.0f, 0.0f}},
          {"constant", std::vector<float>(1000, -3.7f)},
          {"one outlier in 10^5", outlier},
          {"NaN and infinities", mixed},
          {"only NaN", {kNaN, kInf, -kInf}},
          {"denormals", denormals},
          {"tie to even", {9007199254740992.0f, 1.0f}},
          {"above a tie", {9007199254740992.0f, 1.0f, FLT_TRUE_MIN}},
          {"tie from an odd digit", {9007199254740992.0f, 2.0f, 1.0f}},
          {"lost in f64", {FLT_MAX, FLT_TRUE_MIN, -FLT_MAX, FLT_TRUE_MIN}},
          {"random bits", wide}};
}

ExactSum sumOf(const std::vector<float> &values) {
  ExactSum sum;
  for (float value : values)
    if (std::isfinite(value))
      sum.add(value);
  return sum;
}

TEST(ExactSumTest, EqualsTheDefinition) {
  for (const NamedData &data : adversarialData()) {
    SCOPED_TRACE(data.name);
    Reference expected(data.values);
    ExactSum actual = sumOf(data.values);
    EXPECT_EQ(actual.toHex(), expected.toHex());
    EXPECT_EQ(actual.get(), expected.getSum());
  }
}

TEST(ExactSumTest, OrderAndPartsDoNotMatter) {
  std::mt19937 engine(4);
  for (NamedData data : adversarialData()) {
    SCOPED_TRACE(data.name);
    std::string expected = sumOf(data.values).toHex();
    for (int round = 0; round < 3; ++round) {
      std::shuffle(data.values.begin(), data.values.end(), engine);
      ExactSum parts[3];
      for (float value : data.values)
        if (std::isfinite(value))
          parts[engine() % 3].add(value);
      parts[2].merge(parts[0]);
      parts[2].merge(parts[1]);
      EXPECT_EQ(parts[2].toHex(), expected);
    }
  }
}

TEST(ExactSumTest, HoldsTheLargestSums) {
  // Doubling 62 times is adding 2^62 times.
  ExactSum sum = sumOf({FLT_MAX});
  for (int i = 0; i < 62; ++i)
    sum.merge(sum);
  EXPECT_EQ(sum.get(), std::ldexp(double(FLT_MAX), 62));
}

TEST(ExactSumTest, DigitsAreReadBack) {
  for (const NamedData &data : adversarialData()) {
    SCOPED_TRACE(data.name);
    ExactSum sum = sumOf(data.values);
    std::optional<ExactSum> read = ExactSum::fromHex(sum.toHex());
    ASSERT_TRUE(read);
    EXPECT_EQ(read->toHex(), sum.toHex());
    read->add(1.0f);
    sum.add(1.0f);
    EXPECT_EQ(read->get(), sum.get());
  }
  for (const char *text : {"", "00", "01", "0x1", "A", "g", " 1", "-1"})
    EXPECT_FALSE(ExactSum::fromHex(text)) << text;
  EXPECT_FALSE(ExactSum::fromHex(std::string(89, 'f')));
}

TEST(MagnitudesTest, ChannelsHaveTheirMeans) {
  std::mt19937 engine(5);
  for (const NamedData &data : adversarialData()) {
    SCOPED_TRACE(data.name);
    // Channels in the middle and innermost, whole and masked.
    for (int64_t inner : {3, 1}) {
      constexpr int64_t channels = 5;
      std::vector<float> values = data.values;
      values.resize(values.size() / (channels * inner) * channels * inner);
      std::vector<int8_t> kept(values.size());
      for (int8_t &flag : kept)
        flag = engine() % 3 != 0;
      for (bool isMasked : {false, true}) {
        Statistics seen(channels), second(channels);
        seen.setKeepsMagnitudes(true);
        second.setKeepsMagnitudes(true);
        int64_t row = channels * inner, rows = values.size() / row;
        int64_t first = rows / 3;
        seen.update(values.data() + first * row,
                    isMasked ? kept.data() + first * row : nullptr,
                    rows - first, inner);
        second.update(values.data(), isMasked ? kept.data() : nullptr, first,
                      inner);
        seen.merge(second);
        std::vector<std::vector<float>> expected(channels);
        for (size_t i = 0; i < values.size(); ++i)
          if (!isMasked || kept[i])
            expected[i / inner % channels].push_back(values[i]);
        for (int64_t c = 0; c < channels; ++c) {
          Reference reference(expected[c]);
          EXPECT_EQ(seen.magnitudes[c].count, reference.count);
          EXPECT_EQ(seen.magnitudes[c].sum.toHex(), reference.toHex());
          EXPECT_EQ(seen.magnitudes[c].getMean(),
                    reference.count ? reference.getSum() / reference.count : 0);
        }
      }
    }
  }
}

} // namespace
