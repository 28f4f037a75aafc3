//===- StorageReference.cpp - storage types by their definitions ----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StorageReference.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

using namespace quantc::test;

int64_t StorageType::getMin() const {
  return isUnsigned ? 0 : -(int64_t(1) << (width - 1));
}

int64_t StorageType::getMax() const {
  return (int64_t(1) << (isUnsigned ? width : width - 1)) - 1;
}

double StorageType::decode(uint8_t code) const {
  int exponentBits = 7 - mantissaBits, bias = (1 << (exponentBits - 1)) - 1;
  int exponent = (code & 0x7f) >> mantissaBits;
  int mantissa = code & ((1 << mantissaBits) - 1);
  double sign = code & 0x80 ? -1 : 1;
  int highest = (1 << exponentBits) - 1;
  // E4M3 has no infinities, and a NaN only where all bits are set.
  if (mantissaBits == 3 && (code & 0x7f) == 0x7f)
    return std::numeric_limits<double>::quiet_NaN();
  if (mantissaBits == 2 && exponent == highest)
    return mantissa ? std::numeric_limits<double>::quiet_NaN()
                    : sign * std::numeric_limits<double>::infinity();
  double fraction = std::ldexp(mantissa, -int(mantissaBits));
  if (exponent == 0)
    return sign * std::ldexp(fraction, 1 - bias);
  return sign * std::ldexp(1 + fraction, exponent - bias);
}

int64_t StorageType::round(float quotient, int64_t zeroPoint) const {
  if (!isF8()) {
    if (std::isnan(quotient))
      return zeroPoint;
    double low = getMin() - zeroPoint, high = getMax() - zeroPoint;
    double clamped = std::min(std::max(double(quotient), low), high);
    double below = std::floor(clamped), rest = clamped - below;
    int64_t n = int64_t(below);
    if (rest > 0.5 || (rest == 0.5 && n % 2 != 0))
      ++n;
    return n + zeroPoint;
  }
  if (std::isnan(quotient))
    return 0x7f;
  int sign = std::signbit(quotient) ? 0x80 : 0;
  // Saturates: what lies beyond the largest number becomes it.
  double largest = decode(mantissaBits == 3 ? 0x7e : 0x7b);
  double magnitude = std::min(std::fabs(double(quotient)), largest);
  double best = INFINITY;
  int nearest = 0;
  for (int code = 0; code < 0x80; ++code) {
    double distance = std::fabs(decode(code) - magnitude);
    if (distance < best || (distance == best && code % 2 == 0)) {
      best = distance;
      nearest = code;
    }
  }
  return sign | nearest;
}

int64_t StorageType::quantize(float x, float scale, int64_t zeroPoint) const {
  volatile float quotient = x / scale;
  return round(quotient, zeroPoint);
}

float StorageType::dequantize(int64_t q, float scale, int64_t zeroPoint) const {
  volatile float number = isF8() ? decode(uint8_t(q)) : double(q - zeroPoint);
  return number * scale;
}

__int128 StorageType::getFixedPoint(int64_t q, int64_t zeroPoint) const {
  if (!isF8())
    return __int128(q - zeroPoint) << 16;
  return __int128(std::ldexp(decode(uint8_t(q)), 16));
}

std::string StorageType::print(int64_t q) const {
  std::ostringstream text;
  if (!isF8())
    text << q;
  else if (std::isfinite(decode(uint8_t(q))))
    text << std::scientific << decode(uint8_t(q));
  else
    text << "0x" << std::hex << std::uppercase << q;
  return text.str();
}
