//===- EmitMembers.cpp - what the ops of a group compute ------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ComputedPlaces.h"
#include "GroupEmitter.h"
#include "quantc/Codegen/Reduction/SumOrder.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace quantc::nvvm;

/// Constants are cloned, and so are views whose place is computed; what else
/// the host has computed is passed.
Value GroupEmitter::import(Value value) {
  if (imported.contains(value))
    return imported.lookup(value);
  Operation *definition = value.getDefiningOp();
  SmallVector<Operation *> ops;
  if (hasComputedPlace(value))
    ops = *listPlaceOps(value);
  else if (definition && matchPattern(definition, m_Constant()))
    ops = {definition};
  OpBuilder::InsertionGuard guard(b);
  for (Operation *op : ops) {
    if (imported.contains(op->getResult(0)))
      continue;
    if (lastImported)
      b.setInsertionPointAfter(lastImported);
    else
      b.setInsertionPointToStart(kernel);
    lastImported = b.clone(*op, imported);
  }
  return imported.lookupOrDefault(value);
}

SmallVector<Value> GroupEmitter::evaluate(linalg::LinalgOp op, ValueRange loops,
                                          ValueRange arguments) {
  Block &body = *op.getBlock();
  IRMapping mapping;
  mapping.map(body.getArguments(), arguments);
  body.walk([&](Operation *nested) {
    for (Value operand : nested->getOperands())
      if (!op->getRegion(0).isAncestor(operand.getParentRegion()))
        mapping.map(operand, import(operand));
  });
  for (Operation &each : body.without_terminator()) {
    if (auto index = dyn_cast<linalg::IndexOp>(each)) {
      mapping.map(index.getResult(), loops[index.getDim()]);
      continue;
    }
    b.clone(each, mapping)->walk([&](linalg::IndexOp index) {
      index.replaceAllUsesWith(loops[index.getDim()]);
      index.erase();
    });
  }
  SmallVector<Value> results;
  for (Value value : body.getTerminator()->getOperands())
    results.push_back(mapping.lookupOrDefault(value));
  return results;
}

/// The op's loop indices.
SmallVector<Value> GroupEmitter::toLoops(const GroupMember &member,
                                         ValueRange coordinates) {
  SmallVector<Value> loops(member.domainLoops.size() +
                           member.otherLoops.size());
  for (auto [index, loop] : llvm::enumerate(member.domainLoops))
    loops[loop] = coordinates[index];
  for (auto [index, loop] : llvm::enumerate(member.otherLoops))
    loops[loop] = coordinates[member.domainLoops.size() + index];
  return loops;
}

SmallVector<Value> GroupEmitter::getIndices(AffineMap map,
                                            ValueRange coordinates) {
  SmallVector<OpFoldResult> operands(coordinates.take_front(map.getNumDims()));
  SmallVector<Value> indices;
  for (unsigned i = 0; i < map.getNumResults(); ++i)
    indices.push_back(getValueOrCreateConstantIndexOp(
        b, b.getLoc(),
        affine::makeComposedFoldedAffineApply(b, b.getLoc(), map.getSubMap({i}),
                                              operands)));
  return indices;
}

Value GroupEmitter::load(const Place &place, ValueRange coordinates) {
  if (!isa<MemRefType>(place.first.getType()))
    return import(place.first);
  loaded.insert(getRoot(place.first));
  return memref::LoadOp::create(b, import(place.first),
                                getIndices(place.second, coordinates));
}

bool GroupEmitter::dependsOnSlot(AffineMap map) {
  if (!group.usesWarps())
    return coordinates.size() > 1;
  for (unsigned dim = group.domain.size(); dim < map.getNumDims(); ++dim)
    if (map.isFunctionOfDim(dim))
      return true;
  return false;
}

