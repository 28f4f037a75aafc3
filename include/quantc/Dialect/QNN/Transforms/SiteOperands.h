//===- SiteOperands.h - activations and weights of sites --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QNN_TRANSFORMS_SITEOPERANDS_H
#define QUANTC_DIALECT_QNN_TRANSFORMS_SITEOPERANDS_H

#include "quantc/Dialect/QNN/Transforms/Site.h"

namespace quantc::qnn {

/// Whether `value` is an activation of a type that qnn.observe takes, with
/// elements to observe.
bool isObservable(mlir::Value value);

/// Whether the program itself says how an operand of the site is quantized: it
/// is dequantized, or such a value moved or padded. Such a site is kept as it
/// is, without observers or a scheme.
bool isExplicitlyQuantized(mlir::Operation *site);

/// Whether one operand of the site is dequantized and the other one is not: it
/// reads a quantized cache. A scheme can be chosen for the other operand.
bool isHalfQuantized(mlir::Operation *site);

/// The observer of a site's operand, or null.
ObserveOp getObserver(mlir::OpOperand &operand);

/// The dimensions of `operand` that the site sums over together with dimensions
/// of the other operand: K of a contraction, the input channels (not the
/// window) of a convolution.
llvm::SmallVector<int64_t> getReductionDims(const SiteIndexing &indexing,
                                            unsigned operand);

/// The dimensions of `operand` that are dimensions of the result: N of a
/// weight, the output channels of a filter.
llvm::SmallVector<int64_t> getResultDims(const SiteIndexing &indexing,
                                         unsigned operand);

/// Whether the site's result goes nowhere but, through elementwise operations
/// and reshapes, to the results of the function: the last linear layer of a
/// model, such as a projection to a vocabulary. A layer whose result is also
/// read by a normalization, a reduction or another site is none.
bool isOutputProjection(mlir::Operation *site);

/// The heads of `operand`: its last dimension that the other operand and the
/// result have as well, where the site sums over something else.
std::optional<int64_t> getHeadDim(const SiteIndexing &indexing,
                                  unsigned operand);

} // namespace quantc::qnn

#endif // QUANTC_DIALECT_QNN_TRANSFORMS_SITEOPERANDS_H
