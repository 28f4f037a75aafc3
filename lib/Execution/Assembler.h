//===- Assembler.h - PTX to machine code ------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_EXECUTION_ASSEMBLER_H
#define QUANTC_LIB_EXECUTION_ASSEMBLER_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <map>
#include <optional>
#include <string>

namespace quantc {

/// The path of ptxas: in the folder QUANTC_CUDA_BIN and nowhere else, where
/// that is in the environment; on the PATH, in CUDA_HOME, in the wheel of the
/// virtual environment VIRTUAL_ENV, or where the build has found it.
std::optional<std::string> findAssembler();

/// Kernels that keep registers in memory, and how many bytes they store and
/// load.
using Spills = std::map<std::string, int64_t>;

/// Assembles the file `ptx` for `chip` ("sm_80") into the file `cubin`.
llvm::Expected<Spills> assemble(llvm::StringRef assembler, llvm::StringRef chip,
                                llvm::StringRef ptx, llvm::StringRef cubin);

/// The text without the planned occupancy (.minnctapersm) of these kernels.
/// Held to one, ptxas 13.0 sometimes spills where it needs no more registers
/// without.
std::string dropOccupancy(llvm::StringRef ptx, const Spills &kernels);

} // namespace quantc

#endif // QUANTC_LIB_EXECUTION_ASSEMBLER_H
