//===- Arithmetic.h - scalar definitions of docs/arithmetic.md --*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANT_CHECK_ARITHMETIC_H
#define QUANTC_TOOLS_QUANT_CHECK_ARITHMETIC_H

#include "Program.h"

namespace quantc::check {

/// The value of a quantized element before its zero point and scale: the
/// integer, or the number that an f8 code stands for.
double storedValue(Storage storage, int64_t element);

/// clamp(rne(f32(x / scale)), qmin - z, qmax - z) + z, NaN gives z; f8: the
/// nearest code of clamp(f32(x / scale), -max, max), ties to even.
int64_t quantize(float x, float scale, int64_t zeroPoint, Storage storage,
                 bool narrowRange = false);

/// f32(f32(q - z) * scale).
float dequantize(int64_t element, float scale, int64_t zeroPoint,
                 Storage storage);

/// clamp(rne(f32(f32(sum) * multiplier)), qmin - z, qmax - z) + z.
int64_t requantize(int64_t sum, float multiplier, int64_t zeroPoint,
                   Storage storage, bool narrowRange = false);

/// A multiplier of `bits` bits and a shift.
struct FixedPoint {
  int64_t multiplier, shift;
};

/// m = rne(f * 2^bits), sh = bits - e, of r = f * 2^e, 1/2 <= f < 1.
FixedPoint fixedPointOf(double r, int bits);

/// (v * m + 2^(sh - 1)) >> sh, exactly; with double rounding 2^30 is added to
/// the product first, or subtracted for v < 0, where sh > 31.
int64_t rescale(int64_t v, FixedPoint factor, bool doubleRound = false);

/// rne(v * 2^-shift), of v saturated at 32 bits where the shift is negative.
int64_t rescale(int64_t v, int64_t shift);

int64_t saturate32(int64_t v);

/// clamp(v + z, qmin, qmax).
int64_t store(int64_t v, int64_t zeroPoint, Storage storage,
              bool narrowRange = false);

} // namespace quantc::check

#endif // QUANTC_TOOLS_QUANT_CHECK_ARITHMETIC_H
