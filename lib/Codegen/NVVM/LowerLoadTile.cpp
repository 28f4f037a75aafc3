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

/// Where neighbouring rows are adjacent in memory, how many of them fill four
/// bytes that never cross a bound and are aligned; 1 where there are none.
static int64_t getRowsTogether(const OperandAccess &access, bool isRhs,
                               int64_t bound) {
  int64_t width = 32 / access.element.getIntOrFloatBitWidth();
  int64_t rowStride = isRhs ? access.nStride : access.m.getInnerStride();
  bool isWhole =
      isRhs || access.m.isSingle() || access.m.getInnerBound() % width == 0;
  if (access.k.getInnerStride() == 1 || rowStride != 1 || !isWhole ||
      bound % width)
    return 1;
  SmallVector<int64_t> strides = llvm::to_vector(llvm::concat<const int64_t>(
      access.batch.getStrides(), access.k.getStrides()));
  if (!isRhs)
    llvm::append_range(strides, access.m.getStrides().drop_back());
  bool isAligned = access.getOffsetAlignment(width) == width &&
                   llvm::all_of(strides, [&](int64_t stride) {
                     return stride % width == 0;
                   });
  return isAligned ? width : 1;
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
        together(getRowsTogether(access, op.getRhs(), bound)),
        batchOffset(access.batch.getOffset(index, op.getBatch())),
        firstK(op.getPacked() ? index.div(op.getK(), 2) : op.getK()) {}

  void run(Value thread);

private:
  void emitChunk(Value row, Value chunk);
  void runInBlocks(Value thread);
  void emitBlock(Value row, Value chunk);
  void guard(Value id, int64_t first, int64_t total, function_ref<void()> body);
  void copy(Value row, Value column, Value rowOffset, Value inTile);
  void gather(Value row, Value column, Value rowOffset, Value k);
  Value getRowOffset(Value position) {
    return op.getRhs() ? index.mul(position, access.nStride)
                       : access.m.getOffset(index, position);
  }
  /// Of k, where tiles reach beyond it.
  std::optional<int64_t> getExtent() {
    int64_t extent = space.getKSize();
    return extent % schedule.getTile()[2] ? std::optional(extent)
                                          : std::nullopt;
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
  /// Rows that one load reads.
  int64_t together;
  Value batchOffset, firstK;
  /// Whether the row at hand is inside of the iteration space; null where all
  /// are.
  Value isRow;
};

} // namespace

/// Emits `body` for the threads whose `id`, from `first` on, is below `total`.
void TileCopy::guard(Value id, int64_t first, int64_t total,
                     function_ref<void()> body) {
  if (first + schedule.getNumThreads() <= total)
    return body();
  auto guarded = scf::IfOp::create(builder, loc, below(id, total),
                                   /*withElse=*/false);
  OpBuilder::InsertionGuard insertion(builder);
  builder.setInsertionPoint(guarded.thenYield());
  body();
}

void TileCopy::run(Value thread) {
  if (!copyWidth && together > 1 && rows % together == 0)
    return runInBlocks(thread);
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
    guard(id, first, total, [&] { emitChunk(row, chunk); });
  }
}

/// A thread has a block of rows of one chunk, which it transposes. Four chunks
/// beside each other keep neighbours in different banks where they store, and
/// eight blocks along the rows are the 32 bytes that memory is read by.
void TileCopy::runInBlocks(Value thread) {
  int64_t chunks = swizzle.getChunksPerRow(), blocks = rows / together;
  int64_t beside = std::min<int64_t>(chunks, 4), total = blocks * chunks;
  for (int64_t first = 0; first < total; first += schedule.getNumThreads()) {
    Value id = index.add(thread, first), rest = index.div(id, beside);
    Value row = index.mul(index.rem(rest, blocks), together);
    Value chunk = index.add(index.rem(id, beside),
                            index.mul(index.div(rest, blocks), beside));
    guard(id, first, total, [&] { emitBlock(row, chunk); });
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
  Value chunk = gatherChunk(builder, index, loc, access, rowOffset, k, isRow,
                            getExtent());
  vector::StoreOp::create(builder, loc, chunk, op.getTile(),
                          ValueRange{row, column}, /*nontemporal=*/false,
                          llvm::MaybeAlign(16));
}

/// The rows of a square of words as its columns: of `words[k]`, which has an
/// element of each row, `words[row]`, which has one of each k.
static SmallVector<Value> transpose(OpBuilder &builder, Location loc,
                                    SmallVector<Value> words) {
  auto shuffle = [&](Value a, Value b, ArrayRef<int64_t> mask) -> Value {
    return vector::ShuffleOp::create(builder, loc, a, b, mask);
  };
  if (words.size() == 2)
    return {shuffle(words[0], words[1], {0, 2}),
            shuffle(words[0], words[1], {1, 3})};
  Value low01 = shuffle(words[0], words[1], {0, 4, 1, 5}),
        high01 = shuffle(words[0], words[1], {2, 6, 3, 7}),
        low23 = shuffle(words[2], words[3], {0, 4, 1, 5}),
        high23 = shuffle(words[2], words[3], {2, 6, 3, 7});
  return {shuffle(low01, low23, {0, 1, 4, 5}),
          shuffle(low01, low23, {2, 3, 6, 7}),
          shuffle(high01, high23, {0, 1, 4, 5}),
          shuffle(high01, high23, {2, 3, 6, 7})};
}

/// `together` rows of one chunk: words along the rows, transposed.
void TileCopy::emitBlock(Value row, Value chunk) {
  int64_t width = swizzle.getWidth();
  Value position = index.add(op.getRow(), row);
  isRow = bound % rows ? below(position, bound) : Value();
  Value rowOffset = index.add(batchOffset, getRowOffset(position));
  Value k = index.add(firstK, index.mul(chunk, width));
  SmallVector<SmallVector<Value>> chunks(together);
  SmallVector<Value> square;
  for (Value word :
       gatherAlongK(builder, index, loc, access, rowOffset, k, isRow,
                    getExtent(), VectorType::get(together, access.element))) {
    square.push_back(word);
    if (int64_t(square.size()) < together)
      continue;
    for (auto [part, rowOfSquare] :
         llvm::zip_equal(chunks, transpose(builder, loc, std::move(square))))
      part.push_back(rowOfSquare);
    square.clear();
  }
  auto i32 = VectorType::get(1, builder.getI32Type());
  for (auto [r, parts] : llvm::enumerate(chunks)) {
    SmallVector<Value> words;
    for (Value part : parts)
      words.push_back(vector::ExtractOp::create(
          builder, loc, vector::BitCastOp::create(builder, loc, i32, part), 0));
    Value all = vector::FromElementsOp::create(
        builder, loc, VectorType::get(4, builder.getI32Type()), words);
    all = vector::BitCastOp::create(
        builder, loc, VectorType::get(width, access.element), all);
    Value target = index.add(row, int64_t(r));
    vector::StoreOp::create(
        builder, loc, all, op.getTile(),
        ValueRange{target, swizzle.apply(index, target, chunk)},
        /*nontemporal=*/false, llvm::MaybeAlign(16));
  }
}

void FragmentLowering::lower(LoadTileOp op) {
  TileCopy(builder, index, op).run(thread);
}
