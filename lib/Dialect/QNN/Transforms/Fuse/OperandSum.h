//===- OperandSum.h - sums over a whole operand -----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QNN_TRANSFORMS_OPERANDSUM_H
#define QUANTC_LIB_DIALECT_QNN_TRANSFORMS_OPERANDSUM_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace quantc::qnn {

/// A linalg.generic that does nothing but add up the integers of its first
/// input, extended to the accumulator's type, over its reduction loops:
/// the row and column sums of the correction terms. Further inputs may give a
/// window its shape.
struct OperandSum {
  mlir::linalg::GenericOp op;
  bool isUnsigned;

  mlir::Value getInput() const {
    mlir::linalg::GenericOp generic = op;
    return generic.getInputs()[0];
  }
  mlir::AffineMap getInputMap() const {
    mlir::linalg::GenericOp generic = op;
    return generic.getIndexingMapsArray().front();
  }
  mlir::AffineMap getResultMap() const {
    mlir::linalg::GenericOp generic = op;
    return generic.getIndexingMapsArray().back();
  }
};

/// Matches a sum that starts from zero.
std::optional<OperandSum> matchOperandSum(mlir::Operation *op);

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_OPERANDSUM_H
