//===- EmitGroup.cpp - the kernel of a group of linalg ops ----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A thread has some slots: consecutive points of the domain, or elements of its
// warp's row. A value that an op writes is kept for each slot and goes to
// memory at the end, if anybody else reads it. So loads and stores of
// neighbouring slots stand together, where LLVM makes vectors of them.
//
//===----------------------------------------------------------------------===//

#include "EmitGroup.h"

#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace quantc::nvvm;

namespace {

constexpr int64_t threadsPerBlock = 128, warpSize = 32;

class GroupEmitter {
public:
  GroupEmitter(StructuredGroup &group, StringRef name)
      : group(group), name(name), last(group.members.back().op),
        b(last.getLoc(), last) {}

  void emit();

private:
  /// The elements of a buffer by the group's coordinates.
  using Place = std::pair<Value, AffineMap>;

  int64_t chooseSlots();
  void computeCoordinates(Value thread, Value block);
  void emitBody();
  void emitPointwise(const GroupMember &member);
  void emitLoops(const GroupMember &member);
  void emitWarpReduction(const GroupMember &member);
  void emitStores();
  bool isLocal(Value root);
  void eraseMembers();

  Value constant(int64_t value) {
    return arith::ConstantIndexOp::create(b, value);
  }
  Value multiplyAdd(Value x, int64_t factor, Value y) {
    Value product = arith::MulIOp::create(b, x, constant(factor));
    return arith::AddIOp::create(b, product, y);
  }
  SmallVector<Value> delinearize(Value linear, ArrayRef<int64_t> sizes);
  Value import(Value value);
  SmallVector<Value> evaluate(linalg::LinalgOp op, ValueRange loops,
                              ValueRange arguments);
  SmallVector<Value> toLoops(const GroupMember &member, ValueRange coordinates);
  Place getPlace(const GroupMember &member, OpOperand &operand) {
    return {operand.get(), member.getCanonicalMap(operand)};
  }
  Value load(const Place &place, ValueRange coordinates);
  SmallVector<Value> getIndices(AffineMap map, ValueRange coordinates);
  bool dependsOnSlot(AffineMap map);
  Value getValue(const GroupMember &member, OpOperand &operand, unsigned slot);
  SmallVector<Value> getOperands(const GroupMember &member, unsigned slot);
  Value reduceInWarp(Operation *combiner, Value partial);

  StructuredGroup &group;
  StringRef name;
  linalg::LinalgOp last;
  ImplicitLocOpBuilder b;
  /// For each slot, the domain's indices and those of the columns.
  std::vector<SmallVector<Value>> coordinates;
  /// For each slot, whether it is in the row; null where it always is.
  SmallVector<Value> isInside;
  /// What is known of buffers: one value, or one a slot.
  DenseMap<Place, SmallVector<Value>> values;
  /// Places that members write, and the member's location.
  llvm::MapVector<Place, Location> written;
  /// Constants of the function, cloned to the start of the kernel.
  IRMapping imported;
  Block *kernel = nullptr;
  Value lane;
};

int64_t GroupEmitter::chooseSlots() {
  if (group.usesWarps())
    return llvm::divideCeil(group.countColumns(), warpSize);
  bool hasLoops = llvm::any_of(group.members, [](const GroupMember &each) {
    return each.isReduction();
  });
  constexpr int64_t width = 4, enough = 4096;
  return !hasLoops && group.countPoints() >= enough &&
                 group.domain.back() % width == 0
             ? width
             : 1;
}

SmallVector<Value> GroupEmitter::delinearize(Value linear,
                                             ArrayRef<int64_t> sizes) {
  SmallVector<Value> indices(sizes.size());
  for (size_t i = sizes.size(); i-- > 0;) {
    if (i == 0) {
      indices[i] = linear;
    } else if (sizes[i] == 1) {
      indices[i] = constant(0);
    } else {
      indices[i] = arith::RemUIOp::create(b, linear, constant(sizes[i]));
      linear = arith::DivUIOp::create(b, linear, constant(sizes[i]));
    }
  }
  return indices;
}

/// Fills `coordinates` and `isInside`, and enters an scf.if where some threads
/// have no point.
void GroupEmitter::computeCoordinates(Value thread, Value block) {
  int64_t numSlots = chooseSlots(), points = group.countPoints();
  auto enter = [&](Value point, int64_t step) {
    if (points % step == 0)
      return;
    Value hasPoint = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, point,
                                           constant(points));
    auto guard = scf::IfOp::create(b, hasPoint);
    b.setInsertionPointToStart(guard.thenBlock());
  };
  if (!group.usesWarps()) {
    Value number = multiplyAdd(block, threadsPerBlock, thread);
    Value point = arith::MulIOp::create(b, number, constant(numSlots));
    enter(point, threadsPerBlock * numSlots);
    SmallVector<Value> first = delinearize(point, group.domain);
    for (int64_t slot = 0; slot < numSlots; ++slot) {
      coordinates.push_back(first);
      if (slot > 0)
        coordinates.back().back() =
            arith::AddIOp::create(b, first.back(), constant(slot));
    }
    isInside.assign(numSlots, Value());
    return;
  }
  constexpr int64_t rowsPerBlock = threadsPerBlock / warpSize;
  Value warp = arith::DivUIOp::create(b, thread, constant(warpSize));
  lane = arith::RemUIOp::create(b, thread, constant(warpSize));
  Value row = multiplyAdd(block, rowsPerBlock, warp);
  enter(row, rowsPerBlock);
  SmallVector<Value> rowIndices = delinearize(row, group.domain);
  int64_t columns = group.countColumns();
  int64_t width = columns % (4 * warpSize) == 0   ? 4
                  : columns % (2 * warpSize) == 0 ? 2
                                                  : 1;
  for (int64_t slot = 0; slot < numSlots; ++slot) {
    int64_t first = slot / width * width * warpSize + slot % width;
    Value column = multiplyAdd(lane, width, constant(first));
    Value inside;
    // Lanes behind the end read the last element once more.
    if (first + width * (warpSize - 1) >= columns) {
      inside = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, column,
                                     constant(columns));
      column =
          arith::SelectOp::create(b, inside, column, constant(columns - 1));
    }
    isInside.push_back(inside);
    coordinates.push_back(rowIndices);
    coordinates.back().append(delinearize(column, group.columns));
  }
}

