//===- RequantizePatterns.h - integers to storage directly ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QNN_TRANSFORMS_REQUANTIZEPATTERNS_H
#define QUANTC_LIB_DIALECT_QNN_TRANSFORMS_REQUANTIZEPATTERNS_H

#include "quantc/Dialect/QNN/IR/QNNOps.h"

namespace mlir {
class RewritePatternSet;
} // namespace mlir

namespace quantc::qnn {

/// Patterns that make of what lies between dequantize and quantize a
/// qnn.requantize (docs/arithmetic.md, Requantize).
///  * Float: accumulators, averages of storage, and storage where it gives the
///    same bits; possibly between bounds (ReLU, clamp).
///  * FixedPoint, Shift: also sums of several terms and of constants.
void populateRequantizePatterns(mlir::RewritePatternSet &patterns,
                                RequantizeMode mode);

/// Why `op`, which quantizes a sum of dequantized integers, cannot be
/// requantized in an integer mode; nullopt if it can or is no such sum.
std::optional<std::string> explainFloatRequantize(QuantizeOp op,
                                                  RequantizeMode mode);

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_REQUANTIZEPATTERNS_H
