//===- QuantizationParametersTest.cpp - parameters of every granularity ---===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Calibration/QuantizationParameters.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/MLIRContext.h"
#include "gtest/gtest.h"
#include <cmath>
#include <random>

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

namespace {

class QuantizationParametersTest : public testing::Test {
protected:
  QuantizationParametersTest() {
    context.loadDialect<QNNDialect>();
    context.getDiagEngine().registerHandler([this](Diagnostic &diagnostic) {
      message = diagnostic.str();
      return success();
    });
  }

  QuantizationAttr scheme(StringRef text) {
    return cast<QuantizationAttr>(
        parseAttribute(("#qnn.quantization<" + text + ">").str(), &context));
  }

  FailureOr<QuantizationParameters> compute(ArrayRef<float> values,
                                            ArrayRef<int64_t> shape,
                                            StringRef schemeText) {
    ArrayRef<char> data(reinterpret_cast<const char *>(values.data()),
                        values.size() * sizeof(float));
    auto type = RankedTensorType::get(shape, Float32Type::get(&context));
    return computeQuantizationParameters(data, type, scheme(schemeText), [&] {
      return emitError(UnknownLoc::get(&context));
    });
  }

  FailureOr<QuantizationParameters> compute(const Statistics &statistics,
                                            ObservedDims observed,
                                            ArrayRef<int64_t> shape,
                                            StringRef schemeText) {
    return computeQuantizationParameters(
        toAttribute(statistics, &context), observed, scheme(schemeText), shape,
        [&] { return emitError(UnknownLoc::get(&context)); });
  }

