//===- Gather.h - computed indices ------------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CONVERSION_STABLEHLOTOLINALG_GATHER_H
#define QUANTC_LIB_CONVERSION_STABLEHLOTOLINALG_GATHER_H

#include "mlir/Transforms/DialectConversion.h"

namespace quantc {

/// Limits an index to [0, max].
mlir::Value clampIndex(mlir::OpBuilder &builder, mlir::Location loc,
                       mlir::Value index, int64_t max, bool isUnsigned);

void populateGatherPattern(const mlir::TypeConverter &converter,
                           mlir::RewritePatternSet &patterns);

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_STABLEHLOTOLINALG_GATHER_H
