//===- Bufferization.h - tensors to buffers, for all targets ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_PIPELINES_BUFFERIZATION_H
#define QUANTC_LIB_PIPELINES_BUFFERIZATION_H

#include "mlir/Pass/PassManager.h"

namespace quantc {

/// Inputs are read only, every result is a buffer of the caller, and what lies
/// between is allocated; freeing it is for the target to arrange.
void addOneShotBufferization(mlir::OpPassManager &pm);

} // namespace quantc

#endif // QUANTC_LIB_PIPELINES_BUFFERIZATION_H
