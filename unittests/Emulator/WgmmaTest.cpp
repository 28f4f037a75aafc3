//===- WgmmaTest.cpp - wgmma on every type, layout and swizzle ------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Elements are put where the ISA's canonical layouts of shared memory have
// them ("Strides" of the matrix descriptor), and results are read from where
// the tables of fragments say. Values are small integers: every sum is exact.
//
//===----------------------------------------------------------------------===//

#include "SmallNumbers.h"

using namespace quantc::emulator::test;

namespace {

/// An operand in shared memory: rows of M or N, `k` elements deep.
struct Operand {
  std::string type;
  bool kMajor = true;               ///< else M or N is contiguous
  unsigned swizzle = 0;             ///< 16 << swizzle bytes, if not 0
  unsigned leading = 0, stride = 0; ///< byte offsets of the descriptor

  unsigned bytes() const { return bitsOfType(type) / 8; }
  unsigned width() const { return swizzle ? 16u << swizzle : 16; }

  /// Byte offset of an element; for `rows` rows the strides are chosen so that
  /// blocks do not overlap.
  unsigned offset(unsigned row, unsigned k) const {
    unsigned along = (kMajor ? k : row) * bytes(), across = kMajor ? row : k;
    unsigned at = along % width() + across % 8 * width();
    unsigned block = along / width(), group = across / 8;
    // With a swizzle, K-major rows are one block; the leading offset is that of
    // blocks along the contiguous dimension. Without, MN-major trades them.
    if (!kMajor && !swizzle)
      at += block * stride + group * leading;
    else
      at += block * leading + group * stride;
    unsigned mask = swizzle ? (1u << swizzle) - 1 : 0;
    return at ^ ((at >> 7 & mask) << 4);
  }
  uint64_t descriptor() const {
    const uint64_t modes[] = {0, 3, 2, 1};
    return uint64_t(leading >> 4) << 16 | uint64_t(stride >> 4) << 32 |
           modes[swizzle] << 62;
  }
};

Operand operand(const std::string &type, bool kMajor, unsigned swizzle,
                unsigned rows, unsigned k) {
  Operand result;
  result.type = type;
  result.kMajor = kMajor;
  result.swizzle = swizzle;
  unsigned along = (kMajor ? k : rows) * result.bytes(),
           across = kMajor ? rows : k;
  unsigned tile = 8 * result.width(),
           blocks = (along + result.width() - 1) / result.width(),
           groups = (across + 7) / 8;
  // Groups inside of blocks, or blocks inside of groups.
  bool groupsInside = kMajor == (swizzle == 0);
  unsigned ofGroup = groupsInside ? tile : tile * blocks,
           ofBlock = groupsInside ? tile * groups : tile;
  bool traded = !kMajor && !swizzle;
  result.leading = traded ? ofGroup : ofBlock;
  result.stride = traded ? ofBlock : ofGroup;
  return result;
}

constexpr unsigned imageBytes = 24576, placeOfB = 8192;

struct Case {
  Operand a, b;
  std::string accumulator;
  unsigned n, k;
  bool registersA = false;
  int signA = 1, signB = 1;

