//===- RandomEpilogue.cpp - what becomes of sums, drawn at random ---------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RandomEpilogue.h"
#include "HostMath.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

using namespace quantc::nvvm::test;
using llvm::ArrayRef;
using llvm::formatv;
using llvm::StringRef;

using Numbers = ArrayRef<double>;

std::string RandomEpilogue::Capture::getWideElement() const {
  return StringRef(element).contains('f') ? "f32" : "i32";
}

//===----------------------------------------------------------------------===//
// Drawing
//===----------------------------------------------------------------------===//

/// A constant that MLIR reads back to the last bit.
static std::string literal(float value) {
  return "0x" +
         llvm::utohexstr(llvm::bit_cast<uint32_t>(value), false, /*Width=*/8) +
         " : f32";
}

/// arith.maximumf and arith.minimumf.
static float maximum(float a, float b) {
  if (std::isnan(a) || std::isnan(b))
    return NAN;
  return a == b ? (std::signbit(a) ? b : a) : std::max(a, b);
}
static float minimum(float a, float b) { return -maximum(-a, -b); }

namespace {
class EpilogueDraw {
public:
  EpilogueDraw(Draw &draw, const SumsView &sums) : draw(draw), sums(sums) {}

  RandomEpilogue run();

private:
  using Source = RandomEpilogue::Source;
  using ZeroPoint = RandomEpilogue::ZeroPoint;

  Dims drawSubset(const Dims &of);
  Dims drawOrder(bool keepLast);
  std::vector<unsigned> capture(Source source, std::string element, Dims dims,
                                int exponent = 0);
  void add(std::string text, std::string element,
           std::vector<unsigned> captures,
           std::function<double(double, Numbers)> evaluate);

  void drawInit();
  ZeroPoint drawZeroPoint(const Dims &dims, StringRef element);
  /// What a zero point is called: a constant of this name, defined in `text`,
  /// or one of `captures`, to which it is added.
  std::string useZeroPoint(const ZeroPoint &zero, Source source,
                           StringRef element, StringRef name,
                           std::vector<unsigned> &captures, std::string &text);
  void correctZeroPoints();
  int getSumBits() const;
  float drawStep();
  void addScale(int exponent);
  void addBias();
  void addResidual();
  void addActivation();
  void quantizeBySteps();
  void quantizeFixedPoint();
  void drawFloats();

  Draw &draw;
  const SumsView &sums;
  RandomEpilogue result;
  /// About how large the numbers are by now, once they are floats.
  float magnitude = 100;
};
} // namespace

Dims EpilogueDraw::drawSubset(const Dims &of) {
  Dims subset;
  for (unsigned dim : of)
    if (draw.coin())
      subset.push_back(dim);
  return subset;
}

Dims EpilogueDraw::drawOrder(bool keepLast) {
  Dims order = sums.getDims();
  for (size_t i = order.size() - keepLast; i > 1; --i)
    std::swap(order[i - 1], order[draw.between(0, int64_t(i) - 1)]);
  return order;
}

std::vector<unsigned> EpilogueDraw::capture(Source source, std::string element,
                                            Dims dims, int exponent) {
  result.captures.push_back(
      {source, std::move(element), std::move(dims), exponent});
  return {unsigned(result.captures.size() - 1)};
}

void EpilogueDraw::add(std::string text, std::string element,
                       std::vector<unsigned> captures,
                       std::function<double(double, Numbers)> evaluate) {
  result.steps.push_back({std::move(text), std::move(element),
                          std::move(captures), std::move(evaluate)});
}

void EpilogueDraw::drawInit() {
  switch (draw.between(0, 4)) {
  case 0:
    break;
  case 1:
    result.init = sums.rhsDims;
    break;
  case 2:
    result.init = drawSubset(sums.getDims());
    break;
  default:
    result.init = sums.getDims();
  }
}

//===----------------------------------------------------------------------===//
// Integers
//===----------------------------------------------------------------------===//

