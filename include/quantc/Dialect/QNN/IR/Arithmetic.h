//===- Arithmetic.h - the normative arithmetic on numbers -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// docs/arithmetic.md as functions of numbers: constant folding and the
// quantization of parameters use these, compiled code computes the same bits.
// All roundings are half to even.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QNN_IR_ARITHMETIC_H
#define QUANTC_DIALECT_QNN_IR_ARITHMETIC_H

#include "quantc/Dialect/QNN/IR/QNNOps.h"

namespace quantc::qnn {

/// clamp(rne(f32(x / scale)), qmin - z, qmax - z) + z; NaN gives z.
int64_t quantize(float x, float scale, int64_t zeroPoint, StorageRange range);

/// f32(f32(q - z) * scale). The difference must fit 64 bits.
float dequantize(int64_t q, float scale, int64_t zeroPoint);

/// clamp(rne(f32(f32(acc) * multiplier)), qmin - z, qmax - z) + z; NaN gives z.
int64_t requantize(int64_t accumulator, float multiplier, int64_t zeroPoint,
                   StorageRange range);

/// (v * multiplier + 2^(shift-1)) >> shift, for 0 <= multiplier < 2^31 and
/// 2 <= shift <= 62; |v| <= 2^31, or 2^47 with multipliers below 2^15. With
/// `doubleRound` and shift > 31, 2^30 is first added for v >= 0 and subtracted
/// else. (TOSA 1.0, apply_scale_32 and apply_scale_16.)
int64_t rescaleFixedPoint(int64_t v, int64_t multiplier, int64_t shift,
                          bool doubleRound);

/// rne(v * 2^-shift) for -31 <= shift <= 62 and |v| <= 2^47; where shift is
/// negative, v first saturates at 32 bits.
int64_t rescaleShift(int64_t v, int64_t shift);

/// A positive factor as multiplier * 2^-shift, 2 <= shift <= 62.
struct FixedPointFactor {
  int64_t multiplier;
  int64_t shift;
};

/// The factor with `bits` bits of multiplier, 2^(bits-1) <= multiplier <
/// 2^bits, rounded half to even: the relative error is at most 2^-bits. A
/// factor below 2^(bits-63) has fewer bits and an absolute error of at most
/// 2^-63; one of 2^(bits-2) or more becomes (2^bits - 1) / 4.
FixedPointFactor getFixedPointFactor(double factor, unsigned bits);

/// The multiplier from an accumulator of scale `from` to storage of scale `to`:
/// their quotient in double, rounded once to f32.
float getRequantizeMultiplier(float from, float to);

/// The bits of f8(clamp(x, -max, max)); every NaN becomes 0x7f.
uint8_t encodeF8(float x, mlir::FloatType f8);

/// The value of f8 bits.
float decodeF8(uint8_t bits, mlir::FloatType f8);

} // namespace quantc::qnn

#endif // QUANTC_DIALECT_QNN_IR_ARITHMETIC_H
