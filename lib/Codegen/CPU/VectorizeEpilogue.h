//===- VectorizeEpilogue.h - scalar bodies on vectors -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CODEGEN_CPU_VECTORIZEEPILOGUE_H
#define QUANTC_LIB_CODEGEN_CPU_VECTORIZEEPILOGUE_H

#include "mlir/IR/Builders.h"

namespace quantc::cpu {

/// Emits `body`, whose operations are elementwise, for `lanes` elements at
/// once. `arguments` are vectors, or scalars that hold for all lanes. Returns
/// the vectors that the body yields.
llvm::SmallVector<mlir::Value> vectorizeEpilogue(mlir::OpBuilder &builder,
                                                 mlir::Block &body,
                                                 int64_t lanes,
                                                 mlir::ValueRange arguments);

} // namespace quantc::cpu

#endif // QUANTC_LIB_CODEGEN_CPU_VECTORIZEEPILOGUE_H
