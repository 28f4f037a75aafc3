//===- NonFinite.h - NaN and infinities of inputs ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CALIBRATION_NONFINITE_H
#define QUANTC_CALIBRATION_NONFINITE_H

#include <cstdint>
#include <map>
#include <string>

namespace quantc {

/// NaN and infinities that an input had in the samples of a run.
struct NonFinite {
  int64_t count = 0;
  /// The first sample of the batch that had the first of them.
  int64_t firstSample = 0;

  /// Takes in what later samples had.
  void append(const NonFinite &later) {
    if (count == 0)
      firstSample = later.firstSample;
    count += later.count;
  }
};

/// By the name of the input; those that had none are not there.
using NonFiniteInputs = std::map<std::string, NonFinite>;

} // namespace quantc

#endif // QUANTC_CALIBRATION_NONFINITE_H
