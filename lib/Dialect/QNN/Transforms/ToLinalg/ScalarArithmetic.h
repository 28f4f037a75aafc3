//===- ScalarArithmetic.h - qnn arithmetic in arith -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The normative arithmetic (docs/arithmetic.md) on scalars, as the bodies of
// linalg operations. No operation is poison for any input. Values of storage
// type are signless; `storage` is the type that the qnn op had.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QNN_TRANSFORMS_SCALARARITHMETIC_H
#define QUANTC_LIB_DIALECT_QNN_TRANSFORMS_SCALARARITHMETIC_H

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace quantc::qnn {

/// The type of quantized values.
struct ScalarStorage {
  mlir::Type type;
  bool narrowRange = false;

  bool isUnsigned() const { return type.isUnsignedInteger(); }
};

/// clamp(rne(x / s), qmin - z, qmax - z) + z with NaN -> z; `zeroPoint` may be
/// null.
mlir::Value buildQuantize(mlir::OpBuilder &builder, mlir::Location loc,
                          mlir::Value x, mlir::Value scale,
                          mlir::Value zeroPoint, ScalarStorage storage);

/// q - z as an i32, or as it is the accumulator, i32 or i64, that has no zero
/// point (null).
mlir::Value buildSubtractZeroPoint(mlir::OpBuilder &builder, mlir::Location loc,
                                   mlir::Value q, mlir::Value zeroPoint,
                                   ScalarStorage storage);

/// f32(q - z) * s, in `resultType`. The input is storage or an accumulator.
mlir::Value buildDequantize(mlir::OpBuilder &builder, mlir::Location loc,
                            mlir::Value q, mlir::Value scale,
                            mlir::Value zeroPoint, ScalarStorage storage,
                            mlir::Type resultType);

/// clamp(rne(f32(acc) * m), qmin - z, qmax - z) + z. A multiplier that is not
/// known to be finite may make NaN, which becomes z.
mlir::Value buildRequantize(mlir::OpBuilder &builder, mlir::Location loc,
                            mlir::Value accumulator, mlir::Value multiplier,
                            mlir::Value zeroPoint, ScalarStorage storage,
                            bool finiteMultiplier);

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_SCALARARITHMETIC_H
