//===- ContractionView.h - linalg ops as batch x m x n x k ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CODEGEN_CONTRACTION_CONTRACTIONVIEW_H
#define QUANTC_CODEGEN_CONTRACTION_CONTRACTIONVIEW_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace quantc {

/// What a target's kernels can read.
struct ContractionOptions {
  /// The innermost k of an integer lhs has to be adjacent in memory; lhs is
  /// transposed where it is not.
  bool adjacentK = true;
};

/// A contraction or convolution, and the elementwise op that follows it, in the
/// iteration space (batch..., m..., n, k...) of a kernel.
struct ContractionView {
  /// The operand that keeps its layout and the one that is packed, with the
  /// maps that lead to their elements. Either may be the op's first operand,
  /// or the source of a transposition of it.
  mlir::Value lhs, rhs;
  mlir::AffineMap lhsMap, rhsMap;
  /// If not empty: `lhs` has to be transposed like this before `lhsMap` holds.
  llvm::SmallVector<int64_t> lhsPermutation;

  bool isFloat = false;
  bool isLhsUnsigned = false, isRhsUnsigned = false;
  /// The f8 that the bytes of an operand stand for; null where they are
  /// integers.
  mlir::Type lhsF8, rhsF8;

  llvm::SmallVector<int64_t> bounds;
  int64_t numBatch = 0, numM = 0, segmentDims = 1;
  /// For each loop of the linalg op, the dimension that it has become.
  llvm::SmallVector<mlir::AffineExpr> loops;

  int64_t getNDim() const { return numBatch + numM; }
  /// A map over the linalg op's loops as a map over this iteration space.
  mlir::AffineMap translate(mlir::AffineMap map) const;
};

/// Views `op` with n as the innermost dimension of `destMap`, a permutation of
/// its parallel loops. Fails, silently, on what the kernels do not compute:
/// dynamic or empty shapes, bodies that are not a multiplication and addition
/// of i8 or signed i16 in i32 or of f32 or narrower floats in f32 (bytes
/// that are cast to f8 among them), operands on
/// which no order of loops fits.
llvm::FailureOr<ContractionView>
viewContraction(mlir::linalg::LinalgOp op, mlir::AffineMap destMap,
                const ContractionOptions &options);

/// The elementwise consumer of `op`'s result that can be its epilogue, or null:
/// the only user, all parallel, over the same elements, with a scalar body that
/// has a vector form. It may have a second result, the sums of an i32 over the
/// columns. `loops` receives the loop of `op` for each loop of the
/// consumer.
mlir::linalg::GenericOp
findEpilogue(mlir::linalg::LinalgOp op,
             llvm::SmallVectorImpl<mlir::AffineExpr> &loops);

} // namespace quantc

#endif // QUANTC_CODEGEN_CONTRACTION_CONTRACTIONVIEW_H
