//===- DynamicRange.h - parameters measured at run time ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QNN_TRANSFORMS_DYNAMICRANGE_H
#define QUANTC_LIB_DIALECT_QNN_TRANSFORMS_DYNAMICRANGE_H

#include "QuantizeConstant.h"

namespace quantc::qnn {

/// Builds the computation of scale and zero point from the smallest and largest
/// element of `input` (NaN does not count), for each index along the scheme's
/// axes: the formulas of docs/arithmetic.md in double. Fails with an error for
/// blocks.
mlir::FailureOr<QuantizationOperands> createDynamicParameters(
    mlir::OpBuilder &builder, mlir::Value input, QuantizationAttr scheme,
    llvm::function_ref<mlir::InFlightDiagnostic()> emitError);

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_DYNAMICRANGE_H
