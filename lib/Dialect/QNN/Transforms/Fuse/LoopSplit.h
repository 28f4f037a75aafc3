//===- LoopSplit.h - one loop of a linalg op as several ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QNN_TRANSFORMS_LOOPSPLIT_H
#define QUANTC_LIB_DIALECT_QNN_TRANSFORMS_LOOPSPLIT_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace quantc::qnn {

/// Why a parallel loop of `op`, on tensors and with one result, cannot be
/// split;
/// "" where it can: its size is static, and where it indexes an operand it is a
/// dimension of its own.
std::string findSplitObstacle(mlir::linalg::LinalgOp op, unsigned loop);

/// Replaces `op` by a linalg.generic with loops of the given sizes, whose
/// product is the size of `loop`, in its place. Operands that follow the loop
/// are expanded: constants, fills and broadcasts by making them anew, others by
/// tensor.expand_shape, which vanishes where the operand is the result of such
/// a replacement. Other readers of the result see it through a
/// tensor.collapse_shape. Discardable attributes are kept.
mlir::linalg::GenericOp splitLoop(mlir::RewriterBase &rewriter,
                                  mlir::linalg::LinalgOp op, unsigned loop,
                                  llvm::ArrayRef<int64_t> sizes);

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_LOOPSPLIT_H
