//===- ScalarTest.cpp - one instruction at a time against its formula -----===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every instruction runs alone in a small kernel on edge values and random
// bits; the expected result is the PTX ISA's formula, computed here by the
// host's own types (also _Float16) or by search.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

#include <cfenv>
#include <cmath>
#include <functional>
#include <limits>

using namespace quantc::emulator::test;

namespace {

template <class To, class From>
To bits(From from) {
  To to = {};
  std::memcpy(&to, &from, std::min(sizeof to, sizeof from));
  return to;
}

using Reference = std::function<uint64_t(uint64_t, uint64_t, uint64_t)>;

struct Case {
  const char *instruction;
  int target; ///< width in bits; 1: a predicate
  std::vector<int> sources;
  Reference reference;
  bool isFloat = false; ///< NaN of any sign and payload is NaN
};

const std::vector<uint64_t> edges = {0,
                                     1,
                                     2,
                                     7,
                                     15,
                                     31,
                                     32,
                                     33,
                                     63,
                                     64,
                                     127,
                                     128,
                                     255,
                                     256,
                                     0x7fff,
                                     0x8000,
                                     0xffff,
                                     0x7c00,
                                     0x3c00,
                                     0x3f80,
                                     0x7f80,
                                     0x3f000000,
                                     0x3f800000,
                                     0xbf800000,
                                     0x40200000,
                                     0x7f7fffff,
                                     0x7f800000,
                                     0xff800000,
                                     0x7fc00000,
                                     0x00000003,
                                     0x807fffff,
                                     0x7fffffff,
                                     0x80000000,
                                     0xffffffff,
                                     0x4effffff,
                                     0x4f000000,
                                     0xcf000000,
                                     0x43000000,
                                     0xc3008000,
                                     0x3ff0000000000000,
                                     0x7ff0000000000000,
                                     0x7fffffffffffffff,
                                     0x8000000000000000,
                                     0xffffffffffffffff,
                                     0x43f0000000000000};

std::string kernelFor(const Case &each) {
  std::string text = ".visible .entry k(.param .u64 in, .param .u64 out) {\n"
                     ".reg .pred %p<4>; .reg .b16 %h<4>; .reg .b32 %r<4>; .reg "
                     ".b64 %d<4>; .reg .b64 %a<4>; .reg .b32 %t<4>;\n"
                     "ld.param.u64 %a0, [in]; ld.param.u64 %a1, [out];\n"
                     "mov.u32 %t0, %ctaid.x; mad.lo.u32 %t0, %t0, 32, %tid.x;\n"
                     "mad.wide.u32 %a2, %t0, 24, %a0; mad.wide.u32 %a3, %t0, "
                     "8, %a1; mov.u64 %d0, 0;\n";
  auto name = [](int width, size_t index) {
    std::string prefix = width == 1    ? "%p"
                         : width <= 16 ? "%h"
                         : width == 32 ? "%r"
                                       : "%d";
    return prefix + std::to_string(index);
  };
  std::string operands = name(each.target, 0);
  for (size_t s = 0; s < each.sources.size(); ++s) {
    int width = each.sources[s];
    std::string source = name(width, s + 1), offset = std::to_string(8 * s);
    if (width == 1) {
      text += "ld.global.b32 %t1, [%a2+" + offset +
              "]; and.b32 %t1, %t1, 1; setp.ne.u32 " + source + ", %t1, 0;\n";
    } else {
      text += "ld.global.b" + std::to_string(width) + " " + source + ", [%a2+" +
              offset + "];\n";
    }
    operands += ", " + source;
  }
  std::string instruction = each.instruction;
  size_t at = instruction.find('#');
  if (at != instruction.npos) // operands in between: "lop3.b32 #, 0x96"
    instruction.replace(at, 1, operands);
  else
    instruction += " " + operands;
  text += instruction + ";\n";
  if (each.target == 1)
    text += "selp.b64 %d0, 1, 0, %p0; st.global.b64 [%a3], %d0;\n";
  else
    text += "st.global.b64 [%a3], 0; st.global.b" +
            std::to_string(each.target) + " [%a3], " + name(each.target, 0) +
            ";\n";
  return text + "ret; }\n";
}

bool isNan(uint64_t value, int width) {
  switch (width) {
  case 16:
    return (value & 0x7fff) > 0x7c00;
  case 32:
    return (value & 0x7fffffff) > 0x7f800000;
  default:
    return (value & ~(uint64_t(1) << 63)) > 0x7ff0000000000000;
  }
}

void check(const Case &each) {
  SCOPED_TRACE(each.instruction);
  constexpr size_t count = 2048;
  Bits random(11);
  std::vector<uint64_t> in(count * 3);
  for (size_t i = 0; i < count; ++i)
    for (size_t s = 0; s < 3; ++s) {
      uint64_t any = uint64_t(random.next()) << 32 | random.next();
      uint64_t edge = edges[s == 0   ? i % edges.size()
                            : s == 1 ? i / edges.size() % edges.size()
                                     : random.next() % edges.size()];
      in[i * 3 + s] =
          i < edges.size() * edges.size() * 3 / 4 || random.next() % 4 == 0
              ? edge
              : any;
    }
  Module module(kernelFor(each));
  Buffer<uint64_t> input(in), output(count, 0);
  ASSERT_EQ(module.launch("k", {count / 32, 32}, input.address, output.address),
            CUDA_SUCCESS)
      << quantcEmulatorReport();
  auto results = output.values();
  auto mask = [](uint64_t value, int width) {
    return width == 64 ? value : value & ((uint64_t(1) << width) - 1);
  };
  unsigned wrong = 0;
  for (size_t i = 0; i < count && wrong < 5; ++i) {
    uint64_t v[3] = {};
    for (size_t s = 0; s < each.sources.size(); ++s)
      v[s] = mask(in[i * 3 + s], each.sources[s]);
    uint64_t expected = mask(each.reference(v[0], v[1], v[2]), each.target);
    if (results[i] == expected ||
        (each.isFloat && isNan(results[i], each.target) &&
         isNan(expected, each.target)))
      continue;
    ++wrong;
    ADD_FAILURE() << std::hex << "a " << v[0] << " b " << v[1] << " c " << v[2]
                  << " gives " << results[i] << ", expected " << expected;
  }
}

template <class T>
T as(uint64_t value) {
  return bits<T>(value);
}
template <class T>
uint64_t raw(T value) {
  return bits<uint64_t>(value);
}

/// To nearest even: adds half of the last place that stays, less one if it is
/// even.
uint64_t bf16(float value) {
  uint32_t v = bits<uint32_t>(value);
  return std::isnan(value) ? 0x7fff : (v + 0x7fff + (v >> 16 & 1)) >> 16;
}

template <class T>
Reference two(T (*f)(T, T)) {
  return [f](uint64_t a, uint64_t b, uint64_t) {
    return raw(f(as<T>(a), as<T>(b)));
  };
}
template <class T>
Reference three(T (*f)(T, T, T)) {
  return [f](uint64_t a, uint64_t b, uint64_t c) {
    return raw(f(as<T>(a), as<T>(b), as<T>(c)));
  };
}

using u128 = unsigned __int128;
using s128 = __int128;

TEST(Scalar, IntegerArithmetic) {
  Options options;
  const Case cases[] = {
      {"add.s32",
       32,
       {32, 32},
       [](uint64_t a, uint64_t b, uint64_t) { return a + b; }},
      {"add.u64",
       64,
       {64, 64},
       [](uint64_t a, uint64_t b, uint64_t) { return a + b; }},
      {"add.s16",
       16,
       {16, 16},
       [](uint64_t a, uint64_t b, uint64_t) { return a + b; }},
      {"add.sat.s32",
       32,
       {32, 32},
       [](uint64_t a, uint64_t b, uint64_t) {
         return uint64_t(std::min<int64_t>(
             std::max<int64_t>(int64_t(int32_t(a)) + int32_t(b), INT32_MIN),
             INT32_MAX));
       }},
      {"sub.sat.s32",
       32,
       {32, 32},
       [](uint64_t a, uint64_t b, uint64_t) {
         return uint64_t(std::min<int64_t>(
             std::max<int64_t>(int64_t(int32_t(a)) - int32_t(b), INT32_MIN),
             INT32_MAX));
       }},
      {"sub.u16",
       16,
       {16, 16},
       [](uint64_t a, uint64_t b, uint64_t) { return a - b; }},
      {"mul.lo.s32",
       32,
       {32, 32},
       [](uint64_t a, uint64_t b, uint64_t) { return a * b; }},
      {"mul.lo.u16",
       16,
       {16, 16},
       [](uint64_t a, uint64_t b, uint64_t) { return a * b; }},
      {"mul.hi.s32",
       32,
       {32, 32},
       [](uint64_t a, uint64_t b, uint64_t) {
         return uint64_t(int64_t(int32_t(a)) * int32_t(b) >> 32);
       }},
      {"mul.hi.u32",
       32,
       {32, 32},
       [](uint64_t a, uint64_t b, uint64_t) { return a * b >> 32; }},
      {"mul.hi.u64",
       64,
       {64, 64},
       [](uint64_t a, uint64_t b, uint64_t) {
         return uint64_t(u128(a) * b >> 64);
       }},
      {"mul.hi.s64",
       64,
       {64, 64},
       [](uint64_t a, uint64_t b, uint64_t) {
         return uint64_t(s128(int64_t(a)) * int64_t(b) >> 64);
       }},
      {"mul.wide.s16",
       32,
       {16, 16},
       [](uint64_t a, uint64_t b, uint64_t) {
         return uint64_t(int64_t(int16_t(a)) * int16_t(b));
       }},
      {"mul.wide.u32",
       64,
       {32, 32},
       [](uint64_t a, uint64_t b, uint64_t) { return a * b; }},
      {"mul.wide.s32",
       64,
       {32, 32},
       [](uint64_t a, uint64_t b, uint64_t) {
         return uint64_t(int64_t(int32_t(a)) * int32_t(b));
       }},
      {"mad.lo.s32",
       32,
       {32, 32, 32},
       [](uint64_t a, uint64_t b, uint64_t c) { return a * b + c; }},
      {"mad.hi.u32",
       32,
       {32, 32, 32},
       [](uint64_t a, uint64_t b, uint64_t c) { return (a * b >> 32) + c; }},
      {"mad.wide.s32",
       64,
       {32, 32, 64},
       [](uint64_t a, uint64_t b, uint64_t c) {
         return uint64_t(int64_t(int32_t(a)) * int32_t(b)) + c;
       }},
      {"mul24.lo.s32",
       32,
       {32, 32},
       [](uint64_t a, uint64_t b, uint64_t) {
         return uint64_t((int64_t(a << 40) >> 40) * (int64_t(b << 40) >> 40));
       }},
      {"mad24.lo.u32",
       32,
       {32, 32, 32},
       [](uint64_t a, uint64_t b, uint64_t c) {
         return (a & 0xffffff) * (b & 0xffffff) + c;
       }},
      {"div.u32",
       32,
       {32, 32},
       [](uint64_t a, uint64_t b, uint64_t) {
         return b ? a / b : ~uint64_t(0);
       }},
      {"div.s64",
       64,
       {64, 64},
       [](uint64_t a, uint64_t b, uint64_t) {
         return b ? uint64_t(s128(int64_t(a)) / int64_t(b)) : ~uint64_t(0);
       }},
      {"rem.s32",
       32,
       {32, 32},
       [](uint64_t a, uint64_t b, uint64_t) {
         return b ? uint64_t(int64_t(int32_t(a)) % int64_t(int32_t(b))) : a;
       }},
      {"rem.u64",
       64,
       {64, 64},
       [](uint64_t a, uint64_t b, uint64_t) { return b ? a % b : a; }},
      {"abs.s32",
       32,
       {32},
       [](uint64_t a, uint64_t, uint64_t) { return int32_t(a) < 0 ? -a : a; }},
      {"neg.s16", 16, {16}, [](uint64_t a, uint64_t, uint64_t) { return -a; }},
      {"min.s32", 32, {32, 32}, two<int32_t>([](int32_t a, int32_t b) {
         return std::min(a, b);
       })},
      {"max.u64", 64, {64, 64}, two<uint64_t>([](uint64_t a, uint64_t b) {
         return std::max(a, b);
       })},
      {"max.relu.s32", 32, {32, 32}, two<int32_t>([](int32_t a, int32_t b) {
         return std::max(std::max(a, b), 0);
       })},
      {"min.s16x2",
       32,
       {32, 32},
       [](uint64_t a, uint64_t b, uint64_t) {
         return uint64_t(uint16_t(std::min(int16_t(a), int16_t(b)))) |
                uint64_t(uint16_t(std::min(int16_t(a >> 16), int16_t(b >> 16))))
                    << 16;
       }},
      {"add.u16x2",
       32,
       {32, 32},
       [](uint64_t a, uint64_t b, uint64_t) {
         return (((a >> 16) + (b >> 16)) & 0xffff) << 16 | ((a + b) & 0xffff);
       }},
      {"sad.u32",
       32,
       {32, 32, 32},
       [](uint64_t a, uint64_t b, uint64_t c) {
         return c + (a > b ? a - b : b - a);
       }},
      {"popc.b64",
       32,
       {64},
       [](uint64_t a, uint64_t, uint64_t) {
         uint64_t n = 0;
         for (; a; a >>= 1)
           n += a & 1;
         return n;
       }},
      {"clz.b32",
       32,
       {32},
       [](uint64_t a, uint64_t, uint64_t) {
         uint64_t n = 32;
         for (; a; a >>= 1)
           --n;
         return n;
       }},
      {"bfind.s32",
       32,
       {32},
       [](uint64_t a, uint64_t, uint64_t) {
         uint32_t v = uint32_t(a);
         if (v >> 31)
           v = ~v;
         for (int i = 31; i >= 0; --i)
           if (v >> i & 1)
             return uint64_t(i);
         return ~uint64_t(0);
       }},
      {"bfind.shiftamt.u32",
       32,
       {32},
       [](uint64_t a, uint64_t, uint64_t) {
         for (int i = 31; i >= 0; --i)
           if (a >> i & 1)
             return uint64_t(31 - i);
         return ~uint64_t(0);
       }},
      {"brev.b32",
       32,
       {32},
       [](uint64_t a, uint64_t, uint64_t) {
         uint64_t r = 0;
         for (int i = 0; i < 32; ++i)
           r |= (a >> i & 1) << (31 - i);
         return r;
       }},
      {"bfe.u32",
       32,
       {32, 32, 32},
       [](uint64_t a, uint64_t b, uint64_t c) {
         b &= 255;
         c &= 255;
         uint64_t v = b > 63 ? 0 : a >> b;
         return c >= 64 ? v : v & ((uint64_t(1) << c) - 1);
       }},
      {"bfe.s32",
       32,
       {32, 32, 32},
       [](uint64_t a, uint64_t b, uint64_t c) {
         b &= 255;
         c &= 255;
         if (!c)
           return uint64_t(0);
         int64_t v = int64_t(int32_t(a)) >> std::min<uint64_t>(b, 63);
         if (c >= 33)
           return uint64_t(v);
         return uint64_t(v << (64 - c) >> (64 - c));
       }},
      {"bfi.b32",
       32,
       {32, 32, 32},
       [](uint64_t a, uint64_t b, uint64_t c) {
         uint64_t p = c & 255, n = 8;
         uint64_t m = p > 31 ? 0 : ((uint64_t(1) << n) - 1) << p;
         return (b & ~m) | (p > 31 ? 0 : (a << p) & m);
       }},
      {"dp4a.s32.u32",
       32,
       {32, 32, 32},
       [](uint64_t a, uint64_t b, uint64_t c) {
         for (int i = 0; i < 4; ++i)
           c += uint64_t(int64_t(int8_t(a >> 8 * i)) * uint8_t(b >> 8 * i));
         return c;
       }},
      {"dp2a.hi.u32.s32",
       32,
       {32, 32, 32},
       [](uint64_t a, uint64_t b, uint64_t c) {
         for (int i = 0; i < 2; ++i)
           c += uint64_t(int64_t(uint16_t(a >> 16 * i)) *
                         int8_t(b >> 8 * (i + 2)));
         return c;
       }},
  };
  for (Case each : cases) {
    if (std::string(each.instruction) == "bfi.b32")
      each.instruction = "bfi.b32 #, 8";
    check(each);
  }
}

TEST(Scalar, LogicAndShifts) {
  Options options;
  const Case cases[] = {
      {"and.b32",
       32,
       {32, 32},
       [](uint64_t a, uint64_t b, uint64_t) { return a & b; }},
      {"or.b64",
       64,
       {64, 64},
       [](uint64_t a, uint64_t b, uint64_t) { return a | b; }},
      {"xor.b16",
       16,
       {16, 16},
       [](uint64_t a, uint64_t b, uint64_t) { return a ^ b; }},
      {"xor.pred",
       1,
       {1, 1},
       [](uint64_t a, uint64_t b, uint64_t) { return a ^ b; }},
      {"not.b32", 32, {32}, [](uint64_t a, uint64_t, uint64_t) { return ~a; }},
      {"not.pred", 1, {1}, [](uint64_t a, uint64_t, uint64_t) { return ~a; }},
      {"cnot.b32",
       32,
       {32},
       [](uint64_t a, uint64_t, uint64_t) { return uint64_t(a == 0); }},
      {"shl.b32",
       32,
       {32, 32},
       [](uint64_t a, uint64_t b, uint64_t) { return b > 31 ? 0 : a << b; }},
      {"shr.u64",
       64,
       {64, 32},
       [](uint64_t a, uint64_t b, uint64_t) { return b > 63 ? 0 : a >> b; }},
      {"shr.s32",
       32,
       {32, 32},
       [](uint64_t a, uint64_t b, uint64_t) {
         return uint64_t(int64_t(int32_t(a)) >> std::min<uint64_t>(b, 63));
       }},
      {"shr.s16",
       16,
       {16, 32},
       [](uint64_t a, uint64_t b, uint64_t) {
         return uint64_t(int64_t(int16_t(a)) >> std::min<uint64_t>(b, 63));
       }},
      {"shf.l.wrap.b32",
       32,
       {32, 32, 32},
       [](uint64_t a, uint64_t b, uint64_t c) {
         c &= 31;
         return (b << 32 | a) << c >> 32;
       }},
      {"shf.r.clamp.b32",
       32,
       {32, 32, 32},
       [](uint64_t a, uint64_t b, uint64_t c) {
         return (b << 32 | a) >> std::min<uint64_t>(c, 32);
       }},
      {"lop3.b32 #, 0x96",
       32,
       {32, 32, 32},
       [](uint64_t a, uint64_t b, uint64_t c) { return a ^ b ^ c; }},
      {"lop3.b32 #, 0xca",
       32,
       {32, 32, 32},
       [](uint64_t a, uint64_t b, uint64_t c) { return (a & b) | (~a & c); }},
      {"prmt.b32",
       32,
       {32, 32, 32},
       [](uint64_t a, uint64_t b, uint64_t c) {
         uint64_t all = b << 32 | a, r = 0;
         for (int i = 0; i < 4; ++i) {
           int s = c >> 4 * i & 15;
           uint64_t byte = all >> 8 * (s & 7) & 255;
           if (s & 8)
             byte = byte >> 7 ? 255 : 0;
           r |= byte << 8 * i;
         }
         return r;
       }},
      {"prmt.b32.b4e",
       32,
       {32, 32, 32},
       [](uint64_t a, uint64_t b, uint64_t c) {
         uint64_t all = b << 32 | a, r = 0;
         for (int i = 0; i < 4; ++i)
           r |= (all >> 8 * (((c & 3) - i) & 7) & 255) << 8 * i;
         return r;
       }},
      {"selp.b32",
       32,
       {32, 32, 1},
       [](uint64_t a, uint64_t b, uint64_t c) { return c & 1 ? a : b; }},
      {"slct.b32.s32",
       32,
       {32, 32, 32},
       [](uint64_t a, uint64_t b, uint64_t c) {
         return int32_t(c) >= 0 ? a : b;
       }},
      {"setp.lt.s32",
       1,
       {32, 32},
       [](uint64_t a, uint64_t b, uint64_t) {
         return uint64_t(int32_t(a) < int32_t(b));
       }},
      {"setp.hi.u32",
       1,
       {32, 32},
       [](uint64_t a, uint64_t b, uint64_t) { return uint64_t(a > b); }},
      {"setp.ge.s64",
       1,
       {64, 64},
       [](uint64_t a, uint64_t b, uint64_t) {
         return uint64_t(int64_t(a) >= int64_t(b));
       }},
      {"setp.eq.and.u16",
       1,
       {16, 16, 1},
       [](uint64_t a, uint64_t b, uint64_t c) { return uint64_t(a == b) & c; }},
      {"setp.lt.f32",
       1,
       {32, 32},
       [](uint64_t a, uint64_t b, uint64_t) {
         return uint64_t(as<float>(a) < as<float>(b));
       }},
      {"setp.neu.f32",
       1,
       {32, 32},
       [](uint64_t a, uint64_t b, uint64_t) {
         return uint64_t(!(as<float>(a) == as<float>(b)));
       }},
      {"setp.nan.f64",
       1,
       {64, 64},
       [](uint64_t a, uint64_t b, uint64_t) {
         return uint64_t(std::isnan(as<double>(a)) ||
                         std::isnan(as<double>(b)));
       }},
      {"setp.geu.f16",
       1,
       {16, 16},
       [](uint64_t a, uint64_t b, uint64_t) {
         return uint64_t(!(as<_Float16>(a) < as<_Float16>(b)));
       }},
      {"set.le.u32.f32",
       32,
       {32, 32},
       [](uint64_t a, uint64_t b, uint64_t) {
         return as<float>(a) <= as<float>(b) ? ~uint64_t(0) : 0;
       }},
      {"set.ne.f32.s32",
       32,
       {32, 32},
       [](uint64_t a, uint64_t b, uint64_t) { return a != b ? raw(1.0f) : 0; }},
      {"testp.subnormal.f32",
       1,
       {32},
       [](uint64_t a, uint64_t, uint64_t) {
         return uint64_t(std::fpclassify(as<float>(a)) == FP_SUBNORMAL);
       }},
  };
  for (const Case &each : cases)
    check(each);
}

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
       true},
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
       true},
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
       true},
      {"lg2.approx.f32",
       32,
       {32},
       [](uint64_t a, uint64_t, uint64_t) {
         return raw(float(std::log2(double(as<float>(a)))));
       },
       true},
      {"tanh.approx.f32",
       32,
       {32},
       [](uint64_t a, uint64_t, uint64_t) {
         return raw(float(std::tanh(double(as<float>(a)))));
       },
       true},
      {"sin.approx.ftz.f32",
       32,
       {32},
       [](uint64_t a, uint64_t, uint64_t) {
         return raw(flushed(float(std::sin(double(flushed(as<float>(a)))))));
       },
       true},
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
       }},
      {"neg.f16",
       16,
       {16},
       [](uint64_t a, uint64_t, uint64_t) { return a ^ 0x8000; },
       true},
  };
  for (const Case &each : cases)
    check(each);
}

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
       }},
      {"cvt.rn.satfinite.e5m2x2.f32",
       16,
       {32, 32},
       [](uint64_t a, uint64_t b, uint64_t) {
         return nearestF8(as<float>(a), false) << 8 |
                nearestF8(as<float>(b), false);
       }},
      {"cvt.rn.satfinite.e4m3x2.f16x2",
       16,
       {32},
       [](uint64_t a, uint64_t, uint64_t) {
         return nearestF8(float(as<_Float16>(a >> 16)), true) << 8 |
                nearestF8(float(as<_Float16>(a & 0xffff)), true);
       }},
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

