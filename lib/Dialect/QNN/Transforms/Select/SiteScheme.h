//===- SiteScheme.h - what a recipe makes of a site -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QNN_TRANSFORMS_SITESCHEME_H
#define QUANTC_LIB_DIALECT_QNN_TRANSFORMS_SITESCHEME_H

#include "SiteNoise.h"
#include "quantc/Dialect/QNN/Transforms/Site.h"
#include "quantc/Recipe/Recipe.h"

namespace quantc::qnn {

/// A scheme, or the reason why the site stays in float.
struct SiteProposal {
  SchemeAttr scheme;
  std::string floatReason;
  /// With a reason: whether the recipe would have it otherwise.
  bool isLimit = false;
  /// What the result's noise-to-signal ratio is to be expected to be
  /// (SiteNoise); nothing where nothing is known of it.
  std::optional<double> noiseToSignal;
};

/// What the recipe says of the site. Fails, after an error, where it asks for
/// what there is not. `weights` are shared by proposals for the same program.
mlir::FailureOr<SiteProposal> proposeScheme(mlir::linalg::LinalgOp site,
                                            const Recipe &recipe,
                                            WeightNoises &weights);

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_SITESCHEME_H
