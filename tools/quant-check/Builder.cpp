//===- Builder.cpp - makes random programs node by node -------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Builder.h"
#include "Arithmetic.h"

#include <limits>

namespace quantc::check {

Builder::Builder(uint64_t seed, const std::string &family, uint64_t stream)
    : random(seed, stream), evaluator(program, Form::Unfused) {
  program.seed = seed;
  program.family = family;
}

//===----------------------------------------------------------------------===//
// Parameters and data
//===----------------------------------------------------------------------===//

float Builder::scale() {
  float scale = random.scale();
  return powersOfTwo ? std::ldexp(1.0f, std::ilogb(scale)) : scale;
}

int64_t Builder::zeroPoint(Storage storage, bool narrow) {
  int64_t min = storageMin(storage, narrow), max = storageMax(storage);
  return random.chance(25)
             ? random.pick<int64_t>({min, min + 1, 1, max - 1, max})
             : random.integer(min, max);
}

void Builder::fillParameters(Quantization &q, ZeroPoints zeroPoints) {
  int64_t count = countOf(q.shape);
  if (narrowRange != 0 && !isFloatStorage(q.storage))
    q.narrowRange = random.chance(narrowRange);
  for (int64_t i = 0; i < count; ++i)
    q.scales.push_back(scale());
  int64_t numZeroPoints = zeroPoints == ZeroPoints::None        ? 0
                          : zeroPoints == ZeroPoints::PerTensor ? 1
                                                                : count;
  q.zeroPointPerTensor = zeroPoints == ZeroPoints::PerTensor;
  for (int64_t i = 0; i < numZeroPoints; ++i)
    q.zeroPoints.push_back(zeroPoint(q.storage, q.narrowRange));
}

std::vector<int64_t> Builder::storedData(int64_t count, Storage storage,
                                         bool narrow) {
  int64_t min = storageMin(storage), max = storageMax(storage);
  if (narrow && min < 0)
    ++min;
  std::vector<int64_t> data;
  int64_t mode = random.integer(0, 7);
  for (int64_t i = 0; i < count; ++i) {
    if (isFloatStorage(storage)) {
      // Numbers of few bits, so that sums are exact in any order.
      float value = float(random.integer(-8, 8)) / 4.0f;
      data.push_back(check::quantize(value, 1.0f, 0, storage));
      continue;
    }
    data.push_back(
        mode == 0   ? min // the largest sums
        : mode == 1 ? max
        : mode == 2
            ? random.pick<int64_t>({min, std::max<int64_t>(min, -1), 0, 1, max})
            : random.integer(min, max));
  }
  return data;
}

/// Floats for quantized values: around each value, on ties, and everything
/// that is not ordinary.
std::vector<float> Builder::floatData(const std::vector<int64_t> &stored,
                                      const Shape &shape,
                                      const Quantization &q) {
  const float inf = std::numeric_limits<float>::infinity();
  std::vector<float> floats;
  Shape point(shape.size(), 0);
  for (int64_t element : stored) {
    float scale = q.scaleAt(point);
    float steps =
        float(storedValue(q.storage, element) - double(q.zeroPointAt(point)));
    float x = steps * scale;
    if (isFloatStorage(q.storage))
      ; // stays on the value: few bits
    else if (random.chance(20))
      x = (steps + 0.5f) * scale;
    else if (random.chance(40))
      x = (steps + float(random.integer(-600, 600)) / 1000.0f) * scale;
    else if (random.chance(10))
      x = random.pick<float>(
          {inf, -inf, std::nanf(""), -0.0f, 1e-42f, 3e38f, -3e38f});
    floats.push_back(x);
    advance(point, shape);
  }
  return floats;
}

Quantized Builder::operand(const Shape &shape, const std::string &letters,
                           const OperandChoice &choice) {
  Quantization q;
  q.storage = choice.storage;
  q.runTime = choice.runTimeParameters && isBoundaryStorage(q.storage);
  bool hasBlocks = false;
  std::vector<int64_t> blocks;
  for (size_t i = 0; i < letters.size(); ++i) {
    if (choice.letters.find(letters[i]) == std::string::npos)
      continue;
    auto block = choice.blocks.find(letters[i]);
    bool isBlock = block != choice.blocks.end();
    hasBlocks |= isBlock;
    blocks.push_back(isBlock ? block->second : 1);
    q.axes.push_back(i);
    q.shape.push_back((shape[i] + blocks.back() - 1) / blocks.back());
  }
  if (hasBlocks)
    q.blocks = blocks;
  ZeroPoints zeroPoints =
      isFloatStorage(q.storage) ? ZeroPoints::None : choice.zeroPoints;
  fillParameters(q, zeroPoints);
  q.scalePerTensor = choice.scalePerTensor;
  if (q.scalePerTensor)
    q.scales.assign(1, scale());
  program.quantizations.push_back(q);
  size_t quantization = program.quantizations.size() - 1;

  std::vector<int64_t> data =
      storedData(countOf(shape), q.storage, zeroPoints == ZeroPoints::None);
  if (!isFloatStorage(q.storage) && random.chance(30)) {
    // Small sums, which a small multiplier often brings to ties.
    Shape point(shape.size(), 0);
    for (int64_t &element : data) {
      element = std::clamp(q.zeroPointAt(point) + random.integer(-3, 3),
                           storageMin(q.storage), storageMax(q.storage));
      advance(point, shape);
    }
  }
  Node node{choice.constant ? Kind::Constant : Kind::Input};
  node.shape = shape;
  node.storage = q.storage;
  bool fromFloat = choice.fromFloat || !isBoundaryStorage(q.storage);
  if (choice.constant || !fromFloat) {
    node.integers = data;
    return {program.add(node), quantization};
  }
  node.storage.reset();
  node.floats = floatData(data, shape, q);
  Node quantized{Kind::Quantize};
  quantized.operands = {program.add(node)};
  quantized.shape = shape;
  quantized.storage = q.storage;
  quantized.quantization = quantization;
  return {program.add(quantized), quantization};
}

size_t Builder::dequantize(Quantized value) {
  Node node{Kind::Dequantize};
  node.operands = {value.node};
  node.shape = shapeOf(value.node);
  node.dynamicDim = program.nodes[value.node].dynamicDim;
  node.quantization = value.quantization;
  return program.add(node);
}

/// A scale around `exact`, up to saturation of some values. On a site or
/// average often one that makes ties: an odd multiple of the accumulator's,
/// times a power of two.
float Builder::rangeScale(size_t value, float exact) {
  float wanted = exact * (0.2f + float(random.integer(0, 1000)) / 500.0f);
  const Node *node = &program.nodes[value];
  if (node->kind == Kind::Relu)
    node = &program.nodes[node->operands[0]];
  bool isAverage = node->kind == Kind::AveragePool;
  if ((node->kind == Kind::Site || isAverage) && random.chance(50)) {
    double unit = double(random.integer(0, 7) * 2 + 1);
    if (isAverage)
      unit /= double(countOf(node->first));
    for (size_t operand : node->operands) {
      const Node *source = &program.nodes[operand];
      if (source->kind == Kind::Pad)
        source = &program.nodes[source->operands[0]];
      const std::vector<float> &scales = program.quantizationOf(*source).scales;
      if (!scales.empty())
        unit *= double(scales[0]);
    }
    int64_t exponent = std::lround(std::log2(wanted / unit));
    wanted = float(std::ldexp(unit, int(std::max<int64_t>(exponent, 1))));
  }
  return std::max(wanted, 1e-30f);
}

Quantized Builder::quantize(size_t value, int64_t perChannel, Storage storage) {
  const Tensor &tensor = evaluator.evaluate(value);
  float largest = 0;
  for (float x : tensor.floats)
    if (std::isfinite(x))
      largest = std::max(largest, std::fabs(x));
  Quantization q;
  q.storage = storage;
  const Node &from = program.nodes[value];
  bool isArithmetic = from.kind == Kind::Site || from.kind == Kind::Bias ||
                      from.kind == Kind::Affine || from.kind == Kind::Add;
  if (isArithmetic && !from.shape.empty() && from.dynamicDim < 0 &&
      random.chance(perChannel)) {
    q.axes = {random.integer(0, from.shape.size() - 1)};
    q.shape = {from.shape[q.axes[0]]};
  }
  fillParameters(q, random.chance(40)   ? ZeroPoints::None
                    : random.chance(80) ? ZeroPoints::PerTensor
                                        : ZeroPoints::PerParameter);
  if (largest > 0)
    for (float &scale : q.scales) {
      scale = rangeScale(value, largest / float(storageMax(storage)));
      if (powersOfTwo)
        scale = std::ldexp(1.0f, std::ilogb(scale));
    }
  program.quantizations.push_back(q);
  Node node{Kind::Quantize};
  node.operands = {value};
  node.shape = from.shape;
  node.dynamicDim = from.dynamicDim;
  node.storage = storage;
  node.quantization = program.quantizations.size() - 1;
  size_t quantization = node.quantization;
  return {program.add(node), quantization};
}

void Builder::makeSumsExact(Quantized value) {
  for (float &scale : program.quantizations[value.quantization].scales)
    scale = std::ldexp(1.0f, std::ilogb(scale));
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

size_t Builder::site(const DrawnSite &drawn, Quantized lhs,
                     const OperandChoice &rhs) {
  size_t left = dequantize(lhs);
  int64_t dynamicDim = program.nodes[left].dynamicDim;
  if (drawn.isPadded()) {
    Node pad{Kind::Pad};
    pad.operands = {left};
    pad.first = drawn.low;
    pad.second = drawn.high;
    pad.shape = shapeOf(left);
    pad.dynamicDim = dynamicDim;
    for (size_t i = 0; i < pad.shape.size(); ++i)
      pad.shape[i] += drawn.low[i] + drawn.high[i];
    left = program.add(pad);
  }
  size_t right =
      dequantize(operand(drawn.site.shapeOf(1), drawn.site.rhs, rhs));
  Node node{Kind::Site};
  node.operands = {left, right};
  node.shape = drawn.site.shapeOf(2);
  if (dynamicDim >= 0)
    node.dynamicDim = drawn.site.result.find(drawn.site.lhs[dynamicDim]);
  node.site = drawn.site;
  return program.add(node);
}

size_t Builder::elementwise(Kind kind, std::vector<size_t> operands) {
  Node node{kind};
  node.shape = shapeOf(operands[0]);
  node.dynamicDim = program.nodes[operands[0]].dynamicDim;
  node.operands = std::move(operands);
  return program.add(node);
}

size_t Builder::function(size_t value) {
  return elementwise(random.chance(50) ? Kind::Gelu : Kind::Silu, {value});
}

size_t Builder::relu(size_t value) { return elementwise(Kind::Relu, {value}); }

size_t Builder::add(size_t lhs, size_t rhs) {
  return elementwise(Kind::Add, {lhs, rhs});
}

size_t Builder::bias(size_t value) {
  const Node &from = program.nodes[value];
  if (from.shape.empty())
    return value;
  int64_t axis = from.shape.size() - 1;
  if (random.chance(20))
    axis = random.integer(0, axis);
  if (axis == from.dynamicDim)
    return value;
  size_t result = elementwise(Kind::Bias, {value});
  Node &node = program.nodes[result];
  node.axis = axis;
  for (int64_t i = 0; i < node.shape[axis]; ++i)
    node.floats.push_back(float(random.integer(-1000, 1000)) / 64.0f);
  return result;
}

size_t Builder::tail(size_t value) {
  if (random.chance(35))
    value = bias(value);
  if (random.chance(10)) {
    value = elementwise(Kind::Affine, {value});
    program.nodes[value].floats = {scale(), random.scale() - random.scale()};
  }
  if (random.chance(10)) {
    float bound = random.scale() * 64;
    value = elementwise(Kind::Clamp, {value});
    program.nodes[value].floats = {-bound / 4, bound};
  } else if (random.chance(30)) {
    value = relu(value);
  }
  return value;
}

size_t Builder::concat(size_t lhs, size_t rhs, int64_t axis) {
  size_t result = elementwise(Kind::Concat, {lhs, rhs});
  program.nodes[result].axis = axis;
  program.nodes[result].shape[axis] += shapeOf(rhs)[axis];
  return result;
}

Quantized Builder::requantize(Quantized value) {
  const Quantization from = program.quantizations[value.quantization];
  Node node{Kind::Requantize};
  node.operands = {value.node};
  node.shape = shapeOf(value.node);
  Rescaling &r = node.rescaling;
  if (!from.zeroPoints.empty())
    r.zeroPoint = from.zeroPoints[0];
  r.mode = random.pick({Mode::Float, Mode::FixedPoint, Mode::FixedPoint,
                        Mode::FixedPoint, Mode::Shift});
  int64_t count = 1;
  if (!node.shape.empty() && random.chance(40)) {
    r.perAxis = true;
    node.axis = random.integer(0, node.shape.size() - 1);
    count = node.shape[node.axis];
  }
  r.isNarrow = r.mode == Mode::FixedPoint && random.chance(25);
  r.doubleRound =
      r.mode == Mode::FixedPoint && !r.isNarrow && random.chance(50);
  int64_t bits = r.isNarrow ? 15 : 31, limit = int64_t(1) << bits;
  for (int64_t i = 0; i < count; ++i) {
    if (r.mode == Mode::Float) {
      r.factors.push_back(random.scale());
    } else if (r.mode == Mode::Shift) {
      r.shifts.push_back(random.chance(80) ? random.integer(-2, 9)
                                           : random.integer(-31, 62));
    } else {
      r.multipliers.push_back(
          random.chance(70) ? random.integer(limit / 2, limit - 1)
          : random.chance(50)
              ? random.pick<int64_t>({0, 1, limit / 2, limit - 1})
              : random.integer(0, limit - 1));
      r.shifts.push_back(random.chance(80) ? random.integer(bits - 2, bits + 8)
                                           : random.integer(2, 62));
    }
  }
  Quantization to;
  to.storage = random.pick({Storage::I8, Storage::I8, Storage::I16});
  fillParameters(to,
                 random.chance(50) ? ZeroPoints::None : ZeroPoints::PerTensor);
  to.narrowRange = random.chance(20);
  for (int64_t &zero : to.zeroPoints)
    zero = std::max(zero, storageMin(to.storage, to.narrowRange));
  program.quantizations.push_back(to);
  node.storage = to.storage;
  node.quantization = program.quantizations.size() - 1;
  size_t quantization = node.quantization;
  return {program.add(node), quantization};
}

Program Builder::finish(size_t value) {
  const Node &node = program.nodes[value];
  if (node.storage && !isBoundaryStorage(*node.storage))
    value = dequantize({value, node.quantization});
  program.nodes.resize(value + 1);
  Program finished = program;
  finished.prune();
  if (resultChance != 0)
    for (size_t i = 0; i + 1 < finished.nodes.size(); ++i) {
      const Node &candidate = finished.nodes[i];
      if (candidate.kind != Kind::Input && candidate.kind != Kind::Constant &&
          candidate.dynamicDim < 0 &&
          (!candidate.storage || isBoundaryStorage(*candidate.storage)) &&
          random.chance(resultChance))
        finished.others.push_back(i);
    }
  return finished;
}

} // namespace quantc::check
