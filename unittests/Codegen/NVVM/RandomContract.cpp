//===- RandomContract.cpp - contractions drawn at random ------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RandomContract.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>
#include <cstring>

using namespace quantc::nvvm::test;
using llvm::formatv;

using Index = RandomContract::Index;
using Operand = RandomContract::Operand;

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

std::vector<int64_t> RandomContract::getShape(const Operand &operand) const {
  std::vector<int64_t> shape;
  for (const Index &index : operand.indices) {
    int64_t last = 0;
    for (auto [loop, factor] : index)
      last += (loops[loop].size - 1) * factor;
    shape.push_back(last + 1);
  }
  return shape;
}

static bool isInteger(const Operand &operand) {
  return llvm::StringRef(operand.element).ends_with("i8") ||
         operand.element == "i32";
}

static std::string getStored(const Operand &operand) {
  return operand.element == "ui8" ? "i8" : operand.element;
}

std::string RandomContract::getText(llvm::StringRef name) const {
  auto mapOf = [&](const Operand &operand) {
    std::vector<std::string> loopNames, results;
    for (size_t loop = 0; loop < loops.size(); ++loop)
      loopNames.push_back("d" + std::to_string(loop));
    for (const Index &index : operand.indices) {
      std::vector<std::string> terms;
      for (auto [loop, factor] : index)
        terms.push_back(formatv("d{0} * {1}", loop, factor));
      results.push_back(llvm::join(terms, " + "));
    }
    return formatv("affine_map<({0}) -> ({1})>", llvm::join(loopNames, ", "),
                   llvm::join(results, ", "))
        .str();
  };
  auto typeOf = [&](const Operand &operand) {
    std::string text = "tensor<";
    for (int64_t size : getShape(operand))
      text += std::to_string(size) + "x";
    return text + getStored(operand) + ">";
  };
  auto extend = [&](const Operand &operand, llvm::StringRef value,
                    llvm::StringRef result) -> std::string {
    if (operand.element == out.element)
      return "";
    return formatv("      %{0} = arith.{1} %{2} : {3} to {4}\n", result,
                   operand.element == "ui8" ? "extui"
                   : isInteger(operand)     ? "extsi"
                                            : "extf",
                   value, getStored(operand), out.element);
  };
  std::vector<std::string> iterators;
  for (const Loop &loop : loops)
    iterators.push_back(loop.isSum ? "\"reduction\"" : "\"parallel\"");
  bool same = lhs.element == out.element;
  return formatv(
      "func.func @{0}(%a: {1}, %b: {2}, %c: {3}) -> {3} {{\n"
      "  %r = linalg.generic {{indexing_maps = [{4}, {5}, {6}], "
      "iterator_types = [{7}]}\n"
      "      ins(%a, %b : {1}, {2}) outs(%c : {3}){8} {{\n"
      "    ^bb0(%x: {9}, %y: {10}, %z: {11}):\n{12}{13}"
      "      %p = arith.mul{14} {15}, {16} : {11}\n"
      "      %t = arith.add{14} %z, %p : {11}\n"
      "      linalg.yield %t : {11}\n  } -> {3}\n  return %r : {3}\n}\n",
      name, typeOf(lhs), typeOf(rhs), typeOf(out), mapOf(lhs), mapOf(rhs),
      mapOf(out), llvm::join(iterators, ", "),
      schedule.empty()
          ? ""
          : " attrs = {qnn_gpu.schedule = #qnn_gpu.schedule<" + schedule + ">}",
      getStored(lhs), getStored(rhs), out.element, extend(lhs, "x", "xe"),
      extend(rhs, "y", "ye"), isInteger(out) ? "i" : "f", same ? "%x" : "%xe",
      same ? "%y" : "%ye");
}

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

/// A random element and its bytes.
static double drawElement(std::mt19937 &random, llvm::StringRef element,
                          char *bytes) {
  if (element.ends_with("i8")) {
    int dice = int(random() % 8);
    int8_t value = dice == 0 ? -128 : dice == 1 ? 127 : int8_t(random() & 255);
    std::memcpy(bytes, &value, 1);
    return element == "ui8" ? double(uint8_t(value)) : double(value);
  }
  if (element == "i32") {
    auto value = int32_t(random() % 200001) - 100000;
    std::memcpy(bytes, &value, 4);
    return value;
  }
  if (element == "f32") {
    float value = float(int32_t(random() % 65537) - 32768) / 1024;
    std::memcpy(bytes, &value, 4);
    return value;
  }
  const llvm::fltSemantics *semantics =
      llvm::StringSwitch<const llvm::fltSemantics *>(element)
          .Case("f16", &llvm::APFloat::IEEEhalf())
          .Case("bf16", &llvm::APFloat::BFloat())
          .Case("f8E4M3FN", &llvm::APFloat::Float8E4M3FN())
          .Default(&llvm::APFloat::Float8E5M2());
  int number = int(random() % 9) - 4;
  llvm::APFloat value(static_cast<float>(number));
  bool losesInfo;
  value.convert(*semantics, llvm::APFloat::rmNearestTiesToEven, &losesInfo);
  uint64_t bits = value.bitcastToAPInt().getZExtValue();
  std::memcpy(bytes, &bits, llvm::APFloat::getSizeInBits(*semantics) / 8);
  return number;
}

static size_t getBytes(llvm::StringRef element) {
  return element.ends_with("32") ? 4 : element.ends_with("16") ? 2 : 1;
}

