//===- ApplyStatistics.h - statistics into IR -------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CALIBRATION_APPLYSTATISTICS_H
#define QUANTC_CALIBRATION_APPLYSTATISTICS_H

#include "quantc/Calibration/StatisticsFile.h"

#include "mlir/IR/BuiltinOps.h"

namespace quantc {

/// The discardable attribute of an observer with the rows that it sampled: f32
/// elements [rows, channels].
inline constexpr llvm::StringLiteral kRowsAttrName = "qnn.rows";

/// The discardable attribute of an observer with mean|x| of each channel, where
/// calibration kept it.
inline constexpr llvm::StringLiteral kMeanMagnitudesAttrName =
    "qnn.mean_magnitudes";

/// Attaches to every qnn.observe of `module` what it saw. Emits one error,
/// which names `path`, and changes nothing where `file` is of another model or
/// has not exactly the module's observers.
llvm::LogicalResult applyStatistics(mlir::ModuleOp module,
                                    const StatisticsFile &file,
                                    llvm::StringRef path);

} // namespace quantc

#endif // QUANTC_CALIBRATION_APPLYSTATISTICS_H
