//===- NeverNaN.h - values that no input makes NaN --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QNN_TRANSFORMS_NEVERNAN_H
#define QUANTC_LIB_DIALECT_QNN_TRANSFORMS_NEVERNAN_H

#include "mlir/IR/Value.h"
#include <optional>

namespace quantc::qnn {

/// Whether no element of a float tensor can be NaN, whatever the inputs are.
/// Sums count only where one side is a finite constant: inf - inf is NaN.
bool isNeverNaN(mlir::Value value);

/// The finite constant or -infinity that fills a tensor.
std::optional<float> getFillValue(mlir::Value value);

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_NEVERNAN_H
