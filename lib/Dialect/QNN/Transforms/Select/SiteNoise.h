//===- SiteNoise.h - what quantizing a site costs ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QNN_TRANSFORMS_SITENOISE_H
#define QUANTC_LIB_DIALECT_QNN_TRANSFORMS_SITENOISE_H

#include "quantc/Dialect/QNN/Transforms/Site.h"

#include <array>

namespace quantc::qnn {

/// The errors of constants that have been measured, by scheme: the candidates
/// of a site mostly differ in their activations. Only while the constants are
/// there.
using WeightNoises = llvm::DenseMap<std::pair<mlir::Value, mlir::Attribute>,
                                    std::optional<double>>;

/// The noise-to-signal ratio that the result of a site is to be expected to
/// have where its operands have these schemes: the sum of both operands'
/// ratios, as their errors are independent.
///
/// - of a constant: exact, with the scales of channels that it takes in;
/// - of an activation with static parameters: by its histogram, for channels by
///   their ranges (s^2/12 each) and what the histogram has outside of them, or
///   else over the rows that were sampled;
/// - with a range for each token: over the sampled rows. Without such rows, and
///   with a dynamic range for the tensor, by that of all values, which is no
///   closer.
///
/// nullopt where nothing is known of an operand. Looks into `weights` before it
/// measures one, and adds to it.
mlir::FailureOr<std::optional<double>>
getSiteNoise(mlir::linalg::LinalgOp site,
             std::array<QuantizationAttr, 2> schemes, WeightNoises &weights);

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_SITENOISE_H
