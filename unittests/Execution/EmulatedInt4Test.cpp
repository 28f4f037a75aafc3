//===- EmulatedInt4Test.cpp - weights of four bits on tensor cores --------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// f16 activations times constant i4 weights with scales for blocks of k. The
// reference dequantizes in f32 and rounds to f16 by APFloat.
//
//===----------------------------------------------------------------------===//

#include "quantc/Execution/EmulatedExecutable.h"
#include "quantc/Execution/Executable.h"

#include "mlir/Parser/Parser.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/Support/FormatVariadic.h"
#include "gtest/gtest.h"
#include <cstdlib>
#include <random>

using namespace mlir;
using namespace quantc;

namespace {

struct Problem {
  int64_t m, n, k, block;
  bool asymmetric;
};

float roundToHalf(float value) {
  llvm::APFloat number(value);
  bool losesInfo;
  number.convert(llvm::APFloat::IEEEhalf(), llvm::APFloat::rmNearestTiesToEven,
                 &losesInfo);
  number.convert(llvm::APFloat::IEEEsingle(),
                 llvm::APFloat::rmNearestTiesToEven, &losesInfo);
  return number.convertToFloat();
}

uint16_t encodeHalf(float value) {
  llvm::APFloat number(value);
  bool losesInfo;
  number.convert(llvm::APFloat::IEEEhalf(), llvm::APFloat::rmNearestTiesToEven,
                 &losesInfo);
  return uint16_t(number.bitcastToAPInt().getZExtValue());
}

std::string print(int value) { return std::to_string(value); }
/// With a point, and enough digits for the same number.
std::string print(float value) { return llvm::formatv("{0:e17}", value).str(); }

/// A two-dimensional literal.
template <typename T>
std::string toText(const std::vector<T> &values, int64_t columns) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << '[';
  for (size_t row = 0; row < values.size() / columns; ++row) {
    os << (row ? ", [" : "[");
    for (int64_t i = 0; i < columns; ++i)
      os << (i ? ", " : "") << print(values[row * columns + i]);
    os << ']';
  }
  os << ']';
  return text;
}

class EmulatedInt4Test : public ::testing::Test {
protected:
  EmulatedInt4Test() {
    DialectRegistry registry;
    registerCompilerDialects(registry);
    context.appendDialectRegistry(registry);
  }

  void draw(const Problem &p, bool exactSums) {
    std::uniform_int_distribution<int> nibble(-8, 7), mantissa(1, 2047),
        exponent(-6, -3);
    weights.resize(p.k * p.n);
    for (int &q : weights)
      q = nibble(random);
    int64_t count = p.k / p.block * p.n;
    scales.resize(count);
    zeros.assign(count, 0);
    // Numbers of f16: any, or powers of two, whose products with small integers
    // f32 adds up exactly in any order.
    for (float &s : scales)
      s = exactSums
              ? std::ldexp(1.0f, exponent(random))
              : std::ldexp(float(mantissa(random)), exponent(random) - 14);
    if (p.asymmetric)
      for (int &z : zeros)
        z = nibble(random);
  }

