//===- UnstackCaches.cpp - stacked caches, updated in place ---------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/QNN/Transforms/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "llvm/ADT/SmallSet.h"

namespace quantc::qnn {
#define GEN_PASS_DEF_QNNUNSTACKCACHESPASS
#include "quantc/Dialect/QNN/Transforms/Passes.h.inc"
} // namespace quantc::qnn

using namespace mlir;
using namespace quantc::qnn;

namespace {

/// One update of one layer, whose number is `layer`.
struct LayerUpdate {
  int64_t layer;
  tensor::InsertSliceOp op;
};

/// A result of a function that is an argument taken apart layer by layer,
/// updated and put together again.
struct StackedCache {
  BlockArgument argument;
  /// What puts it together; the last one is the result.
  SmallVector<tensor::InsertSliceOp> stacks;
  SmallVector<LayerUpdate> updates;
};

} // namespace

/// The number of the layer that `op` takes or writes, if it is a whole one.
template <typename SliceOp>
static std::optional<int64_t> getLayer(SliceOp op, ArrayRef<int64_t> shape) {
  if (shape.empty() || !op.hasUnitStride())
    return std::nullopt;
  for (auto [dim, size] : llvm::enumerate(op.getStaticSizes())) {
    std::optional<int64_t> offset =
        getConstantIntValue(op.getMixedOffsets()[dim]);
    if (size != (dim == 0 ? 1 : shape[dim]) || !offset ||
        (dim > 0 && *offset != 0))
      return std::nullopt;
  }
  return getConstantIntValue(op.getMixedOffsets().front());
}

/// The type of what `update` inserts as part of a stack: with a first dimension
/// for the layer, and with those that the update dropped.
static RankedTensorType getUpdateType(tensor::InsertSliceOp update) {
  SmallVector<int64_t> shape = {1};
  llvm::append_range(shape, update.getStaticSizes());
  return RankedTensorType::get(shape, update.getType().getElementType());
}

static Value skipReshapes(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp>(op))
      break;
    value = op->getOperand(0);
  }
  return value;
}

/// Adds the updates that make what is stacked as `layer` out of the argument's
/// layer of that number. False where anything else does.
static bool collectUpdates(Value stacked, int64_t layer, StackedCache &cache) {
  auto type = cast<RankedTensorType>(cache.stacks.front().getType());
  SmallVector<LayerUpdate> updates;
  Value value = skipReshapes(stacked);
  while (auto update = value.getDefiningOp<tensor::InsertSliceOp>()) {
    // A layer in any other shape would need its offsets converted.
    if (update.getType().getShape() != type.getShape().drop_front() ||
        update->getBlock() != cache.stacks.front()->getBlock() ||
        !update.getSourceType().hasStaticShape() ||
        !getReassociationIndicesForReshape(update.getSourceType(),
                                           getUpdateType(update)))
      return false;
    updates.push_back({layer, update});
    value = skipReshapes(update.getDest());
  }
  auto slice = value.getDefiningOp<tensor::ExtractSliceOp>();
  if (!slice || updates.empty() || slice.getSourceType() != type ||
      getLayer(slice, type.getShape()) != layer)
    return false;
  auto argument = dyn_cast<BlockArgument>(slice.getSource());
  if (!argument || (cache.argument && cache.argument != argument))
    return false;
  cache.argument = argument;
  llvm::append_range(cache.updates, updates);
  return true;
}

static std::optional<StackedCache> findStackedCache(Value result) {
  StackedCache cache;
  llvm::SmallSet<int64_t, 8> layers;
  Value value = result;
  while (auto stack = value.getDefiningOp<tensor::InsertSliceOp>()) {
    if (value != result && !value.hasOneUse())
      return std::nullopt;
    std::optional<int64_t> layer = getLayer(stack, stack.getType().getShape());
    if (!layer || !layers.insert(*layer).second)
      return std::nullopt;
    cache.stacks.push_back(stack);
    if (!collectUpdates(stack.getSource(), *layer, cache))
      return std::nullopt;
    value = stack.getDest();
  }
  // Of what they were stacked onto nothing may be left.
  if (cache.stacks.empty() ||
      (value != cache.argument &&
       int64_t(layers.size()) != cache.stacks.front().getType().getDimSize(0)))
    return std::nullopt;
  llvm::sort(cache.updates, [](const LayerUpdate &a, const LayerUpdate &b) {
    return a.op->isBeforeInBlock(b.op);
  });
  return cache;
}

/// Writes each update into the argument itself; returns all of it.
static Value updateInPlace(const StackedCache &cache) {
  OpBuilder builder(cache.argument.getContext());
  Value whole = cache.argument;
  auto type = cast<RankedTensorType>(whole.getType());
  for (auto [layer, op] : cache.updates) {
    tensor::InsertSliceOp update = op;
    Location loc = update.getLoc();
    builder.setInsertionPoint(update);
    auto addLayer = [&](SmallVector<OpFoldResult> values, int64_t first) {
      values.insert(values.begin(), builder.getIndexAttr(first));
      return values;
    };
    RankedTensorType sourceType = getUpdateType(update);
    Value source = tensor::ExpandShapeOp::create(
        builder, loc, sourceType, update.getSource(),
        *getReassociationIndicesForReshape(update.getSourceType(), sourceType));
    whole = tensor::InsertSliceOp::create(
        builder, loc, source, whole, addLayer(update.getMixedOffsets(), layer),
        addLayer(update.getMixedSizes(), 1),
        addLayer(update.getMixedStrides(), 1));
    SmallVector<OpFoldResult> offsets(type.getRank(), builder.getIndexAttr(0)),
        sizes = tensor::getMixedSizes(builder, loc, cache.argument),
        strides(type.getRank(), builder.getIndexAttr(1));
    offsets.front() = builder.getIndexAttr(layer);
    sizes.front() = builder.getIndexAttr(1);
    update.replaceAllUsesWith(
        tensor::ExtractSliceOp::create(builder, loc, update.getType(), whole,
                                       offsets, sizes, strides)
            .getResult());
  }
  return whole;
}

namespace {
class QNNUnstackCachesPass
    : public quantc::qnn::impl::QNNUnstackCachesPassBase<QNNUnstackCachesPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (llvm::hasSingleElement(function.getBody()))
        unstack(
            cast<func::ReturnOp>(function.getBody().front().getTerminator()));
  }

private:
  static void unstack(func::ReturnOp terminator) {
    for (OpOperand &result : terminator->getOpOperands()) {
      std::optional<StackedCache> cache = findStackedCache(result.get());
      if (!cache)
        continue;
      result.get().replaceAllUsesWith(updateInPlace(*cache));
      // What put it together would be one more reader of each layer.
      for (tensor::InsertSliceOp stack : cache->stacks)
        eraseDead(stack);
      for (const LayerUpdate &update : llvm::reverse(cache->updates))
        eraseDead(update.op);
    }
  }

  static void eraseDead(Operation *op) {
    if (!op || !op->use_empty())
      return;
    Operation *reshaped = op->getOperand(0).getDefiningOp();
    op->erase();
    if (isa_and_nonnull<tensor::CollapseShapeOp, tensor::ExpandShapeOp>(
            reshaped))
      eraseDead(reshaped);
  }
};
} // namespace
