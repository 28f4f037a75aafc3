//===- CacheParameters.cpp - scales and zero points of a cache ------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CacheParameters.h"
#include "Materialize/DynamicRange.h"
#include "quantc/Dialect/QNN/IR/QNNOps.h"

#include "mlir/AsmParser/AsmParser.h"

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

/// The dimensions whose indices have parameters of their own.
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
  if (tokens.empty() || int64_t(axes.size()) == cache.getType().getRank())
    return emitCacheError(cache)
           << "expected a dimension of tokens and one of features for "
              "granularity 'token', but got updates of "
           << update.getSourceType() << " into " << cache.getType();
  return axes;
}

static FailureOr<QuantizationAttr> getCacheScheme(const KVCache &cache,
                                                  const CacheRecipe &recipe) {
  MLIRContext *context = cache.argument.getContext();
  const OperandRecipe &operand = recipe.operand;
  FailureOr<SmallVector<int64_t>> axes = getAxes(cache, *operand.granularity);
  if (failed(axes))
    return failure();
  FloatAttr parameter;
  if (*operand.estimator == RangeEstimator::Percentile)
    parameter = FloatAttr::get(Float64Type::get(context), *operand.percentile);
  else if (*operand.estimator == RangeEstimator::EMA)
    parameter = FloatAttr::get(Float64Type::get(context), *operand.emaRate);
  auto scheme = QuantizationAttr::getChecked(
      [&] { return emitCacheError(cache); }, context,
      parseType(*operand.storage, context), *operand.symmetric,
      *operand.narrowRange, *operand.dynamic, /*powerOfTwo=*/false,
      axes->empty() ? Granularity::Tensor : *operand.granularity,
      ArrayRef<int64_t>(*axes), ArrayRef<int64_t>(), *operand.estimator,
      parameter);
  if (!scheme)
    return failure();
  return scheme;
}

//===----------------------------------------------------------------------===//
// Parameters from calibration
//===----------------------------------------------------------------------===//

