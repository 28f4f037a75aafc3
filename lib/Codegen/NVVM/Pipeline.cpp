//===- Pipeline.cpp - load tiles while earlier ones are multiplied --------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/Contraction/IndexArithmetic.h"
#include "quantc/Codegen/NVVM/Passes.h"
#include "quantc/Dialect/GPU/IR/GPUOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/IRMapping.h"

namespace quantc::nvvm {
#define GEN_PASS_DEF_CODEGENNVVMPIPELINEPASS
#include "quantc/Codegen/NVVM/Passes.h.inc"
} // namespace quantc::nvvm

using namespace mlir;
using namespace quantc;
using namespace quantc::nvvm;

namespace {

/// The loop over k of one kernel, as codegen-nvvm-tile makes it.
class PipelinedLoop {
public:
  PipelinedLoop(scf::ForOp loop, MultiplyTileOp multiply)
      : loop(loop), multiply(multiply), loc(loop.getLoc()), builder(loop),
        index(builder, loc), step(multiply.getSchedule().getTile()[2]),
        steps(getNumSteps()), stages(multiply.getSchedule().getStages()) {
    // A buffer that no step uses is neither loaded nor waited for.
    if (steps)
      stages = std::clamp<int64_t>(*steps, 1, stages);
    for (Operation &op : *loop.getBody()) {
      if (auto load = dyn_cast<LoadTileOp>(op))
        tiles.push_back(load.getTile());
      else if (auto load = dyn_cast<LoadScalesOp>(op))
        tiles.push_back(load.getTile());
      else
        continue;
      loads.push_back(&op);
    }
  }

  void run();

private:
  /// The loop's body for `k` and the tiles of the stage that begins at
  /// `offset`.
  IRMapping at(Value k, Value offset);
  /// The loads for `k`, a group of its own.
  void emitLoads(Value k, Value offset);
  /// The same if `k` is not behind the last one; an empty group keeps the
  /// count.
  void emitGuardedLoads(Value k, Value offset);
  Value advance(Value offset);
  /// Waits for the tiles but for `pending` groups, and for all threads.
  void emitWait(int64_t pending);
  Value emitMultiply(Value k, Value accumulators, Value read);
  std::optional<int64_t> getNumSteps();
  bool isShort();
  /// One step a round; buffers go in a circle.
  Value emitRolled();
  /// As many steps a round as there are buffers, and what is left behind them.
  Value emitUnrolled();
  Value emitUnrolledStep(Value k, Value accumulators, int64_t number,
                         int64_t stepsLeft);

  scf::ForOp loop;
  MultiplyTileOp multiply;
  Location loc;
  OpBuilder builder;
  IndexArithmetic index;
  int64_t step, stageBytes = 0;
  /// Where it is known.
  std::optional<int64_t> steps;
  int64_t stages;
  SmallVector<Operation *> loads;
  /// What each of them writes.
  SmallVector<Value> tiles;
};

} // namespace

static int64_t getBytes(Value tile) {
  auto type = cast<MemRefType>(tile.getType());
  return type.getNumElements() * type.getElementTypeBitWidth() / 8;
}

IRMapping PipelinedLoop::at(Value k, Value offset) {
  IRMapping mapping;
  mapping.map(loop.getInductionVar(), k);
  for (Value tile : tiles) {
    auto first = tile.getDefiningOp<memref::ViewOp>();
    Value shift = index.add(offset, *getConstantIntValue(first.getByteShift()));
    mapping.map(tile,
                memref::ViewOp::create(builder, loc, first.getType(),
                                       first.getSource(), shift, ValueRange())
                    .getResult());
  }
  return mapping;
}

void PipelinedLoop::emitLoads(Value k, Value offset) {
  IRMapping mapping = at(k, offset);
  for (Operation *load : loads)
    builder.clone(*load, mapping);
}

