//===- Grow.cpp - programs of several operations --------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Grow.h"

namespace quantc::check {

static bool contains(const std::string &letters, char letter) {
  return letters.find(letter) != std::string::npos;
}

std::string freeLoops(const Site &site, int operand, bool shared) {
  const std::string &own = operand == 0 ? site.lhs : site.rhs,
                    &other = operand == 0 ? site.rhs : site.lhs;
  std::string loops;
  for (char letter : own)
    if (contains(site.result, letter) && (shared || !contains(other, letter)))
      loops += letter;
  return loops;
}

void drawChoices(Random &random, const Site &site, OperandChoice &lhs,
                 OperandChoice &rhs) {
  auto zeroPoints = [&](int64_t none) {
    return random.chance(none) ? ZeroPoints::None
           : random.chance(30) ? ZeroPoints::PerTensor
                               : ZeroPoints::PerParameter;
  };
  std::string rows = freeLoops(site, 0, /*shared=*/false),
              columns = freeLoops(site, 1, /*shared=*/false);
  if (!rows.empty() && random.chance(20))
    lhs.letters = rows[random.integer(0, rows.size() - 1)];
  // Channels of a depthwise convolution are shared, and always along the rhs.
  if (columns.empty() && !site.windows.empty())
    columns = freeLoops(site, 1, /*shared=*/true);
  if (!columns.empty() && random.chance(60))
    rhs.letters = columns[random.integer(0, columns.size() - 1)];
  lhs.zeroPoints = zeroPoints(40);
  rhs.zeroPoints = zeroPoints(60);
  lhs.fromFloat = random.chance(30);
  lhs.constant = random.chance(5);
  rhs.constant = random.chance(75);
  lhs.runTimeParameters = random.chance(8);
  rhs.runTimeParameters = !rhs.constant && random.chance(20);
}

//===----------------------------------------------------------------------===//
// First operations
//===----------------------------------------------------------------------===//

size_t siteOn(Builder &b, const DrawnSite &drawn, Adjust adjust) {
  OperandChoice lhs, rhs;
  drawChoices(b.random, drawn.site, lhs, rhs);
  if (adjust)
    adjust(b.random, drawn, lhs, rhs);
  Quantized left = b.operand(drawn.lhsShape, drawn.site.lhs, lhs);
  return b.tail(b.site(drawn, left, rhs));
}

size_t siteProgram(Builder &b, const std::vector<SiteClass> &classes,
                   Adjust adjust) {
  for (;;) {
    DrawnSite drawn =
        drawSizes(b.random, drawForm(b.random, b.random.pick(classes)));
    OperandChoice lhs, rhs;
    drawChoices(b.random, drawn.site, lhs, rhs);
    if (adjust && !adjust(b.random, drawn, lhs, rhs))
      continue;
    Quantized left = b.operand(drawn.lhsShape, drawn.site.lhs, lhs);
    size_t value = b.tail(b.site(drawn, left, rhs));
    return complete(b, value, 5);
  }
}

//===----------------------------------------------------------------------===//
// Further operations
//===----------------------------------------------------------------------===//

/// A new operand of the same shape, per tensor.
static Quantized another(Builder &b, const Shape &shape) {
  OperandChoice choice;
  choice.zeroPoints =
      b.random.chance(50) ? ZeroPoints::PerTensor : ZeroPoints::None;
  choice.fromFloat = b.random.chance(30);
  return b.operand(shape, std::string(shape.size(), '.'), choice);
}

size_t residual(Builder &b, Quantized value) {
  Quantized other = another(b, b.shapeOf(value.node));
  size_t sum = b.add(b.dequantize(value), b.dequantize(other));
  return b.random.chance(40) ? b.relu(sum) : sum;
}

static OperandChoice weights(Builder &b, const Site &site) {
  OperandChoice lhs, rhs;
  drawChoices(b.random, site, lhs, rhs);
  rhs.runTimeParameters = false;
  return rhs;
}

size_t nextSite(Builder &b, Quantized value) {
  Shape shape = b.shapeOf(value.node);
  DrawnSite drawn =
      drawSizes(b.random, drawFormOfRank(b.random, shape.size()), &shape);
  return b.tail(b.site(drawn, value, weights(b, drawn.site)));
}

size_t sharedSites(Builder &b, Quantized value) {
  Shape shape = b.shapeOf(value.node);
  DrawnSite drawn =
      drawSizes(b.random, drawFormOfRank(b.random, shape.size()), &shape);
  size_t first = b.tail(b.site(drawn, value, weights(b, drawn.site))),
         second = b.tail(b.site(drawn, value, weights(b, drawn.site)));
  return b.add(first, second);
}

size_t concatenation(Builder &b, Quantized value) {
  Shape shape = b.shapeOf(value.node);
  int64_t axis = b.random.integer(0, shape.size() - 1);
  shape[axis] = b.random.integer(1, 4);
  Quantized other = another(b, shape);
  size_t lhs = b.dequantize(value), rhs = b.dequantize(other);
  return b.random.chance(50) ? b.concat(lhs, rhs, axis)
                             : b.concat(rhs, lhs, axis);
}

size_t pooling(Builder &b, Quantized value, Kind kind) {
  return b.pool(b.dequantize(value), kind);
}

size_t views(Builder &b, Quantized value) {
  size_t result = b.view(b.dequantize(value));
  return b.random.chance(40) ? b.view(result) : result;
}

size_t grow(Builder &b, size_t value) {
  if (b.random.chance(20))
    value = b.view(value);
  Shape shape = b.shapeOf(value);
  Quantized q = b.quantize(value);
  bool isEmpty = countOf(shape) == 0, isScalar = shape.empty();
  int64_t mode = b.random.integer(0, 9);
  if (!isEmpty && !isScalar && shape.size() <= 5) {
    if (mode <= 3)
      return nextSite(b, q);
    if (mode == 4)
      return sharedSites(b, q);
    if (mode == 5)
      return concatenation(b, q);
    if (mode == 6)
      return views(b, q);
    if (mode == 7 && shape.size() == 4)
      return pooling(b, q, Kind::MaxPool);
  }
  return mode == 8 ? b.tail(b.dequantize(q)) : residual(b, q);
}

size_t complete(Builder &b, size_t value, int64_t most) {
  while (most-- > 0 && b.random.chance(22))
    value = grow(b, value);
  return b.random.chance(60) ? b.quantize(value, 15).node : value;
}

} // namespace quantc::check
