//===- IntegerTest.cpp - integer arithmetic -------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScalarCase.h"

using namespace quantc::emulator::test;

namespace {

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
