//===- LowerTile.cpp - a register tile of a contraction kernel ------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ContractLowering.h"
#include "VectorizeEpilogue.h"
#include "quantc/Codegen/Contraction/LinearAccess.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::cpu;

//===----------------------------------------------------------------------===//
// Access
//===----------------------------------------------------------------------===//

SmallVector<Value> ContractLowering::getRowOffsets(const Operand &operand,
                                                   const Tile &tile) {
  SmallVector<Value> offsets;
  if (rowBounds.size() <= 1) {
    int64_t stride = rowBounds.empty() ? 0 : operand.rowStrides[0];
    Value first =
        index.add(operand.batchOffset, index.mul(tile.firstRow, stride));
    for (int64_t r = 0; r < tile.rows; ++r)
      offsets.push_back(index.add(first, r * stride));
    return offsets;
  }
  for (int64_t r = 0; r < tile.rows; ++r) {
    Value offset = operand.batchOffset;
    if (operand.variesByRow()) {
      auto position = affine::AffineDelinearizeIndexOp::create(
          builder, loc, index.add(tile.firstRow, r), rowBounds);
      for (auto [coordinate, stride] :
           llvm::zip_equal(position.getResults(), operand.rowStrides))
        offset = index.add(offset, index.mul(coordinate, stride));
    }
    offsets.push_back(offset);
  }
  return offsets;
}

Value ContractLowering::getMask(int64_t active) {
  SmallVector<bool> bits(lanes, false);
  std::fill_n(bits.begin(), active, true);
  auto type = VectorType::get({lanes}, builder.getI1Type());
  return arith::ConstantOp::create(builder, loc,
                                   DenseElementsAttr::get(type, bits));
}

Value ContractLowering::load(const Operand &operand, Value rowOffset,
                             const Panel &panel, int64_t q) {
  Type element =
      cast<MemRefType>(operand.access.base.getType()).getElementType();
  if (operand.columnStride == 0)
    return memref::LoadOp::create(builder, loc, operand.access.base, rowOffset);
  auto type = VectorType::get({lanes}, element);
  Value offset = index.add(index.add(rowOffset, panel.firstColumn), q * lanes);
  if (!isPartial(panel, q))
    return vector::LoadOp::create(builder, loc, type, operand.access.base,
                                  offset);
  Value zero =
      arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
  return vector::MaskedLoadOp::create(builder, loc, type, operand.access.base,
                                      offset, getMask(panel.lastLanes), zero);
}

//===----------------------------------------------------------------------===//
// Accumulation
//===----------------------------------------------------------------------===//

Value ContractLowering::emitInitialValue(const Panel &panel, const Tile &tile) {
  VectorType vector = dot.getAccumulatorType();
  auto toVector = [&](Value value) -> Value {
    if (isa<VectorType>(value.getType()))
      return value;
    return vector::BroadcastOp::create(builder, loc, vector, value);
  };
  SmallVector<Value> base(panel.registers);
  for (int64_t q = 0; q < panel.registers; ++q)
    if (correction) {
      Value offset =
          index.add(index.add(correctionBatch, panel.firstColumn), q * lanes);
      base[q] =
          vector::LoadOp::create(builder, loc, vector, correction, offset);
    } else if (!init) {
      base[q] =
          arith::ConstantOp::create(builder, loc, builder.getZeroAttr(vector));
    }
  SmallVector<Value> rows;
  if (init)
    rows = getRowOffsets(*init, tile);
  auto addInit = [&](Value value, int64_t r, int64_t q) -> Value {
    Value start = toVector(load(*init, rows[r], panel, q));
    if (!value)
      return start;
    return arith::AddIOp::create(builder, loc, value, start);
  };
  if (init && !init->variesByRow())
    for (int64_t q = 0; q < panel.registers; ++q)
      base[q] = addInit(base[q], 0, q);

  auto type = VectorType::get({tile.rows, panel.registers, lanes},
                              vector.getElementType());
  Value result = ub::PoisonOp::create(builder, loc, type);
  for (int64_t r = 0; r < tile.rows; ++r)
    for (int64_t q = 0; q < panel.registers; ++q) {
      Value value =
          init && init->variesByRow() ? addInit(base[q], r, q) : base[q];
      result = vector::InsertOp::create(builder, loc, value, result,
                                        ArrayRef<int64_t>{r, q});
    }
  return result;
}

