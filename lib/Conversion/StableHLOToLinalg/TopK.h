//===- TopK.h - the largest elements ----------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CONVERSION_STABLEHLOTOLINALG_TOPK_H
#define QUANTC_LIB_CONVERSION_STABLEHLOTOLINALG_TOPK_H

#include "mlir/Transforms/DialectConversion.h"

namespace quantc {

void populateTopKPattern(const mlir::TypeConverter &converter,
                         mlir::RewritePatternSet &patterns);

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_STABLEHLOTOLINALG_TOPK_H
