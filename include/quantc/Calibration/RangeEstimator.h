//===- RangeEstimator.h - from statistics to a range ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Range estimators choose the interval that the integers will span; scale and
// zero point follow from it. Estimators are attributes with an interface
// (QNNInterfaces.td); here they get what they look at. The arithmetic is
// normative, see docs/arithmetic.md.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CALIBRATION_RANGEESTIMATOR_H
#define QUANTC_CALIBRATION_RANGEESTIMATOR_H

#include "quantc/Calibration/Statistics.h"
#include "quantc/Dialect/QNN/IR/QNNOps.h"

namespace quantc {

/// The range of what an observer saw, by the estimator of `scheme`; [0, 0] of
/// nothing. The error of a range is that of the histogram. Fails where the
/// statistics lack a part that the estimator needs.
llvm::Expected<Range> estimateRange(const Statistics &statistics,
                                    qnn::QuantizationAttr scheme);

/// The range of each of `parts` of a tensor (channels, tokens): what the
/// estimator keeps of the whole tensor bounds every one, and is that of a part
/// of which nothing was seen. One that was only seen to be zero has a range of
/// the others, that of median width.
llvm::Expected<llvm::SmallVector<Range>>
estimatePartRanges(const Statistics &statistics, llvm::ArrayRef<MinMax> parts,
                   qnn::QuantizationAttr scheme);

/// The range of a constant's values, of which NaN and infinities do not count.
/// The error of a range is that of the values themselves.
llvm::Expected<Range> estimateRange(llvm::ArrayRef<float> values,
                                    qnn::QuantizationAttr scheme);

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
