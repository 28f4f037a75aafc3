//===- LowerPack.cpp - packing weights at run time ------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Keys and values of an attention, and every other right operand that is no
// constant. A register of packed weights is made of `group` rows of k where n
// is adjacent in memory (a transposition of bytes by interleaving), else of one
// group a column.
//
//===----------------------------------------------------------------------===//

#include "DotInstruction.h"
#include "KernelLowering.h"
#include "WorkPieces.h"
#include "quantc/Codegen/Contraction/FlatAccess.h"
#include "quantc/Codegen/Contraction/IndexArithmetic.h"
#include "quantc/Codegen/Contraction/LinearAccess.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::cpu;

namespace {

class PackLowering {
public:
  PackLowering(PackOp op, bool parallel)
      : op(op), parallel(parallel), builder(op), loc(op.getLoc()),
        schedule(op.getSchedule()), lanes(schedule.getLanes()),
        group(schedule.getGroup()), index(builder, loc),
        element(getElementTypeOrSelf(op.getSource())),
        dot(builder, loc, schedule,
            {element, element, LhsKind::Offset, op.getRhsUnsigned()}) {}

  LogicalResult run();

private:
  /// Positions along n and k, of which `columns` and `count` exist.
  Value loadRegister(Value offset, int64_t columns, int64_t count);
  Value loadRow(Value offset, int64_t columns);
  Value loadColumn(Value offset, int64_t count);

  /// `ranges`: of the batch dimensions and of panels.
  void emitBatch(ArrayRef<IndexRange> ranges, ArrayRef<Value> position);
  void emitPanel(Value panel, ArrayRef<int64_t> columns);
  /// Offsets in source and in groups of the segment's begin.
  SmallVector<Value> emitSegment(Value sourceOffset, Value firstGroup,
                                 ArrayRef<int64_t> columns, ValueRange sums);
  SmallVector<Value> emitGroup(Value sourceOffset, Value groupIndex,
                               ArrayRef<int64_t> columns, int64_t count,
                               ValueRange sums);

  using Body = function_ref<SmallVector<Value>(Value, ValueRange)>;
  SmallVector<Value> loop(int64_t to, ValueRange initial, Body body);

  PackOp op;
  bool parallel;
  OpBuilder builder;
  Location loc;
  ScheduleAttr schedule;
  int64_t lanes, group;
  IndexArithmetic index;
  Type element;
  DotInstruction dot;

  FlatAccess source;
  Value packed, correction;
  int64_t nStride = 0, kStride = 0;
  Value sourceBatch, packedBatch, correctionBatch;
};

} // namespace

SmallVector<Value> PackLowering::loop(int64_t to, ValueRange initial,
                                      Body body) {
  if (to == 0)
    return SmallVector<Value>(initial);
  if (to == 1)
    return body(index.constant(0), initial);
  auto loop =
      scf::ForOp::create(builder, loc, index.constant(0), index.constant(to),
                         index.constant(1), initial);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  SmallVector<Value> results =
      body(loop.getInductionVar(), loop.getRegionIterArgs());
  if (!initial.empty())
    scf::YieldOp::create(builder, loc, results);
  return SmallVector<Value>(loop.getResults());
}

/// `columns` elements along n, zeros behind them.
Value PackLowering::loadRow(Value offset, int64_t columns) {
  auto type = VectorType::get({lanes}, element);
  if (columns == lanes)
    return vector::LoadOp::create(builder, loc, type, source.base, offset);
  SmallVector<bool> bits(lanes, false);
  std::fill_n(bits.begin(), columns, true);
  Value mask = arith::ConstantOp::create(
      builder, loc,
      DenseElementsAttr::get(VectorType::get({lanes}, builder.getI1Type()),
                             bits));
  Value zero =
      arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
  return vector::MaskedLoadOp::create(builder, loc, type, source.base, offset,
                                      mask, zero);
}

/// `count` elements along k, zeros behind them.
Value PackLowering::loadColumn(Value offset, int64_t count) {
  auto type = VectorType::get({group}, element);
  if (count == group && kStride == 1)
    return vector::LoadOp::create(builder, loc, type, source.base, offset);
  Value result =
      arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
  for (int64_t k = 0; k < count; ++k) {
    Value value = memref::LoadOp::create(builder, loc, source.base,
                                         index.add(offset, k * kStride));
    result = vector::InsertOp::create(builder, loc, value, result,
                                      ArrayRef<int64_t>{k});
  }
  return result;
}

