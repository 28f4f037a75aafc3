//===- SplitOutliers.cpp - channels with outliers stay in float -----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Dettmers et al., "LLM.int8(): 8-bit Matrix Multiplication for Transformers at
// Scale", 2022, with the channels chosen once, from calibration, instead of
// anew for every batch.
//
//===----------------------------------------------------------------------===//

#include "Site/ConstantEvaluation.h"
#include "Site/LinalgBuilder.h"
#include "SiteScheme.h"
#include "quantc/Calibration/ApplyStatistics.h"
#include "quantc/Dialect/QNN/Transforms/ConstantView.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"
#include "quantc/Dialect/QNN/Transforms/SiteOperands.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Remarks.h"
#include "llvm/Support/Format.h"
#include <cstring>

namespace quantc::qnn {
#define GEN_PASS_DEF_QNNSPLITOUTLIERSPASS
#include "quantc/Dialect/QNN/Transforms/Passes.h.inc"
} // namespace quantc::qnn

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

namespace {

/// A site that sums over the channels of an observed activation, with a weight
/// that is known.
struct SplitSite {
  linalg::LinalgOp site;
  /// Which operand the activation is.
  unsigned operand;
  /// The dimension of the weight that runs along the channels.
  int64_t weightDim;
};

} // namespace

/// The channels whose magnitude reached the threshold in calibration.
static SmallVector<int64_t> findOutliers(StatisticsAttr statistics,
                                         double threshold) {
  SmallVector<int64_t> outliers;
  for (auto [channel, low, high] :
       llvm::enumerate(statistics.getChannelMin().asArrayRef(),
                       statistics.getChannelMax().asArrayRef()))
    if (std::max(-low, high) >= threshold)
      outliers.push_back(channel);
  return outliers;
}

/// The readers of `observer` that the recipe quantizes and that can be split;
/// fails after an error.
static FailureOr<SmallVector<SplitSite>> findSites(ObserveOp observer,
                                                   const Recipe &recipe) {
  int64_t axis = *observer.getAxis();
  SmallVector<SplitSite> result;
  for (OpOperand &use : observer->getUses()) {
    auto site = dyn_cast<linalg::LinalgOp>(use.getOwner());
    unsigned operand = use.getOperandNumber();
    if (!site || !isSite(site) || operand > 1 ||
        !isEvaluable(site->getOperand(1 - operand)))
      continue;
    SiteIndexing indexing(site);
    std::optional<unsigned> loop = indexing.getLoop(operand, axis);
    if (!loop || !indexing.isReduction(*loop))
      continue;
    for (int64_t dim : getReductionDims(indexing, 1 - operand)) {
      if (indexing.getLoop(1 - operand, dim) != *loop)
        continue;
      WeightNoises weights;
      FailureOr<SiteProposal> proposal = proposeScheme(site, recipe, weights);
      if (failed(proposal))
        return failure();
      if (proposal->scheme)
        result.push_back({site, operand, dim});
      break;
    }
  }
  // Uses are listed from the last one on.
  std::reverse(result.begin(), result.end());
  return result;
}

//===----------------------------------------------------------------------===//
// Weights, now
//===----------------------------------------------------------------------===//

/// Stands for a channel of zeros.
static constexpr int64_t kZeros = -1;

/// A constant of the given channels of `weight` along `dim`.
static Value takeChannels(OpBuilder &builder, Value weight, int64_t dim,
                          ArrayRef<int64_t> channels, StringRef suffix) {
  ConstantBytes source = *evaluate(weight);
  ArrayRef<int64_t> shape = source.type.getShape();
  int64_t width = *getElementByteSize(source.type.getElementType());
  int64_t run = width * ShapedType::getNumElements(shape.drop_front(dim + 1));
  int64_t outer = ShapedType::getNumElements(shape.take_front(dim));
  SmallVector<int64_t> taken(shape);
  taken[dim] = channels.size();
  StringRef name = getParameterName(weight);
  auto fill = [&](MutableArrayRef<char> bytes) {
    char *target = bytes.data();
    for (int64_t i = 0; i < outer; ++i)
      for (int64_t channel : channels) {
        if (channel != kZeros && !source.splat)
          std::memcpy(target,
                      source.bytes.data() + (i * shape[dim] + channel) * run,
                      run);
        else if (channel != kZeros)
          for (int64_t byte = 0; byte < run; byte += width)
            std::memcpy(target + byte, source.bytes.data(), width);
        target += run;
      }
  };
  return createConstantTensor(
      builder, weight.getLoc(), source.type.clone(taken),
      (name.empty() ? "weight" : name).str() + suffix.str(), fill);
}

