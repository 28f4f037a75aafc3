//===- StorageChainTest.cpp - one site's result as the next one's input ---===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Two products with a requantization to each storage type between them, with
// and without a ReLU, by the definition of docs/arithmetic.md.
//
//===----------------------------------------------------------------------===//

#include "StorageReference.h"
#include "quantc/Dialect/QNN/IR/QNNDialect.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"
#include "quantc/Execution/Executable.h"

#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/FormatVariadic.h"
#include "gtest/gtest.h"
#include <random>

using namespace mlir;
using namespace quantc;
using namespace quantc::test;
using llvm::formatv;

namespace {

constexpr int kRows = 3, kInner = 20, kMiddle = 12, kColumns = 5;
// As MLIR prints them and as the reference computes with them.
constexpr float kScaleX = 0.0625f, kScaleW = 0.03f, kScaleV = 0.125f;

struct Chain {
  StorageType middle;
  bool hasRelu;
};

class StorageChainTest : public ::testing::TestWithParam<Chain> {
protected:
  StorageChainTest() {
    qnn::registerQNNPasses();
    DialectRegistry registry;
    registerCompilerDialects(registry);
    registry.insert<qnn::QNNDialect>();
    context.appendDialectRegistry(registry);
  }

  static std::string print(const StorageType &type,
                           const std::vector<int64_t> &values, int columns) {
    std::string text;
    for (size_t i = 0; i < values.size(); ++i)
      text += (i % columns ? ", " : i ? "], [" : "[[") + type.print(values[i]);
    return text + "]]";
  }

