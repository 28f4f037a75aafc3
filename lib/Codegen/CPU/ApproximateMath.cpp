//===- ApproximateMath.cpp - functions as polynomials ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/ADT/bit.h"

namespace quantc::cpu {
#define GEN_PASS_DEF_CODEGENCPUAPPROXIMATEMATHPASS
#include "quantc/Codegen/CPU/Passes.h.inc"
} // namespace quantc::cpu

using namespace mlir;

namespace {

/// The functions that have a polynomial here.
bool isOwn(StringRef name) {
  return llvm::is_contained({"math.exp", "math.erf", "math.erfc"}, name);
}

/// The functions whose upstream approximation is fast enough, good to a few
/// units in the last place over the whole range and right for NaN and
/// infinities (unittests/Execution/MathTest.cpp measures it). sin and cos are
/// not: large arguments give infinities.
bool isUpstream(StringRef name) {
  return llvm::is_contained(
      {"math.expm1", "math.log", "math.log1p", "math.tanh"}, name);
}

/// Writes expressions on f32 or vectors of it.
class ExpressionBuilder {
public:
  ExpressionBuilder(PatternRewriter &rewriter, Location loc, Type type)
      : b(loc, rewriter), type(type), intType(withElement(b.getI32Type())) {}

  Value constant(float value) { return splat(type, b.getF32FloatAttr(value)); }
  Value integer(int32_t value) {
    return splat(intType, b.getI32IntegerAttr(value));
  }
  Value add(Value x, Value y) { return arith::AddFOp::create(b, x, y); }
  Value sub(Value x, Value y) { return arith::SubFOp::create(b, x, y); }
  Value mul(Value x, Value y) { return arith::MulFOp::create(b, x, y); }
  Value div(Value x, Value y) { return arith::DivFOp::create(b, x, y); }
  Value fma(Value x, Value y, Value z) {
    return math::FmaOp::create(b, x, y, z);
  }
  Value negate(Value x) { return arith::NegFOp::create(b, x); }
  Value select(arith::CmpFPredicate predicate, Value x, Value y, Value yes,
               Value no) {
    Value condition = arith::CmpFOp::create(b, predicate, x, y);
    return arith::SelectOp::create(b, condition, yes, no);
  }
  /// The bound for NaN.
  Value atMost(Value x, float bound) {
    Value limit = constant(bound);
    return select(arith::CmpFPredicate::OLT, x, limit, x, limit);
  }
  Value atLeast(Value x, float bound) {
    Value limit = constant(bound);
    return select(arith::CmpFPredicate::OGT, x, limit, x, limit);
  }
  Value orNaN(Value x, Value result) {
    return select(arith::CmpFPredicate::UNO, x, x, x, result);
  }

  /// Horner's rule, constant term first.
  Value polynomial(Value x, ArrayRef<float> coefficients) {
    Value sum = constant(coefficients.back());
    for (float coefficient : llvm::reverse(coefficients.drop_back()))
      sum = fma(sum, x, constant(coefficient));
    return sum;
  }

  /// exp(x) for x that is not NaN: x = n ln 2 + r with |r| <= ln 2 / 2, and
  /// exp(r) = 1 + r + r^2 q(r) with a minimax q (relative error 3e-9). ln 2 is
  /// split so that the products with n are exact. Results below 2^-125.5 are 0:
  /// processors take a hundred cycles for a denormal, and the masked half of an
  /// attention's scores would be denormals.
  Value exp(Value x) {
    x = atLeast(atMost(x, 89.0f), -87.5f);
    // Adding 1.5 * 2^23 leaves the nearest integer in the low bits.
    constexpr float magic = 0x1.8p23f;
    Value shifted = fma(x, constant(1.44269504f), constant(magic));
    Value n = sub(shifted, constant(magic));
    Value r = fma(n, constant(-0.693359375f), x);
    r = fma(n, constant(2.12194440e-4f), r);
    Value q = polynomial(r, {0.49999994f, 0.16666521f, 0.041668393f,
                             0.0083687464f, 0.0013814532f});
    Value p = add(fma(mul(r, r), q, r), constant(1.0f));
    // 2^(n - 1), whose exponent is in range for n = 128 and whose bits are
    // those of 0 for n = -126.
    Value biased =
        arith::AddIOp::create(b, arith::BitcastOp::create(b, intType, shifted),
                              integer(126 - llvm::bit_cast<int32_t>(magic)));
    Value half = arith::BitcastOp::create(
        b, type, arith::ShLIOp::create(b, biased, integer(23)));
    return mul(mul(p, half), constant(2.0f));
  }

  /// erfc(z) for 0 <= z <= 11 as exp(-z^2) t Q(t) with t = 2 / (2 + z), where Q
  /// fits erfcx(z) / t (relative error 5e-8).
  Value erfcOfPositive(Value z) {
    Value two = constant(2.0f);
    Value t = div(two, add(two, z));
    Value q = polynomial(t, {0.28208557f, 0.28239015f, 0.24299602f, 0.20311248f,
                             -0.027629931f, 0.2795226f, -0.48847008f,
                             0.28518745f, -0.059194315f});
    Value square = mul(z, z);
    // What rounding took from z^2, to first order.
    Value lost = fma(z, z, negate(square));
    Value y = mul(exp(negate(square)), mul(t, q));
    return fma(negate(lost), y, y);
  }

  /// erf(z) for 0 <= z < 1 (relative error 2e-9).
  Value erfOfSmall(Value z) {
    return mul(z, polynomial(mul(z, z), {1.1283791f, -0.37612626f, 0.11283585f,
                                         -0.026853811f, 0.0051883273f,
                                         -8.0101896e-4f, 7.8538476e-5f}));
  }

  Value absolute(Value x) { return math::AbsFOp::create(b, x); }
  Value copySign(Value x, Value sign) {
    return math::CopySignOp::create(b, x, sign);
  }

private:
  Type withElement(Type element) {
    if (auto vector = dyn_cast<VectorType>(type))
      return vector.clone(element);
    return element;
  }
  Value splat(Type type, TypedAttr value) {
    if (auto vector = dyn_cast<VectorType>(type))
      value = SplatElementsAttr::get(vector, ArrayRef<Attribute>(value));
    return arith::ConstantOp::create(b, value);
  }

  ImplicitLocOpBuilder b;
  Type type, intType;
};

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
  static Value expand(math::ErfOp, Value x, ExpressionBuilder &b) {
    Value z = b.atMost(b.absolute(x), 11.0f), one = b.constant(1.0f);
    Value result = b.select(arith::CmpFPredicate::OLT, z, one, b.erfOfSmall(z),
                            b.sub(one, b.erfcOfPositive(z)));
    return b.copySign(result, x);
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
                 Approximate<math::ErfcOp>>(&getContext());
    if (splitFma)
      patterns.add<SplitFma>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
