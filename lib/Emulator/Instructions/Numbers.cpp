//===- Numbers.cpp - floating-point formats -------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Numbers.h"

#include <cmath>
#include <limits>

using namespace quantc::emulator;

Format quantc::emulator::formatOf(Type type) {
  switch (type) {
  case Type::F16:
  case Type::F16x2:
    return {5, 10};
  case Type::BF16:
  case Type::BF16x2:
    return {8, 7};
  case Type::TF32:
    return {8, 10, true, 13};
  case Type::E4M3:
  case Type::E4M3x2:
    return {4, 3, false};
  case Type::E5M2:
  case Type::E5M2x2:
    return {5, 2};
  default:
    return {8, 23};
  }
}

double quantc::emulator::fromBits(uint32_t bits, const Format &format) {
  bits >>= format.droppedBits;
  uint32_t magnitude = bits & (format.sign() - 1);
  double sign = bits & format.sign() ? -1 : 1;
  if (format.hasInfinity ? magnitude > format.infinity()
                         : magnitude == format.nan())
    return std::numeric_limits<double>::quiet_NaN();
  if (format.hasInfinity && magnitude == format.infinity())
    return sign * std::numeric_limits<double>::infinity();
  int exponent = static_cast<int>(magnitude >> format.mantissaBits);
  uint32_t fraction = magnitude & ((1u << format.mantissaBits) - 1);
  if (exponent)
    fraction |= 1u << format.mantissaBits;
  else
    exponent = 1;
  return sign * std::ldexp(double(fraction),
                           exponent - format.bias() - int(format.mantissaBits));
}

/// Whether a magnitude with these discarded bits is rounded up.
static bool roundsUp(bool odd, uint64_t rest, uint64_t half, bool negative,
                     Rounding rounding) {
  switch (rounding) {
  case Rounding::Nearest:
    return rest > half || (rest == half && odd);
  case Rounding::Away:
    return rest >= half;
  case Rounding::Down:
    return rest && negative;
  case Rounding::Up:
    return rest && !negative;
  case Rounding::Zero:
    break;
  }
  return false;
}

uint32_t quantc::emulator::toBits(double value, const Format &format,
                                  const RoundingOptions &options) {
  unsigned drop = format.droppedBits;
  if (std::isnan(value))
    return format.nan() << drop;
  bool negative = std::signbit(value);
  if (options.relu && negative)
    return 0;
  uint32_t sign = negative ? format.sign() : 0;
  if (value == 0)
    return sign << drop;
  auto overflow = [&](bool awayFromZero) {
    if (options.satfinite || !awayFromZero)
      return (sign | format.largest()) << drop;
    return (sign | (format.hasInfinity ? format.infinity() : format.nan()))
           << drop;
  };
  if (std::isinf(value))
    return overflow(true);
  // value = significand * 2^exponent, with 53 bits
  int exponent;
  double fraction = std::frexp(std::fabs(value), &exponent);
  uint64_t significand = static_cast<uint64_t>(std::ldexp(fraction, 53));
  exponent -= 53;
  int smallest = 1 - format.bias() - int(format.mantissaBits);
  int quantum = exponent + 52 - int(format.mantissaBits);
  if (quantum < smallest)
    quantum = smallest;
  int shift = quantum - exponent; // always positive: fewer than 53 bits
  uint64_t result, rest, half;
  if (shift > 62) { // far below the smallest value
    result = 0;
    rest = 1;
    half = 2;
  } else {
    result = significand >> shift;
    rest = significand & ((uint64_t(1) << shift) - 1);
    half = uint64_t(1) << (shift - 1);
  }
  if (roundsUp(result & 1, rest, half, negative, options.rounding))
    ++result;
  if (result >> (format.mantissaBits + 1)) {
    result >>= 1;
    ++quantum;
  }
  if (result >> format.mantissaBits == 0)
    return (sign | uint32_t(result)) << drop; // subnormal
  int field = quantum + int(format.mantissaBits) + format.bias();
  uint64_t bits = (uint64_t(field) << format.mantissaBits) +
                  (result - (uint64_t(1) << format.mantissaBits));
  if (bits > format.largest()) {
    Rounding r = options.rounding;
    return overflow(r == Rounding::Nearest || r == Rounding::Away ||
                    (r == Rounding::Up && !negative) ||
                    (r == Rounding::Down && negative));
  }
  return (sign | uint32_t(bits)) << drop;
}

double quantc::emulator::addToOdd(double a, double b) {
  double sum = a + b;
  if (!std::isfinite(sum))
    return sum;
  // The error of the sum, exactly (Knuth's two-sum).
  double fromB = sum - a;
  double error = (a - (sum - fromB)) + (b - fromB);
  uint64_t bits = bitCast<uint64_t>(sum);
  if (error == 0 || bits & 1)
    return sum;
  bool away = (error > 0) == (sum > 0);
  return bitCast<double>(away ? bits + 1 : bits - 1);
}

double quantc::emulator::toOdd(uint64_t value) {
  if (value >> 53 == 0)
    return static_cast<double>(value);
  unsigned shift = 11 - __builtin_clzll(value);
  uint64_t kept = value >> shift;
  kept |= (kept << shift) != value;
  return std::ldexp(static_cast<double>(kept), int(shift));
}

double quantc::emulator::toOdd(int64_t value) {
  return value < 0 ? -toOdd(uint64_t(0) - uint64_t(value))
                   : toOdd(uint64_t(value));
}
