//===- ParameterGroups.cpp - values that share a parameter ----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ParameterGroups.h"
#include "ParameterWalk.h"
#include "quantc/Parameters/ConstantTensor.h"

#include <cmath>

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

ParameterGroups::ParameterGroups(ArrayRef<char> data, RankedTensorType type,
                                 QuantizationAttr scheme,
                                 ArrayRef<int64_t> parameterShape)
    : begins(ShapedType::getNumElements(parameterShape) + 1, 0) {
  ParameterWalk walk(type.getShape(), scheme, parameterShape);
  auto forEachFinite = [&](auto visit) {
    walk.run([&](int64_t index, int64_t parameter) {
      float value = readElement(data.data(), index, type.getElementType());
      if (std::isfinite(value))
        visit(value, parameter);
    });
  };
  forEachFinite([&](float, int64_t parameter) { ++begins[parameter + 1]; });
  for (size_t i = 1; i < begins.size(); ++i)
    begins[i] += begins[i - 1];
  values.resize(begins.back());
  std::vector<int64_t> next = begins;
  forEachFinite([&](float value, int64_t parameter) {
    values[next[parameter]++] = value;
  });
}

void ParameterGroups::parallelFor(
    MLIRContext *context, llvm::function_ref<void(int64_t)> body) const {
  // A thread is worth so many values.
  constexpr int64_t fewest = 1 << 14;
  int64_t average = int64_t(values.size()) / std::max<int64_t>(size(), 1) + 1;
  parallelForRange(context, size(), std::max<int64_t>(1, fewest / average),
                   [&](int64_t begin, int64_t end) {
                     for (int64_t i = begin; i < end; ++i)
                       body(i);
                   });
}
