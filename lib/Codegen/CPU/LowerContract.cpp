//===- LowerContract.cpp - loops of a contraction kernel ------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// for every batch                    in pieces, where there are threads
//   for every panel of columns
//     for every tile of rows
//       accumulators = correction + init        (one vector<RxQxLanes> value)
//       for every segment of k, for every group in it
//         accumulators += broadcast(lhs) * panel
//       store epilogue(accumulators)
//
// docs/codegen-cpu.md says why it has this form.
//
//===----------------------------------------------------------------------===//

#include "ContractLowering.h"
#include "KernelLowering.h"
#include "quantc/Codegen/Contraction/LinearAccess.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::cpu;

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

LogicalResult ContractLowering::analyzeOperands() {
  auto analyze = [&](Operand &operand, Value value,
                     AffineMap map) -> LogicalResult {
    if (!isa<MemRefType>(value.getType()))
      return op.emitOpError() << "expected memrefs: bufferize first";
    FailureOr<FlatAccess> access = getFlatAccess(builder, loc, value, map);
    if (failed(access))
      return op.emitOpError() << "expected operands with static strides, but "
                                 "got "
                              << value.getType();
    operand.access = *access;
    operand.columnStride = access->strides[op.getNDim()];
    if (operand.columnStride > 1)
      return op.emitOpError() << "expected n to be adjacent in memory, but got "
                              << value.getType();
    return success();
  };
  if (failed(analyze(lhs, op.getLhs(), op.getLhsMap())) ||
      failed(analyze(dest, op.getDest(), op.getDestMap())))
    return failure();
  if (op.getInit() &&
      failed(analyze(init.emplace(), op.getInit(), op.getInitMap())))
    return failure();
  if (op.getSums() &&
      failed(analyze(sums.emplace(), op.getSums(), op.getSumsMap())))
    return failure();
  for (auto [i, capture] : llvm::enumerate(op.getCaptures()))
    if (failed(analyze(captures.emplace_back(), capture, op.getCaptureMap(i))))
      return failure();
  if (op.getBounds()[op.getNDim()] > 1 && dest.columnStride != 1)
    return op.emitOpError() << "expected n to be adjacent in memory, but got "
                            << op.getDest().getType();

  size_t segmentDims = op.getSegmentDims();
  ArrayRef<int64_t> segment = op.getBounds().take_back(segmentDims);
  ArrayRef<int64_t> strides =
      ArrayRef(lhs.access.strides).take_back(segmentDims);
  if (countMergeable(segment, strides) != int64_t(segmentDims) ||
      (group > 1 && llvm::product_of(segment) > 1 && strides.back() != 1))
    return op.emitOpError() << "expected segments of k to be adjacent in "
                               "memory, but got "
                            << op.getLhs().getType();
  rhs = flatten(builder, loc, op.getRhs());
  if (op.getCorrection())
    correction = flatten(builder, loc, op.getCorrection());
  return success();
}