//===----------------------------------------------------------------------===//
// Activations, at run time
//===----------------------------------------------------------------------===//

/// The channels `outliers` of `input` along `axis`, side by side.
static Value gather(OpBuilder &builder, Location loc, Value input, int64_t axis,
                    ArrayRef<int64_t> outliers) {
  auto type = cast<RankedTensorType>(input.getType());
  SmallVector<int32_t> numbers(outliers.begin(), outliers.end());
  Value indices = createConstantTensor(
      builder, loc,
      RankedTensorType::get(outliers.size(), builder.getI32Type()), "outliers",
      [&](MutableArrayRef<char> bytes) {
        std::memcpy(bytes.data(), numbers.data(), bytes.size());
      });
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, input);
  sizes[axis] = builder.getIndexAttr(outliers.size());
  return createElementwise(
             builder, loc, sizes, type.getElementType(), indices,
             getParameterMap(builder.getContext(), type.getRank(), axis),
             [&](OpBuilder &body, Location loc, ValueRange args) -> Value {
               SmallVector<Value> position;
               for (int64_t dim = 0; dim < type.getRank(); ++dim)
                 position.push_back(
                     dim == axis ? arith::IndexCastOp::create(
                                       body, loc, body.getIndexType(), args[0])
                                       .getResult()
                                 : linalg::IndexOp::create(body, loc, dim));
               return tensor::ExtractOp::create(body, loc, input, position);
             })
      .getResult(0);
}

/// `input` with zeros in the channels `outliers` along `axis`.
static Value clear(OpBuilder &builder, Location loc, Value input, int64_t axis,
                   ArrayRef<int64_t> outliers) {
  auto type = cast<RankedTensorType>(input.getType());
  int64_t rank = type.getRank(), channels = type.getDimSize(axis);
  Value kept = createConstantTensor(
      builder, loc, RankedTensorType::get(channels, builder.getI8Type()),
      "inliers", [&](MutableArrayRef<char> bytes) {
        llvm::fill(bytes, 1);
        for (int64_t channel : outliers)
          bytes[channel] = 0;
      });
  MLIRContext *context = builder.getContext();
  return createElementwise(
             builder, loc, tensor::getMixedSizes(builder, loc, input),
             type.getElementType(), {input, kept},
             {builder.getMultiDimIdentityMap(rank),
              getParameterMap(context, rank, axis)},
             [&](OpBuilder &body, Location loc, ValueRange args) -> Value {
               auto constant = [&](Type type) -> Value {
                 return arith::ConstantOp::create(
                     body, loc, cast<TypedAttr>(body.getZeroAttr(type)));
               };
               Value isKept =
                   arith::CmpIOp::create(body, loc, arith::CmpIPredicate::ne,
                                         args[1], constant(body.getI8Type()));
               // Not a product: what is left out may be infinite.
               return arith::SelectOp::create(body, loc, isKept, args[0],
                                              constant(type.getElementType()));
             })
      .getResult(0);
}

/// What calibration saw, with zeros in the outliers. The histogram has no
/// channels, so it is not known without them.
static StatisticsAttr clear(StatisticsAttr statistics,
                            ArrayRef<int64_t> outliers) {
  SmallVector<float> min(statistics.getChannelMin().asArrayRef());
  SmallVector<float> max(statistics.getChannelMax().asArrayRef());
  for (int64_t channel : outliers)
    min[channel] = max[channel] = 0;
  return statistics.withChannelsAlone(min, max);
}

/// An observer of the other channels alone.
static ObserveOp observeInliers(OpBuilder &builder, ObserveOp observer,
                                ArrayRef<int64_t> outliers) {
  auto inliers = cast<ObserveOp>(builder.clone(*observer));
  inliers.getInputMutable().set(clear(builder, observer.getLoc(),
                                      observer.getInput(), *observer.getAxis(),
                                      outliers));
  inliers->moveAfter(inliers.getInput().getDefiningOp());
  inliers.setName((observer.getName() + "/inliers").str());
  inliers.setStatisticsAttr(clear(*observer.getStatistics(), outliers));
  inliers->removeAttr(kRowsAttrName);
  inliers->removeAttr(kMeanMagnitudesAttrName);
  return inliers;
}

//===----------------------------------------------------------------------===//
// Sites
//===----------------------------------------------------------------------===//

