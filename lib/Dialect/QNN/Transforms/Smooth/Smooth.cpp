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

#include "FactorFolding.h"
#include "quantc/Dialect/QNN/Transforms/ConstantView.h"
#include "quantc/Dialect/QNN/Transforms/Fingerprint.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"
#include "quantc/Dialect/QNN/Transforms/SiteOperands.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Remarks.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SmallPtrSet.h"
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

namespace {
/// The weight of a consumer of the group's activation.
struct Consumer {
  linalg::LinalgOp site;
  OpOperand *weight;
  /// The weight's dimension along the activation's channels.
  int64_t dim;
};

/// All consumers of one observed activation.
struct Group {
  ObserveOp observer;
  SmallVector<Consumer> consumers;
  /// Why the group cannot be smoothed; empty if it can.
  std::string obstacle;
};
} // namespace

//===----------------------------------------------------------------------===//
// Groups
//===----------------------------------------------------------------------===//

/// Adds a site that reads the group's activation as its operand `number`.
static void addConsumer(Group &group, linalg::LinalgOp site, unsigned number) {
  SiteIndexing indexing(site);
  OpOperand &weight = site->getOpOperand(1 - number);
  std::optional<unsigned> loop =
      indexing.getLoop(number, *group.observer.getAxis());
  std::optional<unsigned> dim;
  if (loop)
    dim = indexing.getMap(1 - number)
              .getResultPosition(getAffineDimExpr(*loop, site->getContext()));
  if (!getConstantTensor(weight.get()))
    group.obstacle = getSiteName(site).str() + " has no constant weight";
  else if (!getElementTypeOrSelf(weight.get()).isF32())
    group.obstacle = getSiteName(site).str() + " is not in f32";
  else if (!dim)
    group.obstacle =
        getSiteName(site).str() + " does not sum over the channels";
  else
    group.consumers.push_back({site, &weight, *dim});
}

/// Finds readers of the observed value that are no sites: they would see the
/// smoothed value.
static void checkReaders(Group &group) {
  llvm::SmallPtrSet<Operation *, 8> sites;
  for (const Consumer &consumer : group.consumers)
    sites.insert(consumer.site);
  for (Operation *reader : group.observer->getUsers())
    if (group.obstacle.empty() && !sites.contains(reader))
      group.obstacle =
          (reader->getName().getStringRef() + " reads it too").str();
}