Value PackLowering::loadRegister(Value offset, int64_t columns, int64_t count) {
  auto flat = VectorType::get({lanes * group}, element);
  if (nStride == 1) {
    SmallVector<Value> rows;
    for (int64_t k = 0; k < group; ++k)
      rows.push_back(
          k < count
              ? loadRow(index.add(offset, k * kStride), columns)
              : Value(arith::ConstantOp::create(
                    builder, loc,
                    builder.getZeroAttr(VectorType::get({lanes}, element)))));
    // 0 1 2 3 -> 02 13 -> 0123
    while (rows.size() > 1) {
      SmallVector<Value> pairs;
      size_t half = rows.size() / 2;
      for (size_t i = 0; i < half; ++i)
        pairs.push_back(vector::InterleaveOp::create(builder, loc, rows[i],
                                                     rows[i + half]));
      rows = pairs;
    }
    return rows[0];
  }
  auto type = VectorType::get({lanes, group}, element);
  Value result =
      arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
  for (int64_t n = 0; n < columns; ++n)
    result = vector::InsertOp::create(
        builder, loc, loadColumn(index.add(offset, n * nStride), count), result,
        ArrayRef<int64_t>{n});
  return vector::ShapeCastOp::create(builder, loc, flat, result);
}

SmallVector<Value> PackLowering::emitGroup(Value sourceOffset, Value groupIndex,
                                           ArrayRef<int64_t> columns,
                                           int64_t count, ValueRange sums) {
  int64_t registerElements = lanes * group;
  Value offset = index.mul(groupIndex, schedule.getPanelWidth() * group);
  SmallVector<Value> results;
  for (auto [q, active] : llvm::enumerate(columns)) {
    Value value;
    if (active == 0)
      value = arith::ConstantOp::create(
          builder, loc,
          builder.getZeroAttr(VectorType::get({registerElements}, element)));
    else
      value = loadRegister(
          index.add(sourceOffset, int64_t(q) * lanes * nStride), active, count);
    vector::StoreOp::create(builder, loc, value, packed,
                            index.add(offset, q * registerElements));
    if (correction)
      results.push_back(active == 0
                            ? sums[q]
                            : dot.update(sums[q], dot.splatSignBit(), value));
  }
  return results;
}

SmallVector<Value> PackLowering::emitSegment(Value sourceOffset,
                                             Value firstGroup,
                                             ArrayRef<int64_t> columns,
                                             ValueRange sums) {
  int64_t length = op.getSegments().second;
  int64_t groups = length / group;
  SmallVector<Value> results =
      loop(groups, sums, [&](Value k, ValueRange inner) {
        return emitGroup(index.add(sourceOffset, index.mul(k, group * kStride)),
                         index.add(firstGroup, k), columns, group, inner);
      });
  if (length % group)
    results = emitGroup(index.add(sourceOffset, groups * group * kStride),
                        index.add(firstGroup, groups), columns, length % group,
                        results);
  return results;
}

/// One panel, of whose registers the q-th has `columns[q]` columns.
void PackLowering::emitPanel(Value panel, ArrayRef<int64_t> columns) {
  size_t first = op.getNumBatch() + 1;
  auto [segments, length] = op.getSegments();
  int64_t groupsOfSegment = llvm::divideCeil(length, group);
  ArrayRef<int64_t> bounds =
      op.getBounds().drop_front(first).drop_back(op.getSegmentDims());
  SmallVector<int64_t> groupStrides = getRowMajorStrides(bounds);
  SmallVector<Value> sums;
  if (correction)
    for (size_t q = 0; q < columns.size(); ++q)
      sums.push_back(arith::ConstantOp::create(
          builder, loc, builder.getZeroAttr(dot.getAccumulatorType())));

  std::function<SmallVector<Value>(size_t, Value, Value, ValueRange)> nest =
      [&](size_t dim, Value offset, Value firstGroup, ValueRange inner) {
        if (dim == bounds.size())
          return emitSegment(offset, firstGroup, columns, inner);
        return loop(bounds[dim], inner, [&](Value k, ValueRange args) {
          return nest(
              dim + 1,
              index.add(offset, index.mul(k, source.strides[first + dim])),
              index.add(firstGroup,
                        index.mul(k, groupStrides[dim] * groupsOfSegment)),
              args);
        });
      };
  sums =
      nest(0,
           index.add(sourceBatch,
                     index.mul(panel, schedule.getPanelWidth() * nStride)),
           index.add(packedBatch, index.mul(panel, op.getNumGroups())), sums);

  for (auto [q, sum] : llvm::enumerate(sums)) {
    Value zero = arith::ConstantOp::create(
        builder, loc, builder.getZeroAttr(dot.getAccumulatorType()));
    Value negative = arith::SubIOp::create(builder, loc, zero, sum);
    Value offset = index.add(
        index.add(correctionBatch, index.mul(panel, schedule.getPanelWidth())),
        q * lanes);
    vector::StoreOp::create(builder, loc, negative, correction, offset);
  }
}

