//===- RangeEstimatorTest.cpp - estimators against their definitions ------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AdversarialData.h"
#include "EstimatorReference.h"
#include "quantc/Calibration/QuantizationParameters.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/MLIRContext.h"
#include "gtest/gtest.h"
#include <algorithm>

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;
using quantc::Statistics;

namespace {

Statistics observe(const std::vector<float> &values) {
  Statistics statistics;
  statistics.update(values.data(), 1, values.size());
  return statistics;
}

std::vector<NamedData> dataOfEstimators() {
  std::vector<NamedData> data = adversarialData();
  std::vector<float> million = normalData(1000000, 9, 0.5f);
  million[123456] = 100;
  data.push_back({"one outlier in a million", million});
  std::vector<float> positive = normalData(5000, 10, 2.0f);
  for (float &value : positive)
    value = 3 + std::fabs(value);
  data.push_back({"one-sided and far from zero", positive});
  return data;
}

class RangeEstimatorTest : public testing::Test {
protected:
  RangeEstimatorTest() { context.loadDialect<QNNDialect>(); }

  QuantizationAttr scheme(StringRef text) {
    return cast<QuantizationAttr>(
        parseAttribute(("#qnn.quantization<" + text + ">").str(), &context));
  }

  /// By way of the attribute, as in a program.
  llvm::Expected<quantc::Range> tryEstimate(const Statistics &statistics,
                                            StringRef estimator) {
    return estimateRange(fromAttribute(toAttribute(statistics, &context)),
                         scheme(("i8 asymmetric tensor " + estimator).str()));
  }

  quantc::Range estimate(const Statistics &statistics, StringRef estimator) {
    llvm::Expected<quantc::Range> range = tryEstimate(statistics, estimator);
    EXPECT_TRUE(bool(range));
    return range ? *range : quantc::Range{NAN, NAN};
  }

  quantc::Range estimate(const std::vector<float> &values,
                         StringRef estimator) {
    return estimate(observe(values), estimator);
  }

  std::string refusal(const Statistics &statistics, StringRef estimator) {
    llvm::Expected<quantc::Range> range = tryEstimate(statistics, estimator);
    return range ? "" : llvm::toString(range.takeError());
  }

  /// What the parser says of a scheme that is none.
  std::string parseError(StringRef estimator) {
    std::string message;
    ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
      message = diagnostic.str();
      return success();
    });
    parseAttribute(
        ("#qnn.quantization<i8 asymmetric tensor " + estimator + ">").str(),
        &context);
    return message;
  }

  MLIRContext context;
};

void expectEqual(quantc::Range actual, quantc::Range expected) {
  EXPECT_EQ(actual.min, expected.min);
  EXPECT_EQ(actual.max, expected.max);
}

TEST_F(RangeEstimatorTest, MinMax) {
  for (const NamedData &data : dataOfEstimators()) {
    SCOPED_TRACE(data.name);
    expectEqual(estimate(data.values, "minmax"),
                reference::minmax(data.values));
  }
}

TEST_F(RangeEstimatorTest, Percentile) {
  for (const NamedData &data : dataOfEstimators())
    for (auto [text, cut] : {std::pair("percentile 99.99", 100),
                             {"percentile 99.9", 1000},
                             {"percentile 99.0", 10000},
                             {"percentile 50.0", 500000},
                             {"percentile 100.0", 0},
                             {"percentile 0.0001", 999999}}) {
      SCOPED_TRACE(std::string(data.name) + ", " + text);
      expectEqual(estimate(data.values, text),
                  reference::percentile(data.values, cut));
    }
}

TEST_F(RangeEstimatorTest, PercentileCutsOneOutlierInAMillion) {
  std::vector<float> values(1000000);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = float(i % 2000) / 1000 - 1;
  values[123456] = 100;
  quantc::Range range = estimate(values, "percentile 99.999");
  EXPECT_NEAR(range.min, -1, 1.0 / 8);
  EXPECT_NEAR(range.max, 1, 1.0 / 8);
  EXPECT_EQ(estimate(values, "percentile 100.0").max, 100);
}

/// The clip is one of the bins' edges, and none loses less.
TEST_F(RangeEstimatorTest, Entropy) {
  for (const NamedData &data : dataOfEstimators()) {
    SCOPED_TRACE(data.name);
    quantc::Range range = estimate(data.values, "entropy");
    quantc::Range all = reference::minmax(data.values);
    std::vector<double> losses = reference::entropyLosses(data.values);
    if (losses.empty()) {
      expectEqual(range, all);
      continue;
    }
    double width = reference::getBinWidth(data.values);
    double least = *std::min_element(losses.begin(), losses.end());
    // Several clips may give this range, where it ends with the data.
    double best = std::numeric_limits<double>::infinity();
    for (size_t i = 0; i < losses.size(); ++i) {
      double clip = width * (128 + i);
      if (range.min == std::max(all.min, -clip) &&
          range.max == std::min(all.max, clip))
        best = std::min(best, losses[i]);
    }
    EXPECT_LE(best, least + 1e-12);
  }
}

