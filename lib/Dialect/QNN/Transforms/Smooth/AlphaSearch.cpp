//===- AlphaSearch.cpp - the alpha that does least harm -------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AlphaSearch.h"
#include "Select/SiteScheme.h"
#include "Site/ConstantEvaluation.h"
#include "Site/ObservedRows.h"
#include "quantc/Calibration/QuantizationError.h"
#include "quantc/Dialect/QNN/Transforms/SiteOperands.h"
#include "quantc/Parameters/ConstantTensor.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

static constexpr int kSteps = 20;

/// Of those that are not zero; 1 where there is none.
static double getMedian(ArrayRef<float> magnitudes) {
  SmallVector<float> positive;
  llvm::copy_if(magnitudes, std::back_inserter(positive),
                [](float magnitude) { return magnitude > 0; });
  if (positive.empty())
    return 1;
  float *median = positive.begin() + (positive.size() - 1) / 2;
  std::nth_element(positive.begin(), median, positive.end());
  return *median;
}

SmallVector<float> quantc::qnn::computeScales(ArrayRef<float> activations,
                                              ArrayRef<float> weights,
                                              double alpha) {
  // What was never seen to be other than zero, or is not read, is taken for one
  // like the others.
  double medianActivation = getMedian(activations),
         medianWeight = getMedian(weights);
  SmallVector<float> scales;
  for (auto [activation, weight] : llvm::zip_equal(activations, weights)) {
    double x = activation > 0 ? activation : medianActivation,
           w = weight > 0 ? weight : medianWeight;
    scales.push_back(static_cast<float>(
        std::max(std::pow(x, alpha) / std::pow(w, 1 - alpha), 1e-5)));
  }
  return scales;
}

namespace {

/// One site of the group: its rows, its weight, and how both are quantized.
class SiteError {
public:
  static FailureOr<std::optional<SiteError>>
  create(const LinearConsumer &consumer, const Recipe &recipe);

  /// The squared error with the given scales; fails after an error.
  FailureOr<double> measure(ArrayRef<float> scales) const;

private:
  /// X / s, quantized and dequantized.
  FailureOr<std::vector<float>> quantizeRows(ArrayRef<float> scales) const;
  /// s W, quantized and dequantized, with the channels outermost.
  FailureOr<std::vector<float>> quantizeWeight(ArrayRef<float> scales) const;
  /// The weight's elements with the channels outermost.
  std::vector<float> getMatrix(ArrayRef<float> elements) const;
  /// Row `row` of `rows` times `matrix`.
  void multiplyRow(ArrayRef<float> rows, ArrayRef<float> matrix, int64_t row,
                   MutableArrayRef<float> result) const;

  linalg::LinalgOp site;
  ObserveOp observer;
  QuantizationAttr rowScheme, weightScheme;
  /// [numRows, channels]
  std::vector<float> rows;
  RankedTensorType weightType;
  int64_t weightDim, channels, columns, numRows;
  std::vector<float> weight, matrix;
};

} // namespace

FailureOr<std::optional<SiteError>>
SiteError::create(const LinearConsumer &consumer, const Recipe &recipe) {
  linalg::LinalgOp site = consumer.site;
  WeightNoises weights;
  FailureOr<SiteProposal> proposal = proposeScheme(site, recipe, weights);
  if (failed(proposal))
    return failure();
  if (!proposal->scheme)
    return std::optional<SiteError>();
  SiteError result;
  result.site = site;
  result.observer = getObserver(consumer.getActivation());
  std::optional<ObservedRows> rows = ObservedRows::get(result.observer);
  if (!rows)
    return result.observer.emitOpError()
           << "expected sampled rows of observer '" << result.observer.getName()
           << "' to search an alpha; run quantc calibrate --sample-rows, or "
              "give the data";
  result.rows = std::move(rows->values);
  result.numRows = rows->size;
  result.channels = rows->channels;
  bool isLhs = consumer.operand == 0;
  result.rowScheme =
      isLhs ? proposal->scheme.getLhs() : proposal->scheme.getRhs();
  result.weightScheme =
      isLhs ? proposal->scheme.getRhs() : proposal->scheme.getLhs();
  ConstantBytes bytes = *evaluate(consumer.getWeight().get());
  ArrayRef<float> stored(reinterpret_cast<const float *>(bytes.bytes.data()),
                         bytes.bytes.size() / sizeof(float));
  result.weightType = bytes.type;
  result.weight = stored.vec();
  if (bytes.splat)
    result.weight.assign(bytes.type.getNumElements(), stored.front());
  result.weightDim = consumer.weightDim;
  if (bytes.type.getDimSize(result.weightDim) != result.channels)
    return result.observer.emitOpError()
           << "expected rows of " << bytes.type.getDimSize(result.weightDim)
           << " channels, but got " << result.channels;
  result.columns = bytes.type.getNumElements() / result.channels;
  result.matrix = result.getMatrix(result.weight);
  return std::optional<SiteError>(std::move(result));
}

std::vector<float> SiteError::getMatrix(ArrayRef<float> elements) const {
  int64_t inner = ShapedType::getNumElements(
      weightType.getShape().drop_front(weightDim + 1));
  std::vector<float> result(elements.size());
  for (int64_t i = 0, e = elements.size(); i < e; ++i) {
    int64_t channel = i / inner % channels;
    int64_t column = i / (inner * channels) * inner + i % inner;
    result[channel * columns + column] = elements[i];
  }
  return result;
}

