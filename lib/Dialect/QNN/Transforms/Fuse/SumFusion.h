//===- SumFusion.h - sums beside what is summed -----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QNN_TRANSFORMS_SUMFUSION_H
#define QUANTC_LIB_DIALECT_QNN_TRANSFORMS_SUMFUSION_H

#include "mlir/IR/PatternMatch.h"

namespace quantc::qnn {

/// Replaces the sums over operands of sites below `root` by further results of
/// the ops that compute the operands, wherever there is a way back to one
/// (SumPath.h), and records in `qnn.terms` of the sites where each sum comes
/// from. `passName` is the category of the remarks.
mlir::LogicalResult fuseSums(mlir::RewriterBase &rewriter,
                             mlir::Operation *root, llvm::StringRef passName);

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_SUMFUSION_H
