//===- IntegerSum.h - quantized additions and averages ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QNN_TRANSFORMS_INTEGERSUM_H
#define QUANTC_LIB_DIALECT_QNN_TRANSFORMS_INTEGERSUM_H

#include "QuantizedExpression.h"

namespace quantc::qnn {

/// The i32 sums of storage less its zero point that `term.sum` takes the float
/// sums of.
mlir::Value createIntegerSum(mlir::OpBuilder &builder, QuantizedTerm &term);

/// `op` of the expression without its bounds, in an integer mode. One term is
/// requantized. Of several, or with constants, each becomes a multiple of
/// t 2^-(24 - width), for `width` bits of storage of scale t, saturating at 32
/// bits, and their 64-bit sum is shifted back:
///
///     q = clamp(rne((sum_i rescale(v_i) + rne(b / u)) * 2^-(24 - width)) + z)
mlir::Value createRequantizedSum(mlir::OpBuilder &builder,
                                 QuantizedExpression &expression, QuantizeOp op,
                                 RequantizeMode mode);

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_INTEGERSUM_H
