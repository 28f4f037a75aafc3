//===- FuseZeroPoints.cpp - correction terms to where they are free -------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Integer addition wraps and is therefore associative: a term added to an
// accumulator may as well be in it from the start. The pass looks at forms
// only: a contraction or convolution, the elementwise additions that follow it,
// and the sums that feed them.
//
//===----------------------------------------------------------------------===//

#include "AccumulatorTerm.h"
#include "Lower/Terms.h"
#include "OperandSum.h"
#include "Site/ConstantEvaluation.h"
#include "Site/LinalgBuilder.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"
#include "quantc/Dialect/QNN/Transforms/Site.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Iterators.h"
#include "mlir/IR/Remarks.h"

namespace quantc::qnn {
#define GEN_PASS_DEF_QNNFUSEZEROPOINTSPASS
#include "quantc/Dialect/QNN/Transforms/Passes.h.inc"
} // namespace quantc::qnn

using namespace mlir;
using namespace quantc::qnn;

namespace {

class QNNFuseZeroPointsPass
    : public quantc::qnn::impl::QNNFuseZeroPointsPassBase<
          QNNFuseZeroPointsPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    evaluateConstantSums(rewriter);
    SmallVector<linalg::LinalgOp> sites;
    getOperation()->walk([&](linalg::LinalgOp op) {
      if (isSite(op) &&
          isa<IntegerType>(getElementTypeOrSelf(op->getResult(0).getType())))
        sites.push_back(op);
    });
    for (linalg::LinalgOp site : sites)
      fuseConstantTerms(rewriter, site);
    for (linalg::LinalgOp site : sites)
      recordRemainingTerms(rewriter, site);
    eraseDeadOps(rewriter);
  }

private:
  /// Column sums of weights are numbers.
  void evaluateConstantSums(RewriterBase &rewriter);

  /// Terms known at compile time become the accumulator's initial value.
  void fuseConstantTerms(RewriterBase &rewriter, linalg::LinalgOp site);

  /// Terms that depend on run-time values stay where they are applied.
  void recordRemainingTerms(RewriterBase &rewriter, linalg::LinalgOp site);

  /// What computed the terms before they were constants.
  void eraseDeadOps(RewriterBase &rewriter) {
    getOperation()->walk<WalkOrder::PostOrder, ReverseIterator>(
        [&](Operation *op) {
          if (isOpTriviallyDead(op))
            rewriter.eraseOp(op);
        });
  }
  void record(linalg::LinalgOp site, StringRef term, StringRef where);
};

void QNNFuseZeroPointsPass::evaluateConstantSums(RewriterBase &rewriter) {
  SmallVector<linalg::GenericOp> sums;
  getOperation()->walk([&](linalg::GenericOp op) {
    if (matchOperandSum(op))
      sums.push_back(op);
  });
  for (linalg::GenericOp op : sums) {
    TypedAttr constant = evaluateConstant(op);
    if (!constant)
      continue;
    rewriter.setInsertionPoint(op);
    rewriter.replaceOpWithNewOp<arith::ConstantOp>(op, constant);
  }
}

void QNNFuseZeroPointsPass::record(linalg::LinalgOp site, StringRef term,
                                   StringRef where) {
  setTerm(site, term, where);
  remark::passed(site.getLoc(),
                 remark::RemarkOpts::name("FusedTerm").category(getArgument()))
      << remark::metric("site", getSiteName(site).str())
      << remark::metric("term", term.str())
      << remark::metric("where", where.str());
}

void QNNFuseZeroPointsPass::fuseConstantTerms(RewriterBase &rewriter,
                                              linalg::LinalgOp site) {
  OpOperand &init = *site.getDpsInitsMutable().begin();
  std::optional<AccumulatorTerm> total = matchInitialValue(init.get());
  if (!total)
    return;
  rewriter.setInsertionPoint(site);
  bool changed = false;
  for (AccumulatorTermUse &use : collectTerms(site->getResult(0))) {
    std::optional<AccumulatorTerm> term = evaluateTerm(rewriter, use);
    if (!term)
      continue;
    *total = addTerms(rewriter, site.getLoc(), *total, *term, use.negated,
                      init.get());
    StringRef name = use.getName();
    rewriter.replaceOp(use.op, use.accumulator);
    record(site, name, "accumulator init");
    changed = true;
  }
  if (!changed)
    return;
  Value value = createInitialValue(rewriter, site.getLoc(), *total, init.get());
  rewriter.modifyOpInPlace(site, [&] { init.set(value); });
}

/// Replaces what is known at compile time among the integers that `op` is
/// computed from, and that are computed element by element.
static void evaluateInputs(RewriterBase &rewriter, linalg::LinalgOp op) {
  for (Value input : op.getDpsInputs()) {
    auto producer = input.getDefiningOp<linalg::LinalgOp>();
    if (!producer || isSite(producer) || producer->getNumResults() != 1)
      continue;
    if (TypedAttr constant = evaluateConstant(producer)) {
      rewriter.setInsertionPoint(producer);
      rewriter.replaceOpWithNewOp<arith::ConstantOp>(producer, constant);
    } else if (producer.getNumReductionLoops() == 0 &&
               isa<IntegerType>(getElementTypeOrSelf(input.getType()))) {
      evaluateInputs(rewriter, producer);
    }
  }
}

void QNNFuseZeroPointsPass::recordRemainingTerms(RewriterBase &rewriter,
                                                 linalg::LinalgOp site) {
  for (AccumulatorTermUse &use : collectTerms(site->getResult(0))) {
    evaluateInputs(rewriter, use.op);
    record(site, use.getName(), "epilogue");
  }
}

} // namespace
