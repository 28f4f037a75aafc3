//===- Arithmetic.cpp - the normative arithmetic on numbers ---------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/QNN/IR/Arithmetic.h"

#include "llvm/ADT/APFloat.h"
#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace quantc::qnn;

static int64_t roundAndClamp(float x, int64_t zeroPoint, StorageRange range) {
  if (std::isnan(x))
    return zeroPoint;
  // nearbyint rounds half to even in the default rounding mode. The bounds are
  // small integers, exact in f32; but the largest i32 becomes 2^31.
  float rounded = std::nearbyint(x);
  float low = range.min - zeroPoint, high = range.max - zeroPoint;
  return std::min(int64_t(std::clamp(rounded, low, high)) + zeroPoint,
                  range.max);
}

int64_t quantc::qnn::quantize(float x, float scale, int64_t zeroPoint,
                              StorageRange range) {
  return roundAndClamp(x / scale, zeroPoint, range);
}

float quantc::qnn::dequantize(int64_t q, float scale, int64_t zeroPoint) {
  return float(q - zeroPoint) * scale;
}

int64_t quantc::qnn::requantize(int64_t accumulator, float multiplier,
                                int64_t zeroPoint, StorageRange range) {
  return roundAndClamp(float(accumulator) * multiplier, zeroPoint, range);
}

int64_t quantc::qnn::rescaleFixedPoint(int64_t v, int64_t multiplier,
                                       int64_t shift, bool doubleRound) {
  int64_t round = int64_t(1) << (shift - 1);
  if (doubleRound && shift > 31)
    round += v >= 0 ? int64_t(1) << 30 : -(int64_t(1) << 30);
  return (v * multiplier + round) >> shift;
}

int64_t quantc::qnn::rescaleShift(int64_t v, int64_t shift) {
  if (shift <= 0)
    return std::clamp<int64_t>(v, INT32_MIN, INT32_MAX) *
           (int64_t(1) << -shift);
  // Half minus one, plus one where the integer below is odd: a tie goes up from
  // odd integers only.
  int64_t round = (int64_t(1) << (shift - 1)) - 1 + ((v >> shift) & 1);
  return (v + round) >> shift;
}

FixedPointFactor quantc::qnn::getFixedPointFactor(double factor,
                                                  unsigned bits) {
  int exponent;
  double fraction = std::frexp(factor, &exponent);
  double multiplier = std::nearbyint(std::ldexp(fraction, bits));
  int64_t limit = int64_t(1) << bits;
  if (multiplier == double(limit)) {
    multiplier /= 2;
    ++exponent;
  }
  int64_t shift = int64_t(bits) - exponent;
  if (shift < 2)
    return {limit - 1, 2};
  if (shift > 62)
    return {int64_t(std::nearbyint(std::ldexp(factor, 62))), 62};
  return {int64_t(multiplier), shift};
}

float quantc::qnn::getRequantizeMultiplier(float from, float to) {
  return float(double(from) / double(to));
}

uint8_t quantc::qnn::encodeF8(float x, FloatType f8) {
  const llvm::fltSemantics &semantics = f8.getFloatSemantics();
  llvm::APFloat largest = llvm::APFloat::getLargest(semantics);
  float max = largest.convertToFloat();
  if (std::isnan(x))
    return 0x7f;
  // Clamped by hand: the formats disagree on what overflow becomes.
  llvm::APFloat value(std::clamp(x, -max, max));
  bool losesInfo;
  value.convert(semantics, llvm::APFloat::rmNearestTiesToEven, &losesInfo);
  return value.bitcastToAPInt().getZExtValue();
}

float quantc::qnn::decodeF8(uint8_t bits, FloatType f8) {
  llvm::APFloat value(f8.getFloatSemantics(), llvm::APInt(8, bits));
  bool losesInfo;
  value.convert(llvm::APFloat::IEEEsingle(), llvm::APFloat::rmNearestTiesToEven,
                &losesInfo);
  return value.convertToFloat();
}
