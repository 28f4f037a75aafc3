//===- SmoothTest.cpp - smoothing leaves the function as it is ------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Calibration/ApplyStatistics.h"
#include "quantc/Calibration/Calibrator.h"
#include "quantc/Dialect/QNN/IR/QNNOps.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "gtest/gtest.h"
#include <cmath>
#include <random>

using namespace mlir;
using namespace quantc;

namespace {

/// A norm's gamma and beta, two readers of it, a linear layer with bias and
/// rectifier, and one after it. Channels 1 and 5 of gamma are outliers.
constexpr const char *model = R"(
#map = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d1)>
func.func @main(%x: tensor<6x8xf32> {{qnn.input = "x"}) -> (tensor<6x4xf32>, tensor<6x8xf32>, tensor<6x8xf32>) {{
  %gamma = arith.constant dense<[1.0, 80.0, 0.5, 2.0, 1.0, 120.0, -1.0, 0.1]> : tensor<8xf32>
  %beta = arith.constant dense<{0}> : tensor<8xf32>
  %wk = arith.constant dense<{1}> : tensor<8x4xf32>
  %wup = arith.constant dense<{2}> : tensor<8x12xf32>
  %bup = arith.constant dense<{3}> : tensor<12xf32>
  %wdown = arith.constant dense<{4}> : tensor<12x8xf32>
  %zero = arith.constant 0.0 : f32
  %e8 = tensor.empty() : tensor<6x8xf32>
  %e4 = tensor.empty() : tensor<6x4xf32>
  %e12 = tensor.empty() : tensor<6x12xf32>
  %z8 = linalg.fill ins(%zero : f32) outs(%e8 : tensor<6x8xf32>) -> tensor<6x8xf32>
  %z4 = linalg.fill ins(%zero : f32) outs(%e4 : tensor<6x4xf32>) -> tensor<6x4xf32>
  %z12 = linalg.fill ins(%zero : f32) outs(%e12 : tensor<6x12xf32>) -> tensor<6x12xf32>
  %n = linalg.generic {{indexing_maps = [#map, #row, #row, #map], iterator_types = ["parallel", "parallel"]}
      ins(%x, %gamma, %beta : tensor<6x8xf32>, tensor<8xf32>, tensor<8xf32>) outs(%e8 : tensor<6x8xf32>) {{
  ^bb0(%a: f32, %g: f32, %b: f32, %out: f32):
    %0 = arith.mulf %a, %g : f32
    %1 = arith.addf %0, %b : f32
    linalg.yield %1 : f32
  } -> tensor<6x8xf32>
  %k = linalg.matmul ins(%n, %wk : tensor<6x8xf32>, tensor<8x4xf32>) outs(%z4 : tensor<6x4xf32>) -> tensor<6x4xf32>
  %u = linalg.matmul ins(%n, %wup : tensor<6x8xf32>, tensor<8x12xf32>) outs(%z12 : tensor<6x12xf32>) -> tensor<6x12xf32>
  %r = linalg.generic {{indexing_maps = [#map, #row, #map], iterator_types = ["parallel", "parallel"]}
      ins(%u, %bup : tensor<6x12xf32>, tensor<12xf32>) outs(%e12 : tensor<6x12xf32>) {{
  ^bb0(%a: f32, %b: f32, %out: f32):
    %0 = arith.addf %a, %b : f32
    %1 = arith.maximumf %0, %zero : f32
    linalg.yield %1 : f32
  } -> tensor<6x12xf32>
  %d = linalg.matmul ins(%r, %wdown : tensor<6x12xf32>, tensor<12x8xf32>) outs(%z8 : tensor<6x8xf32>) -> tensor<6x8xf32>
  %s = linalg.add ins(%d, %x : tensor<6x8xf32>, tensor<6x8xf32>) outs(%e8 : tensor<6x8xf32>) -> tensor<6x8xf32>
  %wlast = arith.constant dense<{5}> : tensor<8x8xf32>
  %l = linalg.matmul ins(%s, %wlast : tensor<6x8xf32>, tensor<8x8xf32>) outs(%z8 : tensor<6x8xf32>) -> tensor<6x8xf32>
  return %k, %s, %l : tensor<6x4xf32>, tensor<6x8xf32>, tensor<6x8xf32>
})";

class SmoothTest : public testing::Test {
protected:
  SmoothTest() {
    DialectRegistry registry;
    registerCompilerDialects(registry);
    registry.insert<qnn::QNNDialect>();
    context.appendDialectRegistry(registry);
  }

  std::vector<float> random(size_t size) {
    std::vector<float> values(size);
    for (float &value : values)
      value = std::normal_distribution<float>()(engine);
    return values;
  }

  /// A hexadecimal literal of `size` random values.
  std::string literal(size_t size) {
    std::vector<float> values = random(size);
    return "\"0x" +
           llvm::toHex(ArrayRef<uint8_t>(
               reinterpret_cast<uint8_t *>(values.data()), size * 4)) +
           "\"";
  }

  OwningOpRef<ModuleOp> makeModel() {
    std::string text =
        llvm::formatv(model, literal(8), literal(32), literal(96), literal(12),
                      literal(96), literal(64));
    return parseSourceString<ModuleOp>(text, &context);
  }

  LogicalResult runPass(ModuleOp module, std::unique_ptr<Pass> pass) {
    PassManager pm(&context);
    pm.addPass(std::move(pass));
    return pm.run(module);
  }

  /// Attaches the statistics of `rows` times eight random values.
  void calibrate(ModuleOp module, int64_t rows) {
    std::string path = testing::TempDir() + "smooth.safetensors";
    std::vector<float> values = random(rows * 8);
    SafetensorsTensor tensor{
        "x",
        DType::F32,
        {rows, 8},
        {reinterpret_cast<const char *>(values.data()), values.size() * 4}};
    llvm::cantFail(writeSafetensors(path, tensor));
    auto calibrator = Calibrator::create(module);
    ASSERT_TRUE(succeeded(calibrator));
    DataSet data = llvm::cantFail(
        DataSet::create(llvm::cantFail(SafetensorsFile::open(path)),
                        (*calibrator)->getInputs()));
    llvm::cantFail((*calibrator)->run(data));
    ASSERT_TRUE(succeeded(
        applyStatistics(module, (*calibrator)->getStatistics(), "memory")));
  }

  /// All outputs for one batch; observers are left out.
  std::vector<float> evaluate(ModuleOp module, ArrayRef<float> input) {
    OwningOpRef<ModuleOp> copy = module.clone();
    copy->walk([](qnn::ObserveOp op) {
      op.getResult().replaceAllUsesWith(op.getInput());
      op.erase();
    });
    auto executable = Executable::compile(*copy);
    if (failed(executable))
      return {};
    std::vector<float> k(24), s(48), l(48);
    llvm::cantFail((*executable)
                       ->run(*(*executable)->lookup("main"), {input.data()},
                             {k.data(), s.data(), l.data()}));
    k.insert(k.end(), s.begin(), s.end());
    k.insert(k.end(), l.begin(), l.end());
    return k;
  }

  MLIRContext context;
  std::mt19937 engine{1};
};

TEST_F(SmoothTest, FunctionIsUnchanged) {
  for (double alpha : {0.0, 0.5, 1.0}) {
    SCOPED_TRACE(alpha);
    OwningOpRef<ModuleOp> module = makeModel();
    ASSERT_TRUE(module);
    ASSERT_TRUE(succeeded(runPass(*module, qnn::createQNNAnnotatePass())));
    calibrate(*module, 60);
    std::vector<float> input = random(48);
    std::vector<float> before = evaluate(*module, input);
    qnn::QNNSmoothPassOptions options;
    options.alpha = alpha;
    ASSERT_TRUE(succeeded(runPass(*module, qnn::createQNNSmoothPass(options))));
    std::vector<float> after = evaluate(*module, input);
    ASSERT_EQ(before.size(), after.size());
    ASSERT_FALSE(before.empty());
    float largest = 0, difference = 0;
    for (size_t i = 0; i < before.size(); ++i) {
      largest = std::max(largest, std::fabs(before[i]));
      difference = std::max(difference, std::fabs(before[i] - after[i]));
    }
    EXPECT_GT(largest, 0);
    EXPECT_LE(difference, 1e-5 * largest);
    EXPECT_GT(difference, 0) << "nothing was smoothed";
    // Only the last layer reads a residual, which has another reader.
    int multiplies = 0;
    module->walk([&](linalg::GenericOp op) { ++multiplies; });
    EXPECT_EQ(multiplies, 3);
  }
}

/// The rescaled minima and maxima are those that calibration would have seen.
TEST_F(SmoothTest, StatisticsFollow) {
  OwningOpRef<ModuleOp> module = makeModel();
  ASSERT_TRUE(module);
  ASSERT_TRUE(succeeded(runPass(*module, qnn::createQNNAnnotatePass())));
  std::mt19937 start = engine;
  calibrate(*module, 60);
  ASSERT_TRUE(succeeded(runPass(*module, qnn::createQNNSmoothPass())));
  std::vector<qnn::StatisticsAttr> rescaled;
  module->walk([&](qnn::ObserveOp op) {
    rescaled.push_back(*op.getStatistics());
    EXPECT_TRUE(rescaled.back().getHistogram().empty());
  });
  engine = start;
  calibrate(*module, 60);
  size_t i = 0;
  module->walk([&](qnn::ObserveOp op) {
    qnn::StatisticsAttr expected = *op.getStatistics(), actual = rescaled[i++];
    float tolerance = 1e-5 * std::max(-expected.getMin().getValueAsDouble(),
                                      expected.getMax().getValueAsDouble());
    EXPECT_NEAR(actual.getMin().getValueAsDouble(),
                expected.getMin().getValueAsDouble(), tolerance);
    EXPECT_NEAR(actual.getMax().getValueAsDouble(),
                expected.getMax().getValueAsDouble(), tolerance);
    for (auto [a, e] : llvm::zip_equal(actual.getChannelMax().asArrayRef(),
                                       expected.getChannelMax().asArrayRef()))
      EXPECT_NEAR(a, e, tolerance);
  });
  EXPECT_EQ(i, 3u);
}

} // namespace
