//===- IntegerBounds.h - what integers of tensors can be --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CODEGEN_CPU_INTEGERBOUNDS_H
#define QUANTC_LIB_CODEGEN_CPU_INTEGERBOUNDS_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace quantc::cpu {

/// All signed values from `min` to `max`, both included.
struct IntegerBounds {
  int64_t min, max;

  bool isWithin(IntegerBounds other) const {
    return other.min <= min && max <= other.max;
  }
};

/// Bounds of the elements of a tensor of at most 32 bits, read as signed:
/// those of constants, of sums over loops of known size, of clamped floats, of
/// narrow types, and of what is computed from these. Where nothing is known,
/// the bounds of the type.
IntegerBounds boundElements(mlir::Value tensor);

/// The same for a scalar in the body of `op`.
IntegerBounds boundScalar(mlir::Value scalar, mlir::linalg::LinalgOp op);

} // namespace quantc::cpu

#endif // QUANTC_LIB_CODEGEN_CPU_INTEGERBOUNDS_H
