//===- ScaleFoldingTest.cpp - scales per summed channel, folded -----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// sum_k s[k] (q[k] - z[k]) w[k, n] = sum_k q[k] w'[k, n] - sum_k z[k] w'[k, n]
// with w' = s w, in doubles, on what qnn-materialize makes of a site; and the
// integer program against it.
//
//===----------------------------------------------------------------------===//

#include "LowerSiteTest.h"
#include "quantc/Dialect/QNN/IR/Arithmetic.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"
#include "quantc/Parameters/ConstantTensor.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/StringExtras.h"
#include <cmath>

using namespace mlir;
using namespace quantc;
using namespace quantc::test;

namespace {

constexpr int64_t kRows = 6, kProducts = 37, kColumns = 11;

class ScaleFoldingTest : public LowerSiteTest {
protected:
  std::vector<float> draw(size_t size, double scale) {
    std::normal_distribution<double> normal(0.3, scale);
    std::vector<float> values(size);
    for (float &value : values)
      value = normal(random);
    return values;
  }

  static std::string join(ArrayRef<float> values) {
    std::string text;
    llvm::raw_string_ostream os(text);
    llvm::interleaveComma(
        values, os, [&](float value) { os << llvm::format("%.9e", value); });
    return text;
  }

  /// A site with the weight inside and the extremes of each channel of `x`.
  std::string write(ArrayRef<float> x, ArrayRef<float> weight) {
    std::vector<float> min(kProducts, 0), max(kProducts, 0);
    for (int64_t m = 0; m < kRows; ++m)
      for (int64_t k = 0; k < kProducts; ++k) {
        min[k] = std::min(min[k], x[m * kProducts + k]);
        max[k] = std::max(max[k], x[m * kProducts + k]);
      }
    std::string bytes = llvm::toHex(ArrayRef<uint8_t>(
        reinterpret_cast<const uint8_t *>(weight.data()), weight.size() * 4));
    return R"(
#stats = #qnn.statistics<count = 222, nanCount = 0, infCount = 0, min = -1.0e9 : f32, max = 1.0e9 : f32, channelMin = [)" +
           join(min) + "], channelMax = [" + join(max) +
           R"(], binExponent = 0, firstBin = 0, histogram = []>
func.func @main(%x: tensor<6x37xf32>) -> tensor<6x11xf32> {
  %w = arith.constant dense<"0x)" +
           bytes + R"("> : tensor<37x11xf32>
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<6x11xf32>
  %zero = linalg.fill ins(%c0 : f32) outs(%e : tensor<6x11xf32>) -> tensor<6x11xf32>
  %o = qnn.observe %x {name = "x", axis = 1 : i64, statistics = #stats} : tensor<6x37xf32>
  %y = linalg.matmul {qnn.scheme = #qnn.scheme<lhs = #qnn.quantization<i8 asymmetric channel axes = [1] minmax>, rhs = #qnn.quantization<i8 symmetric narrow_range channel axes = [1] minmax>>}
    ins(%o, %w : tensor<6x37xf32>, tensor<37x11xf32>) outs(%zero : tensor<6x11xf32>) -> tensor<6x11xf32>
  return %y : tensor<6x11xf32>
})";
  }

  std::mt19937_64 random{7};
};

template <typename T>
std::vector<double> getConstant(Value value) {
  std::optional<ConstantTensor> constant = ConstantTensor::get(value);
  if (!constant) {
    ADD_FAILURE() << "expected a constant";
    return {};
  }
  ArrayRef<T> elements = constant->getAs<T>();
  return {elements.begin(), elements.end()};
}

TEST_F(ScaleFoldingTest, ExactInRealArithmetic) {
  // Channels of very different ranges, as in a transformer.
  std::vector<float> x = draw(kRows * kProducts, 1);
  for (size_t i = 0; i < x.size(); ++i)
    x[i] *= std::exp2(float(i % kProducts % 9));
  std::vector<float> weight = draw(kProducts * kColumns, 0.05);
  std::string text = write(x, weight);

  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
  ASSERT_TRUE(module);
  PassManager manager(&context);
  manager.addPass(qnn::createQNNMaterializePass());
  ASSERT_TRUE(succeeded(manager.run(*module)));
  linalg::MatmulOp site;
  qnn::QuantizeOp quantize;
  module->walk([&](linalg::MatmulOp op) { site = op; });
  module->walk([&](qnn::QuantizeOp op) { quantize = op; });
  ASSERT_TRUE(site && quantize);
  auto lhs = site.getInputs()[0].getDefiningOp<qnn::DequantizeOp>();
  auto rhs = site.getInputs()[1].getDefiningOp<qnn::DequantizeOp>();
  ASSERT_TRUE(lhs && rhs);
  EXPECT_EQ(getConstant<float>(lhs.getScale()), std::vector<double>{1});
  std::vector<double> s = getConstant<float>(quantize.getScale());
  std::vector<double> z = getConstant<int8_t>(lhs.getZeroPoint());
  std::vector<double> q = getConstant<int8_t>(rhs.getInput());
  std::vector<double> t = getConstant<float>(rhs.getScale());
  ASSERT_EQ(s.size(), size_t(kProducts));
  ASSERT_EQ(z.size(), size_t(kProducts));

  std::unique_ptr<Executable> executable =
      compile(text, "qnn-materialize,qnn-lower-symmetric,"
                    "qnn-lower-asymmetric,qnn-fuse-zero-points,"
                    "qnn-fuse-sums,verify-no-zero-point-traffic,"
                    "qnn-fuse-epilogue");
  ASSERT_TRUE(executable);
  std::vector<float> actual(kRows * kColumns);
  ASSERT_FALSE(executable->run(*executable->lookup("main"), {x.data()},
                               {actual.data()}));

  for (int64_t m = 0; m < kRows; ++m) {
    for (int64_t n = 0; n < kColumns; ++n) {
      double scaled = 0, folded = 0, constant = 0, exact = 0, size = 0;
      for (int64_t k = 0; k < kProducts; ++k) {
        float value = x[m * kProducts + k];
        double qx =
            qnn::quantize(value, float(s[k]), int64_t(z[k]), {-128, 127});
        double qw = q[k * kColumns + n];
        // The weight as the integers stand for it, without the activation's
        // scale.
        scaled += s[k] * (qx - z[k]) * (t[n] * qw / s[k]);
        folded += qx * qw;
        constant += z[k] * qw;
        exact += double(value) * weight[k * kColumns + n];
        size += std::fabs(double(value) * weight[k * kColumns + n]);
      }
      double integers = t[n] * (folded - constant);
      EXPECT_NEAR(scaled, integers, 1e-12 * size);
      EXPECT_NEAR(actual[m * kColumns + n], integers,
                  1e-6 * std::fabs(integers));
      // And it still is the product of the float operands.
      EXPECT_NEAR(integers, exact, 0.02 * size);
    }
  }
}

} // namespace
