//===- UnrollLayers.cpp - loops over stacked layers, unrolled -------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Site/ConstantEvaluation.h"
#include "quantc/Dialect/QNN/IR/QNNOps.h"
#include "quantc/Dialect/QNN/Transforms/ConstantView.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"
#include "quantc/Dialect/QNN/Transforms/Site.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace quantc::qnn {
#define GEN_PASS_DEF_QNNUNROLLLAYERSPASS
#include "quantc/Dialect/QNN/Transforms/Passes.h.inc"
} // namespace quantc::qnn

using namespace mlir;
using namespace quantc::qnn;

/// The slices of parameters, chosen by an index that is not known yet, that
/// sites in the loop read.
static SmallVector<tensor::ExtractSliceOp> findLayerSlices(scf::WhileOp loop) {
  SmallVector<tensor::ExtractSliceOp> slices;
  loop.getAfter().walk([&](linalg::LinalgOp op) {
    if (!isSite(op))
      return;
    for (OpOperand *operand : op.getDpsInputOperands())
      if (auto slice = getRunTimeSlice(operand->get());
          slice && loop.getAfter().isAncestor(slice->getParentRegion()))
        slices.push_back(slice);
  });
  return slices;
}

namespace {

/// Runs a loop at compile time: clones one iteration after the other in front
/// of it, as long as its condition is known.
class LoopUnroller {
public:
  LoopUnroller(scf::WhileOp loop, int64_t maxTrips)
      : loop(loop), builder(loop), maxTrips(maxTrips),
        carried(loop.getInits()) {}

  /// Replaces the loop; leaves everything as it was where it cannot be
  /// unrolled.
  bool run() {
    SmallVector<tensor::ExtractSliceOp> slices = findLayerSlices(loop);
    if (slices.empty())
      return false;
    for (int64_t trip = 0; trip <= maxTrips; ++trip) {
      std::optional<bool> proceeds = cloneCondition();
      if (!proceeds)
        break;
      if (!*proceeds) {
        loop.replaceAllUsesWith(forwarded);
        loop.erase();
        return true;
      }
      cloneBody();
      // Another index than the loop's own counter stays unknown.
      if (llvm::none_of(slices, [&](tensor::ExtractSliceOp slice) {
            Value clone = mapping.lookupOrNull(slice);
            return clone && !getRunTimeSlice(clone);
          }))
        break;
    }
    for (Operation *op : llvm::reverse(clones))
      op->erase();
    return false;
  }

private:
  /// Sets `forwarded`; nullopt where the condition is not known.
  std::optional<bool> cloneCondition() {
    // A mapping that knew the arguments of inner blocks would not clone them.
    mapping.clear();
    mapping.map(loop.getBeforeArguments(), carried);
    clone(*loop.getBeforeBody());
    scf::ConditionOp condition = loop.getConditionOp();
    forwarded = lookup(condition.getArgs());
    APInt proceeds;
    if (!matchPattern(mapping.lookupOrDefault(condition.getCondition()),
                      m_ConstantInt(&proceeds)))
      return std::nullopt;
    return !proceeds.isZero();
  }

  void cloneBody() {
    mapping.map(loop.getAfterArguments(), forwarded);
    clone(*loop.getAfterBody());
    carried = lookup(loop.getYieldOp().getOperands());
  }

  SmallVector<Value> lookup(ValueRange values) {
    return llvm::map_to_vector(
        values, [&](Value value) { return mapping.lookupOrDefault(value); });
  }

  void clone(Block &block) {
    for (Operation &op : block.without_terminator()) {
      Operation *copy = builder.clone(op, mapping);
      // A name is of one site; each layer's gets its own.
      copy->walk([](Operation *inner) { inner->removeAttr(kSiteAttrName); });
      SmallVector<Value> known = fold(copy);
      if (known.empty()) {
        clones.push_back(copy);
        continue;
      }
      mapping.map(op.getResults(), known);
      copy->erase();
    }
  }

  /// The results of `op`, where they are known now or exist already; none where
  /// they are not.
  SmallVector<Value> fold(Operation *op) {
    SmallVector<Value> results;
    SmallVector<Operation *> constants;
    if (succeeded(builder.tryFold(op, results, &constants))) {
      llvm::append_range(clones, constants);
      return results;
    }
    // Counters are tensors without dimensions.
    auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
    if (!linalgOp || op->getNumResults() != 1 ||
        !isa<RankedTensorType>(op->getResult(0).getType()) ||
        cast<RankedTensorType>(op->getResult(0).getType()).getRank() != 0)
      return results;
    if (TypedAttr value = evaluateConstant(linalgOp)) {
      results.push_back(
          arith::ConstantOp::create(builder, op->getLoc(), value));
      clones.push_back(results.back().getDefiningOp());
    }
    return results;
  }

  scf::WhileOp loop;
  OpBuilder builder;
  int64_t maxTrips;
  IRMapping mapping;
  /// What the next iteration begins with, and what the last condition let
  /// through.
  SmallVector<Value> carried, forwarded;
  SmallVector<Operation *> clones;
};

class QNNUnrollLayersPass
    : public quantc::qnn::impl::QNNUnrollLayersPassBase<QNNUnrollLayersPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    if (failed(hoistInvariants()))
      return signalPassFailure();
    // Inner loops first.
    SmallVector<scf::WhileOp> loops = collectLoops();
    for (scf::WhileOp loop : loops)
      LoopUnroller(loop, maxTrips).run();
  }

private:
  /// Loops without observers: what those saw would no longer be known.
  SmallVector<scf::WhileOp> collectLoops() {
    SmallVector<scf::WhileOp> loops;
    getOperation().walk([&](scf::WhileOp loop) {
      bool isObserved =
          loop.walk([](ObserveOp) { return WalkResult::interrupt(); })
              .wasInterrupted();
      if (!isObserved)
        loops.push_back(loop);
    });
    return loops;
  }

  /// Values that a loop only passes on are read where they are defined.
  LogicalResult hoistInvariants() {
    RewritePatternSet patterns(&getContext());
    scf::WhileOp::getCanonicalizationPatterns(patterns, &getContext());
    SmallVector<Operation *> loops;
    llvm::append_range(loops, collectLoops());
    return applyOpPatternsGreedily(
        loops, std::move(patterns),
        GreedyRewriteConfig().setStrictness(
            GreedyRewriteStrictness::ExistingAndNewOps));
  }
};

} // namespace
