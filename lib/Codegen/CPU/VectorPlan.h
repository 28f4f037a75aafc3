//===- VectorPlan.h - which loop becomes the vector -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CODEGEN_CPU_VECTORPLAN_H
#define QUANTC_LIB_CODEGEN_CPU_VECTORPLAN_H

#include "mlir/Dialect/Linalg/IR/LinalgInterfaces.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace quantc::cpu {

/// How the elements that an operand names change with one loop dimension.
enum class Access { Uniform, Contiguous, Strided };

Access classifyAccess(mlir::AffineMap map, mlir::Type type, unsigned dim);
/// The values of the body, arguments included, that change with `dim`.
llvm::DenseSet<mlir::Value> findVarying(mlir::linalg::LinalgOp op,
                                        unsigned dim);

/// As classifyAccess, for a load in the body, by the indices it takes.
Access classifyLoad(mlir::memref::LoadOp load, unsigned dim,
                    const llvm::DenseSet<mlir::Value> &varying);

/// Whether iterations of the loops `dims` write different elements and do
/// nothing else, so that they may run at the same time.
bool canSplit(mlir::linalg::LinalgOp op, llvm::ArrayRef<unsigned> dims);

/// The loop dimension that runs `lanes` elements at a time, `vectors` times in
/// a step; no dimension means scalar code. With several vectors each has
/// results of its own to reduce into.
struct VectorPlan {
  std::optional<unsigned> dim;
  int64_t lanes = 1, vectors = 1;
};

/// Chooses the dimension with the fewest memory accesses and operations for an
/// element of the iteration space, among those that keep the order of sums
/// (SumOrder.h).
VectorPlan planVectors(mlir::linalg::LinalgOp op, unsigned vectorBits);

} // namespace quantc::cpu

#endif // QUANTC_LIB_CODEGEN_CPU_VECTORPLAN_H
