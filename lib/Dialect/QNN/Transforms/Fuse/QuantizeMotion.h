//===- QuantizeMotion.h - quantize before what commutes with it -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QNN_TRANSFORMS_QUANTIZEMOTION_H
#define QUANTC_LIB_DIALECT_QNN_TRANSFORMS_QUANTIZEMOTION_H

#include "quantc/Dialect/QNN/IR/QNNOps.h"

namespace mlir {
class RewritePatternSet;
} // namespace mlir

namespace quantc::qnn {

/// Patterns that move qnn.quantize before reshapes, transposes, slices, zero
/// padding, concatenation and max-pooling, all of which then work on integers
/// and give the same bits. Parameters per channel move where each channel of
/// the result comes from one channel of the operand.
void populateQuantizeMotionPatterns(mlir::RewritePatternSet &patterns);

/// Those for maxima over windows or dimensions alone.
void populateMaxMotionPatterns(mlir::RewritePatternSet &patterns);

/// The op that makes what `op` quantizes, if it does that for nobody else.
mlir::Operation *getMovableProducer(QuantizeOp op);

/// qnn.quantize of `input` with the parameters of `op`, along `axes` of
/// `input`.
QuantizeOp createQuantize(mlir::OpBuilder &builder, QuantizeOp op,
                          mlir::Value input, llvm::ArrayRef<int64_t> axes);

/// `axes` of a tensor as dimensions of another, by the other's dimension for
/// each (nullopt for none). Nullopt where one has none, or where the parameters
/// would have to be transposed. Blocks do not move.
std::optional<llvm::SmallVector<int64_t>>
mapAxes(QuantizeOp op,
        llvm::function_ref<std::optional<int64_t>(int64_t)> getDimension);

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_QUANTIZEMOTION_H
