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
        index(builder, loc), stages(multiply.getSchedule().getStages()),
        step(multiply.getSchedule().getTile()[2]) {
    for (auto load : loop.getBody()->getOps<LoadTileOp>())
      loads.push_back(load);
  }

  void run();

private:
  /// The tile of `view` in the stage that begins at `offset`.
  Value getTile(Value view, Value offset);
  /// The loads for `k`, if it is not behind the last one.
  void emitLoads(Value k, Value offset);
  void emitPrologue();
  Value advance(Value offset);
  void emitStep(Value k, Value accumulators, Value read, Value write);

  scf::ForOp loop;
  MultiplyTileOp multiply;
  Location loc;
  OpBuilder builder;
  IndexArithmetic index;
  int64_t stages, step, stageBytes = 0;
  SmallVector<LoadTileOp> loads;
};

} // namespace

static int64_t getBytes(Value tile) {
  auto type = cast<MemRefType>(tile.getType());
  return type.getNumElements() * type.getElementTypeBitWidth() / 8;
}

Value PipelinedLoop::getTile(Value view, Value offset) {
  auto first = view.getDefiningOp<memref::ViewOp>();
  Value shift = index.add(offset, *getConstantIntValue(first.getByteShift()));
  return memref::ViewOp::create(builder, loc, first.getType(),
                                first.getSource(), shift, ValueRange());
}

void PipelinedLoop::emitLoads(Value k, Value offset) {
  Value end = loop.getUpperBound();
  auto first = getConstantIntValue(k), last = getConstantIntValue(end);
  if (first && last && *first >= *last)
    return;
  OpBuilder::InsertionGuard guard(builder);
  if (!first || !last) {
    Value more =
        arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ult, k, end);
    auto guarded = scf::IfOp::create(builder, loc, more, /*withElse=*/false);
    builder.setInsertionPoint(guarded.thenYield());
  }
  for (LoadTileOp load : loads) {
    Value tile = getTile(load.getTile(), offset);
    auto copy = cast<LoadTileOp>(builder.clone(*load));
    copy.getKMutable().assign(k);
    copy.getTileMutable().assign(tile);
  }
}

void PipelinedLoop::emitPrologue() {
  for (int64_t stage = 0; stage + 1 < stages; ++stage) {
    emitLoads(index.add(loop.getLowerBound(), stage * step),
              index.constant(stage * stageBytes));
    // An empty group keeps the count.
    NVVM::CpAsyncCommitGroupOp::create(builder, loc);
  }
}

/// The next stage, in a circle.
Value PipelinedLoop::advance(Value offset) {
  Value next = index.add(offset, stageBytes);
  Value isLast =
      arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, next,
                            index.constant(stages * stageBytes));
  return arith::SelectOp::create(builder, loc, isLast, index.constant(0), next);
}

void PipelinedLoop::emitStep(Value k, Value accumulators, Value read,
                             Value write) {
  // All but the newest stages - 2 groups are complete: the oldest tile is here.
  NVVM::CpAsyncWaitGroupOp::create(builder, loc, stages - 2);
  gpu::BarrierOp::create(builder, loc);
  emitLoads(index.add(k, (stages - 1) * step), write);
  NVVM::CpAsyncCommitGroupOp::create(builder, loc);
  Value lhs = getTile(multiply.getLhs(), read),
        rhs = getTile(multiply.getRhs(), read);
  auto next = cast<MultiplyTileOp>(builder.clone(*multiply));
  next.getLhsMutable().assign(lhs);
  next.getRhsMutable().assign(rhs);
  next.getAccumulatorsMutable().assign(accumulators);
  if (next.getK())
    next.getKMutable().assign(k);
  scf::YieldOp::create(
      builder, loc,
      ValueRange{next.getResult(), advance(read), advance(write)});
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

void PipelinedLoop::run() {
  for (LoadTileOp load : loads)
    stageBytes += getBytes(load.getTile());
  auto launch = loop->getParentOfType<gpu::LaunchOp>();
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(launch);
    launch.getDynamicSharedMemorySizeMutable().assign(
        arith::ConstantIntOp::create(builder, loc, stages * stageBytes, 32));
  }
  emitPrologue();
  SmallVector<Value> initial = {loop.getInitArgs()[0], index.constant(0),
                                index.constant((stages - 1) * stageBytes)};
  auto pipelined =
      scf::ForOp::create(builder, loc, loop.getLowerBound(),
                         loop.getUpperBound(), loop.getStep(), initial);
  keepLoop(pipelined);
  builder.setInsertionPointToStart(pipelined.getBody());
  auto args = pipelined.getRegionIterArgs();
  emitStep(pipelined.getInductionVar(), args[0], args[1], args[2]);
  loop.getResult(0).replaceAllUsesWith(pipelined.getResult(0));
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
          isa_and_nonnull<gpu::BarrierOp>(multiply->getNextNode()) &&
          multiply.getSchedule().getStages() > 1)
        loops.push_back({loop, multiply});
    });
    for (auto [loop, multiply] : loops)
      PipelinedLoop(loop, multiply).run();
  }
};

} // namespace