RandomEpilogue::ZeroPoint EpilogueDraw::drawZeroPoint(const Dims &dims,
                                                      StringRef element) {
  ZeroPoint zero;
  if (draw.coin())
    zero.dims = drawSubset(dims);
  if (zero.dims.empty() && draw.coin())
    zero.constant =
        element == "ui8" ? draw.between(0, 255) : draw.between(-128, 127);
  return zero;
}

std::string EpilogueDraw::useZeroPoint(const ZeroPoint &zero, Source source,
                                       StringRef element, StringRef name,
                                       std::vector<unsigned> &captures,
                                       std::string &text) {
  if (zero.constant) {
    text +=
        formatv("$r_{0} = arith.constant {1} : i32\n", name, *zero.constant);
    return ("$r_" + name).str();
  }
  auto known = llvm::find_if(
      result.captures, [&](const auto &each) { return each.source == source; });
  captures.push_back(unsigned(known - result.captures.begin()));
  if (known == result.captures.end())
    capture(source, draw.coin() ? "i32" : element.str(), zero.dims);
  return "$" + std::to_string(captures.size() - 1);
}

/// The reference has subtracted the zero points already.
static double keep(double value, Numbers) { return value; }

void EpilogueDraw::correctZeroPoints() {
  if (draw.coin())
    result.lhsZero = drawZeroPoint(sums.lhsDims, sums.lhsElement);
  if (draw.coin())
    result.rhsZero = drawZeroPoint(sums.rhsDims, sums.rhsElement);
  auto fitsInit = [&](ArrayRef<unsigned> dims) {
    return result.init && llvm::all_of(dims, [&](unsigned dim) {
             return llvm::is_contained(*result.init, dim);
           });
  };
  // A zero point times the other operand's sums.
  auto correct = [&](const ZeroPoint &zero, Source zeroSource,
                     StringRef element, Source sumSource, const Dims &dims,
                     bool &isInInit) {
    isInInit = fitsInit(zero.dims) && fitsInit(dims) && draw.coin();
    if (isInInit)
      return;
    std::vector<unsigned> captures = capture(sumSource, "i32", dims);
    std::string text,
        point = useZeroPoint(zero, zeroSource, element, "z", captures, text);
    add(text + "$r_p = arith.muli " + point +
            ", $0 : i32\n"
            "$r = arith.subi $v, $r_p : i32\n",
        "i32", captures, keep);
  };
  if (result.lhsZero)
    correct(*result.lhsZero, Source::LhsZero, sums.lhsElement, Source::RhsSums,
            sums.rhsDims, result.isLhsInInit);
  if (result.rhsZero)
    correct(*result.rhsZero, Source::RhsZero, sums.rhsElement, Source::LhsSums,
            sums.lhsDims, result.isRhsInInit);
  if (!result.lhsZero || !result.rhsZero)
    return;
  result.isProductInInit = fitsInit(result.lhsZero->dims) &&
                           fitsInit(result.rhsZero->dims) && draw.coin();
  if (result.isProductInInit)
    return;
  std::vector<unsigned> captures;
  std::string text,
      left = useZeroPoint(*result.lhsZero, Source::LhsZero, sums.lhsElement,
                          "z", captures, text),
      right = useZeroPoint(*result.rhsZero, Source::RhsZero, sums.rhsElement,
                           "y", captures, text);
  add(text + formatv("$r_k = arith.constant {0} : i32\n"
                     "$r_p = arith.muli {1}, {2} : i32\n"
                     "$r_q = arith.muli $r_p, $r_k : i32\n"
                     "$r = arith.addi $v, $r_q : i32\n",
                     sums.count, left, right)
                 .str(),
      "i32", captures, keep);
}

/// The logarithm of what sums are about: their deviation, or their mean.
int EpilogueDraw::getSumBits() const {
  double size = std::sqrt(double(sums.count)) * 5500;
  if (sums.lhsElement == "ui8" && sums.rhsElement == "ui8" && !result.lhsZero &&
      !result.rhsZero)
    size = double(sums.count) * 127 * 127;
  return int(std::log2(size + (result.init ? 50000 : 0)));
}

