//===- RandomFamilies.cpp - the families of random contractions -----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RandomContract.h"

#include "llvm/Support/FormatVariadic.h"

using namespace quantc::nvvm::test;

using Index = RandomContract::Index;

/// out[m, n] of lhs[m, k] or [k, m] and rhs[n, k] or [k, n].
static RandomContract drawProduct(Draw &draw, int64_t m, int64_t n, int64_t k,
                                  std::string left, std::string right,
                                  std::string sum) {
  RandomContract result;
  result.loops = {{m, false}, {n, false}, {k, true}};
  Index row = {{0, 1}}, column = {{1, 1}}, depth = {{2, 1}};
  result.lhs = {std::move(left), draw.order<Index>({row, depth})};
  result.rhs = {std::move(right), draw.order<Index>({column, depth})};
  result.out = {std::move(sum), {row, column}};
  return result;
}

/// Small tiles: what is compiled is as long as they are large.
static std::string drawSchedule(Draw &draw, const std::string &splits) {
  return draw.oneOf({"mma, tile = [16, 8, 32], warps = [1, 1], stages = 1",
                     "mma, tile = [16, 16, 64], warps = [1, 2], stages = 2",
                     "mma, tile = [32, 16, 64], warps = [2, 1], stages = 4",
                     "mma, tile = [32, 32, 64], warps = [1, 2], stages = 3",
                     "mma, tile = [48, 24, 64], warps = [3, 3], stages = 3",
                     "mma, tile = [16, 32, 128], warps = [1, 4], stages = 2"}) +
         ", split_k = " + splits;
}

RandomContract
quantc::nvvm::test::drawWithEpilogue(RandomContract (*family)(std::mt19937 &),
                                     std::mt19937 &random) {
  RandomContract result = family(random);
  Draw draw(random);
  SumsView sums = result.getSums();
  result.epilogue = draw.oneIn(4) ? RandomEpilogue::getNone(sums)
                                  : RandomEpilogue::draw(draw, sums);
  return result;
}

RandomContract quantc::nvvm::test::drawBytes(std::mt19937 &random) {
  Draw draw(random);
  RandomContract result =
      drawProduct(draw, draw.extent(70), draw.extent(70), draw.extent(150),
                  draw.oneOf({"i8", "ui8"}), draw.oneOf({"i8", "ui8"}), "i32");
  if (draw.between(0, 2) == 0)
    result.schedule = drawSchedule(draw, "1");
  return result;
}

RandomContract quantc::nvvm::test::drawSplit(std::mt19937 &random) {
  Draw draw(random);
  int64_t k = draw.between(129, 900);
  RandomContract result =
      drawProduct(draw, draw.between(5, 40), draw.extent(40), k,
                  draw.oneOf({"i8", "ui8"}), draw.oneOf({"i8", "ui8"}), "i32");
  // No more parts than there are tiles of 128, the longest of these schedules.
  int64_t parts = std::min<int64_t>(draw.between(2, 7), (k + 127) / 128);
  result.schedule = drawSchedule(draw, std::to_string(parts));
  return result;
}

RandomContract quantc::nvvm::test::drawFewRows(std::mt19937 &random) {
  Draw draw(random);
  return drawProduct(draw, draw.between(1, 4), draw.extent(100),
                     draw.extent(600), draw.oneOf({"i8", "ui8"}),
                     draw.oneOf({"i8", "ui8"}), "i32");
}

RandomContract quantc::nvvm::test::drawBatches(std::mt19937 &random) {
  Draw draw(random);
  RandomContract result;
  result.loops = {{draw.between(1, 3), false},
                  {draw.between(1, 4), false},
                  {draw.extent(40), false},
                  {draw.extent(40), false},
                  {draw.extent(70), true}};
  Index batch = {{0, 1}}, head = {{1, 1}}, row = {{2, 1}}, column = {{3, 1}},
        depth = {{4, 1}};
  // Heads before the rows, or between rows and depth.
  result.lhs = {draw.oneOf({"i8", "ui8"}),
                draw.coin() ? std::vector<Index>{batch, row, head, depth}
                            : std::vector<Index>{batch, head, row, depth}};
  result.rhs = {"i8", draw.coin()
                          ? std::vector<Index>{batch, column, head, depth}
                          : std::vector<Index>{batch, head, depth, column}};
  result.out = {"i32", {batch, head, row, column}};
  return result;
}

