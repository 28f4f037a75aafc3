//===- StructuredGroup.h - linalg ops that become one kernel ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CODEGEN_NVVM_STRUCTUREDGROUP_H
#define QUANTC_LIB_CODEGEN_NVVM_STRUCTUREDGROUP_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace quantc::nvvm {

/// How the loops of one op lie in those of its group.
struct GroupMember {
  mlir::linalg::LinalgOp op;
  /// The op's loops that are the group's domain, in its order, and the others.
  llvm::SmallVector<unsigned> domainLoops, otherLoops;
  /// Whether the other loops are the group's columns.
  bool hasColumns = false;

  bool isReduction() const {
    return mlir::linalg::LinalgOp(op).getNumReductionLoops() != 0;
  }

  /// Whether an operand has the same element for all of the other loops.
  bool isOfPoint(mlir::OpOperand &operand) const;

  /// The elements that an operand has for the group's coordinates: the domain,
  /// then, unless it has the same for all of them, the other loops. Whatever
  /// the order of the op's loops, equal maps mean equal elements.
  mlir::AffineMap getCanonicalMap(mlir::OpOperand &operand) const;
};

/// Consecutive ops on buffers that one kernel computes: all of them for one
/// point of the domain, then for the next. What one op writes for a point,
/// another one reads for the same point only.
///
/// Without columns a thread computes a point, reductions in a loop. With
/// columns a warp does: its lanes share the elements of the row and reduce them
/// together. From op to op they stay in registers, or, of a long row, in
/// memory.
struct StructuredGroup {
  /// Elements of a row that fit into the registers of a warp: 32 a lane.
  static constexpr int64_t maxColumns = 1024;

  llvm::SmallVector<GroupMember> members;
  llvm::SmallVector<int64_t> domain, columns;

  bool usesWarps() const { return !columns.empty(); }
  int64_t countPoints() const;
  int64_t countColumns() const;
  bool isLong() const;
  /// Whether neighbouring lanes have neighbours of a row: sums of floats want
  /// it (SumOrder.h).
  bool addsInLanes() const;
};

/// The buffer that `value` is a view of.
mlir::Value getRoot(mlir::Value value);

/// Memory that is not linalg's: the buffers that the scalars of the op's body
/// and the offsets of its operands are loaded from.
llvm::SmallVector<mlir::Value> getLoadedBuffers(mlir::linalg::LinalgOp op);

/// The groups of a block's linalg ops on static buffers, in order. Ops between
/// those of a group touch no buffer.
std::vector<StructuredGroup> formGroups(mlir::Block &block);

} // namespace quantc::nvvm

#endif // QUANTC_LIB_CODEGEN_NVVM_STRUCTUREDGROUP_H