  std::string instruction() const {
    unsigned count = n / (accumulator == "f16" ? 4 : 2);
    std::string text = "wgmma.mma_async.sync.aligned.m64n" + std::to_string(n) +
                       "k" + std::to_string(k) + "." + accumulator + "." +
                       a.type + "." + b.type + " {";
    for (unsigned i = 0; i < count; ++i)
      text += (i ? ", %c" : "%c") + std::to_string(i);
    text +=
        registersA ? "}, {%a0, %a1, %a2, %a3}, %d5, %p0" : "}, %d4, %d5, %p0";
    if (accumulator != "s32")
      text += ", " + std::to_string(signA) + ", " + std::to_string(signB);
    if (a.bytes() == 2 && !registersA)
      text += a.kMajor ? ", 0" : ", 1";
    if (a.bytes() == 2)
      text += b.kMajor ? ", 0" : ", 1";
    return text + ";\n";
  }
};

/// Copies the image to shared memory, loads A's registers, multiplies twice:
/// without and with the accumulator.
std::string kernelFor(const Case &each) {
  unsigned count = each.n / (each.accumulator == "f16" ? 4 : 2);
  std::string text = R"(
.extern .shared .align 1024 .b8 smem[];
.visible .entry k(.param .u64 in, .param .u64 out, .param .u64 da, .param .u64 db) {
  .reg .pred %p<2>; .reg .b32 %r<12>; .reg .b32 %a<4>; .reg .b64 %d<12>; .reg .b32 %c<128>;
  mov.u32 %r0, %tid.x; ld.param.u64 %d0, [in]; ld.param.u64 %d1, [out];
  mov.u32 %r1, smem; shl.b32 %r2, %r0, 4; add.u32 %r3, %r1, %r2; cvt.u64.u32 %d2, %r2; add.u64 %d2, %d2, %d0;
)";
  for (unsigned at = 0; at < imageBytes; at += 2048)
    text += "ld.global.v4.u32 {%r8, %r9, %r10, %r11}, [%d2+" +
            std::to_string(at) + "]; st.shared.v4.u32 [%r3+" +
            std::to_string(at) + "], {%r8, %r9, %r10, %r11};\n";
  text += "ld.global.v4.u32 {%a0, %a1, %a2, %a3}, [%d2+" +
          std::to_string(imageBytes) + "];\n" + R"(
  fence.proxy.async.shared::cta; bar.sync 0;
  shr.u32 %r4, %r1, 4; cvt.u64.u32 %d6, %r4;
  ld.param.u64 %d4, [da]; add.u64 %d4, %d4, %d6; ld.param.u64 %d5, [db]; add.u64 %d5, %d5, %d6; add.u64 %d5, %d5, )" +
          std::to_string(placeOfB / 16) + ";\nwgmma.fence.sync.aligned;\n";
  text += "setp.ne.u32 %p0, 0, 0;\n" + each.instruction() +
          "setp.eq.u32 %p0, 0, 0;\n" + each.instruction();
  text += "wgmma.commit_group.sync.aligned;\nwgmma.wait_group.sync.aligned "
          "0;\nmul.wide.u32 %d7, %r0, " +
          std::to_string(4 * count) + "; add.u64 %d7, %d7, %d1;\n";
  for (unsigned i = 0; i < count; ++i)
    text += "st.global.u32 [%d7+" + std::to_string(4 * i) + "], %c" +
            std::to_string(i) + ";\n";
  return text + "ret; }\n";
}

void check(const Case &each) {
  SCOPED_TRACE(each.instruction() + " A " +
               (each.a.kMajor ? "K-major" : "M-major") + " swizzle " +
               std::to_string(each.a.swizzle) + ", B " +
               (each.b.kMajor ? "K-major" : "N-major") + " swizzle " +
               std::to_string(each.b.swizzle));
  Bits random(each.n * 7 + each.k + each.a.swizzle);
  auto draw = [&](unsigned rows, const std::string &type) {
    std::vector<int> values(rows * each.k);
    for (int &value : values)
      value = int(random.next() % 7) - (type == "u8" ? 0 : 3);
    return values;
  };
  std::vector<int> a = draw(64, each.a.type), b = draw(each.n, each.b.type);
  std::vector<uint8_t> image(imageBytes + 2048, 0x5a);
  auto put = [&](size_t at, int value, const Operand &operand) {
    uint32_t bits = smallNumber(value, operand.type);
    ASSERT_LE(at + operand.bytes(), image.size());
    std::memcpy(&image[at], &bits, operand.bytes());
  };
  unsigned per = 4 / each.a.bytes(); // elements of a register
  for (unsigned k = 0; k < each.k; ++k) {
    for (unsigned i = 0; i < 64; ++i) {
      unsigned at = each.a.offset(i, k), lane = i % 8 * 4 + k / per % 4,
               reg = i / 8 % 2 + k / (4 * per) * 2;
      ASSERT_LT(at, placeOfB);
      put(at, a[i * each.k + k], each.a);
      put(imageBytes + (i / 16 * 32 + lane) * 16 + reg * 4 +
              k % per * each.a.bytes(),
          a[i * each.k + k], each.a);
    }
    for (unsigned j = 0; j < each.n; ++j)
      put(placeOfB + each.b.offset(j, k), b[j * each.k + k], each.b);
  }
  Module module(kernelFor(each));
  Buffer<uint8_t> in(image);
  bool half = each.accumulator == "f16";
  unsigned count = each.n / (half ? 4 : 2);
  Buffer<uint32_t> out(128 * count, 0);
  ASSERT_EQ(module.launch("k", {1, 128, imageBytes}, in.address, out.address,
                          each.a.descriptor(), each.b.descriptor()),
            CUDA_SUCCESS)
      << quantcEmulatorReport();
  auto values = out.values();
  for (unsigned i = 0; i < 64; ++i)
    for (unsigned j = 0; j < each.n; ++j) {
      int sum = 0;
      for (unsigned k = 0; k < each.k; ++k)
        sum += a[i * each.k + k] * b[j * each.k + k];
      sum *= 2 * each.signA * each.signB;
      unsigned thread = i / 16 * 32 + i % 8 * 4 + j % 8 / 2, high = i / 8 % 2;
      uint32_t actual =
          half
              ? values[thread * count + j / 8 * 2 + high] >> j % 2 * 16 & 0xffff
              : values[thread * count + j / 8 * 4 + high * 2 + j % 2];
      uint32_t expected = each.accumulator == "s32"
                              ? uint32_t(sum)
                              : smallNumber(sum, each.accumulator);
      ASSERT_EQ(actual, expected) << i << "," << j;
    }
}

