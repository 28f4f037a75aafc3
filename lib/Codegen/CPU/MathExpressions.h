//===- MathExpressions.h - functions in terms of operations -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CODEGEN_CPU_MATHEXPRESSIONS_H
#define QUANTC_LIB_CODEGEN_CPU_MATHEXPRESSIONS_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/bit.h"

namespace quantc::cpu {

/// Writes expressions on f32 or vectors of it.
class ExpressionBuilder {
public:
  ExpressionBuilder(mlir::PatternRewriter &rewriter, mlir::Location loc,
                    mlir::Type type)
      : b(loc, rewriter), type(type), intType(withElement(b.getI32Type())) {}

  mlir::ImplicitLocOpBuilder &getBuilder() { return b; }
  mlir::Type getType() const { return type; }
  /// The type of as many elements of another kind.
  mlir::Type withElement(mlir::Type element) {
    if (auto vector = llvm::dyn_cast<mlir::VectorType>(type))
      return vector.clone(element);
    return element;
  }
  mlir::Value splat(mlir::TypedAttr value) {
    mlir::Type all = withElement(value.getType());
    if (auto vector = llvm::dyn_cast<mlir::VectorType>(all))
      value = mlir::SplatElementsAttr::get(
          vector, llvm::ArrayRef<mlir::Attribute>(value));
    return mlir::arith::ConstantOp::create(b, value);
  }
  mlir::Value constant(float value) { return splat(b.getF32FloatAttr(value)); }
  mlir::Value integer(int32_t value) {
    return splat(b.getI32IntegerAttr(value));
  }
  mlir::Value add(mlir::Value x, mlir::Value y) {
    return mlir::arith::AddFOp::create(b, x, y);
  }
  mlir::Value sub(mlir::Value x, mlir::Value y) {
    return mlir::arith::SubFOp::create(b, x, y);
  }
  mlir::Value mul(mlir::Value x, mlir::Value y) {
    return mlir::arith::MulFOp::create(b, x, y);
  }
  mlir::Value div(mlir::Value x, mlir::Value y) {
    return mlir::arith::DivFOp::create(b, x, y);
  }
  mlir::Value fma(mlir::Value x, mlir::Value y, mlir::Value z) {
    return mlir::math::FmaOp::create(b, x, y, z);
  }
  mlir::Value negate(mlir::Value x) {
    return mlir::arith::NegFOp::create(b, x);
  }
  mlir::Value select(mlir::arith::CmpFPredicate predicate, mlir::Value x,
                     mlir::Value y, mlir::Value yes, mlir::Value no) {
    mlir::Value condition = mlir::arith::CmpFOp::create(b, predicate, x, y);
    return mlir::arith::SelectOp::create(b, condition, yes, no);
  }
  /// The bound for NaN.
  mlir::Value atMost(mlir::Value x, float bound) {
    mlir::Value limit = constant(bound);
    return select(mlir::arith::CmpFPredicate::OLT, x, limit, x, limit);
  }
  mlir::Value atLeast(mlir::Value x, float bound) {
    mlir::Value limit = constant(bound);
    return select(mlir::arith::CmpFPredicate::OGT, x, limit, x, limit);
  }
  mlir::Value orNaN(mlir::Value x, mlir::Value result) {
    return select(mlir::arith::CmpFPredicate::UNO, x, x, x, result);
  }

  /// Horner's rule, constant term first.
  mlir::Value polynomial(mlir::Value x, llvm::ArrayRef<float> coefficients) {
    mlir::Value sum = constant(coefficients.back());
    for (float coefficient : llvm::reverse(coefficients.drop_back()))
      sum = fma(sum, x, constant(coefficient));
    return sum;
  }

  /// exp(x) for x that is not NaN: x = n ln 2 + r with |r| <= ln 2 / 2, and
  /// exp(r) = 1 + r + r^2 q(r) with a minimax q (relative error 3e-9). ln 2 is
  /// split so that the products with n are exact. Results below 2^-125.5 are 0:
  /// processors take a hundred cycles for a denormal, and the masked half of an
  /// attention's scores would be denormals.
  mlir::Value exp(mlir::Value x) {
    x = atLeast(atMost(x, 89.0f), -87.5f);
    // Adding 1.5 * 2^23 leaves the nearest integer in the low bits.
    constexpr float magic = 0x1.8p23f;
    mlir::Value shifted = fma(x, constant(1.44269504f), constant(magic));
    mlir::Value n = sub(shifted, constant(magic));
    mlir::Value r = fma(n, constant(-0.693359375f), x);
    r = fma(n, constant(2.12194440e-4f), r);
    mlir::Value q = polynomial(r, {0.49999994f, 0.16666521f, 0.041668393f,
                                   0.0083687464f, 0.0013814532f});
    mlir::Value p = add(fma(mul(r, r), q, r), constant(1.0f));
    // 2^(n - 1), whose exponent is in range for n = 128 and whose bits are
    // those of 0 for n = -126.
    mlir::Value biased = mlir::arith::AddIOp::create(
        b, mlir::arith::BitcastOp::create(b, intType, shifted),
        integer(126 - llvm::bit_cast<int32_t>(magic)));
    mlir::Value half = mlir::arith::BitcastOp::create(
        b, type, mlir::arith::ShLIOp::create(b, biased, integer(23)));
    return mul(mul(p, half), constant(2.0f));
  }

  /// erfc(z) for 0 <= z <= 11 as exp(-z^2) t Q(t) with t = 2 / (2 + z), where Q
  /// fits erfcx(z) / t (relative error 5e-8).
  mlir::Value erfcOfPositive(mlir::Value z) {
    mlir::Value two = constant(2.0f);
    mlir::Value t = div(two, add(two, z));
    mlir::Value q = polynomial(t, {0.28208557f, 0.28239015f, 0.24299602f,
                                   0.20311248f, -0.027629931f, 0.2795226f,
                                   -0.48847008f, 0.28518745f, -0.059194315f});
    mlir::Value square = mul(z, z);
    // What rounding took from z^2, to first order.
    mlir::Value lost = fma(z, z, negate(square));
    mlir::Value y = mul(exp(negate(square)), mul(t, q));
    return fma(negate(lost), y, y);
  }

  /// erf(z) for 0 <= z < 1 (relative error 2e-9).
  mlir::Value erfOfSmall(mlir::Value z) {
    return mul(z, polynomial(mul(z, z), {1.1283791f, -0.37612626f, 0.11283585f,
                                         -0.026853811f, 0.0051883273f,
                                         -8.0101896e-4f, 7.8538476e-5f}));
  }

  mlir::Value absolute(mlir::Value x) {
    return mlir::math::AbsFOp::create(b, x);
  }
  mlir::Value copySign(mlir::Value x, mlir::Value sign) {
    return mlir::math::CopySignOp::create(b, x, sign);
  }

private:
  mlir::ImplicitLocOpBuilder b;
  mlir::Type type, intType;
};

/// sin(x) or cos(x), any x but NaN.
mlir::Value buildSine(ExpressionBuilder &f, mlir::Value x, bool isCosine);

/// The cube root of x, any x but NaN.
mlir::Value buildCubeRoot(ExpressionBuilder &f, mlir::Value x);

/// x to the power of y as IEEE 754 defines pow.
mlir::Value buildPower(ExpressionBuilder &f, mlir::Value x, mlir::Value y);

} // namespace quantc::cpu

#endif // QUANTC_LIB_CODEGEN_CPU_MATHEXPRESSIONS_H
