//===- BlockedTensor.h - tensors cut and padded along one dimension -*- C++
//-*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Rearrangements of storage and parameters. Constants stay constants: their
// bytes are rearranged at compile time. Elements may be ui8.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QNN_TRANSFORMS_BLOCKEDTENSOR_H
#define QUANTC_LIB_DIALECT_QNN_TRANSFORMS_BLOCKEDTENSOR_H

#include "mlir/IR/Builders.h"

namespace quantc::qnn {

/// Whether the elements of `value` are an attribute.
bool isConstantTensor(mlir::Value value);

/// Dimension `dim` as two, of the given sizes.
mlir::Value expandDim(mlir::OpBuilder &builder, mlir::Value value, int64_t dim,
                      std::array<int64_t, 2> sizes);

/// Appends `count` zeros along dimension `dim`.
mlir::Value padDim(mlir::OpBuilder &builder, mlir::Value value, int64_t dim,
                   int64_t count);

/// Appends `count` elements along dimension `dim`: of each place, the parameter
/// that belongs to it (indexed along `axes` in blocks).
mlir::Value padDimWithParameter(mlir::OpBuilder &builder, mlir::Value value,
                                int64_t dim, int64_t count,
                                mlir::Value parameter,
                                llvm::ArrayRef<int64_t> axes,
                                llvm::ArrayRef<int64_t> blocks);

/// Element i along dimension `dim` of the result, which has size `size` there,
/// is element i / block.
mlir::Value repeatDim(mlir::OpBuilder &builder, mlir::Value value, int64_t dim,
                      int64_t block, mlir::OpFoldResult size);

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_BLOCKEDTENSOR_H
