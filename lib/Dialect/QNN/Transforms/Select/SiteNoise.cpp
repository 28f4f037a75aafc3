//===- SiteNoise.cpp - what quantizing a site costs -----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SiteNoise.h"
#include "ProductError.h"
#include "Site/ObservedRows.h"
#include "quantc/Calibration/QuantizationError.h"
#include "quantc/Dialect/QNN/Transforms/ConstantView.h"
#include "quantc/Dialect/QNN/Transforms/SiteOperands.h"
#include "quantc/Parameters/ConstantTensor.h"

#include <algorithm>

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

using Noise = std::optional<double>;

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

/// The parameters that a static scheme gives each channel, one for all of a
/// tensor; none where the statistics do not tell.
static SmallVector<AffineParameters> getParameters(const Statistics &statistics,
                                                   QuantizationAttr scheme) {
  SmallVector<AffineParameters> parameters;
  auto add = [&](const quantc::Range &range) {
    parameters.push_back(computeAffine(range, scheme));
  };
  if (scheme.getGranularity() == Granularity::Tensor) {
    if (std::optional<quantc::Range> range =
            llvm::expectedToOptional(estimateRange(statistics, scheme)))
      add(*range);
  } else if (scheme.getGranularity() == Granularity::Channel) {
    if (auto ranges = llvm::expectedToOptional(
            estimatePartRanges(statistics, statistics.channels, scheme)))
      llvm::for_each(*ranges, add);
  }
  return parameters;
}

/// The error over sampled rows. `parametersOf` gives the parameters of a row,
/// one for each channel or one for all; none where they are not known.
static Noise
measureRows(const ObservedRows &rows, QuantizationAttr scheme,
            llvm::function_ref<ArrayRef<AffineParameters>(ArrayRef<float>)>
                parametersOf) {
  NoiseEstimate sum;
  for (int64_t i = 0; i < rows.size; ++i) {
    ArrayRef<float> row(rows.values.data() + i * rows.channels, rows.channels);
    ArrayRef<AffineParameters> parameters = parametersOf(row);
    if (parameters.empty())
      return std::nullopt;
    SmallVector<FakeQuantizer> quantizers;
    for (const AffineParameters &affine : parameters)
      quantizers.emplace_back(affine, scheme);
    for (auto [channel, value] : llvm::enumerate(row)) {
      double error =
          value - quantizers[quantizers.size() == 1 ? 0 : channel](value);
      sum.signal += double(value) * value;
      sum.noise += error * error;
    }
  }
  return sum.getRatio();
}

static Noise getStaticNoise(ObserveOp observer, QuantizationAttr scheme) {
  Statistics statistics = fromAttribute(*observer.getStatistics());
  if (scheme.getGranularity() == Granularity::Token)
    return estimateNoiseToSignal(
        statistics,
        mergeTokens(statistics.tokens, getObservedDims(observer).axis, scheme,
                    observer.getInput().getType().getShape()),
        scheme);
  if (Noise noise = estimateNoiseToSignal(statistics, scheme))
    return noise;
  // Rows are all that smoothing leaves of the distribution.
  std::optional<ObservedRows> rows = ObservedRows::get(observer);
  if (!rows)
    return std::nullopt;
  SmallVector<AffineParameters> parameters =
      getParameters(rows->statistics, scheme);
  return measureRows(*rows, scheme, [&](ArrayRef<float>) {
    return ArrayRef<AffineParameters>(parameters);
  });
}

/// Whether the parameters of a scheme are those of the rows that its observer
/// samples: vectors along the observed axis.
static bool isForEachRow(ObserveOp observer, QuantizationAttr scheme) {
  std::optional<uint64_t> axis = observer.getAxis();
  return scheme.getGranularity() == Granularity::Token && axis &&
         !llvm::is_contained(scheme.getAxes(), int64_t(*axis)) &&
         int64_t(scheme.getAxes().size()) + 1 ==
             observer.getInput().getType().getRank();
}

