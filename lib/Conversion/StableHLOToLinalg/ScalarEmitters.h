//===- ScalarEmitters.h - scalar arithmetic by kind of element --*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Values are signless: the kind says what the bits mean. Nothing that is
// emitted is poison or undefined for any value of the operands; where the
// specification leaves a result open, it is what JAX computes on a CPU.
//
// All functions return null where they have no arithmetic for the op.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CONVERSION_STABLEHLOTOLINALG_SCALAREMITTERS_H
#define QUANTC_LIB_CONVERSION_STABLEHLOTOLINALG_SCALAREMITTERS_H

#include "quantc/Dialect/StableHLO/IR/StableHLO.h"

#include "mlir/IR/Builders.h"

namespace quantc {

/// How the elements of a type are computed with.
enum class ElementKind { Bool, Signed, Unsigned, Float };

/// The kind of an element type of stablehlo, where `i32` is signed and `i1`
/// boolean.
ElementKind getElementKind(mlir::Type element);

/// An op on booleans: true is 1, sums are OR and products are AND.
mlir::Value emitBool(mlir::OpBuilder &builder, mlir::Operation *op,
                     mlir::ValueRange operands);

mlir::Value emitInteger(mlir::OpBuilder &builder, mlir::Operation *op,
                        mlir::ValueRange operands, bool isUnsigned);

/// An op on floats of 32 bits or more.
mlir::Value emitFloat(mlir::OpBuilder &builder, mlir::Operation *op,
                      mlir::ValueRange operands);

mlir::Value emitCompare(mlir::OpBuilder &builder, stablehlo::CompareOp op,
                        mlir::ValueRange operands);

/// Converts `value` from one element type to another as `convert` does.
mlir::Value emitConvert(mlir::OpBuilder &builder, mlir::Location loc,
                        mlir::Value value, mlir::Type from, mlir::Type to);

/// A constant of an integer or floating-point type.
mlir::Value emitConstant(mlir::OpBuilder &builder, mlir::Location loc,
                         const llvm::APInt &value);
mlir::Value emitConstant(mlir::OpBuilder &builder, mlir::Location loc,
                         mlir::Type type, double value);

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_STABLEHLOTOLINALG_SCALAREMITTERS_H
