//===- KVCache.h - key-value caches of a decode step ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A cache is an argument of a function that is updated in place, slice by
// slice, and returned: the keys or values of the tokens so far, to which a
// decode step adds those of one token. It is found along SSA use-def chains
// alone,
//
//   %1 = tensor.insert_slice %k into %cache[0, 0, %position, 0] ...
//   ... a contraction reads %1, through reshapes and transposes ...
//   return ..., %1
//
// whatever the layout, [batch, heads, tokens, features] or another. What reads
// it may cast it to another float type first (a cache of bf16 in a model of
// f32).
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QNN_TRANSFORMS_KVCACHE_H
#define QUANTC_DIALECT_QNN_TRANSFORMS_KVCACHE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace quantc::qnn {

/// The dimensions of a cache that one dimension of a moved tensor consists of,
/// outermost first; none for a dimension of size 1.
using CacheDims = llvm::SmallVector<int64_t, 2>;
/// In place of a dimension: what is none of the cache's.
inline constexpr int64_t kNoCacheDim = -1;

/// Whether the op casts each element of a tensor from one float type to
/// another, and nothing else.
bool isFloatCast(mlir::Operation *op);

/// Follows the dimensions of a cache through an op that only moves elements
/// (a reshape, transpose, broadcast, slice, cast or observer): `dims` has those
/// of its operand. Nullopt for any other op.
std::optional<llvm::SmallVector<CacheDims>>
followMove(mlir::Operation *op, llvm::ArrayRef<CacheDims> dims);

/// The name of a function's argument as an input, `arg<i>` without one.
std::string getInputName(mlir::BlockArgument argument);

/// A contraction that reads a cache.
struct CacheReader {
  mlir::OpOperand *operand;
  mlir::linalg::LinalgOp getSite() const {
    return llvm::cast<mlir::linalg::LinalgOp>(operand->getOwner());
  }
};

struct KVCache {
  mlir::BlockArgument argument;
  /// The result of the function that returns the updated cache.
  unsigned result = 0;
  /// From the argument on; the last one is returned.
  llvm::SmallVector<mlir::tensor::InsertSliceOp> updates;
  llvm::SmallVector<CacheReader> readers;
  /// Dimensions that both operands and the result of a reader have: batch and
  /// heads.
  llvm::SmallVector<int64_t> batchDims;
  /// The innermost of them; its indices share a scale in granularity 'head'.
  std::optional<int64_t> headDim;
  /// The dimension of stacked layers: of it every update writes, and every
  /// reader sees, one index that is known. Each index has scales of its own.
  std::optional<int64_t> layerDim;

  mlir::RankedTensorType getType() const;
  /// The argument and the cache after each update.
  llvm::SmallVector<mlir::Value> getValues() const;
  /// The layer that an update writes; nullopt where layers are not stacked.
  std::optional<int64_t> getLayer(mlir::tensor::InsertSliceOp update) const;
  /// The dimensions that an update writes in part, but for layers: the tokens.
  llvm::SmallVector<int64_t> getTokenDims() const;
  std::string getName() const { return getInputName(argument); }
};

/// What qnn-quantize-cache has made of a cache, in words: an attribute of the
/// function's argument, which nothing reads but who explains the program.
struct CacheDescription {
  /// "i8 asymmetric head".
  std::string form;
  /// "calibrated", "given" by the recipe, or "measured" at run time.
  std::string scaleSource;
  /// The least and the largest scale, where they are known.
  std::optional<std::pair<double, double>> scales;
  /// The cache that has the same scales; empty where none has.
  std::string partner;
  /// The expected signal-to-noise ratio in dB, where statistics tell.
  std::optional<double> sqnr;

  mlir::DictionaryAttr toAttribute(mlir::MLIRContext *context) const;
  /// That of an argument; nullopt where it was no cache.
  static std::optional<CacheDescription> get(mlir::func::FuncOp function,
                                             unsigned argument);
};

/// The dimension of what `update` inserts that is dimension `dim` of the cache;
/// nullopt where it was dropped.
std::optional<int64_t> getUpdateDim(mlir::tensor::InsertSliceOp update,
                                    int64_t dim);

/// All caches of a function in the order of its arguments.
llvm::SmallVector<KVCache> findCaches(mlir::func::FuncOp function);

/// Arguments of a function that would be caches, but are cast to another type
/// as a whole before they are updated and back afterwards.
llvm::SmallVector<mlir::BlockArgument>
findCastCaches(mlir::func::FuncOp function);

/// Whether `values` holds the values of the keys in `keys`: one of its readers
/// multiplies with what was computed from the product of the keys.
bool readsScoresOf(const KVCache &values, const KVCache &keys);

} // namespace quantc::qnn

#endif // QUANTC_DIALECT_QNN_TRANSFORMS_KVCACHE_H
