//===- CorrectionTerms.h - the terms that correct an accumulator -*- C++
//-*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QNN_TRANSFORMS_CORRECTIONTERMS_H
#define QUANTC_LIB_DIALECT_QNN_TRANSFORMS_CORRECTIONTERMS_H

#include "QuantizedSite.h"

namespace quantc::qnn {

/// A factor of a correction: an integer tensor read through a map from the
/// site's loops.
struct Factor {
  mlir::Value value;
  mlir::AffineMap map;
  bool isUnsigned = false;
};

/// A term: an integer tensor whose dimensions follow the given parallel loops.
struct LoopTensor {
  mlir::Value value;
  llvm::SmallVector<unsigned> loops;
};

/// Builds the terms of one site; each sum and each product is an op of its own.
class CorrectionTerms {
public:
  /// `type` is that of the accumulator and of all terms.
  CorrectionTerms(mlir::OpBuilder &builder, const QuantizedSite &site,
                  std::array<mlir::Value, 2> storage, mlir::Type type);

  /// The stored integers of an operand.
  Factor getStorage(unsigned number);
  Factor getZeroPoint(unsigned number);

  /// For each padded dimension of an operand 1 where the site's loops read what
  /// was there before the padding and 0 elsewhere.
  llvm::SmallVector<Factor> createPaddingMasks(unsigned number);

  /// The sum of the factors' product over all reduction loops.
  LoopTensor createSumOfProducts(llvm::ArrayRef<Factor> factors);

  Factor toFactor(const LoopTensor &tensor) {
    return {tensor.value, getLoopMap(tensor.loops)};
  }
  /// The product, without any sum.
  LoopTensor createProduct(const Factor &a, const Factor &b);
  /// a - b.
  LoopTensor createDifference(const LoopTensor &a, const LoopTensor &b);

  /// Whether the factor varies along a reduction loop.
  bool isReduced(const Factor &factor) const;

  /// accumulator + term or accumulator - term, named by `qnn.term`.
  mlir::Value createAccumulate(mlir::Value accumulator, const LoopTensor &term,
                               bool negate, llvm::StringRef name);

private:
  /// Of a factor that is indexed by loops alone.
  LoopTensor toTensor(const Factor &factor);

  /// The sum of the factors' product over those reduction loops that they
  /// depend on, without those in `kept`.
  LoopTensor createSum(llvm::ArrayRef<Factor> factors,
                       const llvm::SmallBitVector &kept);
  /// Sums each factor over the loops that it alone depends on, before they are
  /// multiplied: what is left is small.
  void sumOwnLoops(llvm::MutableArrayRef<Factor> factors);
  /// The sum over those dimensions of a factor that no window slides along,
  /// where there are others.
  Factor createChannelSum(const Factor &factor);
  using BinaryBuilder = llvm::function_ref<mlir::Value(
      mlir::OpBuilder &, mlir::Location, mlir::Value, mlir::Value)>;
  /// `scalar` of the factors' elements, both as wide as the accumulator; of one
  /// factor where the other has no value.
  LoopTensor createElementwiseOf(const Factor &a, const Factor &b,
                                 BinaryBuilder scalar);
  /// The number of points of the reduction loops that no factor depends on.
  int64_t countRepeats(llvm::ArrayRef<Factor> factors);

  llvm::SmallVector<mlir::OpFoldResult>
  getSizes(llvm::ArrayRef<unsigned> loops);
  /// From the site's loops to dimensions that follow `loops`.
  mlir::AffineMap getLoopMap(llvm::ArrayRef<unsigned> loops);
  /// From dimensions that follow `loops` to dimensions that follow `subset`.
  mlir::AffineMap getMap(llvm::ArrayRef<unsigned> loops,
                         llvm::ArrayRef<unsigned> subset);

  mlir::OpBuilder &builder;
  const QuantizedSite &site;
  std::array<mlir::Value, 2> storage;
  mlir::Type type;
  mlir::Location loc;
  llvm::SmallVector<mlir::OpFoldResult> loopSizes;
};

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_CORRECTIONTERMS_H
