//===- SumOrder.h - in which order floats are added -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// docs/arithmetic.md, "Sums of f32": one order for all targets. It follows from
// the op alone, so that each generator finds the same one.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CODEGEN_REDUCTION_SUMORDER_H
#define QUANTC_CODEGEN_REDUCTION_SUMORDER_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace quantc {

/// Partial sums of a row: element l, l + 32, l + 64, ... of it, for l < 32.
constexpr int64_t kSumLanes = 32;

/// The associative operation that `output` accumulates with, or null.
mlir::Operation *matchCombiner(mlir::linalg::LinalgOp op, unsigned output);

/// Output `index` keeps one element through all reduction loops.
bool isAccumulated(mlir::linalg::LinalgOp op, unsigned index);

/// Whether any output of `op` is a sum or product of f32, whose bits depend on
/// the order; those of integers, maxima and minima do not.
bool hasOrderedSums(mlir::linalg::LinalgOp op);

/// The loop whose elements an op with ordered sums adds in lanes. None: in the
/// order of its loops.
std::optional<unsigned> findLaneLoop(mlir::linalg::LinalgOp op);

} // namespace quantc

#endif // QUANTC_CODEGEN_REDUCTION_SUMORDER_H