/// (v m + 2^(s-1)) >> s in 64 bits, a zero point, clamped.
void EpilogueDraw::quantizeFixedPoint() {
  bool isUnsigned = draw.coin();
  int64_t low = isUnsigned ? 0 : -128, high = low + 255;
  int64_t factor = draw.between(1 << 30, (int64_t(1) << 31) - 1),
          shift = getSumBits() + draw.between(24, 27),
          zero = draw.between(low, high), half = int64_t(1) << (shift - 1);
  add(formatv("$r_w = arith.extsi $v : i32 to i64\n"
              "$r_m = arith.constant {0} : i64\n"
              "$r_h = arith.constant {1} : i64\n"
              "$r_s = arith.constant {2} : i64\n"
              "$r_z = arith.constant {3} : i64\n"
              "$r_l = arith.constant {4} : i64\n"
              "$r_u = arith.constant {5} : i64\n"
              "$r_p = arith.muli $r_w, $r_m : i64\n"
              "$r_q = arith.addi $r_p, $r_h : i64\n"
              "$r_t = arith.shrsi $r_q, $r_s : i64\n"
              "$r_a = arith.addi $r_t, $r_z : i64\n"
              "$r_b = arith.maxsi $r_a, $r_l : i64\n"
              "$r_c = arith.minsi $r_b, $r_u : i64\n"
              "$r = arith.trunci $r_c : i64 to i8\n",
              factor, half, shift, zero, low, high),
      isUnsigned ? "ui8" : "i8", {}, [=](double value, Numbers) {
        int64_t scaled = (int64_t(value) * factor + half) >> shift;
        return double(std::clamp(scaled + zero, low, high));
      });
  result.isQuantizedBySteps = true;
}

//===----------------------------------------------------------------------===//
// Floats
//===----------------------------------------------------------------------===//

/// The scale of a quantization that leaves most numbers inside of its range.
float EpilogueDraw::drawStep() {
  return magnitude * float(draw.between(1024, 16383)) / (1 << 20);
}

void EpilogueDraw::addScale(int exponent) {
  if (draw.oneIn(4)) {
    auto scale = float(std::ldexp(draw.between(65536, 131071), exponent - 16));
    add("$r_s = arith.constant " + literal(scale) +
            "\n$r = arith.mulf $v, $r_s : f32\n",
        "f32", {}, [=](double value, Numbers) { return float(value) * scale; });
    return;
  }
  Dims dims = draw.oneIn(3)   ? sums.rhsDims
              : draw.oneIn(2) ? sums.lhsDims
                              : drawSubset(sums.getDims());
  add("$r = arith.mulf $v, $0 : f32\n", "f32",
      capture(Source::Scale, draw.oneOf({"f32", "f32", "f16", "bf16"}),
              std::move(dims), exponent),
      [](double value, Numbers c) { return float(value) * float(c[0]); });
}

void EpilogueDraw::addBias() {
  add("$r = arith.addf $v, $0 : f32\n", "f32",
      capture(Source::Number, draw.oneOf({"f32", "f32", "f16", "bf16"}),
              draw.oneIn(3) ? drawSubset(sums.getDims()) : sums.rhsDims),
      [](double value, Numbers c) { return float(value) + float(c[0]); });
}

void EpilogueDraw::addResidual() {
  std::string element = draw.oneOf(
      {"f32", "f32", "f16", "bf16", "i8", "ui8", "f8E4M3FN", "f8E5M2"});
  Dims dims = draw.oneIn(4) ? drawOrder(/*keepLast=*/false) : sums.getDims();
  auto residual = capture(Source::Number, element, std::move(dims));
  if (element != "i8" && element != "ui8") {
    add("$r = arith.addf $0, $v : f32\n", "f32", residual,
        [](double value, Numbers c) { return float(c[0]) + float(value); });
    return;
  }
  float scale = float(draw.between(1, 4095)) / 16384;
  auto zero = float(draw.between(0, 9));
  add("$r_s = arith.constant " + literal(scale) + "\n$r_z = arith.constant " +
          literal(zero) +
          "\n$r_f = arith.sitofp $0 : i32 to f32\n"
          "$r_d = arith.subf $r_f, $r_z : f32\n"
          "$r_g = arith.mulf $r_d, $r_s : f32\n"
          "$r = arith.addf $v, $r_g : f32\n",
      "f32", residual, [=](double value, Numbers c) {
        float scaled = (float(c[0]) - zero) * scale;
        return float(value) + scaled;
      });
}

