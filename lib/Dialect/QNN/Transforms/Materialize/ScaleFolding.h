//===- ScaleFolding.h - scales per summed channel, into the weight -*- C++
//-*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// x[k] = s[k] (q[k] - z[k]) times w[k, n], summed over k, has no integer form:
// s[k] does not factor out. But it is (q[k] - z[k]) times s[k] w[k, n], and
// what is left of the activation has a scale of one.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QNN_TRANSFORMS_SCALEFOLDING_H
#define QUANTC_LIB_DIALECT_QNN_TRANSFORMS_SCALEFOLDING_H

#include "quantc/Dialect/QNN/Transforms/SiteOperands.h"

namespace quantc::qnn {

/// Whether the scheme gives `operand` of a site scales that vary along a
/// dimension which is summed over, one for each index.
bool hasSummedScales(const SiteIndexing &indexing, unsigned operand,
                     QuantizationAttr scheme);

/// The dequantization of the same integers with a scale of one.
mlir::Value createUnscaled(mlir::OpBuilder &builder, DequantizeOp operand);

/// The f32 weight, operand 1 - `operand` of the site, times the scales of
/// `scaled`, which is dequantized as operand `operand`: f32(s[k] w[k, n]).
mlir::linalg::GenericOp createScaledWeight(mlir::OpBuilder &builder,
                                           mlir::linalg::LinalgOp site,
                                           unsigned operand,
                                           DequantizeOp scaled);

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_SCALEFOLDING_H
