//===- Scalars.h - scalar arith, shortly written ----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QNN_TRANSFORMS_SCALARS_H
#define QUANTC_LIB_DIALECT_QNN_TRANSFORMS_SCALARS_H

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace quantc::qnn {

/// Constants and operations at one place, for readable formulas.
struct Scalars {
  mlir::OpBuilder &builder;
  mlir::Location loc;

  mlir::Value f32(float value) {
    return mlir::arith::ConstantOp::create(builder, loc,
                                           builder.getF32FloatAttr(value));
  }
  mlir::Value i32(int32_t value) {
    return mlir::arith::ConstantOp::create(builder, loc,
                                           builder.getI32IntegerAttr(value));
  }
  mlir::Value bitcast(mlir::Value value, mlir::Type type) {
    return mlir::arith::BitcastOp::create(builder, loc, type, value);
  }
  mlir::Value select(mlir::Value condition, mlir::Value a, mlir::Value b) {
    return mlir::arith::SelectOp::create(builder, loc, condition, a, b);
  }
  mlir::Value shl(mlir::Value a, int32_t b) {
    return mlir::arith::ShLIOp::create(builder, loc, a, i32(b));
  }
  mlir::Value shr(mlir::Value a, int32_t b) {
    return mlir::arith::ShRUIOp::create(builder, loc, a, i32(b));
  }
  mlir::Value add(mlir::Value a, mlir::Value b) {
    return mlir::arith::AddIOp::create(builder, loc, a, b);
  }
  mlir::Value bitAnd(mlir::Value a, int32_t b) {
    return mlir::arith::AndIOp::create(builder, loc, a, i32(b));
  }
  mlir::Value bitOr(mlir::Value a, mlir::Value b) {
    return mlir::arith::OrIOp::create(builder, loc, a, b);
  }
  mlir::Value compare(mlir::arith::CmpIPredicate predicate, mlir::Value a,
                      mlir::Value b) {
    return mlir::arith::CmpIOp::create(builder, loc, predicate, a, b);
  }
  mlir::Value isNaN(mlir::Value value) {
    return mlir::arith::CmpFOp::create(
        builder, loc, mlir::arith::CmpFPredicate::UNO, value, value);
  }
};

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_SCALARS_H
