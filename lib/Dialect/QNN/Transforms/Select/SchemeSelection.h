//===- SchemeSelection.h - one proposal for each site -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QNN_TRANSFORMS_SCHEMESELECTION_H
#define QUANTC_LIB_DIALECT_QNN_TRANSFORMS_SCHEMESELECTION_H

#include "SiteScheme.h"

#include "mlir/IR/BuiltinOps.h"

namespace quantc::qnn {

/// What a recipe's `auto` may spend; overrides the recipe's own limits.
struct SchemeBudget {
  /// The sum of the sites' noise-to-signal ratios.
  std::optional<double> maxError;
  /// Seconds, by the cost model.
  std::optional<double> maxCost;
  /// Where to write the front of all choices as JSON; empty for nowhere.
  std::string frontFile;
  /// The measured errors of candidates; empty to take the noise of operands.
  std::string sensitivityFile;
  /// The one candidate, or "float", that every site gets instead of a choice;
  /// empty for a choice.
  std::string candidate;

  bool isEmpty() const {
    return !maxError && !maxCost && frontFile.empty() &&
           sensitivityFile.empty() && candidate.empty();
  }
};

/// Gives each site the recipe's scheme or reason for float; a recipe with
/// `auto` has several schemes for each site, of which a joint choice is made.
mlir::LogicalResult selectSchemes(mlir::ModuleOp module,
                                  llvm::ArrayRef<mlir::linalg::LinalgOp> sites,
                                  const Recipe &recipe,
                                  const SchemeBudget &budget);

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_SCHEMESELECTION_H
