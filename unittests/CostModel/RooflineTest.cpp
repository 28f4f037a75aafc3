//===- RooflineTest.cpp - rates, ridges, the figures of a lecture ---------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/CostModel/Roofline.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/FileSystem.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace mlir;
using namespace quantc;

namespace {

qnn::TargetAttr makeTarget(MLIRContext &context, double int8, double f16,
                           double bandwidth) {
  context.loadDialect<qnn::QNNDialect>();
  Builder b(&context);
  return qnn::TargetAttr::get(&context, b.getStringAttr("test"),
                              b.getF64FloatAttr(int8), b.getF64FloatAttr(0),
                              b.getF64FloatAttr(f16), b.getF64FloatAttr(1e12),
                              b.getF64FloatAttr(bandwidth));
}

// The figures of RECIPES' course on quantization. It takes 1.5 TB/s for an
// A100, and for INT8 the sparse peak of 1248 TOPS.
TEST(RooflineTest, RidgesOfTheLecture) {
  MLIRContext context;
  qnn::TargetAttr a100 = makeTarget(context, 1248e12, 312e12, 1.5e12);
  EXPECT_DOUBLE_EQ(getRidge(a100, Precision::F16), 208);
  EXPECT_DOUBLE_EQ(getRidge(a100, Precision::Int8), 832);
}

// A middle layer of ResNet-50: 3x3 taps, 28x28 pixels, 128 to 128 channels. The
// lecture counts multiply-adds, and the bytes of input and weights.
TEST(RooflineTest, ResNetLayerOfTheLecture) {
  double macs = 3. * 3 * 28 * 28 * 128 * 128;
  double input = 28. * 28 * 128, weights = 3. * 3 * 128 * 128;
  EXPECT_NEAR(macs, 115.6e6, 0.05e6);
  EXPECT_NEAR(input, 0.10e6, 0.005e6);
  EXPECT_NEAR(weights, 0.15e6, 0.005e6);
  double batch = 128;
  EXPECT_NEAR(batch * macs, 14.8e9, 0.05e9);
  EXPECT_NEAR(2 * (batch * input + weights), 26e6, 0.05e6);
  Work f16{batch * macs, 2 * (batch * input + weights)};
  Work int8{batch * macs, batch * input + weights};
  EXPECT_NEAR(f16.getIntensity(), 569, 0.5);
  EXPECT_NEAR(int8.getIntensity(), 1139, 0.5);
}

// The last hidden layer of AlexNet, 4096x4096 with a batch of 128. Here the
// lecture counts operations.
TEST(RooflineTest, AlexNetLayerOfTheLecture) {
  double operations = 2. * 128 * 4096 * 4096;
  double input = 128. * 4096, weights = 4096. * 4096;
  Work f16{operations, 2 * (input + weights)};
  Work int8Weights{operations, 2 * input + weights};
  EXPECT_NEAR(f16.getIntensity(), 124.1, 0.05);
  EXPECT_NEAR(int8Weights.getIntensity(), 240.9, 0.05);
}

TEST(RooflineTest, TheLongerOfArithmeticAndTraffic) {
  MLIRContext context;
  qnn::TargetAttr target = makeTarget(context, 4e12, 2e12, 1e12);
  EXPECT_DOUBLE_EQ(estimateSeconds({8e12, 1e12}, Precision::Int8, target), 2);
  EXPECT_DOUBLE_EQ(estimateSeconds({8e12, 1e12}, Precision::F16, target), 4);
  EXPECT_DOUBLE_EQ(estimateSeconds({8e12, 3e12}, Precision::Int8, target), 3);
  EXPECT_TRUE(std::isinf(estimateSeconds({1, 1}, Precision::FP8, target)));
}

TEST(RooflineTest, KnownTargets) {
  MLIRContext context;
  for (StringRef name : {"a100", "l40s", "h100", "h200", "b200"}) {
    qnn::TargetAttr target = llvm::cantFail(resolveTarget(name, &context));
    EXPECT_EQ(target.getName().getValue(), name);
    EXPECT_GE(getRate(target, Precision::Int8),
              1.9 * getRate(target, Precision::F16));
  }
  // H200: dense INT8 at 1979 TOPS over 4.8 TB/s.
  qnn::TargetAttr h200 = llvm::cantFail(resolveTarget("h200", &context));
  EXPECT_NEAR(getRidge(h200, Precision::Int8), 412, 0.5);
}

TEST(RooflineTest, TargetsFromFiles) {
  MLIRContext context;
  std::string path = testing::TempDir() + "machine.target";
  auto write = [&](StringRef text) {
    std::error_code error;
    llvm::raw_fd_ostream(path, error) << text;
  };
  write("#qnn.target<name = \"mine\", int8 = 1.0e12 : f64, fp8 = 0.0 : f64, "
        "f16 = 1.0e11 : f64, f32 = 2.5e11 : f64, bandwidth = 4.0e10 : f64>\n");
  qnn::TargetAttr target = llvm::cantFail(resolveTarget(path, &context));
  EXPECT_EQ(target.getName().getValue(), "mine");
  EXPECT_DOUBLE_EQ(getRidge(target, Precision::F32), 6.25);

  auto refusal = [&](StringRef name) {
    auto target = resolveTarget(name, &context);
    return target ? std::string("none") : llvm::toString(target.takeError());
  };
  EXPECT_EQ(refusal("a101"), "expected a target a100, l40s, h100, h200, b200 "
                             "or a file that describes one, but got 'a101'");
  write("#qnn.target<name = \"mine\">");
  EXPECT_EQ(refusal(path).rfind(path + ": expected one '#qnn.target<...>'", 0),
            0u);
  write("17");
  EXPECT_EQ(refusal(path), path + ": expected one '#qnn.target<...>'");
}

} // namespace
