//===- Overflow.h - what to do with sums that may overflow ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QNN_TRANSFORMS_OVERFLOW_H
#define QUANTC_DIALECT_QNN_TRANSFORMS_OVERFLOW_H

namespace quantc::qnn {

/// What becomes of a site whose sums are not proven to fit its accumulator.
enum class OverflowAction {
  /// An error that names the op, K and the bound.
  Error,
  /// Chunks of the sum that fit, added up in i64.
  Split,
};

} // namespace quantc::qnn

#endif // QUANTC_DIALECT_QNN_TRANSFORMS_OVERFLOW_H
