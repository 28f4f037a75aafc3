//===- KernelLowering.h - kernels as loops and vectors ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CODEGEN_CPU_KERNELLOWERING_H
#define QUANTC_LIB_CODEGEN_CPU_KERNELLOWERING_H

#include "quantc/Dialect/CPU/IR/CPUOps.h"

namespace quantc::cpu {

/// Emits the loops of a `qnn_cpu.contract` on memrefs in front of it. Fails
/// with an error on tensors and on layouts without static strides. `parallel`:
/// in pieces for threads, where there is enough work (WorkPieces.h).
mlir::LogicalResult lowerContract(ContractOp op, bool parallel);

/// The same for `qnn_cpu.pack`.
mlir::LogicalResult lowerPack(PackOp op, bool parallel);

} // namespace quantc::cpu

#endif // QUANTC_LIB_CODEGEN_CPU_KERNELLOWERING_H
