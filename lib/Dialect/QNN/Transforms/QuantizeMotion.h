//===- QuantizeMotion.h - quantize before what commutes with it -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QNN_TRANSFORMS_QUANTIZEMOTION_H
#define QUANTC_LIB_DIALECT_QNN_TRANSFORMS_QUANTIZEMOTION_H

namespace mlir {
class RewritePatternSet;
} // namespace mlir

namespace quantc::qnn {

/// Patterns that move a per-tensor qnn.quantize before reshapes, transposes,
/// slices, zero padding and max-pooling, all of which then work on integers and
/// give the same bits.
void populateQuantizeMotionPatterns(mlir::RewritePatternSet &patterns);

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_QUANTIZEMOTION_H
