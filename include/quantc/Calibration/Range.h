//===- Range.h - an interval of real values ---------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CALIBRATION_RANGE_H
#define QUANTC_CALIBRATION_RANGE_H

namespace quantc {

/// A closed interval of real values; [0, 0] when nothing finite was seen.
struct Range {
  double min = 0;
  double max = 0;
};

} // namespace quantc

#endif // QUANTC_CALIBRATION_RANGE_H
