//===- RandomReference.cpp - what random contractions compute -------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RandomContract.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include <cmath>
#include <cstring>

using namespace quantc::nvvm::test;

using Operand = RandomContract::Operand;

/// A random number that the element type has.
static double drawNumber(std::mt19937 &random, llvm::StringRef element) {
  if (element.ends_with("i8")) {
    int dice = int(random() % 8);
    int8_t value = dice == 0 ? -128 : dice == 1 ? 127 : int8_t(random() & 255);
    return element == "ui8" ? double(uint8_t(value)) : double(value);
  }
  if (element == "i32")
    return int32_t(random() % 200001) - 100000;
  if (element == "f32")
    return float(int32_t(random() % 65537) - 32768) / 1024;
  return int(random() % 9) - 4;
}

static size_t getBytes(llvm::StringRef element) {
  return element.ends_with("32") ? 4 : element.ends_with("16") ? 2 : 1;
}

static std::vector<char> encode(const std::vector<double> &numbers,
                                llvm::StringRef element) {
  const llvm::fltSemantics *semantics =
      llvm::StringSwitch<const llvm::fltSemantics *>(element)
          .Case("f32", &llvm::APFloat::IEEEsingle())
          .Case("f16", &llvm::APFloat::IEEEhalf())
          .Case("bf16", &llvm::APFloat::BFloat())
          .Case("f8E4M3FN", &llvm::APFloat::Float8E4M3FN())
          .Case("f8E5M2", &llvm::APFloat::Float8E5M2())
          .Default(nullptr);
  size_t width = getBytes(element);
  std::vector<char> bytes(numbers.size() * width);
  for (size_t i = 0; i < numbers.size(); ++i) {
    uint64_t bits = uint64_t(int64_t(numbers[i]));
    if (element.starts_with("f8") && std::isnan(numbers[i])) {
      bits = 0x7f;
    } else if (semantics) {
      llvm::APFloat value(numbers[i]);
      bool losesInfo;
      value.convert(*semantics, llvm::APFloat::rmNearestTiesToEven, &losesInfo);
      bits = value.bitcastToAPInt().getZExtValue();
    }
    std::memcpy(bytes.data() + i * width, &bits, width);
  }
  return bytes;
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

namespace {
/// The reference: one loop nest, and the steps of the epilogue on each sum.
class Reference {
public:
  Reference(const RandomContract &contract, uint64_t seed)
      : contract(contract), epilogue(contract.epilogue),
        view(contract.getSums()), random(seed + 1),
        count(view.getSize(getNatural())) {}

  RandomContract::Data run();

private:
  using Numbers = std::vector<double>;
  using Source = RandomEpilogue::Source;

  Dims getNatural() const {
    Dims dims = epilogue.order;
    llvm::sort(dims);
    return dims;
  }
  Numbers draw(int64_t size, llvm::StringRef element) {
    Numbers numbers;
    for (int64_t i = 0; i < size; ++i)
      numbers.push_back(drawNumber(random, element));
    return numbers;
  }
  /// One number for each sum, of those along `dims`.
  Numbers spread(const Numbers &numbers, const Dims &dims) const {
    Numbers all;
    for (int64_t at = 0; at < count; ++at)
      all.push_back(numbers[view.locate(dims, at)]);
    return all;
  }
  /// The opposite: the numbers do not vary along other dimensions.
  Numbers gather(const Numbers &all, const Dims &dims) const {
    Numbers numbers(view.getSize(dims));
    for (int64_t at = 0; at < count; ++at)
      numbers[view.locate(dims, at)] = all[at];
    return numbers;
  }
  Numbers drawZeroPoints(const std::optional<RandomEpilogue::ZeroPoint> &zero,
                         llvm::StringRef element);
  Numbers drawCapture(const RandomEpilogue::Capture &capture);
  void addProducts(const Numbers &a, const Numbers &b);
  Numbers getInit() const;

  const RandomContract &contract;
  const RandomEpilogue &epilogue;
  SumsView view;
  std::mt19937 random;
  int64_t count;
  /// One for each element of the result.
  Numbers sums, first, lhsZeros, rhsZeros, lhsSums, rhsSums;
};
} // namespace

std::vector<double>
Reference::drawZeroPoints(const std::optional<RandomEpilogue::ZeroPoint> &zero,
                          llvm::StringRef element) {
  if (!zero)
    return Numbers(count, 0);
  if (zero->constant)
    return Numbers(count, double(*zero->constant));
  return spread(draw(view.getSize(zero->dims), element), zero->dims);
}

void Reference::addProducts(const Numbers &a, const Numbers &b) {
  const std::vector<RandomContract::Loop> &loops = contract.loops;
  // How far an operand's element moves with each loop.
  auto getStrides = [&](const Operand &operand) {
    std::vector<int64_t> strides(loops.size()),
        shape = contract.getShape(operand);
    int64_t stride = 1;
    for (size_t i = shape.size(); i-- > 0; stride *= shape[i])
      for (auto [loop, factor] : operand.indices[i])
        strides[loop] += factor * stride;
    return strides;
  };
  lhsSums.assign(count, 0);
  rhsSums.assign(count, 0);
  // Lexicographic, as the loops stand: sums are exact but for those of f32,
  // which have one loop alone that is summed.
  std::vector<int64_t> point(loops.size()), byLhs = getStrides(contract.lhs),
                                            byRhs = getStrides(contract.rhs),
                                            byOut = getStrides(contract.out);
  int64_t atLhs = 0, atRhs = 0, at = 0;
  auto move = [&](size_t loop, int64_t steps) {
    atLhs += byLhs[loop] * steps;
    atRhs += byRhs[loop] * steps;
    at += byOut[loop] * steps;
  };
  bool isF32 = contract.lhs.element == "f32";
  while (true) {
    double &sum = sums[at], x = a[atLhs], y = b[atRhs];
    lhsSums[at] += x;
    rhsSums[at] += y;
    sum = isF32 ? std::fma(float(x), float(y), float(sum))
                : sum + (x - lhsZeros[at]) * (y - rhsZeros[at]);
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
  if (isF32 && count == 1 && a.size() >= 16)
    sums[0] = float(first[0]) + addRow(a, b);
  for (double &sum : sums)
    sum = view.element == "i32" ? double(int32_t(uint32_t(int64_t(sum))))
                                : double(float(sum));
}

/// What the program starts with: with the corrections that are part of it.
std::vector<double> Reference::getInit() const {
  Numbers init = first;
  for (int64_t at = 0; at < count; ++at) {
    if (epilogue.isLhsInInit)
      init[at] -= lhsZeros[at] * rhsSums[at];
    if (epilogue.isRhsInInit)
      init[at] -= rhsZeros[at] * lhsSums[at];
    if (epilogue.isProductInInit)
      init[at] += double(view.count) * lhsZeros[at] * rhsZeros[at];
  }
  return gather(init, *epilogue.init);
}

std::vector<double>
Reference::drawCapture(const RandomEpilogue::Capture &capture) {
  switch (capture.source) {
  case Source::LhsZero:
    return gather(lhsZeros, capture.dims);
  case Source::RhsZero:
    return gather(rhsZeros, capture.dims);
  case Source::LhsSums:
    return gather(lhsSums, capture.dims);
  case Source::RhsSums:
    return gather(rhsSums, capture.dims);
  case Source::Number:
  case Source::Scale:
    break;
  }
  int64_t size = view.getSize(capture.dims);
  if (capture.source == Source::Number) {
    Numbers numbers = draw(size, capture.element);
    if (capture.element == "f32" && epilogue.takesSpecials())
      for (double &number : numbers)
        if (unsigned dice = random() % 128; dice < 3)
          number = dice == 0 ? NAN : dice == 1 ? INFINITY : -INFINITY;
    return numbers;
  }
  // As many bits as the type has.
  int bits = capture.element == "f32" ? 16 : 3;
  Numbers scales;
  for (int64_t i = 0; i < size; ++i)
    scales.push_back(
        std::ldexp(double((1 << bits) + int(random() % (1 << bits))),
                   capture.exponent - bits));
  return scales;
}

RandomContract::Data Reference::run() {
  const Operand &lhs = contract.lhs, &rhs = contract.rhs;
  auto sizeOf = [&](const Operand &operand) {
    int64_t size = 1;
    for (int64_t extent : contract.getShape(operand))
      size *= extent;
    return size;
  };
  Numbers a = draw(sizeOf(lhs), lhs.element),
          b = draw(sizeOf(rhs), rhs.element);
  first.assign(count, 0);
  if (epilogue.init) {
    // Small integers for narrow floats.
    bool isNarrow = view.element == "f32" && lhs.element != "f32";
    first = spread(
        draw(view.getSize(*epilogue.init), isNarrow ? "i8" : view.element),
        *epilogue.init);
  }
  sums = first;
  lhsZeros = drawZeroPoints(epilogue.lhsZero, lhs.element);
  rhsZeros = drawZeroPoints(epilogue.rhsZero, rhs.element);
  addProducts(a, b);

  RandomContract::Data data;
  data.arguments = {encode(a, lhs.element), encode(b, rhs.element)};
  if (epilogue.init)
    data.arguments.push_back(encode(getInit(), view.element));
  std::vector<Numbers> captured;
  for (const RandomEpilogue::Capture &capture : epilogue.captures) {
    Numbers numbers = drawCapture(capture);
    data.arguments.push_back(encode(numbers, capture.element));
    captured.push_back(spread(numbers, capture.dims));
  }
  Numbers scales(count, 1);
  if (epilogue.quantize && epilogue.quantize->scale) {
    scales.assign(count, *epilogue.quantize->scale);
  } else if (epilogue.quantize) {
    const Dims &dims = epilogue.quantize->scaleDims;
    Numbers numbers = drawCapture({Source::Scale, "f32", dims});
    data.arguments.push_back(encode(numbers, "f32"));
    scales = spread(numbers, dims);
  }
  Numbers rows, results(count);
  if (epilogue.addsColumns) {
    rows = draw(view.getSize(epilogue.getRowDims()), "i32");
    data.arguments.push_back(encode(rows, "i32"));
  }
  for (int64_t at = 0; at < count; ++at) {
    Numbers read;
    for (const Numbers &numbers : captured)
      read.push_back(numbers[at]);
    double result = epilogue.evaluate(sums[at], read, scales[at]);
    results[view.locate(epilogue.order, at)] = result;
    if (epilogue.addsColumns)
      rows[view.locate(epilogue.getRowDims(), at)] += result;
  }
  data.expected = {encode(results, epilogue.element)};
  if (epilogue.addsColumns)
    data.expected.push_back(encode(rows, "i32"));
  return data;
}

RandomContract::Data RandomContract::makeData(uint64_t seed) const {
  return Reference(*this, seed).run();
}
