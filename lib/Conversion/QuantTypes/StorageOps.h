//===- StorageOps.h - operations that need no float -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Which quantized StableHLO operations are the same on integers, by their types
// alone.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CONVERSION_QUANTTYPES_STORAGEOPS_H
#define QUANTC_LIB_CONVERSION_QUANTTYPES_STORAGEOPS_H

#include "UniformParameters.h"

#include "mlir/IR/Operation.h"

namespace quantc {

/// The parameters of a value, null where it is not quantized.
using ParameterLookup =
    llvm::function_ref<const UniformParameters *(mlir::Value)>;

/// Where a dimension of the first operand of an operation that moves elements is
/// found in the result; nullopt where its indices are not kept.
std::optional<int64_t> getMovedAxis(mlir::Operation *op, int64_t axis);

/// Whether `op` moves elements whose parameters stay the same, so that it may
/// move storage: per tensor always, per axis where the axis moves along.
bool movesStorage(mlir::Operation *op, ParameterLookup lookup);

/// Whether the quantization of the op's result rounds nothing, because the
/// exact result is an integer multiple of its scale: products of integers whose
/// scales' product is the result's scale, and sums of such at one scale.
bool isAccumulator(mlir::Operation *op, ParameterLookup lookup);

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_QUANTTYPES_STORAGEOPS_H
