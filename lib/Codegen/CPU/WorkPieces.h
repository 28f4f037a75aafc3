//===- WorkPieces.h - loop nests in pieces for threads ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CODEGEN_CPU_WORKPIECES_H
#define QUANTC_LIB_CODEGEN_CPU_WORKPIECES_H

#include "mlir/IR/Builders.h"

namespace quantc::cpu {

/// Positions of a loop dimension, half open. Constants where a piece takes them
/// all; `single` where every piece takes one.
struct IndexRange {
  mlir::Value from, to;
  bool single = false;
};

/// How many pieces each dimension of an iteration space falls into, outer
/// dimensions first, for work of so many vector instructions: no more than
/// threads of a large machine can share, and none that takes less time than
/// handing it to another thread. All 1 where the work is too little; powers of
/// two, so that the pieces of one loop nest lie within those of the next.
llvm::SmallVector<int64_t> choosePieces(llvm::ArrayRef<int64_t> extents,
                                        double instructions);

/// Emits `body` for the pieces of an iteration space, inside an `scf.parallel`
/// over the dimensions with more than one. `pieces` is empty for one piece.
void forPieces(mlir::OpBuilder &builder, mlir::Location loc,
               llvm::ArrayRef<int64_t> extents, llvm::ArrayRef<int64_t> pieces,
               llvm::function_ref<void(llvm::ArrayRef<IndexRange>)> body);

/// Emits a loop over `range`, or what it amounts to where it has less than two
/// positions.
void forRange(mlir::OpBuilder &builder, mlir::Location loc,
              const IndexRange &range,
              llvm::function_ref<void(mlir::Value)> body);

/// The part of `range` before, and from, `position` on.
IndexRange takeBefore(mlir::OpBuilder &builder, mlir::Location loc,
                      const IndexRange &range, int64_t position);
IndexRange takeFrom(mlir::OpBuilder &builder, mlir::Location loc,
                    const IndexRange &range, int64_t position);

} // namespace quantc::cpu

#endif // QUANTC_LIB_CODEGEN_CPU_WORKPIECES_H
