//===- Contraction.h - sums of products -------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CONVERSION_STABLEHLOTOLINALG_CONTRACTION_H
#define QUANTC_LIB_CONVERSION_STABLEHLOTOLINALG_CONTRACTION_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace quantc {

/// One operand of a contraction.
struct ContractionOperand {
  mlir::Value value;
  /// From the loops to the operand's elements, a projected permutation.
  mlir::AffineMap map;
  bool isUnsigned = false;
};

/// Creates the contraction of two operands into `init`, whose map `initMap` is.
///
/// The loops are brought into one order, whatever the maps' was: those of the
/// result as it is stored, then the summed ones. Where the result's innermost
/// dimension comes from lhs, the operands change places, so that it comes from
/// rhs. The op is `linalg.matmul` or `linalg.batch_matmul` if it has their
/// loops, else `linalg.generic`.
mlir::linalg::LinalgOp
createContraction(mlir::OpBuilder &builder, mlir::Location loc,
                  ContractionOperand lhs, ContractionOperand rhs,
                  mlir::Value init, mlir::AffineMap initMap);

/// Emits `sum + lhs * rhs` in the type of `sum`, or the logical OR of ANDs.
mlir::Value emitMultiplyAdd(mlir::OpBuilder &builder, mlir::Location loc,
                            mlir::Value lhs, bool isLhsUnsigned,
                            mlir::Value rhs, bool isRhsUnsigned,
                            mlir::Value sum);

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_STABLEHLOTOLINALG_CONTRACTION_H