TEST_F(RangeEstimatorTest, EntropyCutsOutliers) {
  std::vector<float> values = normalData(30000, 3, 1.0f);
  values[0] = 20;
  EXPECT_LT(estimate(values, "entropy").max, 10);
}

/// The clip is on the grid, and none has a smaller error, nor a wider one the
/// same.
TEST_F(RangeEstimatorTest, MSEOfHistograms) {
  for (const NamedData &data : dataOfEstimators())
    for (auto [text, integers] :
         {std::pair("i8 asymmetric tensor mse",
                    reference::Integers{-128, 127, false}),
          {"i8 symmetric narrow_range tensor mse",
           reference::Integers{-127, 127, true}},
          {"i4 asymmetric tensor mse", reference::Integers{-8, 7, false}}}) {
      SCOPED_TRACE(std::string(data.name) + ", " + text);
      llvm::Expected<quantc::Range> range =
          estimateRange(observe(data.values), scheme(text));
      ASSERT_TRUE(bool(range));
      quantc::Range all = reference::minmax(data.values);
      double width = reference::getBinWidth(data.values);
      std::map<int, int64_t> bins = reference::fillBins(data.values);
      auto errorOf = [&, &integers = integers](quantc::Range clip) {
        return integers.squaredError(bins, width, all, clip.min, clip.max);
      };
      long double found = errorOf(*range);
      bool isOnGrid = false;
      for (quantc::Range clip : reference::clips(all)) {
        EXPECT_LE(found, errorOf(clip) * (1 + 1e-12L));
        isOnGrid |=
            std::fabs(clip.min - range->min) <= 1e-14 * std::fabs(range->min) &&
            std::fabs(clip.max - range->max) <= 1e-14 * std::fabs(range->max);
      }
      EXPECT_TRUE(isOnGrid);
    }
}

/// The same for constants, over their values.
TEST_F(RangeEstimatorTest, MSEOfConstants) {
  for (NamedData &data : dataOfEstimators())
    for (auto [text, integers] :
         {std::pair("i8 asymmetric tensor mse",
                    reference::Integers{-128, 127, false}),
          {"i4 symmetric narrow_range tensor mse",
           reference::Integers{-7, 7, true}}}) {
      SCOPED_TRACE(std::string(data.name) + ", " + text);
      // The reference takes its time.
      data.values.resize(std::min<size_t>(data.values.size(), 200000));
      auto type = RankedTensorType::get({int64_t(data.values.size())},
                                        Float32Type::get(&context));
      ArrayRef<char> bytes(reinterpret_cast<const char *>(data.values.data()),
                           data.values.size() * sizeof(float));
      FailureOr<QuantizationParameters> found =
          computeQuantizationParameters(bytes, type, scheme(text), [&] {
            return emitError(UnknownLoc::get(&context));
          });
      ASSERT_TRUE(succeeded(found));
      std::vector<double> finite = reference::takeFinite(data.values);
      // The error of the scale and zero point that were found, and of all.
      long double error = 0, least = INFINITY;
      double zero = found->zeroPoints.empty() ? 0 : found->zeroPoints[0];
      for (double x : finite) {
        double q =
            std::clamp<double>(std::nearbyint(x / found->scales[0]) + zero,
                               integers.low, integers.high);
        long double difference = x - (q - zero) * double(found->scales[0]);
        error += difference * difference;
      }
      for (quantc::Range clip :
           reference::clips(reference::minmax(data.values)))
        least =
            std::min(least, integers.squaredError(finite, clip.min, clip.max));
      EXPECT_LE(error, least * (1 + 1e-12L));
    }
}

TEST_F(RangeEstimatorTest, EMA) {
  std::mt19937 engine(11);
  for (const NamedData &data : dataOfEstimators())
    for (double rate : {0.01, 0.3, 1.0}) {
      SCOPED_TRACE(std::string(data.name) + ", " + std::to_string(rate));
      // Batches of a few elements; those of NaN alone leave the average alone.
      size_t count = std::min<size_t>(data.values.size(), 2000);
      std::vector<std::vector<float>> batches;
      for (size_t i = 0; i < count;) {
        size_t size = std::min<size_t>(1 + engine() % 5, count - i);
        batches.emplace_back(data.values.begin() + i,
                             data.values.begin() + i + size);
        i += size;
        if (engine() % 4 == 0)
          batches.push_back({kNaN, -kInf});
      }
      Statistics statistics;
      statistics.setKeepsBatches(true);
      for (const std::vector<float> &batch : batches)
        statistics.update(batch.data(), 1, batch.size());
      quantc::Range range = estimate(statistics, "ema " + std::to_string(rate));
      quantc::Range expected = reference::ema(batches, rate);
      EXPECT_NEAR(range.min, expected.min, 1e-12 * std::fabs(expected.min));
      EXPECT_NEAR(range.max, expected.max, 1e-12 * std::fabs(expected.max));
    }
}

