//===- PassTarget.h - the target in a pass's options ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CODEGEN_CPU_PASSTARGET_H
#define QUANTC_LIB_CODEGEN_CPU_PASSTARGET_H

#include "quantc/Codegen/CPU/Target.h"

#include "mlir/IR/Operation.h"

namespace quantc::cpu {

/// Resolves the options of a pass on `op`; what is wrong with them is an error
/// there.
inline mlir::FailureOr<Target> resolveTarget(mlir::Operation *op,
                                             const TargetOptions &options) {
  llvm::Expected<Target> target = Target::resolve(options);
  if (!target)
    return op->emitError() << llvm::toString(target.takeError());
  return std::move(*target);
}

} // namespace quantc::cpu

#endif // QUANTC_LIB_CODEGEN_CPU_PASSTARGET_H
