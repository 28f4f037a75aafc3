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
  EXPECT_EQ(quantizeDequantize(0, parameters, affine), 0);
  EXPECT_EQ(quantizeDequantize(0.25, parameters, affine), 0);
  EXPECT_EQ(quantizeDequantize(0.75, parameters, affine), 1);
  EXPECT_EQ(quantizeDequantize(1e9, parameters, affine), 113.5);
  EXPECT_EQ(quantizeDequantize(-1e9, parameters, affine), -14);
  QuantizationAttr f8 = scheme("f8E4M3FN symmetric tensor minmax");
  EXPECT_EQ(quantizeDequantize(1.06, {1, 0}, f8), 1.0);
  EXPECT_EQ(quantizeDequantize(1e9, {2, 0}, f8), 896);
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
      double error =
          values[i] - quantizeDequantize(values[i], affine, attribute);
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

/// The clip is the best of the grid by the error of the values themselves, or
/// nearly.
TEST_F(QuantizationErrorTest, MSEOfValuesIsTheBestOfAllClips) {
  auto scheme = cast<QuantizationAttr>(parseAttribute(
      "#qnn.quantization<i4 symmetric narrow_range tensor mse>", &context));
  std::mt19937 engine(5);
  std::normal_distribution<float> normal(0, 1);
  for (int round = 0; round < 20; ++round) {
    std::vector<float> values(1 + engine() % 200);
    for (float &value : values)
      value = normal(engine);
    values.front() = 9; // worth clipping in some rounds
    values.push_back(NAN);
    quantc::Range found = estimateMSE(values, scheme);
    // Symmetric i4 without its lowest integer: round to s * [-7, 7].
    auto errorOf = [&](double amax) {
      double sum = 0, scale = float(amax / 7);
      for (float value : values)
        if (!std::isnan(value)) {
          double q = std::clamp(std::nearbyint(value / scale), -7.0, 7.0);
          sum += (value - q * scale) * (value - q * scale);
        }
      return sum;
    };
    double foundError = errorOf(std::max(-found.min, found.max));
    for (int step = 0; step <= 100; ++step)
      EXPECT_LE(foundError, errorOf(9 * (0.2 + 0.008 * step)) * (1 + 1e-6));
  }
  EXPECT_EQ(estimateMSE({NAN}, scheme).max, 0);
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
      AffineParameters parameters = computeAffine(range, attribute);
      double sum = 0;
      for (float value : values) {
        double error = value - quantizeDequantize(value, parameters, attribute);
        sum += error * error;
      }
      return sum;
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
