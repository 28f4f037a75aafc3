//===- Metrics.h - how good a model's logits are ----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Accuracy, perplexity and the distance between a model and its reference, from
// f32 logits. All sums are in f64 and in the order of the data, so that results
// do not depend on threads or batch size.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_EVALUATION_METRICS_H
#define QUANTC_EVALUATION_METRICS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"

#include <cstdint>
#include <vector>

namespace quantc {

/// log(sum(exp(logits))), by subtracting the maximum first.
double logSumExp(llvm::ArrayRef<float> logits);

/// KL(softmax(reference) || softmax(model)) in nats.
double klDivergence(llvm::ArrayRef<float> reference,
                    llvm::ArrayRef<float> model);

/// Index of the first largest element; NaN is never the largest.
size_t argmax(llvm::ArrayRef<float> logits);

/// What a sample (one index along the data's first axis) adds to every metric.
/// A sample has one row of logits a position: one for a classifier, one a token
/// for a language model. Rows whose label is negative are left out.
struct LogitSums {
  int64_t rows = 0;
  /// Rows with a NaN or an infinity in the model's logits.
  int64_t nonFinite = 0;
  /// Sum of -log softmax(logits)[label], and rows whose argmax is the label.
  double loss = 0, referenceLoss = 0;
  int64_t correct = 0, referenceCorrect = 0;
  /// Against the reference: rows with the same argmax, sum of the rows' KL
  /// divergence, sums of reference^2 and (reference - model)^2.
  int64_t agreeing = 0;
  double divergence = 0;
  double signal = 0, noise = 0;

  LogitSums &operator+=(const LogitSums &other);

  double getAccuracy() const;
  double getReferenceAccuracy() const;
  /// exp of the mean loss.
  double getPerplexity() const;
  double getReferencePerplexity() const;
  /// Perplexity over the reference's perplexity.
  double getPerplexityRatio() const;
  double getAgreement() const;
  double getDivergence() const;
  /// Signal to quantization noise in dB; infinite where there is no noise.
  double getSQNR() const;
};

/// Sums over the rows of one sample. `logits` and `reference` are row major
/// with `classes` columns; `reference` and `labels` (one a row) may be empty.
/// Labels must be less than `classes`.
LogitSums measureLogits(llvm::ArrayRef<float> logits,
                        llvm::ArrayRef<float> reference,
                        llvm::ArrayRef<int32_t> labels, int64_t classes);

/// The q-quantile (0 <= q <= 1) of values sorted ascending, interpolated
/// linearly between neighbours; NaN of nothing.
double quantile(llvm::ArrayRef<double> sorted, double q);

struct Interval {
  double low, high;
};

/// 95 % interval of `statistic` over `resamples` bootstrap samples, drawn with
/// replacement from `samples` (Efron 1979, percentile method). Each sample's
/// model and reference sums are drawn together, so the interval is a paired
/// one. The generator's seed is fixed: the same input gives the same interval.
Interval bootstrap(llvm::ArrayRef<LogitSums> samples, unsigned resamples,
                   llvm::function_ref<double(const LogitSums &)> statistic);

} // namespace quantc

#endif // QUANTC_EVALUATION_METRICS_H
