//===- TileOps.cpp - what a CTA does in a kernel --------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/Contraction/KernelVerifiers.h"
#include "quantc/Dialect/GPU/IR/GPUOps.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::nvvm;

static LogicalResult verifyTile(Operation *op, StringRef what, Type type,
                                int64_t rows, ScheduleAttr schedule) {
  SmallVector<int64_t> expected = {rows, schedule.getTile()[2]};
  ArrayRef<int64_t> shape = cast<MemRefType>(type).getShape();
  if (shape != ArrayRef(expected))
    return op->emitOpError() << "expected a tile of [" << expected << "] for "
                             << what << ", but got [" << shape << "]";
  return success();
}

/// A pair for each column of a tile.
static LogicalResult verifyScales(Operation *op, Type type,
                                  ScheduleAttr schedule) {
  auto tile = cast<MemRefType>(type);
  SmallVector<int64_t> expected = {schedule.getTile()[1], 2};
  if (tile.getShape() != ArrayRef(expected) || !tile.getElementType().isF16())
    return op->emitOpError() << "expected a tile of [" << expected
                             << "] f16 for scales, but got " << type;
  return success();
}

static LogicalResult verifyFragment(Operation *op, Type type,
                                    ScheduleAttr schedule) {
  SmallVector<int64_t> expected = {schedule.getThreadRows(),
                                   schedule.getThreadColumns()};
  ArrayRef<int64_t> shape = cast<VectorType>(type).getShape();
  if (shape != ArrayRef(expected))
    return op->emitOpError() << "expected accumulators of [" << expected
                             << "], but got [" << shape << "]";
  return success();
}

ScheduleAttr quantc::nvvm::getPackedSchedule(ScheduleAttr schedule) {
  SmallVector<int64_t> tile(schedule.getTile());
  tile[2] /= 2;
  return schedule.withTile(tile);
}

LogicalResult LoadTileOp::verify() {
  if (failed(verifyAccess(*this, "source", getMap(), getSource().getType(),
                          getSpace().getBounds())))
    return failure();
  auto element = cast<ShapedType>(getSource().getType()).getElementType();
  if (element != cast<MemRefType>(getTile().getType()).getElementType())
    return emitOpError() << "expected a tile of " << element << ", but got "
                         << getTile().getType();
  return verifyTile(*this, getRhs() ? "rhs" : "lhs", getTile().getType(),
                    getSchedule().getTile()[getRhs() ? 1 : 0], getSchedule());
}

LogicalResult LoadScalesOp::verify() {
  auto source = cast<ShapedType>(getSource().getType());
  if (source.getRank() != 3 || source.getDimSize(2) != 2)
    return emitOpError()
           << "expected a source of blocks, columns and pairs, but "
              "got "
           << source;
  return verifyScales(*this, getTile().getType(), getSchedule());
}

LogicalResult InitTileOp::verify() {
  if (bool(getInit()) != getMap().has_value())
    return emitOpError() << "expected a map for init, and none without it";
  if (getInit()) {
    auto shaped = cast<ShapedType>(getInit().getType());
    Type element = cast<VectorType>(getResult().getType()).getElementType();
    if (shaped.getElementType() != element)
      return emitOpError() << "expected init of element type " << element
                           << ", but got " << shaped;
    if (failed(verifyAccess(*this, "init", *getMap(), shaped,
                            getSpace().getBounds())) ||
        failed(
            verifyParallelMap(*this, "init", *getMap(), getSpace().getNDim())))
      return failure();
  }
  return verifyFragment(*this, getResult().getType(), getSchedule());
}

LogicalResult MultiplyTileOp::verify() {
  ScheduleAttr schedule = getSchedule();
  if (schedule.isDot())
    return emitOpError() << "expected a schedule of mma or fma, but got "
                         << schedule;
  if (getScales() &&
      failed(verifyScales(*this, getScales().getType(), schedule)))
    return failure();
  ScheduleAttr right = getScales() ? getPackedSchedule(schedule) : schedule;
  if (failed(verifyTile(*this, "lhs", getLhs().getType(), schedule.getTile()[0],
                        schedule)) ||
      failed(verifyTile(*this, "rhs", getRhs().getType(), schedule.getTile()[1],
                        right)))
    return failure();
  return verifyFragment(*this, getResult().getType(), schedule);
}

LogicalResult DotTileOp::verify() {
  SmallVector<int64_t> bounds = getSpace().getBounds();
  if (!getSchedule().isDot())
    return emitOpError() << "expected a schedule of dot, but got "
                         << getSchedule();
  if (failed(verifyAccess(*this, "lhs", getLhsMap(), getLhs().getType(),
                          bounds)) ||
      failed(
          verifyAccess(*this, "rhs", getRhsMap(), getRhs().getType(), bounds)))
    return failure();
  return verifyFragment(*this, getResult().getType(), getSchedule());
}

LogicalResult StoreTileOp::verify() {
  SmallVector<Value> mapped(getCaptures()), dests = {getDest()};
  if (getSums())
    dests.push_back(getSums());
  llvm::append_range(mapped, dests);
  if (getMaps().size() != mapped.size())
    return emitOpError() << "expected " << mapped.size() << " maps, but got "
                         << getMaps().size();
  for (auto [map, value] :
       llvm::zip_equal(getMaps().getAsValueRange<AffineMapAttr>(), mapped))
    if (failed(verifyAccess(*this, "an operand", map, value.getType(),
                            getSpace().getBounds())) ||
        failed(
            verifyParallelMap(*this, "an operand", map, getSpace().getNDim())))
      return failure();
  auto fragment = cast<VectorType>(getAccumulators().getType());
  if (failed(verifyEpilogue(*this, getEpilogue().front(),
                            fragment.getElementType(), getCaptures(), dests)))
    return failure();
  return verifyFragment(*this, fragment, getSchedule());
}
