//===- RangeEstimatorTest.cpp - estimators against direct versions --------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Calibration/RangeEstimator.h"

#include "gtest/gtest.h"
#include <algorithm>
#include <cfloat>
#include <cmath>
#include <random>

using namespace quantc;
using quantc::qnn::RangeEstimator;

namespace {

Statistics observe(const std::vector<float> &values) {
  Statistics statistics;
  statistics.update(values.data(), 1, values.size());
  return statistics;
}

Range estimate(const std::vector<float> &values, RangeEstimator estimator,
               std::optional<double> parameter = std::nullopt) {
  llvm::Expected<Range> range =
      estimateRange(observe(values), estimator, parameter);
  EXPECT_TRUE(bool(range));
  return range ? *range : Range{};
}

std::string refusal(RangeEstimator estimator, std::optional<double> parameter) {
  llvm::Expected<Range> range =
      estimateRange(observe({1.0f}), estimator, parameter);
  return range ? "" : llvm::toString(range.takeError());
}

/// The percentile on sorted values, to within the width of a bin: cut
/// floor(n (100 - p) / 200) values on each side.
Range sortedPercentile(std::vector<float> values, int64_t cut) {
  std::sort(values.begin(), values.end());
  return {values[cut], values[values.size() - 1 - cut]};
}

TEST(RangeEstimatorTest, MinMax) {
  Range range = estimate({3, -1, 2}, RangeEstimator::MinMax);
  EXPECT_EQ(range.min, -1);
  EXPECT_EQ(range.max, 3);
  range = estimate({}, RangeEstimator::MinMax);
  EXPECT_EQ(range.min, 0);
  EXPECT_EQ(range.max, 0);
}

TEST(RangeEstimatorTest, PercentileAgainstSorting) {
  std::mt19937 engine(1);
  std::normal_distribution<float> normal(1, 2);
  std::exponential_distribution<float> exponential(0.5);
  for (int shape = 0; shape < 3; ++shape) {
    std::vector<float> values(20000);
    for (float &value : values)
      value = shape == 0   ? normal(engine)
              : shape == 1 ? exponential(engine)
                           : -exponential(engine);
    for (auto [percentile, cut] : {std::pair{99.99, 1},
                                   {99.9, 10},
                                   {99.0, 100},
                                   {50.0, 5000},
                                   {100.0, 0}}) {
      SCOPED_TRACE(percentile);
      Range actual = estimate(values, RangeEstimator::Percentile, percentile);
      Range expected = sortedPercentile(values, cut);
      double width = std::ldexp(1.0, observe(values).histogram.getExponent());
      // Never narrower than the values that must stay, by less than one bin
      // wider.
      EXPECT_LE(actual.min, expected.min);
      EXPECT_GT(actual.min, expected.min - width);
      EXPECT_GE(actual.max, expected.max);
      EXPECT_LT(actual.max, expected.max + width);
    }
  }
}

TEST(RangeEstimatorTest, PercentileCutsOneOutlierInAMillion) {
  std::vector<float> values(1000000);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = float(i % 2000) / 1000 - 1;
  values[123456] = 100;
  Range range = estimate(values, RangeEstimator::Percentile, 99.999);
  EXPECT_NEAR(range.min, -1, 1.0 / 8);
  EXPECT_NEAR(range.max, 1, 1.0 / 8);
  EXPECT_EQ(estimate(values, RangeEstimator::Percentile, 100.0).max, 100);
}

TEST(RangeEstimatorTest, PercentileOfDegenerateData) {
  for (const std::vector<float> &values :
       {std::vector<float>{0.7f}, std::vector<float>(1000, 0.7f),
        std::vector<float>(1000, 0.0f), std::vector<float>(3, -FLT_TRUE_MIN)})
    for (double percentile : {1e-9, 50.0, 99.99, 100.0}) {
      Range range = estimate(values, RangeEstimator::Percentile, percentile);
      EXPECT_EQ(range.min, values[0]);
      EXPECT_EQ(range.max, values[0]);
    }
}

/// The definition, word by word and slowly, on |x| itself.
double slowEntropyClip(const std::vector<float> &values, double width) {
  std::vector<double> bins(2048);
  for (float value : values)
    ++bins[int(std::fabs(value) / width)];
  while (bins.back() == 0)
    bins.pop_back();
  bins[0] = bins[1];
  double best = INFINITY;
  size_t clip = 0;
  for (size_t i = 128; i <= bins.size(); ++i) {
    std::vector<double> p(bins.begin(), bins.begin() + i), q(i, 0.0);
    for (size_t j = i; j < bins.size(); ++j)
      p[i - 1] += bins[j];
    for (size_t level = 0; level < 128; ++level) {
      std::vector<size_t> members;
      double sum = 0;
      for (size_t j = 0; j < i; ++j)
        if (j >= level * i / 128 && j < (level + 1) * i / 128) {
          sum += bins[j];
          if (bins[j] > 0)
            members.push_back(j);
        }
      for (size_t j : members)
        q[j] = sum / members.size();
    }
    double sumP = 0, sumQ = 0, kl = 0;
    for (size_t j = 0; j < i; ++j) {
      sumP += p[j];
      sumQ += q[j];
    }
    for (size_t j = 0; j < i; ++j)
      if (p[j] > 0)
        kl += p[j] / sumP * std::log(p[j] / sumP / (q[j] / sumQ));
    if (kl < best) {
      best = kl;
      clip = i;
    }
  }
  return clip * width;
}

TEST(RangeEstimatorTest, EntropyAgainstTheDefinition) {
  std::mt19937 engine(3);
  std::normal_distribution<float> normal(0, 1);
  for (float outlier : {0.0f, 20.0f}) {
    std::vector<float> values(30000);
    for (float &value : values)
      value = normal(engine);
    values[0] = outlier;
    double width = std::ldexp(1.0, observe(values).histogram.getExponent());
    double clip = slowEntropyClip(values, width);
    Range range = estimate(values, RangeEstimator::Entropy);
    Range all = estimate(values, RangeEstimator::MinMax);
    EXPECT_NEAR(range.max, std::min(all.max, clip), width);
    EXPECT_NEAR(range.min, std::max(all.min, -clip), width);
    if (outlier > 0)
      EXPECT_LT(range.max, outlier / 2);
  }
}

TEST(RangeEstimatorTest, EntropyOfDegenerateData) {
  for (const std::vector<float> &values :
       {std::vector<float>{0.7f}, std::vector<float>(1000, 0.0f),
        std::vector<float>{-1, 1}}) {
    Range range = estimate(values, RangeEstimator::Entropy);
    EXPECT_LE(range.min, values[0]);
    EXPECT_GE(range.max, values[0]);
  }
}

TEST(RangeEstimatorTest, EMAIsTheMovingAverageInTheOrderOfTheData) {
  std::mt19937 engine(11);
  std::normal_distribution<float> normal(1, 3);
  for (double rate : {0.01, 0.3, 1.0}) {
    Statistics statistics;
    statistics.keepsBatches = true;
    double min = 0, max = 0;
    bool first = true;
    for (int batch = 0; batch < 50; ++batch) {
      std::vector<float> values(1 + batch % 4);
      for (float &value : values)
        value = normal(engine);
      // A batch of NaN alone leaves the average where it is.
      if (batch % 7 == 3)
        std::fill(values.begin(), values.end(), NAN);
      statistics.update(values.data(), 1, values.size());
      if (batch % 7 == 3)
        continue;
      double low = *std::min_element(values.begin(), values.end());
      double high = *std::max_element(values.begin(), values.end());
      min = first ? low : (1 - rate) * min + rate * low;
      max = first ? high : (1 - rate) * max + rate * high;
      first = false;
    }
    llvm::Expected<Range> range =
        estimateRange(statistics, RangeEstimator::EMA, rate);
    ASSERT_TRUE(bool(range));
    EXPECT_NEAR(range->min, min, 1e-12);
    EXPECT_NEAR(range->max, max, 1e-12);
  }
}

TEST(RangeEstimatorTest, Refusals) {
  EXPECT_EQ(refusal(RangeEstimator::MinMax, 3.0),
            "expected no parameter for range estimator 'minmax', but got 3");
  EXPECT_EQ(refusal(RangeEstimator::Percentile, 101.0),
            "expected a percentile in (0, 100], but got 101");
  EXPECT_EQ(refusal(RangeEstimator::EMA, 1.5),
            "expected a rate in (0, 1], but got 1.5");
  EXPECT_EQ(refusal(RangeEstimator::EMA, std::nullopt),
            "expected the ranges of batches for range estimator 'ema', but "
            "these statistics have none; calibrate with --batch-ranges");
  Statistics withoutHistogram = observe({1.0f});
  withoutHistogram.histogram = Histogram();
  llvm::Expected<Range> range =
      estimateRange(withoutHistogram, RangeEstimator::Percentile, 99.0);
  ASSERT_FALSE(bool(range));
  EXPECT_EQ(
      llvm::toString(range.takeError()),
      "expected a histogram for range estimator 'percentile', but these "
      "statistics have only minimum and maximum; what was smoothed has to be "
      "calibrated again (quantize --data)");
}

//===----------------------------------------------------------------------===//
// Scale and zero point
//===----------------------------------------------------------------------===//

TEST(AffineTest, KnownValues) {
  AffineParameters affine = computeAffine({-1, 1.55}, {-128, 127});
  EXPECT_EQ(affine.scale, 0.01f);
  EXPECT_EQ(affine.zeroPoint, -28);
  // One-sided ranges are widened to contain zero.
  EXPECT_EQ(computeAffine({1, 255}, {-128, 127}).scale, 1.0f);
  EXPECT_EQ(computeAffine({1, 255}, {-128, 127}).zeroPoint, -128);
  EXPECT_EQ(computeAffine({-255, -1}, {-128, 127}).zeroPoint, 127);
  EXPECT_EQ(computeSymmetricScale({-254, 3}, 127), 2.0f);
}

TEST(AffineTest, ExtremeRangesStayUsable) {
  struct {
    Range range;
    float scale;
  } cases[] = {{{0, 0}, 1},
               {{0, FLT_TRUE_MIN}, FLT_MIN},
               {{-FLT_MAX, FLT_MAX}, float(2.0 * FLT_MAX / 255)}};
  for (auto [range, scale] : cases) {
    AffineParameters affine = computeAffine(range, {-128, 127});
    EXPECT_EQ(affine.scale, scale);
    EXPECT_GE(affine.zeroPoint, -128);
    EXPECT_LE(affine.zeroPoint, 127);
    float symmetric = computeSymmetricScale(range, 127);
    EXPECT_TRUE(std::isnormal(symmetric));
  }
}

/// Zero is exactly representable, and both ends of the range come back to
/// within one step.
TEST(AffineTest, PowersOfTwo) {
  EXPECT_EQ(roundUpToPowerOfTwo(0.25f), 0.25f);
  EXPECT_EQ(roundUpToPowerOfTwo(0.2500001f), 0.5f);
  EXPECT_EQ(roundUpToPowerOfTwo(3.0f), 4.0f);
  EXPECT_EQ(roundUpToPowerOfTwo(FLT_MIN), FLT_MIN);
  EXPECT_EQ(roundUpToPowerOfTwo(FLT_MAX), 0x1p127f);
  // 4 / 255 becomes 2^-5; zero is where -1 of [-1, 3] is 32 steps above qmin.
  AffineParameters affine = computeAffine({-1, 3}, {-128, 127}, true);
  EXPECT_EQ(affine.scale, 0x1p-5f);
  EXPECT_EQ(affine.zeroPoint, -96);
}

TEST(AffineTest, RangeIsCovered) {
  std::mt19937 engine(2);
  std::uniform_real_distribution<double> exponent(-30, 30);
  for (int i = 0; i < 10000; ++i) {
    double a = std::exp2(exponent(engine)), b = std::exp2(exponent(engine));
    Range range = i % 3 == 0 ? Range{-a, b} : Range{-std::min(a, b), a};
    AffineParameters affine = computeAffine(range, {-128, 127});
    double low = (-128 - affine.zeroPoint) * double(affine.scale);
    double high = (127 - affine.zeroPoint) * double(affine.scale);
    EXPECT_LE(low, range.min + affine.scale);
    EXPECT_GE(high, range.max - affine.scale);
    EXPECT_LE(low, 0);
    EXPECT_GE(high, 0);
  }
}

} // namespace
