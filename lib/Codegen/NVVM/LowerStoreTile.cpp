//===- LowerStoreTile.cpp - initial values and the epilogue ---------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FragmentLowering.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::nvvm;

/// How many adjacent columns of a thread can be read or written at once.
static int64_t getVectorWidth(const OperandAccess &access, int64_t columns,
                              int64_t n) {
  int64_t bits = access.element.getIntOrFloatBitWidth();
  if (access.nStride != 1 || n % columns || bits < 8)
    return 1;
  return access.getAlignment(std::min(columns, 128 / bits));
}

static llvm::MaybeAlign getAlign(const OperandAccess &access, int64_t width) {
  return llvm::MaybeAlign(width * access.element.getIntOrFloatBitWidth() / 8);
}

SmallVector<Value> FragmentLowering::loadRow(const OperandAccess &access,
                                             Value batch, Value row,
                                             Value firstColumn) {
  int64_t columns = schedule.getThreadColumns(), n = space.getN();
  int64_t tile = schedule.getTile()[1];
  row = clamp(row, space.getMSize(), schedule.getTile()[0]);
  Value offset = index.add(access.batch.getOffset(index, batch),
                           access.m.getOffset(index, row));
  auto load = [&](Value at) -> Value {
    return memref::LoadOp::create(builder, loc, access.base, at);
  };
  if (access.nStride == 0)
    return SmallVector<Value>(columns, load(offset));
  SmallVector<Value> values;
  int64_t width = getVectorWidth(access, columns, n);
  if (width == 1) {
    for (int64_t c = 0; c < columns; ++c) {
      Value column = clamp(index.add(firstColumn, c), n, tile);
      values.push_back(
          load(index.add(offset, index.mul(column, access.nStride))));
    }
    return values;
  }
  Value first =
      index.add(offset, clamp(firstColumn, n, tile, /*width=*/columns));
  auto type = VectorType::get(width, access.element);
  for (int64_t c = 0; c < columns; c += width) {
    Value vector = vector::LoadOp::create(
        builder, loc, type, access.base, ValueRange{index.add(first, c)},
        /*nontemporal=*/false, getAlign(access, width));
    for (int64_t i = 0; i < width; ++i)
      values.push_back(vector::ExtractOp::create(builder, loc, vector, i));
  }
  return values;
}

void FragmentLowering::ifInside(ArrayRef<Value> conditions,
                                function_ref<void()> body) {
  Value all;
  for (Value condition : conditions)
    if (condition)
      all = all ? Value(arith::AndIOp::create(builder, loc, all, condition))
                : condition;
  if (!all)
    return body();
  auto guard = scf::IfOp::create(builder, loc, all, /*withElse=*/false);
  OpBuilder::InsertionGuard insertion(builder);
  builder.setInsertionPoint(guard.thenYield());
  body();
}

void FragmentLowering::storeRow(const OperandAccess &access, Value batch,
                                Value row, Value firstColumn,
                                ValueRange values) {
  int64_t columns = schedule.getThreadColumns(), n = space.getN();
  int64_t tile = schedule.getTile()[1];
  Value offset = index.add(access.batch.getOffset(index, batch),
                           access.m.getOffset(index, row));
  Value isRow = isBelow(row, space.getMSize(), schedule.getTile()[0]);
  int64_t width = getVectorWidth(access, columns, n);
  if (width == 1) {
    for (int64_t c = 0; c < columns; ++c) {
      Value column = index.add(firstColumn, c);
      ifInside({isStoring(), isRow, isBelow(column, n, tile)}, [&] {
        memref::StoreOp::create(
            builder, loc, values[c], access.base,
            index.add(offset, index.mul(column, access.nStride)));
      });
    }
    return;
  }
  // The thread's columns are all inside or all outside.
  Value first = index.add(offset, firstColumn);
  auto type = VectorType::get(width, access.element);
  ifInside({isStoring(), isRow, isBelow(firstColumn, n, tile)}, [&] {
    for (int64_t c = 0; c < columns; c += width) {
      Value vector = vector::FromElementsOp::create(builder, loc, type,
                                                    values.slice(c, width));
      vector::StoreOp::create(builder, loc, vector, access.base,
                              ValueRange{index.add(first, c)},
                              /*nontemporal=*/false, getAlign(access, width));
    }
  });
}

Value FragmentLowering::addLanes(Value sum, ArrayRef<int64_t> distances) {
  Value width = arith::ConstantIntOp::create(builder, loc, 32, 32);
  for (int64_t distance : distances) {
    Value offset = arith::ConstantIntOp::create(builder, loc, distance, 32);
    auto other = gpu::ShuffleOp::create(builder, loc, sum, offset, width,
                                        gpu::ShuffleMode::XOR);
    sum = createAdd(sum, other.getShuffleResult());
  }
  return sum;
}

