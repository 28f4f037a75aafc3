//===- LowerLoadTile.cpp - from global to shared memory -------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FragmentLowering.h"

#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::nvvm;

/// How many elements along k one asynchronous copy can take: 16, 8 or 4 bytes
/// that are adjacent and aligned. None where that is nowhere sure.
static std::optional<int64_t> getCopyWidth(const OperandAccess &access) {
  int64_t bytes = access.element.getIntOrFloatBitWidth() / 8;
  const LinearDims &k = access.k;
  for (int64_t width : {16 / bytes, 8 / bytes, 4 / bytes}) {
    bool isAdjacent = k.getInnerStride() == 1 || width == 1;
    bool isWhole = k.isSingle() || k.getInnerBound() % width == 0;
    bool isAligned =
        access.getAlignment(width) % width == 0 && access.nStride % width == 0;
    for (int64_t stride : k.getStrides().drop_back(k.getStrides().size() > 0))
      isAligned &= stride % width == 0;
    if (isAdjacent && isWhole && isAligned)
      return width;
  }
  return std::nullopt;
}

namespace {

/// The copies of one thread for one tile.
class TileCopy {
public:
  TileCopy(OpBuilder &builder, IndexArithmetic &index, LoadTileOp op)
      : builder(builder), index(index), loc(op.getLoc()), op(op),
        space(op.getSpace()), schedule(op.getSchedule()),
        access(builder, loc, op.getSource(), op.getMap(), space),
        swizzle(op.getPacked()
                    ? Swizzle::none(schedule, access.element)
                    : Swizzle(schedule, access.element, op.getRhs())),
        rows(schedule.getTile()[op.getRhs() ? 1 : 0]),
        bound(op.getRhs() ? space.getN() : space.getMSize()),
        copyWidth(getCopyWidth(access)),
        batchOffset(access.batch.getOffset(index, op.getBatch())),
        firstK(op.getPacked() ? index.div(op.getK(), 2) : op.getK()) {}

  void run(Value thread);

private:
  void emitChunk(Value row, Value chunk);
  void copy(Value row, Value column, Value rowOffset, Value inTile);
  void gather(Value row, Value column, Value rowOffset, Value k);
  Value getRowOffset(Value position) {
    return op.getRhs() ? index.mul(position, access.nStride)
                       : access.m.getOffset(index, position);
  }
  Value below(Value position, int64_t limit) {
    return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ult,
                                 position, index.constant(limit));
  }

  OpBuilder &builder;
  IndexArithmetic &index;
  Location loc;
  LoadTileOp op;
  SpaceAttr space;
  ScheduleAttr schedule;
  OperandAccess access;
  Swizzle swizzle;
  int64_t rows, bound;
  std::optional<int64_t> copyWidth;
  Value batchOffset, firstK;
  /// Whether the row at hand is inside of the iteration space; null where all
  /// are.
  Value isRow;
};

} // namespace

void TileCopy::run(Value thread) {
  int64_t threads = schedule.getNumThreads();
  int64_t chunks = swizzle.getChunksPerRow(), total = rows * chunks;
  // Neighbouring threads read neighbouring addresses: along k, or along the
  // rows where it is these that are adjacent.
  int64_t rowStride = op.getRhs() ? access.nStride : access.m.getInnerStride();
  bool alongRows = access.k.getInnerStride() != 1 && rowStride == 1;
  for (int64_t first = 0; first < total; first += threads) {
    Value id = index.add(thread, first);
    Value row, chunk;
    if (alongRows) {
      row = index.rem(id, rows);
      chunk = index.div(id, rows);
    } else {
      row = index.add(index.div(thread, chunks), first / chunks);
      chunk = index.rem(thread, chunks);
    }
    if (first + threads <= total) {
      emitChunk(row, chunk);
      continue;
    }
    auto guard = scf::IfOp::create(builder, loc, below(id, total),
                                   /*withElse=*/false);
    OpBuilder::InsertionGuard insertion(builder);
    builder.setInsertionPoint(guard.thenYield());
    emitChunk(row, chunk);
  }
}

void TileCopy::emitChunk(Value row, Value chunk) {
  Value position = index.add(op.getRow(), row);
  isRow = bound % rows ? below(position, bound) : Value();
  Value rowOffset = index.add(batchOffset, getRowOffset(position));
  Value inTile = index.mul(chunk, swizzle.getWidth());
  Value column = swizzle.apply(index, row, chunk);
  if (!copyWidth)
    return gather(row, column, rowOffset, index.add(firstK, inTile));
  for (int64_t i = 0; i < swizzle.getWidth(); i += *copyWidth)
    copy(row, index.add(column, i), rowOffset, index.add(inTile, i));
}

void TileCopy::copy(Value row, Value column, Value rowOffset, Value inTile) {
  int64_t width = *copyWidth, extent = space.getKSize(),
          tile = schedule.getTile()[2];
  // What is not copied is filled with zeros.
  Value count;
  if (extent % tile) {
    Value end = index.constant(extent), k = index.add(firstK, inTile);
    Value left = arith::SubIOp::create(
        builder, loc, end, arith::MinUIOp::create(builder, loc, k, end));
    count = arith::MinUIOp::create(builder, loc, left, index.constant(width));
  }
  if (isRow)
    count = arith::SelectOp::create(builder, loc, isRow,
                                    count ? count : index.constant(width),
                                    index.constant(0));
  Value offset =
      index.add(rowOffset, access.k.getOffset(index, firstK, inTile, tile));
  int64_t bytes = width * access.element.getIntOrFloatBitWidth() / 8;
  nvgpu::DeviceAsyncCopyOp::create(
      builder, loc, nvgpu::DeviceAsyncTokenType::get(builder.getContext()),
      op.getTile(), ValueRange{row, column}, access.base, offset,
      builder.getIndexAttr(width), count,
      bytes == 16 ? builder.getUnitAttr() : UnitAttr());
}

/// Elements one by one.
void TileCopy::gather(Value row, Value column, Value rowOffset, Value k) {
  int64_t extent = space.getKSize();
  bool isWhole = extent % schedule.getTile()[2] == 0;
  Value chunk = gatherChunk(builder, index, loc, access, rowOffset, k, isRow,
                            isWhole ? std::nullopt : std::optional(extent));
  vector::StoreOp::create(builder, loc, chunk, op.getTile(),
                          ValueRange{row, column}, /*nontemporal=*/false,
                          llvm::MaybeAlign(16));
}

void FragmentLowering::lower(LoadTileOp op) {
  TileCopy(builder, index, op).run(thread);
}