/// Constants are cloned; what else the host has computed is passed.
Value GroupEmitter::import(Value value) {
  Operation *definition = value.getDefiningOp();
  if (!definition || !matchPattern(definition, m_Constant()))
    return value;
  if (!imported.contains(value)) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(kernel);
    b.clone(*definition, imported);
  }
  return imported.lookup(value);
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
  return memref::LoadOp::create(b, place.first,
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

/// A reduction by one thread, in the order of the loops.
void GroupEmitter::emitLoops(const GroupMember &member) {
  linalg::LinalgOp op = member.op;
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  SmallVector<Value> sums;
  for (OpOperand &init : op.getDpsInitsMutable())
    sums.push_back(getValue(member, init, /*slot=*/0));
  OpBuilder::InsertPoint outside = b.saveInsertionPoint();
  SmallVector<scf::ForOp> loops;
  SmallVector<Value> indices = coordinates.front(), running = sums;
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
  for (OpOperand *input : op.getDpsInputOperands()) {
    if (op.getMatchingBlockArgument(input).use_empty()) {
      arguments.push_back(Value());
      continue;
    }
    Place place = getPlace(member, *input);
    auto known = values.find(place);
    arguments.push_back(known != values.end() ? known->second.front()
                                              : load(place, indices));
  }
  arguments.append(running);
  running = evaluate(op, toLoops(member, indices), arguments);
  for (scf::ForOp nest : llvm::reverse(loops)) {
    b.setInsertionPointToEnd(nest.getBody());
    scf::YieldOp::create(b, running);
    running.assign(nest.getResults().begin(), nest.getResults().end());
  }
  b.restoreInsertionPoint(outside);
  for (auto [init, value] : llvm::zip_equal(op.getDpsInitsMutable(), running))
    values[getPlace(member, init)] = {value};
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

/// A lane reduces its slots in order, then the warp's lanes reduce together.
void GroupEmitter::emitWarpReduction(const GroupMember &member) {
  linalg::LinalgOp op = member.op;
  unsigned numInputs = op.getNumDpsInputs();
  std::vector<SmallVector<Value>> arguments;
  for (unsigned slot = 0; slot < coordinates.size(); ++slot)
    arguments.push_back(getOperands(member, slot));
  SmallVector<Operation *> combiners;
  SmallVector<Value> sums;
  for (unsigned i = 0; i < op.getNumDpsInits(); ++i) {
    SmallVector<Operation *> found;
    matchReduction(op.getRegionOutputArgs(), i, found);
    combiners.push_back(found.front());
    sums.push_back(
        arith::ConstantOp::create(b, *arith::getNeutralElement(found.front())));
  }
  for (unsigned slot = 0; slot < coordinates.size(); ++slot) {
    llvm::copy(sums, arguments[slot].begin() + numInputs);
    SmallVector<Value> next =
        evaluate(op, toLoops(member, coordinates[slot]), arguments[slot]);
    for (auto [sum, value] : llvm::zip_equal(sums, next))
      sum = isInside[slot]
                ? arith::SelectOp::create(b, isInside[slot], value, sum)
                      .getResult()
                : value;
  }
  for (auto [index, init] : llvm::enumerate(op.getDpsInitsMutable())) {
    Value total = reduceInWarp(combiners[index], sums[index]);
    IRMapping mapping;
    BlockArgument carried = op.getRegionOutputArgs()[index];
    bool isFirst = combiners[index]->getOperand(0) == carried;
    mapping.map(combiners[index]->getOperand(isFirst ? 1 : 0), total);
    mapping.map(carried, getValue(member, init, /*slot=*/0));
    values[getPlace(member, init)] = {
        b.clone(*combiners[index], mapping)->getResult(0)};
  }
}

/// Whether nobody but the group reads the buffer.
bool GroupEmitter::isLocal(Value root) {
  if (!root.getDefiningOp<memref::AllocOp>())
    return false;
  SmallVector<Value> aliases = {root};
  while (!aliases.empty())
    for (Operation *user : aliases.pop_back_val().getUsers()) {
      if (isa<memref::DeallocOp>(user))
        continue;
      if (isa<ViewLikeOpInterface>(user))
        llvm::append_range(aliases, user->getResults());
      else if (llvm::none_of(group.members, [&](const GroupMember &member) {
                 return member.op->isAncestor(user);
               }))
        return false;
    }
  return true;
}

void GroupEmitter::emitStores() {
  auto storeIf = [&](Value condition, Value value, const Place &place,
                     unsigned slot) {
    OpBuilder::InsertionGuard guard(b);
    if (condition)
      b.setInsertionPointToStart(scf::IfOp::create(b, condition).thenBlock());
    memref::StoreOp::create(b, value, place.first,
                            getIndices(place.second, coordinates[slot]));
  };
  Value isFirstLane;
  for (auto &[place, loc] : written) {
    if (isLocal(getRoot(place.first)))
      continue;
    b.setLoc(loc);
    ArrayRef<Value> stored = values[place];
    if (!group.usesWarps() || dependsOnSlot(place.second)) {
      for (auto [slot, value] : llvm::enumerate(stored))
        storeIf(isInside[slot], value, place, slot);
      continue;
    }
    // All lanes have the row's value; one stores it, when none reads the old
    // one any more.
    if (!isFirstLane) {
      isFirstLane =
          arith::CmpIOp::create(b, arith::CmpIPredicate::eq, lane, constant(0));
      NVVM::SyncWarpOp::create(
          b, arith::ConstantIntOp::create(b, /*mask=*/-1, 32));
    }
    storeIf(isFirstLane, stored.front(), place, /*slot=*/0);
  }
}

void GroupEmitter::emitBody() {
  for (const GroupMember &member : group.members) {
    linalg::LinalgOp op = member.op;
    b.setLoc(op.getLoc());
    if (!member.isReduction())
      emitPointwise(member);
    else if (group.usesWarps())
      emitWarpReduction(member);
    else
      emitLoops(member);
    for (OpOperand &init : op.getDpsInitsMutable())
      written.insert({getPlace(member, init), op.getLoc()});
  }
  emitStores();
}

void GroupEmitter::eraseMembers() {
  SetVector<Value> roots;
  for (GroupMember &member : group.members) {
    for (Value operand : member.op->getOperands())
      roots.insert(getRoot(operand));
    for (Value buffer : getLoadedBuffers(member.op))
      roots.insert(getRoot(buffer));
    member.op->erase();
  }
  for (Value root : roots) {
    auto alloc = root.getDefiningOp<memref::AllocOp>();
    if (!alloc)
      continue;
    // Views of what nobody reads any more go first.
    SmallVector<Operation *> users(alloc->getUsers());
    bool isUnused = true;
    std::function<void(Operation *)> drop = [&](Operation *user) {
      if (!isa<ViewLikeOpInterface>(user))
        return;
      for (Operation *each : SmallVector<Operation *>(user->getUsers()))
        drop(each);
      if (user->use_empty())
        user->erase();
    };
    for (Operation *user : users)
      drop(user);
    for (Operation *user : alloc->getUsers())
      isUnused &= isa<memref::DeallocOp>(user);
    if (!isUnused)
      continue;
    for (Operation *user : SmallVector<Operation *>(alloc->getUsers()))
      user->erase();
    alloc->erase();
  }
}

void GroupEmitter::emit() {
  if (group.countPoints() == 0)
    return eraseMembers();
  int64_t perBlock = group.usesWarps() ? threadsPerBlock / warpSize
                                       : threadsPerBlock * chooseSlots();
  // A buffer that ends between two members must live until the last one.
  for (Operation *op = group.members.front().op; op != last;) {
    Operation *next = op->getNextNode();
    if (isa<memref::DeallocOp>(op))
      op->moveAfter(last);
    op = next;
  }
  Value one = constant(1);
  auto launch = gpu::LaunchOp::create(
      b, constant(llvm::divideCeil(group.countPoints(), perBlock)), one, one,
      constant(threadsPerBlock), one, one,
      /*dynamicSharedMemorySize=*/Value(), /*asyncTokenType=*/Type(),
      /*asyncDependencies=*/ValueRange(), /*workgroupAttributions=*/TypeRange(),
      /*privateAttributions=*/TypeRange(), /*clusterSizeX=*/Value(),
      /*clusterSizeY=*/Value(), /*clusterSizeZ=*/Value(),
      FlatSymbolRefAttr::get(b.getContext(), "kernels"),
      FlatSymbolRefAttr::get(b.getContext(), name));
  kernel = &launch.getBody().front();
  b.setInsertionPointToStart(kernel);
  Operation *end = gpu::TerminatorOp::create(b);
  b.setInsertionPoint(end);
  computeCoordinates(launch.getThreadIds().x, launch.getBlockIds().x);
  emitBody();
  eraseMembers();
}

} // namespace

void quantc::nvvm::emitGroup(StructuredGroup &group, StringRef name) {
  GroupEmitter(group, name).emit();
}
