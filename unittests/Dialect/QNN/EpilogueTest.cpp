//===- EpilogueTest.cpp - every tail of a contraction, executed -----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// All combinations of scale, bias, activation, residual and result on a matrix
// product, fused, compiled and executed, against the scalar definitions. What
// an activation other than ReLU and clamp is, its own compiled program says.
//
//===----------------------------------------------------------------------===//

#include "CompiledProgram.h"
#include "ExactIntegers.h"

#include "gtest/gtest.h"
#include <cmath>
#include <map>
#include <random>

using namespace mlir;
using namespace quantc;
using namespace quantc::test;

namespace {

enum class Scale { Tensor, Channel, TokenAndChannel };
enum class Activation { None, Relu, Clamp, GeluErf, GeluTanh, Silu };

using Tail = std::tuple<Scale, bool, Activation, bool, bool>;

constexpr int64_t numRows = 12, numColumns = 40, depth = 20;

/// The lines of a scalar activation of %x; the result is %y.
const char *getBody(Activation activation) {
  switch (activation) {
  case Activation::None:
    return nullptr;
  case Activation::Relu:
    return "%c0 = arith.constant 0.0 : f32\n"
           "%y = arith.maximumf %x, %c0 : f32\n";
  case Activation::Clamp:
    return "%low = arith.constant -1.5 : f32\n"
           "%high = arith.constant 6.0 : f32\n"
           "%0 = arith.maximumf %x, %low : f32\n"
           "%y = arith.minimumf %0, %high : f32\n";
  case Activation::GeluErf:
    return "%r = arith.constant 0.707106769 : f32\n"
           "%one = arith.constant 1.0 : f32\n"
           "%half = arith.constant 0.5 : f32\n"
           "%0 = arith.mulf %x, %r : f32\n%1 = math.erf %0 : f32\n"
           "%2 = arith.addf %1, %one : f32\n%3 = arith.mulf %x, %half : f32\n"
           "%y = arith.mulf %3, %2 : f32\n";
  case Activation::GeluTanh:
    return "%a = arith.constant 0.044715 : f32\n"
           "%b = arith.constant 0.797884583 : f32\n"
           "%one = arith.constant 1.0 : f32\n"
           "%half = arith.constant 0.5 : f32\n"
           "%0 = arith.mulf %x, %x : f32\n%1 = arith.mulf %0, %x : f32\n"
           "%2 = arith.mulf %1, %a : f32\n%3 = arith.addf %x, %2 : f32\n"
           "%4 = arith.mulf %3, %b : f32\n%5 = math.tanh %4 : f32\n"
           "%6 = arith.addf %5, %one : f32\n%7 = arith.mulf %x, %half : f32\n"
           "%y = arith.mulf %7, %6 : f32\n";
  case Activation::Silu:
    return "%one = arith.constant 1.0 : f32\n%0 = arith.negf %x : f32\n"
           "%1 = math.exp %0 : f32\n%2 = arith.addf %1, %one : f32\n"
           "%y = arith.divf %x, %2 : f32\n";
  }
  return nullptr;
}

const std::string kType = "tensor<12x40xf32>";

/// An elementwise op on `inputs`, the first a matrix; the scalar body reads %x
/// (and %o) and defines %y.
std::string elementwise(const std::string &result, const std::string &input,
                        const std::string &body, const std::string &other = "",
                        const std::string &otherType = "",
                        const std::string &otherMap = "") {
  bool two = !other.empty();
  return "  " + result + " = linalg.generic {indexing_maps = [#id, " +
         (two ? otherMap + ", " : "") +
         "#id], iterator_types = [\"parallel\", \"parallel\"]} ins(" + input +
         (two ? ", " + other : "") + " : " + kType +
         (two ? ", " + otherType : "") + ") outs(%e : " + kType +
         ") {\n^bb0(%x: f32, " + (two ? "%o: f32, " : "") + "%unused: f32):\n" +
         body + "linalg.yield %y : f32\n} -> " + kType + "\n";
}

constexpr const char *kHeader = "#id = affine_map<(d0, d1) -> (d0, d1)>\n"
                                "#row = affine_map<(d0, d1) -> (d0)>\n"
                                "#column = affine_map<(d0, d1) -> (d1)>\n";

/// The activation of each element, by a program of its own.
class CompiledActivation {
public:
  explicit CompiledActivation(Activation activation)
      : program(std::string(kHeader) + "func.func @main(%m: " + kType +
                    ") -> " + kType + " {\n  %e = tensor.empty() : " + kType +
                    "\n" + elementwise("%r", "%m", getBody(activation)) +
                    "  return %r : " + kType + "\n}\n",
                "") {}