/// Channels, tokens and heads of a tensor [5, 3, 7] that is cut from the data,
/// each by the estimator minmax, against their values.
TEST_F(RangeEstimatorTest, Parts) {
  constexpr int64_t outer = 5, channels = 3, inner = 7;
  constexpr int64_t size = outer * channels * inner;
  for (NamedData &data : dataOfEstimators()) {
    if (data.values.empty())
      continue;
    SCOPED_TRACE(data.name);
    std::vector<float> values;
    for (int64_t i = 0; i < size; ++i)
      values.push_back(data.values[i * 31 % data.values.size()]);
    values[17] = kNaN;
    values[40] = kInf;
    Statistics statistics(channels);
    statistics.setKeepsTokens(outer * inner);
    statistics.setKeepsMagnitudes(true);
    statistics.setHeads(inner, 1);
    statistics.update(values.data(), outer, inner);
    statistics.collectHeads();

    auto take = [&](auto belongs) {
      std::vector<float> part;
      for (int64_t i = 0; i < size; ++i)
        if (belongs(i / (channels * inner), i / inner % channels, i % inner))
          part.push_back(values[i]);
      return part;
    };
    auto compute = [&](StringRef granularity) {
      FailureOr<QuantizationParameters> parameters =
          computeQuantizationParameters(
              toAttribute(statistics, &context), {1, 2},
              scheme(("i8 asymmetric " + granularity + " minmax").str()),
              {outer, channels, inner},
              [&] { return emitError(UnknownLoc::get(&context)); });
      EXPECT_TRUE(succeeded(parameters));
      return *parameters;
    };
    // s = f32((max - min) / 255) with zero in the range; 1 for zeros, of which
    // a part of nothing finite counts as one.
    auto expectScale = [&](float scale, const std::vector<float> &part) {
      quantc::Range range = reference::minmax(part);
      double width = std::max(range.max, 0.0) - std::min(range.min, 0.0);
      EXPECT_EQ(scale, width == 0 ? 1 : std::max(float(width / 255), FLT_MIN));
    };

    QuantizationParameters ofChannels = compute("channel axes = [1]");
    for (int64_t c = 0; c < channels; ++c) {
      std::vector<float> part =
          take([&](int64_t, int64_t channel, int64_t) { return channel == c; });
      expectScale(ofChannels.scales[c], part);
      // absmax, as SmoothQuant wants it, and mean|x|, as AWQ does.
      double absmax = 0;
      long double sum = 0;
      for (double x : reference::takeFinite(part)) {
        absmax = std::max(absmax, std::fabs(x));
        sum += std::fabs(x);
      }
      const MinMax &range = statistics.channels[c];
      if (!range.isEmpty())
        EXPECT_EQ(std::max(-range.min, range.max), absmax);
      double mean = sum == 0 ? 0 : sum / reference::takeFinite(part).size();
      EXPECT_NEAR(statistics.magnitudes[c].getMean(), mean, 1e-15 * mean);
    }
    QuantizationParameters ofTokens = compute("token axes = [0, 2]");
    ASSERT_EQ(ofTokens.scales.size(), size_t(outer * inner));
    for (int64_t t = 0; t < outer * inner; ++t) {
      std::vector<float> part = take(
          [&](int64_t o, int64_t, int64_t i) { return o * inner + i == t; });
      // A token that was never seen has the range of the whole.
      expectScale(ofTokens.scales[t],
                  reference::takeFinite(part).empty() ? values : part);
    }
    // A batch of images, say, has one for each image.
    QuantizationParameters ofOuter = compute("token axes = [0]");
    ASSERT_EQ(ofOuter.scales.size(), size_t(outer));
    for (int64_t o = 0; o < outer; ++o) {
      std::vector<float> part =
          take([&](int64_t index, int64_t, int64_t) { return index == o; });
      bool anyEmpty = false;
      for (int64_t t = o * inner; t < (o + 1) * inner; ++t)
        anyEmpty |= statistics.tokens[t].isEmpty();
      if (!anyEmpty)
        expectScale(ofOuter.scales[o], part);
    }
    QuantizationParameters ofHeads = compute("head axes = [2]");
    for (int64_t i = 0; i < inner; ++i)
      expectScale(ofHeads.scales[i], take([&](int64_t, int64_t, int64_t head) {
                    return head == i;
                  }));
  }
}

