//===- FactorFolding.h - factors into what computes a tensor ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Multiplying a tensor by positive factors along some of its dimensions costs
// nothing where the parameters that the tensor is computed from can take the
// factors in: gamma and beta of a normalization, the output columns and the
// bias of a linear layer.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QNN_TRANSFORMS_FACTORFOLDING_H
#define QUANTC_LIB_DIALECT_QNN_TRANSFORMS_FACTORFOLDING_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "llvm/ADT/ArrayRef.h"

namespace quantc::qnn {

/// Multiplies `value` by the factors along dimension `dim`. A constant of f32
/// becomes a new constant; anything else is multiplied by an operation at the
/// builder's insertion point.
mlir::Value multiplyAlong(mlir::OpBuilder &builder, mlir::Location loc,
                          mlir::Value value, int64_t dim,
                          llvm::ArrayRef<float> factors);

/// Finds the parameters that have to take factors in, by following use-def
/// chains upwards and, in the bodies of linalg operations, by scalar algebra:
/// r (a b) = (r a) b, r (a + b) = r a + r b, r max(a, b) = max(r a, r b).
class FactorFolding {
public:
  explicit FactorFolding(llvm::ArrayRef<float> factors) : factors(factors) {}

  /// Plans to multiply what `operand` reads by the factors along dimension
  /// `dim`. The value has to be read by nobody else, and so have the values in
  /// between. On failure `getObstacle` tells what is in the way.
  bool plan(mlir::OpOperand &operand, int64_t dim);

  /// Does what was planned.
  void apply();

  const std::string &getObstacle() const { return obstacle; }
  mlir::Location getObstacleLoc() const { return *obstacleLoc; }

private:
  struct Step {
    mlir::OpOperand *operand;
    int64_t dim;
  };

  bool planLinalg(mlir::linalg::LinalgOp op, unsigned result, int64_t dim);
  /// `loop` is the loop that the factors run along.
  bool planScalar(mlir::Value scalar, mlir::linalg::LinalgOp op, unsigned loop);
  bool planBlockArgument(mlir::BlockArgument argument,
                         mlir::linalg::LinalgOp op, unsigned loop);
  bool planReshape(mlir::Operation *op, int64_t dim);
  bool refuse(mlir::Operation *op, const llvm::Twine &reason);

  llvm::ArrayRef<float> factors;
  llvm::SmallVector<Step> steps;
  std::string obstacle;
  std::optional<mlir::Location> obstacleLoc;
};

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_FACTORFOLDING_H
