//===- IntegerChainTest.cpp - programs that stay in integers --------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Elementwise tails, additions, poolings, concatenations and views between
// quantized tensors, fused in each mode of requantization, compiled and
// executed, against docs/arithmetic.md element by element.
//
//===----------------------------------------------------------------------===//

#include "CompiledProgram.h"
#include "ExactIntegers.h"

#include "llvm/Support/FormatVariadic.h"
#include "gtest/gtest.h"
#include <cmath>
#include <random>

using namespace mlir;
using namespace quantc;
using namespace quantc::test;

namespace {

enum class Mode { Float, FixedPoint, Shift };

const char *getName(Mode mode) {
  constexpr const char *names[] = {"float", "fixed-point", "shift"};
  return names[int(mode)];
}

void PrintTo(Mode mode, std::ostream *os) { *os << getName(mode); }

/// v = q - z, and its scale with all constant factors.
struct Term {
  int64_t v;
  double scale;
};

constexpr float infinity = std::numeric_limits<float>::infinity();

/// A result of `width` bits.
struct Storage {
  float scale;
  int64_t zeroPoint;
  int width = 8;
  bool isUnsigned = false;

  Int getMin() const { return isUnsigned ? Int(0) : -power(width - 1); }
  Int getMax() const { return getMin() + power(width) - 1; }

  /// clamp(rne(x / s) + z); x / s is exact in 128 bits after it is rounded to
  /// f32, apart from what saturates.
  int64_t quantize(float x) const {
    float quotient = x / scale;
    if (std::isnan(quotient))
      return zeroPoint;
    quotient = std::fmin(std::fmax(quotient, -0x1p30f), 0x1p30f);
    Int rounded =
        divideHalfEven(Int(std::ldexp(double(quotient), 60)), power(60));
    return saturate(rounded);
  }
  int64_t saturate(Int value) const {
    return int64_t(clamp(value + zeroPoint, getMin(), getMax()));
  }
  int64_t bound(int64_t q, float lower, float upper) const {
    if (lower > -infinity)
      q = std::max(q, quantize(lower));
    if (upper < infinity)
      q = std::min(q, quantize(upper));
    return q;
  }
};

/// The normative value of max(min(sum of terms + constants, upper), lower) in
/// an integer mode; `constants` are reals.
int64_t evaluateIntegers(Mode mode, ArrayRef<Term> terms,
                         ArrayRef<double> constants, const Storage &result,
                         float lower = -infinity, float upper = infinity) {
  auto rescale = [&](int64_t v, double factor) {
    return mode == Mode::Shift ? rescaleByPowerOfTwo(v, factor)
                               : rescaleByFactor(v, factor);
  };
  int64_t q;
  if (terms.size() == 1 && constants.empty() && terms[0].scale > 0) {
    q = result.saturate(
        rescale(terms[0].v, terms[0].scale / double(result.scale)));
  } else {
    int fraction = 24 - result.width;
    Int sum = 0;
    for (const Term &term : terms) {
      double factor = std::fabs(term.scale) / double(result.scale) *
                      std::ldexp(1.0, fraction);
      Int part = clamp(rescale(term.v, factor), -power(31), power(31) - 1);
      sum += term.scale < 0 ? -part : part;
    }
    double unit = std::ldexp(double(result.scale), -fraction);
    for (double constant : constants)
      sum += clamp(Int(std::nearbyint(constant / unit)), -power(31),
                   power(31) - 1);
    q = result.saturate(divideHalfEven(sum, power(fraction)));
  }
  return result.bound(q, lower, upper);
}

/// The normative value of one accumulator or sum, at most bounded, in the float
/// mode.
int64_t requantizeFloat(int64_t v, double factor, const Storage &result,
                        float lower = -infinity, float upper = infinity) {
  Storage unit = result;
  unit.scale = 1;
  float multiplier = float(factor);
  int64_t q = unit.quantize(float(v) * multiplier);
  return result.bound(q, lower, upper);
}

class IntegerChainTest : public ::testing::TestWithParam<Mode> {
protected:
  /// A scale, a power of two where the mode wants it.
  float drawScale() {
    float scale = std::ldexp(1.0f + float(random() % 1000) / 1000,
                             -3 - int(random() % 5));
    return GetParam() == Mode::Shift ? std::exp2(std::round(std::log2(scale)))
                                     : scale;
  }
  int64_t drawByte() { return int64_t(random() % 256) - 128; }
  /// Values of `width` bits, the ends often.
  std::vector<int64_t> draw(int64_t count, int width, bool isUnsigned = false) {
    std::vector<int64_t> values;
    int64_t max = (int64_t(1) << (width - 1)) - 1;
    for (int64_t i = 0; i < count; ++i) {
      int64_t value = int64_t(random()) >> (64 - width);
      if (random() % 8 == 0)
        value = random() % 2 ? max : -max - 1;
      // Accumulators of all sizes.
      if (width > 16)
        value >>= random() % 24;
      values.push_back(isUnsigned ? value + max + 1 : value);
    }
    return values;
  }
  /// Accumulators whose results `getFactor(i) * v` mostly lie in 8 bits.
  std::vector<int64_t>
  drawAccumulators(int64_t count,
                   llvm::function_ref<double(int64_t)> getFactor) {
    std::vector<int64_t> values = draw(count, 32);
    for (int64_t i = 0; i < count; ++i)
      if (random() % 8)
        values[i] =
            int64_t((double(random() % 32000) / 100 - 160) / getFactor(i));
    return values;
  }
  static std::vector<char> pack(ArrayRef<int64_t> values, int width) {
    std::vector<char> bytes;
    for (int64_t value : values)
      appendInteger(bytes, value, width);
    return bytes;
  }

