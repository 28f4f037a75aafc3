//===- EpilogueSums.h - sums beside a kernel's result -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CODEGEN_CONTRACTION_EPILOGUESUMS_H
#define QUANTC_CODEGEN_CONTRACTION_EPILOGUESUMS_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace quantc {

/// Whether `generic`, which follows a contraction with the given accumulator,
/// has two results: one that is written element by element, and the sums of an
/// i32 over the innermost dimension of that. A kernel with integer accumulators
/// can write both.
bool addsColumns(mlir::linalg::GenericOp generic, mlir::Value accumulator);

/// Takes other sums (over rows, of i64) out of the elementwise op that follows
/// `contraction`, which then is its epilogue. They become ops that read what
/// the epilogue has written.
void splitOtherSums(mlir::linalg::LinalgOp contraction);

} // namespace quantc

#endif // QUANTC_CODEGEN_CONTRACTION_EPILOGUESUMS_H
