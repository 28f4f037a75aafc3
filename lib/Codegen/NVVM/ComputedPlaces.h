//===- ComputedPlaces.h - buffers at offsets that depend on data *- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A cache is updated where a tensor says, and so a view of it begins at an
// offset that the host would have to read from the device. Kernels make such
// views themselves: they load the number and compute with it.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CODEGEN_NVVM_COMPUTEDPLACES_H
#define QUANTC_LIB_CODEGEN_NVVM_COMPUTEDPLACES_H

#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace quantc::nvvm {

/// Whether the buffer's offset is not known at compile time.
bool hasComputedPlace(mlir::Value buffer);

/// The ops that a kernel does once more to have the view `buffer`: loads and
/// computations of its offset, views of a buffer whose place is known; operands
/// first. Empty where the place is known, failure where the host would have to
/// compute it.
mlir::FailureOr<llvm::SmallVector<mlir::Operation *>>
listPlaceOps(mlir::Value buffer);

/// The buffers that the ops of `listPlaceOps` load from.
llvm::SmallVector<mlir::Value> getPlaceBuffers(mlir::Value buffer);

/// Checks that a kernel in place of `op` can compute where its operands are,
/// and loads the same numbers that the host would have loaded.
mlir::LogicalResult checkPlaces(mlir::Operation *op);

/// Kernels of contractions know all offsets: gives `op` buffers of its own
/// where it has computed places, and copies before and behind it.
void copyComputedPlaces(mlir::Operation *op);

} // namespace quantc::nvvm

#endif // QUANTC_LIB_CODEGEN_NVVM_COMPUTEDPLACES_H
