//===- LowerDotTile.cpp - a few rows, straight from memory ----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Lane l of a warp takes the 16-byte chunks l, l + 32, ... of k, of every row
// and column of the warp; the lanes' sums are added by shuffles, those of lanes
// that lie 16 apart first. So floats have an order, too.
//
//===----------------------------------------------------------------------===//

#include "FragmentLowering.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::nvvm;

/// Elements of a chunk of 16 bytes.
static int64_t getWidth(const OperandAccess &access) {
  return 128 / access.element.getIntOrFloatBitWidth();
}

/// Whether all chunks of k lie at multiples of 16 bytes, in one piece.
static bool isInChunks(const OperandAccess &access, int64_t extent) {
  int64_t width = getWidth(access);
  return access.k.isSingle() && access.k.getInnerStride() == 1 &&
         extent % width == 0 && access.getAlignment(width) == width &&
         access.nStride % width == 0;
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
                         extent % getWidth(access) ? std::optional(extent)
                                                   : std::nullopt);
    return vector::LoadOp::create(
        builder, loc, VectorType::get(getWidth(access), access.element),
        access.base, ValueRange{index.add(rowOffset, k)}, /*nontemporal=*/false,
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

/// Adds the products of one chunk of all rows and columns to `sums`, four bytes
/// at a time.
static void addByteProducts(OpBuilder &builder, DotTileOp op,
                            ArrayRef<Value> left, ArrayRef<Value> right,
                            MutableArrayRef<Value> sums) {
  Location loc = op.getLoc();
  auto getWord = [&](Value chunk, int64_t word) -> Value {
    return vector::ExtractStridedSliceOp::create(builder, loc, chunk, 4 * word,
                                                 4, 1);
  };
  for (int64_t word = 0; word < 4; ++word)
    for (size_t r = 0; r < left.size(); ++r)
      for (size_t c = 0; c < right.size(); ++c) {
        Value &sum = sums[r * right.size() + c];
        sum = NVVM::DotAccumulate4WayOp::create(
            builder, loc, sum.getType(), getWord(left[r], word),
            getKind(op.getLhsElement()), getWord(right[c], word),
            getKind(op.getRhsElement()), sum);
      }
}

/// The same for floats, which f32 holds exactly, and so their products: each
/// rounds once, where it is added.
static void addFloatProducts(OpBuilder &builder, DotTileOp op,
                             ArrayRef<Value> left, ArrayRef<Value> right,
                             MutableArrayRef<Value> sums) {
  Location loc = op.getLoc();
  auto getNumber = [&](Value chunk, int64_t i, Type type) -> Value {
    Value element = vector::ExtractOp::create(builder, loc, chunk, i);
    if (element.getType() != type)
      element = arith::BitcastOp::create(builder, loc, type, element);
    return arith::ExtFOp::create(builder, loc, builder.getF32Type(), element);
  };
  int64_t width = cast<VectorType>(left[0].getType()).getNumElements();
  for (int64_t i = 0; i < width; ++i) {
    SmallVector<Value> a;
    for (Value chunk : left)
      a.push_back(getNumber(chunk, i, op.getLhsElement()));
    for (auto [c, chunk] : llvm::enumerate(right)) {
      Value b = getNumber(chunk, i, op.getRhsElement());
      for (size_t r = 0; r < left.size(); ++r) {
        Value &sum = sums[r * right.size() + c];
        sum = math::FmaOp::create(builder, loc, a[r], b, sum);
      }
    }
  }
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

  Fragment fragment = fragments.lookup(op.getAccumulators());
  Type type = fragment[0].getType();
  Value zero =
      arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
  auto loop = scf::ForOp::create(
      builder, loc, index.mul(lane, getWidth(rhs.access)),
      index.constant(space.getKSize()), index.constant(tile[2]),
      SmallVector<Value>(rows * columns, zero));
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    Value k = loop.getInductionVar();
    SmallVector<Value> left, right, sums(loop.getRegionIterArgs());
    for (Value offset : rowOffsets)
      left.push_back(lhs.read(offset, k));
    for (Value offset : columnOffsets)
      right.push_back(rhs.read(offset, k));
    if (isa<IntegerType>(type))
      addByteProducts(builder, op, left, right, sums);
    else
      addFloatProducts(builder, op, left, right, sums);
    scf::YieldOp::create(builder, loc, sums);
  }
  for (auto [accumulator, sum] : llvm::zip_equal(fragment, loop.getResults()))
    accumulator = createAdd(accumulator, addLanes(sum, {16, 8, 4, 2, 1}));
  fragments[op.getResult()] = std::move(fragment);
}
