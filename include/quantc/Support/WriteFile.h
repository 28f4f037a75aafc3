//===- WriteFile.h - files that appear whole or not at all ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_SUPPORT_WRITEFILE_H
#define QUANTC_SUPPORT_WRITEFILE_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace quantc {

/// Writes a file under a temporary name beside its own and renames it when it
/// is complete. Whatever goes wrong, a full disk too, is an error that begins
/// with the path, and then nothing is left and the file is what it was.
llvm::Error writeFile(llvm::StringRef path,
                      llvm::function_ref<void(llvm::raw_ostream &)> write);

/// The same for contents that are there already.
llvm::Error writeFile(llvm::StringRef path, llvm::StringRef contents);

} // namespace quantc

#endif // QUANTC_SUPPORT_WRITEFILE_H
