//===- SmallNumbers.h - small integers in every format ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_UNITTESTS_EMULATOR_SMALLNUMBERS_H
#define QUANTC_UNITTESTS_EMULATOR_SMALLNUMBERS_H

#include "Harness.h"

namespace quantc::emulator::test {

/// The bits of a small integer in a type of matrix instructions: sums of
/// products of such are exact in every format and order.
inline uint32_t smallNumber(int value, const std::string &type) {
  if (type == "s8" || type == "u8")
    return uint32_t(value) & 255;
  float f = float(value);
  uint32_t bits;
  std::memcpy(&bits, &f, 4);
  if (type == "tf32" || type == "f32")
    return bits;
  if (type == "bf16")
    return bits >> 16;
  uint32_t sign = value < 0,
           mantissaBits = type == "f16"    ? 10
                          : type == "e4m3" ? 3
                                           : 2,
           bias = type == "e4m3" ? 7 : 15;
  if (!value)
    return 0;
  int exponent = int(bits >> 23 & 255) - 127;
  uint32_t mantissa = (bits & 0x7fffff) >> (23 - mantissaBits),
           width = type == "f16" ? 16 : 8;
  return sign << (width - 1) | uint32_t(exponent + int(bias)) << mantissaBits |
         mantissa;
}

inline unsigned bitsOfType(const std::string &type) {
  return type == "tf32" || type == "f32"   ? 32
         : type == "f16" || type == "bf16" ? 16
                                           : 8;
}

} // namespace quantc::emulator::test

#endif // QUANTC_UNITTESTS_EMULATOR_SMALLNUMBERS_H