  std::vector<float> run(const std::vector<float> &x) {
    std::vector<float> y(x.size());
    if (program.isValid())
      program.run({x.data()}, {y.data()});
    return y;
  }

private:
  CompiledProgram program;
};

std::vector<float> activate(Activation activation, std::vector<float> x) {
  switch (activation) {
  case Activation::None:
    return x;
  case Activation::Relu:
    for (float &value : x)
      value = std::fmax(value, 0.0f);
    return x;
  case Activation::Clamp:
    for (float &value : x)
      value = std::fmin(std::fmax(value, -1.5f), 6.0f);
    return x;
  default:
    static std::map<Activation, std::unique_ptr<CompiledActivation>> compiled;
    auto &program = compiled[activation];
    if (!program)
      program = std::make_unique<CompiledActivation>(activation);
    return program->run(x);
  }
}

/// clamp(rne(x) + z, -128, 127).
int8_t roundAndClamp(float x, int64_t zeroPoint) {
  x = std::fmin(std::fmax(x, -0x1p30f), 0x1p30f);
  Int rounded = divideHalfEven(Int(std::ldexp(double(x), 60)), power(60));
  return int8_t(clamp(rounded + zeroPoint, -128, 127));
}

class EpilogueTest : public ::testing::TestWithParam<Tail> {};

TEST_P(EpilogueTest, agreesWithScalars) {
  auto [scaleKind, hasBias, activation, hasResidual, quantized] = GetParam();
  std::mt19937 random(3);
  auto draw = [&](int64_t count, float low, float high) {
    std::vector<float> values;
    for (int64_t i = 0; i < count; ++i)
      values.push_back(low + (high - low) * float(random() % 65536) / 65536);
    return values;
  };
  std::vector<char> a, b;
  for (int64_t i = 0; i < numRows * depth; ++i)
    a.push_back(char(random()));
  for (int64_t i = 0; i < depth * numColumns; ++i)
    b.push_back(char(random()));
  bool perChannel = scaleKind != Scale::Tensor;
  auto scales = draw(perChannel ? numColumns : 1, 0.00002f, 0.0003f),
       tokens = draw(numRows, 0.5f, 2.0f), bias = draw(numColumns, -2, 2),
       residual = draw(numRows * numColumns, -4, 4);
  float outScale = 0.037f;
  int64_t zeroPoint = -9;

  // The program: the residual and the tokens are run-time values.
  auto constant = [](const std::string &name, const std::vector<float> &values,
                     const std::string &type) {
    std::vector<char> bytes;
    for (float value : values)
      appendBytes(bytes, value);
    return "  " + name + " = arith.constant " + getDense(bytes) + " : " + type +
           "\n";
  };
  std::string resultType = quantized ? "tensor<12x40xi8>" : kType;
  std::string scaleType = perChannel ? "tensor<40xf32>" : "tensor<f32>";
  std::string text =
      std::string(kHeader) +
      "func.func @main(%lhs: tensor<12x20xi8>, %rhs: tensor<20x40xi8>, "
      "%residual: "
      "tensor<12x40xf32>, %tokens: tensor<12xf32>) -> " +
      resultType + " {\n  %zero = arith.constant 0 : i32\n" +
      constant("%s", scales, scaleType) +
      constant("%bias", bias, "tensor<40xf32>") +
      constant("%t", {outScale}, "tensor<f32>") +
      "  %z = arith.constant dense<-9> : tensor<i8>\n"
      "  %ei = tensor.empty() : tensor<12x40xi32>\n"
      "  %e = tensor.empty() : tensor<12x40xf32>\n"
      "  %i = linalg.fill ins(%zero : i32) outs(%ei : tensor<12x40xi32>) -> "
      "tensor<12x40xi32>\n"
      "  %acc = linalg.matmul {qnn.site = \"m\"} ins(%lhs, %rhs : "
      "tensor<12x20xi8>, tensor<20x40xi8>) outs(%i : tensor<12x40xi32>) -> "
      "tensor<12x40xi32>\n"
      "  %v0 = qnn.dequantize %acc, scale %s {axes = array<i64" +
      (perChannel ? ": 1" : "") + ">} : tensor<12x40xi32>, " + scaleType +
      " -> " + kType + "\n";
  std::string last = "%v0";
  auto add = [&](const std::string &body, const std::string &other = "",
                 const std::string &type = "", const std::string &map = "") {
    std::string next = "%v" + std::to_string(std::stoi(last.substr(2)) + 1);
    text += elementwise(next, last, body, other, type, map);
    last = next;
  };
  if (scaleKind == Scale::TokenAndChannel)
    add("%y = arith.mulf %x, %o : f32\n", "%tokens", "tensor<12xf32>", "#row");
  if (hasBias)
    add("%y = arith.addf %x, %o : f32\n", "%bias", "tensor<40xf32>", "#column");
  if (activation != Activation::None)
    add(getBody(activation));
  if (hasResidual)
    add("%y = arith.addf %x, %o : f32\n", "%residual", kType, "#id");
  if (quantized) {
    text += "  %q = qnn.quantize " + last +
            ", scale %t zero_point %z : " + kType +
            ", tensor<f32>, tensor<i8> -> tensor<12x40xi8>\n";
    last = "%q";
  }
  text += "  return " + last + " : " + resultType + "\n}\n";

  // The definition.
  std::vector<int64_t> acc;
  std::vector<float> y;
  for (int64_t i = 0; i < numRows; ++i)
    for (int64_t j = 0; j < numColumns; ++j) {
      int64_t sum = 0;
      for (int64_t k = 0; k < depth; ++k)
        sum +=
            int64_t(int8_t(a[i * depth + k])) * int8_t(b[k * numColumns + j]);
      acc.push_back(sum);
      float x = float(sum) * scales[perChannel ? j : 0];
      if (scaleKind == Scale::TokenAndChannel)
        x = x * tokens[i];
      y.push_back(hasBias ? x + bias[j] : x);
    }
  y = activate(activation, y);
  for (size_t i = 0; i < y.size() && hasResidual; ++i)
    y[i] = y[i] + residual[i];
  bool requantized = scaleKind != Scale::TokenAndChannel && !hasBias &&
                     activation <= Activation::Clamp && !hasResidual;
  std::vector<int8_t> q;
  for (size_t i = 0; i < y.size(); ++i) {
    float scale = scales[perChannel ? i % numColumns : 0];
    float multiplier = float(double(scale) / double(outScale));
    int8_t value = requantized
                       ? roundAndClamp(float(acc[i]) * multiplier, zeroPoint)
                       : roundAndClamp(y[i] / outScale, zeroPoint);
    if (requantized && activation == Activation::Relu)
      value = std::max<int8_t>(value, zeroPoint);
    if (requantized && activation == Activation::Clamp)
      value = std::clamp(value, roundAndClamp(-1.5f / outScale, zeroPoint),
                         roundAndClamp(6.0f / outScale, zeroPoint));
    q.push_back(value);
  }

  CompiledProgram program(text, "func.func(qnn-fuse-epilogue,canonicalize)");
  ASSERT_TRUE(program.isValid()) << text;
  // One tail, whatever it consists of.
  EXPECT_EQ(StringRef(program.getIR()).count("linalg.generic"), 1u)
      << program.getIR();
  std::vector<int8_t> actualIntegers(y.size());
  std::vector<float> actualFloats(y.size());
  program.run({a.data(), b.data(), residual.data(), tokens.data()},
              {quantized ? static_cast<void *>(actualIntegers.data())
                         : actualFloats.data()});
  for (size_t i = 0; i < y.size(); ++i) {
    if (quantized)
      ASSERT_EQ(int(actualIntegers[i]), int(q[i])) << "element " << i;
    else
      ASSERT_EQ(actualFloats[i], y[i]) << "element " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Tails, EpilogueTest,
    ::testing::Combine(::testing::Values(Scale::Tensor, Scale::Channel,
                                         Scale::TokenAndChannel),
                       ::testing::Bool(),
                       ::testing::Values(Activation::None, Activation::Relu,
                                         Activation::Clamp, Activation::GeluErf,
                                         Activation::GeluTanh,
                                         Activation::Silu),
                       ::testing::Bool(), ::testing::Bool()));

} // namespace
