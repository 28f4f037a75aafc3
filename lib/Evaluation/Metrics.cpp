//===- Metrics.cpp - how good a model's logits are ------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Evaluation/Metrics.h"

#include "llvm/ADT/STLExtras.h"

#include <cassert>
#include <cmath>
#include <limits>
#include <random>

using namespace quantc;
using llvm::ArrayRef;

double quantc::logSumExp(ArrayRef<float> logits) {
  double largest = -std::numeric_limits<double>::infinity();
  for (float logit : logits)
    largest = std::max<double>(largest, logit);
  if (std::isinf(largest))
    return largest;
  double sum = 0;
  for (float logit : logits)
    sum += std::exp(logit - largest);
  return largest + std::log(sum);
}

double quantc::klDivergence(ArrayRef<float> reference, ArrayRef<float> model) {
  double referenceNorm = logSumExp(reference);
  double modelNorm = logSumExp(model);
  double sum = 0;
  for (auto [r, m] : llvm::zip_equal(reference, model)) {
    double logP = r - referenceNorm;
    // A class of probability 0 adds nothing, even where the model agrees
    // (masked logits are -infinity on both sides).
    if (double p = std::exp(logP); p > 0)
      sum += p * (logP - (m - modelNorm));
    else if (std::isnan(p))
      return p;
  }
  return sum;
}

size_t quantc::argmax(ArrayRef<float> logits) {
  size_t best = 0;
  for (size_t i = 1; i < logits.size(); ++i)
    if (logits[i] > logits[best] || std::isnan(logits[best]))
      best = i;
  return best;
}

LogitSums &LogitSums::operator+=(const LogitSums &other) {
  rows += other.rows;
  nonFinite += other.nonFinite;
  loss += other.loss;
  referenceLoss += other.referenceLoss;
  correct += other.correct;
  referenceCorrect += other.referenceCorrect;
  agreeing += other.agreeing;
  divergence += other.divergence;
  signal += other.signal;
  noise += other.noise;
  return *this;
}

double LogitSums::getAccuracy() const { return double(correct) / rows; }
double LogitSums::getReferenceAccuracy() const {
  return double(referenceCorrect) / rows;
}
double LogitSums::getPerplexity() const { return std::exp(loss / rows); }
double LogitSums::getReferencePerplexity() const {
  return std::exp(referenceLoss / rows);
}
double LogitSums::getPerplexityRatio() const {
  return std::exp((loss - referenceLoss) / rows);
}
double LogitSums::getAgreement() const { return double(agreeing) / rows; }
double LogitSums::getDivergence() const { return divergence / rows; }
double LogitSums::getSQNR() const { return 10 * std::log10(signal / noise); }

static LogitSums measureRow(ArrayRef<float> logits, ArrayRef<float> reference,
                            std::optional<int32_t> label) {
  LogitSums sums;
  sums.rows = 1;
  sums.nonFinite =
      !llvm::all_of(logits, [](float logit) { return std::isfinite(logit); });
  size_t best = argmax(logits);
  if (label) {
    sums.loss = logSumExp(logits) - logits[*label];
    sums.correct = best == size_t(*label);
  }
  if (reference.empty())
    return sums;
  size_t referenceBest = argmax(reference);
  if (label) {
    sums.referenceLoss = logSumExp(reference) - reference[*label];
    sums.referenceCorrect = referenceBest == size_t(*label);
  }
  sums.agreeing = best == referenceBest;
  sums.divergence = klDivergence(reference, logits);
  for (auto [r, m] : llvm::zip_equal(reference, logits)) {
    // Masked logits, infinite on both sides, are neither signal nor noise.
    if (r == m && std::isinf(r))
      continue;
    sums.signal += double(r) * r;
    sums.noise += (double(r) - m) * (double(r) - m);
  }
  return sums;
}

LogitSums quantc::measureLogits(ArrayRef<float> logits,
                                ArrayRef<float> reference,
                                ArrayRef<int32_t> labels, int64_t classes) {
  assert(classes > 0 && logits.size() % classes == 0);
  LogitSums sums;
  for (size_t row = 0, rows = logits.size() / classes; row < rows; ++row) {
    std::optional<int32_t> label;
    if (!labels.empty()) {
      if (labels[row] < 0)
        continue;
      label = labels[row];
    }
    sums += measureRow(
        logits.slice(row * classes, classes),
        reference.empty() ? reference : reference.slice(row * classes, classes),
        label);
  }
  return sums;
}

double quantc::quantile(ArrayRef<double> sorted, double q) {
  if (sorted.empty())
    return std::numeric_limits<double>::quiet_NaN();
  double position = q * (sorted.size() - 1);
  size_t below = size_t(position);
  size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
}

Interval
quantc::bootstrap(ArrayRef<LogitSums> samples, unsigned resamples,
                  llvm::function_ref<double(const LogitSums &)> statistic) {
  // The standard fixes mt19937_64's sequence but not its distributions', so the
  // index is the high part of a product.
  std::mt19937_64 generator(0x9e3779b97f4a7c15u);
  auto draw = [&]() -> const LogitSums & {
    return samples[(generator() >> 32) * samples.size() >> 32];
  };
  std::vector<double> values;
  for (unsigned i = 0; i < resamples; ++i) {
    LogitSums sums;
    for (size_t n = 0; n < samples.size(); ++n)
      sums += draw();
    // Only rows with a label count; a resample may have caught none.
    if (sums.rows > 0)
      values.push_back(statistic(sums));
  }
  // NaN has no place in an order: one makes the interval NaN.
  if (auto nan = llvm::find_if(values, [](double v) { return std::isnan(v); });
      nan != values.end())
    return {*nan, *nan};
  llvm::sort(values);
  return {quantile(values, 0.025), quantile(values, 0.975)};
}
