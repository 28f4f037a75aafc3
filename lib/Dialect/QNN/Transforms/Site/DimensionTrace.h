//===- DimensionTrace.h - where a tensor's dimensions come from -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QNN_TRANSFORMS_DIMENSIONTRACE_H
#define QUANTC_LIB_DIALECT_QNN_TRANSFORMS_DIMENSIONTRACE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace quantc::qnn {

/// Follows leading dimensions that a function's inputs share (batch, token)
/// through the function: by indexing maps and reshapes, never by names or
/// sizes alone. A dimension is traced where each of its indices stands for
/// the same index of the inputs, whatever else was computed on the way.
class DimensionTrace {
public:
  /// Dimensions of the inputs that one dimension consists of, outermost first
  /// (two where batch and token were collapsed); none where it is no such
  /// dimension.
  using Source = llvm::SmallVector<int64_t, 2>;

  /// The dimensions to follow are those of `shape`, a prefix of the shapes of
  /// the inputs that have them.
  DimensionTrace(mlir::func::FuncOp function, llvm::ArrayRef<int64_t> shape);

  /// One map for every way to see an element of `value` as an element of a
  /// tensor of `shape`, from the dimensions of `value`. Attention scores have
  /// two, one by their row and one by their column; what the inputs'
  /// dimensions do not reach has none.
  llvm::SmallVector<mlir::AffineMap> getMaps(mlir::Value value) const;

private:
  void visit(mlir::Operation &op);
  void visitLinalg(mlir::linalg::LinalgOp op);
  llvm::SmallVector<Source> lookup(mlir::Value value) const;

  llvm::SmallVector<int64_t> shape;
  llvm::DenseMap<mlir::Value, llvm::SmallVector<Source>> sources;
};

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_DIMENSIONTRACE_H
