//===- Numbers.h - floating-point formats -----------------------*- C++ -*- C++
//-*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_EMULATOR_INSTRUCTIONS_NUMBERS_H
#define QUANTC_EMULATOR_INSTRUCTIONS_NUMBERS_H

#include "../Ptx/Types.h"

#include <cstdint>
#include <cstring>

namespace quantc::emulator {

/// To nearest even, toward zero, down, up, to nearest away from zero.
enum class Rounding : uint8_t { Nearest, Zero, Down, Up, Away };

/// A binary format of at most 32 bits. e4m3 has no infinity and one NaN
/// pattern per sign (OCP 8-bit Floating Point Specification 1.0).
struct Format {
  unsigned exponentBits, mantissaBits;
  bool hasInfinity = true;
  unsigned droppedBits = 0; ///< tf32: low bits of the f32 container

  int bias() const { return (1 << (exponentBits - 1)) - 1; }
  uint32_t infinity() const {
    return ((1u << exponentBits) - 1) << mantissaBits;
  }
  /// The canonical NaN: 0x7fff.. of the width, as the devices give it.
  uint32_t nan() const { return (1u << (exponentBits + mantissaBits)) - 1; }
  uint32_t largest() const { return hasInfinity ? infinity() - 1 : nan() - 1; }
  uint32_t sign() const { return 1u << (exponentBits + mantissaBits); }
};

/// The format of one element of the type; F32 for types that have none.
Format formatOf(Type type);

/// The exact value of a bit pattern.
double fromBits(uint32_t bits, const Format &format);

struct RoundingOptions {
  Rounding rounding = Rounding::Nearest;
  bool satfinite = false; ///< too large: the largest finite value
  bool relu = false;      ///< negative and NaN: zero (NaN stays NaN)
};

/// The nearest value of the format. `value` must be exact, or rounded to odd
/// from at least two bits more than the format has.
uint32_t toBits(double value, const Format &format,
                const RoundingOptions &options = {});

/// a + b with the last bit set if the sum is inexact ("round to odd": Boldo
/// and Melquiond, 2008), so that rounding it again rounds correctly.
double addToOdd(double a, double b);
/// An integer of 64 bits, rounded to odd.
double toOdd(int64_t value);
double toOdd(uint64_t value);

template <class To, class From>
To bitCast(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof to);
  return to;
}

} // namespace quantc::emulator

#endif // QUANTC_EMULATOR_INSTRUCTIONS_NUMBERS_H
