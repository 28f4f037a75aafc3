//===- QuantizeCache.cpp - caches of keys and values in storage types -----===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CacheParameters.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"
#include "quantc/Recipe/Recipe.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Remarks.h"
#include "llvm/Support/FormatVariadic.h"

namespace quantc::qnn {
#define GEN_PASS_DEF_QNNQUANTIZECACHEPASS
#include "quantc/Dialect/QNN/Transforms/Passes.h.inc"
} // namespace quantc::qnn

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

namespace {

/// Turns one cache into storage.
class CacheRewriter {
public:
  CacheRewriter(func::FuncOp function, const KVCache &cache,
                CacheParameters &parameters)
      : function(function), cache(cache), parameters(parameters),
        builder(function.getContext()) {}

  LogicalResult run();

private:
  void redirect(ArrayRef<OpOperand *> uses, Value stored, const CacheView &view,
                Type element);
  Value moveStorage(Operation *move, Value stored);

  func::FuncOp function;
  const KVCache &cache;
  CacheParameters &parameters;
  OpBuilder builder;
  SmallVector<Operation *> replaced;
};

} // namespace

/// The uses of a value that read it: all but the update that comes next and the
/// return of the cache.
static SmallVector<OpOperand *> getReads(const KVCache &cache, Value value) {
  SmallVector<OpOperand *> reads;
  for (OpOperand &use : value.getUses()) {
    auto update = dyn_cast<tensor::InsertSliceOp>(use.getOwner());
    bool isUpdate = update && llvm::is_contained(cache.updates, update) &&
                    use.get() == update.getDest();
    bool isResult = isa<func::ReturnOp>(use.getOwner()) &&
                    use.getOperandNumber() == cache.result;
    if (!isUpdate && !isResult)
      reads.push_back(&use);
  }
  return reads;
}

/// The same move of the stored tensor.
Value CacheRewriter::moveStorage(Operation *move, Value stored) {
  Location loc = move->getLoc();
  builder.setInsertionPoint(move);
  auto type = cast<RankedTensorType>(move->getResult(0).getType())
                  .clone(getElementTypeOrSelf(stored));
  if (isa<linalg::TransposeOp, linalg::BroadcastOp>(move)) {
    Value empty = tensor::EmptyOp::create(builder, loc, type.getShape(),
                                          type.getElementType());
    if (auto transpose = dyn_cast<linalg::TransposeOp>(move))
      return linalg::TransposeOp::create(builder, loc, stored, empty,
                                         transpose.getPermutation())
          ->getResult(0);
    auto broadcast = cast<linalg::BroadcastOp>(move);
    return linalg::BroadcastOp::create(builder, loc, stored, empty,
                                       broadcast.getDimensions())
        ->getResult(0);
  }
  Operation *moved = builder.clone(*move);
  moved->setOperand(0, stored);
  moved->getResult(0).setType(type);
  return moved->getResult(0);
}

/// Gives `uses` the dequantized form of `stored`, which is `view` of the cache,
/// in the float type `element`. Moves are made on the storage, as far as its
/// parameters can be told afterwards: a contraction then finds both operands
/// dequantized. Casts become part of the dequantization.
void CacheRewriter::redirect(ArrayRef<OpOperand *> uses, Value stored,
                             const CacheView &view, Type element) {
  Value dequantized;
  for (OpOperand *use : uses) {
    Operation *user = use->getOwner();
    std::optional<CacheView> moved;
    if (use->getOperandNumber() == 0)
      moved = view.follow(user, cache);
    bool isStatic = cast<RankedTensorType>(stored.getType()).hasStaticShape();
    bool isInPlace = isa<ObserveOp>(user) || isFloatCast(user);
    if (moved && isStatic && (isInPlace || parameters.canFollow(*moved))) {
      Value next = isInPlace ? stored : moveStorage(user, stored);
      SmallVector<OpOperand *> nextUses =
          llvm::to_vector(llvm::make_pointer_range(user->getUses()));
      redirect(nextUses, next, *moved,
               getElementTypeOrSelf(user->getResult(0)));
      replaced.push_back(user);
      continue;
    }
    if (!dequantized) {
      builder.setInsertionPointAfterValue(stored);
      dequantized = parameters.createDequantize(builder, stored, view, element);
    }
    use->set(dequantized);
  }
}

