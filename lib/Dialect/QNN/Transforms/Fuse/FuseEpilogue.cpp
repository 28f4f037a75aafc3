//===- FuseEpilogue.cpp - what follows a contraction, as one op -----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ElementwiseFusion.h"
#include "QuantizeMotion.h"
#include "RequantizePatterns.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"
#include "quantc/Dialect/QNN/Transforms/Patterns.h"
#include "quantc/Dialect/QNN/Transforms/Site.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Transforms/CSE.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace quantc::qnn {
#define GEN_PASS_DEF_QNNFUSEEPILOGUEPASS
#include "quantc/Dialect/QNN/Transforms/Passes.h.inc"
} // namespace quantc::qnn

using namespace mlir;
using namespace quantc::qnn;

namespace {

class QNNFuseEpiloguePass
    : public quantc::qnn::impl::QNNFuseEpiloguePassBase<QNNFuseEpiloguePass> {
public:
  using Base::Base;

  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    generalizeElementwise(rewriter, getOperation());
    // Fills and splats become scalars in the bodies, where a ReLU shows.
    if (failed(fuseAll(rewriter)))
      return signalPassFailure();

    // The integer chains first: once a quantize is part of a tail it cannot
    // move any more.
    if (failed(simplify(populateQuantizeMotionPatterns)) ||
        failed(simplify([&](RewritePatternSet &patterns) {
          populateRequantizePatterns(patterns, requantize);
        })) ||
        failed(checkMode()) || failed(simplify(populateQNNToLinalgPatterns)))
      return signalPassFailure();
    mergeEqualOps(rewriter);
    if (failed(fuseAll(rewriter)))
      return signalPassFailure();
    reportTails();
  }

private:
  /// Fusion leaves operands that are the same value, whose producer then has
  /// one consumer: hence until nothing changes.
  LogicalResult fuseAll(RewriterBase &rewriter) {
    auto addNothing = [](RewritePatternSet &) {};
    do {
      if (failed(simplify(addNothing)))
        return failure();
    } while (fuseElementwise(rewriter, getOperation()));
    return success();
  }

  /// Applies patterns together with those that keep linalg.generic simple:
  /// constants in the body instead of splat operands, no unused operands.
  LogicalResult simplify(function_ref<void(RewritePatternSet &)> populate) {
    RewritePatternSet patterns(&getContext());
    populate(patterns);
    linalg::populateElementwiseOpsFusionPatterns(
        patterns, [](OpOperand *) { return false; });
    tensor::BitcastOp::getCanonicalizationPatterns(patterns, &getContext());
    // A dimension of a result is one of the operands': asking for it must not
    // count as a second use.
    memref::populateResolveRankedShapedTypeResultDimsPatterns(patterns);
    tensor::DimOp::getCanonicalizationPatterns(patterns, &getContext());
    return applyPatternsGreedily(getOperation(), std::move(patterns));
  }

  /// What stays in float although an integer mode was asked for: a wrong scale
  /// is an error, what the mode cannot express a remark.
  LogicalResult checkMode() {
    if (requantize == RequantizeMode::Float)
      return success();
    WalkResult result = getOperation()->walk([&](QuantizeOp op) -> WalkResult {
      std::optional<std::string> reason =
          explainFloatRequantize(op, requantize);
      if (!reason)
        return WalkResult::advance();
      if (requantize == RequantizeMode::Shift)
        return op.emitOpError()
               << "cannot be requantized by a shift: " << *reason;
      remark::missed(
          op.getLoc(),
          remark::RemarkOpts::name("FloatRequantize").category(getArgument()))
          << remark::metric("reason", *reason);
      return WalkResult::advance();
    });
    return failure(result.wasInterrupted());
  }

  /// Consumers of one quantized value share it.
  void mergeEqualOps(RewriterBase &rewriter) {
    DominanceInfo dominance(getOperation());
    eliminateCommonSubExpressions(rewriter, dominance, getOperation());
  }

  void reportTails() {
    getOperation()->walk([&](linalg::LinalgOp op) {
      if (!isSite(op) || !op->getResult(0).hasOneUse())
        return;
      Operation *tail = *op->getResult(0).user_begin();
      if (!isa<linalg::GenericOp>(tail) || isSite(tail))
        return;
      Type stored = getElementTypeOrSelf(tail->getResult(0).getType());
      std::string name;
      llvm::raw_string_ostream(name) << stored;
      remark::passed(
          op.getLoc(),
          remark::RemarkOpts::name("FusedEpilogue").category(getArgument()))
          << remark::metric("site", getSiteName(op).str())
          << remark::metric("stores", name);
    });
  }
};

} // namespace