/// What was seen of all that is inserted into the cache; with channels along
/// the heads.
static LogicalResult addStatistics(const KVCache &cache,
                                   std::optional<Statistics> &statistics) {
  for (tensor::InsertSliceOp update : cache.updates) {
    auto observer = update.getSource().getDefiningOp<ObserveOp>();
    if (!observer || !observer.getStatistics())
      return emitCacheError(cache)
             << "expected statistics of what is inserted; run qnn-annotate, "
                "quantc calibrate and qnn-apply-statistics";
    Statistics more = fromAttribute(*observer.getStatistics());
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

LogicalResult CacheParameters::computeFixed(const KVCache *partner,
                                            const CacheRecipe &recipe) {
  auto emit = [&] { return emitCacheError(cache); };
  FailureOr<SmallVector<int64_t>> shape =
      getParameterShape(scheme, cache.getType().getShape(), emit);
  if (failed(shape))
    return failure();
  if (recipe.scale) {
    fixed.shape = *shape;
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
  std::optional<Statistics> statistics;
  for (const KVCache *source : sources)
    if (failed(addStatistics(*source, statistics)))
      return failure();
  FailureOr<QuantizationParameters> computed = computeQuantizationParameters(
      toAttribute(*statistics, scheme.getContext()),
      ObservedDims{cache.headDim, std::nullopt}, scheme,
      cache.getType().getShape(), emit);
  if (failed(computed))
    return failure();
  fixed = std::move(*computed);
  return success();
}

FailureOr<CacheParameters> CacheParameters::compute(func::FuncOp function,
                                                    const KVCache &cache,
                                                    const KVCache *partner,
                                                    const CacheRecipe &recipe) {
  FailureOr<QuantizationAttr> scheme = getCacheScheme(cache, recipe);
  if (failed(scheme))
    return failure();
  CacheParameters result(cache, *scheme);
  for (tensor::InsertSliceOp update : cache.updates)
    if (failed(result.getUpdateAxes(update)))
      return failure();
  if (!scheme->getDynamic() && failed(result.computeFixed(partner, recipe)))
    return failure();
  return result;
}

/// The axes of what `update` inserts. Where scales are fixed it has to cover
/// them whole: which of them apply would else depend on where it is inserted.
FailureOr<SmallVector<int64_t>>
CacheParameters::getUpdateAxes(tensor::InsertSliceOp update) const {
  SmallVector<int64_t> axes;
  for (int64_t axis : scheme.getAxes()) {
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

bool CacheParameters::canFollow(ArrayRef<CacheDims> dims) const {
  if (scheme.getAxes().empty())
    return true;
  return !scheme.getDynamic() && findDim(dims, scheme.getAxes().front());
}

Value CacheParameters::createDequantize(OpBuilder &builder, Value stored,
                                        size_t version,
                                        ArrayRef<CacheDims> dims) {
  Location loc = stored.getLoc();
  tensor::InsertSliceOp update = cache.updates.front();
  Type element = getElementTypeOrSelf(update.getSource());
  auto type = cast<RankedTensorType>(stored.getType()).clone(element);
  auto create = [&](const QuantizationOperands &operands,
                    ArrayRef<int64_t> axes) {
    return DequantizeOp::create(builder, loc, type, stored, operands.scale,
                                operands.zeroPoint, axes, ArrayRef<int64_t>());
  };
  if (scheme.getDynamic())
    return create(measured[version], scheme.getAxes());
  QuantizationParameters parameters = fixed;
  SmallVector<int64_t> axes;
  if (!scheme.getAxes().empty()) {
    // Where heads and another dimension have become one, their parameters are
    // repeated along it.
    int64_t axis = scheme.getAxes().front();
    axes.push_back(*findDim(dims, axis));
    ArrayRef<int64_t> parts = dims[axes.front()];
    int64_t inner = 1, heads = cache.getType().getDimSize(axis);
    for (int64_t part :
         llvm::drop_begin(parts, llvm::find(parts, axis) - parts.begin() + 1))
      inner *= cache.getType().getDimSize(part);
    int64_t size = type.getDimSize(axes.front());
    parameters = {{size}, {}, {}};
    for (int64_t i = 0; i < size; ++i) {
      int64_t head = i / inner % heads;
      parameters.scales.push_back(fixed.scales[head]);
      if (!scheme.getSymmetric())
        parameters.zeroPoints.push_back(fixed.zeroPoints[head]);
    }
  }
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
        scheme.getEstimator(), scheme.getEstimatorParameter());
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
    operands =
        createParameterConstants(builder, loc, fixed, scheme, cache.getName());
  }
  auto type = cast<RankedTensorType>(source.getType());
  return QuantizeOp::create(builder, loc, type.clone(scheme.getStorage()),
                            source, operands.scale, operands.zeroPoint, *axes,
                            ArrayRef<int64_t>(), scheme.getNarrowRange())
      .getResult();
}

//===----------------------------------------------------------------------===//
// The function's boundary
//===----------------------------------------------------------------------===//

RankedTensorType CacheParameters::getMeasuredType(Type element) const {
  SmallVector<int64_t> shape;
  for (int64_t axis : scheme.getAxes())
    shape.push_back(cache.getType().getDimSize(axis));
  return RankedTensorType::get(shape, element);
}

LogicalResult CacheParameters::createArguments(func::FuncOp function) {
  Builder builder(function.getContext());
  auto add = [&](StringRef suffix, Type element) -> FailureOr<Value> {
    unsigned index = function.getNumArguments();
    NamedAttribute name = builder.getNamedAttr(
        kInputAttrName, builder.getStringAttr(cache.getName() + suffix));
    if (failed(function.insertArgument(index, getMeasuredType(element),
                                       builder.getDictionaryAttr(name),
                                       cache.argument.getLoc())))
      return failure();
    return Value(function.getArgument(index));
  };
  if (scheme.getDynamic()) {
    FailureOr<Value> scale = add(".scale", builder.getF32Type());
    if (failed(scale))
      return failure();
    measured.push_back({*scale, Value()});
    if (scheme.getSymmetric())
      return success();
    FailureOr<Value> zeroPoint = add(".zero_point", scheme.getStorage());
    if (failed(zeroPoint))
      return failure();
    measured.back().zeroPoint = *zeroPoint;
    return success();
  }
  if (!scheme.getAxes().empty())
    return success();
  unsigned index = cache.argument.getArgNumber();
  function.setArgAttr(index, kScaleAttrName,
                      builder.getF64FloatAttr(fixed.scales.front()));
  if (!scheme.getSymmetric())
    function.setArgAttr(index, kZeroPointAttrName,
                        builder.getI64IntegerAttr(fixed.zeroPoints.front()));
  return success();
}

void CacheParameters::createResults(func::FuncOp function, unsigned result) {
  Builder builder(function.getContext());
  if (!scheme.getDynamic()) {
    unsigned index = cache.argument.getArgNumber();
    for (StringRef name : {kScaleAttrName, kZeroPointAttrName})
      if (Attribute value = function.getArgAttr(index, name))
        function.setResultAttr(result, name, value);
    return;
  }
  auto terminator =
      cast<func::ReturnOp>(function.getBody().front().getTerminator());
  auto output =
      function.getResultAttrOfType<StringAttr>(result, kOutputAttrName);
  std::string name = output ? output.str() : cache.getName();
  for (auto [value, suffix] :
       {std::pair(measured.back().scale, ".scale"),
        std::pair(measured.back().zeroPoint, ".zero_point")}) {
    if (!value)
      continue;
    unsigned index = function.getNumResults();
    NamedAttribute attribute = builder.getNamedAttr(
        kOutputAttrName, builder.getStringAttr(name + suffix));
    (void)function.insertResult(index, value.getType(),
                                builder.getDictionaryAttr(attribute));
    terminator.getOperandsMutable().append(value);
  }
}
