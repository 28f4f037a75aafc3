//===- DeviceWriter.h - a bundle's part for GPUs ----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_EXECUTION_DEVICEWRITER_H
#define QUANTC_LIB_EXECUTION_DEVICEWRITER_H

#include "ModelInfo.h"

#include "quantc/Execution/Bundle.h"

#include "llvm/Support/Error.h"

namespace quantc {

/// Compiles `module` for each chip into the folder `folder`:
///
///   sm_80.plan         what the runtime does (docs/bundle.md)
///   sm_80.ptx          the kernels, for this chip and newer ones
///   sm_80.cubin        the same as machine code, where ptxas is found
///   sm_80.safetensors  the parameters in the layout of the kernels; chips that
///                      have the same share one file
///
/// An error without a message has been reported as a diagnostic.
llvm::Expected<std::vector<DeviceDescription>>
writeDeviceFiles(mlir::ModuleOp module, llvm::StringRef folder,
                 const BundleOptions &options, llvm::StringRef fingerprint);

} // namespace quantc

#endif // QUANTC_LIB_EXECUTION_DEVICEWRITER_H
