//===- RangeEstimator.h - from statistics to a range ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Range estimators choose the interval that the integers will span; scale and
// zero point follow from it. The arithmetic is normative, see
// docs/arithmetic.md.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CALIBRATION_RANGEESTIMATOR_H
#define QUANTC_CALIBRATION_RANGEESTIMATOR_H

#include "quantc/Calibration/Statistics.h"
#include "quantc/Dialect/QNN/IR/QNNOps.h"

namespace quantc {

/// A closed interval of real values; [0, 0] when nothing finite was seen.
struct Range {
  double min = 0;
  double max = 0;
};

inline constexpr double kDefaultEMARate = 0.01;

/// The range of `statistics` by the given estimator. Fails for a parameter that
/// the estimator does not take and for estimators that need more than
/// statistics (mse: see below) or a part of them that is missing.
///
/// * minmax: all of it; no parameter.
/// * percentile p in (0, 100]: with n elements, at most floor(n (1 - p/100) /
/// 2)
///   elements are cut off on each side; the ends are those of the outermost
///   bins kept, clipped to minimum and maximum. p = 100 is minmax.
/// * ema c in (0, 1], 0.01 by default: the moving average of the batches'
/// ranges
///   in the order of the data, m <- m + c (x - m), which begins with the first.
/// * entropy: the clip of |x| that loses least information, as TensorRT
///   calibrates (Migacz, "8-bit inference with TensorRT", GTC 2017); no
///   parameter. |x| has between 1024 and 2048 bins; a clip keeps at least 128.
llvm::Expected<Range> estimateRange(const Statistics &statistics,
                                    qnn::RangeEstimator estimator,
                                    std::optional<double> parameter);

/// The same for an operand with the given scheme, which also decides between
/// the clips of
/// * mse: f * [min, max] for f = 0.2, 0.208 .. 1.0, the one with the smallest
///   squared error of quantization over the histogram; no parameter.
llvm::Expected<Range> estimateRange(const Statistics &statistics,
                                    qnn::QuantizationAttr scheme);

/// The range of each channel: what the estimator keeps of the whole tensor
/// bounds every one.
llvm::Expected<llvm::SmallVector<Range>>
estimateChannelRanges(const Statistics &statistics,
                      qnn::QuantizationAttr scheme);

/// The estimator mse over the values themselves instead of a histogram, for
/// constants. NaN and infinities do not count.
Range estimateMSE(llvm::ArrayRef<float> values, qnn::QuantizationAttr scheme);

/// Scale and zero point of one range.
struct AffineParameters {
  float scale = 1;
  int64_t zeroPoint = 0;
};

/// s = (max - min) / (qmax - qmin) and z = round_half_even(qmin - min / s)
/// clamped to [qmin, qmax], after widening the range to contain 0. The scale is
/// computed in double, rounded once to f32, and never below the smallest normal
/// f32; a range of only zero has scale 1. With `powerOfTwo` the scale is then
/// rounded up to a power of two, so that the range stays covered, before z is
/// computed.
AffineParameters computeAffine(Range range, qnn::StorageRange storage,
                               bool powerOfTwo = false);

/// The smallest power of two that is not below a positive `scale`, at most
/// 2^127.
float roundUpToPowerOfTwo(float scale);

/// s = amax / qmax, with the same care. `storageMax` is the largest integer, or
/// the largest finite value of an f8 type.
float computeSymmetricScale(Range range, double storageMax);

} // namespace quantc

#endif // QUANTC_CALIBRATION_RANGEESTIMATOR_H
