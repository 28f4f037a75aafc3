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

int64_t clampAndShift(float rounded, int64_t zeroPoint, Storage storage,
                      bool narrowRange) {
  float low = float(storageMin(storage, narrowRange) - zeroPoint),
        high = float(storageMax(storage) - zeroPoint);
  return int64_t(std::min(std::max(rounded, low), high)) + zeroPoint;
}

} // namespace

double storedValue(Storage storage, int64_t element) {
  return isFloatStorage(storage) ? decode(formatOf(storage), int(element))
                                 : double(element);
}

int64_t quantize(float x, float scale, int64_t zeroPoint, Storage storage,
                 bool narrowRange) {
  float steps = x / scale;
  if (isFloatStorage(storage))
    return encode(formatOf(storage), steps);
  return std::isnan(steps) ? zeroPoint
                           : clampAndShift(std::nearbyintf(steps), zeroPoint,
                                           storage, narrowRange);
}

float dequantize(int64_t element, float scale, int64_t zeroPoint,
                 Storage storage) {
  return float(storedValue(storage, element) - double(zeroPoint)) * scale;
}

int64_t requantize(int64_t sum, float multiplier, int64_t zeroPoint,
                   Storage storage, bool narrowRange) {
  return clampAndShift(std::nearbyintf(float(sum) * multiplier), zeroPoint,
                       storage, narrowRange);
}

//===----------------------------------------------------------------------===//
// Integers alone
//===----------------------------------------------------------------------===//

using Wide = __int128;

FixedPoint fixedPointOf(double r, int bits) {
  int exponent;
  double fraction = std::frexp(r, &exponent);
  FixedPoint result = {int64_t(std::nearbyint(std::ldexp(fraction, bits))),
                       bits - exponent};
  if (result.multiplier == int64_t(1) << bits) {
    result.multiplier /= 2;
    --result.shift;
  }
  if (result.shift < 2)
    return {(int64_t(1) << bits) - 1, 2};
  if (result.shift > 62)
    return {int64_t(std::nearbyint(std::ldexp(r, 62))), 62};
  return result;
}

int64_t rescale(int64_t v, FixedPoint factor, bool doubleRound) {
  Wide sum = Wide(v) * factor.multiplier + (Wide(1) << (factor.shift - 1));
  if (doubleRound && factor.shift > 31)
    sum += v >= 0 ? Wide(1) << 30 : -(Wide(1) << 30);
  return int64_t(sum >> factor.shift);
}

int64_t rescale(int64_t v, int64_t shift) {
  if (shift <= 0)
    return int64_t(Wide(saturate32(v)) << -shift);
  Wide below = Wide(v) >> shift, rest = Wide(v) - (below << shift),
       half = Wide(1) << (shift - 1);
  return int64_t(below + (rest > half || (rest == half && (below & 1) != 0)));
}

int64_t saturate32(int64_t v) {
  return std::clamp<int64_t>(v, std::numeric_limits<int32_t>::min(),
                             std::numeric_limits<int32_t>::max());
}

int64_t store(int64_t v, int64_t zeroPoint, Storage storage, bool narrowRange) {
  return int64_t(std::clamp<Wide>(Wide(v) + zeroPoint,
                                  storageMin(storage, narrowRange),
                                  storageMax(storage)));
}

} // namespace quantc::check
