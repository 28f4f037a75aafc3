//===- CacheParameters.cpp - scales and zero points of a cache ------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CacheParameters.h"
#include "Materialize/DynamicRange.h"
#include "quantc/Dialect/QNN/IR/QNNOps.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

//===----------------------------------------------------------------------===//
// Scheme
//===----------------------------------------------------------------------===//

static InFlightDiagnostic emitCacheError(const KVCache &cache) {
  return emitError(cache.argument.getLoc())
         << "cache '" << cache.getName() << "': ";
}

/// The dimensions of one layer whose indices have parameters of their own.
static FailureOr<SmallVector<int64_t>> getAxes(const KVCache &cache,
                                               Granularity granularity) {
  if (granularity == Granularity::Head && cache.headDim &&
      cache.getType().getDimSize(*cache.headDim) != 1)
    return SmallVector<int64_t>{*cache.headDim};
  if (granularity != Granularity::Token)
    return SmallVector<int64_t>();
  // All but the features of a token.
  SmallVector<int64_t> axes = cache.batchDims, tokens = cache.getTokenDims();
  for (int64_t dim : tokens)
    if (!llvm::is_contained(axes, dim))
      axes.push_back(dim);
  llvm::sort(axes);
  tensor::InsertSliceOp update = cache.updates.front();
  int64_t numLayerDims = cache.layerDim ? 1 : 0;
  if (tokens.empty() ||
      int64_t(axes.size()) + numLayerDims == cache.getType().getRank())
    return emitCacheError(cache)
           << "expected a dimension of tokens and one of features for "
              "granularity 'token', but got updates of "
           << update.getSourceType() << " into " << cache.getType();
  return axes;
}

static FailureOr<QuantizationAttr> getCacheScheme(const KVCache &cache,
                                                  const CacheRecipe &recipe,
                                                  ArrayRef<int64_t> axes) {
  MLIRContext *context = cache.argument.getContext();
  const OperandRecipe &operand = recipe.operand;
  auto emit = [&] { return emitCacheError(cache); };
  RangeEstimatorAttrInterface estimator = operand.buildEstimator(context, emit);
  if (!estimator)
    return failure();
  // A whole tensor for each layer has an axis as well.
  Granularity granularity = axes.empty() ? Granularity::Tensor
                            : *operand.granularity == Granularity::Tensor
                                ? Granularity::Channel
                                : *operand.granularity;
  auto scheme = QuantizationAttr::getChecked(
      emit, context, parseType(*operand.storage, context), *operand.symmetric,
      *operand.narrowRange, *operand.dynamic, /*powerOfTwo=*/false, granularity,
      axes, ArrayRef<int64_t>(), estimator);
  if (!scheme)
    return failure();
  return scheme;
}

//===----------------------------------------------------------------------===//
// Parameters from calibration
//===----------------------------------------------------------------------===//

/// What was seen of all that is inserted into a layer of the cache; with
/// channels along the heads.
static LogicalResult addStatistics(const KVCache &cache, int64_t layer,
                                   std::optional<Statistics> &statistics) {
  for (tensor::InsertSliceOp update : cache.updates) {
    if (cache.getLayer(update).value_or(layer) != layer)
      continue;
    auto observer = update.getSource().getDefiningOp<ObserveOp>();
    if (!observer || !observer.getStatistics())
      return emitCacheError(cache)
             << "expected statistics of what is inserted; run qnn-annotate, "
                "quantc calibrate and qnn-apply-statistics";
    Statistics more = fromAttribute(*observer.getStatistics());
    // Updates may have different numbers of them.
    more.tokens.clear();
    if (!statistics) {
      statistics = std::move(more);
      continue;
    }
    if (statistics->channels.size() != more.channels.size())
      return emitCacheError(cache)
             << "expected as many heads in all that shares its scales, but got "
             << statistics->channels.size() << " and " << more.channels.size();
    statistics->merge(more);
  }
  return success();
}

/// Calls `visit` with all indices of `shape`, row major.
static void forEachIndex(ArrayRef<int64_t> shape,
                         function_ref<void(ArrayRef<int64_t>)> visit) {
  SmallVector<int64_t> index(shape.size());
  for (int64_t i = 0, e = ShapedType::getNumElements(shape); i < e; ++i) {
    int64_t rest = i;
    for (int64_t dim = int64_t(shape.size()) - 1; dim >= 0; --dim) {
      index[dim] = rest % shape[dim];
      rest /= shape[dim];
    }
    visit(index);
  }
}

