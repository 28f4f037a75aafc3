//===- ObservedRows.h - the rows that an observer sampled -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QNN_TRANSFORMS_OBSERVEDROWS_H
#define QUANTC_LIB_DIALECT_QNN_TRANSFORMS_OBSERVEDROWS_H

#include "quantc/Calibration/Statistics.h"
#include "quantc/Dialect/QNN/IR/QNNOps.h"

namespace quantc::qnn {

/// Rows of an activation, one value a channel, divided by scales.
struct ObservedRows {
  /// [size, channels], row major.
  std::vector<float> values;
  int64_t size;
  int64_t channels;
  /// What calibration would see of the divided activation: minima and maxima
  /// are those of all data, the histogram that of the rows.
  Statistics statistics;

  /// Nothing where the observer has no rows. `scales` has one value a channel;
  /// none for ones.
  static std::optional<ObservedRows> get(ObserveOp observer,
                                         llvm::ArrayRef<float> scales = {});
};

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_OBSERVEDROWS_H
