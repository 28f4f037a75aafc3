//===- Half.h - f16 and bf16 arithmetic -------------------------*- C++ -*- C++
//-*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_EMULATOR_INSTRUCTIONS_HALF_H
#define QUANTC_EMULATOR_INSTRUCTIONS_HALF_H

#include "../Decode/Decoder.h"

namespace quantc::emulator {

enum class HalfOp : uint8_t {
  Add,
  Sub,
  Mul,
  Fma,
  Neg,
  Abs,
  Min,
  Max,
  MinNan,
  MaxNan,
  Exp2,
  Tanh,
};

/// Decodes the operands of an f16, f16x2, bf16 or bf16x2 instruction.
void decodeHalf(InstDecoder &d, HalfOp op, Type type, bool ftz, bool sat,
                bool relu);

} // namespace quantc::emulator

#endif // QUANTC_EMULATOR_INSTRUCTIONS_HALF_H
