//===- StableHLOToLinalg.h - patterns of the import -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CONVERSION_STABLEHLOTOLINALG_STABLEHLOTOLINALG_H
#define QUANTC_CONVERSION_STABLEHLOTOLINALG_STABLEHLOTOLINALG_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Transforms/DialectConversion.h"

namespace quantc {

/// Tensors of static shape whose integers become signless; other tensors have
/// no conversion.
class StableHLOTypeConverter : public mlir::TypeConverter {
public:
  StableHLOTypeConverter();
};

/// Removes what means nothing on one device: annotations of shardings, and
/// barriers between computations.
void dropAnnotations(mlir::ModuleOp module);

/// Inlines calls of functions with a body, in calls' and composites' forms, and
/// erases private functions that nobody uses afterwards. Recursion is an error.
llvm::LogicalResult inlineCalls(mlir::ModuleOp module);

/// Elementwise operations, select, clamp and convert included.
void populateStableHLOElementwisePatterns(const mlir::TypeConverter &converter,
                                          mlir::RewritePatternSet &patterns);

/// constant, iota, broadcast_in_dim, reshape, transpose and reverse.
void populateStableHLOShapePatterns(const mlir::TypeConverter &converter,
                                    mlir::RewritePatternSet &patterns);

/// slice, concatenate, pad, dynamic_slice, dynamic_update_slice and gather.
void populateStableHLOSlicePatterns(const mlir::TypeConverter &converter,
                                    mlir::RewritePatternSet &patterns);

/// dot_general.
void populateStableHLOContractionPatterns(const mlir::TypeConverter &converter,
                                          mlir::RewritePatternSet &patterns);

/// convolution.
void populateStableHLOConvolutionPatterns(const mlir::TypeConverter &converter,
                                          mlir::RewritePatternSet &patterns);

/// reduce, reduce_window and top_k.
void populateStableHLOReductionPatterns(const mlir::TypeConverter &converter,
                                        mlir::RewritePatternSet &patterns);

/// while, case and if.
void populateStableHLOControlFlowPatterns(const mlir::TypeConverter &converter,
                                          mlir::RewritePatternSet &patterns);

/// Folds broadcasts, transpositions and scalar constants into the linalg
/// operations that read them, and a transposition into the contraction whose
/// result only it reads.
void populateFoldIntoIndexingMapsPatterns(mlir::RewritePatternSet &patterns);

} // namespace quantc

#endif // QUANTC_CONVERSION_STABLEHLOTOLINALG_STABLEHLOTOLINALG_H