LogicalResult CacheParameters::computeFixed(QuantizationAttr layerScheme,
                                            const KVCache *partner,
                                            const CacheRecipe &recipe) {
  auto emit = [&] { return emitCacheError(cache); };
  ArrayRef<int64_t> cacheShape = cache.getType().getShape();
  FailureOr<SmallVector<int64_t>> shape =
      getParameterShape(scheme, cacheShape, emit);
  if (failed(shape))
    return failure();
  fixed.shape = *shape;
  if (recipe.scale) {
    fixed.scales.assign(ShapedType::getNumElements(*shape), *recipe.scale);
    return success();
  }
  // Both of a pair add up in the same order and get the same scales.
  SmallVector<const KVCache *> sources = {&cache};
  if (partner)
    sources.push_back(partner);
  llvm::sort(sources, [](const KVCache *a, const KVCache *b) {
    return a->argument.getArgNumber() < b->argument.getArgNumber();
  });
  std::vector<QuantizationParameters> layers;
  for (int64_t layer = 0, e = cache.layerDim ? cacheShape[*cache.layerDim] : 1;
       layer < e; ++layer) {
    std::optional<Statistics> statistics;
    for (const KVCache *source : sources)
      if (failed(addStatistics(*source, layer, statistics)))
        return failure();
    if (!statistics)
      return emit() << "expected updates of all indices of dimension "
                    << *cache.layerDim << ", but got none of " << layer;
    FailureOr<QuantizationParameters> computed = computeQuantizationParameters(
        toAttribute(*statistics, scheme.getContext()),
        ObservedDims{cache.headDim, std::nullopt}, layerScheme, cacheShape,
        emit);
    if (failed(computed))
      return failure();
    layers.push_back(std::move(*computed));
  }
  forEachIndex(*shape, [&](ArrayRef<int64_t> index) {
    // Fixed parameters are along layers and heads and nothing else.
    int64_t layer = 0, head = 0;
    for (auto [axis, i] : llvm::zip_equal(scheme.getAxes(), index))
      (axis == cache.layerDim ? layer : head) = i;
    fixed.scales.push_back(layers[layer].scales[head]);
    if (!scheme.getSymmetric())
      fixed.zeroPoints.push_back(layers[layer].zeroPoints[head]);
  });
  return success();
}

FailureOr<CacheParameters> CacheParameters::compute(func::FuncOp function,
                                                    const KVCache &cache,
                                                    const KVCache *partner,
                                                    const CacheRecipe &recipe) {
  FailureOr<SmallVector<int64_t>> axes =
      getAxes(cache, *recipe.operand.granularity);
  if (failed(axes))
    return failure();
  FailureOr<QuantizationAttr> layerScheme =
      getCacheScheme(cache, recipe, *axes);
  if (failed(layerScheme))
    return failure();
  // One number for all is one for all layers.
  if (cache.layerDim && !recipe.scale) {
    axes->push_back(*cache.layerDim);
    llvm::sort(*axes);
  }
  FailureOr<QuantizationAttr> scheme = getCacheScheme(cache, recipe, *axes);
  if (failed(scheme))
    return failure();
  CacheParameters result(cache, *scheme);
  for (tensor::InsertSliceOp update : cache.updates)
    if (failed(result.getUpdateAxes(update)))
      return failure();
  if (!scheme->getDynamic() &&
      failed(result.computeFixed(*layerScheme, partner, recipe)))
    return failure();
  return result;
}

/// The axes of what `update` inserts. Where scales are fixed it has to cover
/// them whole, but for a layer that is known: which of them apply would else
/// depend on where it is inserted.
FailureOr<SmallVector<int64_t>>
CacheParameters::getUpdateAxes(tensor::InsertSliceOp update) const {
  SmallVector<int64_t> axes;
  for (int64_t axis : scheme.getAxes()) {
    if (axis == cache.layerDim && !scheme.getDynamic())
      continue;
    std::optional<int64_t> dim = getUpdateDim(update, axis);
    bool isWhole =
        update.getStaticSizes()[axis] == cache.getType().getDimSize(axis);
    if (!dim || (!isWhole && !scheme.getDynamic()))
      return emitCacheError(cache)
             << "expected updates of "
             << (dim ? "all indices of dimension " : "a tensor with dimension ")
             << axis << ", but got " << update.getSourceType() << " into "
             << cache.getType();
    axes.push_back(*dim);
  }
  return axes;
}