void PipelinedLoop::emitGuardedLoads(Value k, Value offset) {
  Value end = loop.getUpperBound();
  auto first = getConstantIntValue(k), last = getConstantIntValue(end);
  if (first && last) {
    if (*first < *last)
      emitLoads(k, offset);
  } else {
    Value more =
        arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ult, k, end);
    OpBuilder::InsertionGuard guard(builder);
    auto guarded = scf::IfOp::create(builder, loc, more, /*withElse=*/false);
    builder.setInsertionPoint(guarded.thenYield());
    emitLoads(k, offset);
  }
  NVVM::CpAsyncCommitGroupOp::create(builder, loc);
}

/// The next stage, in a circle.
Value PipelinedLoop::advance(Value offset) {
  Value next = index.add(offset, stageBytes);
  Value isLast =
      arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, next,
                            index.constant(stages * stageBytes));
  return arith::SelectOp::create(builder, loc, isLast, index.constant(0), next);
}

void PipelinedLoop::emitWait(int64_t pending) {
  NVVM::CpAsyncWaitGroupOp::create(builder, loc, pending);
  gpu::BarrierOp::create(builder, loc);
}

Value PipelinedLoop::emitMultiply(Value k, Value accumulators, Value read) {
  IRMapping mapping = at(k, read);
  mapping.map(multiply.getAccumulators(), accumulators);
  return builder.clone(*multiply, mapping)->getResult(0);
}

/// Neither LLVM nor ptxas unrolls the loop: its body is long already, and whole
/// loops of constant length would not fit the instruction cache.
static void keepLoop(scf::ForOp loop) {
  MLIRContext *context = loop.getContext();
  auto unroll = LLVM::LoopUnrollAttr::get(
      context, /*disable=*/BoolAttr::get(context, true), /*count=*/{},
      /*runtimeDisable=*/{}, /*full=*/{}, /*followupUnrolled=*/{},
      /*followupRemainder=*/{}, /*followupAll=*/{});
  loop->setAttr("loop_annotation",
                LLVM::LoopAnnotationAttr::get(
                    context, /*disableNonforced=*/{}, /*vectorize=*/{},
                    /*interleave=*/{}, unroll, /*unrollAndJam=*/{}, /*licm=*/{},
                    /*distribute=*/{}, /*pipeline=*/{}, /*peeled=*/{},
                    /*unswitch=*/{}, /*mustProgress=*/{}, /*isVectorized=*/{},
                    /*startLoc=*/{}, /*endLoc=*/{}, /*parallelAccesses=*/{}));
}

std::optional<int64_t> PipelinedLoop::getNumSteps() {
  Value from = loop.getLowerBound(), to = loop.getUpperBound();
  std::optional<int64_t> extent;
  auto first = getConstantIntValue(from), last = getConstantIntValue(to);
  if (first && last)
    extent = *last - *first;
  else if (auto add = to.getDefiningOp<arith::AddIOp>();
           add && add.getLhs() == from)
    extent = getConstantIntValue(add.getRhs());
  if (!extent)
    return std::nullopt;
  return llvm::divideCeil(*extent, step);
}

/// Whether what is around the matrix instructions takes as long as they do:
/// with few of them, it pays to know the buffers' addresses.
bool PipelinedLoop::isShort() {
  ScheduleAttr schedule = multiply.getSchedule();
  if (schedule.getUnit() != Unit::MMA)
    return false;
  Type element = cast<MemRefType>(multiply.getLhs().getType()).getElementType();
  int64_t perStep = schedule.getThreadRows() * schedule.getThreadColumns() / 4 *
                    (step * element.getIntOrFloatBitWidth() / 8 / 32);
  return perStep <= 32;
}

Value PipelinedLoop::emitRolled() {
  for (int64_t stage = 0; stage + 1 < stages; ++stage)
    emitGuardedLoads(index.add(loop.getLowerBound(), stage * step),
                     index.constant(stage * stageBytes));
  SmallVector<Value> initial = {loop.getInitArgs()[0], index.constant(0),
                                index.constant((stages - 1) * stageBytes)};
  auto pipelined =
      scf::ForOp::create(builder, loc, loop.getLowerBound(),
                         loop.getUpperBound(), loop.getStep(), initial);
  keepLoop(pipelined);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(pipelined.getBody());
  Value k = pipelined.getInductionVar();
  auto args = pipelined.getRegionIterArgs();
  Value read = args[1], write = args[2];
  // All but the newest stages - 2 groups are complete: the oldest tile is here.
  emitWait(stages - 2);
  emitGuardedLoads(index.add(k, (stages - 1) * step), write);
  Value next = emitMultiply(k, args[0], read);
  scf::YieldOp::create(builder, loc,
                       ValueRange{next, advance(read), advance(write)});
  return pipelined.getResult(0);
}

