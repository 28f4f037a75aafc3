//===- ShareScales.cpp - one scale for the weights of Q, K and V ----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Site/ConstantEvaluation.h"
#include "quantc/Calibration/QuantizationParameters.h"
#include "quantc/Dialect/QNN/Transforms/ConstantView.h"
#include "quantc/Dialect/QNN/Transforms/Groups.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"

namespace quantc::qnn {
#define GEN_PASS_DEF_QNNSHARESCALESPASS
#include "quantc/Dialect/QNN/Transforms/Passes.h.inc"
} // namespace quantc::qnn

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

namespace {
/// The weight of a site, and how it is to be quantized.
struct Weight {
  linalg::LinalgOp site;
  Value value;
  QuantizationAttr scheme;
};
} // namespace

static std::optional<Weight> getWeight(linalg::LinalgOp site) {
  auto scheme = site->getAttrOfType<SchemeAttr>(kSchemeAttrName);
  if (!scheme)
    return std::nullopt;
  bool isLhs = isConstantValue(site->getOperand(0));
  return Weight{site, site->getOperand(isLhs ? 0 : 1),
                isLhs ? scheme.getLhs() : scheme.getRhs()};
}

/// The largest scale of the group's weights; fails after an error.
static FailureOr<float> computeScale(ArrayRef<Weight> weights) {
  float largest = 0;
  for (const Weight &weight : weights) {
    linalg::LinalgOp site = weight.site;
    if (!weight.scheme.getSymmetric() ||
        weight.scheme.getGranularity() != Granularity::Tensor)
      return site->emitOpError()
             << "expected weights that share a scale to be symmetric with "
                "granularity 'tensor', but got "
             << weight.scheme;
    if (weight.scheme != weights.front().scheme)
      return site->emitOpError()
             << "expected weights that share a scale to have one scheme, but "
                "got "
             << weight.scheme << " and " << weights.front().scheme;
    std::optional<ConstantBytes> bytes = evaluate(weight.value);
    if (!bytes)
      return site->emitOpError() << "expected a constant weight";
    FailureOr<QuantizationParameters> parameters =
        computeQuantizationParameters(bytes->bytes, bytes->type, weight.scheme,
                                      [&] { return site->emitOpError(); });
    if (failed(parameters))
      return failure();
    largest = std::max(largest, parameters->scales.front());
  }
  return largest;
}

namespace {
class QNNShareScalesPass
    : public quantc::qnn::impl::QNNShareScalesPassBase<QNNShareScalesPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    Groups groups(getOperation());
    for (ArrayRef<linalg::LinalgOp> sites : groups.getWeights()) {
      SmallVector<Weight> weights;
      for (linalg::LinalgOp site : sites)
        if (std::optional<Weight> weight = getWeight(site))
          weights.push_back(*weight);
      if (weights.size() < 2)
        continue;
      FailureOr<float> scale = computeScale(weights);
      if (failed(scale))
        return signalPassFailure();
      for (const Weight &weight : weights) {
        linalg::LinalgOp site = weight.site;
        site->setAttr(kWeightScaleAttrName,
                      Builder(&getContext()).getF32FloatAttr(*scale));
      }
    }
  }
};
} // namespace
