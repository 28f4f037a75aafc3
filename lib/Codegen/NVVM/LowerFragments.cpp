//===- LowerFragments.cpp - what each thread of a CTA does ----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FragmentLowering.h"
#include "quantc/Codegen/NVVM/Passes.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/TypeSwitch.h"

namespace quantc::nvvm {
#define GEN_PASS_DEF_CODEGENNVVMLOWERFRAGMENTSPASS
#include "quantc/Codegen/NVVM/Passes.h.inc"
} // namespace quantc::nvvm

using namespace mlir;
using namespace quantc;
using namespace quantc::nvvm;

//===----------------------------------------------------------------------===//
// Swizzle
//===----------------------------------------------------------------------===//

Swizzle::Swizzle(ScheduleAttr schedule, Type element, bool rhs)
    : width(128 / element.getIntOrFloatBitWidth()),
      columns(rhs ? schedule.getThreadColumns() : 0) {
  chunksPerRow = schedule.getTile()[2] / width;
}

Swizzle Swizzle::none(ScheduleAttr schedule, Type element) {
  Swizzle swizzle(schedule, element, /*rhs=*/false);
  swizzle.isIdentity = true;
  return swizzle;
}

Value Swizzle::apply(IndexArithmetic &index, Value row, Value chunk) const {
  if (isIdentity)
    return index.mul(chunk, width);
  // A line of all 32 banks is 8 chunks, and holds so many rows.
  int64_t keys = std::min<int64_t>(chunksPerRow, 8);
  Value line = row;
  if (columns > 2)
    line = index.add(index.mul(index.rem(index.div(row, columns), 4), 2),
                     index.rem(row, 2));
  Value key = index.rem(index.div(line, 8 / keys), keys);
  return index.mul(index.exclusiveOr(chunk, key), width);
}

//===----------------------------------------------------------------------===//
// Positions
//===----------------------------------------------------------------------===//

FragmentLowering::FragmentLowering(gpu::LaunchOp launch)
    : launch(launch), loc(launch.getLoc()), builder(launch.getContext()),
      index(builder, loc) {}

void FragmentLowering::locate() {
  builder.setInsertionPointToStart(&launch.getBody().front());
  thread = launch.getThreadIds().x;
  lane = index.rem(thread, 32);
  Value warp = index.div(thread, 32);
  ArrayRef<int64_t> tile = schedule.getTile(), warps = schedule.getWarps();
  warpRow = index.mul(index.div(warp, warps[1]), tile[0] / warps[0]);
  warpColumn = index.mul(index.rem(warp, warps[1]), tile[1] / warps[1]);
}

// Row r / 2 * 16 + r % 2 * 8 + lane / 4 of the warp: see the picture of the
// accumulators of mma.sync in docs/codegen-nvvm.md.
Value FragmentLowering::getRow(Value firstRow, int64_t r) {
  if (schedule.isDot())
    return index.add(firstRow, r);
  Value row = index.add(index.add(firstRow, warpRow), index.div(lane, 4));
  return index.add(row, r / 2 * 16 + r % 2 * 8);
}

Value FragmentLowering::getFirstColumn(Value first) {
  if (schedule.isDot())
    return index.add(first, warpColumn);
  return index.add(index.add(first, warpColumn),
                   index.mul(index.rem(lane, 4), schedule.getThreadColumns()));
}

Value FragmentLowering::isStoring() {
  if (!schedule.isDot())
    return {};
  return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, lane,
                               index.constant(0));
}

Value FragmentLowering::isBelow(Value position, int64_t bound, int64_t tile) {
  if (bound % tile == 0)
    return {};
  return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ult,
                               position, index.constant(bound));
}

Value FragmentLowering::clamp(Value position, int64_t bound, int64_t tile,
                              int64_t width) {
  if (bound % tile == 0)
    return position;
  return arith::MinUIOp::create(builder, loc, position,
                                index.constant(bound - width));
}

//===----------------------------------------------------------------------===//
// Structure
//===----------------------------------------------------------------------===//

