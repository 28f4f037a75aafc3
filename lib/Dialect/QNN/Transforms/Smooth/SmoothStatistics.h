//===- SmoothStatistics.h - statistics of a scaled tensor -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QNN_TRANSFORMS_SMOOTHSTATISTICS_H
#define QUANTC_LIB_DIALECT_QNN_TRANSFORMS_SMOOTHSTATISTICS_H

#include "FactorLayout.h"
#include "quantc/Dialect/QNN/IR/QNNOps.h"

namespace quantc::qnn {

/// Whether the statistics of `observer` can be those of its tensor times
/// factors: per channel, with the factors along the channels.
bool followsStatistics(ObserveOp observer, const FactorLayout &layout);

/// Makes the statistics of `observer` those of its tensor times the factors.
/// Minima and maxima follow exactly; histograms and what is known of heads do
/// not and are dropped. The statistics are removed where none of it follows.
void rescaleStatistics(ObserveOp observer, const FactorLayout &layout,
                       llvm::ArrayRef<float> factors);

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_SMOOTHSTATISTICS_H