void EpilogueDraw::addActivation() {
  switch (draw.between(0, 6)) {
  case 0:
    add("$r_0 = arith.constant " + literal(0) +
            "\n$r = arith.maximumf $v, $r_0 : f32\n",
        "f32", {},
        [](double value, Numbers) { return maximum(float(value), 0); });
    break;
  case 1:
    magnitude = 6;
    add("$r_0 = arith.constant " + literal(0) + "\n$r_6 = arith.constant " +
            literal(6) +
            "\n$r_m = arith.maximumf $v, $r_0 : f32\n"
            "$r = arith.minimumf $r_m, $r_6 : f32\n",
        "f32", {}, [](double value, Numbers) {
          return minimum(maximum(float(value), 0), 6);
        });
    break;
  case 2:
    add("$r_0 = arith.constant " + literal(0) + "\n$r_s = arith.constant " +
            literal(0.1f) +
            "\n$r_c = arith.cmpf ogt, $v, $r_0 : f32\n"
            "$r_m = arith.mulf $v, $r_s : f32\n"
            "$r = arith.select $r_c, $v, $r_m : f32\n",
        "f32", {}, [](double value, Numbers) {
          return value > 0 ? value : float(value) * 0.1f;
        });
    break;
  case 3: // GELU
    add("$r_s = arith.constant " + literal(0.70710678f) +
            "\n$r_h = arith.constant " + literal(0.5f) +
            "\n$r_1 = arith.constant " + literal(1) +
            "\n$r_a = arith.mulf $v, $r_s : f32\n"
            "$r_e = math.erf $r_a : f32\n"
            "$r_b = arith.addf $r_e, $r_1 : f32\n"
            "$r_c = arith.mulf $v, $r_h : f32\n"
            "$r = arith.mulf $r_c, $r_b : f32\n",
        "f32", {}, [](double value, Numbers) {
          float x = float(value);
          float e = evaluateOnHost("erf", x * 0.70710678f) + 1.0f;
          return x * 0.5f * e;
        });
    break;
  case 4: // SiLU
    add("$r_1 = arith.constant " + literal(1) +
            "\n$r_n = arith.negf $v : f32\n"
            "$r_e = math.exp $r_n : f32\n"
            "$r_d = arith.addf $r_e, $r_1 : f32\n"
            "$r = arith.divf $v, $r_d : f32\n",
        "f32", {}, [](double value, Numbers) {
          float x = float(value);
          return x / (evaluateOnHost("exp", -x) + 1.0f);
        });
    break;
  case 5:
    magnitude = 1;
    add("$r = math.tanh $v : f32\n", "f32", {}, [](double value, Numbers) {
      return evaluateOnHost("tanh", float(value));
    });
    break;
  default: // divided by the root of 1 + x^2
    magnitude = 1;
    add("$r_1 = arith.constant " + literal(1) +
            "\n$r_q = arith.mulf $v, $v : f32\n"
            "$r_a = arith.addf $r_q, $r_1 : f32\n"
            "$r_r = math.sqrt $r_a : f32\n"
            "$r = arith.divf $v, $r_r : f32\n",
        "f32", {}, [](double value, Numbers) {
          float x = float(value);
          float square = x * x;
          return x / std::sqrt(square + 1.0f);
        });
  }
}

