//===- RecipeChecks.h - what recipes must not say ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each check returns an error, or "".
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_RECIPE_RECIPECHECKS_H
#define QUANTC_LIB_RECIPE_RECIPECHECKS_H

#include "quantc/Recipe/Recipe.h"

namespace quantc {

/// What no weight can have, whatever the rest of the recipe says.
std::string validateWeights(const OperandRecipe &weights);

/// What no activation can have.
std::string validateActivations(const OperandRecipe &activations);

/// Finds keys that nothing looks at, such as a percentile where no estimator is
/// 'percentile'. Rules and candidates may take them from the recipe, and the
/// reverse.
std::string checkIdleKeys(const Recipe &recipe);

/// What does not go together with 'outliers'.
std::string checkOutliers(const Recipe &recipe);

} // namespace quantc

#endif // QUANTC_LIB_RECIPE_RECIPECHECKS_H
