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
      double estimated = *estimateNoiseToSignal(statistics, affine, attribute);
      EXPECT_NEAR(toDecibel(estimated), toDecibel(measured), 1);
    }
}

TEST_F(QuantizationErrorTest, NoSignal) {
  Statistics zeros;
  float values[] = {0, 0};
  zeros.update(values, 1, 2);
  QuantizationAttr attribute = scheme("i8 symmetric tensor minmax");
  EXPECT_FALSE(estimateNoiseToSignal(zeros, {1, 0}, attribute));
  EXPECT_FALSE(estimateNoiseToSignal(Statistics(), {1, 0}, attribute));
  EXPECT_EQ(toDecibel(0), 200);
  EXPECT_EQ(toDecibel(0.01), 20);
}

} // namespace
