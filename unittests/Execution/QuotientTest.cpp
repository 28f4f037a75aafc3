//===- QuotientTest.cpp - quantization by scales of any kind --------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// codegen-cpu-round-quotients replaces the division of a quantization. Compiled
// quantizations meet the numbers around each step from one integer to the next,
// by ulps, and all that are no ordinary numbers.
//
//===----------------------------------------------------------------------===//

#include "quantc/Execution/Executable.h"

#include "mlir/Parser/Parser.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "gtest/gtest.h"
#include <cmath>
#include <limits>
#include <random>

using namespace mlir;
using namespace quantc;

namespace {

std::vector<float> drawScales() {
  std::mt19937 random(5);
  std::uniform_real_distribution<float> mantissa(1, 2);
  std::uniform_int_distribution<int> exponent(-20, 20), far(-62, 62);
  std::vector<float> scales = {
      1.0f, 0.125f, 3.0f, 0.1f, 1 / 3.0f, std::nextafter(1.0f, 2.0f),
      // All bits of the mantissa set: the reciprocal's hardest case.
      std::nextafter(2.0f, 1.0f), std::ldexp(std::nextafter(2.0f, 1.0f), -7),
      std::numeric_limits<float>::min(), 1e-40f, 1e30f};
  for (int i = 0; i < 20; ++i)
    scales.push_back(std::ldexp(mantissa(random), exponent(random)));
  for (int i = 0; i < 10; ++i)
    scales.push_back(std::ldexp(mantissa(random), far(random)));
  return scales;
}

/// Numbers at which something may go wrong.
std::vector<float> drawInputs(float scale) {
  float infinity = std::numeric_limits<float>::infinity(),
        largest = std::numeric_limits<float>::max(),
        denormal = std::numeric_limits<float>::denorm_min();
  std::vector<float> inputs = {0.0f,    -0.0f,    infinity, -infinity,
                               largest, -largest, denormal, -denormal,
                               scale,   -scale,   NAN,      1.0f};
  for (int k = -140; k <= 140; ++k) {
    float x = float((k + 0.5) * double(scale));
    for (int i = 0; i < 6; ++i)
      x = std::nextafter(x, -infinity);
    for (int i = 0; i < 13; ++i, x = std::nextafter(x, infinity))
      inputs.push_back(x);
  }
  return inputs;
}

TEST(QuotientTest, roundsAsTheDivision) {
  MLIRContext context;
  DialectRegistry registry;
  registerCompilerDialects(registry);
  context.appendDialectRegistry(registry);
  std::vector<float> scales = drawScales();
  size_t count = drawInputs(1).size();
  std::string text;
  for (auto [i, scale] : llvm::enumerate(scales))
    text += llvm::formatv(R"(
func.func @quantize{0}(%x: tensor<{1}xf32>) -> tensor<{1}xi8> {{
  %s = arith.constant dense<0x{2}> : tensor<f32>
  %z = arith.constant dense<-7> : tensor<i8>
  %q = qnn.quantize %x, scale %s zero_point %z : tensor<{1}xf32>, tensor<f32>, tensor<i8> -> tensor<{1}xi8>
  return %q : tensor<{1}xi8>
})",
                          i, count,
                          llvm::utohexstr(llvm::bit_cast<uint32_t>(scale),
                                          /*LowerCase=*/false, /*Width=*/8))
                .str();
  auto module = parseSourceString<ModuleOp>(text, &context);
  ASSERT_TRUE(module);
  auto executable = Executable::compile(*module);
  ASSERT_TRUE(succeeded(executable));
  for (auto [i, scale] : llvm::enumerate(scales)) {
    std::vector<float> inputs = drawInputs(scale);
    std::vector<int8_t> results(count);
    const EntryPoint *entry =
        (*executable)->lookup("quantize" + std::to_string(i));
    ASSERT_TRUE(entry);
    llvm::Error error =
        (*executable)->run(*entry, {inputs.data()}, {results.data()});
    ASSERT_FALSE(bool(error)) << llvm::toString(std::move(error));
    for (auto [x, result] : llvm::zip_equal(inputs, results)) {
      float rounded = std::isnan(x) ? 0 : std::nearbyint(x / scale);
      int expected = int(std::fmin(127.0f, std::fmax(-128.0f, rounded - 7)));
      ASSERT_EQ(int(result), expected) << x << " / " << scale;
    }
  }
}

} // namespace
