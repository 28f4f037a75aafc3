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
int64_t quantize(float x, float scale, int64_t zeroPoint, Storage storage);

/// f32(f32(q - z) * scale).
float dequantize(int64_t element, float scale, int64_t zeroPoint,
                 Storage storage);

/// clamp(rne(f32(f32(sum) * multiplier)), qmin - z, qmax - z) + z.
int64_t requantize(int64_t sum, float multiplier, int64_t zeroPoint,
                   Storage storage);

} // namespace quantc::check

#endif // QUANTC_TOOLS_QUANT_CHECK_ARITHMETIC_H
