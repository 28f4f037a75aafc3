//===- MBarrier.h - arrivals at mbarriers -----------------------*- C++ -*- C++
//-*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_EMULATOR_INSTRUCTIONS_MBARRIER_H
#define QUANTC_EMULATOR_INSTRUCTIONS_MBARRIER_H

#include "../Machine/Exec.h"

namespace quantc::emulator {

/// The mbarrier at an address, and checks that its initialisation is ordered
/// before this use by the lane (or by its asynchronous operation).
MBarrier &useMBarrier(Exec &x, ptx::Space space, uint64_t address,
                      unsigned lane, Cta *&owner, bool asyncProxy = false);

/// Reports an arrival of more than the pending count as a fault message, or
/// returns null. Completes the phase if nothing is left.
const char *arrive(Cta &owner, MBarrier &barrier, uint32_t count,
                   const View &view);
/// Adds to, or completes, transactions; faults by message when out of range.
const char *changeTransactions(Cta &owner, MBarrier &barrier, int64_t change);

} // namespace quantc::emulator

#endif // QUANTC_EMULATOR_INSTRUCTIONS_MBARRIER_H
