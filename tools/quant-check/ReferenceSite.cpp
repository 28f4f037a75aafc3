//===- ReferenceSite.cpp - exact sums of contractions and convolutions ----===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Arithmetic.h"
#include "Reference.h"

#include <algorithm>
#include <numeric>

namespace quantc::check {

namespace {

using Wide = __int128;

/// One operand of a site: dequantized integers, possibly padded with zeros.
class SiteOperand {
public:
  SiteOperand(const Program &program, const Node &node, int number,
              const std::vector<Tensor> &values);

  /// Moves to the element that the loops stand at; `at` is in the order of
  /// Site::loops().
  void moveTo(const std::vector<int64_t> &at);
  /// q - z of that element, 0 in the padding.
  int64_t centred() const {
    return isInside ? stored->integers[linearize(stored->shape, point)] -
                          quantization->zeroPointAt(point)
                    : 0;
  }
  /// The same where the storage is f8.
  double number() const {
    return isInside
               ? storedValue(quantization->storage,
                             stored->integers[linearize(stored->shape, point)])
               : 0.0;
  }
  float scale() const { return quantization->scaleAt(point); }

private:
  /// Position outer * stride + inner * dilation - low, of the two loops.
  struct Dimension {
    size_t outer, inner;
    int64_t stride, dilation, low;
  };
  const Tensor *stored;
  const Quantization *quantization;
  std::vector<Dimension> dimensions;
  Shape point;
  bool isInside = true;
};

SiteOperand::SiteOperand(const Program &program, const Node &site, int number,
                         const std::vector<Tensor> &values) {
  const Node *node = &program.nodes[site.operands[number]];
  std::vector<int64_t> low(node->shape.size(), 0);
  if (node->kind == Kind::Pad) {
    low = node->first;
    node = &program.nodes[node->operands[0]];
  }
  stored = &values[node->operands[0]];
  quantization = &program.quantizationOf(*node);
  std::string loops = site.site.loops();
  for (char letter : number == 0 ? site.site.lhs : site.site.rhs) {
    Dimension dimension = {loops.find(letter), loops.find(letter), 0, 1,
                           low[dimensions.size()]};
    auto window = site.site.windows.find(letter);
    if (number == 0 && window != site.site.windows.end()) {
      dimension.outer = loops.find(window->second.out);
      dimension.stride = window->second.stride;
      dimension.dilation = window->second.dilation;
    }
    dimensions.push_back(dimension);
  }
  point.resize(dimensions.size());
}

void SiteOperand::moveTo(const std::vector<int64_t> &at) {
  isInside = true;
  for (size_t i = 0; i < dimensions.size(); ++i) {
    const Dimension &d = dimensions[i];
    point[i] = at[d.outer] * d.stride + at[d.inner] * d.dilation - d.low;
    isInside &= point[i] >= 0 && point[i] < stored->shape[i];
  }
}

/// The quantization of an operand.
const Quantization &quantizationOf(const Program &program, const Node &site,
                                   int number) {
  const Node *node = &program.nodes[site.operands[number]];
  if (node->kind == Kind::Pad)
    node = &program.nodes[node->operands[0]];
  return program.quantizationOf(*node);
}

/// The size of the block of one scale along each summed loop; 0 where the
/// scales do not vary along it.
int64_t blockSize(const Site &site, const Quantization &q, int number,
                  char letter) {
  const std::string &letters = number == 0 ? site.lhs : site.rhs;
  for (size_t i = 0; i < q.scaleAxes().size(); ++i)
    if (letters[q.axes[i]] == letter) {
      int64_t size = q.blocks.empty() ? 1 : q.blocks[i];
      return size < site.sizes.at(letter) ? size : 0;
    }
  return 0;
}

} // namespace

Accumulators accumulate(const Program &program, const Node &node,
                        const std::vector<Tensor> &values) {
  const Site &site = node.site;
  SiteOperand lhs(program, node, 0, values), rhs(program, node, 1, values);
  const Quantization &lhsParameters = quantizationOf(program, node, 0),
                     &rhsParameters = quantizationOf(program, node, 1);
  bool isFloat = isFloatStorage(lhsParameters.storage) ||
                 isFloatStorage(rhsParameters.storage);
  bool perRow = !lhsParameters.scaleAxes().empty();

  std::string summed = site.loops().substr(site.result.size());
  Shape inner;
  std::vector<int64_t> blocks;
  Accumulators result;
  result.isInteger = !isFloat && !perRow;
  for (char letter : summed) {
    inner.push_back(site.sizes.at(letter));
    int64_t size = std::gcd(blockSize(site, lhsParameters, 0, letter),
                            blockSize(site, rhsParameters, 1, letter));
    result.isInteger &= size == 0;
    blocks.push_back(size == 0 ? std::max<int64_t>(inner.back(), 1) : size);
  }
  for (int64_t axis : rhsParameters.scaleAxes())
    if (!site.isReduction(site.rhs[axis]))
      result.axes.push_back(site.result.find(site.rhs[axis]));
  std::sort(result.axes.begin(), result.axes.end());

  size_t rank = node.shape.size();
  std::vector<int64_t> at(rank + inner.size(), 0);
  Shape point(rank, 0), reduced(inner.size(), 0);
  for (int64_t n = countOf(node.shape); n > 0; --n) {
    // Sums by block; blocks in ascending order, row major.
    struct Part {
      Wide sum = 0;
      double number = 0;
      float lhsScale = 0, rhsScale = 0;
    };
    std::map<Shape, Part> parts;
    auto visit = [&](const Shape &sumPoint) -> Part & {
      std::copy(point.begin(), point.end(), at.begin());
      std::copy(sumPoint.begin(), sumPoint.end(), at.begin() + rank);
      lhs.moveTo(at);
      rhs.moveTo(at);
      Shape key = sumPoint;
      for (size_t i = 0; i < key.size(); ++i)
        key[i] /= blocks[i];
      auto [entry, isNew] = parts.try_emplace(key);
      if (isNew) {
        entry->second.lhsScale = lhs.scale();
        entry->second.rhsScale = rhs.scale();
      }
      return entry->second;
    };
    if (countOf(inner) == 0)
      visit(reduced);
    for (bool more = countOf(inner) != 0; more;
         more = advance(reduced, inner)) {
      Part &part = visit(reduced);
      if (isFloat)
        part.number += lhs.number() * rhs.number();
      else
        part.sum += Wide(lhs.centred()) * rhs.centred();
    }
    float value = 0;
    for (const auto &[key, part] : parts) {
      // The sum has been proven to fit at compile time, so the cast is exact;
      // numbers are drawn such that f8 sums are exact.
      int64_t sum = int64_t(part.sum);
      float accumulator = isFloat ? float(part.number) : float(sum);
      float scale =
          perRow ? part.rhsScale : float(double(part.lhsScale) * part.rhsScale);
      float y = accumulator * scale;
      if (perRow)
        y = y * part.lhsScale;
      value = key == parts.begin()->first ? y : value + y;
      result.sums.push_back(sum);
      result.scales.push_back(scale);
    }
    result.values.push_back(value);
    advance(point, node.shape);
  }
  return result;
}

} // namespace quantc::check
