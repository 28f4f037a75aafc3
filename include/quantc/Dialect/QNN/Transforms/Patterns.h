//===- Patterns.h - rewrite patterns over quantizable IR --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QNN_TRANSFORMS_PATTERNS_H
#define QUANTC_DIALECT_QNN_TRANSFORMS_PATTERNS_H

namespace mlir {
class RewritePatternSet;
} // namespace mlir

namespace quantc::qnn {

/// Patterns that turn quantize, dequantize, requantize and fake_quantize into
/// elementwise linalg.generic ops with the normative arithmetic.
void populateQNNToLinalgPatterns(mlir::RewritePatternSet &patterns);

} // namespace quantc::qnn

#endif // QUANTC_DIALECT_QNN_TRANSFORMS_PATTERNS_H
