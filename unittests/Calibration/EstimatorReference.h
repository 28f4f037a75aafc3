//===- EstimatorReference.h - range estimators by definition ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The estimators of docs/calibration.md word by word, slowly, and as far as
// their definitions allow on the values themselves: they share nothing with the
// library, neither histograms nor scales.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_UNITTESTS_CALIBRATION_ESTIMATORREFERENCE_H
#define QUANTC_UNITTESTS_CALIBRATION_ESTIMATORREFERENCE_H

#include "quantc/Calibration/Range.h"

#include <cstdint>
#include <map>
#include <vector>

namespace quantc::reference {

/// The finite ones, in their order.
std::vector<double> takeFinite(const std::vector<float> &values);

/// [0, 0] of nothing.
Range minmax(const std::vector<float> &values);

/// The width of the bins that data of this largest magnitude have.
double getBinWidth(const std::vector<float> &values);

/// Of sorted values, `cutPerMillion` millionths are cut off on both sides
/// together; the range ends where the bins of the outermost ones left end.
Range percentile(const std::vector<float> &values, int64_t cutPerMillion);

/// KL(P || Q) for the clip |x| <= i bins, i from 128 to the number of bins; not
/// defined for fewer bins. Infinite where Q misses what P has. Index 0 is
/// i = 128.
std::vector<double> entropyLosses(const std::vector<float> &values);

/// The moving average over batches; those with nothing finite are none.
Range ema(const std::vector<std::vector<float>> &batches, double rate);

/// Quantization to integers in [low, high] and back.
struct Integers {
  int low, high;
  bool symmetric;

  /// sum (x - dq(q(x)))^2 of what is finite, with the scale and zero point of
  /// [min, max].
  long double squaredError(const std::vector<double> &values, double min,
                           double max) const;
  /// The same of a histogram: bins of `width` at their centres, which lie in
  /// [low, high] of the data; s^2/12 where a bin is wider than a step and its
  /// centre at most a step off.
  long double squaredError(const std::map<int, int64_t> &bins, double width,
                           Range data, double min, double max) const;
};

/// The bins of the values, numbered from zero.
std::map<int, int64_t> fillBins(const std::vector<float> &values);

/// f * [min, max] for f = 0.2, 0.208 .. 1.
std::vector<Range> clips(Range all);

} // namespace quantc::reference

#endif // QUANTC_UNITTESTS_CALIBRATION_ESTIMATORREFERENCE_H
