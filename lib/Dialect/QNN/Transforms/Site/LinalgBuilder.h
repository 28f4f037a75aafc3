//===- LinalgBuilder.h - elementwise linalg, shortly written ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QNN_TRANSFORMS_LINALGBUILDER_H
#define QUANTC_LIB_DIALECT_QNN_TRANSFORMS_LINALGBUILDER_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace quantc::qnn {

/// Builds the scalar computation of an elementwise operation from one argument
/// per input.
using ScalarBuilder = llvm::function_ref<mlir::Value(
    mlir::OpBuilder &, mlir::Location, mlir::ValueRange)>;

/// Creates an all-parallel linalg.generic of the given result sizes; `maps` are
/// from result dimensions to those of each input.
mlir::linalg::GenericOp
createElementwise(mlir::OpBuilder &builder, mlir::Location loc,
                  llvm::ArrayRef<mlir::OpFoldResult> sizes,
                  mlir::Type elementType, mlir::ValueRange inputs,
                  llvm::ArrayRef<mlir::AffineMap> maps, ScalarBuilder scalar);

/// As above, replaced by a constant where all inputs are constants.
mlir::Value createFoldedElementwise(mlir::OpBuilder &builder,
                                    mlir::Location loc,
                                    llvm::ArrayRef<mlir::OpFoldResult> sizes,
                                    mlir::Type elementType,
                                    mlir::ValueRange inputs,
                                    llvm::ArrayRef<mlir::AffineMap> maps,
                                    ScalarBuilder scalar);

/// A tensor filled with zeros.
mlir::Value createZeros(mlir::OpBuilder &builder, mlir::Location loc,
                        llvm::ArrayRef<mlir::OpFoldResult> sizes,
                        mlir::Type elementType);

/// a + b in f32, element by element.
mlir::Value createFloatSum(mlir::OpBuilder &builder, mlir::Location loc,
                           mlir::Value a, mlir::Value b);

/// The inputs of a pooling with its first, floats, replaced by integers. Those
/// that only give the window its shape become integers, too.
llvm::SmallVector<mlir::Value> createIntegerInputs(mlir::OpBuilder &builder,
                                                   mlir::linalg::LinalgOp pool,
                                                   mlir::Value integers);

/// Whether `value` is a tensor filled with (positive or negative) zero.
bool isZeroFilled(mlir::Value value);

/// The map from the `rank` dimensions of a tensor to those of a parameter whose
/// dimension i runs along `axes[i]`.
mlir::AffineMap getParameterMap(mlir::MLIRContext *context, int64_t rank,
                                llvm::ArrayRef<int64_t> axes);

/// The map from the `rank` dimensions of an operand to those of its parameter:
/// dimension i is indexed by dimension axes[i], divided by the block size.
mlir::AffineMap getElementToParameterMap(mlir::MLIRContext *context,
                                         int64_t rank,
                                         llvm::ArrayRef<int64_t> axes,
                                         llvm::ArrayRef<int64_t> blocks,
                                         mlir::Value parameter);

/// Reinterprets ui8 tensors as i8, the only form that arith and linalg know.
/// Other values pass unchanged.
mlir::Value toSignless(mlir::OpBuilder &builder, mlir::Value value);

/// The inverse: `value` as the possibly unsigned `type`.
mlir::Value toStorage(mlir::OpBuilder &builder, mlir::Value value,
                      mlir::Type type);

/// Extends an integer to `type`, which may be its own.
mlir::Value extendInteger(mlir::OpBuilder &builder, mlir::Location loc,
                          mlir::Value value, mlir::Type type, bool isUnsigned);

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_LINALGBUILDER_H
