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
#include "ConstantEvaluation.h"
#include "LinalgBuilder.h"
#include "OperandSum.h"
#include "ScalarArithmetic.h"
#include "Terms.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"
#include "quantc/Dialect/QNN/Transforms/Site.h"

#include "mlir/Dialect/Math/IR/Math.h"
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
    fuseSumsWithQuantize(rewriter);
    for (linalg::LinalgOp site : sites)
      recordRemainingTerms(site);
    eraseDeadOps(rewriter);
  }

private:
  /// Column sums of weights are numbers.
  void evaluateConstantSums(RewriterBase &rewriter);

  /// Terms known at compile time become the accumulator's initial value.
  void fuseConstantTerms(RewriterBase &rewriter, linalg::LinalgOp site);

  /// Row sums come out of the op that quantizes.
  void fuseSumsWithQuantize(RewriterBase &rewriter);

  void recordRemainingTerms(linalg::LinalgOp site);

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

/// Replaces qnn.quantize and the sums over its result by one linalg.generic
/// that writes both.
static void createQuantizeWithSum(RewriterBase &rewriter, QuantizeOp quantize,
                                  OperandSum sum,
                                  ArrayRef<OperandSum> equalSums) {
  Location loc = quantize.getLoc();
  MLIRContext *context = rewriter.getContext();
  auto type = quantize.getResult().getType();
  int64_t rank = type.getRank();
  rewriter.setInsertionPoint(quantize);
  // The sum's loops are a permutation of the dimensions it reads.
  AffineMap resultMap =
      sum.getResultMap().compose(inversePermutation(sum.getInputMap()));
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::reduction);
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(rewriter, loc, quantize.getInput());
  SmallVector<OpFoldResult> sumSizes;
  for (AffineExpr expr : resultMap.getResults()) {
    unsigned dim = cast<AffineDimExpr>(expr).getPosition();
    iterators[dim] = utils::IteratorType::parallel;
    sumSizes.push_back(sizes[dim]);
  }
  ScalarStorage storage{type.getElementType(), quantize.getNarrowRange()};
  Type signless = rewriter.getIntegerType(storage.type.getIntOrFloatBitWidth());
  Type sumType = getElementTypeOrSelf(sum.op.getResult(0).getType());
  Value empty = tensor::EmptyOp::create(rewriter, loc, sizes, signless);
  Value zeros = createZeros(rewriter, loc, sumSizes, sumType);

  SmallVector<Value> inputs = {quantize.getInput(), quantize.getScale()};
  if (quantize.getZeroPoint())
    inputs.push_back(toSignless(rewriter, quantize.getZeroPoint()));
  SmallVector<AffineMap> maps = {rewriter.getMultiDimIdentityMap(rank)};
  for (Value parameter : ArrayRef<Value>(inputs).drop_front())
    maps.push_back(getElementToParameterMap(context, rank, quantize.getAxes(),
                                            quantize.getBlocks(), parameter));
  maps.push_back(rewriter.getMultiDimIdentityMap(rank));
  maps.push_back(resultMap);
  auto fused = linalg::GenericOp::create(
      rewriter, loc, TypeRange{empty.getType(), zeros.getType()}, inputs,
      ValueRange{empty, zeros}, maps, iterators,
      [&](OpBuilder &body, Location loc, ValueRange args) {
        Value zeroPoint = inputs.size() > 2 ? args[2] : Value();
        Value q =
            buildQuantize(body, loc, args[0], args[1], zeroPoint, storage);
        Value wide = extendInteger(body, loc, q, sumType, storage.isUnsigned());
        Value result = arith::AddIOp::create(body, loc, args.back(), wide);
        linalg::YieldOp::create(body, loc, ValueRange{q, result});
      });
  Value result = fused.getResult(0);
  if (storage.isUnsigned())
    result = tensor::BitcastOp::create(rewriter, loc, type, result);
  for (OperandSum equal : equalSums)
    rewriter.replaceOp(equal.op, fused.getResult(1));
  rewriter.replaceOp(quantize, result);
}

void QNNFuseZeroPointsPass::fuseSumsWithQuantize(RewriterBase &rewriter) {
  SmallVector<QuantizeOp> quantizeOps;
  getOperation()->walk([&](QuantizeOp op) { quantizeOps.push_back(op); });
  for (QuantizeOp quantize : quantizeOps) {
    if (!isa<IntegerType>(quantize.getResult().getType().getElementType()))
      continue;
    // ui8 results reach their sums through a bitcast.
    SmallVector<OperandSum> sums;
    SmallVector<Operation *> users(quantize->getUsers());
    for (Operation *user : quantize->getUsers())
      if (isa<tensor::BitcastOp>(user))
        llvm::append_range(users, user->getUsers());
    for (Operation *user : users) {
      std::optional<OperandSum> sum = matchOperandSum(user);
      if (!sum || !sum->getInputMap().isPermutation())
        continue;
      bool isEqual =
          sums.empty() ||
          (sum->getInputMap() == sums[0].getInputMap() &&
           sum->getResultMap() == sums[0].getResultMap() &&
           sum->op.getResult(0).getType() == sums[0].op.getResult(0).getType());
      if (isEqual)
        sums.push_back(*sum);
    }
    if (!sums.empty())
      createQuantizeWithSum(rewriter, quantize, sums[0], sums);
  }
}

void QNNFuseZeroPointsPass::recordRemainingTerms(linalg::LinalgOp site) {
  for (AccumulatorTermUse &use : collectTerms(site->getResult(0))) {
    StringRef name = use.getName();
    if (name != kRowSumTerm) {
      record(site, name, "epilogue");
      continue;
    }
    // Find the sum behind the term: it is what remains of the traffic.
    std::optional<OperandSum> sum = findOperandSum(use);
    if (!sum) {
      record(site, name, "sum by the producer of lhs, applied in the epilogue");
      continue;
    }
    StringRef where = "separate pass over lhs, applied in the epilogue";
    setTerm(site, name, where);
    remark::missed(
        site.getLoc(),
        remark::RemarkOpts::name("SeparateSum").category(getArgument()))
        << remark::metric("site", getSiteName(site).str())
        << remark::metric("term", name.str())
        << remark::reason("the operand is not the direct result of a quantize "
                          "operation; a symmetric rhs needs no such sum");
  }
}

} // namespace