  MLIRContext context;
  std::string message;
};

TEST_F(QuantizationParametersTest, ConstantPerTensor) {
  auto result = compute({-1, 0.5, 2.54, NAN, INFINITY}, {5},
                        "i8 symmetric narrow_range tensor minmax");
  ASSERT_TRUE(succeeded(result));
  EXPECT_TRUE(result->shape.empty());
  ASSERT_EQ(result->scales.size(), 1u);
  EXPECT_FLOAT_EQ(result->scales[0], 0.02f);
  EXPECT_TRUE(result->zeroPoints.empty());
}

TEST_F(QuantizationParametersTest, ConstantPerAxisAndBlock) {
  // A 2x4x6 tensor against a direct computation, for each set of axes.
  std::vector<float> values(48);
  std::mt19937 engine(1);
  for (float &value : values)
    value = std::uniform_real_distribution<float>(-5, 5)(engine);
  struct {
    const char *text;
    std::array<int64_t, 3> parameterCounts;
  } cases[] = {
      {"i8 symmetric channel axes = [0] minmax", {2, 1, 1}},
      {"i8 symmetric channel axes = [1] minmax", {1, 4, 1}},
      {"i8 symmetric channel axes = [2] minmax", {1, 1, 6}},
      {"i8 symmetric token axes = [0, 1] minmax", {2, 4, 1}},
      {"i8 symmetric block axes = [1, 2] blocks = [2, 3] minmax", {1, 2, 2}},
      {"i8 symmetric block axes = [0, 2] blocks = [1, 2] percentile "
       "100.0",
       {2, 1, 3}}};
  for (auto [text, counts] : cases) {
    SCOPED_TRACE(text);
    auto result = compute(values, {2, 4, 6}, text);
    ASSERT_TRUE(succeeded(result));
    std::vector<float> amax(counts[0] * counts[1] * counts[2]);
    for (int i = 0; i < 2; ++i)
      for (int j = 0; j < 4; ++j)
        for (int k = 0; k < 6; ++k) {
          int64_t a = i * counts[0] / 2, b = j * counts[1] / 4,
                  c = k * counts[2] / 6;
          float &entry = amax[(a * counts[1] + b) * counts[2] + c];
          entry = std::max(entry, std::fabs(values[(i * 4 + j) * 6 + k]));
        }
    ASSERT_EQ(result->scales.size(), amax.size());
    for (size_t i = 0; i < amax.size(); ++i)
      EXPECT_EQ(result->scales[i], float(double(amax[i]) / 127));
  }
}

TEST_F(QuantizationParametersTest, StorageTypes) {
  auto scaleOf = [&](StringRef text) {
    auto result = compute({-2, 1}, {2}, text);
    return succeeded(result) ? result->scales[0] : NAN;
  };
  EXPECT_EQ(scaleOf("i4 symmetric narrow_range tensor minmax"), 2.0f / 7);
  EXPECT_EQ(scaleOf("i16 symmetric tensor minmax"), 2.0f / 32767);
  EXPECT_EQ(scaleOf("f8E4M3FN symmetric tensor minmax"), 2.0f / 448);
  EXPECT_EQ(scaleOf("f8E5M2 symmetric tensor minmax"), 2.0f / 57344);
  auto affine = compute({-2, 1}, {2}, "ui8 asymmetric tensor minmax");
  ASSERT_TRUE(succeeded(affine));
  EXPECT_EQ(affine->scales[0], float(3.0 / 255));
  EXPECT_EQ(affine->zeroPoints[0], 170);
}

TEST_F(QuantizationParametersTest, HalfPrecisionConstants) {
  uint16_t f16[] = {0x3c00, 0xc248}; // 1.0, -3.140625
  auto type = RankedTensorType::get({2}, Float16Type::get(&context));
  auto result = computeQuantizationParameters(
      ArrayRef<char>(reinterpret_cast<char *>(f16), 4), type,
      scheme("i8 symmetric tensor minmax"),
      [&] { return emitError(UnknownLoc::get(&context)); });
  ASSERT_TRUE(succeeded(result));
  EXPECT_EQ(result->scales[0], float(3.140625 / 127));
}

TEST_F(QuantizationParametersTest, Statistics) {
  std::vector<float> values = {-1, 0.25, 2, 8, 1, 4};
  Statistics statistics(3);
  statistics.update(values.data(), 2, 1);
  auto tensor =
      compute(statistics, {1, {}}, {2, 3}, "i8 asymmetric tensor minmax");
  ASSERT_TRUE(succeeded(tensor));
  EXPECT_EQ(tensor->scales[0], float(9.0 / 255));
  EXPECT_EQ(tensor->zeroPoints[0], -100);
  auto channels = compute(statistics, {1, {}}, {2, 3},
                          "i8 symmetric channel axes = [1] minmax");
  ASSERT_TRUE(succeeded(channels));
  EXPECT_EQ(channels->shape, (SmallVector<int64_t>{3}));
  EXPECT_EQ(channels->scales[0], float(8.0 / 127));
  EXPECT_EQ(channels->scales[1], float(1.0 / 127));
  EXPECT_EQ(channels->scales[2], float(4.0 / 127));
}

TEST_F(QuantizationParametersTest, StatisticsSurviveTheAttribute) {
  std::vector<float> values = {-1e-3f, 0.25, 2, 8, 1, NAN, INFINITY, NAN};
  Statistics statistics(4);
  statistics.update(values.data(), 2, 1);
  StatisticsAttr attribute = toAttribute(statistics, &context);
  EXPECT_EQ(toAttribute(fromAttribute(attribute), &context), attribute);
  StatisticsAttr empty = toAttribute(Statistics(), &context);
  EXPECT_EQ(toAttribute(fromAttribute(empty), &context), empty);
}

/// A head's parameters are those of the same numbers seen alone, by any
/// estimator.
TEST_F(QuantizationParametersTest, Heads) {
  // 2 x 3 heads x 50; the heads differ in size and sign.
  std::vector<float> values(300);
  std::vector<std::vector<float>> heads(3);
  for (int i = 0; i < 300; ++i) {
    int head = i / 50 % 3;
    values[i] = std::sin(float(i)) * std::pow(10.0f, head) + head;
    heads[head].push_back(values[i]);
  }
  Statistics statistics;
  statistics.setHeads(3, 50);
  statistics.update(values.data(), 300, 1);
  statistics.collectHeads();
  StatisticsAttr attribute = toAttribute(statistics, &context);
  EXPECT_EQ(toAttribute(fromAttribute(attribute), &context), attribute);
  for (std::string estimator : {"minmax", "percentile 95.0", "entropy", "mse"})
    for (std::string kind : {"i8 asymmetric ", "i8 symmetric narrow_range "}) {
      SCOPED_TRACE(kind + estimator);
      auto all = compute(statistics, {{}, 1}, {2, 3, 50},
                         kind + "head axes = [1] " + estimator);
      ASSERT_TRUE(succeeded(all));
      EXPECT_EQ(all->shape, SmallVector<int64_t>({3}));
      for (int head = 0; head < 3; ++head) {
        Statistics alone;
        alone.update(heads[head].data(), 100, 1);
        auto one = compute(alone, {}, {100}, kind + "tensor " + estimator);
        ASSERT_TRUE(succeeded(one));
        EXPECT_EQ(all->scales[head], one->scales[0]);
        if (!all->zeroPoints.empty())
          EXPECT_EQ(all->zeroPoints[head], one->zeroPoints[0]);
      }
    }
  EXPECT_TRUE(failed(compute(statistics, {{}, 0}, {2, 3, 50},
                             "i8 symmetric head axes = [1] minmax")));
  EXPECT_NE(message.find("the observed axis or observed heads"),
            std::string::npos)
      << message;
}

/// A channel's own range, clipped to what the estimator keeps of all elements.
TEST_F(QuantizationParametersTest, ChannelsClippedToTheWhole) {
  // 999 elements of the first channel in [0, 1), one outlier in the second,
  // which else lies in [-1, 0].
  std::vector<float> values(2000);
  for (int i = 0; i < 1000; ++i) {
    values[2 * i] = i / 1000.0f;
    values[2 * i + 1] = -i / 1000.0f;
  }
  values[1] = 1000;
  Statistics statistics(2);
  statistics.update(values.data(), 1000, 1);
  auto whole = compute(statistics, {}, {1000, 2},
                       "i8 asymmetric tensor percentile 99.0");
  auto minmax = compute(statistics, {1, {}}, {1000, 2},
                        "i8 asymmetric channel axes = [1] minmax");
  auto clipped = compute(statistics, {1, {}}, {1000, 2},
                         "i8 asymmetric channel axes = [1] percentile 99.0");
  ASSERT_TRUE(succeeded(whole) && succeeded(minmax) && succeeded(clipped));
  // The bins are as wide as the outlier makes them; the tensor keeps [lo, hi].
  float low = -(whole->zeroPoints[0] + 128) * whole->scales[0];
  float high = (127 - whole->zeroPoints[0]) * whole->scales[0];
  ASSERT_LT(high, 10);
  EXPECT_FLOAT_EQ(minmax->scales[0], 0.999f / 255);
  EXPECT_FLOAT_EQ(minmax->scales[1], 1000.999f / 255);
  EXPECT_NEAR(clipped->scales[0], std::min(0.999f, high) / 255, 1e-3);
  EXPECT_EQ(clipped->zeroPoints[0], -128);
  EXPECT_NEAR(clipped->scales[1], (high - std::max(-0.999f, low)) / 255, 1e-3);
}

/// The last block of a dimension is shorter where its size is no divisor.
TEST_F(QuantizationParametersTest, ShortLastBlock) {
  auto parameters =
      compute({127, -3, 254}, {3},
              "i8 symmetric narrow_range block axes = [0] blocks = [2] minmax");
  ASSERT_TRUE(succeeded(parameters));
  EXPECT_EQ(parameters->shape, SmallVector<int64_t>({2}));
  EXPECT_EQ(parameters->scales, SmallVector<float>({1.0f, 2.0f}));
}

TEST_F(QuantizationParametersTest, Refusals) {
  EXPECT_TRUE(failed(compute({1, 2}, {2},
                             "i8 symmetric channel axes = [1] "
                             "minmax")));
  EXPECT_EQ(message, "expected axes in [0, 1), but got 1");
  EXPECT_TRUE(failed(compute({1, 2}, {3}, "i8 symmetric tensor minmax")));
  EXPECT_EQ(message, "expected 12 bytes for 'tensor<3xf32>', but got 8");
  EXPECT_TRUE(failed(compute(Statistics(), {}, {2, 3},
                             "i8 symmetric channel axes = [1] minmax")));
  EXPECT_EQ(message,
            "expected granularity 'tensor', the observed axis or observed "
            "heads, but got "
            "#qnn.quantization<i8 symmetric channel axes = [1] minmax>");
}

} // namespace
