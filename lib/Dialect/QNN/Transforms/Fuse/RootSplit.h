//===- RootSplit.h - parts of a dimension as dimensions ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QNN_TRANSFORMS_ROOTSPLIT_H
#define QUANTC_LIB_DIALECT_QNN_TRANSFORMS_ROOTSPLIT_H

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/SmallBitVector.h"

namespace quantc::qnn {

/// Sums over the dimensions `reduced` of an expansion's result, among them
/// parts of a dimension of its source (a head's columns), can be written by the
/// op that computes the source once that op has the parts as dimensions. Why
/// this is not to be done; "" where it is. The source is computed element by
/// element.
std::string findSplitObstacle(mlir::tensor::ExpandShapeOp expansion,
                              const llvm::SmallBitVector &reduced);

/// Makes the op that computes the expansion's source, a linalg op, compute
/// these parts as dimensions, and so the contraction whose accumulators it
/// reads; else they would be written to memory before they are parts.
void splitRoot(mlir::RewriterBase &rewriter,
               mlir::tensor::ExpandShapeOp expansion,
               const llvm::SmallBitVector &reduced);

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_ROOTSPLIT_H