/// One step of the instruction: `count` elements of k from `lhsOffset` on.
Value ContractLowering::emitStep(const Panel &panel, const Tile &tile,
                                 Value lhsOffset, Value rhsGroup, int64_t count,
                                 Value accumulators) {
  int64_t registerElements = lanes * group;
  int64_t panelElements = schedule.getPanelWidth() * group;
  Value rhsOffset = index.mul(rhsGroup, panelElements);
  SmallVector<Value> weights;
  for (int64_t q = 0; q < panel.registers; ++q)
    weights.push_back(
        dot.loadRhs(rhs, index.add(rhsOffset, q * registerElements)));
  if (tile.prefetch)
    for (int64_t q = 0; q < panel.registers; ++q)
      memref::PrefetchOp::create(
          builder, loc, rhs,
          ValueRange{
              index.add(rhsOffset, schedule.getPrefetch() * panelElements +
                                       q * registerElements)},
          /*isWrite=*/false, /*localityHint=*/3, /*isDataCache=*/true);
  for (int64_t r = 0; r < tile.rows; ++r) {
    Value value =
        dot.loadLhs(lhs.access.base, index.add(lhsRows[r], lhsOffset), count);
    for (int64_t q = 0; q < panel.registers; ++q) {
      int64_t position[] = {r, q};
      Value sum =
          vector::ExtractOp::create(builder, loc, accumulators, position);
      sum = dot.update(sum, value, weights[q]);
      accumulators =
          vector::InsertOp::create(builder, loc, sum, accumulators, position);
    }
  }
  return accumulators;
}

/// A segment of k, whose weights begin at `firstGroup`.
Value ContractLowering::emitGroups(const Panel &panel, const Tile &tile,
                                   Value lhsOffset, Value firstGroup,
                                   Value accumulators) {
  int64_t length = op.getSegments().second;
  int64_t stride = lhs.access.strides.back();
  int64_t groups = length / group, unroll = schedule.getUnroll();
  auto step = [&](Value k, int64_t count, Value sums) {
    Value offset = index.add(lhsOffset, index.mul(k, group * stride));
    return emitStep(panel, tile, offset, index.add(firstGroup, k), count, sums);
  };
  int64_t unrolled = groups / unroll * unroll;
  accumulators =
      loop(0, unrolled, unroll, accumulators, [&](Value k, Value sums) {
        for (int64_t u = 0; u < unroll; ++u)
          sums = step(index.add(k, u), group, sums);
        return sums;
      });
  for (int64_t k = unrolled; k < groups; ++k)
    accumulators = step(index.constant(k), group, accumulators);
  if (length % group)
    accumulators = step(index.constant(groups), length % group, accumulators);
  return accumulators;
}

Value ContractLowering::emitSegments(const Panel &panel, const Tile &tile,
                                     Value accumulators) {
  auto [segments, length] = op.getSegments();
  int64_t groupsOfSegment = llvm::divideCeil(length, group);
  size_t first = op.getNDim() + 1;
  ArrayRef<int64_t> bounds =
      op.getBounds().drop_front(first).drop_back(op.getSegmentDims());
  SmallVector<int64_t> groupStrides = getRowMajorStrides(bounds);
  Value firstGroup = index.add(
      rhsBatchGroup, index.mul(panel.index, segments * groupsOfSegment));
  std::function<Value(size_t, Value, Value, Value)> nest =
      [&](size_t dim, Value lhsOffset, Value rhsGroup, Value sums) {
        if (dim == bounds.size())
          return emitGroups(panel, tile, lhsOffset, rhsGroup, sums);
        return loop(0, bounds[dim], 1, sums, [&](Value k, Value inner) {
          return nest(dim + 1,
                      index.add(lhsOffset,
                                index.mul(k, lhs.access.strides[first + dim])),
                      index.add(rhsGroup, index.mul(k, groupStrides[dim] *
                                                           groupsOfSegment)),
                      inner);
        });
      };
  return nest(0, index.constant(0), firstGroup, accumulators);
}

