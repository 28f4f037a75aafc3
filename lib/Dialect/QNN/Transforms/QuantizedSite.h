//===- QuantizedSite.h - sites on dequantized operands ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What qnn-lower-symmetric and qnn-lower-asymmetric share: matching a site in
// float whose operands are dequantized, proving that its sums fit the
// accumulator, and building its integer form.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QNN_TRANSFORMS_QUANTIZEDSITE_H
#define QUANTC_LIB_DIALECT_QNN_TRANSFORMS_QUANTIZEDSITE_H

#include "quantc/Dialect/QNN/Transforms/Site.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace quantc::qnn {

/// One input of a site: storage -> dequantize [-> zero padding] -> site.
struct QuantizedOperand {
  mlir::Value storage;
  mlir::Value scale;
  /// Null for a symmetric operand.
  mlir::Value zeroPoint;
  /// Null without padding.
  mlir::tensor::PadOp pad;
  /// The operand dimension that each dimension of the parameters follows.
  llvm::SmallVector<int64_t> axes;
  /// The parallel loop that each dimension of the parameters follows.
  llvm::SmallVector<unsigned> loops;

  mlir::Type getStorageType() const {
    return mlir::getElementTypeOrSelf(storage);
  }
  bool isUnsigned() const { return getStorageType().isUnsignedInteger(); }
  bool isPerTensor() const { return loops.empty(); }
};

struct QuantizedSite {
  mlir::linalg::LinalgOp op;
  SiteIndexing indexing;
  std::array<QuantizedOperand, 2> operands;

  bool isSymmetric() const {
    return !operands[0].zeroPoint && !operands[1].zeroPoint;
  }
};

/// Matches a site whose two operands are dequantized with parameters that
/// factor out of its sums. On failure `reason` says why the site has to stay in
/// float; it is empty where no operand is quantized.
mlir::FailureOr<QuantizedSite> matchQuantizedSite(mlir::linalg::LinalgOp op,
                                                  std::string &reason);

/// A proof that every sum of a site fits the accumulator.
struct AccumulatorBound {
  mlir::Type type;
  /// No sum is larger than this in magnitude.
  uint64_t bound;
};

/// Bounds |sum (A - zA)(B - zB)| from the storage ranges, the zero points, the
/// number of products and, where that is too coarse, the values of constant
/// operands. Emits an error where an i32 (for 16-bit storage: i64) cannot hold
/// it.
mlir::FailureOr<AccumulatorBound> proveAccumulator(const QuantizedSite &site);

/// The storage tensors of a site's operands: signless and padded.
std::array<mlir::Value, 2> createStorageOperands(mlir::OpBuilder &builder,
                                                 const QuantizedSite &site);

/// Builds the corrections of the accumulator.
using CorrectionBuilder = llvm::function_ref<mlir::Value(
    mlir::OpBuilder &, std::array<mlir::Value, 2> storage,
    mlir::Value accumulator)>;

/// Replaces the site by its integer form and the dequantization of its
/// accumulator, with the given corrections between them.
mlir::linalg::LinalgOp lowerSite(mlir::RewriterBase &rewriter,
                                 const QuantizedSite &site,
                                 const AccumulatorBound &bound,
                                 CorrectionBuilder correct);

/// Lowers all sites below `root` for which `select` holds. Sites that cannot be
/// lowered get a reason; fails after an error.
mlir::LogicalResult
lowerSites(mlir::Operation *root, llvm::StringRef passName,
           llvm::function_ref<bool(const QuantizedSite &)> select,
           llvm::function_ref<void(mlir::RewriterBase &, const QuantizedSite &,
                                   const AccumulatorBound &)>
               lower);

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_QUANTIZEDSITE_H
