//===- FragmentLowering.h - what each thread of a CTA does ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CODEGEN_NVVM_FRAGMENTLOWERING_H
#define QUANTC_LIB_CODEGEN_NVVM_FRAGMENTLOWERING_H

#include "OperandAccess.h"
#include "quantc/Dialect/GPU/IR/GPUOps.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/DenseMap.h"

namespace quantc::nvvm {

/// The accumulators of one thread, row by row.
using Fragment = llvm::SmallVector<mlir::Value>;

/// Where the 16-byte chunk `chunk` of a tile's row lies in that row: an
/// exclusive or with a key of the row, so that the eight rows that one phase of
/// `ldmatrix` reads lie in different banks. Rows of a left tile are read one
/// after the other. A right tile of `columns` columns a thread is read in pairs
/// of rows that lie `columns` apart.
class Swizzle {
public:
  /// Of the left or the right tile of a schedule.
  Swizzle(ScheduleAttr schedule, mlir::Type element, bool rhs);
  /// Chunks in their order, for tiles that threads read in whole rows.
  static Swizzle none(ScheduleAttr schedule, mlir::Type element);
  /// The position in its row of the first element of a chunk.
  mlir::Value apply(IndexArithmetic &index, mlir::Value row,
                    mlir::Value chunk) const;

  int64_t getChunksPerRow() const { return chunksPerRow; }
  /// Elements of a chunk.
  int64_t getWidth() const { return width; }

private:
  int64_t chunksPerRow, width;
  /// 0 for a left tile.
  int64_t columns;
  bool isIdentity = false;
};

/// Lowers the tile operations of one launch. Accumulators become scalars.
class FragmentLowering {
public:
  explicit FragmentLowering(mlir::gpu::LaunchOp launch);
  void run();

private:
  void locate();
  void lowerBlock(mlir::Block &block);
  void lowerLoop(mlir::scf::ForOp loop);
  /// The sum of two fragments.
  template <typename AddOp>
  void lowerAdd(AddOp add);

  // LowerLoadTile.cpp
  void lower(LoadTileOp op);
  void lower(LoadScalesOp op);

  // LowerMultiplyTile.cpp
  void lower(MultiplyTileOp op);
  void multiplyByTensorCore(MultiplyTileOp op, Fragment &accumulators);
  void multiplyInOrder(MultiplyTileOp op, Fragment &accumulators);
  mlir::Value loadMatrices(mlir::Value tile, mlir::Value row, mlir::Value chunk,
                           const Swizzle &swizzle, int64_t count);

  // LowerInt4Tile.cpp
  /// What a thread reads of a right operand of four bits for 8 columns of its
  /// warp: 16 elements along k in two words, and their scale and offset.
  struct Int4Columns {
    mlir::Value words, scale, offset;
  };
  llvm::SmallVector<Int4Columns> loadInt4(MultiplyTileOp op);
  /// The pairs of scale and offset of the warp's column tiles for this lane.
  llvm::SmallVector<mlir::Value> loadScales(mlir::Value tile);
  /// Both registers for 16 of k.
  std::array<mlir::Value, 2> dequantize(const Int4Columns &columns,
                                        int64_t step);

  // LowerDotTile.cpp
  void lower(DotTileOp op);

  // LowerStoreTile.cpp
  void lower(InitTileOp op);
  void lower(StoreTileOp op);
  /// What lies at a row for all columns of the thread; outside of the iteration
  /// space any other element of the operand.
  llvm::SmallVector<mlir::Value> loadRow(const OperandAccess &access,
                                         mlir::Value batch, mlir::Value row,
                                         mlir::Value firstColumn);
  void storeRow(const OperandAccess &access, mlir::Value batch, mlir::Value row,
                mlir::Value firstColumn, mlir::ValueRange values);
  void addToSums(const OperandAccess &access, mlir::Value batch,
                 mlir::Value row, mlir::Value firstColumn,
                 mlir::ValueRange addends);
  /// Adds a number over lanes whose numbers differ in the bits `distances`, in
  /// this order; all of them have the sum.
  mlir::Value addLanes(mlir::Value sum, llvm::ArrayRef<int64_t> distances);
  mlir::Value createAdd(mlir::Value a, mlir::Value b);
  void ifInside(llvm::ArrayRef<mlir::Value> conditions,
                llvm::function_ref<void()> body);

  /// One of the threads that have the same accumulators; null where no two do.
  mlir::Value isStoring();
  /// Row `r` of the thread's part of a tile, and its first column.
  mlir::Value getRow(mlir::Value firstRow, int64_t r);
  mlir::Value getFirstColumn(mlir::Value first);
  /// Null where tiles never reach beyond the bound.
  mlir::Value isBelow(mlir::Value position, int64_t bound, int64_t tile);
  mlir::Value clamp(mlir::Value position, int64_t bound, int64_t tile,
                    int64_t width = 1);

  mlir::gpu::LaunchOp launch;
  mlir::Location loc;
  mlir::OpBuilder builder;
  IndexArithmetic index;
  llvm::DenseMap<mlir::Value, Fragment> fragments;
  llvm::SmallVector<mlir::Operation *> dead;
  ScheduleAttr schedule;
  SpaceAttr space;
  /// Thread in its CTA, lane in its warp, and the first row and column of the
  /// warp's part of a tile.
  mlir::Value thread, lane, warpRow, warpColumn;
};

} // namespace quantc::nvvm

#endif // QUANTC_LIB_CODEGEN_NVVM_FRAGMENTLOWERING_H
