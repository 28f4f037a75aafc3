//===- LaneReduction.h - reductions across the lanes of a vector -*- C++
//-*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CODEGEN_CPU_LANEREDUCTION_H
#define QUANTC_LIB_CODEGEN_CPU_LANEREDUCTION_H

#include "mlir/IR/Builders.h"

namespace quantc::cpu {

/// The operation `combiner`, of scalars, on `lhs` and `rhs`, scalars or
/// vectors.
mlir::Value combineLanes(mlir::OpBuilder &builder, mlir::Operation *combiner,
                         mlir::Value lhs, mlir::Value rhs);

/// Combines the lanes of a vector in a fixed order, halves first. A scalar is
/// its own result.
mlir::Value reduceLanes(mlir::OpBuilder &builder, mlir::Operation *combiner,
                        mlir::Value value);

/// The same for several vectors, as if they were one: a power of two of them,
/// of equal width.
mlir::Value reduceVectors(mlir::OpBuilder &builder, mlir::Operation *combiner,
                          llvm::SmallVector<mlir::Value> vectors);

/// The first `lanes` of a vector, a scalar where it is one.
mlir::Value takeFirstLanes(mlir::OpBuilder &builder, mlir::Value vector,
                           int64_t lanes);

/// `vector` with these instead of its first lanes.
mlir::Value putFirstLanes(mlir::OpBuilder &builder, mlir::Value lanes,
                          mlir::Value vector);

} // namespace quantc::cpu

#endif // QUANTC_LIB_CODEGEN_CPU_LANEREDUCTION_H