/// All swizzles of both operands at once, A from memory and from registers.
void checkLayouts(const std::string &a, const std::string &b,
                  const std::string &accumulator, unsigned k, bool majorA,
                  bool majorB, int signA = 1, int signB = 1) {
  for (unsigned swizzle = 0; swizzle < 4; ++swizzle)
    for (bool registersA : {false, true}) {
      if (registersA && !majorA)
        continue;
      // Two blocks along N where N is contiguous.
      unsigned n = majorB || !swizzle ? 24 : 16u << swizzle;
      if (accumulator == "s32" && n % 16 && n > 24)
        n = 32;
      Case each = {operand(a, majorA, swizzle, 64, k),
                   operand(b, majorB, swizzle, n, k),
                   accumulator,
                   n,
                   k,
                   registersA,
                   signA,
                   signB};
      check(each);
    }
}

TEST(Wgmma, HalvesOfEveryLayout) {
  NEEDS_SM_90A();
  for (const char *type : {"f16", "bf16"})
    for (bool majorA : {true, false})
      for (bool majorB : {true, false})
        checkLayouts(type, type, "f32", 16, majorA, majorB);
  checkLayouts("f16", "f16", "f16", 16, true, true);
  checkLayouts("f16", "f16", "f16", 16, false, false);
}

TEST(Wgmma, Signs) {
  NEEDS_SM_90A();
  checkLayouts("f16", "f16", "f32", 16, true, false, -1, 1);
  checkLayouts("e4m3", "e4m3", "f32", 32, true, true, 1, -1);
  checkLayouts("bf16", "bf16", "f32", 16, true, true, -1, -1);
}

TEST(Wgmma, BytesAndWords) {
  NEEDS_SM_90A();
  for (const char *a : {"e4m3", "e5m2"})
    for (const char *b : {"e4m3", "e5m2"}) {
      checkLayouts(a, b, "f32", 32, true, true);
      checkLayouts(a, b, "f16", 32, true, true);
    }
  for (const char *a : {"s8", "u8"})
    for (const char *b : {"s8", "u8"})
      checkLayouts(a, b, "s32", 32, true, true);
  checkLayouts("tf32", "tf32", "f32", 8, true, true);
}

TEST(Wgmma, EverySize) {
  NEEDS_SM_90A();
  for (unsigned n = 8; n <= 256; n += 8) {
    check({operand("e4m3", true, 3, 64, 32), operand("e4m3", true, 1, n, 32),
           "f32", n, 32});
    if (n <= 32 || n % 16 == 0)
      check({operand("s8", true, 3, 64, 32), operand("u8", true, 1, n, 32),
             "s32", n, 32});
  }
}

} // namespace
