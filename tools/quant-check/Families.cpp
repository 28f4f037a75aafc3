//===- Families.cpp - what random programs are about ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "ChainFamilies.h"
#include "ModeFamilies.h"

namespace quantc::check {

namespace {

constexpr auto kMatmul = SiteClass::Matmul;
constexpr auto kBatch = SiteClass::Batch;
constexpr auto kGeneric = SiteClass::Generic;

/// Contractions, the common ones most often.
const std::vector<SiteClass> &contractions() {
  static const std::vector<SiteClass> classes = {
      kMatmul, kMatmul, kBatch, kGeneric, SiteClass::Vector, SiteClass::Tiled};
  return classes;
}

const std::vector<SiteClass> &convolutions() {
  static const std::vector<SiteClass> classes = {
      SiteClass::Conv1D,     SiteClass::Conv2D,    SiteClass::Conv2D,
      SiteClass::Conv3D,     SiteClass::Depthwise, SiteClass::Grouped,
      SiteClass::GenericConv};
  return classes;
}

const std::vector<SiteClass> &anySite() {
  static const std::vector<SiteClass> classes = [] {
    std::vector<SiteClass> all = contractions();
    all.insert(all.end(), convolutions().begin(), convolutions().end());
    return all;
  }();
  return classes;
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

template <SiteClass siteClass>
size_t drawClass(Builder &b) {
  return siteProgram(b, {siteClass});
}

bool bothActivations(Random &random, const DrawnSite &, OperandChoice &lhs,
                     OperandChoice &rhs) {
  lhs.constant = rhs.constant = false;
  rhs.fromFloat = random.chance(50);
  return true;
}

bool isPadded(Random &random, const DrawnSite &drawn, OperandChoice &lhs,
              OperandChoice &) {
  lhs.zeroPoints =
      random.chance(70) ? ZeroPoints::PerTensor : ZeroPoints::PerParameter;
  return drawn.isPadded();
}

//===----------------------------------------------------------------------===//
// Storage
//===----------------------------------------------------------------------===//

template <Storage lhsStorage, Storage rhsStorage>
bool stored(Random &, const DrawnSite &, OperandChoice &lhs,
            OperandChoice &rhs) {
  lhs.storage = lhsStorage;
  rhs.storage = rhsStorage;
  return true;
}

template <Storage lhs, Storage rhs>
size_t drawStored(Builder &b) {
  return siteProgram(b, anySite(), stored<lhs, rhs>);
}

bool f8(Random &random, const DrawnSite &, OperandChoice &lhs,
        OperandChoice &rhs) {
  lhs.storage = random.pick({Storage::F8E4M3FN, Storage::F8E5M2});
  rhs.storage = random.pick({Storage::F8E4M3FN, Storage::F8E5M2});
  return true;
}

bool i4(Random &random, const DrawnSite &, OperandChoice &,
        OperandChoice &rhs) {
  rhs.storage = Storage::I4;
  rhs.constant = random.chance(80);
  rhs.runTimeParameters = false;
  return true;
}

//===----------------------------------------------------------------------===//
// Granularity
//===----------------------------------------------------------------------===//

ZeroPoints anyZeroPoints(Random &random) {
  return random.pick({ZeroPoints::None, ZeroPoints::PerTensor,
                      ZeroPoints::PerParameter, ZeroPoints::PerParameter});
}

/// Random letters out of `from`, at least one.
std::string someOf(Random &random, const std::string &from) {
  std::string letters;
  while (letters.empty())
    for (char letter : from)
      if (random.chance(60))
        letters += letter;
  return letters;
}

template <bool runTime>
bool lhsToken(Random &random, const DrawnSite &drawn, OperandChoice &lhs,
              OperandChoice &) {
  std::string rows = freeLoops(drawn.site, 0, /*shared=*/false);
  if (rows.empty())
    return false;
  lhs.letters = someOf(random, rows);
  lhs.zeroPoints = anyZeroPoints(random);
  lhs.runTimeParameters = runTime;
  lhs.constant = false;
  return true;
}

/// Loops of the result that both operands follow: batches, heads, groups.
std::string sharedLoops(const Site &site) {
  std::string all = freeLoops(site, 0, /*shared=*/true),
              own = freeLoops(site, 0, /*shared=*/false), shared;
  for (char letter : all)
    if (own.find(letter) == std::string::npos)
      shared += letter;
  return shared;
}

bool lhsBatch(Random &random, const DrawnSite &drawn, OperandChoice &lhs,
              OperandChoice &) {
  std::string shared = sharedLoops(drawn.site);
  if (shared.empty())
    return false;
  lhs.letters = someOf(random, shared);
  lhs.zeroPoints = anyZeroPoints(random);
  return true;
}

bool rhsHead(Random &random, const DrawnSite &drawn, OperandChoice &,
             OperandChoice &rhs) {
  std::string shared = sharedLoops(drawn.site);
  if (shared.empty())
    return false;
  rhs.letters = someOf(random, shared);
  std::string columns = freeLoops(drawn.site, 1, /*shared=*/false);
  if (!columns.empty() && random.chance(50))
    rhs.letters += someOf(random, columns);
  rhs.zeroPoints = anyZeroPoints(random);
  return true;
}

/// Loops that are summed over and no window.
std::string summedLoops(const Site &site) {
  std::string letters;
  for (char letter : site.rhs)
    if (site.isReduction(letter) && !site.windows.count(letter))
      letters += letter;
  return letters;
}

/// Scales folded into the rhs already, zero points along K.
bool lhsChannel(Random &random, const DrawnSite &drawn, OperandChoice &lhs,
                OperandChoice &) {
  std::string letters = summedLoops(drawn.site);
  if (letters.empty())
    return false;
  lhs.letters = letters.substr(random.integer(0, letters.size() - 1), 1);
  lhs.scalePerTensor = true;
  lhs.fromFloat = false;
  lhs.zeroPoints = ZeroPoints::PerParameter;
  return true;
}

bool rhsBlock(Random &random, const DrawnSite &drawn, OperandChoice &lhs,
              OperandChoice &rhs) {
  std::string letters = summedLoops(drawn.site);
  if (letters.empty())
    return false;
  char letter = letters[random.integer(0, letters.size() - 1)];
  std::string columns = freeLoops(drawn.site, 1, /*shared=*/false);
  rhs.letters =
      columns.empty() || random.chance(20) ? "" : columns.substr(0, 1);
  rhs.letters += letter;
  int64_t size = drawn.site.sizes.at(letter);
  if (size < 3)
    return false;
  // A scale for every product factors out of no sum: that stays in float.
  rhs.blocks = {{letter, random.chance(3) ? 1 : random.integer(2, size - 1)}};
  rhs.zeroPoints = anyZeroPoints(random);
  return true;
}

bool lhsBlock(Random &random, const DrawnSite &drawn, OperandChoice &lhs,
              OperandChoice &rhs) {
  std::string letters = summedLoops(drawn.site);
  if (letters.empty())
    return false;
  char letter = letters[random.integer(0, letters.size() - 1)];
  int64_t size = drawn.site.sizes.at(letter);
  if (size < 3 || drawn.isPadded())
    return false;
  std::string rows = freeLoops(drawn.site, 0, /*shared=*/false);
  lhs.letters = rows.empty() || random.chance(50) ? "" : rows.substr(0, 1);
  lhs.letters += letter;
  lhs.blocks = {{letter, random.integer(2, size - 1)}};
  lhs.zeroPoints = anyZeroPoints(random);
  // Both may have blocks, of sizes with a common divisor.
  if (random.chance(30)) {
    rhs.letters = letter;
    rhs.blocks = {{letter, 2 * lhs.blocks.at(letter)}};
    rhs.zeroPoints = anyZeroPoints(random);
  }
  return true;
}

bool zeroPointsOnBoth(Random &random, const DrawnSite &drawn,
                      OperandChoice &lhs, OperandChoice &rhs) {
  std::string rows = freeLoops(drawn.site, 0, /*shared=*/false),
              columns = freeLoops(drawn.site, 1, /*shared=*/false);
  if (!rows.empty() && random.chance(50))
    lhs.letters = someOf(random, rows);
  if (!columns.empty())
    rhs.letters = someOf(random, columns);
  lhs.zeroPoints = rhs.zeroPoints = ZeroPoints::PerParameter;
  return true;
}

bool dynamicZeroPoints(Random &random, const DrawnSite &, OperandChoice &lhs,
                       OperandChoice &rhs) {
  bool left = random.chance(60), right = !left || random.chance(30);
  auto choose = [&](OperandChoice &operand) {
    operand.runTimeParameters = true;
    operand.constant = false;
    operand.zeroPoints =
        random.pick({ZeroPoints::PerTensor, ZeroPoints::PerParameter});
  };
  if (left)
    choose(lhs);
  if (right)
    choose(rhs);
  return true;
}

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

size_t drawZeroK(Builder &b) {
  DrawnSite drawn;
  do
    drawn = drawSizes(b.random, drawForm(b.random, b.random.pick(anySite())));
  while (summedLoops(drawn.site).empty());
  std::string letters = summedLoops(drawn.site);
  char letter = letters[b.random.integer(0, letters.size() - 1)];
  drawn.site.sizes[letter] = 0;
  drawn.lhsShape[drawn.site.lhs.find(letter)] = 0;
  return complete(b, siteOn(b, drawn), 2);
}

size_t drawOneK(Builder &b) {
  DrawnSite drawn = drawSizes(
      b.random, drawForm(b.random, b.random.pick({kMatmul, kBatch, kGeneric})));
  for (char letter : summedLoops(drawn.site))
    drawn.site.sizes[letter] = 1;
  drawn.lhsShape = drawn.site.shapeOf(0);
  return complete(b, siteOn(b, drawn), 2);
}

/// Up to the bound of an accumulator in i32.
size_t drawLargeK(Builder &b) {
  DrawnSite drawn = drawSizes(b.random, drawForm(b.random, kMatmul));
  drawn.site.sizes['m'] = b.random.integer(1, 2);
  drawn.site.sizes['n'] = b.random.integer(1, 3);
  drawn.site.sizes['k'] = b.random.chance(30) ? b.random.integer(33000, 33025)
                                              : b.random.integer(1000, 9000);
  drawn.lhsShape = drawn.site.shapeOf(0);
  return complete(b, siteOn(b, drawn), 1);
}

/// Beyond that bound: sums of chunks.
size_t drawSplitK(Builder &b) {
  DrawnSite drawn = drawSizes(b.random, drawForm(b.random, kMatmul));
  drawn.site.sizes['m'] = b.random.integer(1, 2);
  drawn.site.sizes['n'] = b.random.integer(1, 3);
  drawn.site.sizes['k'] = b.random.chance(70)
                              ? b.random.integer(33026, 70000)
                              : b.random.integer(131071, 140000);
  drawn.lhsShape = drawn.site.shapeOf(0);
  return complete(b, siteOn(b, drawn), 1);
}

size_t drawEmpty(Builder &b) {
  DrawnSite drawn = drawSizes(
      b.random,
      drawForm(b.random, b.random.pick({kMatmul, kBatch, SiteClass::Conv2D})),
      nullptr, 0);
  std::string letters;
  for (char letter : drawn.site.loops())
    if (!drawn.site.isReduction(letter) && !(letter >= 'A' && letter <= 'Z'))
      letters += letter;
  if (letters.empty())
    return complete(b, siteOn(b, drawn), 1);
  drawn.site.sizes[letters[b.random.integer(0, letters.size() - 1)]] = 0;
  for (size_t i = 0; i < drawn.lhsShape.size(); ++i)
    if (drawn.site.sizes.at(drawn.site.lhs[i]) == 0)
      drawn.lhsShape[i] = 0;
  return complete(b, siteOn(b, drawn), 1);
}

/// A batch or token dimension that the compiler does not know.
size_t drawDynamic(Builder &b) {
  DrawnSite drawn;
  std::string rows;
  do {
    drawn = drawSizes(b.random, drawForm(b.random, b.random.pick(anySite())));
    rows = freeLoops(drawn.site, 0, /*shared=*/false);
  } while (rows.empty());
  char row = rows[b.random.integer(0, rows.size() - 1)];
  int64_t axis = drawn.site.lhs.find(row), full = drawn.lhsShape[axis];
  int64_t size = b.random.integer(b.random.chance(10) ? 0 : 1, full);
  OperandChoice lhs, rhs;
  drawChoices(b.random, drawn.site, lhs, rhs);
  if (lhs.letters.find(row) != std::string::npos)
    lhs.letters.clear();
  lhs.fromFloat = false;
  Quantized left = b.operand(drawn.lhsShape, drawn.site.lhs, lhs);
  left.node = b.runTimeSlice(left.node, axis, size);
  drawn.site.sizes[row] = size;
  size_t value = b.tail(b.site(drawn, left, rhs));
  if (b.random.chance(60))
    value = b.quantize(value).node;
  return b.restore(value, full);
}

template <DrawOnSites draw>
size_t drawOnAny(Builder &b) {
  return draw(b, anySite());
}

template <Adjust adjust>
size_t drawAny(Builder &b) {
  return siteProgram(b, anySite(), adjust);
}

} // namespace

const std::vector<Family> &families() {
  static const std::vector<Family> table = {
      {"matmul", "matmul in every transposition", drawClass<kMatmul>},
      {"batch-matmul", "batched contractions", drawClass<kBatch>},
      {"vector", "matvec, vecmat, dot", drawClass<SiteClass::Vector>},
      {"tiled", "mmt4d", drawClass<SiteClass::Tiled>},
      {"generic", "linalg.generic, several batch, row, column and sum loops",
       drawClass<kGeneric>},
      {"conv-1d", "", drawClass<SiteClass::Conv1D>},
      {"conv-2d", "NHWC and NCHW", drawClass<SiteClass::Conv2D>},
      {"conv-3d", "", drawClass<SiteClass::Conv3D>},
      {"conv-grouped", "", drawClass<SiteClass::Grouped>},
      {"conv-depthwise", "with and without multiplier",
       drawClass<SiteClass::Depthwise>},
      {"conv-generic", "linalg.generic with windows",
       drawClass<SiteClass::GenericConv>},
      {"padding", "zero padding of a lhs with zero points",
       [](Builder &b) { return siteProgram(b, convolutions(), isPadded); }},
      {"activations", "both operands made at run time",
       drawAny<bothActivations>},
      {"ui8-i8", "", drawStored<Storage::UI8, Storage::I8>},
      {"i8-ui8", "", drawStored<Storage::I8, Storage::UI8>},
      {"ui8-ui8", "", drawStored<Storage::UI8, Storage::UI8>},
      {"i8-i4", "i4 weights", drawAny<i4>},
      {"i16-i8", "", drawStored<Storage::I16, Storage::I8>},
      {"i16-i16", "", drawStored<Storage::I16, Storage::I16>},
      {"f8", "f8E4M3FN and f8E5M2 in any combination", drawAny<f8>},
      {"lhs-token", "scales along rows", drawAny<lhsToken<false>>},
      {"lhs-token-run-time", "the same, known at run time",
       drawAny<lhsToken<true>>},
      {"lhs-batch", "scales of batches, heads, groups", drawAny<lhsBatch>},
      {"lhs-channel", "zero points along the summed dimension",
       drawAny<lhsChannel>},
      {"rhs-head", "scales of batches, heads, groups", drawAny<rhsHead>},
      {"rhs-block", "blocks along the summed dimension", drawAny<rhsBlock>},
      {"zero-points", "one for each row and column", drawAny<zeroPointsOnBoth>},
      {"zero-points-run-time", "known at run time", drawAny<dynamicZeroPoints>},
      {"k-zero", "nothing to sum", drawZeroK},
      {"k-one", "", drawOneK},
      {"k-large", "up to the bound of i32", drawLargeK},
      {"empty", "no elements", drawEmpty},
      {"dynamic", "a size that is known at run time", drawDynamic},
      {"epilogue", "a tail on a tail", drawOnAny<drawEpilogue>},
      {"residual", "sums of two quantized tensors", drawOnAny<drawResidual>},
      {"shared", "two sites read one tensor", drawOnAny<drawShared>},
      {"concat", "", drawOnAny<drawConcat>},
      {"views", "reshape, transpose, slice and pad", drawOnAny<drawViews>},
      {"max-pool", "", [](Builder &b) { return drawPool(b, Kind::MaxPool); }},
      {"average-pool", "",
       [](Builder &b) { return drawPool(b, Kind::AveragePool); }},
      {"graph", "up to six operations of any kind", drawOnAny<drawGraph>},
      {"lhs-block", "blocks along the summed dimension", drawAny<lhsBlock>},
      {"k-split", "beyond the bound of i32", drawSplitK},
      {"narrow-range", "the smallest value left out",
       drawOnAny<drawNarrowRange>},
      {"results", "several results", drawOnAny<drawResults>},
      {"functions", "GELU and SiLU", drawOnAny<drawFunctions>},
      {"requantize", "stated: float, fixed point in both roundings, shift",
       drawOnAny<drawStated>},
      {"fixed-point", "qnn-fuse-epilogue=requantize=fixed-point",
       drawOnAny<drawFixedPoint>},
      {"shift", "qnn-fuse-epilogue=requantize=shift", drawOnAny<drawShift>},
      {"heads", "columns of a projection, split for attention", drawHeads},
  };
  return table;
}

Program makeProgram(const Family &family, uint64_t seed) {
  uint64_t stream = &family - families().data();
  Builder builder(seed, family.name, stream);
  return builder.finish(family.draw(builder));
}

} // namespace quantc::check
