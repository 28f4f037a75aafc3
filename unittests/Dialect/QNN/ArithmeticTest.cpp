//===- ArithmeticTest.cpp - tests of the normative arithmetic -------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The expected values come from integers of 128 bits: a finite float is
// m * 2^e, so that a rounded quotient is an integer division with a remainder.
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/QNN/IR/Arithmetic.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/MLIRContext.h"
#include "gtest/gtest.h"
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

using namespace quantc::qnn;

namespace {

constexpr StorageRange kInt8 = {-128, 127};
constexpr StorageRange kNarrow = {-127, 127};
constexpr StorageRange kUInt8 = {0, 255};
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

/// Rounds a finite float to the nearest integer, ties to even, by its bits.
/// Values beyond 2^40 saturate.
int64_t roundHalfEven(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof(bits));
  bool negative = bits >> 31;
  int exponent = int(bits >> 23 & 0xff);
  __int128 mantissa = bits & 0x7fffff;
  if (exponent)
    mantissa |= 0x800000;
  int shift = std::max(exponent, 1) - 127 - 23;
  __int128 result;
  if (shift >= 0) {
    result = shift > 30 ? __int128(1) << 40 : mantissa << shift;
  } else if (shift < -30) {
    result = 0;
  } else {
    __int128 unit = __int128(1) << -shift;
    result = mantissa / unit;
    __int128 twice = 2 * (mantissa % unit);
    if (twice > unit || (twice == unit && result % 2))
      ++result;
  }
  return int64_t(negative ? -result : result);
}

/// clamp(n + z, qmin, qmax), on integers.
int64_t addAndClamp(int64_t n, int64_t zeroPoint, StorageRange range) {
  return std::min(std::max(n + zeroPoint, range.min), range.max);
}

float randomFloat(std::mt19937 &random) {
  uint32_t bits = random();
  float result;
  std::memcpy(&result, &bits, sizeof(result));
  return result;
}

TEST(Arithmetic, TiesGoToEven) {
  EXPECT_EQ(quantize(0.5f, 1, 0, kInt8), 0);
  EXPECT_EQ(quantize(1.5f, 1, 0, kInt8), 2);
  EXPECT_EQ(quantize(-2.5f, 1, 0, kInt8), -2);
  // The zero point does not take part in the rounding.
  EXPECT_EQ(quantize(0.5f, 1, 1, kInt8), 1);
  EXPECT_EQ(quantize(1.5f, 1, 1, kInt8), 3);
}

TEST(Arithmetic, SpecialValues) {
  EXPECT_EQ(quantize(kNaN, 1, -7, kInt8), -7);
  EXPECT_EQ(quantize(kInf, 1, -7, kInt8), 127);
  EXPECT_EQ(quantize(-kInf, 1, -7, kInt8), -128);
  EXPECT_EQ(quantize(-kInf, 1, -7, kNarrow), -127);
  EXPECT_EQ(quantize(std::numeric_limits<float>::max(), 1e-30f, 255, kUInt8),
            255);
  EXPECT_EQ(quantize(-0.0f, 1, 5, kUInt8), 5);
}

TEST(Arithmetic, QuantizeAgreesWithIntegers) {
  std::mt19937 random(1);
  std::uniform_int_distribution<int> zero(-127, 127);
  for (int i = 0; i < 1000000; ++i) {
    float scale =
        std::ldexp(1.0f + (random() % 1024) / 1024.0f, int(random() % 40) - 20);
    float x =
        i % 4 ? scale * (int(random() % 2000) - 1000) / 4 : randomFloat(random);
    int64_t z = zero(random);
    float quotient = x / scale;
    int64_t expected = std::isnan(quotient)
                           ? z
                           : addAndClamp(roundHalfEven(quotient), z, kNarrow);
    ASSERT_EQ(quantize(x, scale, z, kNarrow), expected)
        << x << " / " << scale << " + " << z;
  }
}

TEST(Arithmetic, RequantizeAgreesWithIntegers) {
  std::mt19937 random(2);
  for (int64_t edge : {INT64_C(0), INT64_C(1), INT64_C(-1), INT64_C(2147483647),
                       INT64_C(-2147483648)})
    EXPECT_EQ(requantize(edge, 0x1p-24f, 3, kInt8),
              addAndClamp(roundHalfEven(float(edge) * 0x1p-24f), 3, kInt8));
  for (int i = 0; i < 1000000; ++i) {
    int64_t accumulator = int32_t(random());
    float multiplier =
        std::ldexp(1.0f + (random() % 65536) / 65536.0f, -int(random() % 32));
    int64_t z = int(random() % 256) - 128;
    float product = float(accumulator) * multiplier;
    ASSERT_EQ(requantize(accumulator, multiplier, z, kInt8),
              addAndClamp(roundHalfEven(product), z, kInt8));
  }
  EXPECT_EQ(requantize(0, kInf, 4, kInt8), 4);
}

TEST(Arithmetic, DequantizeSubtractsExactly) {
  EXPECT_EQ(dequantize(127, 0.5f, -128), 127.5f);
  EXPECT_EQ(dequantize(-128, 0.5f, 127), -127.5f);
  // 2^31 - 1 rounds to 2^31.
  EXPECT_EQ(dequantize(2147483647, 1.0f, 0), 2147483648.0f);
}

TEST(Arithmetic, MultiplierIsRoundedOnce) {
  EXPECT_EQ(getRequantizeMultiplier(1.0f, 3.0f), 1.0f / 3.0f);
  EXPECT_EQ(getRequantizeMultiplier(0x1p-126f, 4.0f), 0x1p-128f);
}

/// Every value of an f8 type survives, and every float goes to a nearest value,
/// the even one of two.
void checkF8(mlir::FloatType type, float max) {
  std::vector<float> values;
  for (int bits = 0; bits < 128; ++bits) {
    float value = decodeF8(bits, type);
    if (!std::isfinite(value))
      continue;
    EXPECT_EQ(encodeF8(value, type), bits);
    EXPECT_EQ(encodeF8(-value, type), bits | 0x80);
    values.push_back(value);
  }
  EXPECT_EQ(values.back(), max);
  for (size_t i = 0; i + 1 < values.size(); ++i) {
    // The middle of neighbours is exact in f32.
    float middle = (values[i] + values[i + 1]) / 2;
    EXPECT_EQ(encodeF8(middle, type), i % 2 ? i + 1 : i);
    EXPECT_EQ(encodeF8(std::nextafter(middle, 0.0f), type), i);
    EXPECT_EQ(encodeF8(std::nextafter(middle, kInf), type), i + 1);
  }
  EXPECT_EQ(decodeF8(encodeF8(kInf, type), type), max);
  EXPECT_EQ(decodeF8(encodeF8(-1e30f, type), type), -max);
  EXPECT_TRUE(std::isnan(decodeF8(encodeF8(kNaN, type), type)));
  EXPECT_EQ(encodeF8(-kNaN, type), 0x7f);
}

TEST(Arithmetic, F8) {
  mlir::MLIRContext context;
  checkF8(mlir::Float8E4M3FNType::get(&context), 448);
  checkF8(mlir::Float8E5M2Type::get(&context), 57344);
}

} // namespace