Value FragmentLowering::createAdd(Value a, Value b) {
  if (isa<IntegerType>(a.getType()))
    return arith::AddIOp::create(builder, loc, a, b);
  return arith::AddFOp::create(builder, loc, a, b);
}

/// Adds the columns of a thread, then of the four threads that share a row, and
/// these to memory: integers, so that the order does not matter.
void FragmentLowering::addToSums(const OperandAccess &access, Value batch,
                                 Value row, Value firstColumn,
                                 ValueRange addends) {
  int64_t n = space.getN();
  Value zero = arith::ConstantIntOp::create(builder, loc, 0, 32);
  Value sum = zero;
  for (auto [c, addend] : llvm::enumerate(addends)) {
    Value column = index.add(firstColumn, c);
    if (Value inside = isBelow(column, n, schedule.getTile()[1]))
      addend = arith::SelectOp::create(builder, loc, inside, addend, zero);
    sum = arith::AddIOp::create(builder, loc, sum, addend);
  }
  Value isFirst = isStoring();
  if (!isFirst) {
    sum = addLanes(sum, {1, 2});
    isFirst = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                                    index.rem(lane, 4), index.constant(0));
  }
  ifInside(
      {isFirst, isBelow(row, space.getMSize(), schedule.getTile()[0])}, [&] {
        Value offset = index.add(access.batch.getOffset(index, batch),
                                 access.m.getOffset(index, row));
        memref::AtomicRMWOp::create(builder, loc, arith::AtomicRMWKind::addi,
                                    sum, access.base, offset);
      });
}

void FragmentLowering::lower(InitTileOp op) {
  int64_t rows = schedule.getThreadRows(),
          columns = schedule.getThreadColumns();
  Fragment &fragment = fragments[op.getResult()];
  if (!op.getInit()) {
    Type element = cast<VectorType>(op.getType()).getElementType();
    Value zero =
        arith::ConstantOp::create(builder, loc, builder.getZeroAttr(element));
    fragment.assign(rows * columns, zero);
    return;
  }
  OperandAccess access(builder, loc, op.getInit(), *op.getMap(), op.getSpace());
  Value firstColumn = getFirstColumn(op.getN());
  SmallVector<Value> values;
  for (int64_t r = 0; r < rows; ++r) {
    if (r == 0 || !access.m.isConstant())
      values =
          loadRow(access, op.getBatch(), getRow(op.getM(), r), firstColumn);
    llvm::append_range(fragment, values);
  }
}

void FragmentLowering::lower(StoreTileOp op) {
  int64_t rows = schedule.getThreadRows(),
          columns = schedule.getThreadColumns();
  auto getAccess = [&](Value value, unsigned i) {
    AffineMap map = cast<AffineMapAttr>(op.getMaps()[i]).getValue();
    return OperandAccess(builder, loc, value, map, op.getSpace());
  };
  SmallVector<OperandAccess, 0> captures;
  for (auto [i, capture] : llvm::enumerate(op.getCaptures()))
    captures.push_back(getAccess(capture, i));
  unsigned destMap = captures.size();
  OperandAccess dest = getAccess(op.getDest(), destMap);
  std::optional<OperandAccess> sums;
  if (op.getSums())
    sums = getAccess(op.getSums(), destMap + 1);

  Value firstColumn = getFirstColumn(op.getN());
  ArrayRef<Value> accumulators = fragments[op.getAccumulators()];
  SmallVector<SmallVector<Value>> captured(captures.size());
  Block &body = op.getEpilogue().front();
  for (int64_t r = 0; r < rows; ++r) {
    Value row = getRow(op.getM(), r);
    for (auto [access, values] : llvm::zip_equal(captures, captured))
      if (r == 0 || !access.m.isConstant())
        values = loadRow(access, op.getBatch(), row, firstColumn);
    SmallVector<Value> elements, addends;
    for (int64_t c = 0; c < columns; ++c) {
      IRMapping mapping;
      mapping.map(body.getArgument(0), accumulators[r * columns + c]);
      for (auto [argument, values] :
           llvm::zip_equal(body.getArguments().drop_front(), captured))
        mapping.map(argument, values[c]);
      for (Operation &inner : body.without_terminator())
        builder.clone(inner, mapping);
      ValueRange yielded = body.getTerminator()->getOperands();
      elements.push_back(mapping.lookupOrDefault(yielded[0]));
      if (sums)
        addends.push_back(mapping.lookupOrDefault(yielded[1]));
    }
    storeRow(dest, op.getBatch(), row, firstColumn, elements);
    if (sums)
      addToSums(*sums, op.getBatch(), row, firstColumn, addends);
  }
}
