//===- Text.h - pieces of MLIR text -----------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANT_CHECK_TEXT_H
#define QUANTC_TOOLS_QUANT_CHECK_TEXT_H

#include "Program.h"

namespace quantc::check {

/// tensor<2x?xf32>; `dynamicDim` is the dimension that is printed as '?'.
std::string tensorType(const Shape &shape, const std::string &element,
                       int64_t dynamicDim = -1);
std::string elementType(const Node &node);
std::string typeOf(const Node &node);
/// The types of a quantization's parameters.
std::string scaleType(const Quantization &quantization);
std::string zeroPointType(const Quantization &quantization);

/// dense<...> of raw bytes; the hexadecimal form keeps every bit.
std::string denseBytes(const std::string &bytes, const std::string &type);

/// Raw bytes of numbers.
std::string packFloats(const std::vector<float> &values);
std::string packIntegers(const std::vector<int64_t> &values, Storage storage);
/// Integers of `width` bytes.
std::string packWords(const std::vector<int64_t> &values, size_t width);

/// 1, 2, 3
std::string joined(const std::vector<int64_t> &values,
                   const std::string &prefix = "");
/// dense<[1, 2]> : tensor<2xi64>
std::string denseIndices(const std::vector<int64_t> &values);

/// The bits of a float, which MLIR reads as a float.
std::string literal(float value);

/// affine_map<(d0, d1) -> (results)>
std::string affineMap(size_t numDims, const std::string &results);
/// affine_map<(d0, d1) -> (d0, d1)>
std::string identityMap(size_t numDims);

} // namespace quantc::check

#endif // QUANTC_TOOLS_QUANT_CHECK_TEXT_H
