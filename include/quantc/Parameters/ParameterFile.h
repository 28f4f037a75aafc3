//===- ParameterFile.h - a model's parameters on disk -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A model on disk is a pair: IR whose entry function takes each parameter as an
// argument with `qnn.parameter = "name"`, and a safetensors file that has a
// tensor of that name. In memory the parameters are constants over the mapped
// file.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_PARAMETERS_PARAMETERFILE_H
#define QUANTC_PARAMETERS_PARAMETERFILE_H

#include "quantc/Parameters/Safetensors.h"

#include "mlir/IR/BuiltinOps.h"

namespace quantc {

/// Returns the path of a module's parameters: `requested` if not empty, else
/// the module's `qnn.parameter_file` relative to `modulePath`'s directory, else
/// `modulePath` with the extension `.safetensors`.
std::string resolveParameterFile(mlir::ModuleOp module,
                                 llvm::StringRef modulePath,
                                 llvm::StringRef requested = "");

/// Records that the parameters of the module written to `modulePath` are in
/// `parameterPath`; nothing is recorded for the default name.
void setParameterFile(mlir::ModuleOp module, llvm::StringRef modulePath,
                      llvm::StringRef parameterPath);

/// Whether any function has an argument with `qnn.parameter`.
bool hasParameterArguments(mlir::ModuleOp module);

/// Replaces every argument with `qnn.parameter` by a constant over the tensor
/// of that name in `file`, which the context then keeps alive, and drops
/// `qnn.parameter_file`. Emits an error and changes nothing where a tensor is
/// missing or has another type.
llvm::LogicalResult bindParameters(mlir::ModuleOp module,
                                   std::shared_ptr<const SafetensorsFile> file);

/// Replaces every `dense_resource` constant by an argument with
/// `qnn.parameter` after the existing ones, in order of first use and one for
/// each distinct attribute. Returns the tensors, whose data the context owns.
mlir::FailureOr<llvm::SmallVector<SafetensorsTensor>>
unbindParameters(mlir::ModuleOp module);

} // namespace quantc

#endif // QUANTC_PARAMETERS_PARAMETERFILE_H
