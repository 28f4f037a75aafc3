//===- IndexArithmetic.h - offsets of a kernel ------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CODEGEN_CONTRACTION_INDEXARITHMETIC_H
#define QUANTC_CODEGEN_CONTRACTION_INDEXARITHMETIC_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Builders.h"

namespace quantc {

/// Sums and products of offsets, folded where they are constant. Offsets lie
/// within an object, so that nothing overflows.
class IndexArithmetic {
public:
  IndexArithmetic(mlir::OpBuilder &builder, mlir::Location loc)
      : builder(builder), loc(loc) {}

  mlir::Value constant(int64_t value) const {
    return mlir::arith::ConstantIndexOp::create(builder, loc, value);
  }

  mlir::Value add(mlir::Value left, mlir::Value right) const {
    auto l = mlir::getConstantIntValue(left);
    auto r = mlir::getConstantIntValue(right);
    if (l && r)
      return constant(*l + *r);
    if (l == 0)
      return right;
    if (r == 0)
      return left;
    return mlir::arith::AddIOp::create(builder, loc, left, right,
                                       mlir::arith::IntegerOverflowFlags::nsw);
  }

  mlir::Value add(mlir::Value left, int64_t right) const {
    return right == 0 ? left : add(left, constant(right));
  }

  mlir::Value mul(mlir::Value left, int64_t right) const {
    if (auto l = mlir::getConstantIntValue(left))
      return constant(*l * right);
    if (right == 0)
      return constant(0);
    if (right == 1)
      return left;
    return mlir::arith::MulIOp::create(builder, loc, left, constant(right),
                                       mlir::arith::IntegerOverflowFlags::nsw);
  }

  /// Quotient and remainder of an offset, which is not negative.
  mlir::Value div(mlir::Value left, int64_t right) const {
    if (auto l = mlir::getConstantIntValue(left))
      return constant(*l / right);
    if (right == 1)
      return left;
    return mlir::arith::DivUIOp::create(builder, loc, left, constant(right));
  }

  mlir::Value rem(mlir::Value left, int64_t right) const {
    if (auto l = mlir::getConstantIntValue(left))
      return constant(*l % right);
    if (right == 1)
      return constant(0);
    return mlir::arith::RemUIOp::create(builder, loc, left, constant(right));
  }

  mlir::Value exclusiveOr(mlir::Value left, mlir::Value right) const {
    auto l = mlir::getConstantIntValue(left);
    auto r = mlir::getConstantIntValue(right);
    if (l && r)
      return constant(*l ^ *r);
    return mlir::arith::XOrIOp::create(builder, loc, left, right);
  }

private:
  mlir::OpBuilder &builder;
  mlir::Location loc;
};

} // namespace quantc

#endif // QUANTC_CODEGEN_CONTRACTION_INDEXARITHMETIC_H
