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

#include "FactorLayout.h"
#include "quantc/Dialect/QNN/IR/QNNOps.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace quantc::qnn {

/// Finds the parameters that have to take factors in, by following use-def
/// chains upwards and, in the bodies of linalg operations, by scalar algebra:
/// r (a b) = (r a) b, r (a + b) = r a + r b, r max(a, b) = max(r a, r b).
/// Where query heads share a head of values, its columns can take in what is
/// the same for all of these heads: `shareMaxima` makes it so.
class FactorFolding {
public:
  /// With `keepStatistics`, an observer in between whose statistics would not
  /// follow is in the way.
  explicit FactorFolding(bool keepStatistics = false)
      : keepStatistics(keepStatistics) {}

  /// Plans to multiply `value` by factors along dimension `dim`, which may have
  /// any readers. The values that it is computed from must have no others. On
  /// failure `getObstacle` tells what is in the way.
  bool plan(mlir::Value value, int64_t dim);

  /// Raises statistics, one for each index of the dimension, to the largest of
  /// those that share a factor: factors computed from them are what the plan
  /// needs.
  void shareMaxima(llvm::MutableArrayRef<float> values) const;

  /// How many indices of the dimension share a factor; 1 where each has its
  /// own.
  int64_t getNumSharing() const;

  /// Does what was planned; one factor for each index of the dimension.
  void apply(llvm::ArrayRef<float> factors);

  const std::string &getObstacle() const { return obstacle; }
  mlir::Location getObstacleLoc() const { return *obstacleLoc; }

  /// The parameters that take factors in, once each.
  llvm::SmallVector<mlir::Value> getParameters() const;

private:
  struct Step {
    mlir::OpOperand *operand;
    FactorLayout layout;
    /// What the body computes from the operand and takes the factors itself;
    /// null where that is the operand.
    mlir::Value expression = nullptr;
  };

  /// A state to go back to where a way turns out to be closed.
  struct Mark {
    size_t numSteps, numObservers;
    bool hadObstacle;
  };
  Mark mark() const {
    return {steps.size(), observers.size(), !obstacle.empty()};
  }
  /// Forgets what was planned since.
  void backtrack(const Mark &mark);
  /// Forgets what was in the way since.
  void forgive(const Mark &mark);

  bool planOperand(mlir::OpOperand &operand, const FactorLayout &layout);
  bool planDefinition(mlir::Value value, const FactorLayout &layout);
  bool planLinalg(mlir::linalg::LinalgOp op, unsigned result,
                  const FactorLayout &layout);
  /// `loops` tells how the factors lie along the loops of `op`.
  bool planScalar(mlir::Value scalar, mlir::linalg::LinalgOp op,
                  const FactorLayout &loops);
  bool planExpression(mlir::Value scalar, mlir::linalg::LinalgOp op,
                      const FactorLayout &loops);
  bool planBlockArgument(mlir::BlockArgument argument,
                         mlir::linalg::LinalgOp op, const FactorLayout &loops);
  bool planSlice(mlir::tensor::ExtractSliceOp op, const FactorLayout &layout);
  bool planReshape(mlir::Operation *op, const FactorLayout &layout);
  bool refuse(mlir::Operation *op, const llvm::Twine &reason);

  bool keepStatistics;
  llvm::SmallVector<Step> steps;
  /// Observers that see the values in between.
  llvm::SmallVector<std::pair<ObserveOp, FactorLayout>> observers;
  std::string obstacle;
  std::optional<mlir::Location> obstacleLoc;
};

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_FACTORFOLDING_H
