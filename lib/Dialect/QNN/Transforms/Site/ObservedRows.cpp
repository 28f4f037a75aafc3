//===- ObservedRows.cpp - the rows that an observer sampled ---------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ObservedRows.h"
#include "quantc/Calibration/ApplyStatistics.h"
#include "quantc/Parameters/ConstantTensor.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

std::optional<ObservedRows> ObservedRows::get(ObserveOp observer,
                                              ArrayRef<float> scales) {
  std::optional<ConstantTensor> rows =
      ConstantTensor::get(observer->getAttr(kRowsAttrName));
  std::optional<StatisticsAttr> seen = observer.getStatistics();
  if (!rows || !seen || !rows->getElementType().isF32() ||
      rows->getType().getRank() != 2 ||
      int64_t(seen->getChannelMin().size()) != rows->getType().getDimSize(1))
    return std::nullopt;
  ObservedRows result;
  result.size = rows->getType().getDimSize(0);
  result.channels = rows->getType().getDimSize(1);
  result.values = rows->getAs<float>().vec();
  auto scale = [&](int64_t channel) {
    return scales.empty() ? 1.0f : scales[channel];
  };
  for (size_t i = 0; i < result.values.size(); ++i)
    result.values[i] /= scale(i % result.channels);
  result.statistics = Statistics(result.channels);
  result.statistics.update(result.values.data(), result.size, /*inner=*/1);
  for (int64_t i = 0; i < result.channels; ++i) {
    MinMax channel = {seen->getChannelMin()[i] / scale(i),
                      seen->getChannelMax()[i] / scale(i)};
    result.statistics.channels[i].merge(channel);
    result.statistics.range.merge(channel);
  }
  return result;
}
