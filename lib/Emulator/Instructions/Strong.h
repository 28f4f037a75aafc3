//===- Strong.h - synchronisation through memory ----------------*- C++ -*- C++
//-*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// PTX ISA, "Memory Consistency Model": strong operations do not race with each
// other; release and acquire patterns order what comes before and after.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_EMULATOR_INSTRUCTIONS_STRONG_H
#define QUANTC_EMULATOR_INSTRUCTIONS_STRONG_H

#include "../Decode/Decoder.h"

namespace quantc::emulator {

enum class Semantics : uint8_t {
  Weak,
  Relaxed,
  Acquire,
  Release,
  AcquireRelease
};

/// Consumes .weak, .volatile, .relaxed, .acquire, .release, .acq_rel, .mmio
/// and the scope.
Semantics acceptSemantics(InstDecoder &d, Semantics otherwise);

/// A strong write of the lane; `replaces`: a store, which ends earlier release
/// sequences, rather than an atomic operation.
void publish(Exec &x, unsigned lane, const Accessed &place, Semantics semantics,
             bool replaces);
/// A strong read of the lane.
void observe(Exec &x, unsigned lane, const Accessed &place,
             Semantics semantics);

} // namespace quantc::emulator

#endif // QUANTC_EMULATOR_INSTRUCTIONS_STRONG_H
