//===- ApproximateMath.cpp - functions as polynomials ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/CPU/Passes.h"

#include "MathExpressions.h"

#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace quantc::cpu {
#define GEN_PASS_DEF_CODEGENCPUAPPROXIMATEMATHPASS
#include "quantc/Codegen/CPU/Passes.h.inc"
} // namespace quantc::cpu

using namespace mlir;
using namespace quantc::cpu;

namespace {

/// The functions that have a polynomial here.
bool isOwn(StringRef name) {
  return llvm::is_contained({"math.exp", "math.erf", "math.erfc", "math.sin",
                             "math.cos", "math.powf", "math.cbrt"},
                            name);
}

/// The functions whose upstream approximation is fast enough, good to a few
/// units in the last place over the whole range and right for NaN and
/// infinities (unittests/Execution/MathTest.cpp measures it).
bool isUpstream(StringRef name) {
  return llvm::is_contained(
      {"math.expm1", "math.log", "math.log1p", "math.tanh"}, name);
}

template <typename OpTy>
struct Approximate : OpRewritePattern<OpTy> {
  using Base = OpRewritePattern<OpTy>;
  using Base::Base;

  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    Value x = op.getOperand();
    if (!getElementTypeOrSelf(x).isF32())
      return rewriter.notifyMatchFailure(op, "requires f32");
    ExpressionBuilder b(rewriter, op.getLoc(), x.getType());
    rewriter.replaceOp(op, b.orNaN(x, expand(op, x, b)));
    return success();
  }

private:
  static Value expand(math::ExpOp, Value x, ExpressionBuilder &b) {
    return b.exp(x);
  }
  static Value expand(math::ErfcOp, Value x, ExpressionBuilder &b) {
    Value y = b.erfcOfPositive(b.atMost(b.absolute(x), 11.0f));
    return b.select(arith::CmpFPredicate::OLT, x, b.constant(0.0f),
                    b.sub(b.constant(2.0f), y), y);
  }
  static Value expand(math::SinOp, Value x, ExpressionBuilder &b) {
    return buildSine(b, x, /*isCosine=*/false);
  }
  static Value expand(math::CosOp, Value x, ExpressionBuilder &b) {
    return buildSine(b, x, /*isCosine=*/true);
  }
  static Value expand(math::CbrtOp, Value x, ExpressionBuilder &b) {
    return buildCubeRoot(b, x);
  }
  static Value expand(math::ErfOp, Value x, ExpressionBuilder &b) {
    Value z = b.atMost(b.absolute(x), 11.0f), one = b.constant(1.0f);
    Value result = b.select(arith::CmpFPredicate::OLT, z, one, b.erfOfSmall(z),
                            b.sub(one, b.erfcOfPositive(z)));
    return b.copySign(result, x);
  }
};

struct ApproximatePower : OpRewritePattern<math::PowFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::PowFOp op,
                                PatternRewriter &rewriter) const override {
    Value x = op.getLhs();
    if (!getElementTypeOrSelf(x).isF32())
      return rewriter.notifyMatchFailure(op, "requires f32");
    ExpressionBuilder b(rewriter, op.getLoc(), x.getType());
    rewriter.replaceOp(op, buildPower(b, x, op.getRhs()));
    return success();
  }
};

/// Without the instruction a fused multiply-add is a call that takes a hundred
/// times as long; the polynomials do not depend on the single rounding.
struct SplitFma : OpRewritePattern<math::FmaOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::FmaOp op,
                                PatternRewriter &rewriter) const override {
    Value product = arith::MulFOp::create(rewriter, op.getLoc(), op.getA(),
                                          op.getB(), op.getFastmathAttr());
    rewriter.replaceOpWithNewOp<arith::AddFOp>(op, product, op.getC(),
                                               op.getFastmathAttr());
    return success();
  }
};

class CodegenCPUApproximateMathPass
    : public quantc::cpu::impl::CodegenCPUApproximateMathPassBase<
          CodegenCPUApproximateMathPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateMathF32ExpansionPatterns(patterns, [](StringRef name) {
      return isOwn(name) || isUpstream(name);
    });
    populateMathPolynomialApproximationPatterns(patterns, isUpstream);
    patterns.add<Approximate<math::ExpOp>, Approximate<math::ErfOp>,
                 Approximate<math::ErfcOp>, Approximate<math::SinOp>,
                 Approximate<math::CosOp>, Approximate<math::CbrtOp>,
                 ApproximatePower>(&getContext());
    if (splitFma)
      patterns.add<SplitFma>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