/// The operand's element of a slot, loaded where it is not known.
Value GroupEmitter::getValue(const GroupMember &member, OpOperand &operand,
                             unsigned slot) {
  Place place = getPlace(member, operand);
  SmallVector<Value> &known = values[place];
  if (known.empty()) {
    unsigned count = dependsOnSlot(place.second) ? coordinates.size() : 1;
    for (unsigned i = 0; i < count; ++i)
      known.push_back(load(place, coordinates[i]));
  }
  return known.size() == 1 ? known.front() : known[slot];
}

SmallVector<Value> GroupEmitter::getOperands(const GroupMember &member,
                                             unsigned slot) {
  SmallVector<Value> arguments;
  linalg::LinalgOp op = member.op;
  for (OpOperand &operand : op->getOpOperands()) {
    BlockArgument argument = op.getMatchingBlockArgument(&operand);
    // Never read: what a buffer holds before it is written.
    if (argument.use_empty())
      arguments.push_back(Value());
    else
      arguments.push_back(getValue(member, operand, slot));
  }
  return arguments;
}

void GroupEmitter::emitPointwise(const GroupMember &member) {
  linalg::LinalgOp op = member.op;
  unsigned count =
      !group.usesWarps() || member.hasColumns ? coordinates.size() : 1;
  std::vector<SmallVector<Value>> results(op.getNumDpsInits());
  // Loads first, so that those of all slots stand together.
  std::vector<SmallVector<Value>> arguments;
  for (unsigned slot = 0; slot < count; ++slot)
    arguments.push_back(getOperands(member, slot));
  for (unsigned slot = 0; slot < count; ++slot) {
    SmallVector<Value> loops = toLoops(member, coordinates[slot]);
    for (auto [index, value] :
         llvm::enumerate(evaluate(op, loops, arguments[slot])))
      results[index].push_back(value);
  }
  for (auto [index, init] : llvm::enumerate(op.getDpsInitsMutable()))
    values[getPlace(member, init)] = results[index];
}

/// A reduction by one thread, in the order of the loops. Results that have an
/// element for each iteration go to memory at once.
void GroupEmitter::emitLoops(const GroupMember &member) {
  linalg::LinalgOp op = member.op;
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  SmallVector<Value> running;
  for (OpOperand &init : op.getDpsInitsMutable())
    if (member.isOfPoint(init))
      running.push_back(getValue(member, init, /*slot=*/0));
  OpBuilder::InsertPoint outside = b.saveInsertionPoint();
  SmallVector<scf::ForOp> loops;
  SmallVector<Value> indices = coordinates.front();
  Value zero = constant(0), one = constant(1);
  for (unsigned loop : member.otherLoops) {
    auto nest =
        scf::ForOp::create(b, zero, constant(sizes[loop]), one, running);
    if (loops.empty())
      outside = b.saveInsertionPoint();
    loops.push_back(nest);
    indices.push_back(nest.getInductionVar());
    running.assign(nest.getRegionIterArgs().begin(),
                   nest.getRegionIterArgs().end());
    b.setInsertionPointToStart(nest.getBody());
  }
  SmallVector<Value> arguments;
  size_t next = 0;
  for (OpOperand &operand : op->getOpOperands()) {
    Place place = getPlace(member, operand);
    if (op.isDpsInit(&operand) && member.isOfPoint(operand))
      arguments.push_back(running[next++]);
    else if (op.getMatchingBlockArgument(&operand).use_empty())
      arguments.push_back(Value());
    else if (auto known = values.find(place); known != values.end())
      arguments.push_back(known->second.front());
    else
      arguments.push_back(load(place, indices));
  }
  SmallVector<Value> results =
      evaluate(op, toLoops(member, indices), arguments);
  running.clear();
  for (auto [init, value] : llvm::zip_equal(op.getDpsInitsMutable(), results)) {
    if (member.isOfPoint(init))
      running.push_back(value);
    else
      memref::StoreOp::create(
          b, value, import(init.get()),
          getIndices(getPlace(member, init).second, indices));
  }
  for (scf::ForOp nest : llvm::reverse(loops)) {
    if (running.empty())
      break;
    b.setInsertionPointToEnd(nest.getBody());
    scf::YieldOp::create(b, running);
    running.assign(nest.getResults().begin(), nest.getResults().end());
  }
  b.restoreInsertionPoint(outside);
  next = 0;
  for (OpOperand &init : op.getDpsInitsMutable())
    if (member.isOfPoint(init))
      values[getPlace(member, init)] = {running[next++]};
}

