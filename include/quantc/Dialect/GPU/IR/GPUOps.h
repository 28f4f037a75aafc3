//===- GPUOps.h - operations of the qnn_gpu dialect -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_GPU_IR_GPUOPS_H
#define QUANTC_DIALECT_GPU_IR_GPUOPS_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "quantc/Dialect/GPU/IR/GPUDialect.h"

namespace quantc::nvvm {

/// What the elements of a tensor or memref stand for: its element type, or the
/// format of its bytes.
mlir::Type getElement(mlir::Value value, std::optional<mlir::Type> format);

/// The same schedule, with k counted in elements that hold two of it.
ScheduleAttr getPackedSchedule(ScheduleAttr schedule);

} // namespace quantc::nvvm

#define GET_OP_CLASSES
#include "quantc/Dialect/GPU/IR/GPUOps.h.inc"

#endif // QUANTC_DIALECT_GPU_IR_GPUOPS_H
