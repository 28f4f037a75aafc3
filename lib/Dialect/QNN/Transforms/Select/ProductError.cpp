//===- ProductError.cpp - what quantizing does to a product ---------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ProductError.h"
#include "Site/ConstantEvaluation.h"
#include "quantc/Calibration/RangeEstimator.h"
#include "quantc/Dialect/QNN/Transforms/Site.h"
#include "quantc/Dialect/QNN/Transforms/SiteOperands.h"
#include "quantc/Parameters/ConstantTensor.h"

#include <algorithm>
#include <cstring>

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

/// All elements of a constant of f32, f16 or bf16.
static std::vector<float> readFloats(const ConstantBytes &constant) {
  Type element = constant.type.getElementType();
  std::vector<float> values;
  if (element.isF32()) {
    values.resize(constant.bytes.size() / sizeof(float));
    std::memcpy(values.data(), constant.bytes.data(), constant.bytes.size());
  } else {
    const llvm::fltSemantics &semantics =
        cast<FloatType>(element).getFloatSemantics();
    for (size_t i = 0; i < constant.bytes.size(); i += sizeof(uint16_t)) {
      uint16_t bits;
      std::memcpy(&bits, constant.bytes.data() + i, sizeof(bits));
      values.push_back(
          llvm::APFloat(semantics, llvm::APInt(16, bits)).convertToFloat());
    }
  }
  if (constant.splat)
    values.assign(constant.type.getNumElements(), values.front());
  return values;
}

std::optional<ProductError> ProductError::create(linalg::LinalgOp site,
                                                 unsigned activation,
                                                 int64_t weightDim) {
  ProductError result;
  result.site = site;
  result.observer = getObserver(site->getOpOperand(activation));
  Value weight = site->getOperand(1 - activation);
  Type element = getElementTypeOrSelf(weight);
  if (!result.observer ||
      !(element.isF32() || element.isF16() || element.isBF16()))
    return std::nullopt;
  std::optional<ObservedRows> rows = ObservedRows::get(result.observer);
  std::optional<ConstantBytes> bytes =
      rows ? evaluate(weight) : std::optional<ConstantBytes>();
  if (!bytes || bytes->type.getDimSize(weightDim) != rows->channels ||
      rows->channels == 0)
    return std::nullopt;
  result.rows = std::move(rows->values);
  result.numRows = rows->size;
  result.channels = rows->channels;
  result.weight = readFloats(*bytes);
  // As such it is scaled and quantized.
  result.weightType = cast<RankedTensorType>(
      bytes->type.clone(Float32Type::get(site->getContext())));
  result.inner = ShapedType::getNumElements(
      bytes->type.getShape().drop_front(weightDim + 1));
  result.columns = bytes->type.getNumElements() / result.channels;
  result.matrix = result.getMatrix(result.weight);
  return result;
}

std::optional<ProductError> ProductError::create(linalg::LinalgOp site,
                                                 unsigned activation) {
  ObserveOp observer = getObserver(site->getOpOperand(activation));
  if (!observer || !observer.getAxis())
    return std::nullopt;
  SiteIndexing indexing(site);
  std::optional<unsigned> loop =
      indexing.getLoop(activation, *observer.getAxis());
  if (!loop || !indexing.isReduction(*loop))
    return std::nullopt;
  for (unsigned other = 0; other < indexing.getNumLoops(); ++other)
    if (indexing.isReduction(other) && other != *loop)
      return std::nullopt;
  SmallVector<unsigned> rows = indexing.getParallelLoops(activation);
  for (unsigned column : indexing.getParallelLoops(1 - activation))
    if (llvm::is_contained(rows, column))
      return std::nullopt;
  std::optional<unsigned> dim =
      indexing.getMap(1 - activation)
          .getResultPosition(getAffineDimExpr(*loop, site->getContext()));
  return dim ? create(site, activation, *dim) : std::nullopt;
}

bool ProductError::canFollow(QuantizationAttr scheme) const {
  ObserveOp op = observer;
  switch (scheme.getGranularity()) {
  case Granularity::Tensor:
  case Granularity::Channel:
    return true;
  case Granularity::Token:
    // One range for each row, and not for several.
    return scheme.getDynamic() &&
           !llvm::is_contained(scheme.getAxes(), int64_t(*op.getAxis())) &&
           int64_t(scheme.getAxes().size()) + 1 ==
               op.getInput().getType().getRank();
  default:
    return false;
  }
}

std::vector<float> ProductError::getMatrix(ArrayRef<float> elements) const {
  std::vector<float> result(elements.size());
  for (int64_t i = 0, e = elements.size(); i < e; ++i) {
    int64_t column = i / (inner * channels) * inner + i % inner;
    result[getChannel(i) * columns + column] = elements[i];
  }
  return result;
}

