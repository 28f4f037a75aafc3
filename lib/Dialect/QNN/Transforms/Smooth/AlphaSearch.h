//===- AlphaSearch.h - the alpha that does least harm -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QNN_TRANSFORMS_ALPHASEARCH_H
#define QUANTC_LIB_DIALECT_QNN_TRANSFORMS_ALPHASEARCH_H

#include "quantc/Dialect/QNN/Transforms/Groups.h"
#include "quantc/Recipe/Recipe.h"

namespace quantc::qnn {

/// s_j = max|X_j|^alpha / max|W_j|^(1 - alpha), at least 1e-5. A magnitude of
/// zero, of a channel that calibration saw only zeros of, or that no weight
/// reads, counts as the median of the other channels.
llvm::SmallVector<float> computeScales(llvm::ArrayRef<float> activations,
                                       llvm::ArrayRef<float> weights,
                                       double alpha);

/// The alpha of 0, 0.05 .. 1 with the least squared error of the group's
/// outputs, sum over its sites of |Q(X / s) Q(s W) - X W|^2, over the rows of X
/// that its observers carry. Q is what the recipe makes of the site; a site
/// that it leaves in float has no error. Nothing where all of them are. Fails
/// after an error where rows are missing.
mlir::FailureOr<std::optional<double>>
searchAlpha(const SmoothingGroup &group, llvm::ArrayRef<float> activations,
            llvm::ArrayRef<float> weights, const Recipe &recipe);

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_ALPHASEARCH_H
