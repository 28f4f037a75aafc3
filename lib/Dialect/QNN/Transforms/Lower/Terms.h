//===- Terms.h - record of a site's correction terms ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `qnn.terms` on a site's integer op says, per correction term, whether it
// exists and where it is computed; `quantc explain` prints it. The op that
// applies a term carries the term's name as `qnn.term` until it is fused.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QNN_TRANSFORMS_TERMS_H
#define QUANTC_LIB_DIALECT_QNN_TRANSFORMS_TERMS_H

#include "quantc/Dialect/QNN/IR/QNNDialect.h"

#include "mlir/IR/Operation.h"

namespace quantc::qnn {

/// zB * RA, with RA the sums of the lhs over the reduction.
inline constexpr llvm::StringLiteral kRowSumTerm = "row_sum";
/// zA * RB, with RB the sums of the rhs.
inline constexpr llvm::StringLiteral kColumnSumTerm = "column_sum";
/// K * zA * zB.
inline constexpr llvm::StringLiteral kConstantTerm = "constant";

/// Records where a term of `site` is computed.
void setTerm(mlir::Operation *site, llvm::StringRef term,
             llvm::StringRef where);

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_TERMS_H