FailureOr<std::vector<float>>
ProductError::quantizeRows(QuantizationAttr scheme, ArrayRef<float> scales,
                           SmallVectorImpl<float> &channelScales) const {
  ObserveOp op = observer;
  ObservedRows smoothed = *ObservedRows::get(op, scales);
  std::vector<float> &values = smoothed.values;
  // Where nothing is divided there is a histogram of all data.
  if (Statistics whole = fromAttribute(*op.getStatistics());
      scales.empty() && whole.hasHistogram())
    smoothed.statistics = std::move(whole);
  if (scheme.getDynamic() && scheme.getGranularity() == Granularity::Token) {
    for (int64_t row = 0; row < smoothed.size; ++row) {
      MutableArrayRef<float> part(values.data() + row * channels, channels);
      // Found at run time, of the row alone.
      FakeQuantizer quantizer(
          computeAffine({*llvm::min_element(part), *llvm::max_element(part)},
                        scheme),
          scheme);
      for (float &value : part)
        value = quantizer(value);
    }
    return std::move(values);
  }
  auto emitError = [&](llvm::Error error) {
    return op.emitOpError()
           << "'" << op.getName() << "': " << llvm::toString(std::move(error));
  };
  if (scheme.getGranularity() == Granularity::Channel) {
    llvm::Expected<SmallVector<quantc::Range>> ranges = estimatePartRanges(
        smoothed.statistics, smoothed.statistics.channels, scheme);
    if (!ranges)
      return emitError(ranges.takeError());
    SmallVector<FakeQuantizer> quantizers;
    for (const quantc::Range &range : *ranges) {
      AffineParameters parameters = computeAffine(range, scheme);
      channelScales.push_back(parameters.scale);
      quantizers.emplace_back(parameters, scheme);
    }
    for (size_t i = 0; i < values.size(); ++i)
      values[i] = quantizers[i % channels](values[i]);
    return std::move(values);
  }
  // A range of the whole tensor that is found at run time is none that is
  // wider.
  llvm::Expected<quantc::Range> range =
      estimateRange(smoothed.statistics, scheme);
  if (!range)
    return emitError(range.takeError());
  FakeQuantizer quantizer(computeAffine(*range, scheme), scheme);
  for (float &value : values)
    value = quantizer(value);
  return std::move(values);
}

FailureOr<std::vector<float>>
ProductError::quantizeWeight(QuantizationAttr scheme, ArrayRef<float> scales,
                             ArrayRef<float> channelScales) const {
  std::vector<float> scaled = weight;
  auto multiply = [&](ArrayRef<float> factors) {
    for (size_t i = 0; !factors.empty() && i < scaled.size(); ++i)
      scaled[i] *= factors[getChannel(i)];
  };
  multiply(scales);
  multiply(channelScales);
  ArrayRef<char> bytes(reinterpret_cast<const char *>(scaled.data()),
                       scaled.size() * sizeof(float));
  linalg::LinalgOp op = site;
  FailureOr<QuantizationParameters> parameters = computeQuantizationParameters(
      bytes, weightType, scheme, [&] { return op->emitOpError(); });
  if (failed(parameters))
    return failure();
  quantizeDequantize(scaled, weightType, *parameters, scheme);
  // They are part of the weight, and the rows are whole here.
  for (size_t i = 0; !channelScales.empty() && i < scaled.size(); ++i)
    scaled[i] /= channelScales[getChannel(i)];
  return getMatrix(scaled);
}

void ProductError::multiplyRow(ArrayRef<float> rows, ArrayRef<float> matrix,
                               int64_t row,
                               MutableArrayRef<float> result) const {
  llvm::fill(result, 0.0f);
  for (int64_t k = 0; k < channels; ++k) {
    float value = rows[row * channels + k];
    const float *weights = matrix.data() + k * columns;
    for (int64_t n = 0; n < columns; ++n)
      result[n] += value * weights[n];
  }
}

FailureOr<NoiseEstimate> ProductError::measure(QuantizationAttr rowScheme,
                                               QuantizationAttr weightScheme,
                                               ArrayRef<float> scales,
                                               int64_t maxRows) const {
  SmallVector<float> channelScales;
  FailureOr<std::vector<float>> x =
      quantizeRows(rowScheme, scales, channelScales);
  if (failed(x))
    return failure();
  FailureOr<std::vector<float>> w =
      quantizeWeight(weightScheme, scales, channelScales);
  if (failed(w))
    return failure();
  // One sum a row, added in their order: any number of threads, same bits.
  int64_t count = std::min(numRows, maxRows);
  std::vector<NoiseEstimate> sums(count);
  linalg::LinalgOp op = site;
  parallelForRange(
      op->getContext(), count, /*grain=*/8, [&](int64_t begin, int64_t end) {
        std::vector<float> expected(columns), actual(columns);
        for (int64_t i = begin; i < end; ++i) {
          int64_t row = i * numRows / count;
          multiplyRow(rows, matrix, row, expected);
          multiplyRow(*x, *w, row, actual);
          for (int64_t n = 0; n < columns; ++n) {
            double error = double(actual[n]) - double(expected[n]);
            sums[i].signal += double(expected[n]) * double(expected[n]);
            sums[i].noise += error * error;
          }
        }
      });
  NoiseEstimate total;
  for (const NoiseEstimate &sum : sums) {
    total.signal += sum.signal;
    total.noise += sum.noise;
  }
  return total;
}
