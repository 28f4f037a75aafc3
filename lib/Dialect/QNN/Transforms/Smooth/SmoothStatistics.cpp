//===- SmoothStatistics.cpp - statistics of a scaled tensor ---------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SmoothStatistics.h"
#include "quantc/Calibration/ApplyStatistics.h"
#include "quantc/Parameters/ConstantTensor.h"

#include <cmath>

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

bool quantc::qnn::followsStatistics(ObserveOp observer,
                                    const FactorLayout &layout) {
  std::optional<StatisticsAttr> statistics = observer.getStatistics();
  if (!statistics)
    return true;
  if (!observer.getAxis() || layout.getTerms().size() != 1 ||
      statistics->getChannelMin().empty())
    return false;
  const FactorLayout::Term &term = layout.getTerms().front();
  return term.dim == int64_t(*observer.getAxis()) && term.isWhole();
}

static void rescaleRows(ObserveOp observer, ArrayRef<float> factors) {
  std::optional<ConstantTensor> rows =
      ConstantTensor::get(observer->getAttr(kRowsAttrName));
  if (!rows || !rows->getElementType().isF32())
    return;
  ArrayRef<float> source = rows->getAs<float>();
  observer->setAttr(kRowsAttrName,
                    makeConstantTensor(
                        rows->getType(), (observer.getName() + ".rows").str(),
                        [&](MutableArrayRef<char> bytes) {
                          auto *target =
                              reinterpret_cast<float *>(bytes.data());
                          for (size_t i = 0; i < source.size(); ++i)
                            target[i] = source[i] * factors[i % factors.size()];
                        }));
}

static void rescaleMeans(ObserveOp observer, ArrayRef<float> factors) {
  auto means =
      observer->getAttrOfType<DenseF64ArrayAttr>(kMeanMagnitudesAttrName);
  if (!means)
    return;
  SmallVector<double> rescaled;
  for (auto [mean, factor] : llvm::zip_equal(means.asArrayRef(), factors))
    rescaled.push_back(mean * std::fabs(factor));
  observer->setAttr(kMeanMagnitudesAttrName,
                    DenseF64ArrayAttr::get(observer.getContext(), rescaled));
}

void quantc::qnn::rescaleStatistics(ObserveOp observer,
                                    const FactorLayout &layout,
                                    ArrayRef<float> allFactors) {
  std::optional<StatisticsAttr> statistics = observer.getStatistics();
  if (!statistics)
    return;
  if (!followsStatistics(observer, layout)) {
    observer.removeStatisticsAttr();
    observer->removeAttr(kRowsAttrName);
    observer->removeAttr(kMeanMagnitudesAttrName);
    return;
  }
  SmallVector<float> factors = layout.select(allFactors);
  rescaleRows(observer, factors);
  rescaleMeans(observer, factors);
  SmallVector<float> min, max;
  for (auto [low, high, factor] :
       llvm::zip_equal(statistics->getChannelMin().asArrayRef(),
                       statistics->getChannelMax().asArrayRef(), factors)) {
    min.push_back(low * factor);
    max.push_back(high * factor);
  }
  observer.setStatisticsAttr(statistics->withChannelsAlone(min, max));
}