  /// Compiles @main with the pass in this mode, runs it and compares. Where
  /// `integersOnly`, no float tensor may be left, and in the integer modes no
  /// float at all.
  void check(const std::string &text, ArrayRef<std::vector<char>> inputs,
             ArrayRef<int64_t> expected, int width, bool integersOnly = true) {
    CompiledProgram program(
        text, std::string("func.func(qnn-fuse-epilogue{requantize=") +
                  getName(GetParam()) + "},canonicalize)");
    ASSERT_TRUE(program.isValid()) << text;
    if (integersOnly) {
      StringRef ir = program.getIR();
      EXPECT_FALSE(ir.contains("xf32")) << ir.str();
      if (GetParam() != Mode::Float)
        EXPECT_FALSE(ir.contains("f32")) << ir.str();
    }
    std::vector<const void *> pointers;
    for (const std::vector<char> &input : inputs)
      pointers.push_back(input.data());
    std::vector<char> output(expected.size() * width / 8);
    program.run(pointers, {output.data()});
    for (size_t i = 0; i < expected.size(); ++i) {
      int64_t mask = (int64_t(1) << width) - 1;
      ASSERT_EQ(loadInteger(output, i, width) & mask, expected[i] & mask)
          << "element " << i << " of\n"
          << text;
    }
  }