void PackLowering::emitBatch(ArrayRef<IndexRange> ranges,
                             ArrayRef<Value> position) {
  size_t dim = position.size();
  if (dim < op.getNumBatch())
    return forRange(builder, loc, ranges[dim], [&](Value i) {
      SmallVector<Value> inner(position);
      inner.push_back(i);
      emitBatch(ranges, inner);
    });
  ArrayRef<int64_t> batchBounds = op.getBounds().take_front(op.getNumBatch());
  SmallVector<int64_t> batchStrides = getRowMajorStrides(batchBounds);
  Value linear = index.constant(0);
  sourceBatch = index.constant(0);
  for (auto [i, value] : llvm::enumerate(position)) {
    linear = index.add(linear, index.mul(value, batchStrides[i]));
    sourceBatch = index.add(sourceBatch, index.mul(value, source.strides[i]));
  }
  int64_t n = op.getBounds()[op.getNumBatch()];
  int64_t width = schedule.getPanelWidth();
  int64_t panels = llvm::divideCeil(n, width);
  packedBatch = index.mul(linear, panels * op.getNumGroups());
  correctionBatch = index.mul(linear, panels * width);

  SmallVector<int64_t> columns(schedule.getRegisters(), lanes);
  auto emit = [&](Value panel) { emitPanel(panel, columns); };
  const IndexRange &range = ranges.back();
  if (n % width == 0)
    return forRange(builder, loc, range, emit);
  forRange(builder, loc, takeBefore(builder, loc, range, n / width), emit);
  for (auto [q, active] : llvm::enumerate(columns))
    active = std::clamp<int64_t>(n % width - int64_t(q) * lanes, 0, lanes);
  forRange(builder, loc, takeFrom(builder, loc, range, n / width), emit);
}

LogicalResult PackLowering::run() {
  if (!isa<MemRefType>(op.getSource().getType()))
    return op.emitOpError() << "expected memrefs: bufferize first";
  FailureOr<FlatAccess> access =
      getFlatAccess(builder, loc, op.getSource(), op.getMap());
  if (failed(access))
    return op.emitOpError() << "expected a source with static strides, but got "
                            << op.getSource().getType();
  source = *access;
  nStride = source.strides[op.getNumBatch()];
  // A segment of several dimensions is walked as one, which its source does
  // not always allow.
  size_t segmentDims = op.getSegmentDims();
  if (countMergeable(op.getBounds().take_back(segmentDims),
                     ArrayRef(source.strides).take_back(segmentDims)) !=
      int64_t(segmentDims))
    return op.emitOpError() << "expected segments of k to be evenly spaced, "
                               "but got "
                            << op.getSource().getType();
  kStride = source.strides.back();
  packed = flatten(builder, loc, op.getPacked());
  if (op.getCorrection())
    correction = flatten(builder, loc, op.getCorrection());
  size_t numBatch = op.getNumBatch();
  SmallVector<int64_t> extents(op.getBounds().take_front(numBatch));
  extents.push_back(
      llvm::divideCeil(op.getBounds()[numBatch], schedule.getPanelWidth()));
  SmallVector<int64_t> pieces;
  // Rows are loaded, interleaved and stored; columns go element by element.
  double elements = llvm::product_of(op.getBounds());
  if (parallel)
    pieces = choosePieces(extents, nStride == 1 ? 4 * elements / lanes
                                                : 2 * elements / group);
  forPieces(builder, loc, extents, pieces,
            [&](ArrayRef<IndexRange> ranges) { emitBatch(ranges, {}); });
  return success();
}

LogicalResult quantc::cpu::lowerPack(PackOp op, bool parallel) {
  return PackLowering(op, parallel).run();
}
