//===- ElementwiseFusion.h - one tail per contraction -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QNN_TRANSFORMS_ELEMENTWISEFUSION_H
#define QUANTC_LIB_DIALECT_QNN_TRANSFORMS_ELEMENTWISEFUSION_H

#include "mlir/IR/PatternMatch.h"

namespace quantc::qnn {

/// Makes elementwise named ops and broadcasts linalg.generic, except broadcasts
/// that initialise the accumulator of a contraction.
void generalizeElementwise(mlir::RewriterBase &rewriter, mlir::Operation *root);

/// Fuses elementwise ops into elementwise consumers, so that
///  * nothing is computed twice and nothing more often than before, but
///    broadcasts and the dequantization of storage;
///  * an op that reads the result of a contraction, its tail, reads it with the
///    identity map and reads no other contraction's result: code generation
///    computes the tail on the accumulator's registers.
/// An op that reads one producer through several operands is left alone until
/// these are merged. Returns whether anything was fused.
bool fuseElementwise(mlir::RewriterBase &rewriter, mlir::Operation *root);

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_ELEMENTWISEFUSION_H
