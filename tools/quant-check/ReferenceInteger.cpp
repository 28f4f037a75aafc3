//===- ReferenceInteger.cpp - requantization in integers alone ------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Arithmetic.h"
#include "Reference.h"

#include <cmath>

namespace quantc::check {

namespace {

/// v times scale times factor, element by element.
struct Term {
  std::vector<int64_t> values;
  std::vector<float> scales;
  double factor;
};

/// factor * value, element by element.
struct Offset {
  std::vector<float> values;
  double factor;
};

} // namespace

struct Evaluator::IntegerSum {
  std::vector<Term> terms;
  std::vector<Offset> offsets;
  /// Dimensions along which the scales of the terms vary.
  std::vector<std::vector<int64_t>> axes;
};

/// Adds factor times the value of a node to `sum`; false where it is no sum of
/// integers with constant scales and of constants.
bool Evaluator::addToSum(size_t index, double factor, IntegerSum &sum) const {
  const Node &node = program.nodes[index];
  if (!std::isfinite(factor) || factor == 0)
    return false;
  auto addParameters = [&](const Quantization &q, const Shape &shape) {
    Shape point(shape.size(), 0);
    std::vector<float> scales;
    for (int64_t n = countOf(shape); n > 0; --n) {
      scales.push_back(q.scaleAt(point));
      advance(point, shape);
    }
    return scales;
  };
  switch (node.kind) {
  case Kind::Site: {
    const Accumulators &from = accumulators.at(index);
    for (size_t operand : node.operands) {
      const Node *source = &program.nodes[operand];
      if (source->kind == Kind::Pad)
        source = &program.nodes[source->operands[0]];
      if (program.quantizationOf(*source).runTime)
        return false;
    }
    sum.terms.push_back({from.sums, from.scales, factor});
    sum.axes.push_back(from.axes);
    return from.isInteger;
  }
  case Kind::Dequantize: {
    const Quantization &from = program.quantizationOf(node);
    if (from.runTime || isFloatStorage(from.storage) || !from.blocks.empty())
      return false;
    std::vector<int64_t> values = this->values[node.operands[0]].integers;
    Shape point(node.shape.size(), 0);
    for (int64_t &value : values) {
      value -= from.zeroPointAt(point);
      advance(point, node.shape);
    }
    sum.terms.push_back({values, addParameters(from, node.shape), factor});
    sum.axes.push_back(from.axes);
    return true;
  }
  case Kind::AveragePool: {
    const Node &from = program.nodes[node.operands[0]];
    if (from.kind != Kind::Dequantize || !isUsedOnce(index))
      return false;
    const Quantization &q = program.quantizationOf(from);
    if (q.runTime || !q.axes.empty() || isFloatStorage(q.storage))
      return false;
    const Tensor &stored = values[from.operands[0]];
    std::vector<int64_t> sums;
    for (const std::vector<int64_t> &window : windowIndices(node, from.shape)) {
      sums.push_back(0);
      for (int64_t element : window)
        sums.back() += stored.integers[element] - q.zeroPointAt({});
    }
    std::vector<float> scales(sums.size(), q.scaleAt({}));
    sum.terms.push_back({sums, scales, factor / double(countOf(node.first))});
    sum.axes.push_back({});
    return true;
  }
  case Kind::Add:
    return isUsedOnce(index) && addToSum(node.operands[0], factor, sum) &&
           addToSum(node.operands[1], factor, sum);
  case Kind::Bias: {
    std::vector<float> added;
    Shape point(node.shape.size(), 0);
    for (int64_t n = countOf(node.shape); n > 0; --n) {
      added.push_back(node.floats[point[node.axis]]);
      advance(point, node.shape);
    }
    sum.offsets.push_back({added, factor});
    return isUsedOnce(index) && addToSum(node.operands[0], factor, sum);
  }
  case Kind::Affine: {
    std::vector<float> added(countOf(node.shape), node.floats[1]);
    sum.offsets.push_back({added, factor});
    return isUsedOnce(index) &&
           addToSum(node.operands[0], factor * double(node.floats[0]), sum);
  }
  default:
    return false;
  }
}

std::optional<Tensor>
Evaluator::requantizedInteger(size_t input, const Quantization &to) const {
  if (to.runTime)
    return std::nullopt;
  // Bounds, the last one first.
  std::vector<const Node *> bounds;
  size_t inner = input;
  for (; program.nodes[inner].kind == Kind::Relu ||
         program.nodes[inner].kind == Kind::Clamp;
       inner = program.nodes[inner].operands[0]) {
    if (!isUsedOnce(inner))
      return std::nullopt;
    bounds.push_back(&program.nodes[inner]);
    // Another bound than 0 has to be one integer.
    if (bounds.back()->kind == Kind::Clamp &&
        (to.scaleShape().size() > 0 || to.zeroPointShape().size() > 0))
      return std::nullopt;
  }
  IntegerSum sum;
  if (!addToSum(inner, 1, sum))
    return std::nullopt;
  for (const std::vector<int64_t> &axes : sum.axes)
    if (!axes.empty() && !to.scaleAxes().empty() && axes != to.scaleAxes())
      return std::nullopt;
  bool isPlain =
      sum.terms.size() == 1 && sum.offsets.empty() && sum.terms[0].factor > 0;
  if (!isPlain && !to.axes.empty())
    return std::nullopt;

  auto rescaled = [&](int64_t v, double factor) {
    return program.mode == Mode::FixedPoint
               ? rescale(v, fixedPointOf(factor, 31))
               : rescale(v, std::clamp<int64_t>(-std::ilogb(factor), -31, 62));
  };
  const Shape &shape = program.nodes[input].shape;
  Tensor result{shape, {}, {}};
  Shape point(shape.size(), 0);
  int fraction = to.storage == Storage::I16  ? 8
                 : to.storage == Storage::I4 ? 20
                                             : 16;
  for (int64_t i = 0; i < countOf(shape); ++i) {
    double t = double(to.scaleAt(point));
    int64_t q;
    auto factorOf = [&](const Term &term, double factor) {
      return double(term.scales[i]) / t * factor;
    };
    if (isPlain) {
      const Term &term = sum.terms[0];
      q = rescaled(term.values[i], factorOf(term, term.factor));
    } else {
      int64_t total = 0;
      for (const Term &term : sum.terms) {
        double factor = std::ldexp(std::fabs(term.factor), fraction);
        int64_t part =
            saturate32(rescaled(term.values[i], factorOf(term, factor)));
        total += term.factor < 0 ? -part : part;
      }
      for (const Offset &offset : sum.offsets) {
        double steps = std::nearbyint(double(offset.values[i]) * offset.factor /
                                      std::ldexp(t, -fraction));
        total += int64_t(std::clamp(steps, -2147483648.0, 2147483647.0));
      }
      q = rescale(total, fraction);
    }
    int64_t zeroPoint = to.zeroPointAt(point);
    q = store(q, zeroPoint, to.storage, to.narrowRange);
    for (size_t b = bounds.size(); b-- > 0;) {
      auto bound = [&](float c) {
        return quantize(c, to.scaleAt(point), zeroPoint, to.storage,
                        to.narrowRange);
      };
      if (bounds[b]->kind == Kind::Relu)
        q = std::max(q, zeroPoint);
      else
        q = std::min(std::max(q, bound(bounds[b]->floats[0])),
                     bound(bounds[b]->floats[1]));
    }
    result.integers.push_back(q);
    advance(point, shape);
  }
  return result;
}

Tensor Evaluator::stated(const Node &node) const {
  const Tensor &x = values[node.operands[0]];
  const Quantization &to = program.quantizationOf(node);
  const Rescaling &r = node.rescaling;
  Tensor result{node.shape, {}, {}};
  Shape point(node.shape.size(), 0);
  for (int64_t element : x.integers) {
    int64_t v = element - r.zeroPoint.value_or(0), z = to.zeroPointAt(point);
    size_t at = r.perAxis ? point[node.axis] : 0;
    int64_t q = 0;
    if (r.mode == Mode::Float)
      q = requantize(v, r.factors[at], z, to.storage, to.narrowRange);
    else if (r.mode == Mode::FixedPoint)
      q = store(rescale(v, FixedPoint{r.multipliers[at], r.shifts[at]},
                        r.doubleRound),
                z, to.storage, to.narrowRange);
    else
      q = store(rescale(v, r.shifts[at]), z, to.storage, to.narrowRange);
    result.integers.push_back(q);
    advance(point, node.shape);
  }
  return result;
}

} // namespace quantc::check