  std::string getText(const Problem &p, StringRef attributes) {
    int64_t blocks = p.k / p.block;
    std::string zero =
        p.asymmetric
            ? llvm::formatv(
                  "%z = arith.constant dense<{0}> : tensor<{1}x{2}xi4>",
                  toText(zeros, p.n), blocks, p.n)
                  .str()
            : "";
    return llvm::formatv(
               R"(
func.func @main(%x: tensor<{0}x{2}xf16>) -> tensor<{0}x{1}xf32> {{
  %w = arith.constant dense<{3}> : tensor<{2}x{1}xi4>
  %s = arith.constant dense<{4}> : tensor<{5}x{1}xf32>
  {6}
  %d = qnn.dequantize %w, scale %s {7} {{axes = array<i64: 0, 1>, blocks = array<i64: {8}, 1>}
      : tensor<{2}x{1}xi4>, tensor<{5}x{1}xf32> {9} -> tensor<{2}x{1}xf32>
  %h = arith.truncf %d : tensor<{2}x{1}xf32> to tensor<{2}x{1}xf16>
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<{0}x{1}xf32>
  %f = linalg.fill ins(%c0 : f32) outs(%e : tensor<{0}x{1}xf32>) -> tensor<{0}x{1}xf32>
  %r = linalg.matmul {10} ins(%x, %h : tensor<{0}x{2}xf16>, tensor<{2}x{1}xf16>)
      outs(%f : tensor<{0}x{1}xf32>) -> tensor<{0}x{1}xf32>
  return %r : tensor<{0}x{1}xf32>
})",
               p.m, p.n, p.k, toText(weights, p.n), toText(scales, p.n), blocks,
               zero, p.asymmetric ? "zero_point %z" : "", p.block,
               p.asymmetric
                   ? llvm::formatv(", tensor<{0}x{1}xi4>", blocks, p.n).str()
                   : "",
               attributes)
        .str();
  }

  float getWeight(const Problem &p, int64_t k, int64_t n) {
    int64_t factor = k / p.block * p.n + n;
    return roundToHalf(float(weights[k * p.n + n] - zeros[factor]) *
                       scales[factor]);
  }

  /// The result for activations `x`, in three orders of threads and copies.
  std::vector<float> run(const Problem &p, const std::vector<float> &x,
                         StringRef attributes = "") {
    auto module = parseSourceString<ModuleOp>(getText(p, attributes), &context);
    auto target = nvvm::Target::resolve("sm_80");
    std::vector<float> result(p.m * p.n);
    if (!module || !target) {
      ADD_FAILURE() << "no module";
      return result;
    }
    auto executable = EmulatedExecutable::compile(*module, *target);
    if (failed(executable)) {
      ADD_FAILURE() << "does not compile";
      return result;
    }
    ptx = (*executable)->getImages()[0].ptx;
    std::vector<uint16_t> halves;
    for (float value : x)
      halves.push_back(encodeHalf(value));
    for (const char *options :
         {"", "order=latest", "order=random,async=random,seed=5"})
      if (llvm::Error error =
              (*executable)
                  ->run(*(*executable)->lookup("main"), {halves.data()},
                        {result.data()}, options))
        ADD_FAILURE() << options << ": " << llvm::toString(std::move(error));
    return result;
  }

  MLIRContext context;
  std::mt19937 random{7};
  std::vector<int> weights, zeros;
  std::vector<float> scales;
  std::string ptx;
};

/// QUANTC_SHAPES says how many shapes are drawn, as for RandomContractTests.
TEST_F(EmulatedInt4Test, sumsAreExact) {
  std::uniform_int_distribution<int> small(-4, 4);
  std::vector<Problem> problems = {{1, 8, 64, 64, false},
                                   {17, 33, 128, 64, true},
                                   {5, 72, 192, 192, true},
                                   {64, 64, 256, 128, false},
                                   {33, 200, 128, 64, true}};
  const char *more = std::getenv("QUANTC_SHAPES");
  std::uniform_int_distribution<int> rows(1, 80), columns(1, 150), blocks(1, 4),
      sizes(1, 3);
  for (int count = more ? std::atoi(more) : 20; count > 0; --count) {
    int64_t block = 64 * sizes(random);
    problems.push_back({rows(random), columns(random), blocks(random) * block,
                        block, count % 2 == 0});
  }
  for (const Problem &p : problems) {
    SCOPED_TRACE(toText(
        std::vector<int>{int(p.m), int(p.n), int(p.k), int(p.block)}, 4));
    draw(p, /*exactSums=*/true);
    std::vector<float> x(p.m * p.k);
    for (float &value : x)
      value = float(small(random));
    std::vector<float> result = run(p, x);
    // The weights are dequantized in registers, four bits after four bits.
    EXPECT_NE(ptx.find("mul.rn.f16x2"), ptx.npos);
    EXPECT_EQ(ptx.find("cvt.rn"), ptx.npos);
    for (int64_t m = 0; m < p.m; ++m)
      for (int64_t n = 0; n < p.n; ++n) {
        double sum = 0;
        for (int64_t k = 0; k < p.k; ++k)
          sum += double(x[m * p.k + k]) * getWeight(p, k, n);
        ASSERT_EQ(result[m * p.n + n], float(sum)) << m << ", " << n;
      }
  }
}

/// One activation of a row is 1: the result is a weight, as it was rounded.
TEST_F(EmulatedInt4Test, weightsAreRoundedOnce) {
  for (Problem p :
       {Problem{128, 40, 128, 64, true}, Problem{128, 128, 128, 128, false}}) {
    draw(p, /*exactSums=*/false);
    std::vector<float> x(p.m * p.k);
    for (int64_t k = 0; k < p.k; ++k)
      x[k * p.k + k] = 1;
    std::vector<float> result = run(p, x);
    for (int64_t k = 0; k < p.k; ++k)
      for (int64_t n = 0; n < p.n; ++n)
        ASSERT_EQ(result[k * p.n + n], getWeight(p, k, n)) << k << ", " << n;
  }
}

/// Every width of a warp, and sums that several CTAs share.
TEST_F(EmulatedInt4Test, schedules) {
  Problem p{40, 150, 256, 64, true};
  draw(p, /*exactSums=*/true);
  std::vector<float> x(p.m * p.k);
  std::uniform_int_distribution<int> small(-4, 4);
  for (float &value : x)
    value = float(small(random));
  std::vector<float> expected = run(p, x);
  for (const char *schedule :
       {"tile = [16, 32, 64], warps = [1, 4], stages = 2, split_k = 1",
        "tile = [32, 32, 64], warps = [2, 2], stages = 4, split_k = 1",
        "tile = [32, 64, 64], warps = [2, 2], stages = 1, split_k = 1",
        "tile = [64, 64, 64], warps = [2, 1], stages = 3, split_k = 4"}) {
    SCOPED_TRACE(schedule);
    EXPECT_EQ(
        run(p, x,
            llvm::formatv("{{qnn_gpu.schedule = #qnn_gpu.schedule<mma, {0}>}",
                          schedule)
                .str()),
        expected);
  }
}

/// A scale that f16 has not: f32 rounds another product, so the weights are
/// dequantized as before.
TEST_F(EmulatedInt4Test, otherScalesAreDequantizedBefore) {
  Problem p{128, 16, 128, 64, false};
  draw(p, /*exactSums=*/false);
  for (float &s : scales)
    s *= 1.0001f;
  std::vector<float> x(p.m * p.k);
  for (int64_t k = 0; k < p.k; ++k)
    x[k * p.k + k] = 1;
  std::vector<float> result = run(p, x);
  for (int64_t k = 0; k < p.k; ++k)
    for (int64_t n = 0; n < p.n; ++n)
      ASSERT_EQ(result[k * p.n + n], getWeight(p, k, n)) << k << ", " << n;
}

} // namespace
