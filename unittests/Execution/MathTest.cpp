//===- MathTest.cpp - accuracy of the math functions ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Execution/Executable.h"

#include "mlir/Parser/Parser.h"
#include "llvm/ADT/bit.h"
#include "gtest/gtest.h"
#include <cfloat>
#include <cmath>
#include <random>

using namespace mlir;
using namespace quantc;

namespace {

constexpr int64_t count = 1 << 16;

/// Every exponent with both signs, 128 mantissas each.
std::vector<float> makeInputs() {
  std::vector<float> inputs;
  for (int64_t i = 0; i < count; ++i)
    inputs.push_back(llvm::bit_cast<float>(
        static_cast<uint32_t>((i << 16) + (i * 40503) % 65536)));
  return inputs;
}

double ulp(float value) {
  float magnitude = std::max(std::fabs(value), 0x1p-126f);
  return std::nextafter(magnitude, INFINITY) - static_cast<double>(magnitude);
}

struct Function {
  const char *name;
  double (*reference)(double);
  double bound;
};

class MathTest : public ::testing::TestWithParam<Function> {};

TEST_P(MathTest, isAccurate) {
  DialectRegistry registry;
  registerCompilerDialects(registry);
  MLIRContext context(registry);
  std::string text = R"(
    func.func @main(%x: tensor<65536xf32>) -> tensor<65536xf32> {
      %e = tensor.empty() : tensor<65536xf32>
      %0 = linalg.map { NAME } ins(%x : tensor<65536xf32>) outs(%e : tensor<65536xf32>)
      return %0 : tensor<65536xf32>
    })";
  text.replace(text.find("NAME"), 4, GetParam().name);
  auto module = parseSourceString<ModuleOp>(text, &context);
  ASSERT_TRUE(module);
  auto executable = Executable::compile(*module);
  ASSERT_TRUE(succeeded(executable));
  std::vector<float> x = makeInputs(), y(count);
  ASSERT_FALSE(
      (*executable)
          ->run(*(*executable)->lookup("main"), {x.data()}, {y.data()}));
  double worst = 0;
  float where = 0;
  for (int64_t i = 0; i < count; ++i) {
    double exact = GetParam().reference(x[i]);
    float rounded = static_cast<float>(exact);
    if (!std::isfinite(rounded)) {
      EXPECT_TRUE(std::isnan(rounded) ? std::isnan(y[i]) : rounded == y[i])
          << GetParam().name << "(" << x[i] << ") = " << y[i];
      continue;
    }
    // Results next to the denormals may be flushed.
    double error = std::fabs(y[i] - exact);
    if (error <= 2 * FLT_MIN ||
        (std::fabs(x[i]) < FLT_MIN && StringRef(GetParam().name) == "math.log"))
      continue;
    if (!(error / ulp(rounded) <= worst)) {
      worst = error / ulp(rounded);
      where = x[i];
    }
  }
  EXPECT_LE(worst, GetParam().bound) << GetParam().name << " at " << where;
}

/// Bases and exponents of every kind, and what IEEE 754 lists.
TEST(PowerTest, isWithinOneNumber) {
  DialectRegistry registry;
  registerCompilerDialects(registry);
  MLIRContext context(registry);
  auto module = parseSourceString<ModuleOp>(R"(
    func.func @main(%x: tensor<65536xf32>, %y: tensor<65536xf32>) -> tensor<65536xf32> {
      %e = tensor.empty() : tensor<65536xf32>
      %0 = linalg.map { math.powf } ins(%x, %y : tensor<65536xf32>, tensor<65536xf32>) outs(%e : tensor<65536xf32>)
      return %0 : tensor<65536xf32>
    })",
                                            &context);
  ASSERT_TRUE(module);
  auto executable = Executable::compile(*module);
  ASSERT_TRUE(succeeded(executable));
  const float special[] = {
      0.0f,         -0.0f,  1.0f,        -1.0f,      INFINITY, NAN,
      -INFINITY,    2.0f,   -2.0f,       3.0f,       -3.0f,    0.5f,
      -0.5f,        1e-42f, -1e-42f,     FLT_MAX,    -FLT_MAX, 16777215.0f,
      -16777216.0f, 1e-30f, 0.99999994f, 1.0000001f, 127.0f,   -149.0f};
  constexpr int64_t kinds = std::size(special);
  std::mt19937 random(42);
  std::normal_distribution<float> normal(0, 8);
  std::vector<float> x = makeInputs(), y(count), result(count);
  for (int64_t i = 0; i < count; ++i) {
    y[i] = i % 4 == 0 ? special[random() % kinds] : normal(random);
    // Exponents of usual bases.
    if (i % 2 == 0)
      x[i] = std::fabs(normal(random));
    if (i < kinds * kinds) {
      x[i] = special[i / kinds];
      y[i] = special[i % kinds];
    }
  }
  ASSERT_FALSE((*executable)
                   ->run(*(*executable)->lookup("main"), {x.data(), y.data()},
                         {result.data()}));
  for (int64_t i = 0; i < count; ++i) {
    float expected = std::pow(double(x[i]), double(y[i]));
    if (std::isnan(expected)) {
      EXPECT_TRUE(std::isnan(result[i]))
          << x[i] << " ^ " << y[i] << " = " << result[i];
      continue;
    }
    EXPECT_EQ(std::signbit(result[i]), std::signbit(expected))
        << x[i] << " ^ " << y[i];
    EXPECT_TRUE(result[i] == expected ||
                std::nextafter(result[i], expected) == expected)
        << x[i] << " ^ " << y[i] << " = " << result[i] << ", not " << expected;
  }
}

double rsqrt(double x) { return 1 / std::sqrt(x); }

INSTANTIATE_TEST_SUITE_P(
    Functions, MathTest,
    ::testing::Values(Function{"math.exp", std::exp, 2},
                      Function{"math.expm1", std::expm1, 3},
                      Function{"math.log", std::log, 3},
                      Function{"math.log1p", std::log1p, 3},
                      Function{"math.tanh", std::tanh, 5},
                      Function{"math.erf", std::erf, 3},
                      Function{"math.erfc", std::erfc, 5},
                      Function{"math.sin", std::sin, 2},
                      Function{"math.cos", std::cos, 2},
                      Function{"math.cbrt", std::cbrt, 0.51},
                      Function{"math.sqrt", std::sqrt, 0.5},
                      Function{"math.rsqrt", rsqrt, 1.5}),
    [](const ::testing::TestParamInfo<Function> &info) {
      return StringRef(info.param.name).drop_front(5).str();
    });

} // namespace