/// Merges m dimensions that all operands can walk as one: rows then are a
/// constant distance apart.
void ContractLowering::mergeRows() {
  SmallVector<Operand *> operands = {&lhs, &dest};
  if (init)
    operands.push_back(&*init);
  if (sums)
    operands.push_back(&*sums);
  for (Operand &capture : captures)
    operands.push_back(&capture);
  int64_t first = op.getNumBatch(), n = op.getNDim();
  batchBounds.assign(op.getBounds().begin(), op.getBounds().begin() + first);
  for (int64_t dim = first; dim < n; ++dim) {
    int64_t bound = op.getBounds()[dim];
    if (bound == 1)
      continue;
    bool merge =
        !rowBounds.empty() && llvm::all_of(operands, [&](Operand *operand) {
          return operand->rowStrides.back() ==
                 bound * operand->access.strides[dim];
        });
    if (merge)
      rowBounds.back() *= bound;
    else
      rowBounds.push_back(bound);
    for (Operand *operand : operands) {
      if (merge)
        operand->rowStrides.pop_back();
      operand->rowStrides.push_back(operand->access.strides[dim]);
    }
  }
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

/// A loop that carries the accumulators; none where it runs once or never.
Value ContractLowering::loop(int64_t from, int64_t to, int64_t step,
                             Value initial,
                             function_ref<Value(Value, Value)> body) {
  if (from >= to)
    return initial;
  if (from + step >= to)
    return body(index.constant(from), initial);
  auto loop =
      scf::ForOp::create(builder, loc, index.constant(from), index.constant(to),
                         index.constant(step), initial);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  Value result = body(loop.getInductionVar(), loop.getRegionIterArg(0));
  scf::YieldOp::create(builder, loc, result);
  return loop.getResult(0);
}

void ContractLowering::forBatches(ArrayRef<IndexRange> ranges,
                                  function_ref<void()> body) {
  SmallVector<Value> position;
  std::function<void()> nest = [&] {
    if (position.size() < ranges.size())
      return forRange(builder, loc, ranges[position.size()], [&](Value i) {
        position.push_back(i);
        nest();
        position.pop_back();
      });
    auto offsetOf = [&](ArrayRef<int64_t> strides) {
      Value offset = index.constant(0);
      for (auto [i, stride] : llvm::zip(position, strides))
        offset = index.add(offset, index.mul(i, stride));
      return offset;
    };
    lhs.batchOffset = offsetOf(lhs.access.strides);
    dest.batchOffset = offsetOf(dest.access.strides);
    if (init)
      init->batchOffset = offsetOf(init->access.strides);
    if (sums)
      sums->batchOffset = offsetOf(sums->access.strides);
    for (Operand &capture : captures)
      capture.batchOffset = offsetOf(capture.access.strides);
    Value linear = offsetOf(getRowMajorStrides(batchBounds));
    auto rhsType = cast<MemRefType>(op.getRhs().getType());
    ArrayRef<int64_t> panelShape = rhsType.getShape().take_back(3);
    rhsBatchGroup = index.mul(linear, panelShape[0] * panelShape[1]);
    correctionBatch =
        index.mul(linear, panelShape[0] * schedule.getPanelWidth());
    body();
  };
  nest();
}

void ContractLowering::forPanels(const IndexRange &range,
                                 function_ref<void(const Panel &)> body) {
  int64_t columns = op.getBounds()[op.getNDim()];
  int64_t width = schedule.getPanelWidth();
  int64_t full = columns / width, rest = columns % width;
  auto panel = [&](Value i, int64_t registers, int64_t lastLanes) {
    body({i, index.mul(i, width), registers, lastLanes});
  };
  auto fullPanel = [&](Value i) { panel(i, schedule.getRegisters(), lanes); };
  if (!rest)
    return forRange(builder, loc, range, fullPanel);
  forRange(builder, loc, takeBefore(builder, loc, range, full), fullPanel);
  // What is left of the last panel takes no more registers than it needs.
  forRange(builder, loc, takeFrom(builder, loc, range, full), [&](Value i) {
    panel(i, llvm::divideCeil(rest, lanes),
          rest % lanes ? rest % lanes : lanes);
  });
}

/// Spreads the rows evenly over tiles of at most two sizes. Only the first tile
/// of a panel prefetches: afterwards its weights are in the cache.
void ContractLowering::forTiles(const IndexRange &range,
                                function_ref<void(const Tile &)> body) {
  int64_t rows = llvm::product_of(rowBounds), tiles = getNumTiles();
  int64_t large = llvm::divideCeil(rows, tiles);
  int64_t numLarge = rows - (large - 1) * tiles;
  auto loop = [&](const IndexRange &tiles, int64_t size, bool prefetch) {
    forRange(builder, loc, tiles, [&](Value i) {
      Value first = index.mul(i, size);
      if (size != large)
        first = index.add(first, numLarge);
      body({first, size, prefetch});
    });
  };
  IndexRange larges = range;
  if (numLarge < tiles)
    larges = takeBefore(builder, loc, range, numLarge);
  if (schedule.getPrefetch() > 0) {
    Value second = index.add(range.from, 1);
    IndexRange first{range.from, second, /*single=*/numLarge == tiles};
    if (numLarge < tiles)
      first = takeBefore(builder, loc, first, numLarge);
    loop(first, large, /*prefetch=*/true);
    larges.from = second;
  }
  if (!larges.single || schedule.getPrefetch() == 0)
    loop(larges, large, /*prefetch=*/false);
  if (numLarge < tiles)
    loop(takeFrom(builder, loc, range, numLarge), large - 1,
         /*prefetch=*/false);
}

int64_t ContractLowering::getNumTiles() const {
  return llvm::divideCeil(llvm::product_of(rowBounds), schedule.getRows());
}

/// Of the whole kernel: updates of accumulators and the epilogue.
double ContractLowering::countInstructions() {
  double updates =
      double(llvm::product_of(op.getBounds())) / double(lanes * group);
  double elements = double(llvm::product_of(batchBounds)) *
                    llvm::product_of(rowBounds) * op.getBounds()[op.getNDim()];
  double operations = llvm::range_size(op.getEpilogue().front());
  return updates + elements / lanes * operations;
}

LogicalResult ContractLowering::run() {
  if (failed(analyzeOperands()))
    return failure();
  mergeRows();
  int64_t columns = op.getBounds()[op.getNDim()];
  SmallVector<int64_t> extents = batchBounds;
  extents.push_back(getNumTiles());
  extents.push_back(llvm::divideCeil(columns, schedule.getPanelWidth()));
  SmallVector<int64_t> pieces;
  if (parallel) {
    // Rows before columns: what a thread has written of the left operand it
    // reads again. But a piece reads each of its panels of weights once, and
    // that has to be worth it.
    SmallVector<int64_t> splits = extents;
    int64_t &tiles = *std::prev(splits.end(), 2);
    tiles = std::max<int64_t>(tiles * schedule.getRows() / 32, 1);
    pieces = choosePieces(splits, countInstructions());
  }
  forPieces(builder, loc, extents, pieces, [&](ArrayRef<IndexRange> ranges) {
    forBatches(ranges.drop_back(2), [&] {
      forPanels(ranges.back(), [&](const Panel &panel) {
        forTiles(*std::prev(ranges.end(), 2),
                 [&](const Tile &tile) { emitTile(panel, tile); });
      });
    });
  });
  return success();
}

LogicalResult quantc::cpu::lowerContract(ContractOp op, bool parallel) {
  return ContractLowering(op, parallel).run();
}