TEST(Scalar, CarriesRunThroughWideSums) {
  Options options;
  Module module(R"(
.visible .entry k(.param .u64 io) {
  .reg .b64 %d<8>; .reg .b32 %r<8>;
  ld.param.u64 %d0, [io];
  ld.global.v2.u32 {%r0, %r1}, [%d0];
  ld.global.v2.u32 {%r2, %r3}, [%d0+8];
  add.cc.u32 %r4, %r0, %r2;
  addc.u32 %r5, %r1, %r3;
  st.global.v2.u32 [%d0+16], {%r4, %r5};
  sub.cc.u32 %r4, %r0, %r2;
  subc.u32 %r5, %r1, %r3;
  st.global.v2.u32 [%d0+24], {%r4, %r5};
  mul.lo.u32 %r4, %r0, %r2;
  mul.hi.u32 %r5, %r0, %r2;
  mad.lo.cc.u32 %r5, %r0, %r3, %r5;
  madc.hi.u32 %r6, %r0, %r3, 0;
  st.global.v2.u32 [%d0+32], {%r4, %r5};
  st.global.u32 [%d0+40], %r6;
  ret;
})");
  Bits random(5);
  for (int round = 0; round < 64; ++round) {
    uint64_t a = uint64_t(random.next()) << 32 | random.next(),
             b = uint64_t(random.next()) << 32 | random.next();
    Buffer<uint64_t> io(std::vector<uint64_t>{a, b, 0, 0, 0, 0});
    ASSERT_EQ(module.launch("k", {1, 1}, io.address), CUDA_SUCCESS)
        << quantcEmulatorReport();
    auto result = io.values();
    EXPECT_EQ(result[2], a + b);
    EXPECT_EQ(result[3], a - b);
    u128 product = u128(uint32_t(a)) * b;
    EXPECT_EQ(result[4], uint64_t(product));
    EXPECT_EQ(result[5] & 0xffffffff, uint64_t(product >> 64));
  }
}

} // namespace