  MLIRContext context;
  std::mt19937 random{3};
};

constexpr const char *kProgram = R"(
func.func @main(%x: tensor<3x20xf32>) -> tensor<3x5xf32> {{
  %c0 = arith.constant 0.0 : f32
  %sx = arith.constant dense<0.0625> : tensor<f32>
  %sw = arith.constant dense<0.03> : tensor<f32>
  %sv = arith.constant dense<0.125> : tensor<f32>
  %t = arith.constant dense<{0}> : tensor<f32>
{1}  %w = arith.constant dense<{2}> : tensor<20x12xi8>
  %v = arith.constant dense<{3}> : tensor<12x5x{4}>
  %qx = qnn.quantize %x, scale %sx : tensor<3x20xf32>, tensor<f32> -> tensor<3x20xi8>
  %dx = qnn.dequantize %qx, scale %sx : tensor<3x20xi8>, tensor<f32> -> tensor<3x20xf32>
  %dw = qnn.dequantize %w, scale %sw : tensor<20x12xi8>, tensor<f32> -> tensor<20x12xf32>
  %e = tensor.empty() : tensor<3x12xf32>
  %f = linalg.fill ins(%c0 : f32) outs(%e : tensor<3x12xf32>) -> tensor<3x12xf32>
  %first = linalg.matmul ins(%dx, %dw : tensor<3x20xf32>, tensor<20x12xf32>) outs(%f : tensor<3x12xf32>) -> tensor<3x12xf32>
  %relu = linalg.max ins(%first, %f : tensor<3x12xf32>, tensor<3x12xf32>) outs(%e : tensor<3x12xf32>) -> tensor<3x12xf32>
  %q = qnn.quantize {5}, scale %t{6} : tensor<3x12xf32>, tensor<f32>{7} -> tensor<3x12x{8}>
  %d = qnn.dequantize %q, scale %t{6} : tensor<3x12x{8}>, tensor<f32>{7} -> tensor<3x12xf32>
  %dv = qnn.dequantize %v, scale %sv : tensor<12x5x{4}>, tensor<f32> -> tensor<12x5xf32>
  %g = tensor.empty() : tensor<3x5xf32>
  %h = linalg.fill ins(%c0 : f32) outs(%g : tensor<3x5xf32>) -> tensor<3x5xf32>
  %y = linalg.matmul ins(%d, %dv : tensor<3x12xf32>, tensor<12x5xf32>) outs(%h : tensor<3x5xf32>) -> tensor<3x5xf32>
  return %y : tensor<3x5xf32>
}
)";

TEST_P(StorageChainTest, requantizesByDefinition) {
  auto draw = [&](int low, int high) {
    return low + int(random() % unsigned(high - low + 1));
  };
  const StorageType &middle = GetParam().middle;
  // f8: powers of two keep the sums exact.
  const StorageType &weights = middle.isF8() ? middle : kI8;
  for (int round = 0; round < 4; ++round) {
    std::vector<float> x(kRows * kInner);
    std::vector<int64_t> qx, w, v;
    for (float &value : x) {
      qx.push_back(draw(-128, 127));
      value = qx.back() * kScaleX;
    }
    for (int i = 0; i < kInner * kMiddle; ++i)
      w.push_back(draw(-128, 127));
    for (int i = 0; i < kMiddle * kColumns; ++i)
      v.push_back(middle.isF8() ? weights.round(draw(0, 1) * 2 - 1, 0)
                                : draw(-128, 127));
    std::optional<int64_t> zeroPoint;
    if (!middle.isF8() && round % 2)
      zeroPoint = draw(middle.getMin(), middle.getMax());
    // The sums reach about 8 standard deviations of 150 000 each.
    float t = 400.0f * kScaleX * kScaleW * 256 / (1 << middle.width);
    if (middle.isF8())
      t = 64;
    std::string text = formatv(
        kProgram, formatv("{0:E9}", t).str(),
        zeroPoint ? formatv("  %z = arith.constant dense<{0}> : tensor<{1}>\n",
                            *zeroPoint, middle.name)
                        .str()
                  : "",
        print(kI8, w, kMiddle), print(weights, v, kColumns), weights.name,
        GetParam().hasRelu ? "%relu" : "%first",
        zeroPoint ? " zero_point %z" : "",
        zeroPoint ? formatv(", tensor<{0}>", middle.name).str() : "",
        middle.name);
    SCOPED_TRACE(text);
    auto module = parseSourceString<ModuleOp>(text, &context);
    ASSERT_TRUE(module);
    PassManager manager(&context, ModuleOp::getOperationName());
    ASSERT_TRUE(succeeded(parsePassPipeline(
        "qnn-lower-symmetric,qnn-lower-asymmetric,qnn-fuse-zero-points,"
        "qnn-fuse-epilogue",
        manager)));
    ASSERT_TRUE(succeeded(manager.run(*module)));
    auto executable = Executable::compile(*module);
    ASSERT_TRUE(succeeded(executable));
    std::vector<float> actual(kRows * kColumns);
    ASSERT_FALSE(
        (*executable)
            ->run(*(*executable)->lookup("main"), {x.data()}, {actual.data()}));

    volatile float first = float(double(kScaleX) * double(kScaleW));
    volatile float multiplier = float(double(first) / double(t));
    volatile float second = float(double(t) * double(kScaleV));
    int64_t z = zeroPoint.value_or(0);
    for (int i = 0; i < kRows; ++i) {
      std::vector<int64_t> q;
      for (int j = 0; j < kMiddle; ++j) {
        int64_t sum = 0;
        for (int k = 0; k < kInner; ++k)
          sum += qx[i * kInner + k] * w[k * kMiddle + j];
        volatile float product = float(sum) * multiplier;
        if (GetParam().hasRelu)
          product = product > 0 ? product : 0;
        q.push_back(middle.round(product, z));
      }
      for (int j = 0; j < kColumns; ++j) {
        __int128 sum = 0;
        for (int k = 0; k < kMiddle; ++k)
          sum += middle.getFixedPoint(q[k], z) *
                 weights.getFixedPoint(v[k * kColumns + j], 0);
        volatile float number = std::ldexp(float(sum), -32);
        float expected = number * second;
        EXPECT_EQ(llvm::bit_cast<uint32_t>(actual[i * kColumns + j]),
                  llvm::bit_cast<uint32_t>(expected))
            << i << ", " << j << ": expected " << expected << ", but got "
            << actual[i * kColumns + j];
      }
    }
  }
}

const Chain chains[] = {
    {kI4, false},   {kI8, false}, {kUI8, false}, {kI16, false}, {kE4M3, false},
    {kE5M2, false}, {kI4, true},  {kI8, true},   {kUI8, true},  {kI16, true}};

INSTANTIATE_TEST_SUITE_P(types, StorageChainTest, ::testing::ValuesIn(chains),
                         [](const auto &info) {
                           return std::string(info.param.middle.name) +
                                  (info.param.hasRelu ? "Relu" : "");
                         });

} // namespace
