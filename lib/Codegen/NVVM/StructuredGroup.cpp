//===- StructuredGroup.cpp - linalg ops that become one kernel ------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StructuredGroup.h"

#include "ComputedPlaces.h"
#include "quantc/Codegen/Reduction/SumOrder.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

using namespace mlir;
using namespace quantc::nvvm;

namespace {

/// With fewer a warp would mostly idle; a thread sums them alone.
constexpr int64_t minColumns = 16;

template <typename Sizes>
int64_t product(const Sizes &sizes) {
  int64_t count = 1;
  for (int64_t size : sizes)
    count *= size;
  return count;
}

/// The loops of one kind, in order.
SmallVector<unsigned> listLoops(linalg::LinalgOp op, utils::IteratorType type) {
  SmallVector<unsigned> loops;
  for (auto [loop, each] : llvm::enumerate(op.getIteratorTypesArray()))
    if (each == type)
      loops.push_back(loop);
  return loops;
}

SmallVector<int64_t> selectSizes(linalg::LinalgOp op,
                                 ArrayRef<unsigned> loops) {
  SmallVector<int64_t> sizes, ranges = op.getStaticLoopRanges();
  for (unsigned loop : loops)
    sizes.push_back(ranges[loop]);
  return sizes;
}

/// Whether lanes can reduce each result that has one element a row together:
/// one associative operation that has a neutral element, on what a shuffle
/// moves, in an order that is that of lanes or does not matter.
bool canReduceInWarp(const GroupMember &member) {
  linalg::LinalgOp op = member.op;
  if (quantc::hasOrderedSums(op) && !quantc::findLaneLoop(op))
    return false;
  for (auto [i, init] : llvm::enumerate(op.getDpsInitsMutable())) {
    if (!member.isOfPoint(init))
      continue;
    Operation *combiner = quantc::matchCombiner(op, i);
    if (!combiner)
      return false;
    Type type = combiner->getResult(0).getType();
    if (!type.isF32() && !type.isInteger(32))
      return false;
  }
  return true;
}

/// Grows one group op by op.
class GroupBuilder {
public:
  GroupBuilder(ArrayRef<int64_t> domain, ArrayRef<int64_t> columns) {
    group.domain.assign(domain.begin(), domain.end());
    group.columns.assign(columns.begin(), columns.end());
  }

  bool add(linalg::LinalgOp op) {
    GroupMember member;
    if (!place(op, member))
      return false;
    // An op alone is right in any order of its points, or bufferization would
    // have copied.
    bool isAlone = group.members.empty() && !group.usesWarps();
    if (!isAlone && !areAccessesAligned(member))
      return false;
    record(member);
    group.members.push_back(std::move(member));
    return true;
  }

  StructuredGroup &get() { return group; }

private:
  struct Access {
    Value buffer;
    AffineMap map;
    bool operator==(const Access &other) const {
      return buffer == other.buffer && map == other.map;
    }
  };

  bool place(linalg::LinalgOp op, GroupMember &member) {
    member.op = op;
    SmallVector<unsigned> parallel =
        listLoops(op, utils::IteratorType::parallel);
    if (!group.usesWarps()) {
      // A thread alone would add in another order.
      if (!group.members.empty() && quantc::findLaneLoop(op))
        return false;
      member.domainLoops = parallel;
      member.otherLoops = listLoops(op, utils::IteratorType::reduction);
      return selectSizes(op, parallel) == group.domain;
    }
    // The row's loops come first, then, in all ops that have them, the columns.
    size_t numLoops = op.getNumLoops(), numDomain = group.domain.size();
    if (numLoops < numDomain)
      return false;
    for (unsigned loop = 0; loop < numLoops; ++loop)
      (loop < numDomain ? member.domainLoops : member.otherLoops)
          .push_back(loop);
    member.hasColumns = numLoops != numDomain;
    if (selectSizes(op, member.domainLoops) != group.domain ||
        (member.hasColumns &&
         selectSizes(op, member.otherLoops) != group.columns))
      return false;
    if (parallel.size() == numLoops)
      return true;
    return parallel.size() == numDomain && parallel == member.domainLoops &&
           canReduceInWarp(member);
  }

  /// Whether whatever the op shares with the group, and one of both writes, is
  /// the same element for each point.
  bool areAccessesAligned(const GroupMember &member) {
    linalg::LinalgOp op = member.op;
    for (Value buffer : getLoadedBuffers(op)) {
      Value root = getRoot(buffer);
      if (written.contains(root) ||
          llvm::any_of(op.getDpsInits(),
                       [&](Value v) { return getRoot(v) == root; }))
        return false;
    }
    for (OpOperand &operand : op->getOpOperands()) {
      Value root = getRoot(operand.get());
      bool isWritten = op.isDpsInit(&operand);
      Access access = {operand.get(), member.getCanonicalMap(operand)};
      // Every point writes elements of its own.
      size_t numWritten = member.isReduction() && member.isOfPoint(operand)
                              ? member.domainLoops.size()
                              : op.getNumLoops();
      if (isWritten &&
          (loaded.contains(root) || !access.map.isProjectedPermutation() ||
           access.map.getNumResults() != numWritten))
        return false;
      auto known = accesses.find(root);
      if (known == accesses.end())
        continue;
      if ((isWritten || written.contains(root)) &&
          llvm::any_of(known->second,
                       [&](const Access &each) { return !(each == access); }))
        return false;
    }
    // An op may also meet itself.
    for (OpOperand &init : op.getDpsInitsMutable())
      for (OpOperand &other : op->getOpOperands())
        if (&init != &other && getRoot(init.get()) == getRoot(other.get()) &&
            (init.get() != other.get() ||
             member.getCanonicalMap(init) != member.getCanonicalMap(other)))
          return false;
    return true;
  }

