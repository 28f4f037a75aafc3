//===- Bundle.h - ahead-of-time compiled models -----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_EXECUTION_BUNDLE_H
#define QUANTC_EXECUTION_BUNDLE_H

#include "quantc/Codegen/NVVM/Target.h"
#include "quantc/Execution/Compiler.h"

namespace quantc {

struct BundleOptions {
  /// Prefix of the exported C functions.
  std::string name = "model";
  CompileOptions compile;
  /// The GPUs that the bundle also runs on.
  std::vector<nvvm::Target> chips;
  /// Fail where there is no ptxas to make machine code for them.
  bool requireCubin = false;
};

/// Compiles the one public function of `module`, whose parameters are bound, to
/// the directory `directory`:
///
///   model.so                the code (quantc/Runtime/quantc_model.h)
///   model.h                 its C header, self-contained
///   parameters.safetensors  the parameters in the layout of the code, where
///                           there are any
///   manifest.json           the same tables for people and scripts
///   cuda/                   kernels and plans, where there are chips
///
/// The directory appears complete or not at all; a bundle that is there
/// already is replaced, anything else is not. Failures are diagnostics.
mlir::LogicalResult writeBundle(mlir::ModuleOp module,
                                llvm::StringRef directory,
                                const cpu::Target &target,
                                const BundleOptions &options = {});

} // namespace quantc

#endif // QUANTC_EXECUTION_BUNDLE_H
