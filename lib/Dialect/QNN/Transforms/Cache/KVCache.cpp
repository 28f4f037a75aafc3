//===- KVCache.cpp - key-value caches of a decode step --------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/QNN/Transforms/KVCache.h"
#include "quantc/Dialect/QNN/Transforms/Site.h"
#include "quantc/Dialect/QNN/Transforms/SiteOperands.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace quantc::qnn;

//===----------------------------------------------------------------------===//
// Moves
//===----------------------------------------------------------------------===//

static SmallVector<CacheDims> followCollapse(tensor::CollapseShapeOp op,
                                             ArrayRef<CacheDims> dims) {
  ArrayRef<int64_t> sizes = op.getSrcType().getShape();
  SmallVector<CacheDims> result;
  for (ArrayRef<int64_t> group : op.getReassociationIndices()) {
    CacheDims &merged = result.emplace_back();
    for (int64_t dim : group)
      if (sizes[dim] != 1)
        llvm::append_range(merged, dims[dim]);
    // Of nothing but dimensions of size 1, any will do.
    if (merged.empty() && !group.empty())
      merged = dims[group.back()];
  }
  return result;
}

/// A dimension that is taken apart in another way than it was put together is
/// none of the cache's any more.
static SmallVector<CacheDims> followExpand(tensor::ExpandShapeOp op,
                                           ArrayRef<CacheDims> dims) {
  ArrayRef<int64_t> sizes = op.getResultType().getShape();
  SmallVector<CacheDims> result(sizes.size());
  for (auto [source, group] :
       llvm::zip_equal(dims, op.getReassociationIndices())) {
    SmallVector<int64_t> parts;
    for (int64_t dim : group)
      if (sizes[dim] != 1)
        parts.push_back(dim);
    if (parts.size() <= 1) {
      result[parts.empty() ? group.back() : parts.front()] = source;
      continue;
    }
    for (auto [i, dim] : llvm::enumerate(parts))
      result[dim] = {source.size() == parts.size() ? source[i] : kNoCacheDim};
  }
  return result;
}

static SmallVector<CacheDims> followSlice(tensor::ExtractSliceOp op,
                                          ArrayRef<CacheDims> dims) {
  ArrayRef<int64_t> sourceSizes = op.getSourceType().getShape();
  llvm::SmallBitVector dropped = op.getDroppedDims();
  SmallVector<CacheDims> result;
  for (auto [dim, size] : llvm::enumerate(op.getStaticSizes()))
    if (!dropped.test(dim))
      result.push_back(size == sourceSizes[dim] ? dims[dim]
                                                : CacheDims{kNoCacheDim});
  return result;
}

bool quantc::qnn::isFloatCast(Operation *op) {
  auto generic = dyn_cast<linalg::GenericOp>(op);
  if (!generic || generic.getNumDpsInputs() != 1 ||
      generic.getNumDpsInits() != 1 ||
      generic.getNumParallelLoops() != generic.getNumLoops() ||
      !llvm::all_of(generic.getIndexingMapsArray(),
                    [](AffineMap map) { return map.isIdentity(); }))
    return false;
  Block &body = generic.getRegion().front();
  Operation *cast = body.getTerminator()->getOperand(0).getDefiningOp();
  return isa_and_present<arith::ExtFOp, arith::TruncFOp>(cast) &&
         cast->getOperand(0) == body.getArgument(0) &&
         isObservable(generic.getDpsInputs().front());
}

std::optional<SmallVector<CacheDims>>
quantc::qnn::followMove(Operation *op, ArrayRef<CacheDims> dims) {
  if (isa<ObserveOp>(op) || isFloatCast(op))
    return llvm::to_vector(dims);
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op))
    return followCollapse(collapse, dims);
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op))
    return followExpand(expand, dims);
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op))
    return followSlice(slice, dims);
  if (auto transpose = dyn_cast<linalg::TransposeOp>(op))
    return llvm::map_to_vector(transpose.getPermutation(), [&](int64_t dim) {
      return CacheDims(dims[dim]);
    });
  if (auto broadcast = dyn_cast<linalg::BroadcastOp>(op)) {
    SmallVector<CacheDims> result(broadcast.getInit().getType().getRank(),
                                  CacheDims{kNoCacheDim});
    unsigned next = 0;
    for (auto [dim, source] : llvm::enumerate(result))
      if (!llvm::is_contained(broadcast.getDimensions(), int64_t(dim)))
        source = dims[next++];
    return result;
  }
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Caches
//===----------------------------------------------------------------------===//

