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

  /// Whether the parameters of a moved cache, whose dimensions are `dims`, are
  /// known.
  bool canFollow(llvm::ArrayRef<CacheDims> dims) const;

  /// Dequantizes a (moved) cache after `version` updates.
  mlir::Value createDequantize(mlir::OpBuilder &builder, mlir::Value stored,
                               size_t version, llvm::ArrayRef<CacheDims> dims);

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

  mlir::LogicalResult computeFixed(const KVCache *partner,
                                   const CacheRecipe &recipe);
  mlir::FailureOr<llvm::SmallVector<int64_t>>
  getUpdateAxes(mlir::tensor::InsertSliceOp update) const;
  mlir::RankedTensorType getMeasuredType(mlir::Type element) const;

  KVCache cache;
  QuantizationAttr scheme;
  /// From calibration.
  QuantizationParameters fixed;
  /// Measured: after each update, from the argument on.
  llvm::SmallVector<QuantizationOperands> measured;
};

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_CACHEPARAMETERS_H
