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

namespace quantc::qnn {

/// The value of the only result of `op`, or null where an input is no constant,
/// a shape is dynamic, or the body holds something else than integer and float
/// arithmetic. Constants may reach `op` through tensor.bitcast and
/// tensor.expand_shape / collapse_shape, which do not change the bytes.
mlir::TypedAttr evaluateConstant(mlir::linalg::LinalgOp op);

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_CONSTANTEVALUATION_H