RankedTensorType KVCache::getType() const {
  return cast<RankedTensorType>(argument.getType());
}

SmallVector<Value> KVCache::getValues() const {
  SmallVector<Value> values = {argument};
  for (tensor::InsertSliceOp update : updates)
    values.push_back(update.getResult());
  return values;
}

SmallVector<int64_t> KVCache::getTokenDims() const {
  SmallVector<int64_t> dims;
  for (int64_t dim = 0, e = getType().getRank(); dim < e; ++dim)
    if (dim != layerDim &&
        llvm::any_of(updates, [&](tensor::InsertSliceOp update) {
          return update.getStaticSizes()[dim] != getType().getDimSize(dim);
        }))
      dims.push_back(dim);
  return dims;
}

std::optional<int64_t> KVCache::getLayer(tensor::InsertSliceOp update) const {
  return layerDim ? getConstantIntValue(update.getMixedOffsets()[*layerDim])
                  : std::nullopt;
}

std::string quantc::qnn::getInputName(BlockArgument argument) {
  auto function = cast<func::FuncOp>(argument.getOwner()->getParentOp());
  auto name = function.getArgAttrOfType<StringAttr>(argument.getArgNumber(),
                                                    kInputAttrName);
  return name ? name.str() : "arg" + std::to_string(argument.getArgNumber());
}

std::optional<int64_t> quantc::qnn::getUpdateDim(tensor::InsertSliceOp update,
                                                 int64_t dim) {
  llvm::SmallBitVector dropped = update.getDroppedDims();
  if (dropped.test(dim))
    return std::nullopt;
  int64_t result = dim;
  for (int64_t before = 0; before < dim; ++before)
    result -= dropped.test(before);
  return result;
}

/// Adds the contractions that read `value` through moves, and which of its
/// dimensions are dimensions of a batch there. `seen` are those that any
/// contraction sees more than one index of.
static void collectReaders(KVCache &cache, Value value,
                           ArrayRef<CacheDims> dims,
                           llvm::SmallDenseSet<int64_t> &seen) {
  for (OpOperand &use : value.getUses()) {
    Operation *user = use.getOwner();
    if (use.getOperandNumber() == 0)
      if (auto moved = followMove(user, dims)) {
        collectReaders(cache, user->getResult(0), *moved, seen);
        continue;
      }
    if (!isSite(user) || use.getOperandNumber() > 1)
      continue;
    auto site = cast<linalg::LinalgOp>(user);
    SiteIndexing indexing(site);
    unsigned number = use.getOperandNumber();
    cache.readers.push_back({&use});
    for (const CacheDims &parts : dims)
      seen.insert(parts.begin(), parts.end());
    for (int64_t dim : getResultDims(indexing, number)) {
      unsigned loop = *indexing.getLoop(number, dim);
      if (!indexing.getMap(1 - number).isFunctionOfDim(loop))
        continue;
      for (int64_t cacheDim : dims[dim])
        if (cacheDim != kNoCacheDim &&
            !llvm::is_contained(cache.batchDims, cacheDim))
          cache.batchDims.push_back(cacheDim);
    }
  }
}

/// The first dimension of more than one index that no contraction sees, and of
/// which each update writes one that is known.
static std::optional<int64_t>
findLayerDim(const KVCache &cache, const llvm::SmallDenseSet<int64_t> &seen) {
  for (int64_t dim = 0, e = cache.getType().getRank(); dim < e; ++dim)
    if (!seen.contains(dim) && cache.getType().getDimSize(dim) != 1 &&
        llvm::all_of(cache.updates, [&](tensor::InsertSliceOp update) {
          return update.getStaticSizes()[dim] == 1 &&
                 getConstantIntValue(update.getMixedOffsets()[dim]);
        }))
      return dim;
  return std::nullopt;
}

