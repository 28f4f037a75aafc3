//===- ConstantView.h - values known before any input is --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QNN_TRANSFORMS_CONSTANTVIEW_H
#define QUANTC_DIALECT_QNN_TRANSFORMS_CONSTANTVIEW_H

#include "quantc/Parameters/ConstantTensor.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Value.h"

namespace quantc::qnn {

/// Whether `value` is a parameter (a constant, or an argument with
/// `qnn.parameter`) or computed from nothing but parameters.
bool isConstantValue(mlir::Value value);

/// The name of the parameter that `value` is computed from: the argument's
/// `qnn.parameter`, or the name of the constant's resource. Empty where there
/// is none, or more than one.
llvm::StringRef getParameterName(mlir::Value value);

/// The contents of a constant, seen through reshapes: they do not move
/// elements, but the shape may be another than `value`'s.
std::optional<ConstantTensor> getConstantTensor(mlir::Value value);

/// The slice of a parameter that `value` is, seen through reshapes and
/// transpositions, where its position is only known at run time: a layer of
/// stacked weights, an expert's weights. Null if it is none.
mlir::tensor::ExtractSliceOp getRunTimeSlice(mlir::Value value);

} // namespace quantc::qnn

#endif // QUANTC_DIALECT_QNN_TRANSFORMS_CONSTANTVIEW_H
