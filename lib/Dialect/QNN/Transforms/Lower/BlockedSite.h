//===- BlockedSite.h - sums cut into blocks ---------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A reduction loop of size K cut into ceil(K / size) blocks becomes a parallel
// loop over the blocks, outside of all others, and a reduction loop of size
// `size` in the place of the old one. The result has the blocks as its first
// dimension; adding them up is the caller's part.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QNN_TRANSFORMS_BLOCKEDSITE_H
#define QUANTC_LIB_DIALECT_QNN_TRANSFORMS_BLOCKEDSITE_H

#include "QuantizedSite.h"

namespace quantc::qnn {

/// The reduction loops that a scale has an axis along, in order, and the sizes
/// of the blocks to cut them into: the greatest common divisor of those of both
/// operands, or the whole loop where each has a single block.
llvm::SmallVector<std::pair<unsigned, int64_t>>
getScaleBlocks(const QuantizedSite &site);

/// Whether `loop` is alone in every operand dimension that it is part of, and
/// no such dimension is padded.
bool canCut(const QuantizedSite &site, unsigned loop);

/// The site in float with `loop` cut, on newly dequantized operands. Where
/// `size` does not divide the loop's the storage is padded with products of
/// zero. Every scale along the loop must vary in multiples of `size`, and zero
/// points without a scale beside them must be repeated.
mlir::linalg::LinalgOp createCutSite(mlir::RewriterBase &rewriter,
                                     const QuantizedSite &site, unsigned loop,
                                     int64_t size);

/// Gives every index of the operand's axes a parameter of its own, where blocks
/// of them shared one.
void repeatParameters(mlir::OpBuilder &builder, QuantizedOperand &operand);

/// ((p[0] + p[1]) + p[2]) + ... in f32 over the first `numDims` dimensions, row
/// major. The order is normative; hence a loop and no linalg reduction.
mlir::Value createOrderedSum(mlir::OpBuilder &builder, mlir::Location loc,
                             mlir::Value parts, int64_t numDims);

/// The sum over the first `numDims` dimensions in i64, which is exact.
mlir::Value createWideSum(mlir::OpBuilder &builder, mlir::Location loc,
                          mlir::Value parts, int64_t numDims);

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_BLOCKEDSITE_H
