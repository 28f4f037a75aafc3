//===- OperandConversion.h - operands as an instruction reads them -*- C++ -*-//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CODEGEN_CPU_OPERANDCONVERSION_H
#define QUANTC_LIB_CODEGEN_CPU_OPERANDCONVERSION_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace quantc::cpu {

/// What the bytes of an operand become for an instruction that does not read
/// them as they are: bytes of the other signedness, or elements of 16 bits.
enum class OperandConversion { FlipSign, SignExtend, ZeroExtend };

/// The element type after `conversion` of bytes.
mlir::Type getConvertedElement(mlir::MLIRContext *context,
                               OperandConversion conversion);

/// One converted element.
mlir::Value convertElement(mlir::OpBuilder &builder, mlir::Location loc,
                           mlir::Value element, OperandConversion conversion);

/// A linalg.generic that converts every element of a tensor of static shape.
mlir::Value convertTensor(mlir::OpBuilder &builder, mlir::Location loc,
                          mlir::Value tensor, OperandConversion conversion);

/// The conversion that `op` is, if it does nothing else.
std::optional<OperandConversion> matchConversion(mlir::linalg::GenericOp op);

} // namespace quantc::cpu

#endif // QUANTC_LIB_CODEGEN_CPU_OPERANDCONVERSION_H