//===----------------------------------------------------------------------===//
// Dequantization
//===----------------------------------------------------------------------===//

/// The dimension of a moved cache that dimension `axis` of the cache is part
/// of.
static std::optional<int64_t> findDim(ArrayRef<CacheDims> dims, int64_t axis) {
  for (auto [dim, source] : llvm::enumerate(dims))
    if (llvm::is_contained(source, axis) &&
        !llvm::is_contained(source, kNoCacheDim))
      return dim;
  return std::nullopt;
}

std::optional<CacheView> CacheView::follow(Operation *op,
                                           const KVCache &cache) const {
  std::optional<SmallVector<CacheDims>> moved = followMove(op, dims);
  if (!moved)
    return std::nullopt;
  CacheView result{version, std::move(*moved), layer};
  auto slice = dyn_cast<tensor::ExtractSliceOp>(op);
  if (!slice || !cache.layerDim)
    return result;
  for (auto [dim, parts] : llvm::enumerate(dims))
    if (parts == CacheDims{*cache.layerDim} && slice.getStaticSizes()[dim] == 1)
      result.layer = getConstantIntValue(slice.getMixedOffsets()[dim]);
  return result;
}

bool CacheParameters::canFollow(const CacheView &view) const {
  int64_t last = -1;
  for (int64_t axis : scheme.getAxes()) {
    if (axis == cache.layerDim && view.layer)
      continue;
    std::optional<int64_t> dim = findDim(view.dims, axis);
    if (!dim)
      return false;
    // Measured parameters are a tensor that nothing but a layer is taken of.
    if (scheme.getDynamic() &&
        (!view.layer || view.dims[*dim].size() != 1 || *dim <= last))
      return false;
    last = *dim;
  }
  return true;
}

std::pair<QuantizationParameters, SmallVector<int64_t>>
CacheParameters::selectFixed(ArrayRef<int64_t> shape,
                             const CacheView &view) const {
  SmallVector<int64_t> dims;
  for (int64_t axis : scheme.getAxes())
    if (axis != cache.layerDim || !view.layer)
      dims.push_back(*findDim(view.dims, axis));
  llvm::sort(dims);
  dims.erase(llvm::unique(dims), dims.end());
  QuantizationParameters result;
  for (int64_t dim : dims)
    result.shape.push_back(shape[dim]);
  ArrayRef<int64_t> sizes = cache.getType().getShape();
  forEachIndex(result.shape, [&](ArrayRef<int64_t> index) {
    int64_t number = 0;
    for (auto [axis, count] : llvm::zip_equal(scheme.getAxes(), fixed.shape)) {
      number *= count;
      if (axis == cache.layerDim && view.layer) {
        number += *view.layer;
        continue;
      }
      // Where an axis and another dimension have become one, the parameters
      // are repeated along it.
      int64_t dim = *findDim(view.dims, axis), inner = 1;
      ArrayRef<int64_t> parts = view.dims[dim];
      for (int64_t part :
           llvm::drop_begin(parts, llvm::find(parts, axis) - parts.begin() + 1))
        inner *= sizes[part];
      int64_t position = llvm::find(dims, dim) - dims.begin();
      number += index[position] / inner % count;
    }
    result.scales.push_back(fixed.scales[number]);
    if (!scheme.getSymmetric())
      result.zeroPoints.push_back(fixed.zeroPoints[number]);
  });
  return {std::move(result), std::move(dims)};
}

QuantizationOperands
CacheParameters::selectMeasured(OpBuilder &builder, Location loc,
                                const CacheView &view) const {
  QuantizationOperands result = measured[view.version];
  if (!view.layer)
    return result;
  for (Value *value : {&result.scale, &result.zeroPoint}) {
    if (!*value)
      continue;
    SmallVector<OpFoldResult> offsets, sizes, strides;
    SmallVector<int64_t> shape;
    for (int64_t axis : scheme.getAxes()) {
      bool isLayer = axis == cache.layerDim;
      int64_t size = isLayer ? 1 : cache.getType().getDimSize(axis);
      offsets.push_back(builder.getIndexAttr(isLayer ? *view.layer : 0));
      sizes.push_back(builder.getIndexAttr(size));
      strides.push_back(builder.getIndexAttr(1));
      if (!isLayer)
        shape.push_back(size);
    }
    auto type = RankedTensorType::get(shape, getElementTypeOrSelf(*value));
    *value = tensor::ExtractSliceOp::create(builder, loc, type, *value, offsets,
                                            sizes, strides);
  }
  return result;
}

