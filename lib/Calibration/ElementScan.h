//===- ElementScan.h - vector loops of the observers ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Loops over all elements that a model computes, in a form that compilers turn
// into vector code: a lane for each of 32 neighbours, because a compiler may
// not reorder the minima of floats.
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

  bool isFinite() const { return nanCount + infCount == 0; }
  void merge(const ElementScan &other) {
    range.merge(other.range);
    nanCount += other.nanCount;
    infCount += other.infCount;
  }
};

ElementScan scanElements(const float *values, int64_t size);

/// Scans a row-major matrix of one column for each entry of `columns`, and adds
/// their ranges to these.
ElementScan scanColumns(const float *values, int64_t rows,
                        llvm::MutableArrayRef<MinMax> columns);

/// Scans the rows of a row-major matrix, `channels` entry by entry and from the
/// entry `first` on, again from the first after the last: adds their ranges to
/// these.
ElementScan scanRows(const float *values, int64_t rows, int64_t columns,
                     llvm::MutableArrayRef<MinMax> channels, int64_t first);

/// The bin floor(value / 2^exponent) of a finite value that does not exceed the
/// grid of that exponent.
int computeBin(float value, int exponent);

/// The most elements that countBins takes at once.
inline constexpr int64_t kMaxCount = 4 * 65535;

/// Adds to each sum how many of `values` lie in its bin; all lie in one of
/// [first, first + number of sums).
void countBins(const float *values, int64_t size, int exponent, int first,
               llvm::MutableArrayRef<uint32_t> sums);

/// Adds `size` counts to as many sums.
void addCounts(const uint32_t *counts, int64_t size, uint32_t *sums);

} // namespace quantc

#endif // QUANTC_LIB_CALIBRATION_ELEMENTSCAN_H
