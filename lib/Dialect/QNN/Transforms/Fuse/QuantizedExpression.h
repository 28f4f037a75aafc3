//===- QuantizedExpression.h - sums of dequantized integers -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QNN_TRANSFORMS_QUANTIZEDEXPRESSION_H
#define QUANTC_LIB_DIALECT_QNN_TRANSFORMS_QUANTIZEDEXPRESSION_H

#include "quantc/Dialect/QNN/IR/QNNOps.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace quantc::qnn {

/// factor * scale * v for a dequantized v, or for the sums of it.
struct QuantizedTerm {
  DequantizeOp dequantize;
  /// The sum of dequantized storage over reduction loops, per tensor, whose
  /// integers fit an i32; null for the values themselves.
  mlir::linalg::LinalgOp sum;
  /// Finite, not zero; negative for what is subtracted.
  double factor = 1;

  mlir::Type getIntegerType() {
    return dequantize.getInput().getType().getElementType();
  }
  /// Whether v is an i32 or i64 (storage is not).
  bool isAccumulator() {
    return getIntegerType().isInteger(32) || getIntegerType().isInteger(64);
  }
};

/// factor * constant, `map` from the result's dimensions to the constant's. A
/// null constant is 1.
struct QuantizedOffset {
  mlir::Value constant;
  mlir::AffineMap map;
  double factor = 1;
};

/// max(x, value) or min(x, value), value not NaN.
struct QuantizedBound {
  bool isLower;
  float value;
};

/// Bounds, applied one after the other, of a sum of terms and constants. This
/// is what is read of bias, residual addition, ReLU, clamp and average pooling.
struct QuantizedExpression {
  llvm::SmallVector<QuantizedTerm, 2> terms;
  llvm::SmallVector<QuantizedOffset, 1> offsets;
  llvm::SmallVector<QuantizedBound, 2> bounds;

  /// The expression for an f32 tensor with at least one term: the result of a
  /// qnn.dequantize, or of one elementwise linalg.generic that nothing but
  /// qnn.quantize reads.
  static std::optional<QuantizedExpression> match(mlir::Value value);

  /// Whether every bound is max(x, 0).
  bool isAtMostRelu() const {
    return llvm::all_of(bounds, [](const QuantizedBound &bound) {
      return bound.isLower && bound.value == 0;
    });
  }
};

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_QUANTIZEDEXPRESSION_H
