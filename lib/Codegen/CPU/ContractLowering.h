//===- ContractLowering.h - loops of a contraction kernel -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CODEGEN_CPU_CONTRACTLOWERING_H
#define QUANTC_LIB_CODEGEN_CPU_CONTRACTLOWERING_H

#include "DotInstruction.h"
#include "WorkPieces.h"
#include "quantc/Codegen/Contraction/FlatAccess.h"
#include "quantc/Codegen/Contraction/IndexArithmetic.h"
#include "quantc/Dialect/CPU/IR/CPUOps.h"

namespace quantc::cpu {

/// An operand that is read or written element by element of (batch, m, n).
struct Operand {
  FlatAccess access;
  /// Strides of the rows' dimensions, after those that can be walked as one
  /// have been merged.
  llvm::SmallVector<int64_t> rowStrides;
  int64_t columnStride = 0;
  /// Offset of the current batch.
  mlir::Value batchOffset;

  bool variesByRow() const {
    return llvm::any_of(rowStrides, [](int64_t s) { return s != 0; });
  }
};

/// A panel of columns, or what is left of one: `registers` registers wide, of
/// which the last holds `lastLanes` columns.
struct Panel {
  mlir::Value index, firstColumn;
  int64_t registers, lastLanes;
};

/// A tile of rows.
struct Tile {
  mlir::Value firstRow;
  int64_t rows;
  bool prefetch;
};

/// Emits one `qnn_cpu.contract`. LowerContract.cpp has its operands and loops,
/// LowerTile.cpp what happens in a tile.
class ContractLowering {
public:
  /// `parallel`: in pieces, where there is enough work.
  ContractLowering(ContractOp op, bool parallel)
      : op(op), parallel(parallel), builder(op), loc(op.getLoc()),
        schedule(op.getSchedule()), lanes(schedule.getLanes()),
        group(schedule.getGroup()), index(builder, loc),
        dot(builder, loc, schedule,
            {getElementTypeOrSelf(op.getLhs()),
             getElementTypeOrSelf(op.getRhs()), op.getLhsKind(),
             op.getRhsUnsigned()}) {}

  mlir::LogicalResult run();

private:
  mlir::LogicalResult analyzeOperands();
  void mergeRows();
  void forBatches(llvm::ArrayRef<IndexRange> ranges,
                  llvm::function_ref<void()> body);
  void forPanels(const IndexRange &range,
                 llvm::function_ref<void(const Panel &)> body);
  void forTiles(const IndexRange &range,
                llvm::function_ref<void(const Tile &)> body);
  int64_t getNumTiles() const;
  double countInstructions();
  void emitTile(const Panel &panel, const Tile &tile);

  /// Offset of each row of a tile in an operand, in its current batch.
  llvm::SmallVector<mlir::Value> getRowOffsets(const Operand &operand,
                                               const Tile &tile);
  /// One element a lane; a scalar where the operand does not vary along n.
  mlir::Value load(const Operand &operand, mlir::Value rowOffset,
                   const Panel &panel, int64_t q);
  mlir::Value emitInitialValue(const Panel &panel, const Tile &tile);
  mlir::Value emitSegments(const Panel &panel, const Tile &tile,
                           mlir::Value accumulators);
  mlir::Value emitGroups(const Panel &panel, const Tile &tile,
                         mlir::Value lhsOffset, mlir::Value firstGroup,
                         mlir::Value accumulators);
  mlir::Value emitStep(const Panel &panel, const Tile &tile,
                       mlir::Value lhsOffset, mlir::Value rhsGroup,
                       int64_t count, mlir::Value accumulators);
  /// The lanes of register `q` that are columns, added to `sum`, which is null
  /// at first.
  mlir::Value addToSum(mlir::Value sum, mlir::Value addends, const Panel &panel,
                       int64_t q);
  void emitEpilogue(const Panel &panel, const Tile &tile,
                    mlir::Value accumulators);

  mlir::Value
  loop(int64_t from, int64_t to, int64_t step, mlir::Value initial,
       llvm::function_ref<mlir::Value(mlir::Value, mlir::Value)> body);
  mlir::Value getMask(int64_t active);

  /// Whether register `q` has lanes behind the last column.
  bool isPartial(const Panel &panel, int64_t q) const {
    return q + 1 == panel.registers && panel.lastLanes != lanes;
  }

  ContractOp op;
  bool parallel;
  mlir::OpBuilder builder;
  mlir::Location loc;
  ScheduleAttr schedule;
  int64_t lanes, group;
  IndexArithmetic index;
  DotInstruction dot;

  Operand lhs, dest;
  std::optional<Operand> init, sums;
  llvm::SmallVector<Operand> captures;
  mlir::Value rhs, correction;
  llvm::SmallVector<int64_t> batchBounds, rowBounds;
  /// Offsets of the current batch, in groups and in columns.
  mlir::Value rhsBatchGroup, correctionBatch;
  /// Offset of every row of lhs in the current tile.
  llvm::SmallVector<mlir::Value> lhsRows;
};

} // namespace quantc::cpu

#endif // QUANTC_LIB_CODEGEN_CPU_CONTRACTLOWERING_H
