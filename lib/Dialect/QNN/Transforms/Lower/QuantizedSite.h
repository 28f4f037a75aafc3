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

#include "quantc/Dialect/QNN/Transforms/Passes.h"
#include "quantc/Dialect/QNN/Transforms/Site.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace quantc::qnn {

/// One input of a site: storage -> dequantize [-> zero padding] -> site.
struct QuantizedOperand {
  mlir::Value storage;
  mlir::Value scale;
  /// Null for a symmetric operand, and where all zero points turn out to be 0.
  mlir::Value zeroPoint;
  /// Null without padding.
  mlir::tensor::PadOp pad;
  /// Whether the padding's bytes are 0 instead of the zero point, for which the
  /// corrections then have to make good.
  bool padsWithZero = false;
  /// The operand dimension that each dimension of the parameters follows.
  llvm::SmallVector<int64_t> axes;
  /// The number of elements along each axis that share a parameter.
  llvm::SmallVector<int64_t> blocks;
  /// The loop that each axis follows. Loops of the scale are parallel, or
  /// summed over in blocks.
  llvm::SmallVector<unsigned> loops;

  mlir::Type getStorageType() const {
    return mlir::getElementTypeOrSelf(storage);
  }
  bool isUnsigned() const { return getStorageType().isUnsignedInteger(); }
  bool hasScalarScale() const { return isScalar(scale); }
  bool hasScalarZeroPoint() const { return isScalar(zeroPoint); }
  /// The loops that the dimensions of the scale follow.
  llvm::ArrayRef<unsigned> getScaleLoops() const {
    return hasScalarScale() ? llvm::ArrayRef<unsigned>() : loops;
  }
  /// The loops that the dimensions of the zero points follow.
  llvm::ArrayRef<unsigned> getZeroPointLoops() const {
    return hasScalarZeroPoint() ? llvm::ArrayRef<unsigned>() : loops;
  }

private:
  static bool isScalar(mlir::Value parameter) {
    return mlir::cast<mlir::RankedTensorType>(parameter.getType()).getRank() ==
           0;
  }
};

struct QuantizedSite {
  mlir::linalg::LinalgOp op;
  SiteIndexing indexing;
  std::array<QuantizedOperand, 2> operands;

  bool isSymmetric() const {
    return !operands[0].zeroPoint && !operands[1].zeroPoint;
  }
};

/// Matches a site whose two operands are dequantized with scales that factor
/// out of its sums, or out of the sums over blocks. On failure `reason` says
/// why the site has to stay in float; it is empty where no operand is
/// quantized.
mlir::FailureOr<QuantizedSite> matchQuantizedSite(mlir::linalg::LinalgOp op,
                                                  std::string &reason);

/// The largest |sum (A - zA)(B - zB)| of a site, and the accumulator for it.
struct AccumulatorBound {
  /// i32, or i64 for 16-bit storage; null where it cannot hold the sums. Sums
  /// of f8 are rounded to f32.
  mlir::Type type;
  /// No sum is larger than this in magnitude.
  uint64_t bound;
};

/// Bounds the sums by the storage ranges, the zero points, the number of
/// products and, where that is too coarse, the values of constant operands.
AccumulatorBound boundAccumulator(const QuantizedSite &site);

/// The largest number of products of which every sum fits an i32.
int64_t getSafeProductCount(const QuantizedSite &site);

/// The site whose integer form is built: with sums that are proven to fit.
struct AccumulatedSite {
  /// What is replaced.
  QuantizedSite site;
  /// `site`, or the site with its reduction cut into chunks: the result has
  /// `chunkDims` dimensions more, over which the accumulators are added in i64.
  QuantizedSite chunked;
  int64_t chunkDims = 0;
  AccumulatorBound bound;
};

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
                                 const AccumulatedSite &site,
                                 CorrectionBuilder correct);

/// Lowers all sites below `root` for which `select` holds. Sites that cannot be
/// lowered get a reason; fails after an error, which a site is whose sums do
/// not fit the accumulator unless `overflow` says that they be cut.
mlir::LogicalResult lowerSites(
    mlir::Operation *root, llvm::StringRef passName, OverflowAction overflow,
    llvm::function_ref<bool(const QuantizedSite &)> select,
    llvm::function_ref<void(mlir::RewriterBase &, const AccumulatedSite &)>
        lower);

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_QUANTIZEDSITE_H
