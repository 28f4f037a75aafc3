//===- BundleFiles.h - the files of a bundle --------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_EXECUTION_BUNDLEFILES_H
#define QUANTC_LIB_EXECUTION_BUNDLEFILES_H

#include "ModelInfo.h"

#include "llvm/Support/Error.h"

namespace quantc {

/// Writes the parameters as a safetensors file, unless there are none, and says
/// where they lie.
llvm::Expected<ParameterLayout>
writeBundleParameters(llvm::StringRef path, const EntryPoint &entry,
                      llvm::StringRef fingerprint);

} // namespace quantc

#endif // QUANTC_LIB_EXECUTION_BUNDLEFILES_H
