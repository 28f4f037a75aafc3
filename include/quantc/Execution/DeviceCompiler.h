//===- DeviceCompiler.h - modules to kernels and a plan ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_EXECUTION_DEVICECOMPILER_H
#define QUANTC_EXECUTION_DEVICECOMPILER_H

#include "quantc/Codegen/NVVM/Target.h"
#include "quantc/Execution/Signature.h"

#include "mlir/IR/BuiltinOps.h"

namespace quantc {

/// A model for one chip. The same module and chip give the same text.
struct DeviceCode {
  /// The kernels.
  std::string ptx;
  /// What is passed. The workspace is the arena; the parameters are in the
  /// layout of the kernels.
  EntryPoint entry;
  /// Kernels and steps as codegen-nvvm-emit-plan writes them.
  std::vector<std::string> plan;

  /// CUDA's version, times 1000, from which on a driver knows the PTX: 12040
  /// is 12.4 (PTX ISA, release notes).
  int getDriverVersion() const;
};

/// Runs qnn-to-nvvm on a copy of `module`, which has one public function, whose
/// parameters are bound. What cannot be compiled is reported as a diagnostic.
mlir::FailureOr<DeviceCode> compileForDevice(mlir::ModuleOp module,
                                             const nvvm::Target &target);

} // namespace quantc

#endif // QUANTC_EXECUTION_DEVICECOMPILER_H
