//===- Checkpoint.h - interrupted calibration -------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a calibration that was interrupted left behind: the statistics so far,
// how many batches they are of, and of which data. Statistics do not depend on
// the order of what is seen, so a run that continues from a checkpoint ends
// with the bytes and the warnings of one that was never interrupted.
//
//   {
//     "format": "quantc-checkpoint",
//     "version": 3,
//     "data": "<identity of the data>",
//     "batches": 17,
//     "states": {"cache": "<base64>"},
//     "non_finite": {"x": {"count": 2, "first_sample": 140}},
//     "statistics": { ... as in a statistics file ... }
//   }
//
// States are what the last batch leaves to the next.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CALIBRATION_CHECKPOINT_H
#define QUANTC_CALIBRATION_CHECKPOINT_H

#include "quantc/Calibration/NonFinite.h"
#include "quantc/Calibration/StatisticsFile.h"

#include <map>

namespace quantc {

struct Checkpoint {
  static constexpr int kVersion = 3;

  /// Whatever tells one data set from another; compared as text.
  std::string data;
  int64_t batches = 0;
  /// The bytes of inputs that are carried from batch to batch.
  std::map<std::string, std::vector<char>> states;
  /// NaN and infinities that the inputs had in these batches.
  NonFiniteInputs nonFinite;
  StatisticsFile statistics;

  /// Errors begin with the path and say what was expected.
  static llvm::Expected<Checkpoint> read(llvm::StringRef path);

  /// Writes under a temporary name and renames.
  llvm::Error write(llvm::StringRef path) const;
};

} // namespace quantc

#endif // QUANTC_CALIBRATION_CHECKPOINT_H
