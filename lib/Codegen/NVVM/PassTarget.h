//===- PassTarget.h - the chip in a pass's options --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CODEGEN_NVVM_PASSTARGET_H
#define QUANTC_LIB_CODEGEN_NVVM_PASSTARGET_H

#include "quantc/Codegen/NVVM/Target.h"

#include "mlir/IR/Operation.h"

namespace quantc::nvvm {

/// Resolves the chip that a pass on `op` was asked for; an unknown one is an
/// error there.
inline mlir::FailureOr<Target> resolveTarget(mlir::Operation *op,
                                             llvm::StringRef chip) {
  llvm::Expected<Target> target = Target::resolve(chip);
  if (!target)
    return op->emitError() << llvm::toString(target.takeError());
  return *target;
}

} // namespace quantc::nvvm

#endif // QUANTC_LIB_CODEGEN_NVVM_PASSTARGET_H
