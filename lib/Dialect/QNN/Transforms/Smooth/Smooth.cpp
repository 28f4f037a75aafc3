//===- Smooth.cpp - SmoothQuant -------------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Xiao et al., "SmoothQuant: Accurate and Efficient Post-Training Quantization
// for Large Language Models", 2023, equation 4.
//
//===----------------------------------------------------------------------===//

#include "AlphaSearch.h"
#include "FactorFolding.h"
#include "Site/ConstantEvaluation.h"
#include "SmoothStatistics.h"
#include "quantc/Dialect/QNN/Transforms/Fingerprint.h"
#include "quantc/Dialect/QNN/Transforms/Groups.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"
#include "quantc/Dialect/QNN/Transforms/SiteOperands.h"

#include "mlir/IR/Remarks.h"
#include "llvm/Support/FormatVariadic.h"
#include <algorithm>
#include <cmath>

namespace quantc::qnn {
#define GEN_PASS_DEF_QNNSMOOTHPASS
#include "quantc/Dialect/QNN/Transforms/Passes.h.inc"
} // namespace quantc::qnn

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

static constexpr StringLiteral kCategory = "qnn-smooth";

//===----------------------------------------------------------------------===//
// Scales
//===----------------------------------------------------------------------===//

/// Raises `absMax` to the largest magnitudes of a weight along its dimension
/// of channels.
static void accumulateAbsMax(const LinearConsumer &consumer,
                             MutableArrayRef<float> absMax) {
  ConstantBytes weight = *evaluate(consumer.getWeight().get());
  ArrayRef<int64_t> shape = weight.type.getShape();
  int64_t inner =
      ShapedType::getNumElements(shape.drop_front(consumer.weightDim + 1));
  ArrayRef<float> values(reinterpret_cast<const float *>(weight.bytes.data()),
                         weight.bytes.size() / sizeof(float));
  for (int64_t i = 0, e = weight.type.getNumElements(); i < e; ++i) {
    float value = values[weight.splat ? 0 : i];
    float &entry = absMax[i / inner % absMax.size()];
    if (std::isfinite(value))
      entry = std::max(entry, std::fabs(value));
  }
}

/// The largest magnitudes that the group's observers saw, one a channel; fails
/// after an error where they saw none.
static FailureOr<SmallVector<float>>
getActivationMax(const SmoothingGroup &group) {
  SmallVector<float> absMax;
  for (auto [observer, dim] : group.observers) {
    std::optional<StatisticsAttr> statistics = observer.getStatistics();
    if (!observer.getAxis() || int64_t(*observer.getAxis()) != dim)
      continue;
    if (!statistics || statistics->getChannelMin().empty())
      return observer.emitOpError()
             << "expected per-channel statistics of observer '"
             << observer.getName() << "'; run qnn-apply-statistics";
    absMax.resize(statistics->getChannelMin().size(), 0);
    for (auto [entry, low, high] :
         llvm::zip_equal(absMax, statistics->getChannelMin().asArrayRef(),
                         statistics->getChannelMax().asArrayRef()))
      entry = std::max({entry, std::fabs(low), std::fabs(high)});
  }
  return absMax;
}

//===----------------------------------------------------------------------===//
// Where X / s goes
//===----------------------------------------------------------------------===//

/// Multiplies what an observer sees for the group's consumers alone.
static void multiplyObserved(const SmoothingGroup &group,
                             ObservedChannels observed,
                             ArrayRef<float> factors) {
  ObserveOp observer = observed.observer;
  SmallVector<OpOperand *> readers;
  for (const LinearConsumer &consumer : group.consumers)
    if (consumer.getActivation().get() == observer.getResult())
      readers.push_back(&consumer.getActivation());
  if (readers.empty())
    return;
  FactorLayout layout = FactorLayout::along(observed.dim);
  OpBuilder builder(observer);
  bool isShared = llvm::any_of(observer->getUses(), [&](OpOperand &use) {
    return !llvm::is_contained(readers, &use);
  });
  if (isShared) {
    observer = cast<ObserveOp>(builder.clone(*observer));
    observer.setName((observer.getName() + "/smoothed").str());
    for (OpOperand *reader : readers)
      reader->set(observer);
  }
  builder.setInsertionPoint(observer);
  observer.getInputMutable().set(multiply(
      builder, observer.getLoc(), observer.getInput(), layout, factors));
  rescaleStatistics(observer, layout, factors);
}

/// Multiplies the activation for all of its readers.
static void multiplySource(const SmoothingGroup &group,
                           ArrayRef<float> factors) {
  Value source = group.source;
  OpBuilder builder(source.getContext());
  builder.setInsertionPointAfterValue(source);
  Value product = multiply(builder, source.getLoc(), source,
                           FactorLayout::along(group.dim), factors);
  source.replaceAllUsesExcept(product, product.getDefiningOp());
}

