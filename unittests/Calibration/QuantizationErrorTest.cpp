//===- QuantizationErrorTest.cpp - estimated against measured errors ------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Calibration/QuantizationError.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/MLIRContext.h"
#include "gtest/gtest.h"
#include <cmath>
#include <random>

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

namespace {

class QuantizationErrorTest : public testing::Test {
protected:
  QuantizationErrorTest() { context.loadDialect<QNNDialect>(); }

  QuantizationAttr scheme(StringRef text) {
    return cast<QuantizationAttr>(
        parseAttribute(("#qnn.quantization<" + text + ">").str(), &context));
  }

  MLIRContext context;
};

TEST_F(QuantizationErrorTest, QuantizeDequantize) {
  QuantizationAttr affine = scheme("i8 asymmetric tensor minmax");
  AffineParameters parameters{0.5f, -100};
  FakeQuantizer integers(parameters, affine);
  EXPECT_EQ(integers(0), 0);
  EXPECT_EQ(integers(0.25), 0);
  EXPECT_EQ(integers(0.75), 1);
  EXPECT_EQ(integers(1e9), 113.5);
  EXPECT_EQ(integers(-1e9), -14);
  QuantizationAttr f8 = scheme("f8E4M3FN symmetric tensor minmax");
  EXPECT_EQ(FakeQuantizer({1, 0}, f8)(1.06), 1.0);
  EXPECT_EQ(FakeQuantizer({2, 0}, f8)(1e9), 896);
}

/// Floats of eight bits against APFloat: all their values, the middles between
/// them and what is next to both.
TEST_F(QuantizationErrorTest, FloatsAreRoundedExactly) {
  for (StringRef name : {"f8E4M3FN", "f8E5M2"}) {
    QuantizationAttr attribute =
        scheme((name + " symmetric tensor minmax").str());
    auto type = cast<FloatType>(attribute.getStorage());
    auto semantics = [&]() -> const llvm::fltSemantics & {
      return type.getFloatSemantics();
    };
    double max = llvm::APFloat::getLargest(semantics()).convertToDouble();
    std::vector<double> values = {1e30, -1e30, 1e-30};
    for (int bits = 0; bits < 256; ++bits) {
      llvm::APFloat value(semantics(), llvm::APInt(8, bits));
      if (value.isFinite())
        values.push_back(value.convertToDouble());
    }
    std::sort(values.begin(), values.end());
    for (size_t i = 1, e = values.size(); i < e; ++i)
      values.push_back((values[i - 1] + values[i]) / 2);
    for (size_t i = 0, e = values.size(); i < e; ++i) {
      values.push_back(std::nextafter(values[i], -INFINITY));
      values.push_back(std::nextafter(values[i], INFINITY));
    }
    for (float scale : {1.0f, 0.3f}) {
      FakeQuantizer quantizer({scale, 0}, attribute);
      for (double x : values) {
        llvm::APFloat rounded(std::clamp(x / scale, -max, max));
        bool losesInfo;
        rounded.convert(semantics(), llvm::APFloat::rmNearestTiesToEven,
                        &losesInfo);
        EXPECT_EQ(quantizer(x), rounded.convertToDouble() * scale) << x;
      }
    }
  }
}

/// Sums have the same bits as one after the other in their lanes, for every
/// number of values.
TEST_F(QuantizationErrorTest, SumsOfErrors) {
  std::mt19937 engine(8);
  std::normal_distribution<float> normal;
  for (StringRef text :
       {"i8 asymmetric tensor minmax", "f8E5M2 symmetric tensor minmax"})
    for (int size : {0, 1, 15, 16, 17, 1000}) {
      std::vector<float> values(size);
      for (float &value : values)
        value = normal(engine);
      QuantizationAttr attribute = scheme(text);
      FakeQuantizer quantizer({0.03f, attribute.getSymmetric() ? 0 : 5},
                              attribute);
      double lanes[16] = {};
      for (int i = 0; i < size; ++i) {
        double error = values[i] - quantizer(values[i]);
        lanes[i % 16] += error * error;
      }
      for (int half = 8; half > 0; half /= 2)
        for (int lane = 0; lane < half; ++lane)
          lanes[lane] += lanes[lane + half];
      EXPECT_EQ(quantizer.sumSquaredErrors(values), lanes[0]);
    }
}

/// The histogram's estimate agrees with the error of the values themselves.
TEST_F(QuantizationErrorTest, EstimateAgreesWithMeasurement) {
  std::mt19937 engine(1);
  std::normal_distribution<float> normal(0.5f, 1);
  for (float outlier : {0.0f, 100.0f})
    for (StringRef text :
         {"i8 asymmetric tensor minmax", "i8 symmetric tensor minmax",
          "i8 asymmetric tensor percentile 99.0",
          "f8E4M3FN symmetric tensor minmax"}) {
      SCOPED_TRACE((text + " " + std::to_string(outlier)).str());
      std::vector<float> values(20000);
      for (float &value : values)
        value = std::max(0.0f, normal(engine));
      values[7] = outlier;
      Statistics statistics;
      statistics.update(values.data(), 1, values.size());
      QuantizationAttr attribute = scheme(text);
      auto type = RankedTensorType::get({int64_t(values.size())},
                                        Float32Type::get(&context));
      ArrayRef<char> data(reinterpret_cast<char *>(values.data()),
                          values.size() * sizeof(float));
      FailureOr<QuantizationParameters> parameters =
          computeQuantizationParameters(data, type, attribute, [&] {
            return emitError(UnknownLoc::get(&context));
          });
      ASSERT_TRUE(succeeded(parameters));
      double measured =
          *measureNoiseToSignal(data, type, *parameters, attribute);
      AffineParameters affine{
          parameters->scales[0],
          parameters->zeroPoints.empty() ? 0 : parameters->zeroPoints[0]};
      double estimated =
          *estimateNoise(statistics, affine, attribute).getRatio();
      EXPECT_NEAR(toDecibel(estimated), toDecibel(measured), 1);
    }
}

/// Channels of very different magnitudes: their ranges and the histogram of all
/// tell what quantizing each with its own scale costs.
TEST_F(QuantizationErrorTest, EstimateOfChannelsAgreesWithMeasurement) {
  constexpr int64_t rows = 3000, channels = 16;
  std::mt19937 engine(3);
  std::normal_distribution<float> normal(0.5f, 1);
  std::vector<float> values(rows * channels);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = std::ldexp(normal(engine), int(i % channels) / 3);
  Statistics statistics(channels);
  statistics.update(values.data(), rows, 1);
  for (StringRef text : {"i8 asymmetric channel axes = [1] minmax",
                         "i8 symmetric channel axes = [1] minmax",
                         "i8 asymmetric channel axes = [1] percentile 99.0"}) {
    SCOPED_TRACE(text.str());
    QuantizationAttr attribute = scheme(text);
    FailureOr<QuantizationParameters> parameters =
        computeQuantizationParameters(
            toAttribute(statistics, &context), {1, std::nullopt}, attribute,
            {rows, channels},
            [&] { return emitError(UnknownLoc::get(&context)); });
    ASSERT_TRUE(succeeded(parameters));
    NoiseEstimate measured;
    for (size_t i = 0; i < values.size(); ++i) {
      size_t channel = i % channels;
      AffineParameters affine{
          parameters->scales[channel],
          attribute.getSymmetric() ? 0 : parameters->zeroPoints[channel]};
      double error = values[i] - FakeQuantizer(affine, attribute)(values[i]);
      measured.signal += double(values[i]) * values[i];
      measured.noise += error * error;
    }
    std::optional<double> estimated =
        estimateNoiseToSignal(statistics, attribute);
    ASSERT_TRUE(estimated);
    EXPECT_NEAR(toDecibel(*estimated), toDecibel(*measured.getRatio()), 1);
    std::optional<NoiseEstimate> withParameters =
        estimateNoise(statistics, *parameters, attribute);
    ASSERT_TRUE(withParameters);
    EXPECT_NEAR(toDecibel(*withParameters->getRatio()),
                toDecibel(*measured.getRatio()), 1);
    Statistics rangesAlone = statistics;
    rangesAlone.histogram = {};
    EXPECT_FALSE(estimateNoiseToSignal(rangesAlone, attribute));
    EXPECT_FALSE(estimateNoise(rangesAlone, *parameters, attribute));
  }
}

// Zeros of channels beside positive ones lie in the ranges that these have.
TEST_F(QuantizationErrorTest, ZerosAreNoNoise) {
  constexpr int64_t rows = 1000, channels = 4;
  std::vector<float> values;
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t channel = 0; channel < channels; ++channel)
      values.push_back(channel == 0 ? 0 : 0.5f + 0.5f * row / rows);
  Statistics statistics(channels);
  statistics.update(values.data(), rows, 1);
  auto attribute = scheme("i8 asymmetric channel axes = [1] minmax");
  std::optional<double> ratio = estimateNoiseToSignal(statistics, attribute);
  ASSERT_TRUE(ratio);
  // s^2 / 12 of [0, 1] over a mean square of 7 / 12, of three channels both.
  EXPECT_NEAR(*ratio, 1 / (255.0 * 255 * 12) / (7 / 12.0), 1e-8);
}

