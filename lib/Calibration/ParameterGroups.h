//===- ParameterGroups.h - values that share a parameter --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CALIBRATION_PARAMETERGROUPS_H
#define QUANTC_LIB_CALIBRATION_PARAMETERGROUPS_H

#include "quantc/Dialect/QNN/IR/QNNDialect.h"

#include "mlir/IR/BuiltinTypes.h"

namespace quantc {

/// The finite values of a dense row-major tensor of f32, f16 or bf16; those of
/// each parameter of the scheme side by side, in their order.
class ParameterGroups {
public:
  ParameterGroups(llvm::ArrayRef<char> data, mlir::RankedTensorType type,
                  qnn::QuantizationAttr scheme,
                  llvm::ArrayRef<int64_t> parameterShape);

  int64_t size() const { return int64_t(begins.size()) - 1; }
  llvm::ArrayRef<float> operator[](int64_t parameter) const {
    return llvm::ArrayRef(values).slice(
        begins[parameter], begins[parameter + 1] - begins[parameter]);
  }

  /// Calls body(parameter) for all of them, on the threads of the context.
  void parallelFor(mlir::MLIRContext *context,
                   llvm::function_ref<void(int64_t)> body) const;

private:
  std::vector<float> values;
  std::vector<int64_t> begins;
};

} // namespace quantc

#endif // QUANTC_LIB_CALIBRATION_PARAMETERGROUPS_H
