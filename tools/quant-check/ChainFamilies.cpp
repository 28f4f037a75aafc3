//===- ChainFamilies.cpp - programs of several operations -----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ChainFamilies.h"

namespace quantc::check {

/// A site, quantized for what follows.
static Quantized first(Builder &b, const std::vector<SiteClass> &classes) {
  DrawnSite drawn =
      drawSizes(b.random, drawForm(b.random, b.random.pick(classes)));
  while (drawn.site.result.empty() || drawn.site.result.size() > 5)
    drawn = drawSizes(b.random, drawForm(b.random, b.random.pick(classes)));
  return b.quantize(siteOn(b, drawn));
}

size_t drawEpilogue(Builder &b, const std::vector<SiteClass> &sites) {
  Quantized q = first(b, sites);
  return complete(b, b.tail(nextSite(b, q)), 1);
}

size_t drawResidual(Builder &b, const std::vector<SiteClass> &sites) {
  return complete(b, residual(b, first(b, sites)), 3);
}

size_t drawShared(Builder &b, const std::vector<SiteClass> &sites) {
  return complete(b, sharedSites(b, first(b, sites)), 1);
}

size_t drawConcat(Builder &b, const std::vector<SiteClass> &sites) {
  return complete(b, concatenation(b, first(b, sites)), 3);
}

size_t drawViews(Builder &b, const std::vector<SiteClass> &sites) {
  DrawnSite drawn =
      drawSizes(b.random, drawForm(b.random, b.random.pick(sites)));
  size_t value = b.view(siteOn(b, drawn));
  if (b.random.chance(50))
    value = views(b, b.quantize(value));
  return complete(b, value, 2);
}

size_t drawPool(Builder &b, Kind kind) {
  static const std::vector<SiteClass> classes = {SiteClass::Conv2D};
  Quantized q = first(b, classes);
  while (b.shapeOf(q.node).size() != 4)
    q = first(b, classes);
  // What order the elements of a mean are added in is nobody's promise.
  if (kind == Kind::AveragePool)
    b.makeSumsExact(q);
  size_t value = pooling(b, q, kind);
  if (b.shapeOf(value).size() == 4 && b.random.chance(50))
    value = nextSite(b, b.quantize(value));
  return complete(b, value, 1);
}

size_t drawGraph(Builder &b, const std::vector<SiteClass> &sites) {
  size_t value = b.dequantize(first(b, sites));
  for (int64_t i = b.random.integer(1, 4); i > 0; --i)
    value = grow(b, value);
  return complete(b, value, 0);
}

size_t drawHeads(Builder &b) {
  int64_t heads = b.random.integer(1, 3),
          width = b.random.pick({3, 16, 32, 32, 40}),
          rows = b.random.integer(1, 6);
  DrawnSite projection;
  projection.site = {"linalg.matmul", false, "mk", "kn", "mn", {}, {}};
  projection.site.sizes = {
      {'m', rows}, {'k', b.random.integer(1, 9)}, {'n', heads * width}};
  projection.lhsShape = projection.site.shapeOf(0);
  projection.low = projection.high = {0, 0};
  size_t value = b.split(siteOn(b, projection), 1, heads);
  bool headsFirst = b.random.chance(50);
  if (headsFirst)
    value = b.transpose(value, {1, 0, 2});
  DrawnSite product;
  product.site =
      headsFirst
          ? Site{"linalg.batch_matmul", false, "bmk", "bkn", "bmn", {}, {}}
          : Site{"", false, "mbk", "bkn", "mbn", {}, {}};
  product.site.sizes = {
      {'b', heads}, {'m', rows}, {'k', width}, {'n', b.random.integer(1, 5)}};
  product.lhsShape = b.shapeOf(value);
  product.low = product.high = {0, 0, 0};
  OperandChoice lhs, rhs;
  drawChoices(b.random, product.site, lhs, rhs);
  rhs.constant = b.random.chance(50);
  rhs.zeroPoints = b.random.pick(
      {ZeroPoints::None, ZeroPoints::PerTensor, ZeroPoints::PerParameter});
  return complete(b, b.tail(b.site(product, b.quantize(value), rhs)), 1);
}

} // namespace quantc::check
