//===- ModeFamilies.cpp - programs about how values are stored ------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ModeFamilies.h"

namespace quantc::check {

/// A site whose result has at least one and at most five dimensions.
static DrawnSite drawRanked(Builder &b, const std::vector<SiteClass> &sites) {
  DrawnSite drawn;
  do
    drawn = drawSizes(b.random, drawForm(b.random, b.random.pick(sites)));
  while (drawn.site.result.empty() || drawn.site.result.size() > 5);
  return drawn;
}

size_t drawNarrowRange(Builder &b, const std::vector<SiteClass> &sites) {
  b.narrowRange = 60;
  return siteProgram(b, sites);
}

size_t drawResults(Builder &b, const std::vector<SiteClass> &sites) {
  b.drawResults(25);
  size_t value = siteOn(b, drawRanked(b, sites));
  for (int64_t i = b.random.integer(1, 3); i > 0; --i)
    value = grow(b, value);
  return complete(b, value, 0);
}

size_t drawFunctions(Builder &b, const std::vector<SiteClass> &sites) {
  size_t value = siteOn(b, drawRanked(b, sites));
  if (b.random.chance(30))
    value = grow(b, value);
  value = b.function(value);
  return b.random.chance(80) ? b.quantize(value, 15).node : value;
}

size_t drawStated(Builder &b, const std::vector<SiteClass> &sites) {
  DrawnSite drawn = drawRanked(b, sites);
  OperandChoice choice;
  choice.storage = b.random.pick({Storage::I8, Storage::UI8, Storage::I16});
  choice.zeroPoints =
      b.random.chance(50) ? ZeroPoints::PerTensor : ZeroPoints::None;
  choice.fromFloat = b.random.chance(20);
  Quantized q = b.requantize(b.operand(
      drawn.lhsShape, std::string(drawn.lhsShape.size(), '.'), choice));
  if (b.random.chance(40))
    return q.node;
  return complete(b, b.random.chance(50) ? nextSite(b, q) : residual(b, q), 1);
}

/// Parameters that are known at compile time, as the modes need them.
static bool areConstant(Random &, const DrawnSite &, OperandChoice &lhs,
                        OperandChoice &rhs) {
  lhs.runTimeParameters = rhs.runTimeParameters = false;
  return true;
}

static size_t drawIntegers(Builder &b, const std::vector<SiteClass> &sites,
                           Mode mode) {
  b.setMode(mode);
  b.powersOfTwo = mode == Mode::Shift;
  if (b.random.chance(20))
    b.narrowRange = 50;
  size_t value = siteOn(b, drawRanked(b, sites), areConstant);
  // Per tensor in the mode of shifts, which has no way back to floats.
  int64_t perChannel = mode == Mode::Shift ? 0 : 20;
  auto storage = [&] {
    return b.random.chance(80) ? Storage::I8 : Storage::I16;
  };
  if (b.random.chance(40)) {
    value = residual(b, b.quantize(value, 0, storage()));
  } else if (b.shapeOf(value).size() == 4 && mode == Mode::FixedPoint &&
             b.random.chance(30)) {
    Quantized q = b.quantize(value);
    b.makeSumsExact(q);
    value = pooling(b, q, Kind::AveragePool);
  }
  return b.quantize(value, perChannel, storage()).node;
}

size_t drawFixedPoint(Builder &b, const std::vector<SiteClass> &sites) {
  return drawIntegers(b, sites, Mode::FixedPoint);
}

size_t drawShift(Builder &b, const std::vector<SiteClass> &sites) {
  return drawIntegers(b, sites, Mode::Shift);
}

} // namespace quantc::check
