//===- QuantizeConstant.h - constants to storage types ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QNN_TRANSFORMS_QUANTIZECONSTANT_H
#define QUANTC_LIB_DIALECT_QNN_TRANSFORMS_QUANTIZECONSTANT_H

#include "quantc/Calibration/QuantizationParameters.h"

#include "mlir/IR/Builders.h"

namespace quantc::qnn {

/// Scale and zero point as operands; no zero point where the scheme is
/// symmetric.
struct QuantizationOperands {
  mlir::Value scale;
  mlir::Value zeroPoint;
};

/// Creates constants for computed parameters; `name` names large ones.
QuantizationOperands
createParameterConstants(mlir::OpBuilder &builder, mlir::Location loc,
                         const QuantizationParameters &parameters,
                         QuantizationAttr scheme, llvm::StringRef name);

/// Whether the bytes of `value` are known: a constant, or views and arithmetic
/// of constants.
bool isQuantizableConstant(mlir::Value value);

/// Creates the quantized constant of `value` over a raw buffer, in parallel,
/// and its dequantization. It is named `name`, or as the value's parameter
/// where that is empty. `scale` is that of a symmetric scheme per tensor, where
/// it is not the value's own to choose. Fails after an error.
mlir::FailureOr<mlir::Value>
quantizeConstant(mlir::OpBuilder &builder, mlir::Value value,
                 QuantizationAttr scheme, llvm::StringRef name = "",
                 std::optional<float> scale = std::nullopt);

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_QUANTIZECONSTANT_H