/// All lanes get the same bits: each step adds the same two values in one order
/// or the other.
Value GroupEmitter::reduceInWarp(Operation *combiner, Value partial) {
  Value width = arith::ConstantIntOp::create(b, warpSize, 32);
  for (int64_t distance = warpSize / 2; distance > 0; distance /= 2) {
    Value offset = arith::ConstantIntOp::create(b, distance, 32);
    Value other =
        gpu::ShuffleOp::create(b, partial, offset, width, gpu::ShuffleMode::XOR)
            .getShuffleResult();
    IRMapping mapping;
    mapping.map(combiner->getOperand(0), partial);
    mapping.map(combiner->getOperand(1), other);
    partial = b.clone(*combiner, mapping)->getResult(0);
  }
  return partial;
}

/// The operation that lanes share the reduction `init` with; null where the
/// result has an element for each column.
Operation *GroupEmitter::getCombiner(const GroupMember &member,
                                     OpOperand &init) {
  linalg::LinalgOp op = member.op;
  if (!member.isReduction() || !member.isOfPoint(init))
    return nullptr;
  return matchCombiner(op, init.getOperandNumber() - op.getNumDpsInputs());
}

Value GroupEmitter::makeNeutral(Operation *combiner) {
  return arith::ConstantOp::create(b, *arith::getNeutralElement(combiner));
}

/// What all lanes have together and what the result begins with.
Value GroupEmitter::combineWithInit(const GroupMember &member, OpOperand &init,
                                    Value partial) {
  linalg::LinalgOp op = member.op;
  Operation *combiner = getCombiner(member, init);
  Value total = reduceInWarp(combiner, partial);
  IRMapping mapping;
  BlockArgument carried = op.getMatchingBlockArgument(&init);
  bool isFirst = combiner->getOperand(0) == carried;
  mapping.map(combiner->getOperand(isFirst ? 1 : 0), total);
  mapping.map(carried, getValue(member, init, /*slot=*/0));
  return b.clone(*combiner, mapping)->getResult(0);
}

/// A lane reduces its slots in order, then the warp's lanes reduce together.
/// Results that have an element for each column are the slots'.
void GroupEmitter::emitWarpReduction(const GroupMember &member) {
  linalg::LinalgOp op = member.op;
  MutableArrayRef<OpOperand> inits = op.getDpsInitsMutable();
  std::vector<SmallVector<Value>> arguments;
  for (unsigned slot = 0; slot < coordinates.size(); ++slot)
    arguments.push_back(getOperands(member, slot));
  SmallVector<Operation *> combiners;
  SmallVector<SmallVector<Value>> results(inits.size());
  for (auto [index, init] : llvm::enumerate(inits)) {
    combiners.push_back(getCombiner(member, init));
    if (combiners.back())
      results[index] = {makeNeutral(combiners.back())};
  }
  for (unsigned slot = 0; slot < coordinates.size(); ++slot) {
    for (size_t index = 0; index < inits.size(); ++index)
      if (combiners[index])
        arguments[slot][op.getNumDpsInputs() + index] = results[index].front();
    SmallVector<Value> next =
        evaluate(op, toLoops(member, coordinates[slot]), arguments[slot]);
    for (auto [index, value] : llvm::enumerate(next)) {
      if (!combiners[index])
        results[index].push_back(value);
      else if (Value &sum = results[index].front(); isInside[slot])
        sum = arith::SelectOp::create(b, isInside[slot], value, sum);
      else
        sum = value;
    }
  }
  for (auto [index, init] : llvm::enumerate(inits)) {
    SmallVector<Value> known = results[index];
    if (combiners[index])
      known = {combineWithInit(member, init, known.front())};
    values[getPlace(member, init)] = known;
  }
}
