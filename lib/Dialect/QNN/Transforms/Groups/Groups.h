//===- Groups.h - the parts of the group analysis ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QNN_TRANSFORMS_GROUPS_H
#define QUANTC_LIB_DIALECT_QNN_TRANSFORMS_GROUPS_H

#include "quantc/Dialect/QNN/Transforms/Groups.h"

namespace quantc::qnn {

llvm::SmallVector<SmoothingGroup> findSmoothingGroups(mlir::ModuleOp module);
llvm::SmallVector<Attention> findAttentions(mlir::ModuleOp module);
llvm::SmallVector<ScaleGroup> findScaleGroups(mlir::ModuleOp module);

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_GROUPS_H
