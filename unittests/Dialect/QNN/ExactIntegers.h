//===- ExactIntegers.h - the integer modes by definition --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// docs/arithmetic.md, Requantize, in 128-bit integers: slow, and without a line
// of the compiler's arithmetic.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_UNITTESTS_DIALECT_QNN_EXACTINTEGERS_H
#define QUANTC_UNITTESTS_DIALECT_QNN_EXACTINTEGERS_H

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace quantc::test {

using Int = __int128;

inline Int power(int exponent) { return Int(1) << exponent; }

/// The largest integer that is not above a / b, b > 0.
inline Int floorDivide(Int a, Int b) { return a / b - (a % b < 0); }

/// a / b to the nearest integer, ties to even, b > 0.
inline Int divideHalfEven(Int a, Int b) {
  Int quotient = floorDivide(a, b), twice = 2 * (a - quotient * b);
  return quotient + (twice > b || (twice == b && quotient % 2 != 0));
}

inline Int clamp(Int value, Int min, Int max) {
  return std::min(std::max(value, min), max);
}

/// What TOSA calls i48.
inline Int clampTo48(Int v) { return clamp(v, -power(47), power(47) - 1); }

inline Int rescaleFixedPoint(Int v, int64_t multiplier, int64_t shift,
                             bool doubleRound = false) {
  Int round = power(shift - 1);
  if (doubleRound && shift > 31)
    round += v >= 0 ? power(30) : -power(30);
  return floorDivide(clampTo48(v) * multiplier + round, power(shift));
}

inline Int rescaleShift(Int v, int64_t shift) {
  return shift >= 0 ? divideHalfEven(clampTo48(v), power(shift))
                    : clampTo48(v) * power(-shift);
}

/// v times a factor in fixed point with a multiplier of 31 bits.
inline Int rescaleByFactor(Int v, double factor) {
  int shift = 31;
  while (factor >= 1) {
    factor /= 2;
    --shift;
  }
  while (factor < 0.5) {
    factor *= 2;
    ++shift;
  }
  int64_t multiplier = int64_t(std::nearbyint(factor * 2147483648.0));
  return rescaleFixedPoint(v, multiplier, shift);
}

/// v times a power of two.
inline Int rescaleByPowerOfTwo(Int v, double factor) {
  int shift = 0;
  for (; factor > 1; factor /= 2)
    --shift;
  for (; factor < 1; factor *= 2)
    ++shift;
  return rescaleShift(v, shift);
}

} // namespace quantc::test

#endif // QUANTC_UNITTESTS_DIALECT_QNN_EXACTINTEGERS_H
