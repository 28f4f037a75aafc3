//===- F8Conversion.h - f8 to and from f32 in arith -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QNN_TRANSFORMS_F8CONVERSION_H
#define QUANTC_DIALECT_QNN_TRANSFORMS_F8CONVERSION_H

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace quantc::qnn {

/// Whether a scalar is stored as f8.
inline bool isF8(mlir::Type type) {
  return llvm::isa<mlir::Float8E4M3FNType, mlir::Float8E5M2Type>(type);
}

/// f32 to f8, rounded half to even, saturating at the largest finite value; NaN
/// stays NaN. `arith.truncf` of a number that is clamped: how to convert is for
/// the target to say.
mlir::Value buildSaturateF8(mlir::OpBuilder &builder, mlir::Location loc,
                            mlir::Value value, mlir::Type f8);

/// The f32 that buildSaturateF8 was given; null where `op` is something else.
mlir::Value matchSaturateF8(mlir::arith::TruncFOp op);

/// The same for whoever has to convert it: something else is an error.
mlir::FailureOr<mlir::Value> getSaturateF8(mlir::arith::TruncFOp op);

/// The same as f8 bits (an i8), NaN as 0x7f, in integer arithmetic: targets
/// without f8 conversions have nothing else.
mlir::Value buildEncodeF8(mlir::OpBuilder &builder, mlir::Location loc,
                          mlir::Value value, mlir::Type f8);

/// f8 bits (an i8) to f32, exactly.
mlir::Value buildDecodeF8(mlir::OpBuilder &builder, mlir::Location loc,
                          mlir::Value bits, mlir::Type f8);

} // namespace quantc::qnn

#endif // QUANTC_DIALECT_QNN_TRANSFORMS_F8CONVERSION_H