static Noise getDynamicNoise(ObserveOp observer, QuantizationAttr scheme) {
  std::optional<ObservedRows> rows = ObservedRows::get(observer);
  if (rows && isForEachRow(observer, scheme)) {
    AffineParameters parameters;
    return measureRows(*rows, scheme, [&](ArrayRef<float> row) {
      auto [min, max] = std::minmax_element(row.begin(), row.end());
      parameters = computeAffine(quantc::Range{*min, *max}, scheme);
      return ArrayRef<AffineParameters>(parameters);
    });
  }
  return getStaticNoise(
      observer,
      QuantizationAttr::get(scheme.getContext(), scheme.getStorage(),
                            scheme.getSymmetric(), scheme.getNarrowRange(),
                            /*dynamic=*/false, scheme.getPowerOfTwo(),
                            Granularity::Tensor, /*axes=*/{}, /*blocks=*/{},
                            MinMaxAttr::get(scheme.getContext())));
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

/// Multiplies a constant by scales along one of its dimensions.
static std::vector<float> scaleAlong(ArrayRef<char> data, RankedTensorType type,
                                     int64_t dim,
                                     ArrayRef<AffineParameters> scales) {
  std::vector<float> values(type.getNumElements());
  int64_t stride =
      ShapedType::getNumElements(type.getShape().drop_front(dim + 1));
  ArrayRef<float> source(reinterpret_cast<const float *>(data.data()),
                         values.size());
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = source[i] * scales[i / stride % scales.size()].scale;
  return values;
}

static FailureOr<Noise>
getWeightNoise(linalg::LinalgOp site, unsigned operand,
               std::array<QuantizationAttr, 2> schemes) {
  Value value = site->getOperand(operand);
  auto type = cast<RankedTensorType>(value.getType());
  std::optional<ConstantTensor> tensor = getConstantTensor(value);
  if (!tensor)
    return Noise();
  ArrayRef<char> data = tensor->getBytes();

  // Scales of channels of the activation become part of the weight.
  std::vector<float> folded;
  QuantizationAttr other = schemes[1 - operand];
  ObserveOp observer = getObserver(site->getOpOperand(1 - operand));
  if (observer && observer.getStatistics() && type.getElementType().isF32() &&
      other.getGranularity() == Granularity::Channel) {
    SmallVector<AffineParameters> scales =
        getParameters(fromAttribute(*observer.getStatistics()), other);
    SiteIndexing indexing(site);
    std::optional<unsigned> loop =
        indexing.getLoop(1 - operand, other.getAxes().front());
    std::optional<unsigned> dim =
        loop ? indexing.getMap(operand).getResultPosition(
                   getAffineDimExpr(*loop, site->getContext()))
             : std::nullopt;
    if (scales.empty() || !dim)
      return Noise();
    folded = scaleAlong(data, type, *dim, scales);
    data = {reinterpret_cast<const char *>(folded.data()), data.size()};
  }
  QuantizationAttr scheme = schemes[operand];
  FailureOr<QuantizationParameters> parameters = computeQuantizationParameters(
      data, type, scheme, [&] { return site->emitOpError(); });
  if (failed(parameters))
    return failure();
  return measureNoiseToSignal(data, type, *parameters, scheme);
}

//===----------------------------------------------------------------------===//
// Sites
//===----------------------------------------------------------------------===//

/// The noise of the result over sampled rows, where it can be told.
static FailureOr<Noise>
getProductNoise(linalg::LinalgOp site,
                std::array<QuantizationAttr, 2> schemes) {
  // As many outputs as a row has columns make few rows enough.
  constexpr int64_t maxRows = 64;
  for (unsigned activation : {0, 1}) {
    if (!isConstantValue(site->getOperand(1 - activation)))
      continue;
    std::optional<ProductError> product =
        ProductError::create(site, activation);
    if (!product || !product->canFollow(schemes[activation]))
      continue;
    FailureOr<NoiseEstimate> noise =
        product->measure(schemes[activation], schemes[1 - activation],
                         /*scales=*/{}, maxRows);
    if (failed(noise))
      return failure();
    return noise->getRatio();
  }
  return Noise();
}

FailureOr<std::optional<double>>
quantc::qnn::getSiteNoise(linalg::LinalgOp site,
                          std::array<QuantizationAttr, 2> schemes,
                          WeightNoises &weights) {
  double sum = 0;
  bool isKnown = true;
  for (unsigned operand : {0, 1}) {
    Noise noise;
    if (isConstantValue(site->getOperand(operand))) {
      // Scales of channels make another weight of it.
      bool isFolded =
          schemes[1 - operand].getGranularity() == Granularity::Channel;
      auto key =
          std::pair(site->getOperand(operand), Attribute(schemes[operand]));
      auto known = weights.find(key);
      if (known != weights.end() && !isFolded) {
        noise = known->second;
      } else {
        FailureOr<Noise> exact = getWeightNoise(site, operand, schemes);
        if (failed(exact))
          return failure();
        noise = *exact;
        if (!isFolded)
          weights[key] = noise;
      }
    } else if (ObserveOp observer = getObserver(site->getOpOperand(operand));
               observer && observer.getStatistics()) {
      noise = schemes[operand].getDynamic()
                  ? getDynamicNoise(observer, schemes[operand])
                  : getStaticNoise(observer, schemes[operand]);
    }
    isKnown &= noise.has_value();
    sum += noise.value_or(0);
  }
  if (!isKnown)
    return Noise();
  FailureOr<Noise> product = getProductNoise(site, schemes);
  if (failed(product))
    return failure();
  return Noise(std::max(sum, product->value_or(0)));
}