/// The range that a row alone has, where it is found at run time.
static AffineParameters getRowParameters(ArrayRef<float> row,
                                         QuantizationAttr scheme) {
  return computeAffine({*llvm::min_element(row), *llvm::max_element(row)},
                       scheme);
}

FailureOr<std::vector<float>>
SiteError::quantizeRows(ArrayRef<float> scales) const {
  ObservedRows smoothed = *ObservedRows::get(observer, scales);
  std::vector<float> &values = smoothed.values;
  if (rowScheme.getDynamic()) {
    for (int64_t row = 0; row < smoothed.size; ++row) {
      MutableArrayRef<float> part(values.data() + row * channels, channels);
      FakeQuantizer quantizer(getRowParameters(part, rowScheme), rowScheme);
      for (float &value : part)
        value = quantizer(value);
    }
    return std::move(values);
  }
  if (rowScheme.getGranularity() == Granularity::Channel) {
    SmallVector<FakeQuantizer> quantizers;
    for (const MinMax &range : smoothed.statistics.channels)
      quantizers.emplace_back(computeAffine({range.min, range.max}, rowScheme),
                              rowScheme);
    for (size_t i = 0; i < values.size(); ++i)
      values[i] = quantizers[i % channels](values[i]);
    return std::move(values);
  }
  ObserveOp op = observer;
  llvm::Expected<quantc::Range> range =
      estimateRange(smoothed.statistics, rowScheme);
  if (!range)
    return op.emitOpError()
           << "'" << op.getName() << "': " << llvm::toString(range.takeError());
  FakeQuantizer quantizer(computeAffine(*range, rowScheme), rowScheme);
  for (float &value : values)
    value = quantizer(value);
  return std::move(values);
}

FailureOr<std::vector<float>>
SiteError::quantizeWeight(ArrayRef<float> scales) const {
  int64_t inner = ShapedType::getNumElements(
      weightType.getShape().drop_front(weightDim + 1));
  std::vector<float> scaled(weight.size());
  for (size_t i = 0; i < weight.size(); ++i)
    scaled[i] = weight[i] * scales[i / inner % channels];
  ArrayRef<char> bytes(reinterpret_cast<const char *>(scaled.data()),
                       scaled.size() * sizeof(float));
  linalg::LinalgOp op = site;
  FailureOr<QuantizationParameters> parameters = computeQuantizationParameters(
      bytes, weightType, weightScheme, [&] { return op->emitOpError(); });
  if (failed(parameters))
    return failure();
  quantizeDequantize(scaled, weightType, *parameters, weightScheme);
  return getMatrix(scaled);
}

void SiteError::multiplyRow(ArrayRef<float> rows, ArrayRef<float> matrix,
                            int64_t row, MutableArrayRef<float> result) const {
  llvm::fill(result, 0.0f);
  for (int64_t k = 0; k < channels; ++k) {
    float value = rows[row * channels + k];
    const float *weights = matrix.data() + k * columns;
    for (int64_t n = 0; n < columns; ++n)
      result[n] += value * weights[n];
  }
}

FailureOr<double> SiteError::measure(ArrayRef<float> scales) const {
  FailureOr<std::vector<float>> x = quantizeRows(scales);
  if (failed(x))
    return failure();
  FailureOr<std::vector<float>> w = quantizeWeight(scales);
  if (failed(w))
    return failure();
  // One sum a row, added in their order: any number of threads, same bits.
  std::vector<double> errors(numRows);
  linalg::LinalgOp op = site;
  parallelForRange(op->getContext(), numRows, /*grain=*/8,
                   [&](int64_t begin, int64_t end) {
                     std::vector<float> expected(columns), actual(columns);
                     for (int64_t row = begin; row < end; ++row) {
                       multiplyRow(rows, matrix, row, expected);
                       multiplyRow(*x, *w, row, actual);
                       for (int64_t n = 0; n < columns; ++n) {
                         double error = double(actual[n]) - double(expected[n]);
                         errors[row] += error * error;
                       }
                     }
                   });
  double sum = 0;
  for (double error : errors)
    sum += error;
  return sum;
}

FailureOr<std::optional<double>>
quantc::qnn::searchAlpha(const SmoothingGroup &group,
                         ArrayRef<float> activations, ArrayRef<float> weights,
                         const Recipe &recipe) {
  std::vector<SiteError> sites;
  for (const LinearConsumer &consumer : group.consumers) {
    FailureOr<std::optional<SiteError>> site =
        SiteError::create(consumer, recipe);
    if (failed(site))
      return failure();
    if (*site)
      sites.push_back(std::move(**site));
  }
  if (sites.empty())
    return std::optional<double>();
  double best = 0.5, least = std::numeric_limits<double>::infinity();
  for (int step = 0; step <= kSteps; ++step) {
    double alpha = step / double(kSteps), sum = 0;
    SmallVector<float> scales = computeScales(activations, weights, alpha);
    for (const SiteError &site : sites) {
      FailureOr<double> error = site.measure(scales);
      if (failed(error))
        return failure();
      sum += *error;
    }
    if (sum < least) {
      least = sum;
      best = alpha;
    }
  }
  return std::optional<double>(best);
}