TEST_F(QuantizationErrorTest, MSEClipsOutliers) {
  std::mt19937 engine(2);
  std::vector<float> values(20000);
  std::normal_distribution<float> normal;
  for (float &value : values)
    value = normal(engine);
  values[3] = 12;
  values[4] = -9;
  Statistics statistics;
  statistics.update(values.data(), 1, values.size());
  for (StringRef text :
       {"i8 asymmetric tensor mse", "i4 symmetric tensor mse"}) {
    SCOPED_TRACE(text.str());
    QuantizationAttr attribute = scheme(text);
    auto errorOf = [&](quantc::Range range) {
      return FakeQuantizer(computeAffine(range, attribute), attribute)
          .sumSquaredErrors(values);
    };
    double least = INFINITY;
    for (int step = 0; step <= 100; ++step) {
      double share = 0.2 + 0.8 * step / 100;
      least = std::min(least, errorOf({-9 * share, 12 * share}));
    }
    llvm::Expected<quantc::Range> range = estimateRange(statistics, attribute);
    ASSERT_TRUE(bool(range));
    EXPECT_LE(errorOf(*range), 1.05 * least);
    EXPECT_LT(range->max, 12);
  }
  // Nothing can be better for zeros.
  Statistics zeros;
  float zero = 0;
  zeros.update(&zero, 1, 1);
  EXPECT_EQ(estimateRange(zeros, scheme("i8 symmetric tensor mse"))->max, 0);
}

TEST_F(QuantizationErrorTest, NoSignal) {
  Statistics zeros;
  float values[] = {0, 0};
  zeros.update(values, 1, 2);
  QuantizationAttr attribute = scheme("i8 symmetric tensor minmax");
  EXPECT_FALSE(estimateNoise(zeros, {1, 0}, attribute).getRatio());
  EXPECT_FALSE(estimateNoise(Statistics(), {1, 0}, attribute).getRatio());
  EXPECT_EQ(toDecibel(0), 200);
  EXPECT_EQ(toDecibel(0.01), 20);
}

} // namespace
