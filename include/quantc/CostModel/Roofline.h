//===- Roofline.h - what arithmetic and traffic take ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// S. Williams, A. Waterman and D. Patterson, "Roofline: an insightful visual
// performance model for multicore architectures", CACM 52(4), 2009: work takes
// as long as its arithmetic at the peak rate or its traffic at the peak
// bandwidth, whichever is longer.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_COSTMODEL_ROOFLINE_H
#define QUANTC_COSTMODEL_ROOFLINE_H

#include "quantc/Dialect/QNN/IR/QNNDialect.h"

#include "llvm/Support/Error.h"

namespace quantc {

/// What the operands of a contraction are computed in.
enum class Precision { Int8, FP8, F16, F32 };

/// Operations (a multiply-add counts two) and bytes to and from memory.
struct Work {
  double operations = 0;
  double bytes = 0;

  /// Operations per byte.
  double getIntensity() const { return operations / bytes; }
};

/// Operations per second; 0 where the machine lacks the precision.
double getRate(qnn::TargetAttr target, Precision precision);

/// The intensity, in operations per byte, from which on arithmetic and not
/// memory limits: rate / bandwidth.
double getRidge(qnn::TargetAttr target, Precision precision);

/// Seconds; infinite where the machine lacks the precision.
double estimateSeconds(const Work &work, Precision precision,
                       qnn::TargetAttr target);

/// The target of that name (a100, l40s, h100, h200, b200: the vendor's dense
/// peaks), or the one that the file of that name describes in the form of the
/// attribute. Errors list what is known.
llvm::Expected<qnn::TargetAttr> resolveTarget(llvm::StringRef nameOrFile,
                                              mlir::MLIRContext *context);

} // namespace quantc

#endif // QUANTC_COSTMODEL_ROOFLINE_H
