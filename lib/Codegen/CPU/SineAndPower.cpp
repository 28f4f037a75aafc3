//===- SineAndPower.cpp - sin, cos, pow and cbrt in terms of operations ---===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MathExpressions.h"

#include <cmath>

using namespace mlir;
using namespace quantc::cpu;

namespace {

/// Operations on elements of one type, as many as the function has.
class Elements {
public:
  Elements(ExpressionBuilder &f, Type element)
      : b(f.getBuilder()), f(f), element(element),
        type(f.withElement(element)) {}

  Type getType() const { return type; }
  Value operator()(uint64_t value) {
    unsigned bits = element.getIntOrFloatBitWidth();
    return f.splat(
        b.getIntegerAttr(element, APInt(bits, value, /*isSigned=*/false,
                                        /*implicitTrunc=*/true)));
  }
  Value number(double value) { return f.splat(b.getFloatAttr(element, value)); }

  template <typename OpTy>
  Value make(Value x, Value y) {
    return OpTy::create(b, x, y);
  }
  Value add(Value x, Value y) { return make<arith::AddIOp>(x, y); }
  Value sub(Value x, Value y) { return make<arith::SubIOp>(x, y); }
  Value mul(Value x, Value y) { return make<arith::MulIOp>(x, y); }
  Value both(Value x, Value y) { return make<arith::AndIOp>(x, y); }
  Value either(Value x, Value y) { return make<arith::OrIOp>(x, y); }
  Value left(Value x, Value y) { return make<arith::ShLIOp>(x, y); }
  Value right(Value x, Value y) { return make<arith::ShRUIOp>(x, y); }

  /// Horner's rule in floats, constant term first.
  Value polynomial(Value x, ArrayRef<double> coefficients) {
    Value sum = number(coefficients.back());
    for (double coefficient : llvm::reverse(coefficients.drop_back()))
      sum = math::FmaOp::create(b, sum, x, number(coefficient));
    return sum;
  }

private:
  ImplicitLocOpBuilder &b;
  ExpressionBuilder &f;
  Type element, type;
};

Value select(ImplicitLocOpBuilder &b, Value condition, Value yes, Value no) {
  return arith::SelectOp::create(b, condition, yes, no);
}

} // namespace

