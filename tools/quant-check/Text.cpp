//===- Text.cpp - pieces of MLIR text -------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Text.h"

#include <cstdio>
#include <cstring>
#include <numeric>

namespace quantc::check {

std::string tensorType(const Shape &shape, const std::string &element,
                       int64_t dynamicDim) {
  std::string text = "tensor<";
  for (size_t i = 0; i < shape.size(); ++i)
    text += (int64_t(i) == dynamicDim ? "?" : std::to_string(shape[i])) + "x";
  return text + element + ">";
}

std::string elementType(const Node &node) {
  return node.storage ? storageName(*node.storage) : "f32";
}

std::string typeOf(const Node &node) {
  return tensorType(node.shape, elementType(node), node.dynamicDim);
}

std::string scaleType(const Quantization &quantization) {
  return tensorType(quantization.scaleShape(), "f32");
}

std::string zeroPointType(const Quantization &quantization) {
  return tensorType(quantization.zeroPointShape(),
                    storageName(quantization.storage));
}

std::string denseBytes(const std::string &bytes, const std::string &type) {
  if (bytes.empty())
    return "dense<> : " + type;
  std::string text = "dense<\"0x";
  char digits[3];
  for (unsigned char byte : bytes) {
    std::snprintf(digits, sizeof(digits), "%02X", byte);
    text += digits;
  }
  return text + "\"> : " + type;
}

std::string packFloats(const std::vector<float> &values) {
  std::string bytes(values.size() * sizeof(float), '\0');
  if (!values.empty())
    std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

std::string packWords(const std::vector<int64_t> &values, size_t width) {
  std::string bytes;
  for (int64_t value : values)
    for (size_t byte = 0; byte < width; ++byte)
      bytes += char(value >> 8 * byte);
  return bytes;
}

std::string packIntegers(const std::vector<int64_t> &values, Storage storage) {
  return packWords(values, storage == Storage::I16 ? 2 : 1);
}

std::string joined(const std::vector<int64_t> &values,
                   const std::string &prefix) {
  std::string text;
  for (size_t i = 0; i < values.size(); ++i)
    text += (i ? ", " : "") + prefix + std::to_string(values[i]);
  return text;
}

std::string denseIndices(const std::vector<int64_t> &values) {
  return "dense<[" + joined(values) + "]> : tensor<" +
         std::to_string(values.size()) + "xi64>";
}

std::string literal(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  char text[16];
  std::snprintf(text, sizeof(text), "0x%08X", bits);
  return text;
}

std::string affineMap(size_t numDims, const std::string &results) {
  std::vector<int64_t> dims(numDims);
  std::iota(dims.begin(), dims.end(), 0);
  return "affine_map<(" + joined(dims, "d") + ") -> (" + results + ")>";
}

std::string identityMap(size_t numDims) {
  std::vector<int64_t> dims(numDims);
  std::iota(dims.begin(), dims.end(), 0);
  return affineMap(numDims, joined(dims, "d"));
}

} // namespace quantc::check