Value ContractLowering::addToSum(Value sum, Value addends, const Panel &panel,
                                 int64_t q) {
  if (isPartial(panel, q)) {
    Value zero = arith::ConstantOp::create(
        builder, loc, builder.getZeroAttr(addends.getType()));
    addends = arith::SelectOp::create(builder, loc, getMask(panel.lastLanes),
                                      addends, zero);
  }
  return sum ? arith::AddIOp::create(builder, loc, sum, addends).getResult()
             : addends;
}

void ContractLowering::emitEpilogue(const Panel &panel, const Tile &tile,
                                    Value accumulators) {
  SmallVector<SmallVector<Value>> rows;
  SmallVector<SmallVector<Value>> scalars(captures.size());
  for (const Operand &capture : captures)
    rows.push_back(getRowOffsets(capture, tile));
  SmallVector<Value> destRows = getRowOffsets(dest, tile), sumRows;
  SmallVector<Value> rowSums(tile.rows);
  if (sums)
    sumRows = getRowOffsets(*sums, tile);
  Block &body = op.getEpilogue().front();
  // One register of columns after the other: what belongs to the columns is
  // loaded once, and for all columns of the panel it would not fit into the
  // registers beside the accumulators.
  for (int64_t q = 0; q < panel.registers; ++q) {
    SmallVector<Value> columns(captures.size());
    for (auto [i, capture] : llvm::enumerate(captures))
      if (!capture.variesByRow() && (capture.columnStride != 0 || q == 0))
        columns[i] = load(capture, rows[i][0], panel, q);
    for (int64_t r = 0; r < tile.rows; ++r) {
      SmallVector<Value> arguments = {vector::ExtractOp::create(
          builder, loc, accumulators, ArrayRef<int64_t>{r, q})};
      for (auto [i, capture] : llvm::enumerate(captures)) {
        bool isScalar = capture.columnStride == 0;
        if (isScalar && q == 0 && (capture.variesByRow() || r == 0))
          scalars[i].push_back(
              columns[i] ? columns[i] : load(capture, rows[i][r], panel, q));
        if (isScalar)
          arguments.push_back(scalars[i][capture.variesByRow() ? r : 0]);
        else
          arguments.push_back(columns[i] ? columns[i]
                                         : load(capture, rows[i][r], panel, q));
      }
      SmallVector<Value> results =
          vectorizeEpilogue(builder, body, lanes, arguments);
      Value result = results[0];
      if (sums)
        rowSums[r] = addToSum(rowSums[r], results[1], panel, q);
      Value offset =
          index.add(index.add(destRows[r], panel.firstColumn), q * lanes);
      if (isPartial(panel, q) && panel.lastLanes == 1)
        // LLVM 22 makes a 32-bit store of a truncation whose mask has one
        // lane.
        memref::StoreOp::create(builder, loc,
                                vector::ExtractOp::create(builder, loc, result,
                                                          ArrayRef<int64_t>{0}),
                                dest.access.base, offset);
      else if (isPartial(panel, q))
        vector::MaskedStoreOp::create(builder, loc, dest.access.base, offset,
                                      getMask(panel.lastLanes), result);
      else
        vector::StoreOp::create(builder, loc, result, dest.access.base, offset);
    }
  }
  if (sums)
    for (int64_t r = 0; r < tile.rows; ++r)
      memref::StoreOp::create(
          builder, loc,
          vector::ReductionOp::create(builder, loc, vector::CombiningKind::ADD,
                                      rowSums[r]),
          sums->access.base, index.add(sumRows[r], panel.index));
}

void ContractLowering::emitTile(const Panel &panel, const Tile &tile) {
  lhsRows = getRowOffsets(lhs, tile);
  Value accumulators = emitInitialValue(panel, tile);
  accumulators = emitSegments(panel, tile, accumulators);
  emitEpilogue(panel, tile, accumulators);
}