/// x is reduced exactly, whatever its size (M. Payne and R. Hanek, Radian
/// Reduction for Trigonometric Functions, 1983): of m 2^e times 2 / pi, only
/// the bits behind the multiples of 4 count, and these are m times 96 bits of 2
/// / pi from a place on that e gives. What is left in 62 bits of a quarter turn
/// has 31 significant ones even next to a multiple of pi / 2, from where no f32
/// is nearer than 2^-31.
Value quantc::cpu::buildSine(ExpressionBuilder &f, Value x, bool isCosine) {
  ImplicitLocOpBuilder &b = f.getBuilder();
  Elements word(f, b.getI32Type()), wide(f, b.getI64Type());
  Elements real(f, b.getF64Type());
  // Bits of 2 / pi behind the point, after 32 zeros.
  constexpr uint32_t twoOverPi[] = {0x00000000, 0xA2F9836E, 0x4E441529,
                                    0xFC2757D1, 0xF534DDC0, 0xDB629599,
                                    0x3C439041, 0xFE5163AB};
  Value magnitude = f.absolute(x);
  Value bits = arith::BitcastOp::create(b, word.getType(), x);
  Value exponent = word.both(word.right(bits, word(23)), word(0xFF));
  Value mantissa = word.either(word.both(bits, word(0x7FFFFF)), word(0x800000));
  // The first bit that counts; below 1/2 nothing has to be reduced.
  Value start = arith::MinSIOp::create(
      b, arith::MaxSIOp::create(b, word.sub(exponent, word(120)), word(0)),
      word(134));
  Value index = word.right(start, word(5)), shift = word.both(start, word(31));
  SmallVector<Value> words;
  for (int offset = 0; offset < 4; ++offset) {
    Value chosen = word(twoOverPi[offset]);
    for (int i = 1; i <= 4; ++i)
      chosen = select(
          b, arith::CmpIOp::create(b, arith::CmpIPredicate::eq, index, word(i)),
          word(twoOverPi[offset + i]), chosen);
    words.push_back(chosen);
  }
  SmallVector<Value> products;
  Value factor = arith::ExtUIOp::create(b, wide.getType(), mantissa);
  for (int i = 0; i < 3; ++i) {
    // In two steps: a shift by 32 has no meaning.
    Value low = word.right(word.right(words[i + 1], word(1)),
                           word.sub(word(31), shift));
    Value window = word.either(word.left(words[i], shift), low);
    products.push_back(
        wide.mul(factor, arith::ExtUIOp::create(b, wide.getType(), window)));
  }
  Value turn = wide.add(wide.add(wide.left(products[0], wide(32)), products[1]),
                        wide.right(products[2], wide(32)));
  Value quarter = wide.right(wide.add(turn, wide(1ull << 61)), wide(62));
  Value rest = wide.sub(turn, wide.left(quarter, wide(62)));
  Value angle = arith::TruncFOp::create(
      b, f.getType(),
      real.make<arith::MulFOp>(arith::SIToFPOp::create(b, real.getType(), rest),
                               real.number(M_PI_2 * 0x1p-62)));
  Value count = arith::TruncIOp::create(b, word.getType(), quarter);
  Value isSmall = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, magnitude,
                                        f.constant(0.5f));
  Value r = select(b, isSmall, magnitude, angle);
  count = select(b, isSmall, word(0), count);
  if (isCosine)
    count = word.add(count, word(1));

  // On [-pi / 4, pi / 4] (S. Moshier, Cephes, sinf.c): relative error 2^-24.
  Value z = f.mul(r, r);
  Value sine = f.fma(
      f.mul(r, z),
      f.polynomial(z, {-1.6666654611e-1f, 8.3321608736e-3f, -1.9515295891e-4f}),
      r);
  Value cosine =
      f.fma(f.mul(z, z),
            f.polynomial(z, {4.166664568298827e-2f, -1.388731625493765e-3f,
                             2.443315711809948e-5f}),
            f.fma(z, f.constant(-0.5f), f.constant(1.0f)));
  Value isOdd = arith::CmpIOp::create(b, arith::CmpIPredicate::ne,
                                      word.both(count, word(1)), word(0));
  Value result = select(b, isOdd, cosine, sine);
  Value sign = word.left(word.right(count, word(1)), word(31));
  if (!isCosine)
    sign = arith::XOrIOp::create(b, sign, word.both(bits, word(0x80000000)));
  result = arith::BitcastOp::create(
      b, f.getType(),
      arith::XOrIOp::create(
          b, arith::BitcastOp::create(b, word.getType(), result), sign));
  return f.select(arith::CmpFPredicate::OEQ, magnitude, f.constant(INFINITY),
                  f.constant(NAN), result);
}