/// The sum of products in the order of docs/arithmetic.md, "Sums of f32".
static float addRow(const std::vector<double> &a,
                    const std::vector<double> &b) {
  float lanes[32] = {};
  for (size_t k = 0; k < a.size(); ++k) {
    float product = float(a[k]) * float(b[k]);
    lanes[k % 32] += product;
  }
  for (int half = 16; half > 0; half /= 2)
    for (int l = 0; l < half; ++l)
      lanes[l] += lanes[l + half];
  return lanes[0];
}

RandomContract::Data RandomContract::makeData(uint64_t seed) const {
  std::mt19937 random(seed + 1);
  Data data;
  auto fill = [&](const Operand &operand, std::vector<char> &bytes) {
    int64_t count = 1;
    for (int64_t size : getShape(operand))
      count *= size;
    size_t width = getBytes(operand.element);
    bytes.resize(count * width);
    std::vector<double> numbers;
    for (int64_t i = 0; i < count; ++i)
      numbers.push_back(
          drawElement(random, operand.element, bytes.data() + i * width));
    return numbers;
  };
  std::vector<double> a = fill(lhs, data.lhs), b = fill(rhs, data.rhs);
  Operand first = out;
  if (!isInteger(lhs) && lhs.element != "f32")
    first.element = "i32"; // exact integers, converted below
  std::vector<double> sums = fill(first, data.init);
  // How far an operand's element moves with each loop.
  auto getStrides = [&](const Operand &operand) {
    std::vector<int64_t> strides(loops.size()), shape = getShape(operand);
    int64_t stride = 1;
    for (size_t i = shape.size(); i-- > 0; stride *= shape[i])
      for (auto [loop, factor] : operand.indices[i])
        strides[loop] += factor * stride;
    return strides;
  };
  auto write = [&](std::vector<char> &bytes) {
    bytes.resize(sums.size() * 4);
    for (size_t i = 0; i < sums.size(); ++i) {
      if (isInteger(out)) {
        auto value = int32_t(uint32_t(int64_t(sums[i])));
        std::memcpy(bytes.data() + i * 4, &value, 4);
      } else {
        auto value = float(sums[i]);
        std::memcpy(bytes.data() + i * 4, &value, 4);
      }
    }
  };
  write(data.init);
  // Lexicographic, as the loops stand: sums are exact but for those of f32,
  // which have one loop alone that is summed.
  std::vector<int64_t> point(loops.size()),
      byLhs = getStrides(lhs), byRhs = getStrides(rhs), byOut = getStrides(out);
  int64_t atLhs = 0, atRhs = 0, atOut = 0;
  auto move = [&](size_t loop, int64_t steps) {
    atLhs += byLhs[loop] * steps;
    atRhs += byRhs[loop] * steps;
    atOut += byOut[loop] * steps;
  };
  bool isF32 = lhs.element == "f32";
  float initial = sums.empty() ? 0 : float(sums[0]);
  while (true) {
    double &sum = sums[atOut], x = a[atLhs], y = b[atRhs];
    sum = isF32 ? std::fma(float(x), float(y), float(sum)) : sum + x * y;
    size_t loop = loops.size();
    while (loop > 0 && point[loop - 1] + 1 == loops[loop - 1].size) {
      move(loop - 1, -point[loop - 1]);
      point[--loop] = 0;
    }
    if (loop == 0)
      break;
    move(loop - 1, 1);
    ++point[loop - 1];
  }
  // A single f32 is the sum of a row.
  if (isF32 && sums.size() == 1 && a.size() >= 16)
    sums[0] = initial + addRow(a, b);
  write(data.expected);
  return data;
}

//===----------------------------------------------------------------------===//
// Families
//===----------------------------------------------------------------------===//

namespace {
class Draw {
public:
  explicit Draw(std::mt19937 &random) : random(random) {}

  int64_t between(int64_t low, int64_t high) {
    return low + int64_t(random() % (high - low + 1));
  }
  bool coin() { return random() & 64; }
  std::string oneOf(std::vector<const char *> texts) {
    return texts[random() % texts.size()];
  }
  /// Mostly small, at and around what tiles are made of.
  int64_t extent(int64_t high) {
    switch (random() % 4) {
    case 0:
      return between(1, 8);
    case 1:
      return std::min(high, 16 * between(1, 4));
    default:
      return between(1, high);
    }
  }
  std::vector<Index> order(std::vector<Index> indices) {
    if (coin())
      std::swap(indices.front(), indices.back());
    return indices;
  }

private:
  std::mt19937 &random;
};
} // namespace

/// out[m, n] of lhs[m, k] or [k, m] and rhs[n, k] or [k, n].
static RandomContract drawProduct(Draw &draw, int64_t m, int64_t n, int64_t k,
                                  std::string left, std::string right,
                                  std::string sum) {
  RandomContract result;
  result.loops = {{m, false}, {n, false}, {k, true}};
  Index row = {{0, 1}}, column = {{1, 1}}, depth = {{2, 1}};
  result.lhs = {std::move(left), draw.order({row, depth})};
  result.rhs = {std::move(right), draw.order({column, depth})};
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

RandomContract quantc::nvvm::test::drawF32(std::mt19937 &random) {
  Draw draw(random);
  // One product is no contraction, and its sum is rounded twice.
  return drawProduct(draw, draw.extent(60), draw.extent(60),
                     1 + draw.extent(70), "f32", "f32", "f32");
}