// A channel that was only seen to be zero would have scale 1, and as scales of
// channels become part of a weight, ruin that.
TEST_F(RangeEstimatorTest, PartsOfZerosHaveARangeOfTheOthers) {
  Statistics statistics;
  std::vector<float> values = {-1, 2, 0.5f};
  statistics.update(values.data(), 1, values.size());
  auto getRanges = [&](std::vector<MinMax> parts, StringRef text) {
    std::vector<std::pair<double, double>> ranges;
    for (const quantc::Range &range :
         cantFail(estimatePartRanges(statistics, parts, scheme(text))))
      ranges.push_back({range.min, range.max});
    return ranges;
  };
  using Pairs = std::vector<std::pair<double, double>>;
  const char *text = "i8 asymmetric channel axes = [0] minmax";
  // The one of median width, where zero is in every range: [0.5, 1] is as wide
  // as [0, 1]. Of two it is the narrower one.
  EXPECT_EQ(getRanges({{-1, 2}, {0, 0}, {0, 1e-9f}, {0.5f, 1}, {0, 0}}, text),
            (Pairs{{-1, 2}, {0.5, 1}, {0, 1e-9f}, {0.5, 1}, {0.5, 1}}));
  EXPECT_EQ(getRanges({{-1, 2}, {0, 0}, {0, 1}}, text),
            (Pairs{{-1, 2}, {0, 1}, {0, 1}}));
  // Nothing was seen of the second one at all.
  EXPECT_EQ(getRanges({{0, 1}, MinMax(), {0, 0}}, text),
            (Pairs{{0, 1}, {-1, 2}, {0, 1}}));
  EXPECT_EQ(getRanges({{0, 0}, {0, 0}}, text), (Pairs{{0, 0}, {0, 0}}));
}

TEST_F(RangeEstimatorTest, Refusals) {
  EXPECT_EQ(parseError("percentile 101.0"),
            "expected a percentile in (0, 100], but got 1.010000e+02");
  EXPECT_EQ(parseError("percentile"),
            "expected the percentile to keep after 'percentile'");
  EXPECT_EQ(parseError("ema 1.5"),
            "expected a rate in (0, 1], but got 1.500000e+00");
  EXPECT_EQ(parseError("ema"), "expected the rate after 'ema'");
  EXPECT_EQ(parseError("best"),
            "expected a range estimator (minmax, percentile, entropy, mse, "
            "ema), but got 'best'");
  EXPECT_EQ(parseError("7.0"),
            "expected a range estimator (minmax, percentile, entropy, mse, "
            "ema), but got 7.000000e+00 : f64");
  EXPECT_EQ(refusal(observe({1.0f}), "ema 0.5"),
            "expected the ranges of batches for range estimator 'ema', but "
            "these statistics have none; calibrate with --batch-ranges");
  Statistics withoutHistogram = observe({1.0f});
  withoutHistogram.histogram = Histogram();
  for (StringRef name : {"percentile", "entropy", "mse"})
    EXPECT_EQ(
        refusal(withoutHistogram,
                name == "percentile" ? "percentile 99.0" : name),
        ("expected a histogram for range estimator '" + name +
         "', but these statistics have only minimum and maximum; what was "
         "smoothed has to be calibrated again (quantize --data)")
            .str());
}

/// Estimators are attributes: the scheme writes ours without their dialect.
TEST_F(RangeEstimatorTest, Text) {
  for (auto [inScheme, alone] : {std::pair("minmax", "#qnn.minmax"),
                                 {"percentile 99.99", "#qnn<percentile 99.99>"},
                                 {"entropy", "#qnn.entropy"},
                                 {"mse", "#qnn.mse"},
                                 {"ema 0.01", "#qnn<ema 0.01>"}}) {
    std::string text =
        std::string("#qnn.quantization<i8 symmetric tensor ") + inScheme + ">";
    auto attribute =
        dyn_cast_or_null<QuantizationAttr>(parseAttribute(text, &context));
    ASSERT_TRUE(attribute) << text;
    auto print = [](Attribute attribute) {
      std::string text;
      llvm::raw_string_ostream(text) << attribute;
      return text;
    };
    EXPECT_EQ(print(attribute), text);
    EXPECT_EQ(print(attribute.getEstimator()), alone);
    EXPECT_EQ(parseAttribute(alone, &context), attribute.getEstimator());
    EXPECT_EQ(parseAttribute(std::string("#qnn.quantization<i8 symmetric "
                                         "tensor ") +
                                 alone + ">",
                             &context),
              attribute);
  }
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
    quantc::Range range;
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
    quantc::Range range =
        i % 3 == 0 ? quantc::Range{-a, b} : quantc::Range{-std::min(a, b), a};
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
