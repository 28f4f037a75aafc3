//===- Linker.h - objects to shared libraries -------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_EXECUTION_LINKER_H
#define QUANTC_LIB_EXECUTION_LINKER_H

#include "quantc/Codegen/CPU/Target.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"

namespace quantc {

/// Links `object` into the shared library `path`, which needs libc and libm and
/// nothing else: any other undefined symbol is an error. Runs ld.lld, which
/// links for every target; neither headers nor libraries of the target have to
/// be installed. `path`'s folder is used for temporary files.
llvm::Error linkSharedLibrary(llvm::ArrayRef<char> object,
                              const cpu::Target &target, llvm::StringRef path);

} // namespace quantc

#endif // QUANTC_LIB_EXECUTION_LINKER_H
