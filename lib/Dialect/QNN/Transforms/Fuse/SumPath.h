//===- SumPath.h - from a sum to the op that makes its addends --*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QNN_TRANSFORMS_SUMPATH_H
#define QUANTC_LIB_DIALECT_QNN_TRANSFORMS_SUMPATH_H

#include "OperandSum.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/SmallBitVector.h"

namespace quantc::qnn {

/// A sum over whole dimensions of a tensor, which commutes with what only moves
/// elements: sum(view(x)) = view'(sum'(x)). Padding adds a multiple of its
/// value. The path leads from the summed tensor back to `root`, the value that
/// an op computes.
struct SumPath {
  OperandSum sum;
  mlir::Value root;
  /// The dimensions of `root` that are summed over.
  llvm::SmallBitVector reduced;
  /// The ops between, the one nearest to the sum first, with the dimensions of
  /// their results that are summed over.
  llvm::SmallVector<std::pair<mlir::Operation *, llvm::SmallBitVector>> views;
  /// Where a part of a dimension of `root` is summed over: the op that splits
  /// the dimension, of whose result `reduced` are dimensions. The path ends
  /// there; `root` has to be split first (splitRoot).
  mlir::tensor::ExpandShapeOp split;
  /// Why the path ends before it reaches an op that can write the sum; empty
  /// where it does.
  std::string obstacle;

  mlir::Type getSumType() const {
    mlir::linalg::GenericOp op = sum.op;
    return mlir::getElementTypeOrSelf(op.getResult(0).getType());
  }
  /// Whether one result of `root`'s op serves both sums.
  bool isSameSumAs(const SumPath &other) const {
    return root == other.root && reduced == other.reduced &&
           sum.isUnsigned == other.sum.isUnsigned &&
           getSumType() == other.getSumType();
  }
};

/// Whether `sum` adds up stored integers that a site reads, in the form that
/// the sum reads or in another view.
bool isSumOfOperand(OperandSum sum);

/// Follows the operand of a sum to where its elements are computed.
SumPath findSumPath(OperandSum sum);

/// Given the sum over `path.root`, whose dimensions are those that are not
/// summed over, builds what `path.sum` computes. Inserts before the sum.
mlir::Value createSumOnPath(mlir::OpBuilder &builder, const SumPath &path,
                            mlir::Value rootSum);

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_SUMPATH_H
