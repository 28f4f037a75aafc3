//===- FloatTest.cpp - floating-point arithmetic --------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScalarCase.h"

#include <cfenv>

using namespace quantc::emulator::test;

namespace {

float flushed(float a) {
  return std::fabs(a) < std::numeric_limits<float>::min()
             ? std::copysign(0.0f, a)
             : a;
}

/// The host's arithmetic under another rounding mode.
template <class F>
Reference rounded(int mode, F f) {
  return [mode, f](uint64_t a, uint64_t b, uint64_t c) {
    std::fesetround(mode);
    volatile float x = as<float>(a), y = as<float>(b), z = as<float>(c);
    volatile float result = f(x, y, z);
    std::fesetround(FE_TONEAREST);
    return raw(float(result));
  };
}

// Bounds of the PTX ISA's descriptions of the instructions, for results that
// are normal numbers.
constexpr double noPromise = std::numeric_limits<double>::infinity();

/// A share of the reference.
Bound relative(double share) {
  return [share](float, float, float reference) {
    return std::isnormal(reference) ? share * std::fabs(double(reference))
                                    : noPromise;
  };
}

/// div.approx: 2 ulp while the divisor is in 2^-126 .. 2^126.
double boundOfDiv(float, float b, float reference) {
  double size = std::fabs(double(b));
  return std::isnormal(reference) && size >= 0x1p-126 && size <= 0x1p126
             ? 0x1p-22 * std::fabs(double(reference))
             : noPromise;
}

/// lg2.approx: 2^-22 while the argument is in 0.5 .. 2, else a share of it.
double boundOfLg2(float a, float, float reference) {
  if (!std::isnormal(a) || a < 0)
    return noPromise;
  return a > 0.5f && a < 2 ? 0x1p-22 : 0x1p-22 * std::fabs(double(reference));
}

/// sin.approx: 2^-20.5 in -pi .. pi.
double boundOfSin(float a, float, float) {
  return std::fabs(a) <= 3.14159f ? std::exp2(-20.5) : noPromise;
}

TEST(Scalar, FloatArithmetic) {
  Options options;
  const Case cases[] = {
      {"add.f32",
       32,
       {32, 32},
       two<float>([](float a, float b) { return a + b; }),
       true},
      {"sub.f64",
       64,
       {64, 64},
       two<double>([](double a, double b) { return a - b; }),
       true},
      {"mul.rn.f32",
       32,
       {32, 32},
       two<float>([](float a, float b) { return a * b; }),
       true},
      {"fma.rn.f32",
       32,
       {32, 32, 32},
       three<float>(
           [](float a, float b, float c) { return std::fma(a, b, c); }),
       true},
      {"fma.rn.f64",
       64,
       {64, 64, 64},
       three<double>(
           [](double a, double b, double c) { return std::fma(a, b, c); }),
       true},
      {"div.rn.f32",
       32,
       {32, 32},
       two<float>([](float a, float b) { return a / b; }),
       true},
      {"div.approx.f32",
       32,
       {32, 32},
       two<float>([](float a, float b) { return a / b; }),
       true,
       80,
       boundOfDiv},
      {"rcp.rn.f32",
       32,
       {32},
       [](uint64_t a, uint64_t, uint64_t) { return raw(1.0f / as<float>(a)); },
       true},
      {"sqrt.rn.f32",
       32,
       {32},
       [](uint64_t a, uint64_t, uint64_t) {
         return raw(std::sqrt(as<float>(a)));
       },
       true},
      {"rsqrt.approx.f32",
       32,
       {32},
       [](uint64_t a, uint64_t, uint64_t) {
         return raw(float(1 / std::sqrt(double(as<float>(a)))));
       },
       true,
       80,
       relative(0x1.2p-23)},
      {"add.rz.f32",
       32,
       {32, 32},
       rounded(FE_TOWARDZERO, [](volatile float &a, volatile float &b,
                                 volatile float &) { return a + b; }),
       true},
      {"mul.rp.f32",
       32,
       {32, 32},
       rounded(FE_UPWARD, [](volatile float &a, volatile float &b,
                             volatile float &) { return a * b; }),
       true},
      {"div.rm.f32",
       32,
       {32, 32},
       rounded(FE_DOWNWARD, [](volatile float &a, volatile float &b,
                               volatile float &) { return a / b; }),
       true},
      {"add.ftz.f32",
       32,
       {32, 32},
       two<float>(
           [](float a, float b) { return flushed(flushed(a) + flushed(b)); }),
       true},
      {"mul.sat.f32", 32, {32, 32}, two<float>([](float a, float b) {
         float v = a * b;
         return !(v > 0) ? 0 : v > 1 ? 1 : v;
       })},
      {"min.f32",
       32,
       {32, 32},
       two<float>([](float a, float b) {
         return std::isnan(a)   ? b
                : std::isnan(b) ? a
                : a == b        ? (std::signbit(a) ? a : b)
                : a < b         ? a
                                : b;
       }),
       true},
      {"max.NaN.f32",
       32,
       {32, 32},
       two<float>([](float a, float b) {
         return std::isnan(a) || std::isnan(b) ? NAN
                : a == b                       ? (std::signbit(a) ? b : a)
                : a > b                        ? a
                                               : b;
       }),
       true},
      {"abs.f32",
       32,
       {32},
       [](uint64_t a, uint64_t, uint64_t) { return a & 0x7fffffff; },
       true},
      {"neg.f64",
       64,
       {64},
       [](uint64_t a, uint64_t, uint64_t) { return a ^ (uint64_t(1) << 63); },
       true},
      {"copysign.f32",
       32,
       {32, 32},
       [](uint64_t a, uint64_t b, uint64_t) {
         return (a & 0x80000000) | (b & 0x7fffffff);
       }},
      {"ex2.approx.f32",
       32,
       {32},
       [](uint64_t a, uint64_t, uint64_t) {
         return raw(float(std::exp2(double(as<float>(a)))));
       },
       true,
       80,
       relative(0x1.1p-22)},
      {"lg2.approx.f32",
       32,
       {32},
       [](uint64_t a, uint64_t, uint64_t) {
         return raw(float(std::log2(double(as<float>(a)))));
       },
       true,
       80,
       boundOfLg2},
      {"tanh.approx.f32",
       32,
       {32},
       [](uint64_t a, uint64_t, uint64_t) {
         return raw(float(std::tanh(double(as<float>(a)))));
       },
       true,
       80,
       relative(0x1p-11)},
      {"sin.approx.ftz.f32",
       32,
       {32},
       [](uint64_t a, uint64_t, uint64_t) {
         return raw(flushed(float(std::sin(double(flushed(as<float>(a)))))));
       },
       true,
       80,
       boundOfSin},
      {"add.f16",
       16,
       {16, 16},
       two<_Float16>([](_Float16 a, _Float16 b) { return _Float16(a + b); }),
       true},
      {"mul.f16",
       16,
       {16, 16},
       two<_Float16>([](_Float16 a, _Float16 b) { return _Float16(a * b); }),
       true},
      {"fma.rn.f16",
       16,
       {16, 16, 16},
       three<_Float16>([](_Float16 a, _Float16 b, _Float16 c) {
         return _Float16(__float128(double(a)) * double(b) + double(c));
       }),
       true},
      {"add.f16x2",
       32,
       {32, 32},
       [](uint64_t a, uint64_t b, uint64_t) {
         auto one = [](uint64_t x, uint64_t y) {
           return raw(_Float16(as<_Float16>(x) + as<_Float16>(y))) & 0xffff;
         };
         uint64_t low = one(a & 0xffff, b & 0xffff),
                  high = one(a >> 16, b >> 16);
         auto canon = [](uint64_t v) {
           return (v & 0x7fff) > 0x7c00 ? 0x7fff : v;
         };
         return canon(high) << 16 | canon(low);
       }},
      {"mul.bf16",
       16,
       {16, 16},
       [](uint64_t a, uint64_t b, uint64_t) {
         return bf16(as<float>(a << 16) * as<float>(b << 16));
       },
       false,
       90},
      {"neg.f16",
       16,
       {16},
       [](uint64_t a, uint64_t, uint64_t) { return a ^ 0x8000; },
       true},
  };
  for (const Case &each : cases)
    check(each);
}

} // namespace
