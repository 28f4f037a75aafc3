//===- EmitLongRows.cpp - rows that are longer than a warp's registers ----===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A warp goes over the elements of its row several times: once for all ops up
// to the first that needs what one of them has reduced, then on. A lane always
// has the same elements, so that it may read in one pass what it has written in
// one before.
//
//===----------------------------------------------------------------------===//

#include "GroupEmitter.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace quantc::nvvm;

/// The buffers that `member` reads or writes.
static DenseSet<Value> listRoots(const GroupMember &member) {
  DenseSet<Value> roots;
  for (Value operand : member.op->getOperands())
    if (isa<MemRefType>(operand.getType()))
      roots.insert(getRoot(operand));
  return roots;
}

void GroupEmitter::emitLongRows() {
  SmallVector<GroupMember> pass;
  DenseSet<Value> touched, reduced;
  auto finish = [&](Members later) {
    if (!pass.empty())
      emitPass(pass, later);
    pass.clear();
    touched.clear();
    reduced.clear();
  };
  Members members = group.members;
  for (auto [index, member] : llvm::enumerate(members)) {
    DenseSet<Value> roots = listRoots(member);
    auto meets = [&](const DenseSet<Value> &others) {
      return llvm::any_of(roots,
                          [&](Value root) { return others.contains(root); });
    };
    // What rows need once, and nothing of the pass knows of, stands before it.
    if (meets(member.hasColumns ? reduced : touched))
      finish(members.drop_front(index));
    b.setLoc(member.op->getLoc());
    linalg::LinalgOp op = member.op;
    if (!member.hasColumns) {
      emitPointwise(member);
      for (OpOperand &init : op.getDpsInitsMutable())
        written.insert({getPlace(member, init), op.getLoc()});
      continue;
    }
    touched.insert_range(roots);
    for (OpOperand &init : op.getDpsInitsMutable())
      if (getCombiner(member, init))
        reduced.insert(getRoot(init.get()));
    pass.push_back(member);
  }
  finish({});
  emitStores();
}

/// What has one value for the whole row is loaded before the loops.
void GroupEmitter::loadRowValues(Members pass) {
  for (const GroupMember &member : pass) {
    linalg::LinalgOp op = member.op;
    for (OpOperand &operand : op->getOpOperands())
      if (member.isOfPoint(operand) &&
          (op.isDpsInit(&operand) ||
           !op.getMatchingBlockArgument(&operand).use_empty()))
        getValue(member, operand, /*slot=*/0);
  }
}

/// The loops of one pass, with what its reductions have so far.
void GroupEmitter::emitPass(Members pass, Members later) {
  loadRowValues(pass);
  SmallVector<Value> partial;
  for (const GroupMember &member : pass) {
    linalg::LinalgOp op = member.op;
    for (OpOperand &init : op.getDpsInitsMutable())
      if (Operation *combiner = getCombiner(member, init))
        partial.push_back(makeNeutral(combiner));
  }
  SmallVector<Value> row = coordinates.front();
  partial = emitColumns(pass, later, {}, partial);
  coordinates.front() = row;
  size_t next = 0;
  for (const GroupMember &member : pass) {
    linalg::LinalgOp op = member.op;
    b.setLoc(op.getLoc());
    for (OpOperand &init : op.getDpsInitsMutable()) {
      if (!getCombiner(member, init))
        continue;
      Place place = getPlace(member, init);
      values[place] = {combineWithInit(member, init, partial[next++])};
      written.insert({place, op.getLoc()});
    }
  }
}

/// The loops over the columns behind those of `indices`; lanes share the last
/// one.
SmallVector<Value> GroupEmitter::emitColumns(Members pass, Members later,
                                             ArrayRef<Value> indices,
                                             ValueRange partial) {
  auto emitLoop = [&](int64_t size, int64_t step, auto body) {
    auto loop = scf::ForOp::create(b, constant(0), constant(size),
                                   constant(step), partial);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    SmallVector<Value> next =
        body(loop.getInductionVar(), loop.getRegionIterArgs());
    // Without carried values the builder has made the terminator already.
    if (!next.empty())
      scf::YieldOp::create(b, next);
    return SmallVector<Value>(loop.getResults());
  };
  auto append = [&](Value index) {
    SmallVector<Value> extended(indices);
    extended.push_back(index);
    return extended;
  };
  int64_t size = group.columns[indices.size()];
  if (indices.size() + 1 < group.columns.size())
    return emitLoop(size, 1, [&](Value index, ValueRange carried) {
      return emitColumns(pass, later, append(index), carried);
    });
  int64_t rest = size % warpSize;
  auto emitAt = [&](Value first, ValueRange carried) {
    Value column = arith::AddIOp::create(b, first, lane);
    return emitElement(pass, later, append(column), carried);
  };
  SmallVector<Value> results = emitLoop(size - rest, warpSize, emitAt);
  if (rest == 0)
    return results;
  // Lanes behind the end add nothing.
  Value inside =
      arith::CmpIOp::create(b, arith::CmpIPredicate::ult, lane, constant(rest));
  auto last = scf::IfOp::create(b, ValueRange(results).getTypes(), inside,
                                /*withElseRegion=*/!results.empty());
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(last.thenBlock());
  SmallVector<Value> next = emitAt(constant(size - rest), results);
  if (results.empty())
    return {};
  scf::YieldOp::create(b, next);
  b.setInsertionPointToStart(last.elseBlock());
  scf::YieldOp::create(b, results);
  return SmallVector<Value>(last.getResults());
}

/// All ops of the pass for one element of the row.
SmallVector<Value> GroupEmitter::emitElement(Members pass, Members later,
                                             ArrayRef<Value> column,
                                             ValueRange partial) {
  SmallVector<Value> &indices = coordinates.front();
  indices.truncate(group.domain.size());
  indices.append(column.begin(), column.end());
  SmallVector<Value> reduced;
  for (const GroupMember &member : pass) {
    linalg::LinalgOp op = member.op;
    b.setLoc(op.getLoc());
    SmallVector<Value> arguments;
    size_t next = reduced.size();
    for (OpOperand &operand : op->getOpOperands()) {
      if (op.isDpsInit(&operand) && getCombiner(member, operand))
        arguments.push_back(partial[next++]);
      else if (op.getMatchingBlockArgument(&operand).use_empty())
        arguments.push_back(Value());
      else
        arguments.push_back(getValue(member, operand, /*slot=*/0));
    }
    SmallVector<Value> results =
        evaluate(op, toLoops(member, indices), arguments);
    for (auto [init, value] :
         llvm::zip_equal(op.getDpsInitsMutable(), results)) {
      if (getCombiner(member, init)) {
        reduced.push_back(value);
        continue;
      }
      Place place = getPlace(member, init);
      values[place] = {value};
      if (isKept(place, later))
        memref::StoreOp::create(b, value, import(place.first),
                                getIndices(place.second, indices));
    }
  }
  // Another element has other values.
  SmallVector<Place> known;
  for (auto &[place, value] : values)
    if (dependsOnSlot(place.second))
      known.push_back(place);
  for (const Place &place : known)
    values.erase(place);
  return reduced;
}

/// Whether anybody reads the buffer when the pass is over.
bool GroupEmitter::isKept(const Place &place, Members later) {
  Value root = getRoot(place.first);
  return !isLocal(root) || llvm::any_of(later, [&](const GroupMember &member) {
    return listRoots(member).contains(root);
  });
}