Value CacheParameters::createDequantize(OpBuilder &builder, Value stored,
                                        const CacheView &view, Type element) {
  Location loc = stored.getLoc();
  auto type = cast<RankedTensorType>(stored.getType()).clone(element);
  auto create = [&](const QuantizationOperands &operands,
                    ArrayRef<int64_t> axes) {
    return DequantizeOp::create(builder, loc, type, stored, operands.scale,
                                operands.zeroPoint, axes, ArrayRef<int64_t>());
  };
  if (scheme.getDynamic()) {
    SmallVector<int64_t> axes;
    for (int64_t axis : scheme.getAxes())
      if (axis != cache.layerDim || !view.layer)
        axes.push_back(*findDim(view.dims, axis));
    return create(selectMeasured(builder, loc, view), axes);
  }
  auto [parameters, axes] = selectFixed(type.getShape(), view);
  return create(createParameterConstants(builder, loc, parameters, scheme,
                                         cache.getName()),
                axes);
}

//===----------------------------------------------------------------------===//
// Quantization
//===----------------------------------------------------------------------===//

/// Inserts the parameters of new tokens where their elements go.
static Value insertMeasured(OpBuilder &builder, tensor::InsertSliceOp update,
                            Value parameters, Value into,
                            ArrayRef<int64_t> axes) {
  SmallVector<OpFoldResult> offsets, sizes, strides;
  for (int64_t axis : axes) {
    offsets.push_back(update.getMixedOffsets()[axis]);
    sizes.push_back(update.getMixedSizes()[axis]);
    strides.push_back(update.getMixedStrides()[axis]);
  }
  return tensor::InsertSliceOp::create(builder, update.getLoc(), parameters,
                                       into, offsets, sizes, strides);
}

FailureOr<Value> CacheParameters::createQuantize(OpBuilder &builder,
                                                 tensor::InsertSliceOp update) {
  Location loc = update.getLoc();
  FailureOr<SmallVector<int64_t>> axes = getUpdateAxes(update);
  if (failed(axes))
    return failure();
  Value source = update.getSource();
  if (auto observer = source.getDefiningOp<ObserveOp>())
    source = observer.getInput();
  QuantizationOperands operands;
  if (scheme.getDynamic()) {
    auto sourceScheme = QuantizationAttr::get(
        scheme.getContext(), scheme.getStorage(), scheme.getSymmetric(),
        scheme.getNarrowRange(), /*dynamic=*/true, scheme.getPowerOfTwo(),
        scheme.getGranularity(), *axes, ArrayRef<int64_t>(),
        scheme.getEstimator());
    FailureOr<QuantizationOperands> created = createDynamicParameters(
        builder, source, sourceScheme, [&] { return emitCacheError(cache); });
    if (failed(created))
      return failure();
    operands = *created;
    QuantizationOperands next = measured.back();
    next.scale = insertMeasured(builder, update, operands.scale, next.scale,
                                scheme.getAxes());
    if (next.zeroPoint)
      next.zeroPoint = insertMeasured(builder, update, operands.zeroPoint,
                                      next.zeroPoint, scheme.getAxes());
    measured.push_back(next);
  } else {
    CacheView view;
    view.dims.resize(update.getSourceType().getRank());
    view.layer = cache.getLayer(update);
    for (int64_t dim = 0, e = cache.getType().getRank(); dim < e; ++dim)
      if (std::optional<int64_t> updateDim = getUpdateDim(update, dim))
        view.dims[*updateDim] = {dim};
    operands = createParameterConstants(
        builder, loc,
        selectFixed(update.getSourceType().getShape(), view).first, scheme,
        cache.getName());
  }
  auto type = cast<RankedTensorType>(source.getType());
  return QuantizeOp::create(builder, loc, type.clone(scheme.getStorage()),
                            source, operands.scale, operands.zeroPoint, *axes,
                            ArrayRef<int64_t>(), scheme.getNarrowRange())
      .getResult();
}
