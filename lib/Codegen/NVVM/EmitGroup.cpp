//===- EmitGroup.cpp - the kernel of a group of linalg ops ----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EmitGroup.h"

#include "GroupEmitter.h"
#include "quantc/Codegen/NVVM/Target.h"
#include "quantc/Dialect/GPU/IR/GPUOps.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace quantc::nvvm;

int64_t GroupEmitter::chooseSlots() {
  if (group.usesWarps() && group.addsInLanes())
    return group.countColumns() / group.columns.back() *
           llvm::divideCeil(group.columns.back(), warpSize);
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

/// CTAs that registers are planned for. Streaming takes as many threads as
/// there can be; a lane that keeps a row has two values of each element, about.
int64_t GroupEmitter::chooseOccupancy() {
  constexpr int64_t most = 8, others = 24;
  if (!group.usesWarps() || group.isLong())
    return most;
  int64_t registers =
      llvm::alignTo(others + 2 * chooseSlots(), Chip::registerGranularity);
  return std::clamp<int64_t>(Chip::registersPerMultiprocessor /
                                 (registers * threadsPerBlock),
                             1, most);
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
  int64_t points = group.countPoints();
  auto enter = [&](Value point, int64_t step) {
    if (points % step == 0)
      return;
    Value hasPoint = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, point,
                                           constant(points));
    auto guard = scf::IfOp::create(b, hasPoint);
    b.setInsertionPointToStart(guard.thenBlock());
  };
  if (!group.usesWarps()) {
    int64_t numSlots = chooseSlots();
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
  if (group.isLong())
    coordinates.push_back(rowIndices);
  else
    computeSlots(rowIndices);
}

/// The elements of a row that each lane has, where it keeps them in registers.
void GroupEmitter::computeSlots(ArrayRef<Value> rowIndices) {
  // Neighbours as sums want them, of one innermost row after the other; else
  // as many neighbours a lane as vector accesses take.
  bool inLanes = group.addsInLanes();
  ArrayRef<int64_t> sizes(group.columns);
  int64_t columns = inLanes ? sizes.back() : group.countColumns();
  int64_t outer = group.countColumns() / columns;
  int64_t width = inLanes || columns % (2 * warpSize) != 0 ? 1
                  : columns % (4 * warpSize) == 0          ? 4
                                                           : 2;
  int64_t perRow = chooseSlots() / outer;
  for (int64_t slot = 0; slot < outer * perRow; ++slot) {
    int64_t number = slot % perRow;
    int64_t first = number / width * width * warpSize + number % width;
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
    coordinates.emplace_back(rowIndices);
    if (inLanes) {
      coordinates.back().append(
          delinearize(constant(slot / perRow), sizes.drop_back()));
      coordinates.back().push_back(column);
    } else {
      coordinates.back().append(delinearize(column, sizes));
    }
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
    memref::StoreOp::create(b, value, import(place.first),
                            getIndices(place.second, coordinates[slot]));
  };
  // No lane writes what another one still reads: the value of a row, or the
  // last element of one, which lanes behind the end have read as well.
  bool isSynchronized = false;
  auto synchronize = [&] {
    if (!isSynchronized)
      NVVM::SyncWarpOp::create(
          b, arith::ConstantIntOp::create(b, /*mask=*/-1, 32));
    isSynchronized = true;
  };
  Value isFirstLane;
  for (auto &[place, loc] : written) {
    if (isLocal(getRoot(place.first)))
      continue;
    b.setLoc(loc);
    ArrayRef<Value> stored = values[place];
    if (!group.usesWarps() || dependsOnSlot(place.second)) {
      if (loaded.contains(getRoot(place.first)) &&
          llvm::any_of(isInside, [](Value inside) { return bool(inside); }))
        synchronize();
      for (auto [slot, value] : llvm::enumerate(stored))
        storeIf(isInside[slot], value, place, slot);
      continue;
    }
    // All lanes have the row's value; one stores it.
    synchronize();
    if (!isFirstLane)
      isFirstLane =
          arith::CmpIOp::create(b, arith::CmpIPredicate::eq, lane, constant(0));
    storeIf(isFirstLane, stored.front(), place, /*slot=*/0);
  }
}

void GroupEmitter::emitBody() {
  if (group.isLong() && group.usesWarps())
    return emitLongRows();
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
  OccupancyOp::create(b, chooseOccupancy());
  Operation *end = gpu::TerminatorOp::create(b);
  b.setInsertionPoint(end);
  computeCoordinates(launch.getThreadIds().x, launch.getBlockIds().x);
  emitBody();
  eraseMembers();
}

void quantc::nvvm::emitGroup(StructuredGroup &group, StringRef name) {
  GroupEmitter(group, name).emit();
}
