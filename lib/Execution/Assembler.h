//===- Assembler.h - PTX to machine code ------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_EXECUTION_ASSEMBLER_H
#define QUANTC_LIB_EXECUTION_ASSEMBLER_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <optional>
#include <string>

namespace quantc {

/// The path of ptxas: in the folder QUANTC_CUDA_BIN and nowhere else, where
/// that is in the environment; on the PATH, in CUDA_HOME, in the wheel of the virtual
/// environment VIRTUAL_ENV, or where the build has found it.
std::optional<std::string> findAssembler();

/// Assembles the file `ptx` for `chip` ("sm_80") into the file `cubin`.
llvm::Error assemble(llvm::StringRef assembler, llvm::StringRef chip,
                     llvm::StringRef ptx, llvm::StringRef cubin);

} // namespace quantc

#endif // QUANTC_LIB_EXECUTION_ASSEMBLER_H
