//===- Export.h - linalg to StableHLO ---------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CONVERSION_QUANTTYPES_STABLEHLOEXPORT_EXPORT_H
#define QUANTC_LIB_CONVERSION_QUANTTYPES_STABLEHLOEXPORT_EXPORT_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/PatternMatch.h"

namespace quantc::stablehlo_export {

//===----------------------------------------------------------------------===//
// Scalars of bodies as tensors
//===----------------------------------------------------------------------===//

/// A scalar from outside of a body, in every element of a tensor of `shape`:
/// constants and elements of tensors without dimensions. Null for others.
mlir::Value exportScalar(mlir::OpBuilder &builder, mlir::Location loc,
                         mlir::Value scalar, llvm::ArrayRef<int64_t> shape);

/// One scalar operation, on tensors. Null where StableHLO has no form for it.
mlir::Value exportOperation(mlir::OpBuilder &builder, mlir::Operation *op,
                            mlir::ValueRange operands,
                            llvm::ArrayRef<int64_t> shape);

/// What a body computes for every index of its loops, as a tensor of their
/// sizes `shape`. `arguments` are the tensors for the block's arguments, null
/// where there is none.
mlir::Value exportBodyValue(mlir::OpBuilder &builder, mlir::Value value,
                            mlir::Block &body,
                            llvm::ArrayRef<mlir::Value> arguments,
                            llvm::ArrayRef<int64_t> shape);

/// A constant tensor of `shape` whose elements are `value`; null for an index
/// beyond 32 bits.
mlir::Value createSplat(mlir::OpBuilder &builder, mlir::Location loc,
                        mlir::TypedAttr value, llvm::ArrayRef<int64_t> shape);

//===----------------------------------------------------------------------===//
// Layout
//===----------------------------------------------------------------------===//

/// `value`, whose dimensions are those that `dims` lists, with the dimensions
/// of `order` instead; both name the same set.
mlir::Value createReordered(mlir::OpBuilder &builder, mlir::Location loc,
                            mlir::Value value, llvm::ArrayRef<unsigned> dims,
                            llvm::ArrayRef<unsigned> order);

/// A reshape of a reshape is one, or none.
mlir::Value createReshape(mlir::OpBuilder &builder, mlir::Location loc,
                          mlir::Value value, llvm::ArrayRef<int64_t> shape);

/// The loops that the results of a map are, which must be loops and nothing
/// else.
std::optional<llvm::SmallVector<unsigned>> getLoops(mlir::AffineMap map);

//===----------------------------------------------------------------------===//
// Patterns
//===----------------------------------------------------------------------===//

/// Contractions and convolutions; of greater benefit than the general forms.
void populateExportContractionPatterns(mlir::RewritePatternSet &patterns);
/// Elementwise operations, reductions and windows.
void populateExportLoopPatterns(mlir::RewritePatternSet &patterns);
/// Constants and what moves elements.
void populateExportTensorPatterns(mlir::RewritePatternSet &patterns);

//===----------------------------------------------------------------------===//
// Quantized forms
//===----------------------------------------------------------------------===//

/// Writes products of dequantized tensors as products of quantized ones where
/// the specification has those. A remark says where it has none.
void writeQuantizedForms(mlir::RewriterBase &rewriter, mlir::Operation *root);

} // namespace quantc::stablehlo_export

#endif // QUANTC_LIB_CONVERSION_QUANTTYPES_STABLEHLOEXPORT_EXPORT_H