Value PipelinedLoop::emitUnrolledStep(Value k, Value accumulators,
                                      int64_t number, int64_t stepsLeft) {
  // Behind the last load there is a group less with every step.
  emitWait(std::min(stages - 2, stepsLeft - 1));
  if (stepsLeft >= stages) {
    int64_t to = (number + stages - 1) % stages;
    emitLoads(index.add(k, (stages - 1) * step),
              index.constant(to * stageBytes));
    NVVM::CpAsyncCommitGroupOp::create(builder, loc);
  }
  return emitMultiply(k, accumulators,
                      index.constant(number % stages * stageBytes));
}

Value PipelinedLoop::emitUnrolled() {
  Value first = loop.getLowerBound();
  auto after = [&](Value k, int64_t number) {
    return index.add(k, number * step);
  };
  for (int64_t stage = 0; stage + 1 < stages; ++stage) {
    emitLoads(after(first, stage), index.constant(stage * stageBytes));
    NVVM::CpAsyncCommitGroupOp::create(builder, loc);
  }
  // Rounds in which every step has something to load.
  int64_t rounds = (*steps - (stages - 1)) / stages, number = 0;
  Value accumulators = loop.getInitArgs()[0];
  if (rounds > 1) {
    number = rounds * stages;
    auto unrolled =
        scf::ForOp::create(builder, loc, first, after(first, number),
                           index.constant(stages * step), accumulators);
    keepLoop(unrolled);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(unrolled.getBody());
    accumulators = unrolled.getRegionIterArg(0);
    for (int64_t stage = 0; stage < stages; ++stage)
      accumulators = emitUnrolledStep(after(unrolled.getInductionVar(), stage),
                                      accumulators, stage, *steps - stage);
    scf::YieldOp::create(builder, loc, accumulators);
    accumulators = unrolled.getResult(0);
  }
  for (; number < *steps; ++number)
    accumulators = emitUnrolledStep(after(first, number), accumulators, number,
                                    *steps - number);
  return accumulators;
}

void PipelinedLoop::run() {
  if (stages == 1) {
    // The barrier behind the multiplication keeps the next step from loading
    // what others still read: the last one has no next.
    if (steps == 1)
      multiply->getNextNode()->erase();
    return;
  }
  for (Value tile : tiles)
    stageBytes += getBytes(tile);
  auto launch = loop->getParentOfType<gpu::LaunchOp>();
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(launch);
    launch.getDynamicSharedMemorySizeMutable().assign(
        arith::ConstantIntOp::create(builder, loc, stages * stageBytes, 32));
  }
  Value sum = steps && isShort() ? emitUnrolled() : emitRolled();
  loop.getResult(0).replaceAllUsesWith(sum);
  loop.erase();
}

namespace {

class CodegenNVVMPipelinePass
    : public quantc::nvvm::impl::CodegenNVVMPipelinePassBase<
          CodegenNVVMPipelinePass> {
public:
  using Base::Base;

  void runOnOperation() override {
    SmallVector<std::pair<scf::ForOp, MultiplyTileOp>> loops;
    getOperation().walk([&](MultiplyTileOp multiply) {
      auto loop = dyn_cast<scf::ForOp>(multiply->getParentOp());
      // A loop with a barrier after the multiplication has one buffer.
      if (loop && loop.getNumRegionIterArgs() == 1 &&
          isa_and_nonnull<gpu::BarrierOp>(multiply->getNextNode()))
        loops.push_back({loop, multiply});
    });
    for (auto [loop, multiply] : loops)
      PipelinedLoop(loop, multiply).run();
  }
};

} // namespace