/// clamp(rne(v / s), low - z, high - z) + z; NaN becomes z.
void EpilogueDraw::quantizeBySteps() {
  bool isUnsigned = draw.coin();
  auto low = float(isUnsigned ? 0 : -128), high = low + 255,
       zero = float(draw.between(int64_t(low), int64_t(high)));
  float scale = drawStep();
  add("$r_s = arith.constant " + literal(scale) + "\n$r_0 = arith.constant " +
          literal(0) + "\n$r_l = arith.constant " + literal(low - zero) +
          "\n$r_h = arith.constant " + literal(high - zero) +
          formatv("\n$r_z = arith.constant {0} : i32\n", int(zero)).str() +
          "$r_q = arith.divf $v, $r_s : f32\n"
          "$r_u = arith.cmpf uno, $r_q, $r_q : f32\n"
          "$r_n = arith.select $r_u, $r_0, $r_q : f32\n"
          "$r_r = math.roundeven $r_n : f32\n"
          "$r_a = arith.maximumf $r_r, $r_l : f32\n"
          "$r_b = arith.minimumf $r_a, $r_h : f32\n"
          "$r_i = arith.fptosi $r_b : f32 to i32\n"
          "$r_j = arith.addi $r_i, $r_z : i32\n"
          "$r = arith.trunci $r_j : i32 to i8\n",
      isUnsigned ? "ui8" : "i8", {}, [=](double value, Numbers) {
        float quotient = float(value) / scale;
        if (std::isnan(quotient))
          return double(zero);
        double rounded = std::nearbyint(quotient);
        return std::clamp<double>(rounded, low - zero, high - zero) + zero;
      });
  result.isQuantizedBySteps = true;
}

void EpilogueDraw::drawFloats() {
  int exponent = 0;
  if (sums.element == "i32") {
    add("$r = arith.sitofp $v : i32 to f32\n", "f32", {},
        [](double value, Numbers) { return float(value); });
    exponent = int(draw.between(4, 8)) - getSumBits();
  }
  for (int64_t scales = draw.between(exponent ? 1 : 0, 2); scales > 0;
       --scales) {
    addScale(exponent);
    exponent = 0;
  }
  if (draw.coin())
    addBias();
  bool isResidualFirst = draw.coin(), hasResidual = draw.coin();
  if (hasResidual && isResidualFirst)
    addResidual();
  if (draw.between(0, 2))
    addActivation();
  if (hasResidual && !isResidualFirst) {
    addResidual();
    magnitude = 50;
  }
  std::string stored = draw.oneOf(
      {"f32", "f16", "bf16", "bytes", "i8", "ui8", "f8E4M3FN", "f8E5M2"});
  if (stored == "bytes") {
    quantizeBySteps();
  } else if (stored == "f16" || stored == "bf16") {
    add("$r = arith.truncf $v : f32 to " + stored + "\n", stored, {}, keep);
  } else if (stored != "f32") {
    RandomEpilogue::Quantize quantize;
    quantize.storage = stored;
    if (draw.coin())
      quantize.scale = drawStep();
    if (stored == "i8")
      quantize.zeroPoint = draw.between(-128, 127);
    else if (stored == "ui8")
      quantize.zeroPoint = draw.between(0, 255);
    result.quantize = quantize;
  }
}

RandomEpilogue EpilogueDraw::run() {
  drawInit();
  bool isInteger = sums.element == "i32";
  if (isInteger)
    correctZeroPoints();
  int64_t kind = isInteger ? draw.between(0, 7) : 7;
  if (kind == 1)
    quantizeFixedPoint();
  else if (kind > 1)
    drawFloats();
  result.order = drawOrder(/*keepLast=*/!draw.oneIn(8));
  result.element = result.quantize        ? result.quantize->storage
                   : result.steps.empty() ? sums.element
                                          : result.steps.back().element;
  if (result.quantize && !result.quantize->scale && draw.coin())
    for (unsigned dim : result.order)
      if (draw.coin())
        result.quantize->scaleDims.push_back(dim);
  if (result.steps.size() > 1 && draw.coin())
    result.cut = draw.between(1, int64_t(result.steps.size()) - 1);
  result.addsColumns = result.isQuantizedBySteps && draw.coin();
  return std::move(result);
}

RandomEpilogue RandomEpilogue::draw(Draw &draw, const SumsView &sums) {
  return EpilogueDraw(draw, sums).run();
}

RandomEpilogue RandomEpilogue::getNone(const SumsView &sums) {
  RandomEpilogue none;
  none.init = none.order = sums.getDims();
  none.element = sums.element;
  return none;
}
