//===- IntegerRescale.h - requantization without floats ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The integer modes of qnn.requantize on scalars, as the bodies of linalg
// operations. No operation is poison for any input, whatever the parameters
// that are not known at compile time.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QNN_TRANSFORMS_INTEGERRESCALE_H
#define QUANTC_LIB_DIALECT_QNN_TRANSFORMS_INTEGERRESCALE_H

#include "ScalarArithmetic.h"
#include "quantc/Dialect/QNN/IR/QNNOps.h"

namespace quantc::qnn {

/// clamp(rescale(v) + z, qmin, qmax) in the integer mode of `op`. `v` is an i32
/// or i64, the result a signless integer of the width of `storage`;
/// `multiplier` and `zeroPoint` may be null.
mlir::Value buildIntegerRequantize(mlir::OpBuilder &builder, mlir::Location loc,
                                   RequantizeOp op, mlir::Value v,
                                   mlir::Value multiplier, mlir::Value shift,
                                   mlir::Value zeroPoint,
                                   ScalarStorage storage);

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_INTEGERRESCALE_H
