//===- BrainFloats.h - bf16 arithmetic, for all targets ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_PIPELINES_BRAINFLOATS_H
#define QUANTC_LIB_PIPELINES_BRAINFLOATS_H

#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"

namespace quantc {

/// Every operation on bf16 is that of f32, rounded: the same bits wherever it
/// runs. CPUs would call library functions; GPUs have instructions that fuse,
/// and NaNs of their own.
inline void addBrainFloatEmulation(mlir::OpPassManager &pm) {
  pm.addPass(mlir::arith::createArithEmulateUnsupportedFloats(
      {/*sourceTypeStrs=*/{"bf16"}, /*targetTypeStr=*/"f32"}));
}

} // namespace quantc

#endif // QUANTC_LIB_PIPELINES_BRAINFLOATS_H
