//===- LowerDotTile.cpp - a few rows, straight from memory ----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Lane l of a warp takes the 16-byte chunks l, l + 32, ... of k, of every row
// and column of the warp; the lanes' sums are added by shuffles.
//
//===----------------------------------------------------------------------===//

#include "FragmentLowering.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::nvvm;

/// Whether all chunks of k lie at multiples of 16 bytes, in one piece.
static bool isInChunks(const OperandAccess &access, int64_t extent) {
  return access.k.isSingle() && access.k.getInnerStride() == 1 &&
         extent % 16 == 0 && access.getAlignment(16) == 16 &&
         access.nStride % 16 == 0;
}

namespace {

/// The chunks of one operand.
class ChunkReader {
public:
  ChunkReader(OpBuilder &builder, IndexArithmetic &index, Location loc,
              Value operand, AffineMap map, SpaceAttr space)
      : access(builder, loc, operand, map, space), builder(builder),
        index(index), loc(loc), extent(space.getKSize()),
        aligned(isInChunks(access, extent)) {}

  /// `k` is below the extent.
  Value read(Value rowOffset, Value k) {
    if (!aligned)
      return gatherChunk(builder, index, loc, access, rowOffset, k, Value(),
                         extent % 16 ? std::optional(extent) : std::nullopt);
    return vector::LoadOp::create(
        builder, loc, VectorType::get(16, access.element), access.base,
        ValueRange{index.add(rowOffset, k)}, /*nontemporal=*/false,
        llvm::MaybeAlign(16));
  }

  const OperandAccess access;

private:
  OpBuilder &builder;
  IndexArithmetic &index;
  Location loc;
  int64_t extent;
  bool aligned;
};

} // namespace

static NVVM::DotAccumulateTypeAttr getKind(Type element) {
  return NVVM::DotAccumulateTypeAttr::get(
      element.getContext(), element.isUnsignedInteger()
                                ? NVVM::DotAccumulateType::UNSIGNED
                                : NVVM::DotAccumulateType::SIGNED);
}

/// Rows and columns outside of the iteration space are replaced by others.
void FragmentLowering::lower(DotTileOp op) {
  int64_t rows = schedule.getThreadRows(),
          columns = schedule.getThreadColumns();
  ArrayRef<int64_t> tile = schedule.getTile();
  ChunkReader lhs(builder, index, loc, op.getLhs(), op.getLhsMap(), space);
  ChunkReader rhs(builder, index, loc, op.getRhs(), op.getRhsMap(), space);
  SmallVector<Value> rowOffsets, columnOffsets;
  for (int64_t r = 0; r < rows; ++r) {
    Value row = clamp(getRow(op.getM(), r), space.getMSize(), tile[0]);
    rowOffsets.push_back(
        index.add(lhs.access.batch.getOffset(index, op.getBatch()),
                  lhs.access.m.getOffset(index, row)));
  }
  Value firstColumn = getFirstColumn(op.getN());
  for (int64_t c = 0; c < columns; ++c) {
    Value column = clamp(index.add(firstColumn, c), space.getN(), tile[1]);
    columnOffsets.push_back(
        index.add(rhs.access.batch.getOffset(index, op.getBatch()),
                  index.mul(column, rhs.access.nStride)));
  }

  Value zero = arith::ConstantIntOp::create(builder, loc, 0, 32);
  auto loop = scf::ForOp::create(
      builder, loc, index.mul(lane, 16), index.constant(space.getKSize()),
      index.constant(tile[2]), SmallVector<Value>(rows * columns, zero));
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    Value k = loop.getInductionVar();
    SmallVector<Value> left, right, sums(loop.getRegionIterArgs());
    for (Value offset : rowOffsets)
      left.push_back(lhs.read(offset, k));
    for (Value offset : columnOffsets)
      right.push_back(rhs.read(offset, k));
    auto getWord = [&](Value chunk, int64_t word) -> Value {
      return vector::ExtractStridedSliceOp::create(builder, loc, chunk,
                                                   4 * word, 4, 1);
    };
    for (int64_t word = 0; word < 4; ++word)
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t c = 0; c < columns; ++c) {
          Value &sum = sums[r * columns + c];
          sum = NVVM::DotAccumulate4WayOp::create(
              builder, loc, sum.getType(), getWord(left[r], word),
              getKind(op.getLhsElement()), getWord(right[c], word),
              getKind(op.getRhsElement()), sum);
        }
    scf::YieldOp::create(builder, loc, sums);
  }
  Fragment fragment = fragments.lookup(op.getAccumulators());
  for (auto [accumulator, sum] : llvm::zip_equal(fragment, loop.getResults()))
    accumulator = arith::AddIOp::create(builder, loc, accumulator,
                                        addLanes(sum, {16, 8, 4, 2, 1}));
  fragments[op.getResult()] = std::move(fragment);
}
