//===- Atomic.h - operations of atom, red and bulk reductions ---*- C++ -*- C++
//-*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_EMULATOR_INSTRUCTIONS_ATOMIC_H
#define QUANTC_EMULATOR_INSTRUCTIONS_ATOMIC_H

#include "../Decode/Decoder.h"

#include <optional>

namespace quantc::emulator {

enum class AtomicOp : uint8_t {
  Add,
  Min,
  Max,
  Inc,
  Dec,
  Exchange,
  CompareSwap,
  And,
  Or,
  Xor
};

/// Consumes the operation's modifier.
std::optional<AtomicOp> acceptAtomicOp(InstDecoder &d);

/// The new value; bits of elements of `type` in the low bits.
uint64_t atomicResult(AtomicOp op, Type type, uint64_t old, uint64_t b,
                      uint64_t c = 0);

} // namespace quantc::emulator

#endif // QUANTC_EMULATOR_INSTRUCTIONS_ATOMIC_H
