//===- ParameterWalk.h - elements and their parameters ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CALIBRATION_PARAMETERWALK_H
#define QUANTC_LIB_CALIBRATION_PARAMETERWALK_H

#include "quantc/Dialect/QNN/IR/QNNDialect.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/APFloat.h"
#include <cstring>

namespace quantc {

/// Runs over the elements of a dense tensor together with the index of the
/// parameter that each belongs to.
class ParameterWalk {
public:
  ParameterWalk(llvm::ArrayRef<int64_t> shape, qnn::QuantizationAttr scheme,
                llvm::ArrayRef<int64_t> parameterShape)
      : shape(shape), blocks(shape.size(), 1), strides(shape.size(), 0) {
    int64_t stride = 1;
    for (int64_t i = int64_t(scheme.getAxes().size()) - 1; i >= 0; --i) {
      int64_t axis = scheme.getAxes()[i];
      blocks[axis] = scheme.getBlocks().empty() ? 1 : scheme.getBlocks()[i];
      strides[axis] = stride;
      stride *= parameterShape[i];
    }
  }

  /// Calls visit(element, parameter) in row-major order.
  template <typename VisitFn>
  void run(VisitFn visit) const {
    if (shape.empty())
      return visit(0, 0);
    if (llvm::is_contained(shape, 0))
      return;
    int64_t inner = shape.back(), innerBlock = blocks.back();
    int64_t innerStride = strides.back();
    llvm::SmallVector<int64_t> index(shape.size() - 1, 0);
    for (int64_t element = 0;;) {
      int64_t base = 0;
      for (size_t i = 0; i < index.size(); ++i)
        base += index[i] / blocks[i] * strides[i];
      for (int64_t i = 0; i < inner; ++i)
        visit(element++, base + i / innerBlock * innerStride);
      int64_t dim = int64_t(index.size()) - 1;
      while (dim >= 0 && ++index[dim] == shape[dim])
        index[dim--] = 0;
      if (dim < 0)
        return;
    }
  }

private:
  llvm::ArrayRef<int64_t> shape;
  llvm::SmallVector<int64_t> blocks, strides;
};

/// Element `index` of a dense buffer of f32, f16 or bf16.
inline float readElement(const char *data, int64_t index, mlir::Type type) {
  if (type.isF32()) {
    float value;
    std::memcpy(&value, data + index * sizeof(float), sizeof(float));
    return value;
  }
  uint16_t bits;
  std::memcpy(&bits, data + index * sizeof(bits), sizeof(bits));
  return llvm::APFloat(llvm::cast<mlir::FloatType>(type).getFloatSemantics(),
                       llvm::APInt(16, bits))
      .convertToFloat();
}

} // namespace quantc

#endif // QUANTC_LIB_CALIBRATION_PARAMETERWALK_H
