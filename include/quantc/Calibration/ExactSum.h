//===- ExactSum.h - sums of floats without rounding -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every finite f32 is an integer times 2^-149, and an integer of 341 bits holds
// the sum of 2^63 of the largest ones (Kulisch's accumulator). So the sum does
// not depend on the order of what is added, or on how it is split.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CALIBRATION_EXACTSUM_H
#define QUANTC_CALIBRATION_EXACTSUM_H

#include "llvm/ADT/StringRef.h"
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>

namespace quantc {

/// The exact sum of magnitudes of at most 2^63 finite f32.
class ExactSum {
public:
  /// Adds |value|.
  void add(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof(bits));
    uint32_t exponent = bits >> 23 & 0xff;
    uint64_t mantissa = bits & 0x7fffff;
    if (exponent > 0)
      mantissa |= 0x800000, --exponent;
    mantissa <<= exponent % 32;
    limbs[exponent / 32] += mantissa & 0xffffffff;
    limbs[exponent / 32 + 1] += mantissa >> 32;
    if (++pending == kMaxPending)
      carry();
  }

  void merge(const ExactSum &other);

  /// The sum, rounded to the nearest f64, half to even.
  double get() const;

  /// The sum's multiple of 2^-149 in hexadecimal digits, without leading zeros.
  std::string toHex() const;
  /// Nothing where `digits` are not what toHex returns.
  static std::optional<ExactSum> fromHex(llvm::StringRef digits);

private:
  static constexpr int kLimbs = 11;
  /// Sums of so many numbers of 32 bits fit a limb, with room for one more
  /// carry.
  static constexpr uint32_t kMaxPending = 1u << 30;

  /// Brings all limbs below 2^32.
  void carry();
  bool getBit(int bit) const { return limbs[bit / 32] >> (bit % 32) & 1; }

  /// Digits of 2^32, of which sums are carried later.
  std::array<uint64_t, kLimbs> limbs = {};
  uint32_t pending = 0;
};

} // namespace quantc

#endif // QUANTC_CALIBRATION_EXACTSUM_H
