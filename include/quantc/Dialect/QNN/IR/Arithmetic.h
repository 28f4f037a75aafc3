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

/// The multiplier from an accumulator of scale `from` to storage of scale `to`:
/// their quotient in double, rounded once to f32.
float getRequantizeMultiplier(float from, float to);

/// The bits of f8(clamp(x, -max, max)); NaN stays NaN.
uint8_t encodeF8(float x, mlir::FloatType f8);

/// The value of f8 bits.
float decodeF8(uint8_t bits, mlir::FloatType f8);

} // namespace quantc::qnn

#endif // QUANTC_DIALECT_QNN_IR_ARITHMETIC_H
