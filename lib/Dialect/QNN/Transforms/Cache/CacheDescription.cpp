//===- CacheDescription.cpp - what became of a cache ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CacheParameters.h"
#include "quantc/Calibration/QuantizationError.h"
#include "quantc/Dialect/QNN/IR/QNNOps.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

static constexpr StringLiteral kCacheAttrName = "qnn.cache";

//===----------------------------------------------------------------------===//
// The attribute
//===----------------------------------------------------------------------===//

// Builtin attributes alone: the program may be exported to readers without the
// dialect.
DictionaryAttr CacheDescription::toAttribute(MLIRContext *context) const {
  Builder builder(context);
  NamedAttrList list;
  list.set("form", builder.getStringAttr(form));
  list.set("scale", builder.getStringAttr(scaleSource));
  if (scales)
    list.set("scales",
             builder.getDenseF64ArrayAttr({scales->first, scales->second}));
  if (!partner.empty())
    list.set("partner", builder.getStringAttr(partner));
  if (sqnr)
    list.set("sqnr", builder.getF64FloatAttr(*sqnr));
  return list.getDictionary(context);
}

std::optional<CacheDescription> CacheDescription::get(func::FuncOp function,
                                                      unsigned argument) {
  auto attribute =
      function.getArgAttrOfType<DictionaryAttr>(argument, kCacheAttrName);
  if (!attribute)
    return std::nullopt;
  auto getText = [&](StringRef name) {
    auto text = attribute.getAs<StringAttr>(name);
    return text ? text.str() : "";
  };
  CacheDescription result{getText("form"), getText("scale"), std::nullopt,
                          getText("partner"), std::nullopt};
  auto scales = attribute.getAs<DenseF64ArrayAttr>("scales");
  if (scales && scales.size() == 2)
    result.scales = {scales[0], scales[1]};
  if (auto sqnr = attribute.getAs<FloatAttr>("sqnr"))
    result.sqnr = sqnr.getValueAsDouble();
  return result;
}

//===----------------------------------------------------------------------===//
// Description
//===----------------------------------------------------------------------===//

QuantizationParameters CacheParameters::getLayer(int64_t layer) const {
  QuantizationParameters result;
  // Row major: an index of the layer is followed by `inner` of what lies in it.
  int64_t inner = 1, count = 1;
  bool hasLayers = false;
  for (auto [axis, size] : llvm::zip_equal(scheme.getAxes(), fixed.shape)) {
    if (axis == cache.layerDim) {
      hasLayers = true;
      count = size;
      inner = 1;
    } else {
      inner *= size;
    }
  }
  for (int64_t i = 0, e = fixed.scales.size(); i < e; ++i) {
    if (hasLayers && i / inner % count != layer)
      continue;
    result.scales.push_back(fixed.scales[i]);
    if (!fixed.zeroPoints.empty())
      result.zeroPoints.push_back(fixed.zeroPoints[i]);
  }
  result.shape = {int64_t(result.scales.size())};
  return result;
}

std::optional<double> CacheParameters::estimateNoiseToSignal() const {
  NoiseEstimate sum;
  for (tensor::InsertSliceOp update : cache.updates) {
    auto observer = update.getSource().getDefiningOp<ObserveOp>();
    if (!observer || !observer.getStatistics())
      return std::nullopt;
    Statistics statistics = fromAttribute(*observer.getStatistics());
    std::optional<NoiseEstimate> noise = quantc::estimateNoise(
        statistics, getLayer(cache.getLayer(update).value_or(0)), scheme);
    if (!noise)
      return std::nullopt;
    sum.signal += noise->signal;
    sum.noise += noise->noise;
  }
  return sum.getRatio();
}

void CacheParameters::describe(func::FuncOp function, const KVCache *partner,
                               const CacheRecipe &recipe) const {
  CacheDescription description;
  description.form =
      llvm::formatv("{0} {1} {2}", scheme.getStorage(),
                    scheme.getSymmetric() ? "symmetric" : "asymmetric",
                    stringifyGranularity(*recipe.operand.granularity))
          .str();
  if (partner)
    description.partner = partner->getName();
  description.scaleSource = scheme.getDynamic() ? "measured"
                            : recipe.scale      ? "given"
                                                : "calibrated";
  if (!fixed.scales.empty()) {
    auto [low, high] =
        std::minmax_element(fixed.scales.begin(), fixed.scales.end());
    description.scales = {*low, *high};
    if (std::optional<double> ratio = estimateNoiseToSignal())
      description.sqnr = toDecibel(*ratio);
  }
  function.setArgAttr(cache.argument.getArgNumber(), kCacheAttrName,
                      description.toAttribute(function.getContext()));
}
