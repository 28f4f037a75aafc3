//===- BoundaryType.h - tensors as a caller sees them -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Passes give arguments and results of functions other element types than the
// caller means: unsigned integers become signless, what memory has no type for
// becomes bytes. The attribute `qnn.type` keeps the type that was there.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QNN_IR_BOUNDARYTYPE_H
#define QUANTC_DIALECT_QNN_IR_BOUNDARYTYPE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace quantc::qnn {

inline constexpr llvm::StringLiteral kTypeAttrName = "qnn.type";

/// What JAX says of an argument and of a result: its path, as "['logits']",
/// "result.logits" or "params['head']['w']".
inline constexpr llvm::StringLiteral kJaxArgumentAttrName = "jax.arg_info";
inline constexpr llvm::StringLiteral kJaxResultAttrName = "jax.result_info";

/// The last part of such a path.
inline llvm::StringRef getLeafName(llvm::StringRef path) {
  path = path.trim("[]'\"");
  return path.substr(path.find_last_of(".['\"") + 1);
}

/// Keeps the type of an argument or result; one that is kept already stays.
inline void keepBoundaryType(mlir::func::FuncOp function, unsigned index,
                             bool isResult, mlir::Type type) {
  auto attribute = mlir::TypeAttr::get(type);
  if (isResult) {
    if (!function.getResultAttr(index, kTypeAttrName))
      function.setResultAttr(index, kTypeAttrName, attribute);
  } else if (!function.getArgAttr(index, kTypeAttrName)) {
    function.setArgAttr(index, kTypeAttrName, attribute);
  }
}

/// The type as the caller sees it.
inline mlir::Type getBoundaryType(mlir::func::FuncOp function, unsigned index,
                                  bool isResult) {
  auto kept =
      isResult
          ? function.getResultAttrOfType<mlir::TypeAttr>(index, kTypeAttrName)
          : function.getArgAttrOfType<mlir::TypeAttr>(index, kTypeAttrName);
  if (kept)
    return kept.getValue();
  return isResult ? function.getResultTypes()[index]
                  : function.getArgumentTypes()[index];
}

} // namespace quantc::qnn

#endif // QUANTC_DIALECT_QNN_IR_BOUNDARYTYPE_H
