//===- Builders.h - tensor computations shared by patterns ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Sizes are static everywhere: the import refuses other shapes beforehand.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CONVERSION_STABLEHLOTOLINALG_BUILDERS_H
#define QUANTC_LIB_CONVERSION_STABLEHLOTOLINALG_BUILDERS_H

#include "mlir/IR/AffineMap.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

namespace quantc {

inline llvm::ArrayRef<int64_t> getShape(mlir::Value tensor) {
  return mlir::cast<mlir::RankedTensorType>(tensor.getType()).getShape();
}

inline mlir::Type getElementType(mlir::Value tensor) {
  return mlir::cast<mlir::RankedTensorType>(tensor.getType()).getElementType();
}

/// The element of a tensor of rank 0, as a constant where it is one.
mlir::Value extractScalar(mlir::OpBuilder &builder, mlir::Location loc,
                          mlir::Value tensor);

/// The element of a tensor of rank 0 as an index; `isUnsigned` says how its
/// bits are meant.
mlir::Value extractIndex(mlir::OpBuilder &builder, mlir::Location loc,
                         mlir::Value tensor, bool isUnsigned);

/// An integer scalar as an index.
mlir::Value castToIndex(mlir::OpBuilder &builder, mlir::Location loc,
                        mlir::Value scalar, bool isUnsigned);

/// (d0, d1, ...) -> the first `count` loops.
mlir::AffineMap getLeadingMap(mlir::MLIRContext *context, unsigned numLoops,
                              unsigned count);

inline bool isEmpty(mlir::Value tensor) {
  return llvm::is_contained(getShape(tensor), 0);
}

mlir::Value createZero(mlir::OpBuilder &builder, mlir::Location loc,
                       mlir::Type elementType);

/// A tensor whose elements are all `scalar`.
mlir::Value createFilled(mlir::OpBuilder &builder, mlir::Location loc,
                         llvm::ArrayRef<int64_t> shape, mlir::Value scalar);

mlir::Value createEmpty(mlir::OpBuilder &builder, mlir::Location loc,
                        llvm::ArrayRef<int64_t> shape, mlir::Type elementType);

mlir::Value createReshape(mlir::OpBuilder &builder, mlir::Location loc,
                          mlir::Value tensor, llvm::ArrayRef<int64_t> shape);

/// Dimension i of the result is dimension `permutation[i]` of `tensor`. A
/// permutation that moves only dimensions of size 1 is a reshape.
mlir::Value createTranspose(mlir::OpBuilder &builder, mlir::Location loc,
                            mlir::Value tensor,
                            llvm::ArrayRef<int64_t> permutation);

mlir::Value createReverse(mlir::OpBuilder &builder, mlir::Location loc,
                          mlir::Value tensor,
                          llvm::ArrayRef<int64_t> dimensions);

/// Pads with `scalar`: `interior` elements between neighbours, `low` before and
/// `high` behind; negative values of those two remove elements.
mlir::Value createPad(mlir::OpBuilder &builder, mlir::Location loc,
                      mlir::Value tensor, mlir::Value scalar,
                      llvm::ArrayRef<int64_t> low, llvm::ArrayRef<int64_t> high,
                      llvm::ArrayRef<int64_t> interior);

/// A part of `tensor` at constant places.
mlir::Value createSlice(mlir::OpBuilder &builder, mlir::Location loc,
                        mlir::Value tensor, llvm::ArrayRef<int64_t> offsets,
                        llvm::ArrayRef<int64_t> sizes,
                        llvm::ArrayRef<int64_t> strides);

/// All-parallel op with an identity map for the result. `body` returns the
/// element; the block's last argument is the unused element of the destination.
mlir::Value createElementwise(
    mlir::OpBuilder &builder, mlir::Location loc, mlir::RankedTensorType type,
    mlir::ValueRange inputs, llvm::ArrayRef<mlir::AffineMap> inputMaps,
    llvm::function_ref<mlir::Value(mlir::OpBuilder &, mlir::Location,
                                   mlir::ValueRange)>
        body);

/// Rounds an accumulation to the element type that was asked for.
mlir::Value createTruncation(mlir::OpBuilder &builder, mlir::Location loc,
                             mlir::Value tensor, mlir::Type elementType);

/// The type in which sums of products of elements of `type` are formed: f32 for
/// narrower floats, else the type itself.
mlir::Type getAccumulatorType(mlir::Type type);

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_STABLEHLOTOLINALG_BUILDERS_H
