//===- SiteCostTest.cpp - costs against sums done by hand -----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/CostModel/SiteCost.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/MLIRContext.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace quantc;

namespace {

class SiteCostTest : public testing::Test {
protected:
  SiteCostTest() {
    context.loadDialect<qnn::QNNDialect>();
    // One byte takes a second, a float operation four, an int8 operation one.
    target = cast<qnn::TargetAttr>(parseAttribute(
        "#qnn.target<name = \"test\", int8 = 1.0 : f64, fp8 = 0.0 : f64, "
        "f16 = 0.5 : f64, f32 = 0.25 : f64, bandwidth = 1.0 : f64>",
        &context));
    // 4x8 times 8x16, the rhs a parameter.
    work.macs = 4 * 8 * 16;
    work.operands[0] = {32, 4, false};
    work.operands[1] = {128, 16, true};
    work.resultElements = 64;
  }

  SiteCost estimate(StringRef lhs, StringRef rhs) {
    return estimateSiteCost(work,
                            cast<qnn::SchemeAttr>(parseAttribute(
                                ("#qnn.scheme<lhs = #qnn.quantization<" + lhs +
                                 ">, rhs = #qnn.quantization<" + rhs + ">>")
                                    .str(),
                                &context)),
                            target);
  }

  MLIRContext context;
  qnn::TargetAttr target;
  SiteWork work;
};

constexpr StringRef weights =
    "i8 symmetric narrow_range channel axes = [1] minmax";

TEST_F(SiteCostTest, Float) {
  SiteCost cost = estimateSiteCost(work, {}, target);
  EXPECT_EQ(cost.contraction, 2 * 512 / 0.25); // 896 bytes take less
  EXPECT_EQ(cost.quantize, 4 * 32);            // the producer's write
  EXPECT_EQ(cost.reduction, 0);
  EXPECT_EQ(cost.correction, 0);
}

TEST_F(SiteCostTest, Static) {
  SiteCost cost = estimate("i8 asymmetric tensor minmax", weights);
  EXPECT_EQ(cost.contraction, 1024); // 32 + 128 + 256 bytes take less
  EXPECT_EQ(cost.quantize, 32);
  EXPECT_EQ(cost.reduction, 0);
  EXPECT_EQ(cost.correction, 0); // a zero point of the lhs is free
}

TEST_F(SiteCostTest, ZeroPointsOfTheWeights) {
  SiteCost cost = estimate("i8 asymmetric tensor minmax",
                           "i8 asymmetric channel axes = [1] minmax");
  EXPECT_EQ(cost.correction, 2 * 4 * 4); // a sum for each of four rows
}

TEST_F(SiteCostTest, Dynamic) {
  SiteCost token =
      estimate("i8 asymmetric dynamic token axes = [0] minmax", weights);
  EXPECT_EQ(token.reduction, 2 * 128);
  SiteCost tensor = estimate("i8 asymmetric dynamic tensor minmax", weights);
  EXPECT_EQ(tensor.reduction, 3 * 128);
}

TEST_F(SiteCostTest, WhatTheMachineLacksIsInfinite) {
  SiteCost cost = estimate("f8E4M3FN symmetric tensor minmax",
                           "f8E4M3FN symmetric tensor minmax");
  EXPECT_TRUE(std::isinf(cost.getTotal()));
}

TEST_F(SiteCostTest, TrafficLimitsMatrixVectorProducts) {
  work.macs = 1 * 8 * 16;
  work.operands[0] = {8, 1, false};
  work.resultElements = 16;
  SiteCost cost = estimate("i8 symmetric tensor minmax", weights);
  EXPECT_EQ(cost.contraction, 256); // operations: 2 * 128 / 1
  work.operands[1].elements = 4096;
  EXPECT_EQ(estimate("i8 symmetric tensor minmax", weights).contraction,
            8 + 4096 + 64);
}

} // namespace
