//===- ConstantEvaluation.h - linalg over constants, now --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Evaluates linalg operations whose inputs are constants, over raw buffers and
// in parallel: column sums of weights, products of scales, sums of terms. Float
// results are those of IEEE arithmetic in the operation's types.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QNN_TRANSFORMS_CONSTANTEVALUATION_H
#define QUANTC_LIB_DIALECT_QNN_TRANSFORMS_CONSTANTEVALUATION_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include <memory>

namespace quantc::qnn {

/// The elements of a tensor that is known at compile time, dense and row major
/// (one element for a splat).
struct ConstantBytes {
  mlir::RankedTensorType type;
  llvm::ArrayRef<char> bytes;
  bool splat = false;
  /// Keeps bytes alive that no attribute owns.
  std::shared_ptr<const void> owner;
};

/// Whether `value` is a constant or computed from constants by views and linalg
/// operations with static shapes on f32 and integers.
bool isEvaluable(mlir::Value value);

/// All elements of an evaluable value; nothing is copied where it is a
/// constant.
std::optional<ConstantBytes> evaluate(mlir::Value value);

/// The value of the only result of `op` as an attribute, or null if it is not
/// evaluable.
mlir::TypedAttr evaluateConstant(mlir::linalg::LinalgOp op);

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_CONSTANTEVALUATION_H