  void record(const GroupMember &member) {
    linalg::LinalgOp op = member.op;
    for (OpOperand &operand : op->getOpOperands()) {
      if (!isa<MemRefType>(operand.get().getType()))
        continue;
      Value root = getRoot(operand.get());
      accesses[root].push_back(
          {operand.get(), member.getCanonicalMap(operand)});
      if (op.isDpsInit(&operand))
        written.insert(root);
    }
    for (Value buffer : getLoadedBuffers(op))
      loaded.insert(getRoot(buffer));
  }

  StructuredGroup group;
  DenseMap<Value, SmallVector<Access>> accesses;
  DenseSet<Value> written, loaded;
};

/// Whether other ops may stand on both sides of `op` in a kernel.
bool isTransparent(Operation *op) {
  return isa<memref::AllocOp, memref::DeallocOp>(op) || isMemoryEffectFree(op);
}

/// The linalg ops from `first` on with nothing between them that touches a
/// buffer.
SmallVector<linalg::LinalgOp> listRun(Operation *first) {
  SmallVector<linalg::LinalgOp> run;
  for (Operation *op = first; op; op = op->getNextNode()) {
    if (auto structured = dyn_cast<linalg::LinalgOp>(op))
      run.push_back(structured);
    else if (!isTransparent(op))
      break;
  }
  return run;
}

/// The longest group from the first op on whose rows are those of the first
/// reduction that warps can compute; none where that is not in it.
std::optional<StructuredGroup> formRows(ArrayRef<linalg::LinalgOp> run) {
  for (auto [index, op] : llvm::enumerate(run)) {
    SmallVector<unsigned> parallel =
        listLoops(op, utils::IteratorType::parallel);
    SmallVector<unsigned> reduction =
        listLoops(op, utils::IteratorType::reduction);
    if (reduction.empty())
      continue;
    SmallVector<int64_t> columns = selectSizes(op, reduction);
    if (product(columns) < minColumns)
      return std::nullopt;
    GroupBuilder builder(selectSizes(op, parallel), columns);
    size_t count = 0;
    while (count < run.size() && builder.add(run[count]))
      ++count;
    if (count <= index)
      return std::nullopt;
    return std::move(builder.get());
  }
  return std::nullopt;
}

StructuredGroup formPoints(ArrayRef<linalg::LinalgOp> run) {
  GroupBuilder builder(
      selectSizes(run.front(),
                  listLoops(run.front(), utils::IteratorType::parallel)),
      {});
  for (linalg::LinalgOp op : run)
    if (!builder.add(op))
      break;
  return std::move(builder.get());
}

} // namespace

int64_t StructuredGroup::countPoints() const { return product(domain); }
int64_t StructuredGroup::countColumns() const { return product(columns); }

bool StructuredGroup::isLong() const { return countColumns() > maxColumns; }

bool StructuredGroup::addsInLanes() const {
  return llvm::any_of(members, [](const GroupMember &member) {
    return quantc::findLaneLoop(member.op).has_value();
  });
}

bool GroupMember::isOfPoint(OpOperand &operand) const {
  AffineMap map = linalg::LinalgOp(op).getMatchingIndexingMap(&operand);
  return llvm::none_of(
      otherLoops, [&](unsigned loop) { return map.isFunctionOfDim(loop); });
}

AffineMap GroupMember::getCanonicalMap(OpOperand &operand) const {
  linalg::LinalgOp structured = op;
  AffineMap map = structured.getMatchingIndexingMap(&operand);
  MLIRContext *context = map.getContext();
  SmallVector<AffineExpr> replacements(map.getNumDims());
  for (auto [index, loop] : llvm::enumerate(domainLoops))
    replacements[loop] = getAffineDimExpr(index, context);
  for (auto [index, loop] : llvm::enumerate(otherLoops))
    replacements[loop] = getAffineDimExpr(domainLoops.size() + index, context);
  return map.replaceDimsAndSymbols(
      replacements, {},
      domainLoops.size() + (isOfPoint(operand) ? 0 : otherLoops.size()), 0);
}

Value quantc::nvvm::getRoot(Value value) {
  while (auto view = value.getDefiningOp<ViewLikeOpInterface>())
    value = view.getViewSource();
  return value;
}

SmallVector<Value> quantc::nvvm::getLoadedBuffers(linalg::LinalgOp op) {
  SmallVector<Value> buffers;
  op->walk([&](memref::LoadOp load) { buffers.push_back(load.getMemRef()); });
  for (Value operand : op->getOperands())
    llvm::append_range(buffers, getPlaceBuffers(operand));
  return buffers;
}

std::vector<StructuredGroup> quantc::nvvm::formGroups(Block &block) {
  std::vector<StructuredGroup> groups;
  Operation *next = block.empty() ? nullptr : &block.front();
  while (next) {
    if (!isa<linalg::LinalgOp>(next)) {
      next = next->getNextNode();
      continue;
    }
    SmallVector<linalg::LinalgOp> run = listRun(next);
    std::optional<StructuredGroup> rows = formRows(run);
    groups.push_back(rows ? std::move(*rows) : formPoints(run));
    next = groups.back().members.back().op->getNextNode();
  }
  return groups;
}
