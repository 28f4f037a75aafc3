//===- LogicTest.cpp - logic, shifts, comparisons -------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScalarCase.h"

using namespace quantc::emulator::test;

namespace {

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
      {"set.lt.f16.f16",
       16,
       {16, 16},
       [](uint64_t a, uint64_t b, uint64_t) {
         return as<_Float16>(a) < as<_Float16>(b) ? 0x3c00 : 0;
       }},
      {"set.ge.u32.bf16x2",
       32,
       {32, 32},
       [](uint64_t a, uint64_t b, uint64_t) {
         auto one = [](uint64_t p, uint64_t q) {
           return as<float>(p << 16) >= as<float>(q << 16) ? 0xffff : 0;
         };
         return uint64_t(one(a >> 16, b >> 16)) << 16 |
                uint64_t(one(a & 0xffff, b & 0xffff));
       }},
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

} // namespace
