//===- IntegerChainTest.h - programs that stay in integers ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the tests of integer chains share: programs fused in each mode of
// requantization, compiled and executed, against docs/arithmetic.md element by
// element.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_UNITTESTS_DIALECT_QNN_INTEGERCHAINTEST_H
#define QUANTC_UNITTESTS_DIALECT_QNN_INTEGERCHAINTEST_H

#include "CompiledProgram.h"
#include "ExactIntegers.h"

#include "llvm/Support/FormatVariadic.h"
#include "gtest/gtest.h"
#include <cmath>
#include <random>

namespace quantc::test {

enum class Mode { Float, FixedPoint, Shift };

inline const char *getName(Mode mode) {
  constexpr const char *names[] = {"float", "fixed-point", "shift"};
  return names[int(mode)];
}

inline void PrintTo(Mode mode, std::ostream *os) { *os << getName(mode); }

/// v = q - z, and its scale with all constant factors.
struct Term {
  int64_t v;
  double scale;
};

inline constexpr float infinity = std::numeric_limits<float>::infinity();

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
inline int64_t evaluateIntegers(Mode mode, llvm::ArrayRef<Term> terms,
                                llvm::ArrayRef<double> constants,
                                const Storage &result, float lower = -infinity,
                                float upper = infinity) {
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
inline int64_t requantizeFloat(int64_t v, double factor, const Storage &result,
                               float lower = -infinity,
                               float upper = infinity) {
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
  static std::vector<char> pack(llvm::ArrayRef<int64_t> values, int width) {
    std::vector<char> bytes;
    for (int64_t value : values)
      appendInteger(bytes, value, width);
    return bytes;
  }

  /// Compiles @main with the pass in this mode, runs it and compares. Where
  /// `integersOnly`, no float tensor may be left, and in the integer modes no
  /// float at all.
  void check(const std::string &text, llvm::ArrayRef<std::vector<char>> inputs,
             llvm::ArrayRef<int64_t> expected, int width,
             bool integersOnly = true) {
    CompiledProgram program(
        text, std::string("func.func(qnn-fuse-epilogue{requantize=") +
                  getName(GetParam()) + "},canonicalize)");
    ASSERT_TRUE(program.isValid()) << text;
    if (integersOnly) {
      llvm::StringRef ir = program.getIR();
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

inline std::string number(double value) {
  return llvm::formatv("{0:e9}", value).str();
}

inline constexpr const char *kMaps =
    "#id = affine_map<(d0, d1) -> (d0, d1)>\n"
    "#row = affine_map<(d0, d1) -> (d1)>\n"
    "#id4 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>\n"
    "#channel = affine_map<(d0, d1, d2, d3) -> (d3)>\n";

inline constexpr const char *kParallel2 =
    "iterator_types = [\"parallel\", \"parallel\"]";
inline constexpr const char *kParallel4 =
    "iterator_types = [\"parallel\", \"parallel\", \"parallel\", "
    "\"parallel\"]";

/// "dense<[...]>" with every bit of each f32.
inline std::string denseFloats(llvm::ArrayRef<float> values) {
  std::vector<char> bytes;
  for (float value : values)
    appendBytes(bytes, value);
  return getDense(bytes);
}

inline std::string scalarConstant(const char *name, float value) {
  std::vector<float> one = {value};
  return llvm::formatv("  %{0} = arith.constant {1} : tensor<f32>\n", name,
                       denseFloats(one))
      .str();
}

inline std::string zeroConstant(const char *name, int64_t value,
                                const char *type = "i8") {
  return llvm::formatv("  %{0} = arith.constant dense<{1}> : tensor<{2}>\n",
                       name, value, type)
      .str();
}

} // namespace quantc::test

#endif // QUANTC_UNITTESTS_DIALECT_QNN_INTEGERCHAINTEST_H