void FragmentLowering::lowerLoop(scf::ForOp loop) {
  SmallVector<Value> initial;
  for (Value value : loop.getInitArgs()) {
    auto fragment = fragments.find(value);
    if (fragment == fragments.end())
      initial.push_back(value);
    else
      llvm::append_range(initial, fragment->second);
  }
  if (initial.size() == loop.getInitArgs().size())
    return lowerBlock(*loop.getBody());

  builder.setInsertionPoint(loop);
  auto scalars =
      scf::ForOp::create(builder, loop.getLoc(), loop.getLowerBound(),
                         loop.getUpperBound(), loop.getStep(), initial);
  scalars->setDiscardableAttrs(loop->getDiscardableAttrDictionary());
  unsigned next = 0;
  for (auto [init, arg, result] : llvm::zip_equal(
           loop.getInitArgs(), loop.getRegionIterArgs(), loop.getResults())) {
    auto fragment = fragments.find(init);
    if (fragment == fragments.end()) {
      arg.replaceAllUsesWith(scalars.getRegionIterArg(next));
      result.replaceAllUsesWith(scalars.getResult(next));
      ++next;
      continue;
    }
    size_t size = fragment->second.size();
    ValueRange args = scalars.getRegionIterArgs();
    fragments[arg] = llvm::to_vector(args.slice(next, size));
    fragments[result] =
        llvm::to_vector(ValueRange(scalars.getResults()).slice(next, size));
    next += size;
  }
  loop.getInductionVar().replaceAllUsesWith(scalars.getInductionVar());
  Block &body = *scalars.getBody();
  body.getOperations().splice(body.end(), loop.getBody()->getOperations());
  lowerBlock(body);

  Operation *yield = body.getTerminator();
  SmallVector<Value> yielded;
  for (Value value : yield->getOperands()) {
    auto fragment = fragments.find(value);
    if (fragment == fragments.end())
      yielded.push_back(value);
    else
      llvm::append_range(yielded, fragment->second);
  }
  yield->setOperands(yielded);
  dead.push_back(loop);
}

template <typename AddOp>
void FragmentLowering::lowerAdd(AddOp add) {
  Fragment sums;
  for (auto [left, right] : llvm::zip_equal(fragments.lookup(add.getLhs()),
                                            fragments.lookup(add.getRhs())))
    sums.push_back(AddOp::create(builder, loc, left, right));
  fragments[add.getResult()] = std::move(sums);
}

void FragmentLowering::lowerBlock(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(block)) {
    builder.setInsertionPoint(&op);
    llvm::TypeSwitch<Operation *>(&op)
        .Case<LoadTileOp, LoadScalesOp, InitTileOp, MultiplyTileOp, DotTileOp,
              StoreTileOp>([&](auto tileOp) {
          lower(tileOp);
          dead.push_back(tileOp);
        })
        .Case([&](scf::ForOp loop) { lowerLoop(loop); })
        .Case<arith::AddIOp, arith::AddFOp>([&](auto add) {
          if (fragments.contains(add.getLhs())) {
            lowerAdd(add);
            dead.push_back(add);
          }
        })
        .Default([&](Operation *other) {
          for (Region &region : other->getRegions())
            for (Block &inner : region)
              lowerBlock(inner);
        });
  }
}

/// Stores of tiles need barriers alone: what waits for asynchronous copies goes
/// where there are none. One barrier is enough for all that was stored before
/// it; the loop needs it every step, what is left behind the loop does not.
static void dropNeedlessWaits(gpu::LaunchOp launch) {
  bool isAsync = launch
                     .walk([](nvgpu::DeviceAsyncCopyOp) {
                       return WalkResult::interrupt();
                     })
                     .wasInterrupted();
  if (isAsync)
    return;
  launch.walk([](Operation *op) {
    if (isa<NVVM::CpAsyncCommitGroupOp, NVVM::CpAsyncWaitGroupOp>(op))
      op->erase();
  });
  auto writesTiles = [](Operation &op) {
    return op
        .walk([](vector::StoreOp store) {
          return gpu::GPUDialect::hasWorkgroupMemoryAddressSpace(
                     store.getMemRefType())
                     ? WalkResult::interrupt()
                     : WalkResult::advance();
        })
        .wasInterrupted();
  };
  SmallVector<gpu::BarrierOp> barriers;
  for (Operation &op : llvm::reverse(launch.getBody().front())) {
    if (writesTiles(op))
      break;
    if (auto barrier = dyn_cast<gpu::BarrierOp>(op))
      barriers.push_back(barrier);
  }
  // All but the first, which is the last one found.
  for (gpu::BarrierOp barrier : ArrayRef(barriers).drop_back(!barriers.empty()))
    barrier.erase();
}

void FragmentLowering::run() {
  StoreTileOp store;
  launch.walk([&](StoreTileOp op) { store = op; });
  if (!store)
    return;
  schedule = store.getSchedule();
  space = store.getSpace();
  locate();
  lowerBlock(launch.getBody().front());
  for (Operation *op : dead)
    op->dropAllReferences();
  for (Operation *op : dead) {
    op->dropAllUses();
    op->erase();
  }
  dropNeedlessWaits(launch);
}

namespace {

class CodegenNVVMLowerFragmentsPass
    : public quantc::nvvm::impl::CodegenNVVMLowerFragmentsPassBase<
          CodegenNVVMLowerFragmentsPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    getOperation().walk(
        [](gpu::LaunchOp launch) { FragmentLowering(launch).run(); });
  }
};

} // namespace
