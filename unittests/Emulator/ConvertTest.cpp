//===- ConvertTest.cpp - conversions --------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScalarCase.h"

using namespace quantc::emulator::test;

namespace {

/// The nearest value of a small format by trying all of them; ties to the
/// even pattern; beyond the largest: the largest (satfinite).
uint64_t nearestF8(double value, bool e4m3) {
  if (std::isnan(value))
    return 0x7f;
  auto decode = [&](unsigned v) {
    int mantissa = e4m3 ? 3 : 2, bias = e4m3 ? 7 : 15, exponent = v >> mantissa;
    double fraction = v & ((1 << mantissa) - 1);
    return exponent ? std::ldexp(fraction + (1 << mantissa),
                                 exponent - bias - mantissa)
                    : std::ldexp(fraction, 1 - bias - mantissa);
  };
  unsigned last = e4m3 ? 0x7e : 0x7b, best = 0;
  double magnitude = std::fabs(value);
  for (unsigned v = 1; v <= last; ++v) {
    double now = std::fabs(decode(v) - magnitude),
           before = std::fabs(decode(best) - magnitude);
    if (now < before || (now == before && !(v & 1)))
      best = v;
  }
  if (magnitude > decode(last))
    best = last;
  return best | (std::signbit(value) ? 0x80 : 0);
}

template <class T>
uint64_t saturated(double value) {
  if (std::isnan(value))
    return sizeof(T) == 8 ? uint64_t(1) << 63 : 0;
  if (value <= double(std::numeric_limits<T>::min()))
    return uint64_t(std::numeric_limits<T>::min());
  if (value >= double(std::numeric_limits<T>::max()))
    return uint64_t(std::numeric_limits<T>::max());
  return uint64_t(T(value));
}

TEST(Scalar, Conversions) {
  Options options;
  const Case cases[] = {
      {"cvt.u64.u32",
       64,
       {32},
       [](uint64_t a, uint64_t, uint64_t) { return a; }},
      {"cvt.s64.s32",
       64,
       {32},
       [](uint64_t a, uint64_t, uint64_t) {
         return uint64_t(int64_t(int32_t(a)));
       }},
      {"cvt.u16.u32",
       16,
       {32},
       [](uint64_t a, uint64_t, uint64_t) { return a; }},
      {"cvt.s32.s8",
       32,
       {32},
       [](uint64_t a, uint64_t, uint64_t) {
         return uint64_t(int64_t(int8_t(a)));
       }},
      {"cvt.u32.u8",
       32,
       {32},
       [](uint64_t a, uint64_t, uint64_t) { return a & 255; }},
      {"cvt.s8.s32",
       32,
       {32},
       [](uint64_t a, uint64_t, uint64_t) {
         return uint64_t(int64_t(int8_t(a)));
       }},
      {"cvt.sat.s8.s32",
       32,
       {32},
       [](uint64_t a, uint64_t, uint64_t) {
         return uint64_t(int64_t(std::min(std::max(int32_t(a), -128), 127)));
       }},
      {"cvt.sat.u8.s32",
       32,
       {32},
       [](uint64_t a, uint64_t, uint64_t) {
         return uint64_t(std::min(std::max(int32_t(a), 0), 255));
       }},
      {"cvt.rni.s32.f32",
       32,
       {32},
       [](uint64_t a, uint64_t, uint64_t) {
         return saturated<int32_t>(std::nearbyint(double(as<float>(a))));
       }},
      {"cvt.rzi.u32.f32",
       32,
       {32},
       [](uint64_t a, uint64_t, uint64_t) {
         return saturated<uint32_t>(std::trunc(double(as<float>(a))));
       }},
      {"cvt.rmi.s64.f64",
       64,
       {64},
       [](uint64_t a, uint64_t, uint64_t) {
         return saturated<int64_t>(std::floor(as<double>(a)));
       }},
      {"cvt.rni.sat.s8.f32",
       32,
       {32},
       [](uint64_t a, uint64_t, uint64_t) {
         return uint64_t(int64_t(
             int8_t(saturated<int8_t>(std::nearbyint(double(as<float>(a)))))));
       }},
      {"cvt.rpi.f32.f32",
       32,
       {32},
       [](uint64_t a, uint64_t, uint64_t) {
         return raw(std::ceil(as<float>(a)));
       },
       true},
      {"cvt.rn.f32.s32",
       32,
       {32},
       [](uint64_t a, uint64_t, uint64_t) { return raw(float(int32_t(a))); }},
      {"cvt.rn.f32.u64",
       32,
       {64},
       [](uint64_t a, uint64_t, uint64_t) { return raw(float(a)); }},
      {"cvt.rn.f64.s64",
       64,
       {64},
       [](uint64_t a, uint64_t, uint64_t) { return raw(double(int64_t(a))); }},
      {"cvt.rn.f16.s32",
       16,
       {32},
       [](uint64_t a, uint64_t, uint64_t) {
         return raw(_Float16(int32_t(a)));
       }},
      {"cvt.rn.f16.f32",
       16,
       {32},
       [](uint64_t a, uint64_t, uint64_t) {
         return raw(_Float16(as<float>(a)));
       },
       true},
      {"cvt.rn.bf16.f32",
       16,
       {32},
       [](uint64_t a, uint64_t, uint64_t) { return bf16(as<float>(a)); }},
      {"cvt.f32.f16",
       32,
       {16},
       [](uint64_t a, uint64_t, uint64_t) {
         return raw(float(as<_Float16>(a)));
       },
       true},
      {"cvt.f32.bf16",
       32,
       {16},
       [](uint64_t a, uint64_t, uint64_t) { return a << 16; },
       true},
      {"cvt.f64.f32",
       64,
       {32},
       [](uint64_t a, uint64_t, uint64_t) { return raw(double(as<float>(a))); },
       true},
      {"cvt.rn.f32.f64",
       32,
       {64},
       [](uint64_t a, uint64_t, uint64_t) { return raw(float(as<double>(a))); },
       true},
      {"cvt.rn.relu.f16.f32",
       16,
       {32},
       [](uint64_t a, uint64_t, uint64_t) {
         float v = as<float>(a);
         return std::isnan(v)       ? 0x7fff
                : v <= 0 || a >> 31 ? 0
                                    : raw(_Float16(v));
       }},
      {"cvt.rna.tf32.f32",
       32,
       {32},
       [](uint64_t a, uint64_t, uint64_t) {
         return (a & 0x7fffffff) >= 0x7f800000
                    ? ((a & 0x7fffff) ? 0x7fffffff : a)
                    : (a + 0x1000) & ~uint64_t(0x1fff);
       },
       true},
      {"cvt.rn.satfinite.e4m3x2.f32",
       16,
       {32, 32},
       [](uint64_t a, uint64_t b, uint64_t) {
         return nearestF8(as<float>(a), true) << 8 |
                nearestF8(as<float>(b), true);
       },
       false,
       89},
      {"cvt.rn.satfinite.e5m2x2.f32",
       16,
       {32, 32},
       [](uint64_t a, uint64_t b, uint64_t) {
         return nearestF8(as<float>(a), false) << 8 |
                nearestF8(as<float>(b), false);
       },
       false,
       89},
      {"cvt.rn.satfinite.e4m3x2.f16x2",
       16,
       {32},
       [](uint64_t a, uint64_t, uint64_t) {
         return nearestF8(float(as<_Float16>(a >> 16)), true) << 8 |
                nearestF8(float(as<_Float16>(a & 0xffff)), true);
       },
       false,
       89},
      {"cvt.rn.bf16x2.f32",
       32,
       {32, 32},
       [](uint64_t a, uint64_t b, uint64_t) {
         auto one = [](uint64_t v) {
           float f = as<float>(v);
           return bf16(f);
         };
         return one(a) << 16 | one(b);
       }},
      {"cvt.pack.sat.s8.s32.b32",
       32,
       {32, 32, 32},
       [](uint64_t a, uint64_t b, uint64_t c) {
         auto one = [](uint64_t v) {
           return uint64_t(uint8_t(std::min(std::max(int32_t(v), -128), 127)));
         };
         return (c & 0xffff) << 16 | one(a) << 8 | one(b);
       }},
      {"cvt.pack.sat.u16.s32",
       32,
       {32, 32},
       [](uint64_t a, uint64_t b, uint64_t) {
         auto one = [](uint64_t v) {
           return uint64_t(std::min(std::max(int32_t(v), 0), 65535));
         };
         return one(a) << 16 | one(b);
       }},
  };
  for (const Case &each : cases)
    check(each);
}

/// Floats that conversions to eight bits may get wrong, three times in a row as
/// operands of a lane: all patterns of the upper 16 bits, and where eight-bit
/// numbers and integers have ties, these and their neighbours.
std::vector<uint64_t> operandsOfBytes() {
  std::vector<float> numbers;
  for (uint32_t i = 0; i < 1 << 16; ++i)
    numbers.push_back(bits<float>(i << 16));
  auto add = [&](float middle) {
    for (float towards : {-INFINITY, middle, INFINITY})
      numbers.push_back(std::nextafter(middle, towards));
  };
  for (int exponent = -20; exponent < 18; ++exponent)
    for (int mantissa = -32; mantissa <= 32; ++mantissa)
      add(std::ldexp(float(mantissa), exponent - 4));
  for (int half = -600; half <= 600; ++half)
    add(float(half) / 2);
  numbers.resize((numbers.size() + 31) / 32 * 32);
  std::vector<uint64_t> operands;
  for (size_t i = 0; i < numbers.size(); ++i)
    for (size_t s : {0, 1, 7})
      operands.push_back(raw(numbers[(i + s) % numbers.size()]));
  return operands;
}

template <bool isE4M3>
uint64_t toF8Pair(uint64_t a, uint64_t b, uint64_t) {
  return nearestF8(as<float>(a), isE4M3) << 8 | nearestF8(as<float>(b), isE4M3);
}

template <class T>
uint64_t toInteger(uint64_t a, uint64_t, uint64_t) {
  return uint64_t(
      int64_t(T(saturated<T>(std::nearbyint(double(as<float>(a)))))));
}

/// A byte of f8 as f16, by its fields.
template <bool isE4M3>
uint64_t fromF8(uint64_t byte) {
  int mantissa = isE4M3 ? 3 : 2, bias = isE4M3 ? 7 : 15;
  int exponent = int(byte >> mantissa & (isE4M3 ? 15 : 31));
  int fraction = int(byte & ((1 << mantissa) - 1));
  if (isE4M3 ? (byte & 0x7f) == 0x7f : exponent == 31 && fraction)
    return 0x7fff;
  double value = exponent ? std::ldexp(fraction + (1 << mantissa),
                                       exponent - bias - mantissa)
                          : std::ldexp(fraction, 1 - bias - mantissa);
  if (!isE4M3 && exponent == 31)
    value = INFINITY;
  return raw(_Float16(byte & 0x80 ? -value : value));
}

template <bool isE4M3>
uint64_t fromF8Pair(uint64_t a, uint64_t, uint64_t) {
  return fromF8<isE4M3>(a >> 8 & 255) << 16 | fromF8<isE4M3>(a & 255);
}

// What generated kernels quantize with, on every number that matters.
TEST(Scalar, ConversionsToBytes) {
  const Case cases[] = {
      {"cvt.rn.satfinite.e4m3x2.f32", 16, {32, 32}, toF8Pair<true>, false, 89},
      {"cvt.rn.satfinite.e5m2x2.f32", 16, {32, 32}, toF8Pair<false>, false, 89},
      {"cvt.rni.sat.s8.f32", 32, {32}, toInteger<int8_t>},
      {"cvt.rni.sat.u8.f32", 32, {32}, toInteger<uint8_t>},
      {"cvt.rni.sat.s16.f32", 32, {32}, toInteger<int16_t>},
      {"cvt.rni.s32.f32", 32, {32}, toInteger<int32_t>},
  };
  std::vector<uint64_t> operands = operandsOfBytes();
  for (const Case &each : cases)
    check(each, operands);
}

TEST(Scalar, ConversionsFromBytes) {
  std::vector<uint64_t> pairs(3 << 16);
  for (uint64_t i = 0; i < 1 << 16; ++i)
    pairs[3 * i] = i;
  check({"cvt.rn.f16x2.e4m3x2", 32, {16}, fromF8Pair<true>, false, 89}, pairs);
  check({"cvt.rn.f16x2.e5m2x2", 32, {16}, fromF8Pair<false>, false, 89}, pairs);
}

} // namespace