/// x W = inliers(x) inliers(W) + outliers(x) outliers(W).
static void split(const SplitSite &split, Value inliers, Value outlying,
                  ArrayRef<int64_t> outliers, StringRef reason) {
  linalg::LinalgOp site = split.site;
  OpBuilder builder(site);
  Location loc = site.getLoc();
  Value weight = site->getOperand(1 - split.operand);
  int64_t channels =
      cast<RankedTensorType>(weight.getType()).getDimSize(split.weightDim);
  SmallVector<int64_t> rest = llvm::to_vector(llvm::seq(channels));
  for (int64_t channel : outliers)
    rest[channel] = kZeros;

  std::array<Value, 2> operands;
  operands[split.operand] = outlying;
  operands[1 - split.operand] =
      takeChannels(builder, weight, split.weightDim, outliers, ".outliers");
  auto type = cast<RankedTensorType>(site->getResult(0).getType());
  Value zeros = createZeros(
      builder, loc, tensor::getMixedSizes(builder, loc, site.getDpsInits()[0]),
      type.getElementType());
  linalg::LinalgOp part =
      cloneSite(builder, site, operands[0], operands[1], zeros);
  part->setAttr(kSiteAttrName,
                builder.getStringAttr(getSiteName(site) + ".outliers"));
  part->setAttr(kOutliersAttrName, builder.getStringAttr(reason));

  site->setOperand(split.operand, inliers);
  site->setOperand(1 - split.operand,
                   takeChannels(builder, weight, split.weightDim, rest, ""));
  builder.setInsertionPointAfter(site);
  AffineMap identity = builder.getMultiDimIdentityMap(type.getRank());
  linalg::GenericOp sum = createElementwise(
      builder, loc, tensor::getMixedSizes(builder, loc, part->getResult(0)),
      type.getElementType(), {site->getResult(0), part->getResult(0)},
      {identity, identity},
      [](OpBuilder &body, Location loc, ValueRange args) -> Value {
        return arith::AddFOp::create(body, loc, args[0], args[1]);
      });
  site->getResult(0).replaceAllUsesExcept(sum.getResult(0), sum);
}

static LogicalResult splitObserved(ObserveOp observer, const Recipe &recipe) {
  std::optional<StatisticsAttr> statistics = observer.getStatistics();
  if (!observer.getAxis() || !statistics || statistics->getChannelMin().empty())
    return success();
  double threshold = recipe.outliers->threshold;
  SmallVector<int64_t> outliers = findOutliers(*statistics, threshold);
  if (outliers.empty())
    return success();
  FailureOr<SmallVector<SplitSite>> sites = findSites(observer, recipe);
  if (failed(sites))
    return failure();
  if (sites->empty())
    return success();

  size_t channels = statistics->getChannelMin().size();
  bool isAll = outliers.size() == channels;
  std::string reason;
  llvm::raw_string_ostream os(reason);
  if (isAll)
    os << "all of its " << channels << " channels reach";
  else
    os << outliers.size() << " of " << channels << " channels reach";
  os << " the outlier threshold " << llvm::format("%g", threshold);
  remark::passed(
      observer.getLoc(),
      remark::RemarkOpts::name("Outliers").category("qnn-split-outliers"))
      << remark::metric("observer", observer.getName().str())
      << remark::reason("{0}", reason);
  if (isAll) {
    for (const SplitSite &site : *sites)
      site.site->setDiscardableAttr(
          kOutliersAttrName, StringAttr::get(observer.getContext(), reason));
    return success();
  }
  OpBuilder builder(observer.getContext());
  builder.setInsertionPointAfter(observer);
  Value outlying = gather(builder, observer.getLoc(), observer.getInput(),
                          *observer.getAxis(), outliers);
  ObserveOp inliers = observeInliers(builder, observer, outliers);
  for (const SplitSite &site : *sites)
    split(site, inliers, outlying, outliers, reason);
  return success();
}

namespace {
class QNNSplitOutliersPass
    : public quantc::qnn::impl::QNNSplitOutliersPassBase<QNNSplitOutliersPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    FailureOr<Recipe> parsed = Recipe::read(recipe, &getContext());
    if (failed(parsed))
      return signalPassFailure();
    if (!parsed->outliers)
      return;
    SmallVector<ObserveOp> observers;
    getOperation().walk([&](ObserveOp op) { observers.push_back(op); });
    for (ObserveOp observer : observers)
      if (failed(splitObserved(observer, *parsed)))
        return signalPassFailure();
  }
};
} // namespace