/// The cache that result number `result` of the function is; nullopt if it is
/// none.
static std::optional<KVCache> findCache(func::ReturnOp terminator,
                                        unsigned result) {
  KVCache cache;
  cache.result = result;
  Value value = terminator.getOperand(result);
  while (auto update = value.getDefiningOp<tensor::InsertSliceOp>()) {
    cache.updates.push_back(update);
    value = update.getDest();
  }
  std::reverse(cache.updates.begin(), cache.updates.end());
  cache.argument = dyn_cast<BlockArgument>(value);
  if (!cache.argument || cache.updates.empty() ||
      cache.argument.getOwner() != terminator->getBlock() ||
      !isObservable(cache.argument))
    return std::nullopt;
  SmallVector<CacheDims> dims;
  for (int64_t dim = 0, e = cache.getType().getRank(); dim < e; ++dim)
    dims.push_back({dim});
  llvm::SmallDenseSet<int64_t> seen;
  for (Value held : cache.getValues())
    collectReaders(cache, held, dims, seen);
  if (cache.readers.empty())
    return std::nullopt;
  llvm::sort(cache.batchDims);
  if (!cache.batchDims.empty())
    cache.headDim = cache.batchDims.back();
  cache.layerDim = findLayerDim(cache, seen);
  return cache;
}

SmallVector<KVCache> quantc::qnn::findCaches(func::FuncOp function) {
  SmallVector<KVCache> caches;
  if (!llvm::hasSingleElement(function.getBody()))
    return caches;
  auto terminator =
      cast<func::ReturnOp>(function.getBody().front().getTerminator());
  llvm::SmallDenseSet<Value> taken;
  for (unsigned result = 0; result < terminator.getNumOperands(); ++result)
    if (std::optional<KVCache> cache = findCache(terminator, result))
      if (taken.insert(cache->argument).second)
        caches.push_back(std::move(*cache));
  llvm::sort(caches, [](const KVCache &a, const KVCache &b) {
    return a.argument.getArgNumber() < b.argument.getArgNumber();
  });
  return caches;
}

SmallVector<BlockArgument> quantc::qnn::findCastCaches(func::FuncOp function) {
  SmallVector<BlockArgument> found;
  if (!llvm::hasSingleElement(function.getBody()))
    return found;
  for (Value value :
       function.getBody().front().getTerminator()->getOperands()) {
    bool isCast = false, isUpdated = false;
    while (Operation *op = value.getDefiningOp()) {
      if (auto update = dyn_cast<tensor::InsertSliceOp>(op)) {
        isUpdated = true;
        value = update.getDest();
      } else if (isFloatCast(op)) {
        isCast = true;
        value = op->getOperand(0);
      } else {
        break;
      }
    }
    auto argument = dyn_cast<BlockArgument>(value);
    if (argument && isCast && isUpdated && !llvm::is_contained(found, argument))
      found.push_back(argument);
  }
  return found;
}

bool quantc::qnn::readsScoresOf(const KVCache &values, const KVCache &keys) {
  llvm::SmallPtrSet<Operation *, 4> scores;
  for (const CacheReader &reader : keys.readers)
    scores.insert(reader.operand->getOwner());
  SmallVector<Value> visiting;
  for (const CacheReader &reader : values.readers)
    visiting.push_back(
        reader.getSite()->getOperand(1 - reader.operand->getOperandNumber()));
  llvm::SmallPtrSet<Operation *, 16> visited;
  while (!visiting.empty()) {
    Operation *op = visiting.pop_back_val().getDefiningOp();
    if (!op || !visited.insert(op).second)
      continue;
    if (scores.contains(op))
      return true;
    // Behind another contraction lies another layer.
    if (!isSite(op))
      llvm::append_range(visiting, op->getOperands());
  }
  return false;
}
