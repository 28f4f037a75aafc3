//===- MetricsTest.cpp ----------------------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Evaluation/Metrics.h"

#include "gtest/gtest.h"

#include <cmath>
#include <limits>

using namespace quantc;

namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

// Logits whose softmax is known: log(1), log(2), log(5) -> 1/8, 2/8, 5/8.
const std::vector<float> kEighths = {0.0f, std::log(2.0f), std::log(5.0f)};
// 1/4, 1/2, 1/4.
const std::vector<float> kQuarters = {0.0f, std::log(2.0f), 0.0f};

TEST(MetricsTest, LogSumExp) {
  EXPECT_NEAR(logSumExp(kEighths), std::log(8.0), 1e-7);
  // No overflow: log(2 exp(1000)).
  EXPECT_NEAR(logSumExp({1000.0f, 1000.0f}), 1000 + std::log(2.0), 1e-9);
  EXPECT_EQ(logSumExp({-kInf, 3.0f}), 3.0);
  EXPECT_EQ(logSumExp({-kInf, -kInf}), -kInf);
}

TEST(MetricsTest, KLDivergence) {
  EXPECT_EQ(klDivergence(kEighths, kEighths), 0.0);
  // 1/8 log(1/2) + 1/4 log(1/2) + 5/8 log(5/2).
  double expected = 0.375 * std::log(0.5) + 0.625 * std::log(2.5);
  EXPECT_NEAR(klDivergence(kEighths, kQuarters), expected, 1e-7);
  // Adding a constant to all logits changes nothing.
  std::vector<float> shifted = kQuarters;
  for (float &logit : shifted)
    logit += 3.0f;
  EXPECT_NEAR(klDivergence(kEighths, shifted), expected, 1e-6);
}

TEST(MetricsTest, KLDivergenceOfMaskedLogits) {
  EXPECT_EQ(klDivergence({0.0f, -kInf}, {0.0f, -kInf}), 0.0);
  // 1 log(1 / (1/2)).
  EXPECT_NEAR(klDivergence({0.0f, -kInf}, {0.0f, 0.0f}), std::log(2.0), 1e-12);
  EXPECT_EQ(klDivergence({0.0f, 0.0f}, {0.0f, -kInf}), kInf);
  EXPECT_TRUE(std::isnan(klDivergence({kNaN, 0.0f}, {0.0f, 0.0f})));
}

TEST(MetricsTest, Argmax) {
  EXPECT_EQ(argmax({1.0f, 3.0f, 3.0f}), 1u);
  EXPECT_EQ(argmax({kNaN, -kInf, -2.0f}), 2u);
}

TEST(MetricsTest, Perplexity) {
  // Losses log(8/2) and log(8/5): perplexity sqrt(8/2 * 8/5).
  std::vector<float> logits = kEighths;
  logits.insert(logits.end(), kEighths.begin(), kEighths.end());
  LogitSums sums = measureLogits(logits, {}, {1, 2}, 3);
  EXPECT_EQ(sums.rows, 2);
  EXPECT_NEAR(sums.getPerplexity(), std::sqrt(6.4), 1e-6);
  EXPECT_EQ(sums.getAccuracy(), 0.5);
}

TEST(MetricsTest, NegativeLabelsAreLeftOut) {
  std::vector<float> logits = kEighths;
  logits.insert(logits.end(), {kNaN, kNaN, kNaN});
  LogitSums sums = measureLogits(logits, {}, {2, -1}, 3);
  EXPECT_EQ(sums.rows, 1);
  EXPECT_EQ(sums.nonFinite, 0);
  EXPECT_NEAR(sums.getPerplexity(), 1.6, 1e-6);
}

TEST(MetricsTest, AgainstReference) {
  // Without labels every row counts. Row 0 agrees exactly; in row 1 the
  // largest class differs, with noise 1 + 1 of signal 4 + 25 + 9.
  LogitSums sums = measureLogits({0.0f, 5.0f, 0.0f, 2.0f, 4.0f, 4.5f},
                                 {0.0f, 5.0f, 0.0f, 2.0f, 5.0f, 3.5f}, {}, 3);
  EXPECT_EQ(sums.rows, 2);
  EXPECT_EQ(sums.getAgreement(), 0.5);
  EXPECT_DOUBLE_EQ(sums.signal, 25 + 4 + 25 + 12.25);
  EXPECT_DOUBLE_EQ(sums.noise, 2);
  EXPECT_NEAR(sums.getSQNR(), 10 * std::log10(66.25 / 2), 1e-12);
}

TEST(MetricsTest, SQNRWithoutNoise) {
  LogitSums sums = measureLogits({1.0f, -kInf}, {1.0f, -kInf}, {}, 2);
  EXPECT_EQ(sums.getSQNR(), std::numeric_limits<double>::infinity());
}

TEST(MetricsTest, PerplexityRatio) {
  // Loss log(8/5) against log(4): ratio (8/5) / 4.
  LogitSums sums = measureLogits(kEighths, kQuarters, {2}, 3);
  EXPECT_NEAR(sums.getPerplexityRatio(), 0.4, 1e-6);
  EXPECT_NEAR(sums.getReferencePerplexity(), 4.0, 1e-6);
  EXPECT_EQ(sums.referenceCorrect, 0);
}

TEST(MetricsTest, Quantile) {
  EXPECT_EQ(quantile({1, 2, 4}, 0.5), 2);
  EXPECT_EQ(quantile({1, 2, 4}, 0.75), 3);
  EXPECT_EQ(quantile({1, 2, 4}, 1), 4);
  EXPECT_TRUE(std::isnan(quantile({}, 0.5)));
}

TEST(MetricsTest, BootstrapIsPairedAndDeterministic) {
  // The model is worse by log(2) on every row whatever the row's own loss: a
  // paired interval of the ratio has no width, one of the perplexity has.
  std::vector<LogitSums> samples;
  for (int i = 0; i < 50; ++i) {
    LogitSums sums;
    sums.rows = 1;
    sums.referenceLoss = i % 7;
    sums.loss = sums.referenceLoss + std::log(2.0);
    samples.push_back(sums);
  }
  Interval ratio =
      bootstrap(samples, 200, [](auto &s) { return s.getPerplexityRatio(); });
  EXPECT_NEAR(ratio.low, 2, 1e-12);
  EXPECT_NEAR(ratio.high, 2, 1e-12);
  auto perplexity = [](const LogitSums &s) { return s.getPerplexity(); };
  Interval first = bootstrap(samples, 200, perplexity);
  Interval second = bootstrap(samples, 200, perplexity);
  EXPECT_EQ(first.low, second.low);
  EXPECT_EQ(first.high, second.high);
  EXPECT_LT(first.low, first.high);
}

TEST(MetricsTest, BootstrapMatchesTheBinomial) {
  // 400 samples, 75 % right: the standard error of the mean is
  // sqrt(0.75 * 0.25 / 400) = 0.02165, so the interval is +- 0.0424.
  std::vector<LogitSums> samples(400);
  for (size_t i = 0; i < samples.size(); ++i) {
    samples[i].rows = 1;
    samples[i].correct = i % 4 != 0;
  }
  Interval interval =
      bootstrap(samples, 4000, [](auto &s) { return s.getAccuracy(); });
  EXPECT_NEAR(interval.low, 0.75 - 0.0424, 0.005);
  EXPECT_NEAR(interval.high, 0.75 + 0.0424, 0.005);
}

} // namespace
