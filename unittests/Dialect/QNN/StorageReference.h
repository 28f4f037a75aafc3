//===- StorageReference.h - storage types by their definitions --*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// docs/arithmetic.md for every storage type, on plain numbers: no APFloat, no
// bit tricks, f8 from tables of all its values.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_UNITTESTS_DIALECT_QNN_STORAGEREFERENCE_H
#define QUANTC_UNITTESTS_DIALECT_QNN_STORAGEREFERENCE_H

#include <cstdint>
#include <optional>
#include <string>

namespace quantc::test {

/// A storage type. A quantized value is an integer, or the code of an f8.
struct StorageType {
  const char *name;
  unsigned width;
  bool isUnsigned = false;
  /// Bits of an f8's mantissa; 0 for integers.
  unsigned mantissaBits = 0;

  bool isF8() const { return mantissaBits != 0; }
  int64_t getMin() const;
  int64_t getMax() const;

  /// The value of an f8's code: (-1)^s 2^(e - bias) (1 + m / 2^mantissaBits)
  /// by the OCP's 8-bit floating point specification, sections 5.1 and 5.2.
  double decode(uint8_t code) const;

  /// clamp(rne(f32(x / s)), qmin - z, qmax - z) + z, or the code of the f8 that
  /// is nearest to f32(x / s), the even one of two.
  int64_t quantize(float x, float scale, int64_t zeroPoint) const;
  /// The same for a number that has been divided already.
  int64_t round(float quotient, int64_t zeroPoint) const;

  /// f32(f32(q - z) * s).
  float dequantize(int64_t q, float scale, int64_t zeroPoint) const;

  /// q - z, or the value of a code, as a multiple of 2^-16: exact.
  __int128 getFixedPoint(int64_t q, int64_t zeroPoint) const;

  /// A quantized value as MLIR writes it in a constant.
  std::string print(int64_t q) const;
};

inline constexpr StorageType kI4 = {"i4", 4}, kI8 = {"i8", 8},
                             kUI8 = {"ui8", 8, true}, kI16 = {"i16", 16},
                             kE4M3 = {"f8E4M3FN", 8, false, 3},
                             kE5M2 = {"f8E5M2", 8, false, 2};
inline constexpr StorageType kStorageTypes[] = {kI4,  kI8,   kUI8,
                                                kI16, kE4M3, kE5M2};

} // namespace quantc::test

#endif // QUANTC_UNITTESTS_DIALECT_QNN_STORAGEREFERENCE_H
