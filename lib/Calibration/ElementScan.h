//===- ElementScan.h - vector loops of the observers ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Loops over all elements that a model computes, in a form that compilers turn
// into vector code: on bits, because minima of floats may not be reordered
// where there are NaN.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CALIBRATION_ELEMENTSCAN_H
#define QUANTC_LIB_CALIBRATION_ELEMENTSCAN_H

#include "quantc/Calibration/Statistics.h"

#include "llvm/ADT/ArrayRef.h"

namespace quantc {

/// What a run of elements holds.
struct ElementScan {
  /// Of the finite elements; zeros are positive.
  MinMax range;
  int64_t nanCount = 0;
  int64_t infCount = 0;
};

ElementScan scanElements(const float *values, int64_t size);

/// Computes floor(value / 2^exponent) of finite values that do not exceed the
/// grid of that exponent.
void computeBins(const float *values, int64_t size, int exponent,
                 int32_t *bins);

/// Counts how many of `bins`, all of them in [first, first + number of counts),
/// are each bin.
void countBins(const int32_t *bins, int64_t size, int first,
               llvm::MutableArrayRef<int32_t> counts);

/// Minima and maxima of the columns of row-major matrices.
class ColumnRanges {
public:
  explicit ColumnRanges(int64_t columns);

  void addRows(const float *values, int64_t rows);

  /// Adds what was seen to the ranges of the columns.
  void mergeInto(std::vector<MinMax> &ranges) const;

private:
  /// Ordered as the floats are.
  std::vector<int32_t> min, max;
};

} // namespace quantc

#endif // QUANTC_LIB_CALIBRATION_ELEMENTSCAN_H