static SmallVector<Group> collectGroups(ModuleOp module) {
  llvm::MapVector<Operation *, Group> groups;
  module.walk([&](linalg::LinalgOp op) {
    if (!isSite(op))
      return;
    for (unsigned number : {0, 1}) {
      ObserveOp observer = getObserver(op->getOpOperand(number));
      if (!observer || !observer.getAxis())
        continue;
      Group &group = groups[observer];
      group.observer = observer;
      addConsumer(group, op, number);
    }
  });
  SmallVector<Group> result;
  for (auto &[op, group] : groups) {
    checkReaders(group);
    result.push_back(std::move(group));
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Scales
//===----------------------------------------------------------------------===//

/// Raises `absMax` to the largest magnitudes of a weight along a dimension.
static void accumulateAbsMax(const Consumer &consumer,
                             MutableArrayRef<float> absMax) {
  Value weight = consumer.weight->get();
  ArrayRef<int64_t> shape = cast<RankedTensorType>(weight.getType()).getShape();
  int64_t inner =
      ShapedType::getNumElements(shape.drop_front(consumer.dim + 1));
  ConstantTensor tensor = *getConstantTensor(weight);
  ArrayRef<float> values = tensor.getAs<float>();
  for (auto [i, value] : llvm::enumerate(values)) {
    float &entry = absMax[i / inner % absMax.size()];
    if (std::isfinite(value))
      entry = std::max(entry, std::fabs(value));
  }
}

/// s_j = max|X_j|^alpha / max|W_j|^(1 - alpha), at least 1e-5. A channel that
/// calibration saw only zeros of, or that no weight reads, is left alone.
static SmallVector<float> computeScales(const Group &group, double alpha) {
  ObserveOp observer = group.observer;
  StatisticsAttr statistics = *observer.getStatistics();
  ArrayRef<float> min = statistics.getChannelMin();
  ArrayRef<float> max = statistics.getChannelMax();
  SmallVector<float> weights(min.size(), 0);
  for (const Consumer &consumer : group.consumers)
    accumulateAbsMax(consumer, weights);
  SmallVector<float> scales;
  for (auto [low, high, weight] : llvm::zip_equal(min, max, weights)) {
    double activation = std::max(std::fabs(low), std::fabs(high));
    double scale = 1;
    if (activation > 0 && weight > 0)
      scale = std::max(std::pow(activation, alpha) /
                           std::pow(double(weight), 1 - alpha),
                       1e-5);
    scales.push_back(static_cast<float>(scale));
  }
  return scales;
}

/// What the observer would have seen of the smoothed activation: minima and
/// maxima follow exactly, histograms over all channels do not.
static StatisticsAttr smoothStatistics(StatisticsAttr statistics,
                                       ArrayRef<float> factors) {
  SmallVector<float> min, max;
  for (auto [low, high, factor] :
       llvm::zip_equal(statistics.getChannelMin().asArrayRef(),
                       statistics.getChannelMax().asArrayRef(), factors)) {
    min.push_back(low * factor);
    max.push_back(high * factor);
  }
  Builder builder(statistics.getContext());
  return StatisticsAttr::get(
      statistics.getContext(), statistics.getCount(), statistics.getNanCount(),
      statistics.getInfCount(),
      builder.getF32FloatAttr(*llvm::min_element(min)),
      builder.getF32FloatAttr(*llvm::max_element(max)),
      builder.getDenseF32ArrayAttr(min), builder.getDenseF32ArrayAttr(max),
      /*binExponent=*/0, /*firstBin=*/0, builder.getDenseI64ArrayAttr({}),
      /*batchMin=*/nullptr, /*batchMax=*/nullptr,
      /*heads=*/nullptr);
}

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

/// Divides the observed activation by the scales, for nothing where possible.
static void smoothActivation(ObserveOp observer, ArrayRef<float> factors) {
  OpOperand &input = observer.getInputMutable();
  int64_t axis = *observer.getAxis();
  FactorFolding folding(factors);
  if (folding.plan(input, axis)) {
    folding.apply();
    remark::passed(observer.getLoc(),
                   remark::RemarkOpts::name("Folded").category(kCategory))
        << remark::metric("observer", observer.getName().str());
    return;
  }
  OpBuilder builder(observer);
  input.set(
      multiplyAlong(builder, observer.getLoc(), input.get(), axis, factors));
  remark::missed(folding.getObstacleLoc(),
                 remark::RemarkOpts::name("Multiplied").category(kCategory))
      << remark::metric("observer", observer.getName().str())
      << remark::reason("{0}", folding.getObstacle());
}

static void smooth(Group &group, double alpha) {
  ObserveOp observer = group.observer;
  SmallVector<float> scales = computeScales(group, alpha);
  SmallVector<float> factors;
  for (float scale : scales)
    factors.push_back(1 / scale);
  smoothActivation(observer, factors);
  observer.setStatisticsAttr(
      smoothStatistics(*observer.getStatistics(), factors));
  for (Consumer &consumer : group.consumers) {
    OpBuilder builder(consumer.site);
    consumer.weight->set(multiplyAlong(builder, consumer.site.getLoc(),
                                       consumer.weight->get(), consumer.dim,
                                       scales));
  }
}

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
    for (Group &group : collectGroups(module)) {
      if (!group.obstacle.empty()) {
        remark::missed(
            group.observer.getLoc(),
            remark::RemarkOpts::name("NotSmoothed").category(kCategory))
            << remark::metric("observer", group.observer.getName().str())
            << remark::reason("{0}", group.obstacle);
        continue;
      }
      std::optional<StatisticsAttr> statistics = group.observer.getStatistics();
      if (!statistics || statistics->getChannelMin().empty()) {
        group.observer.emitOpError()
            << "expected per-channel statistics of observer '"
            << group.observer.getName() << "'; run qnn-apply-statistics";
        return signalPassFailure();
      }
      smooth(group, alpha);
    }
    // The smoothed module is another one: statistics of the old are not its.
    if (module->hasAttr(kFingerprintAttrName))
      module->setAttr(
          kFingerprintAttrName,
          StringAttr::get(&getContext(), computeFingerprint(module)));
  }
};
} // namespace
