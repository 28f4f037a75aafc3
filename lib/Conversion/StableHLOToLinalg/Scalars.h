//===- Scalars.h - the arithmetic of elementwise operations -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CONVERSION_STABLEHLOTOLINALG_SCALARS_H
#define QUANTC_LIB_CONVERSION_STABLEHLOTOLINALG_SCALARS_H

#include "mlir/IR/Builders.h"

namespace quantc {

/// Whether the op computes each element of its one result from the elements of
/// its operands at the same place.
bool isElementwise(mlir::Operation *op);

/// Emits what an elementwise op does to one element. `operands` are the scalars
/// in signless form; `op` gives attributes and, by its types, the signedness.
/// Returns null where there is no such arithmetic for the op's types.
mlir::Value emitScalar(mlir::OpBuilder &builder, mlir::Operation *op,
                       mlir::ValueRange operands);

/// Emits the body of a reduction on scalars and returns what it yields. Returns
/// failure, with the op in `unsupported`, if the body has anything else than
/// constants and elementwise ops on tensors of rank 0.
mlir::FailureOr<llvm::SmallVector<mlir::Value>>
emitScalarBody(mlir::OpBuilder &builder, mlir::Block &body,
               mlir::ValueRange arguments, mlir::Operation *&unsupported);

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_STABLEHLOTOLINALG_SCALARS_H
