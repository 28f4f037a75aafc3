//===- Emulator.h - what the emulator says beyond the driver API *- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Exported by the emulator's library beside the driver API; usable from C.
// None of this is needed to run a program on it: options may also be given in
// the environment variable QUANTC_EMULATOR.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_EMULATOR_EMULATOR_H
#define QUANTC_EMULATOR_EMULATOR_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Sets options, "key=value,..." (docs/emulator.md); options that are not
/// named keep their values. Returns null, or what is wrong with the text; the
/// string lives until the next call. An error changes nothing.
const char *quantcEmulatorConfigure(const char *options);

/// Findings of the last launch, or why the last module did not load; empty if
/// there is nothing to report. Lives until the next launch or load.
const char *quantcEmulatorReport(void);

/// Bank conflicts and uncoalesced accesses of all launches since counts=on was
/// given, a line for each instruction of the PTX that accesses memory; lives
/// until the next call.
const char *quantcEmulatorCounts(void);

/// Warp instructions that the last launch executed.
uint64_t quantcEmulatorInstructions(void);

/// Instructions of a PTX module that synchronise: barriers, fences, arrivals,
/// waits and commits of asynchronous operations. Returns how many there are, or
/// -1 when the text does not parse.
int quantcEmulatorMutationCount(const char *ptx);

/// The module without the synchronising instruction `index` (a wait with a
/// result succeeds at once instead), and its line in the original. A kernel
/// that needs the instruction must fail on the emulator, or compute something
/// else. Null when there is none; lives until the next call.
const char *quantcEmulatorMutate(const char *ptx, int index, int *line);

#ifdef __cplusplus
}
#endif

#endif // QUANTC_EMULATOR_EMULATOR_H
