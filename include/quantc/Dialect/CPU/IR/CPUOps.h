//===- CPUOps.h - operations of the qnn_cpu dialect -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_CPU_IR_CPUOPS_H
#define QUANTC_DIALECT_CPU_IR_CPUOPS_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "quantc/Dialect/CPU/IR/CPUDialect.h"

#define GET_OP_CLASSES
#include "quantc/Dialect/CPU/IR/CPUOps.h.inc"

namespace quantc::cpu {

/// The shapes of the results of a `qnn_cpu.pack` over (batch..., n, k...).
llvm::SmallVector<int64_t> getPackedShape(llvm::ArrayRef<int64_t> bounds,
                                          int64_t numBatch,
                                          int64_t segmentDims,
                                          ScheduleAttr schedule);
llvm::SmallVector<int64_t> getCorrectionShape(llvm::ArrayRef<int64_t> bounds,
                                              int64_t numBatch,
                                              ScheduleAttr schedule);

} // namespace quantc::cpu

#endif // QUANTC_DIALECT_CPU_IR_CPUOPS_H
