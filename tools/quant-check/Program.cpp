//===- Program.cpp - small quantized programs -----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Program.h"

#include <functional>
#include <numeric>
#include <sstream>

namespace quantc::check {

//===----------------------------------------------------------------------===//
// Shapes and types
//===----------------------------------------------------------------------===//

int64_t countOf(const Shape &shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t(1),
                         std::multiplies<>());
}

int64_t linearize(const Shape &shape, const Shape &point) {
  int64_t linear = 0;
  for (size_t i = 0; i < shape.size(); ++i)
    linear = linear * shape[i] + point[i];
  return linear;
}

bool advance(Shape &point, const Shape &shape) {
  for (size_t i = shape.size(); i-- > 0;) {
    if (++point[i] < shape[i])
      return true;
    point[i] = 0;
  }
  return false;
}

bool isFloatStorage(Storage storage) {
  return storage == Storage::F8E4M3FN || storage == Storage::F8E5M2;
}

int64_t storageMin(Storage storage, bool narrowRange) {
  switch (storage) {
  case Storage::I4:
    return -8 + narrowRange;
  case Storage::I8:
    return -128 + narrowRange;
  case Storage::I16:
    return -32768 + narrowRange;
  default:
    return narrowRange;
  }
}

int64_t storageMax(Storage storage) {
  switch (storage) {
  case Storage::I4:
    return 7;
  case Storage::I8:
    return 127;
  case Storage::I16:
    return 32767;
  default:
    return 255;
  }
}

const char *storageName(Storage storage) {
  switch (storage) {
  case Storage::I4:
    return "i4";
  case Storage::I8:
    return "i8";
  case Storage::UI8:
    return "ui8";
  case Storage::I16:
    return "i16";
  case Storage::F8E4M3FN:
    return "f8E4M3FN";
  case Storage::F8E5M2:
    return "f8E5M2";
  }
  return "";
}

bool isBoundaryStorage(Storage storage) {
  return storage == Storage::I8 || storage == Storage::I16;
}

//===----------------------------------------------------------------------===//
// Quantization
//===----------------------------------------------------------------------===//

int64_t Quantization::indexOf(const Shape &point) const {
  int64_t index = 0;
  for (size_t i = 0; i < axes.size(); ++i)
    index = index * shape[i] +
            point[axes[i]] / (blocks.empty() ? int64_t(1) : blocks[i]);
  return index;
}

int64_t Quantization::zeroPointAt(const Shape &point) const {
  if (zeroPoints.empty())
    return 0;
  return zeroPoints[zeroPointPerTensor ? 0 : indexOf(point)];
}

//===----------------------------------------------------------------------===//
// Site
//===----------------------------------------------------------------------===//

std::string Site::loops() const {
  std::string all = result;
  for (const std::string &letters : {rhs, lhs})
    for (char letter : letters)
      if (all.find(letter) == std::string::npos)
        all += letter;
  return all;
}

Shape Site::shapeOf(int operand) const {
  const std::string &letters = operand == 0 ? lhs : operand == 1 ? rhs : result;
  Shape shape;
  for (char letter : letters) {
    int64_t size = sizes.at(letter);
    auto window = operand == 0 ? windows.find(letter) : windows.end();
    if (window != windows.end()) {
      const Window &w = window->second;
      size = std::max<int64_t>(0, (sizes.at(w.out) - 1) * w.stride +
                                      (size - 1) * w.dilation + 1);
    }
    shape.push_back(size);
  }
  return shape;
}

int64_t Site::reductionSize() const {
  int64_t product = 1;
  for (auto [letter, size] : sizes)
    if (isReduction(letter))
      product *= size;
  return product;
}

//===----------------------------------------------------------------------===//
// Program
//===----------------------------------------------------------------------===//

const char *modeName(Mode mode) {
  switch (mode) {
  case Mode::Float:
    return "float";
  case Mode::FixedPoint:
    return "fixed-point";
  case Mode::Shift:
    return "shift";
  }
  return "";
}

size_t Program::add(Node node) {
  nodes.push_back(std::move(node));
  return nodes.size() - 1;
}

std::vector<size_t> Program::results() const {
  std::vector<size_t> all = {nodes.size() - 1};
  all.insert(all.end(), others.begin(), others.end());
  return all;
}

bool Program::isResult(size_t node) const {
  return node + 1 == nodes.size() ||
         std::find(others.begin(), others.end(), node) != others.end();
}

void Program::truncate(size_t count) {
  nodes.resize(count);
  while (!others.empty() && others.back() + 1 >= count)
    others.pop_back();
}

void Program::prune() {
  std::vector<bool> live(nodes.size(), false);
  for (size_t result : results())
    live[result] = true;
  for (size_t i = nodes.size(); i-- > 0;)
    if (live[i])
      for (size_t operand : nodes[i].operands)
        live[operand] = true;
  std::vector<size_t> position(nodes.size());
  std::vector<Node> kept;
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (!live[i])
      continue;
    position[i] = kept.size();
    for (size_t &operand : nodes[i].operands)
      operand = position[operand];
    kept.push_back(std::move(nodes[i]));
  }
  nodes = std::move(kept);
  for (size_t &other : others)
    other = position[other];

  std::map<size_t, size_t> renumbered;
  std::vector<Quantization> used;
  for (Node &node : nodes) {
    if (node.kind != Kind::Quantize && node.kind != Kind::Dequantize &&
        node.kind != Kind::Requantize)
      continue;
    auto [entry, isNew] =
        renumbered.try_emplace(node.quantization, used.size());
    if (isNew)
      used.push_back(quantizations[node.quantization]);
    node.quantization = entry->second;
  }
  quantizations = std::move(used);
}

static const char *kindName(const Node &node) {
  switch (node.kind) {
  case Kind::Input:
    return "input";
  case Kind::Constant:
    return "constant";
  case Kind::Quantize:
    return "quantize";
  case Kind::Dequantize:
    return "dequantize";
  case Kind::Site:
    return node.site.op.empty() ? "linalg.generic" : node.site.op.c_str();
  case Kind::Bias:
    return "bias";
  case Kind::Relu:
    return "relu";
  case Kind::Clamp:
    return "clamp";
  case Kind::Affine:
    return "affine";
  case Kind::Gelu:
    return "gelu";
  case Kind::Silu:
    return "silu";
  case Kind::Requantize:
    return "requantize";
  case Kind::Add:
    return "add";
  case Kind::Concat:
    return "concat";
  case Kind::Reshape:
    return "reshape";
  case Kind::Transpose:
    return "transpose";
  case Kind::Slice:
    return "slice";
  case Kind::Pad:
    return "pad";
  case Kind::MaxPool:
    return "max-pool";
  case Kind::AveragePool:
    return "average-pool";
  case Kind::RunTimeSlice:
    return "run-time slice";
  case Kind::Restore:
    return "restore";
  }
  return "";
}

std::string Program::describe() const {
  std::ostringstream os;
  os << "family " << family << ", seed " << seed << ":";
  for (size_t i = 0; i < nodes.size(); ++i) {
    const Node &node = nodes[i];
    if (node.kind == Kind::Dequantize)
      continue;
    os << (i ? ", " : " ") << kindName(node);
    for (size_t d = 0; d < node.shape.size(); ++d)
      os << (d ? "x" : " ") << node.shape[d];
    if (node.storage)
      os << ' ' << storageName(*node.storage);
  }
  return os.str();
}

} // namespace quantc::check