/// 2^(y log2 |x|) in f64, whose errors are far below a rounding to f32:
/// log2(m) = 2 / ln 2 atanh((m - 1) / (m + 1)) on [sqrt(1/2), sqrt(2)) and
/// 2^f = exp(f ln 2) on [-1/2, 1/2], each by its series.
Value quantc::cpu::buildPower(ExpressionBuilder &f, Value x, Value y) {
  ImplicitLocOpBuilder &b = f.getBuilder();
  Elements wide(f, b.getF64Type()), bits(f, b.getI64Type());
  Type narrowType = f.withElement(b.getI32Type());
  auto compare = [&](arith::CmpFPredicate predicate, Value left, Value right) {
    return Value(arith::CmpFOp::create(b, predicate, left, right));
  };
  auto both = [&](Value left, Value right) {
    return Value(arith::AndIOp::create(b, left, right));
  };
  using Is = arith::CmpFPredicate;
  Value zero = f.constant(0.0f), one = f.constant(1.0f);
  Value infinity = f.constant(INFINITY), nan = f.constant(NAN);
  Value magnitude = f.absolute(x);

  // log2 of |x| = 2^k m.
  Value base = arith::ExtFOp::create(b, wide.getType(), magnitude);
  Value baseBits = arith::BitcastOp::create(b, bits.getType(), base);
  Value k = arith::ShRSIOp::create(
      b, bits.sub(baseBits, bits(llvm::bit_cast<uint64_t>(M_SQRT1_2))),
      bits(52));
  Value m = arith::BitcastOp::create(
      b, wide.getType(), bits.sub(baseBits, bits.left(k, bits(52))));
  Value whole = arith::SIToFPOp::create(
      b, wide.getType(), arith::TruncIOp::create(b, narrowType, k));
  Value t =
      wide.make<arith::DivFOp>(wide.make<arith::SubFOp>(m, wide.number(1)),
                               wide.make<arith::AddFOp>(m, wide.number(1)));
  SmallVector<double> atanh, exp;
  for (int i = 0; i < 8; ++i)
    atanh.push_back(2 / M_LN2 / (2 * i + 1));
  Value log = math::FmaOp::create(
      b, t, wide.polynomial(wide.make<arith::MulFOp>(t, t), atanh), whole);
  log =
      select(b, compare(Is::OEQ, magnitude, zero), wide.number(-INFINITY), log);
  log = select(b, compare(Is::OEQ, magnitude, infinity), wide.number(INFINITY),
               log);

  // 2^p, beyond the range of f32 on both sides.
  Value power = arith::ExtFOp::create(b, wide.getType(), y);
  Value p = wide.make<arith::MulFOp>(power, log);
  p = select(b, compare(Is::OEQ, magnitude, one), wide.number(0), p);
  p = select(b, compare(Is::OLT, p, wide.number(200)), p, wide.number(200));
  p = select(b, compare(Is::OGT, p, wide.number(-200)), p, wide.number(-200));
  constexpr double magic = 0x1.8p52;
  Value shifted = wide.make<arith::AddFOp>(p, wide.number(magic));
  Value rest = wide.make<arith::SubFOp>(
      p, wide.make<arith::SubFOp>(shifted, wide.number(magic)));
  double factorial = 1;
  for (int i = 0; i < 11; ++i) {
    exp.push_back(1 / factorial);
    factorial *= i + 1;
  }
  Value fraction =
      wide.polynomial(wide.make<arith::MulFOp>(rest, wide.number(M_LN2)), exp);
  Value biased = bits.add(arith::BitcastOp::create(b, bits.getType(), shifted),
                          bits(1023 - llvm::bit_cast<uint64_t>(magic)));
  Value scale =
      arith::BitcastOp::create(b, wide.getType(), bits.left(biased, bits(52)));
  Value result = arith::TruncFOp::create(
      b, f.getType(), wide.make<arith::MulFOp>(fraction, scale));

  // Negative bases have powers where y is whole, negative ones where it is odd.
  Value isWhole = compare(Is::OEQ, math::FloorOp::create(b, y), y);
  Value half = f.mul(y, f.constant(0.5f));
  Value isOdd =
      both(isWhole, compare(Is::UNE, math::FloorOp::create(b, half), half));
  result = select(b, isOdd, f.copySign(result, x), result);
  Value isNegative =
      both(compare(Is::OLT, x, zero), compare(Is::UNE, magnitude, infinity));
  result = select(b, isNegative, select(b, isWhole, result, nan), result);
  result = select(b, compare(Is::UNO, x, y), nan, result);
  // Of anything, NaN as well.
  result = select(b, compare(Is::OEQ, x, one), one, result);
  return select(b, compare(Is::OEQ, y, zero), one, result);
}

/// In f64, from a third of the exponent (W. Kahan, Computing a Real Cube Root,
/// 1991) by two steps of Halley's iteration, which triples the number of right
/// bits: 5, 16, 47.
Value quantc::cpu::buildCubeRoot(ExpressionBuilder &f, Value x) {
  ImplicitLocOpBuilder &b = f.getBuilder();
  Elements wide(f, b.getF64Type()), bits(f, b.getI64Type());
  Value magnitude = f.absolute(x);
  Value cube = arith::ExtFOp::create(b, wide.getType(), magnitude);
  // The upper half divided by 3 is multiplied by a third of 2^32. What is added
  // is two thirds of the exponent's bias, less the middle of the error.
  Value third = bits.right(
      bits.mul(bits.right(arith::BitcastOp::create(b, bits.getType(), cube),
                          bits(32)),
               bits(0x55555556)),
      bits(32));
  Value root = arith::BitcastOp::create(
      b, wide.getType(), bits.left(bits.add(third, bits(715094163)), bits(32)));
  for (int step = 0; step < 2; ++step) {
    Value power =
        wide.make<arith::MulFOp>(wide.make<arith::MulFOp>(root, root), root);
    Value above =
        wide.make<arith::AddFOp>(wide.make<arith::AddFOp>(cube, cube), power);
    Value below =
        wide.make<arith::AddFOp>(wide.make<arith::AddFOp>(power, power), cube);
    root =
        wide.make<arith::DivFOp>(wide.make<arith::MulFOp>(root, above), below);
  }
  Value result = f.copySign(arith::TruncFOp::create(b, f.getType(), root), x);
  // Zeros and infinities are their own roots.
  result = f.select(arith::CmpFPredicate::OEQ, magnitude, f.constant(0.0f), x,
                    result);
  return f.select(arith::CmpFPredicate::OEQ, magnitude, f.constant(INFINITY), x,
                  result);
}