/// Divides the activation by the scales, for nothing where `folds`.
static void smoothActivation(const SmoothingGroup &group,
                             ArrayRef<float> factors, FactorFolding &folding,
                             bool folds) {
  ObserveOp first = group.observers.front().observer;
  auto reportMultiplied = [&](Location loc, StringRef reason) {
    remark::missed(loc,
                   remark::RemarkOpts::name("Multiplied").category(kCategory))
        << remark::metric("observer", first.getName().str())
        << remark::reason("{0}", reason.str());
  };
  if (!group.others.empty()) {
    reportMultiplied(group.others.front().op->getLoc(),
                     group.others.front().reason);
    for (ObservedChannels observed : group.observers)
      multiplyObserved(group, observed, factors);
    return;
  }
  if (folds) {
    folding.apply(factors);
    remark::passed(first.getLoc(),
                   remark::RemarkOpts::name("Folded").category(kCategory))
        << remark::metric("observer", first.getName().str())
        << remark::metric("sharing", folding.getNumSharing());
  } else {
    reportMultiplied(folding.getObstacleLoc(), folding.getObstacle());
    multiplySource(group, factors);
  }
  for (auto [observer, dim] : group.observers)
    rescaleStatistics(observer, FactorLayout::along(dim), factors);
}

static void reportNotSmoothed(ObserveOp observer, StringRef reason) {
  remark::missed(observer.getLoc(),
                 remark::RemarkOpts::name("NotSmoothed").category(kCategory))
      << remark::metric("observer", observer.getName().str())
      << remark::reason("{0}", reason.str());
}

/// With a recipe, alpha is searched.
static LogicalResult smooth(const SmoothingGroup &group, double alpha,
                            const std::optional<Recipe> &recipe,
                            bool keepStatistics) {
  FailureOr<SmallVector<float>> activations = getActivationMax(group);
  if (failed(activations))
    return failure();
  SmallVector<float> weights(activations->size(), 0);
  for (const LinearConsumer &consumer : group.consumers)
    accumulateAbsMax(consumer, weights);
  FactorFolding folding(keepStatistics);
  bool folds = group.others.empty() && folding.plan(group.source, group.dim);
  if (folds) {
    folding.shareMaxima(*activations);
    folding.shareMaxima(weights);
  }
  if (recipe) {
    FailureOr<std::optional<double>> found =
        searchAlpha(group, *activations, weights, *recipe);
    if (failed(found))
      return failure();
    ObserveOp observer = group.observers.front().observer;
    if (!*found) {
      reportNotSmoothed(observer, "the recipe leaves its sites in float");
      return success();
    }
    alpha = **found;
    remark::passed(observer.getLoc(),
                   remark::RemarkOpts::name("Alpha").category(kCategory))
        << remark::metric("observer", observer.getName().str())
        << remark::metric("alpha", llvm::formatv("{0:f2}", alpha).str());
  }
  SmallVector<float> scales = computeScales(*activations, weights, alpha);
  SmallVector<float> factors;
  for (float scale : scales)
    factors.push_back(1 / scale);
  smoothActivation(group, factors, folding, folds);
  for (const LinearConsumer &consumer : group.consumers) {
    linalg::LinalgOp site = consumer.site;
    OpBuilder builder(site);
    OpOperand &weight = consumer.getWeight();
    weight.set(multiply(builder, site.getLoc(), weight.get(),
                        FactorLayout::along(consumer.weightDim), scales));
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

namespace {
class QNNSmoothPass
    : public quantc::qnn::impl::QNNSmoothPassBase<QNNSmoothPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (!(alpha >= 0 && alpha <= 1)) {
      module.emitError() << "expected an alpha in [0, 1], but got "
                         << double(alpha);
      return signalPassFailure();
    }
    std::optional<Recipe> parsed;
    if (!recipe.empty()) {
      llvm::Expected<Recipe> read = Recipe::read(recipe);
      if (!read) {
        module.emitError() << llvm::toString(read.takeError());
        return signalPassFailure();
      }
      parsed = std::move(*read);
    }
    for (const std::string &name : groups)
      if (!symbolizeSmoothingKind(name)) {
        module.emitError() << "expected groups qkv, attention_output or other, "
                              "but got '"
                           << name << "'";
        return signalPassFailure();
      }
    Groups found(module);
    bool isSmoothed = false;
    std::string firstReason;
    for (const SmoothingGroup &group : found.getSmoothing()) {
      StringRef kind = stringifySmoothingKind(group.kind);
      if (!groups.empty() && !llvm::is_contained(groups, kind)) {
        reportNotSmoothed(group.observers.front().observer,
                          ("groups of kind '" + kind + "' are left out").str());
        continue;
      }
      if (!group.consumers.empty()) {
        if (failed(smooth(group, alpha, parsed, keepStatistics)))
          return signalPassFailure();
        isSmoothed = true;
        continue;
      }
      reportNotSmoothed(group.observers.front().observer,
                        group.others.front().reason);
      if (firstReason.empty())
        firstReason = group.others.front().reason;
    }
    if (!isSmoothed && !firstReason.empty())
      module.emitWarning() << "nothing is smoothed: " << firstReason;
    // The smoothed module is another one: statistics of the old are not its.
    if (module->hasAttr(kFingerprintAttrName))
      module->setAttr(
          kFingerprintAttrName,
          StringAttr::get(&getContext(), computeFingerprint(module)));
  }
};
} // namespace
