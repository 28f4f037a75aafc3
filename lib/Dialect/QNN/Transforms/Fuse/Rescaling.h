//===- Rescaling.h - quotients of constant scales ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QNN_TRANSFORMS_RESCALING_H
#define QUANTC_LIB_DIALECT_QNN_TRANSFORMS_RESCALING_H

#include "quantc/Dialect/QNN/IR/QNNOps.h"

namespace quantc::qnn {

/// The elements of a constant f32 tensor; one for a rank-0 tensor or a splat.
/// Nullopt where it is not known at compile time.
std::optional<llvm::SmallVector<double>> getConstantFloats(mlir::Value value);

/// The one constant zero point of a tensor of them, 0 where there is none
/// (null). Nullopt where it is not known or not one.
std::optional<int64_t> getConstantZeroPoint(mlir::Value zeroPoint);

/// quantize(bound) by `op`. Nullopt unless its parameters are one constant
/// each.
std::optional<int64_t> quantizeBound(float bound, QuantizeOp op);

/// Quotients of scales: one, or one for each element along `axes`, in the
/// parameters' shape.
struct Rescaling {
  llvm::SmallVector<double> factors;
  llvm::SmallVector<int64_t> axes;
  llvm::SmallVector<int64_t> shape;

  /// factor * from / to. Nullopt where a scale is not known or the scales vary
  /// along different dimensions.
  static std::optional<Rescaling> get(DequantizeOp from, double factor,
                                      QuantizeOp to);

  /// Whether a shift alone can express all factors.
  bool isPowersOfTwo() const;
};

/// The operands of qnn.requantize that multiply by a rescaling.
struct RescalingOperands {
  mlir::Value multiplier;
  mlir::Value shift;
};

/// Creates constants. 64-bit inputs take multipliers of 16 bits. In the mode
/// Shift, the factors must be powers of two.
RescalingOperands createRescaling(mlir::OpBuilder &builder, mlir::Location loc,
                                  const Rescaling &rescaling,
                                  RequantizeMode mode, mlir::Type inputType);

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_RESCALING_H
