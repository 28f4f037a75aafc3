//===- Reference.cpp - exact reference evaluator --------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Reference.h"
#include "Arithmetic.h"

#include <algorithm>
#include <limits>

namespace quantc::check {

//===----------------------------------------------------------------------===//
// Moving elements
//===----------------------------------------------------------------------===//

std::vector<int64_t> sourceIndices(const Node &node, const Shape &operand) {
  std::vector<int64_t> indices;
  Shape point(node.shape.size(), 0);
  for (int64_t n = countOf(node.shape); n > 0; --n) {
    Shape source = point;
    bool inside = true;
    for (size_t i = 0; i < point.size(); ++i) {
      if (node.kind == Kind::Transpose)
        source[node.first[i]] = point[i];
      else if (node.kind == Kind::Slice)
        source[i] = node.first[i] + point[i] * node.second[i];
      else if (node.kind == Kind::Pad)
        source[i] = point[i] - node.first[i];
      if (node.kind == Kind::Pad || node.kind == Kind::Restore)
        inside &= source[i] >= 0 && source[i] < operand[i];
    }
    indices.push_back(node.kind == Kind::Reshape ? linearize(node.shape, point)
                      : inside                   ? linearize(operand, source)
                                                 : -1);
    advance(point, node.shape);
  }
  return indices;
}

std::vector<std::vector<int64_t>> windowIndices(const Node &node,
                                                const Shape &operand) {
  std::vector<std::vector<int64_t>> windows;
  Shape point(4, 0);
  for (int64_t n = countOf(node.shape); n > 0; --n) {
    std::vector<int64_t> &window = windows.emplace_back();
    for (int64_t y = 0; y < node.first[0]; ++y)
      for (int64_t x = 0; x < node.first[1]; ++x)
        window.push_back(
            linearize(operand, {point[0], point[1] * node.second[0] + y,
                                point[2] * node.second[1] + x, point[3]}));
    advance(point, node.shape);
  }
  return windows;
}

/// Elements by index; -1 is `padding`.
template <typename T>
static std::vector<T> gather(const std::vector<T> &values,
                             const std::vector<int64_t> &indices, T padding) {
  std::vector<T> result;
  for (int64_t index : indices)
    result.push_back(index < 0 ? padding : values[index]);
  return result;
}

template <typename T>
static std::vector<T>
gatherMax(const std::vector<T> &values,
          const std::vector<std::vector<int64_t>> &windows) {
  std::vector<T> result;
  for (const std::vector<int64_t> &window : windows) {
    T largest = values[window[0]];
    for (int64_t index : window)
      largest = std::max(largest, values[index]);
    result.push_back(largest);
  }
  return result;
}

/// Tensors of floats or of integers, one behind the other.
static Tensor concatenated(const Node &node, const std::vector<Tensor> &parts) {
  Tensor result{node.shape, {}, {}};
  Shape point(node.shape.size(), 0);
  for (int64_t n = countOf(node.shape); n > 0; --n) {
    Shape source = point;
    size_t part = 0;
    while (source[node.axis] >= parts[part].shape[node.axis])
      source[node.axis] -= parts[part++].shape[node.axis];
    const Tensor &from = parts[part];
    int64_t index = linearize(from.shape, source);
    if (from.floats.empty())
      result.integers.push_back(from.integers[index]);
    else
      result.floats.push_back(from.floats[index]);
    advance(point, node.shape);
  }
  return result;
}

Tensor Tensor::upper() const {
  return {shape, upperFloats.empty() ? floats : upperFloats,
          upperIntegers.empty() ? integers : upperIntegers};
}

static bool movesElements(Kind kind) {
  return kind == Kind::Reshape || kind == Kind::Transpose ||
         kind == Kind::Slice || kind == Kind::Pad ||
         kind == Kind::RunTimeSlice || kind == Kind::Restore;
}

//===----------------------------------------------------------------------===//
// Accumulators to storage
//===----------------------------------------------------------------------===//

size_t Evaluator::numUses(size_t node) const {
  size_t uses = program.isResult(node);
  for (const Node &user : program.nodes)
    uses += std::count(user.operands.begin(), user.operands.end(), node);
  return uses;
}

bool Evaluator::isOnlyQuantized(size_t node) const {
  if (program.isResult(node))
    return false;
  for (const Node &user : program.nodes)
    if (user.kind != Kind::Quantize &&
        std::count(user.operands.begin(), user.operands.end(), node))
      return false;
  return true;
}

Tensor Evaluator::requantizedSite(size_t site, const Quantization &to) const {
  const Accumulators &from = accumulators.at(site);
  Tensor result{program.nodes[site].shape, {}, {}};
  Shape point(result.shape.size(), 0);
  for (size_t i = 0; i < from.sums.size(); ++i) {
    float multiplier =
        float(double(from.scales[i]) / double(to.scaleAt(point)));
    result.integers.push_back(requantize(from.sums[i], multiplier,
                                         to.zeroPointAt(point), to.storage,
                                         to.narrowRange));
    advance(point, result.shape);
  }
  return result;
}

Tensor Evaluator::requantizedAverage(size_t pool,
                                     const Quantization &to) const {
  const Node &node = program.nodes[pool],
             &dequantize = program.nodes[node.operands[0]];
  const Quantization &from = program.quantizationOf(dequantize);
  const Tensor &stored = values[dequantize.operands[0]];
  Tensor result{node.shape, {}, {}};
  Shape point(node.shape.size(), 0);
  for (const std::vector<int64_t> &window :
       windowIndices(node, dequantize.shape)) {
    int64_t sum = 0;
    for (int64_t index : window)
      sum += stored.integers[index] - from.zeroPointAt({});
    float multiplier = float(double(from.scaleAt({})) /
                             double(to.scaleAt(point)) / double(window.size()));
    result.integers.push_back(requantize(sum, multiplier, to.zeroPointAt(point),
                                         to.storage, to.narrowRange));
    advance(point, node.shape);
  }
  return result;
}

std::optional<Tensor> Evaluator::requantized(size_t input,
                                             const Quantization &to) const {
  const Node &node = program.nodes[input];
  // What something else reads too is computed as written.
  bool isInner = node.kind == Kind::Relu || node.kind == Kind::Clamp ||
                 node.kind == Kind::AveragePool;
  if (isInner && !isOnlyQuantized(input) && !isUsedOnce(input))
    return std::nullopt;
  if (node.kind == Kind::Relu || node.kind == Kind::Clamp) {
    std::optional<Tensor> inner = requantized(node.operands[0], to);
    Shape point(node.shape.size(), 0);
    for (size_t i = 0; inner && i < inner->integers.size(); ++i) {
      auto bound = [&](float c) {
        return quantize(c, to.scaleAt(point), to.zeroPointAt(point), to.storage,
                        to.narrowRange);
      };
      int64_t &q = inner->integers[i];
      if (node.kind == Kind::Relu)
        q = std::max(q, bound(0.0f));
      else
        q = std::min(std::max(q, bound(node.floats[0])), bound(node.floats[1]));
      advance(point, node.shape);
    }
    return inner;
  }
  if (node.kind == Kind::AveragePool) {
    const Node &from = program.nodes[node.operands[0]];
    if (from.kind == Kind::Dequantize &&
        program.quantizationOf(from).axes.empty() &&
        !program.quantizationOf(from).runTime)
      return requantizedAverage(input, to);
  }
  auto site = accumulators.find(input);
  if (site == accumulators.end() || !site->second.isInteger ||
      (!site->second.axes.empty() && !to.axes.empty() &&
       site->second.axes != to.axes))
    return std::nullopt;
  return requantizedSite(input, to);
}

Tensor Evaluator::quantized(size_t input, const Quantization &to) {
  const Node &node = program.nodes[input];
  if (form == Form::Fused && to.blocks.empty() && !isFloatStorage(to.storage))
    if (std::optional<Tensor> result = program.mode == Mode::Float
                                           ? requantized(input, to)
                                           : requantizedInteger(input, to))
      return *result;
  // Quantization per tensor commutes with what moves elements and with maxima,
  // down to the accumulator; anywhere else this changes nothing.
  if (form == Form::Fused && to.axes.empty() && numUses(input) == 1 &&
      !isFloatStorage(to.storage)) {
    if (movesElements(node.kind) || node.kind == Kind::MaxPool) {
      Tensor inner = quantized(node.operands[0], to);
      return {node.shape,
              {},
              node.kind == Kind::MaxPool
                  ? gatherMax(inner.integers, windowIndices(node, inner.shape))
                  : gather(inner.integers, sourceIndices(node, inner.shape),
                           to.zeroPointAt({}))};
    }
    if (node.kind == Kind::Concat) {
      std::vector<Tensor> parts;
      for (size_t operand : node.operands)
        parts.push_back(quantized(operand, to));
      return concatenated(node, parts);
    }
  }
  const Tensor &x = values[input];
  Tensor result{x.shape};
  auto divided = [&](const std::vector<float> &floats) {
    std::vector<int64_t> integers;
    Shape point(x.shape.size(), 0);
    for (float value : floats) {
      integers.push_back(quantize(value, to.scaleAt(point),
                                  to.zeroPointAt(point), to.storage,
                                  to.narrowRange));
      advance(point, x.shape);
    }
    return integers;
  };
  result.integers = divided(x.floats);
  result.upperIntegers = divided(x.upperFloats);
  return result;
}

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

Tensor Evaluator::compute(const Node &node) {
  Tensor result{node.shape, {}, {}};
  const Tensor *x = node.operands.empty() ? nullptr : &values[node.operands[0]];
  if (movesElements(node.kind)) {
    std::vector<int64_t> indices = sourceIndices(node, x->shape);
    if (node.storage)
      result.integers = gather(x->integers, indices, int64_t(0));
    else
      result.floats = gather(x->floats, indices, 0.0f);
    return result;
  }
  Shape point(node.shape.size(), 0);
  auto each = [&](auto function) {
    for (size_t i = 0; i < x->floats.size(); ++i) {
      result.floats.push_back(function(x->floats[i], i));
      advance(point, node.shape);
    }
  };
  switch (node.kind) {
  case Kind::Input:
  case Kind::Constant:
    result.integers = node.integers;
    result.floats = node.floats;
    break;
  case Kind::Quantize:
    return quantized(node.operands[0], program.quantizationOf(node));
  case Kind::Dequantize: {
    const Quantization &from = program.quantizationOf(node);
    for (int64_t element : x->integers) {
      result.floats.push_back(dequantize(
          element, from.scaleAt(point), from.zeroPointAt(point), from.storage));
      advance(point, node.shape);
    }
    break;
  }
  case Kind::Bias:
    each([&](float v, size_t) { return v + node.floats[point[node.axis]]; });
    break;
  case Kind::Relu:
    each([](float v, size_t) { return v > 0.0f ? v : 0.0f; });
    break;
  case Kind::Clamp:
    each([&](float v, size_t) {
      return std::min(std::max(v, node.floats[0]), node.floats[1]);
    });
    break;
  case Kind::Affine:
    each([&](float v, size_t) {
      float product = v * node.floats[0];
      return product + node.floats[1];
    });
    break;
  case Kind::Gelu:
  case Kind::Silu:
    for (float v : x->floats) {
      double y = node.kind == Kind::Gelu
                     ? double(v) / 2 *
                           (1 + std::erf(double(v) / std::sqrt(2.0)))
                     : double(v) / (1 + std::exp(-double(v))),
             room = std::fabs(double(v)) * functionError + 0x1p-126;
      result.floats.push_back(float(y - room));
      result.upperFloats.push_back(float(y + room));
    }
    break;
  case Kind::Requantize:
    return stated(node);
  case Kind::Add: {
    const Tensor &y = values[node.operands[1]];
    each([&](float v, size_t i) { return v + y.floats[i]; });
    break;
  }
  case Kind::MaxPool:
    result.floats = gatherMax(x->floats, windowIndices(node, x->shape));
    break;
  case Kind::AveragePool:
    for (const std::vector<int64_t> &window : windowIndices(node, x->shape)) {
      float sum = 0.0f;
      for (int64_t index : window)
        sum += x->floats[index];
      result.floats.push_back(sum / float(window.size()));
    }
    break;
  case Kind::Concat: {
    std::vector<Tensor> parts;
    for (size_t operand : node.operands)
      parts.push_back(values[operand]);
    return concatenated(node, parts);
  }
  default:
    break;
  }
  return result;
}

const Tensor &Evaluator::evaluate(size_t node) {
  while (values.size() <= node) {
    size_t next = values.size();
    const Node &current = program.nodes[next];
    if (current.kind == Kind::Site) {
      Accumulators &sums = accumulators[next];
      sums = accumulate(program, current, values);
      values.push_back({current.shape, sums.values, {}});
    } else {
      values.push_back(compute(current));
    }
  }
  return values[node];
}

} // namespace quantc::check