LogicalResult CacheRewriter::run() {
  RankedTensorType type = cache.getType();
  auto storageType = type.clone(parameters.getScheme().getStorage());
  SmallVector<CacheDims> dims;
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    dims.push_back({dim});
  auto terminator =
      cast<func::ReturnOp>(function.getBody().front().getTerminator());

  if (failed(parameters.createArguments(function)))
    return failure();
  Value stored = cache.argument;
  SmallVector<OpOperand *> reads = getReads(cache, stored);
  stored.setType(storageType);
  redirect(reads, stored, {/*version=*/0, dims}, type.getElementType());
  for (auto [i, op] : llvm::enumerate(cache.updates)) {
    tensor::InsertSliceOp update = op;
    builder.setInsertionPoint(update);
    FailureOr<Value> quantized = parameters.createQuantize(builder, update);
    if (failed(quantized))
      return failure();
    stored = tensor::InsertSliceOp::create(
        builder, update.getLoc(), *quantized, stored, update.getMixedOffsets(),
        update.getMixedSizes(), update.getMixedStrides());
    redirect(getReads(cache, update.getResult()), stored, {i + 1, dims},
             type.getElementType());
  }
  terminator.setOperand(cache.result, stored);
  parameters.createResults(function, cache.result);
  // They come after what reads them.
  for (Operation *op : replaced)
    if (op->use_empty())
      op->erase();
  for (tensor::InsertSliceOp update : llvm::reverse(cache.updates))
    update.erase();
  function.setFunctionType(
      builder.getFunctionType(function.getBody().front().getArgumentTypes(),
                              terminator.getOperandTypes()));
  return success();
}

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

namespace {
class QNNQuantizeCachePass
    : public quantc::qnn::impl::QNNQuantizeCachePassBase<QNNQuantizeCachePass> {
public:
  using Base::Base;

  void runOnOperation() override {
    FailureOr<Recipe> parsed = Recipe::read(recipe, &getContext());
    if (failed(parsed))
      return signalPassFailure();
    if (!parsed->kvCache)
      return;
    bool hasCaches = false;
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      SmallVector<KVCache> caches = findCaches(function);
      hasCaches |= !caches.empty();
      for (BlockArgument argument : findCastCaches(function))
        emitWarning(argument.getLoc())
            << "cache '" << getInputName(argument)
            << "' stays in float, because it is cast as a whole before it is "
               "updated; cast what is inserted and what is read";
      if (failed(quantize(function, caches, *parsed->kvCache)))
        return signalPassFailure();
    }
    // No error: one recipe is for the decode step of a model and its prefill.
    if (!hasCaches)
      emitWarning(
          parsed->getLoc(parsed->kvCache->operand.position, &getContext()))
          << "'kv_cache' has no effect, because no input of the model is "
             "updated in place, returned and read by a contraction";
  }

private:
  static LogicalResult quantize(func::FuncOp function, ArrayRef<KVCache> caches,
                                const CacheRecipe &recipe);
};
} // namespace

/// With what the cache shares its scales: the keys or the values of its layer.
static const KVCache *findPartner(const KVCache &cache,
                                  ArrayRef<KVCache> caches) {
  for (const KVCache &other : caches)
    if (other.argument != cache.argument &&
        (readsScoresOf(cache, other) || readsScoresOf(other, cache)))
      return &other;
  return nullptr;
}

LogicalResult QNNQuantizeCachePass::quantize(func::FuncOp function,
                                             ArrayRef<KVCache> caches,
                                             const CacheRecipe &recipe) {
  std::vector<CacheParameters> parameters;
  std::vector<const KVCache *> partners;
  for (const KVCache &cache : caches) {
    const KVCache *partner = partners.emplace_back(
        recipe.shared ? findPartner(cache, caches) : nullptr);
    FailureOr<CacheParameters> computed =
        CacheParameters::compute(function, cache, partner, recipe);
    if (failed(computed))
      return failure();
    parameters.push_back(std::move(*computed));
  }
  for (auto [cache, partner, computed] :
       llvm::zip_equal(caches, partners, parameters)) {
    computed.describe(function, partner, recipe);
    remark::passed(cache.argument.getLoc(),
                   remark::RemarkOpts::name("Quantized")
                       .category(QNNQuantizeCachePass::getArgumentName()))
        << remark::metric("cache", cache.getName())
        << remark::metric("scheme",
                          llvm::formatv("{0}", computed.getScheme()).str());
    if (failed(CacheRewriter(function, cache, computed).run()))
      return failure();
  }
  return success();
}
