//===- Site.h - contractions and convolutions as sites ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A site is a linalg operation on tensors that multiplies two operands and
// accumulates the products over its reduction loops: any op with linalg's
// contraction or convolution interface. Passes see it through its indexing
// maps alone; whether it is a matmul or a grouped convolution does not matter.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QNN_TRANSFORMS_SITE_H
#define QUANTC_DIALECT_QNN_TRANSFORMS_SITE_H

#include "quantc/Dialect/QNN/IR/QNNOps.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace quantc::qnn {

/// Whether `op` is a contraction or convolution on tensors that accumulates
/// products (poolings have the convolution interface, but are not sites).
bool isSite(mlir::Operation *op);

/// The name that qnn-annotate gave the site, or "" without one.
llvm::StringRef getSiteName(mlir::Operation *op);

/// A site's indexing. Loops are the dimensions of its iteration space.
class SiteIndexing {
public:
  explicit SiteIndexing(mlir::linalg::LinalgOp site);

  unsigned getNumLoops() const { return iterators.size(); }
  bool isReduction(unsigned loop) const {
    return iterators[loop] == mlir::utils::IteratorType::reduction;
  }
  /// Operand 0 or 1 for the inputs, 2 for the accumulator.
  mlir::AffineMap getMap(unsigned operand) const { return maps[operand]; }

  /// The static sizes of all loops, dynamic where unknown.
  llvm::ArrayRef<int64_t> getLoopSizes() const { return sizes; }

  /// The number of products in each sum, or nullopt if it is dynamic.
  std::optional<int64_t> getReductionSize() const;

  /// The parallel loops that index `operand`, in increasing order.
  llvm::SmallVector<unsigned> getParallelLoops(unsigned operand) const;

  /// The loop that dimension `dim` of `operand` follows alone, if there is one.
  std::optional<unsigned> getLoop(unsigned operand, int64_t dim) const;

  /// The dimension of the result that follows `loop`; the loop must be
  /// parallel.
  int64_t getResultDim(unsigned loop) const;

  /// The map from result dimensions to those of a tensor whose dimensions
  /// follow the given parallel loops.
  mlir::AffineMap getMapFromResult(llvm::ArrayRef<unsigned> loops) const;

private:
  llvm::SmallVector<mlir::AffineMap, 3> maps;
  llvm::SmallVector<mlir::utils::IteratorType> iterators;
  llvm::SmallVector<int64_t> sizes;
};

/// Creates the operation of `site` on other operands: the same named op where
/// its body extends these types rightly, else the linalg.generic with the same
/// maps. The accumulator's element type is that of `init`; ui8 operands have
/// to be passed as i8 with `unsignedOperands` set. Discardable attributes are
/// kept.
mlir::linalg::LinalgOp
cloneSite(mlir::OpBuilder &builder, mlir::linalg::LinalgOp site,
          mlir::Value lhs, mlir::Value rhs, mlir::Value init,
          std::array<bool, 2> unsignedOperands = {false, false});

} // namespace quantc::qnn

#endif // QUANTC_DIALECT_QNN_TRANSFORMS_SITE_H
