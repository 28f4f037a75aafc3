//===- ComputedPlaces.cpp - buffers at offsets that depend on data --------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ComputedPlaces.h"

#include "StructuredGroup.h"

#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace quantc::nvvm;

/// Adds what computes `value` to `ops`, operands first.
static LogicalResult collect(Value value, llvm::SetVector<Operation *> &ops) {
  if (isa<MemRefType>(value.getType()) && !hasComputedPlace(value))
    return success();
  Operation *op = value.getDefiningOp();
  if (!op || op->getNumRegions() != 0)
    return failure();
  if (ops.contains(op))
    return success();
  if (!isa<ViewLikeOpInterface, memref::LoadOp>(op) && !isMemoryEffectFree(op))
    return failure();
  for (Value operand : op->getOperands())
    if (failed(collect(operand, ops)))
      return failure();
  ops.insert(op);
  return success();
}

/// Whether nobody writes to `buffer` between the ops, both of one block.
static bool isUnchanged(Value buffer, Operation *from, Operation *to) {
  Value root = getRoot(buffer);
  for (Operation *op = from->getNextNode(); op != to; op = op->getNextNode()) {
    if (!op)
      return false;
    auto effects = dyn_cast<MemoryEffectOpInterface>(op);
    if (!effects) {
      if (!isMemoryEffectFree(op))
        return false;
      continue;
    }
    SmallVector<MemoryEffects::EffectInstance> found;
    effects.getEffects(found);
    for (const MemoryEffects::EffectInstance &effect : found)
      if (isa<MemoryEffects::Write, MemoryEffects::Free>(effect.getEffect()) &&
          (!effect.getValue() || getRoot(effect.getValue()) == root))
        return false;
  }
  return true;
}

bool quantc::nvvm::hasComputedPlace(Value buffer) {
  auto type = dyn_cast<MemRefType>(buffer.getType());
  if (!type || !type.hasStaticShape())
    return false;
  auto [strides, offset] = type.getStridesAndOffset();
  return ShapedType::isDynamic(offset);
}

FailureOr<SmallVector<Operation *>> quantc::nvvm::listPlaceOps(Value buffer) {
  llvm::SetVector<Operation *> ops;
  if (failed(collect(buffer, ops)))
    return failure();
  return SmallVector<Operation *>(ops.getArrayRef());
}

SmallVector<Value> quantc::nvvm::getPlaceBuffers(Value buffer) {
  SmallVector<Value> buffers;
  FailureOr<SmallVector<Operation *>> ops = listPlaceOps(buffer);
  if (succeeded(ops))
    for (Operation *op : *ops)
      if (auto load = dyn_cast<memref::LoadOp>(op))
        buffers.push_back(load.getMemRef());
  return buffers;
}

LogicalResult quantc::nvvm::checkPlaces(Operation *op) {
  for (Value operand : op->getOperands()) {
    auto type = dyn_cast<MemRefType>(operand.getType());
    if (!type || !type.hasStaticShape())
      continue;
    auto refuse = [&] {
      return op->emitOpError("expected a buffer at an offset that a kernel "
                             "can compute from what the device holds, but got ")
             << type;
    };
    auto [strides, offset] = type.getStridesAndOffset();
    if (ShapedType::isDynamicShape(strides))
      return refuse();
    FailureOr<SmallVector<Operation *>> ops = listPlaceOps(operand);
    if (failed(ops))
      return refuse();
    for (Operation *each : *ops) {
      auto load = dyn_cast<memref::LoadOp>(each);
      if (!load)
        continue;
      // A thread must not load what another one has written already.
      bool isOwn = llvm::any_of(op->getOperands(), [&](Value other) {
        return isa<MemRefType>(other.getType()) &&
               getRoot(other) == getRoot(load.getMemRef());
      });
      if (isOwn || load->getBlock() != op->getBlock() ||
          !isUnchanged(load.getMemRef(), load, op))
        return op->emitOpError("expected an offset whose source is not "
                               "overwritten before it is used");
    }
  }
  return success();
}

void quantc::nvvm::copyComputedPlaces(Operation *op) {
  OpBuilder builder(op->getContext());
  auto destination = dyn_cast<DestinationStyleOpInterface>(op);
  for (OpOperand &operand : op->getOpOperands()) {
    if (!hasComputedPlace(operand.get()))
      continue;
    Value place = operand.get();
    auto type = cast<MemRefType>(place.getType());
    builder.setInsertionPoint(op);
    Value own = memref::AllocOp::create(
        builder, op->getLoc(),
        MemRefType::get(type.getShape(), type.getElementType()));
    // What is written may also be read first, as sums are.
    memref::CopyOp::create(builder, op->getLoc(), place, own);
    operand.set(own);
    if (!destination || !destination.isDpsInit(&operand))
      continue;
    builder.setInsertionPointAfter(op);
    memref::CopyOp::create(builder, op->getLoc(), own, place);
  }
}