RandomContract quantc::nvvm::test::drawConvolution(std::mt19937 &random) {
  Draw draw(random);
  int64_t stride = draw.between(1, 2), dilation = draw.between(1, 2);
  RandomContract result;
  // Batch, y, x, features; window, window, channels.
  result.loops = {{draw.between(1, 2), false}, {draw.between(1, 8), false},
                  {draw.between(1, 8), false}, {draw.extent(40), false},
                  {draw.between(1, 3), true},  {draw.between(1, 3), true},
                  {draw.extent(36), true}};
  Index features = {{3, 1}}, channels = {{6, 1}};
  result.lhs = {draw.oneOf({"i8", "ui8"}),
                {{{0, 1}},
                 {{1, stride}, {4, dilation}},
                 {{2, stride}, {5, dilation}},
                 channels}};
  result.rhs = {
      "i8", draw.coin()
                ? std::vector<Index>{{{4, 1}}, {{5, 1}}, channels, features}
                : std::vector<Index>{features, {{4, 1}}, {{5, 1}}, channels}};
  result.out = {"i32", {{{0, 1}}, {{1, 1}}, {{2, 1}}, features}};
  return result;
}

RandomContract quantc::nvvm::test::drawHalves(std::mt19937 &random) {
  Draw draw(random);
  std::string element = draw.oneOf({"f16", "bf16"});
  return drawProduct(draw, draw.extent(70), draw.extent(70), draw.extent(100),
                     element, element, "f32");
}

RandomContract quantc::nvvm::test::drawF8(std::mt19937 &random) {
  Draw draw(random);
  return drawProduct(draw, draw.extent(70), draw.extent(70), draw.extent(150),
                     draw.oneOf({"f8E4M3FN", "f8E5M2"}),
                     draw.oneOf({"f8E4M3FN", "f8E5M2"}), "f32");
}

/// f16, bf16 or a pair of f8.
static std::pair<std::string, std::string> drawFloats(Draw &draw) {
  if (draw.coin())
    return {draw.oneOf({"f8E4M3FN", "f8E5M2"}),
            draw.oneOf({"f8E4M3FN", "f8E5M2"})};
  std::string element = draw.oneOf({"f16", "bf16"});
  return {element, element};
}

RandomContract quantc::nvvm::test::drawSplitFloats(std::mt19937 &random) {
  Draw draw(random);
  int64_t k = draw.between(129, 900);
  auto [left, right] = drawFloats(draw);
  RandomContract result = drawProduct(draw, draw.between(5, 40),
                                      draw.extent(40), k, left, right, "f32");
  int64_t parts = std::min<int64_t>(draw.between(2, 7), (k + 127) / 128);
  result.schedule = drawSchedule(draw, std::to_string(parts));
  return result;
}

RandomContract quantc::nvvm::test::drawFewRowsOfFloats(std::mt19937 &random) {
  Draw draw(random);
  auto [left, right] = drawFloats(draw);
  RandomContract result =
      drawProduct(draw, draw.between(1, 4), draw.extent(100), draw.extent(600),
                  left, right, "f32");
  // The model takes tensor cores where columns lie along n.
  if (draw.coin())
    result.schedule =
        llvm::formatv("dot, tile = [{0}, {1}, {2}], warps = "
                      "[1, 4], stages = 1, split_k = 1",
                      result.loops[0].size, 4 << draw.between(0, 3),
                      left.substr(0, 2) == "f8" ? 512 : 256)
            .str();
  return result;
}

RandomContract quantc::nvvm::test::drawF32(std::mt19937 &random) {
  Draw draw(random);
  // One product is no contraction, and its sum is rounded twice.
  return drawProduct(draw, draw.extent(60), draw.extent(60),
                     1 + draw.extent(70), "f32", "f32", "f32");
}