  std::mt19937_64 random{7};
};

std::string number(double value) {
  return llvm::formatv("{0:e9}", value).str();
}

constexpr const char *kMaps =
    "#id = affine_map<(d0, d1) -> (d0, d1)>\n"
    "#row = affine_map<(d0, d1) -> (d1)>\n"
    "#id4 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>\n"
    "#channel = affine_map<(d0, d1, d2, d3) -> (d3)>\n";

constexpr const char *kParallel2 =
    "iterator_types = [\"parallel\", \"parallel\"]";
constexpr const char *kParallel4 =
    "iterator_types = [\"parallel\", \"parallel\", \"parallel\", "
    "\"parallel\"]";

/// "dense<[...]>" with every bit of each f32.
std::string denseFloats(ArrayRef<float> values) {
  std::vector<char> bytes;
  for (float value : values)
    appendBytes(bytes, value);
  return getDense(bytes);
}

std::string scalarConstant(const char *name, float value) {
  std::vector<float> one = {value};
  return llvm::formatv("  %{0} = arith.constant {1} : tensor<f32>\n", name,
                       denseFloats(one))
      .str();
}

std::string zeroConstant(const char *name, int64_t value,
                         const char *type = "i8") {
  return llvm::formatv("  %{0} = arith.constant dense<{1}> : tensor<{2}>\n",
                       name, value, type)
      .str();
}

/// Two quantized tensors are added, bounded and quantized.
TEST_P(IntegerChainTest, addition) {
  for (int repeat = 0; repeat < 6; ++repeat) {
    float sa = drawScale(), sb = drawScale();
    int64_t za = drawByte(), zb = drawByte();
    Storage result{drawScale(), drawByte()};
    bool subtract = repeat == 5;
    constexpr float low[] = {-infinity, 0, -infinity, -1, 0, -infinity},
                    high[] = {infinity, infinity, 6, 1.5, 6, infinity};
    float lower = low[repeat], upper = high[repeat];
    std::string body = std::string("      %0 = arith.") +
                       (subtract ? "subf" : "addf") + " %i, %j : f32\n";
    std::string last = "%0";
    if (lower > -infinity) {
      body += "      %l = arith.constant " + number(lower) +
              " : f32\n      %1 = arith.maximumf " + last + ", %l : f32\n";
      last = "%1";
    }
    if (upper < infinity) {
      body += "      %u = arith.constant " + number(upper) +
              " : f32\n      %2 = arith.minimumf " + last + ", %u : f32\n";
      last = "%2";
    }
    std::string text =
        std::string(kMaps) +
        "func.func @main(%a: tensor<64x96xi8>, %b: tensor<64x96xi8>) -> "
        "tensor<64x96xi8> {\n" +
        scalarConstant("sa", sa) + scalarConstant("sb", sb) +
        scalarConstant("t", result.scale) + zeroConstant("za", za) +
        zeroConstant("zb", zb) + zeroConstant("z", result.zeroPoint) +
        "  %xa = qnn.dequantize %a, scale %sa zero_point %za : "
        "tensor<64x96xi8>, tensor<f32>, tensor<i8> -> tensor<64x96xf32>\n"
        "  %xb = qnn.dequantize %b, scale %sb zero_point %zb : "
        "tensor<64x96xi8>, tensor<f32>, tensor<i8> -> tensor<64x96xf32>\n"
        "  %e = tensor.empty() : tensor<64x96xf32>\n"
        "  %s = linalg.generic {indexing_maps = [#id, #id, #id], " +
        kParallel2 +
        "} ins(%xa, %xb : tensor<64x96xf32>, tensor<64x96xf32>) outs(%e : "
        "tensor<64x96xf32>) {\n    ^bb0(%i: f32, %j: f32, %o: f32):\n" +
        body + "      linalg.yield " + last +
        " : f32\n  } -> tensor<64x96xf32>\n"
        "  %q = qnn.quantize %s, scale %t zero_point %z : tensor<64x96xf32>, "
        "tensor<f32>, tensor<i8> -> tensor<64x96xi8>\n"
        "  return %q : tensor<64x96xi8>\n}\n";
    auto a = draw(64 * 96, 8), b = draw(64 * 96, 8);
    std::vector<int64_t> expected;
    for (size_t i = 0; i < a.size(); ++i) {
      if (GetParam() == Mode::Float) {
        float x = float(a[i] - za) * sa, y = float(b[i] - zb) * sb;
        float sum = subtract ? x - y : x + y;
        expected.push_back(
            result.quantize(std::fmin(std::fmax(sum, lower), upper)));
      } else {
        expected.push_back(
            evaluateIntegers(GetParam(),
                             {{a[i] - za, double(sa)},
                              {b[i] - zb, subtract ? -double(sb) : double(sb)}},
                             {}, result, lower, upper));
      }
    }
    check(text, {pack(a, 8), pack(b, 8)}, expected, 8);
  }
}

/// Accumulator, scale per channel, bias, ReLU, max-pooling, zero padding,
/// quantization: the chain between two convolutions.
TEST_P(IntegerChainTest, betweenConvolutions) {
  enum class Kind { Plain, Bias, UnsignedChannels };
  for (Kind kind : {Kind::Plain, Kind::Bias, Kind::UnsignedChannels}) {
    bool hasBias = kind == Kind::Bias, isUnsigned = kind > Kind::Bias;
    constexpr int64_t size = 8, channels = 160;
    std::vector<float> scales, biases;
    std::vector<Storage> results;
    float commonScale = drawScale();
    int64_t zeroPoint = drawByte() + (isUnsigned ? 128 : 0);
    for (int64_t c = 0; c < channels; ++c) {
      scales.push_back(std::ldexp(drawScale(), -8));
      biases.push_back(hasBias ? float(int64_t(random() % 2001) - 1000) / 64
                               : 0);
      results.push_back(
          {isUnsigned ? drawScale() : commonScale, zeroPoint, 8, isUnsigned});
    }
    std::vector<float> outScales;
    for (const Storage &result : results)
      outScales.push_back(result.scale);
    if (!isUnsigned)
      outScales.resize(1);
    std::string storage = isUnsigned ? "ui8" : "i8",
                scaleType = isUnsigned ? "tensor<160xf32>" : "tensor<f32>";
    std::string text =
        std::string(kMaps) +
        "func.func @main(%acc: tensor<1x8x8x160xi32>) -> tensor<1x6x6x160xi8> "
        "{\n  %s = arith.constant " +
        denseFloats(scales) + " : tensor<160xf32>\n  %bias = arith.constant " +
        denseFloats(biases) + " : tensor<160xf32>\n" +
        "  %t = arith.constant " + denseFloats(outScales) + " : " + scaleType +
        "\n" + zeroConstant("z", zeroPoint, storage.c_str()) +
        "  %c0 = arith.constant 0.0 : f32\n"
        "  %low = arith.constant 0xFF800000 : f32\n"
        "  %x = qnn.dequantize %acc, scale %s {axes = array<i64: 3>} : "
        "tensor<1x8x8x160xi32>, tensor<160xf32> -> tensor<1x8x8x160xf32>\n"
        "  %e = tensor.empty() : tensor<1x8x8x160xf32>\n";
    std::string y = "%x";
    if (hasBias) {
      text += std::string("  %y = linalg.generic {indexing_maps = [#id4, "
                          "#channel, #id4], ") +
              kParallel4 +
              "} ins(%x, %bias : tensor<1x8x8x160xf32>, tensor<160xf32>) "
              "outs(%e : tensor<1x8x8x160xf32>) {\n    ^bb0(%i: f32, %j: f32, "
              "%o: f32):\n      %0 = arith.addf %i, %j : f32\n      "
              "linalg.yield %0 : f32\n  } -> tensor<1x8x8x160xf32>\n";
      y = "%y";
    }
    text +=
        std::string("  %r = linalg.generic {indexing_maps = [#id4, #id4], ") +
        kParallel4 + "} ins(" + y +
        " : tensor<1x8x8x160xf32>) outs(%e : tensor<1x8x8x160xf32>) {\n    "
        "^bb0(%i: f32, %o: f32):\n      %0 = arith.maximumf %i, %c0 : f32\n   "
        "   linalg.yield %0 : f32\n  } -> tensor<1x8x8x160xf32>\n"
        "  %pe = tensor.empty() : tensor<1x4x4x160xf32>\n"
        "  %w = tensor.empty() : tensor<2x2xf32>\n"
        "  %init = linalg.fill ins(%low : f32) outs(%pe : "
        "tensor<1x4x4x160xf32>) -> tensor<1x4x4x160xf32>\n"
        "  %p = linalg.pooling_nhwc_max {dilations = dense<1> : "
        "tensor<2xi64>, strides = dense<2> : tensor<2xi64>} ins(%r, %w : "
        "tensor<1x8x8x160xf32>, tensor<2x2xf32>) outs(%init : "
        "tensor<1x4x4x160xf32>) -> tensor<1x4x4x160xf32>\n"
        "  %pad = tensor.pad %p low[0, 1, 1, 0] high[0, 1, 1, 0] {\n  "
        "^bb0(%i: index, %j: index, %k: index, %l: index):\n    tensor.yield "
        "%c0 : f32\n  } : tensor<1x4x4x160xf32> to tensor<1x6x6x160xf32>\n"
        "  %q = qnn.quantize %pad, scale %t zero_point %z {axes = array<i64" +
        (isUnsigned ? ": 3" : "") + ">} : tensor<1x6x6x160xf32>, " + scaleType +
        ", tensor<" + storage + "> -> tensor<1x6x6x160x" + storage +
        ">\n  %b = tensor." + (isUnsigned ? "bitcast" : "cast") +
        " %q : tensor<1x6x6x160x" + storage +
        "> to tensor<1x6x6x160xi8>\n  return %b : tensor<1x6x6x160xi8>\n}\n";
    auto acc = drawAccumulators(size * size * channels, [&](int64_t i) {
      return scales[i % channels] / results[i % channels].scale;
    });
    std::vector<int64_t> expected;
    for (int64_t i = 0; i < 6; ++i)
      for (int64_t j = 0; j < 6; ++j)
        for (int64_t c = 0; c < channels; ++c) {
          const Storage &result = results[c];
          int64_t q =
              i % 5 && j % 5 ? int64_t(result.getMin()) : result.zeroPoint;
          for (int64_t k = 0; k < 4 && i % 5 && j % 5; ++k) {
            int64_t row = 2 * (i - 1) + k / 2, column = 2 * (j - 1) + k % 2;
            int64_t v = acc[(row * size + column) * channels + c];
            double factor = double(scales[c]) / double(result.scale);
            int64_t value;
            if (GetParam() != Mode::Float)
              value = evaluateIntegers(
                  GetParam(), {{v, double(scales[c])}},
                  hasBias ? std::vector<double>{double(biases[c])}
                          : std::vector<double>(),
                  result, 0);
            else if (!hasBias)
              value = requantizeFloat(v, factor, result, 0);
            else
              value = result.quantize(
                  std::fmax(float(v) * scales[c] + biases[c], 0.0f));
            q = std::max(q, value);
          }
          expected.push_back(q);
        }
    // The scales and the bias are float parameters in the float mode.
    check(text, {pack(acc, 32)}, expected, 8, GetParam() != Mode::Float);
  }
}

/// The sum of a window, divided, between storage types.
TEST_P(IntegerChainTest, averagePooling) {
  constexpr int64_t channels = 320;
  for (bool isUnsigned : {false, true}) {
    float scale = drawScale();
    int64_t zeroPoint = drawByte() + (isUnsigned ? 128 : 0);
    Storage result{drawScale(), drawByte()};
    const char *storage = isUnsigned ? "ui8" : "i8";
    std::string text =
        std::string(kMaps) +
        "func.func @main(%a_: tensor<1x8x8x320xi8>) -> tensor<1x2x2x320xi8> "
        "{\n" +
        llvm::formatv("  %a = tensor.{1} %a_ : tensor<1x8x8x320xi8> to "
                      "tensor<1x8x8x320x{0}>\n",
                      storage, isUnsigned ? "bitcast" : "cast")
            .str() +
        scalarConstant("s", scale) + zeroConstant("y", zeroPoint, storage) +
        scalarConstant("t", result.scale) +
        zeroConstant("z", result.zeroPoint) +
        "  %c0 = arith.constant 0.0 : f32\n"
        "  %c16 = arith.constant 16.0 : f32\n" +
        llvm::formatv("  %x = qnn.dequantize %a, scale %s zero_point %y : "
                      "tensor<1x8x8x320x{0}>, tensor<f32>, tensor<{0}> -> "
                      "tensor<1x8x8x320xf32>\n",
                      storage)
            .str() +
        "  %e = tensor.empty() : tensor<1x2x2x320xf32>\n"
        "  %w = tensor.empty() : tensor<4x4xf32>\n"
        "  %init = linalg.fill ins(%c0 : f32) outs(%e : "
        "tensor<1x2x2x320xf32>) -> tensor<1x2x2x320xf32>\n"
        "  %p = linalg.pooling_nhwc_sum {dilations = dense<1> : "
        "tensor<2xi64>, strides = dense<4> : tensor<2xi64>} ins(%x, %w : "
        "tensor<1x8x8x320xf32>, tensor<4x4xf32>) outs(%init : "
        "tensor<1x2x2x320xf32>) -> tensor<1x2x2x320xf32>\n"
        "  %m = linalg.generic {indexing_maps = [#id4, #id4], " +
        kParallel4 +
        "} ins(%p : tensor<1x2x2x320xf32>) outs(%e : tensor<1x2x2x320xf32>) "
        "{\n    ^bb0(%i: f32, %o: f32):\n      %0 = arith.divf %i, %c16 : "
        "f32\n      linalg.yield %0 : f32\n  } -> tensor<1x2x2x320xf32>\n"
        "  %q = qnn.quantize %m, scale %t zero_point %z : "
        "tensor<1x2x2x320xf32>, tensor<f32>, tensor<i8> -> "
        "tensor<1x2x2x320xi8>\n  return %q : tensor<1x2x2x320xi8>\n}\n";
    auto a = draw(8 * 8 * channels, 8, isUnsigned);
    std::vector<int64_t> expected;
    for (int64_t i = 0; i < 2; ++i)
      for (int64_t j = 0; j < 2; ++j)
        for (int64_t c = 0; c < channels; ++c) {
          int64_t sum = 0;
          for (int64_t k = 0; k < 16; ++k)
            sum += a[((4 * i + k / 4) * 8 + 4 * j + k % 4) * channels + c] -
                   zeroPoint;
          double factor = double(scale) / double(result.scale) / 16;
          expected.push_back(GetParam() == Mode::Float
                                 ? requantizeFloat(sum, factor, result)
                                 : evaluateIntegers(GetParam(),
                                                    {{sum, double(scale) / 16}},
                                                    {}, result));
        }
    check(text, {pack(a, 8)}, expected, 8);
  }
}

/// Every part of a concatenation takes the common parameters.
TEST_P(IntegerChainTest, concatenation) {
  float sa = drawScale(), sb = drawScale();
  int64_t za = drawByte(), zb = drawByte();
  Storage result{drawScale(), drawByte()};
  std::string text =
      "func.func @main(%a: tensor<32x16xi8>, %b: tensor<32x8xi8>) -> "
      "tensor<32x24xi8> {\n" +
      scalarConstant("sa", sa) + scalarConstant("sb", sb) +
      scalarConstant("t", result.scale) + zeroConstant("za", za) +
      zeroConstant("zb", zb) + zeroConstant("z", result.zeroPoint) +
      "  %xa = qnn.dequantize %a, scale %sa zero_point %za : "
      "tensor<32x16xi8>, tensor<f32>, tensor<i8> -> tensor<32x16xf32>\n"
      "  %xb = qnn.dequantize %b, scale %sb zero_point %zb : "
      "tensor<32x8xi8>, tensor<f32>, tensor<i8> -> tensor<32x8xf32>\n"
      "  %c = tensor.concat dim(1) %xa, %xb : (tensor<32x16xf32>, "
      "tensor<32x8xf32>) -> tensor<32x24xf32>\n"
      "  %q = qnn.quantize %c, scale %t zero_point %z : tensor<32x24xf32>, "
      "tensor<f32>, tensor<i8> -> tensor<32x24xi8>\n"
      "  return %q : tensor<32x24xi8>\n}\n";
  auto a = draw(32 * 16, 8), b = draw(32 * 8, 8);
  std::vector<int64_t> expected;
  for (int64_t i = 0; i < 32; ++i)
    for (int64_t j = 0; j < 24; ++j) {
      bool first = j < 16;
      int64_t v = first ? a[i * 16 + j] - za : b[i * 8 + j - 16] - zb;
      float scale = first ? sa : sb;
      // In the float mode, the definition of quantize, whatever the form.
      expected.push_back(
          GetParam() == Mode::Float
              ? result.quantize(float(v) * scale)
              : evaluateIntegers(GetParam(), {{v, double(scale)}}, {}, result));
    }
  check(text, {pack(a, 8), pack(b, 8)}, expected, 8);
}

/// Views keep the channels' parameters; the result is unsigned.
TEST_P(IntegerChainTest, viewsOfChannels) {
  constexpr int64_t rows = 20, channels = 120;
  std::vector<float> scales, outScales;
  std::vector<int64_t> zeroPoints;
  for (int64_t c = 0; c < channels; ++c) {
    scales.push_back(std::ldexp(drawScale(), -6));
    outScales.push_back(drawScale());
    zeroPoints.push_back(drawByte() + 128);
  }
  std::string text =
      "func.func @main(%acc: tensor<20x120xi32>) -> tensor<120x5x3xi8> {\n"
      "  %s = arith.constant " +
      denseFloats(scales) + " : tensor<120xf32>\n  %t = arith.constant " +
      denseFloats(outScales) + " : tensor<120xf32>\n  %z = arith.constant " +
      getDense(pack(zeroPoints, 8)) +
      " : tensor<120xui8>\n"
      "  %x = qnn.dequantize %acc, scale %s {axes = array<i64: 1>} : "
      "tensor<20x120xi32>, tensor<120xf32> -> tensor<20x120xf32>\n"
      "  %e = tensor.empty() : tensor<120x20xf32>\n"
      "  %y = linalg.transpose ins(%x : tensor<20x120xf32>) outs(%e : "
      "tensor<120x20xf32>) permutation = [1, 0]\n"
      "  %v = tensor.expand_shape %y [[0], [1, 2]] output_shape [120, 5, 4] : "
      "tensor<120x20xf32> into tensor<120x5x4xf32>\n"
      "  %u = tensor.extract_slice %v[0, 0, 1] [120, 5, 3] [1, 1, 1] : "
      "tensor<120x5x4xf32> to tensor<120x5x3xf32>\n"
      "  %q = qnn.quantize %u, scale %t zero_point %z {axes = array<i64: 0>} "
      ": tensor<120x5x3xf32>, tensor<120xf32>, tensor<120xui8> -> "
      "tensor<120x5x3xui8>\n"
      "  %r = tensor.bitcast %q : tensor<120x5x3xui8> to tensor<120x5x3xi8>\n"
      "  return %r : tensor<120x5x3xi8>\n}\n";
  auto acc = drawAccumulators(rows * channels, [&](int64_t i) {
    return scales[i % channels] / outScales[i % channels];
  });
  std::vector<int64_t> expected;
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t i = 0; i < 5; ++i)
      for (int64_t j = 1; j < 4; ++j) {
        int64_t v = acc[(4 * i + j) * channels + c];
        Storage result{outScales[c], zeroPoints[c], 8, /*isUnsigned=*/true};
        expected.push_back(
            GetParam() == Mode::Float
                ? requantizeFloat(v, double(scales[c]) / double(outScales[c]),
                                  result)
                : evaluateIntegers(GetParam(), {{v, double(scales[c])}}, {},
                                   result));
      }
  check(text, {pack(acc, 32)}, expected, 8, GetParam() != Mode::Float);
}

INSTANTIATE_TEST_SUITE_P(Modes, IntegerChainTest,
                         ::testing::Values(Mode::Float, Mode::FixedPoint,
                                           Mode::Shift));

} // namespace
