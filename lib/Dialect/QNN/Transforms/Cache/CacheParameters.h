//===- CacheParameters.h - scales and zero points of a cache ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QNN_TRANSFORMS_CACHEPARAMETERS_H
#define QUANTC_LIB_DIALECT_QNN_TRANSFORMS_CACHEPARAMETERS_H

#include "Materialize/QuantizeConstant.h"
#include "quantc/Dialect/QNN/Transforms/KVCache.h"
#include "quantc/Recipe/Recipe.h"

namespace quantc::qnn {

/// A moved cache, or a part of it.
struct CacheView {
  /// After how many updates.
  size_t version = 0;
  llvm::SmallVector<CacheDims> dims;
  /// The one layer that it is of, where layers are stacked.
  std::optional<int64_t> layer = std::nullopt;

  /// What an op that only moves elements makes of it; nullopt for any other op.
  std::optional<CacheView> follow(mlir::Operation *op,
                                  const KVCache &cache) const;
};

/// The parameters of one cache: constants from calibration, or tensors that
/// the function takes and returns beside the cache, where they are measured
/// per token. Errors are diagnostics.
class CacheParameters {
public:
  /// With `partner`, from the statistics of both.
  static mlir::FailureOr<CacheParameters> compute(mlir::func::FuncOp function,
                                                  const KVCache &cache,
                                                  const KVCache *partner,
                                                  const CacheRecipe &recipe);

  QuantizationAttr getScheme() const { return scheme; }

  /// Tells people of the cache, by an attribute of the argument. Needs the
  /// observers.
  void describe(mlir::func::FuncOp function, const KVCache *partner,
                const CacheRecipe &recipe) const;

  /// Whether the parameters of what `view` sees are known.
  bool canFollow(const CacheView &view) const;

  /// Dequantizes what `view` sees of the cache to a float type.
  mlir::Value createDequantize(mlir::OpBuilder &builder, mlir::Value stored,
                               const CacheView &view, mlir::Type element);

  /// Quantizes what `update` inserts; measured parameters are inserted into
  /// theirs.
  mlir::FailureOr<mlir::Value>
  createQuantize(mlir::OpBuilder &builder, mlir::tensor::InsertSliceOp update);

  /// What a caller of the function sees: arguments and results for measured
  /// parameters, attributes for those of the whole tensor.
  mlir::LogicalResult createArguments(mlir::func::FuncOp function);
  void createResults(mlir::func::FuncOp function, unsigned result);

private:
  CacheParameters(const KVCache &cache, QuantizationAttr scheme)
      : cache(cache), scheme(scheme) {}

  /// `layerScheme` is that of one layer, without an axis for them.
  mlir::LogicalResult computeFixed(QuantizationAttr layerScheme,
                                   const KVCache *partner,
                                   const CacheRecipe &recipe);
  /// The noise-to-signal ratio of what calibration saw; nullopt where that does
  /// not tell.
  std::optional<double> estimateNoiseToSignal() const;
  /// The fixed parameters of one layer, along its heads.
  QuantizationParameters getLayer(int64_t layer) const;
  /// The fixed parameters of what `view` sees in a tensor of this shape, and
  /// along which of its dimensions they are.
  std::pair<QuantizationParameters, llvm::SmallVector<int64_t>>
  selectFixed(llvm::ArrayRef<int64_t> shape, const CacheView &view) const;
  /// The measured parameters of what `view` sees.
  QuantizationOperands selectMeasured(mlir::OpBuilder &builder,
                                      mlir::Location loc,
                                      const CacheView &view) const;
  mlir::FailureOr<llvm::SmallVector<int64_t>>
  getUpdateAxes(mlir::tensor::InsertSliceOp update) const;
  mlir::RankedTensorType getMeasuredType(mlir::Type element) const;

  KVCache cache;
  QuantizationAttr scheme;
  /// From calibration; one for each index along the scheme's axes, row major.
  QuantizationParameters fixed;
  /// Measured: after each update, from the argument on.
  llvm::SmallVector<QuantizationOperands> measured;
};

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_CACHEPARAMETERS_H
