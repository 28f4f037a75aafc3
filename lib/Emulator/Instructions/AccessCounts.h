//===- AccessCounts.h - bank conflicts and uncoalesced accesses -*- C++ -*- C++
//-*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_EMULATOR_INSTRUCTIONS_ACCESSCOUNTS_H
#define QUANTC_EMULATOR_INSTRUCTIONS_ACCESSCOUNTS_H

#include "../Machine/Exec.h"

namespace quantc::emulator {

/// Counts one access of a warp: `addresses` of the lanes in `lanes`, `bytes`
/// each. Shared memory has 32 banks of 4 bytes; accesses of 8 and 16 bytes are
/// served in halves and quarters of the warp. Global memory is read and
/// written in sectors of 32 bytes.
void countAccess(Exec &x, ptx::Space space, const uint64_t *addresses,
                 uint32_t lanes, unsigned bytes);

} // namespace quantc::emulator

#endif // QUANTC_EMULATOR_INSTRUCTIONS_ACCESSCOUNTS_H
