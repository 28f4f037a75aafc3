//===- Matrix.h - products of matrix tiles ----------------------*- C++ -*- C++
//-*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_EMULATOR_INSTRUCTIONS_MATRIX_H
#define QUANTC_EMULATOR_INSTRUCTIONS_MATRIX_H

#include "../Ptx/Types.h"

#include <cstddef>

namespace quantc::emulator {

/// Elements of matrix operands; s4 and u4 have no register type in PTX.
enum class Element : uint8_t { S4, U4, S8, U8, F16, BF16, TF32, E4M3, E5M2 };

unsigned bitsOf(Element element);
inline bool isInteger(Element element) { return element <= Element::U8; }

/// Rows of at most 32 bytes of elements as integers.
void widen(const uint8_t *row, size_t bytes, Element element, int16_t *out);
/// The same as exact floating-point values.
void widen(const uint8_t *row, size_t bytes, Element element, float *out);

/// d[i][j] = c[i][j] + sum_k a[i][k] * b[j][k], with wrapping sums, or
/// saturated at the end.
int32_t dot(const int16_t *a, const int16_t *b, size_t k, int32_t c,
            bool saturate);
/// The products are exact; they are summed in f64, four partial sums by k
/// modulo 4 first, c last, and rounded once: exact for 8-bit floats, and close
/// to it for the others. The ISA leaves order and precision of the sum open.
/// `k` is a multiple of 4.
float dot(const float *a, const float *b, size_t k, float c);

} // namespace quantc::emulator

#endif // QUANTC_EMULATOR_INSTRUCTIONS_MATRIX_H
