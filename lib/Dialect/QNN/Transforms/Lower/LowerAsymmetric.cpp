//===- LowerAsymmetric.cpp - integer form of asymmetric sites -------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// sum (A - zA)(B - zB) = D - zA RB - zB RA + K zA zB over the site's reduction
// loops, whatever the loops are. Each sum and each product is an op of its own.
// Zero points that vary along reduction loops are part of the sum:
// sum zA[k] B[k, n] for zA RB, sum zA[k] zB[k, n] for K zA zB.
//
//===----------------------------------------------------------------------===//

#include "CorrectionTerms.h"
#include "Site/ConstantEvaluation.h"
#include "Terms.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace quantc::qnn {
#define GEN_PASS_DEF_QNNLOWERASYMMETRICPASS
#include "quantc/Dialect/QNN/Transforms/Passes.h.inc"
} // namespace quantc::qnn

using namespace mlir;
using namespace quantc::qnn;

/// Whether a padded operand can stand for zero by zero bytes and a correction
/// for each position: where what is padded, and how much, is static.
static bool canCompensate(const QuantizedSite &site) {
  tensor::PadOp pad = site.operands[0].pad;
  if (!pad || !site.operands[0].zeroPoint)
    return false;
  AffineMap map = site.indexing.getMap(0);
  for (auto [dim, expr] : llvm::enumerate(map.getResults())) {
    if (isZeroInteger(pad.getMixedLowPad()[dim]) &&
        isZeroInteger(pad.getMixedHighPad()[dim]))
      continue;
    if (pad.getSourceType().isDynamicDim(dim) ||
        pad.getResultType().isDynamicDim(dim) ||
        ShapedType::isDynamic(pad.getStaticLow()[dim]))
      return false;
    for (unsigned loop = 0; loop < site.indexing.getNumLoops(); ++loop)
      if (expr.isFunctionOfDim(loop) &&
          ShapedType::isDynamic(site.indexing.getLoopSizes()[loop]))
        return false;
  }
  return true;
}

/// Bytes that a program moves for one form of padding and not for the other: a
/// padded copy of the operand (written, read in place of the original) against
/// a table of i32 for each position and column (read).
static bool isTableSmaller(const QuantizedSite &site) {
  tensor::PadOp pad = site.operands[0].pad;
  AffineMap map = site.indexing.getMap(0), rhs = site.indexing.getMap(1);
  if (!pad.getResultType().hasStaticShape())
    return false;
  int64_t table = 4, copy = 2 * pad.getResultType().getNumElements();
  for (unsigned loop = 0; loop < site.indexing.getNumLoops(); ++loop) {
    bool isPadded = false;
    for (auto [dim, expr] : llvm::enumerate(map.getResults()))
      isPadded |= expr.isFunctionOfDim(loop) &&
                  (!isZeroInteger(pad.getMixedLowPad()[dim]) ||
                   !isZeroInteger(pad.getMixedHighPad()[dim]));
    if (!site.indexing.isReduction(loop) &&
        (isPadded || rhs.isFunctionOfDim(loop)))
      table *= site.indexing.getLoopSizes()[loop];
  }
  return table < copy;
}

namespace {

class QNNLowerAsymmetricPass
    : public quantc::qnn::impl::QNNLowerAsymmetricPassBase<
          QNNLowerAsymmetricPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    auto select = [](const QuantizedSite &site) { return !site.isSymmetric(); };
    auto lower = [&](RewriterBase &rewriter, const AccumulatedSite &site) {
      lowerAsymmetric(rewriter, site);
    };
    if (failed(
            lowerSites(getOperation(), getArgument(), overflow, select, lower)))
      signalPassFailure();
  }

private:
  void lowerAsymmetric(RewriterBase &rewriter, const AccumulatedSite &site);

  bool compensates(const QuantizedSite &site) {
    if (padding == PaddingForm::ZeroPoint || !canCompensate(site))
      return false;
    return padding == PaddingForm::Compensate ||
           (freeZeroPadding && isTableSmaller(site));
  }
};

} // namespace

/// Whether zA (RB - K zB) is one term: where zA is known at run time only, and
/// is the same all over the sum.
static bool mergesColumnTerms(CorrectionTerms &terms,
                              const QuantizedSite &site) {
  if (!site.operands[0].zeroPoint || !site.operands[1].zeroPoint)
    return false;
  Factor lhs = terms.getZeroPoint(0);
  return !isEvaluable(lhs.value) && !terms.isReduced(lhs);
}

/// D - zA (RB - K zB) - zB RA, two terms of rank one, or all four, of which
/// only zB RA can be left after fusion.
static Value correctAccumulator(CorrectionTerms &terms,
                                const QuantizedSite &site, Value accumulator,
                                ArrayRef<Factor> masks) {
  bool hasLhs = !!site.operands[0].zeroPoint;
  bool hasRhs = !!site.operands[1].zeroPoint;
  auto sum = [&](ArrayRef<Factor> factors, bool masked) {
    SmallVector<Factor> all(factors);
    if (masked)
      llvm::append_range(all, masks);
    return terms.createSumOfProducts(all);
  };
  auto add = [&](const LoopTensor &term, bool negate, StringRef name) {
    accumulator = terms.createAccumulate(accumulator, term, negate, name);
  };
  if (mergesColumnTerms(terms, site)) {
    LoopTensor columns =
        terms.createDifference(sum(terms.getStorage(1), /*masked=*/true),
                               sum(terms.getZeroPoint(1), /*masked=*/true));
    add(terms.createProduct(terms.getZeroPoint(0), terms.toFactor(columns)),
        /*negate=*/true, kColumnSumTerm);
  } else {
    if (hasLhs)
      add(sum({terms.getZeroPoint(0), terms.getStorage(1)}, /*masked=*/true),
          /*negate=*/true, kColumnSumTerm);
    if (hasLhs && hasRhs)
      add(sum({terms.getZeroPoint(0), terms.getZeroPoint(1)}, /*masked=*/true),
          /*negate=*/false, kConstantTerm);
  }
  if (hasRhs)
    add(sum({terms.getZeroPoint(1), terms.getStorage(0)}, /*masked=*/false),
        /*negate=*/true, kRowSumTerm);
  return accumulator;
}

void QNNLowerAsymmetricPass::lowerAsymmetric(RewriterBase &rewriter,
                                             const AccumulatedSite &site) {
  AccumulatedSite lowered = site;
  const QuantizedSite &chunked = lowered.chunked;
  bool hasLhs = !!chunked.operands[0].zeroPoint;
  bool hasRhs = !!chunked.operands[1].zeroPoint;
  bool isMasked = compensates(chunked);
  lowered.chunked.operands[0].padsWithZero = isMasked;
  bool isMerged = false;
  auto correct = [&](OpBuilder &builder, std::array<Value, 2> storage,
                     Value accumulator) {
    CorrectionTerms terms(builder, chunked, storage, site.bound.type);
    SmallVector<Factor> masks;
    if (isMasked)
      masks = terms.createPaddingMasks(0);
    isMerged = mergesColumnTerms(terms, chunked);
    return correctAccumulator(terms, chunked, accumulator, masks);
  };
  linalg::LinalgOp integer = lowerSite(rewriter, lowered, correct);
  setTerm(integer, kRowSumTerm, hasRhs ? "separate" : "absent: rhs symmetric");
  setTerm(integer, kColumnSumTerm,
          hasLhs ? "separate" : "absent: lhs symmetric");
  setTerm(integer, kConstantTerm,
          isMerged           ? "part of column_sum"
          : hasLhs && hasRhs ? "separate"
                             : "absent");
}
