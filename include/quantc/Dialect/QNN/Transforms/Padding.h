//===- Padding.h - how padded integers stand for zero -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QNN_TRANSFORMS_PADDING_H
#define QUANTC_DIALECT_QNN_TRANSFORMS_PADDING_H

namespace quantc::qnn {

/// What the zero padding of a float operand becomes where its integer form has
/// a zero point. All forms give the same integers.
enum class PaddingForm {
  /// What moves fewer bytes.
  Auto,
  /// Padding with the zero point.
  ZeroPoint,
  /// Padding with 0, and corrections that count only what lies inside.
  Compensate,
};

} // namespace quantc::qnn

#endif // QUANTC_DIALECT_QNN_TRANSFORMS_PADDING_H
