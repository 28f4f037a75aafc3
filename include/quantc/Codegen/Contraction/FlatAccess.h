//===- FlatAccess.h - memrefs as one row of elements ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CODEGEN_CONTRACTION_FLATACCESS_H
#define QUANTC_CODEGEN_CONTRACTION_FLATACCESS_H

#include "mlir/IR/AffineMap.h"
#include "mlir/IR/Builders.h"

namespace quantc {

/// A memref seen as one dimension, and the stride in it of every dimension of
/// an iteration space.
struct FlatAccess {
  mlir::Value base;
  llvm::SmallVector<int64_t> strides;
};

/// A view of all that lies between the first and the last element of `memref`,
/// which has static strides.
mlir::Value flatten(mlir::OpBuilder &builder, mlir::Location loc,
                    mlir::Value memref);

/// Fails where the memref's layout or the map has no static strides.
llvm::FailureOr<FlatAccess> getFlatAccess(mlir::OpBuilder &builder,
                                          mlir::Location loc,
                                          mlir::Value memref,
                                          mlir::AffineMap map);

} // namespace quantc

#endif // QUANTC_CODEGEN_CONTRACTION_FLATACCESS_H
