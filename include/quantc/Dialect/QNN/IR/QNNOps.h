//===- QNNOps.h - operations of the qnn dialect -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QNN_IR_QNNOPS_H
#define QUANTC_DIALECT_QNN_IR_QNNOPS_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "quantc/Dialect/QNN/IR/QNNDialect.h"

namespace mlir {
class PatternRewriter;
} // namespace mlir

#define GET_OP_CLASSES
#include "quantc/Dialect/QNN/IR/QNNOps.h.inc"

namespace quantc::qnn {

/// Whether `type` holds quantized values: i4, i8, ui8, i16, f8E4M3FN, f8E5M2.
bool isStorageType(mlir::Type type);

/// The integers that a storage type can hold as quantized values.
struct StorageRange {
  int64_t min;
  int64_t max;
};

/// The range of an integer storage type; [-127, 127] for a narrow i8. The type
/// must be an integer.
StorageRange getStorageRange(mlir::Type storage, bool narrowRange);

/// The granularity that parameters with `axes` and `blocks` give an operand of
/// the given shape.
Granularity getGranularity(llvm::ArrayRef<int64_t> shape,
                           llvm::ArrayRef<int64_t> axes,
                           llvm::ArrayRef<int64_t> blocks);

} // namespace quantc::qnn

#endif // QUANTC_DIALECT_QNN_IR_QNNOPS_H
