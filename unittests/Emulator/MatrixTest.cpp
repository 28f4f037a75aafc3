//===- MatrixTest.cpp - mma.sync, ldmatrix, stmatrix ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Fragment layouts by the ISA's tables, written out here element by element.
//
//===----------------------------------------------------------------------===//

#include "SmallNumbers.h"

#include <cmath>

using namespace quantc::emulator::test;

namespace {

/// One mma on registers that lane l loads from in[l * 10 ..]: a0-3, b0-1, c0-3.
std::vector<uint32_t> mma(const std::string &instruction, unsigned a,
                          unsigned b, unsigned c,
                          const std::vector<uint32_t> &in) {
  auto list = [](const char *name, unsigned count) {
    std::string result = "{";
    for (unsigned i = 0; i < count; ++i)
      result += (i ? ", %" : "%") + std::string(name) + std::to_string(i);
    return result + "}";
  };
  std::string text =
      ".visible .entry k(.param .u64 in, .param .u64 out) {\n.reg .b32 %a<4>; "
      ".reg .b32 %b<4>; .reg .b32 %c<4>; .reg .b32 %d<4>; .reg .b32 %t; .reg "
      ".b64 %p<4>;\n"
      "mov.u32 %t, %tid.x; ld.param.u64 %p0, [in]; ld.param.u64 %p1, [out]; "
      "mad.wide.u32 %p2, %t, 40, %p0; mad.wide.u32 %p3, %t, 16, %p1;\n";
  for (unsigned i = 0; i < 10; ++i)
    text += "ld.global.b32 " +
            std::string(i < 4   ? "%a"
                        : i < 6 ? "%b"
                                : "%c") +
            std::to_string(i < 4   ? i
                           : i < 6 ? i - 4
                                   : i - 6) +
            ", [%p2+" + std::to_string(4 * i) + "];\n";
  text += instruction + " " + list("d", c) + ", " + list("a", a) + ", " +
          list("b", b) + ", " + list("c", c) + ";\n";
  for (unsigned i = 0; i < c; ++i)
    text += "st.global.b32 [%p3+" + std::to_string(4 * i) + "], %d" +
            std::to_string(i) + ";\n";
  Module module(text + "ret; }\n");
  Buffer<uint32_t> input(in), output(128, 0);
  EXPECT_EQ(module.launch("k", {1, 32}, input.address, output.address),
            CUDA_SUCCESS)
      << quantcEmulatorReport();
  return output.values();
}

/// Element (row, k) of A for elements of `bits`: register and bit position by
/// the tables of the ISA: groups of 32 / bits elements of k per lane, four
/// lanes a row, rows of 8 in register r + 2h, h the half of k.
uint32_t elementA(const std::vector<uint32_t> &in, unsigned row, unsigned k,
                  unsigned bits) {
  unsigned per = 32 / bits, lane = row % 8 * 4 + k / per % 4,
           reg = row / 8 + 2 * (k / (4 * per));
  return in[lane * 10 + reg] >> k % per * bits &
         (bits == 32 ? ~0u : (1u << bits) - 1);
}
uint32_t elementB(const std::vector<uint32_t> &in, unsigned k, unsigned column,
                  unsigned bits) {
  unsigned per = 32 / bits, lane = column * 4 + k / per % 4,
           reg = k / (4 * per);
  return in[lane * 10 + 4 + reg] >> k % per * bits &
         (bits == 32 ? ~0u : (1u << bits) - 1);
}
uint32_t elementC(const std::vector<uint32_t> &in, unsigned row,
                  unsigned column) {
  return in[(row % 8 * 4 + column / 2) * 10 + 6 + row / 8 * 2 + column % 2];
}
uint32_t elementD(const std::vector<uint32_t> &out, unsigned row,
                  unsigned column) {
  return out[(row % 8 * 4 + column / 2) * 4 + row / 8 * 2 + column % 2];
}

std::vector<uint32_t> randomRegisters(unsigned seed) {
  Bits random(seed);
  std::vector<uint32_t> result(320);
  for (uint32_t &value : result)
    value = random.next();
  return result;
}

TEST(Matrix, IntegersOfEveryKind) {
  Options options;
  struct {
    const char *type;
    unsigned bits;
    bool sign;
  } const types[] = {
      {"s8", 8, true}, {"u8", 8, false}, {"s4", 4, true}, {"u4", 4, false}};
  auto value = [](uint32_t bits, unsigned width, bool sign) {
    return sign && bits >> (width - 1) ? int64_t(bits) - (int64_t(1) << width)
                                       : int64_t(bits);
  };
  for (const auto &ta : types)
    for (const auto &tb : types)
      for (unsigned half : {1u, 2u})
        for (bool saturate : {false, true}) {
          if (ta.bits != tb.bits)
            continue;
          unsigned k = half * 128 / ta.bits;
          auto in = randomRegisters(k + ta.sign);
          auto out = mma("mma.sync.aligned.m16n8k" + std::to_string(k) +
                             ".row.col" + (saturate ? ".satfinite" : "") +
                             ".s32." + ta.type + "." + tb.type + ".s32",
                         2 * half, half, 4, in);
          for (unsigned i = 0; i < 16; ++i)
            for (unsigned j = 0; j < 8; ++j) {
              int64_t sum = int32_t(elementC(in, i, j));
              for (unsigned x = 0; x < k; ++x)
                sum += value(elementA(in, i, x, ta.bits), ta.bits, ta.sign) *
                       value(elementB(in, x, j, tb.bits), tb.bits, tb.sign);
              if (saturate)
                sum = std::min<int64_t>(std::max<int64_t>(sum, INT32_MIN),
                                        INT32_MAX);
              ASSERT_EQ(elementD(out, i, j), uint32_t(sum))
                  << ta.type << tb.type << " k " << k << " at " << i << ","
                  << j;
            }
        }
}

TEST(Matrix, FloatsOfEveryKind) {
  Options options;
  struct {
    const char *shape, *a, *b;
    unsigned bits, half;
  } const cases[] = {
      {"m16n8k16", "f16", "f16", 16, 2},   {"m16n8k8", "f16", "f16", 16, 1},
      {"m16n8k16", "bf16", "bf16", 16, 2}, {"m16n8k8", "bf16", "bf16", 16, 1},
      {"m16n8k8", "tf32", "tf32", 32, 2},  {"m16n8k4", "tf32", "tf32", 32, 1},
      {"m16n8k32", "e4m3", "e4m3", 8, 2},  {"m16n8k32", "e5m2", "e4m3", 8, 2},
      {"m16n8k32", "e5m2", "e5m2", 8, 2}};
  for (const auto &each : cases)
    for (bool half : {false, true}) {
      if (each.a[0] == 'e' && architecture() < 89)
        continue;
      if (half && (each.bits == 32 || std::string(each.a) == "bf16"))
        continue;
      SCOPED_TRACE(std::string(each.shape) + each.a + each.b);
      unsigned k = each.half * 128 / each.bits;
      Bits random(k);
      std::vector<int> a(16 * k), b(8 * k), c(128);
      for (int &v : a)
        v = int(random.next() % 7) - 3;
      for (int &v : b)
        v = int(random.next() % 7) - 3;
      for (int &v : c)
        v = int(random.next() % 63) - 31;
      std::vector<uint32_t> in(320, 0);
      unsigned per = 32 / each.bits;
      for (unsigned x = 0; x < k; ++x) {
        for (unsigned i = 0; i < 16; ++i)
          in[(i % 8 * 4 + x / per % 4) * 10 + i / 8 + 2 * (x / (4 * per))] |=
              smallNumber(a[i * k + x], each.a) << x % per * each.bits % 32;
        for (unsigned j = 0; j < 8; ++j)
          in[(j * 4 + x / per % 4) * 10 + 4 + x / (4 * per)] |=
              smallNumber(b[j * k + x], each.b) << x % per * each.bits % 32;
      }
      for (unsigned i = 0; i < 16; ++i)
        for (unsigned j = 0; j < 8; ++j) {
          unsigned at = (i % 8 * 4 + j / 2) * 10 + 6;
          if (half)
            in[at + i / 8] |= smallNumber(c[i * 8 + j], "f16") << j % 2 * 16;
          else
            in[at + i / 8 * 2 + j % 2] = smallNumber(c[i * 8 + j], "tf32");
        }
      std::string accumulator = half ? "f16" : "f32";
      auto out =
          mma("mma.sync.aligned." + std::string(each.shape) + ".row.col." +
                  accumulator + "." + each.a + "." + each.b + "." + accumulator,
              2 * each.half, each.half, half ? 2 : 4, in);
      for (unsigned i = 0; i < 16; ++i)
        for (unsigned j = 0; j < 8; ++j) {
          int sum = c[i * 8 + j];
          for (unsigned x = 0; x < k; ++x)
            sum += a[i * k + x] * b[j * k + x];
          uint32_t actual =
              half ? out[(i % 8 * 4 + j / 2) * 4 + i / 8] >> j % 2 * 16 & 0xffff
                   : elementD(out, i, j);
          ASSERT_EQ(actual, smallNumber(sum, half ? "f16" : "tf32"))
              << i << "," << j;
        }
    }
}

TEST(Matrix, RefusesWhatThereIsNot) {
  EMULATOR_ONLY();
  Options options;
  for (const char *instruction :
       {"mma.sync.aligned.m16n8k32.row.col.s32.s8.s4.s32 "
        "{%r0,%r0,%r0,%r0},{%r0,%r0,%r0,%r0},{%r0,%r0},{%r0,%r0,%r0,%r0};",
        "mma.sync.aligned.m16n8k64.row.col.s32.s8.s8.s32 "
        "{%r0,%r0,%r0,%r0},{%r0,%r0,%r0,%r0},{%r0,%r0},{%r0,%r0,%r0,%r0};",
        "mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 "
        "{%r0,%r0},{%r0,%r0,%r0,%r0},{%r0,%r0},{%r0,%r0,%r0,%r0};"}) {
    Module module(std::string(".visible .entry k() { .reg .b32 %r<2>; ") +
                  instruction + " ret; }");
    EXPECT_EQ(module.result, CUDA_ERROR_INVALID_PTX) << instruction;
  }
}

// Lane l stores 16-bit elements to shared memory; ldmatrix and stmatrix move
// them.
TEST(Matrix, LoadAndStoreMatrices) {
  NEEDS(90); // stmatrix
  Options options;
  for (unsigned count : {1u, 2u, 4u})
    for (bool transposed : {false, true}) {
      std::string list, move;
      for (unsigned j = 0; j < count; ++j)
        list += (j ? ", %r" : "%r") + std::to_string(10 + j);
      std::string form = ".sync.aligned.m8n8.x" + std::to_string(count) +
                         (transposed ? ".trans" : "") + ".shared.b16 ";
      for (unsigned j = 0; j < count; ++j)
        move += "st.global.u32 [%d1+" + std::to_string(128 * j) + "], %r" +
                std::to_string(10 + j) + ";\n";
      Module module(
          ".shared .align 16 .b8 smem[1024];\n.visible .entry k(.param .u64 "
          "out) { .reg .b32 %r<16>; .reg .b64 %d<4>;\n"
          "mov.u32 %r0, %tid.x; ld.param.u64 %d0, [out]; mad.wide.u32 %d1, "
          "%r0, 4, %d0; mov.u32 %r1, smem;\n"
          "shl.b32 %r2, %r0, 4; add.u32 %r3, %r1, %r2; mul.lo.u32 %r4, %r0, "
          "0x80008; add.u32 %r5, %r4, 0x10000; add.u32 %r6, %r4, 0x30002; "
          "add.u32 %r7, %r4, 0x50004; add.u32 %r8, %r4, 0x70006;\n"
          "st.shared.v4.u32 [%r3], {%r5, %r6, %r7, %r8}; bar.warp.sync -1;\n"
          "ldmatrix" +
          form + "{" + list + "}, [%r3];\n" + move +
          "st.shared.u32 [%r3+512], 0; bar.warp.sync -1; stmatrix" + form +
          "[%r3+512], {" + list +
          "}; bar.warp.sync -1;\n"
          "ld.shared.u32 %r9, [%r3+512]; st.global.u32 [%d1+512], %r9; ret; "
          "}\n");
      Buffer<uint32_t> out(256, 0);
      ASSERT_EQ(module.launch("k", {1, 32}, out.address), CUDA_SUCCESS)
          << quantcEmulatorReport();
      auto values = out.values();
      for (unsigned j = 0; j < count; ++j)
        for (unsigned lane = 0; lane < 32; ++lane) {
          unsigned g = lane / 4, t = 2 * (lane % 4);
          auto at = [&](unsigned row, unsigned column) {
            return (8 * j + row) * 8 + column;
          };
          uint32_t expected = transposed ? at(t, g) | at(t + 1, g) << 16
                                         : at(g, t) | at(g, t + 1) << 16;
          ASSERT_EQ(values[32 * j + lane], expected)
              << "matrix " << j << " lane " << lane;
        }
      // The stored copy equals the original; only 8 * count rows are stored.
      for (unsigned row = 0; row < 32; ++row)
        ASSERT_EQ(values[128 + row],
                  row < 8 * count ? row * 8 | (row * 8 + 1) << 16 : 0);
    }
}

} // namespace
