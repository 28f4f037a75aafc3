//===- Arithmetic.cpp - scalar definitions of docs/arithmetic.md ----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Arithmetic.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace quantc::check {

namespace {

/// Sign, exponent and mantissa of an OCP 8-bit float.
struct SmallFloat {
  int mantissaBits, bias, maxCode;
};

SmallFloat formatOf(Storage storage) {
  return storage == Storage::F8E4M3FN ? SmallFloat{3, 7, 0x7E}
                                      : SmallFloat{2, 15, 0x7B};
}

double decode(SmallFloat format, int code) {
  int magnitude = code & 0x7F;
  if (magnitude > format.maxCode)
    return format.mantissaBits == 2 && magnitude == 0x7C
               ? (code & 0x80 ? -1 : 1) *
                     std::numeric_limits<double>::infinity()
               : std::numeric_limits<double>::quiet_NaN();
  int mantissa = magnitude & ((1 << format.mantissaBits) - 1);
  int exponent = magnitude >> format.mantissaBits;
  double value =
      exponent == 0
          ? std::ldexp(mantissa, 1 - format.bias - format.mantissaBits)
          : std::ldexp(mantissa + (1 << format.mantissaBits),
                       exponent - format.bias - format.mantissaBits);
  return code & 0x80 ? -value : value;
}

/// The code next to x, by comparison with every code.
int encode(SmallFloat format, float x) {
  int sign = std::signbit(x) ? 0x80 : 0;
  if (std::isnan(x))
    return sign | 0x7F;
  double magnitude = std::fabs(double(x));
  int best = 0;
  for (int code = 1; code <= format.maxCode; ++code) {
    double distance = std::fabs(decode(format, code) - magnitude),
           least = std::fabs(decode(format, best) - magnitude);
    if (distance < least || (distance == least && code % 2 == 0))
      best = code;
  }
  return sign | best;
}

int64_t clampAndShift(float rounded, int64_t zeroPoint, Storage storage) {
  float low = float(storageMin(storage) - zeroPoint),
        high = float(storageMax(storage) - zeroPoint);
  return int64_t(std::min(std::max(rounded, low), high)) + zeroPoint;
}

} // namespace

double storedValue(Storage storage, int64_t element) {
  return isFloatStorage(storage) ? decode(formatOf(storage), int(element))
                                 : double(element);
}

int64_t quantize(float x, float scale, int64_t zeroPoint, Storage storage) {
  float steps = x / scale;
  if (isFloatStorage(storage))
    return encode(formatOf(storage), steps);
  return std::isnan(steps)
             ? zeroPoint
             : clampAndShift(std::nearbyintf(steps), zeroPoint, storage);
}

float dequantize(int64_t element, float scale, int64_t zeroPoint,
                 Storage storage) {
  return float(storedValue(storage, element) - double(zeroPoint)) * scale;
}

int64_t requantize(int64_t sum, float multiplier, int64_t zeroPoint,
                   Storage storage) {
  return clampAndShift(std::nearbyintf(float(sum) * multiplier), zeroPoint,
                       storage);
}

} // namespace quantc::check
