//===- LinearAccess.h - elements of a shaped value by stride ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A kernel sees every operand as one row of elements: the element for a point
// of the iteration space lies at the sum over dimensions of index * stride.
// Transpositions, convolutions, slices and broadcasts differ only in strides.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CODEGEN_CONTRACTION_LINEARACCESS_H
#define QUANTC_CODEGEN_CONTRACTION_LINEARACCESS_H

#include "mlir/IR/AffineMap.h"
#include "mlir/IR/BuiltinTypes.h"

namespace quantc {

/// Strides in elements of a dense row-major tensor.
llvm::SmallVector<int64_t> getRowMajorStrides(llvm::ArrayRef<int64_t> shape);

/// Element strides of a tensor (row major) or of a memref; fails where a memref
/// has a layout without static strides.
llvm::FailureOr<llvm::SmallVector<int64_t>>
getElementStrides(mlir::ShapedType type);

/// The coefficients of an affine expression of dimensions; fails where it is
/// not a sum of multiples of dimensions.
llvm::FailureOr<llvm::SmallVector<int64_t>>
getCoefficients(mlir::AffineExpr expr, unsigned numDims);

/// Stride of every dimension of the iteration space, given the strides of the
/// results of `map`; fails where `map` is not linear.
llvm::FailureOr<llvm::SmallVector<int64_t>>
getAccessStrides(mlir::AffineMap map, llvm::ArrayRef<int64_t> elementStrides);

/// The number of innermost dimensions in [first, first + bounds.size()) that
/// can be walked as one: each stride is the extent times the stride of the
/// next.
int64_t countMergeable(llvm::ArrayRef<int64_t> bounds,
                       llvm::ArrayRef<int64_t> strides);

/// The offsets of all points of a box, in row-major order.
llvm::SmallVector<int64_t> getOffsets(llvm::ArrayRef<int64_t> bounds,
                                      llvm::ArrayRef<int64_t> strides);

} // namespace quantc

#endif // QUANTC_CODEGEN_CONTRACTION_LINEARACCESS_H
