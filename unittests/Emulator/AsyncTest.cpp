//===- AsyncTest.cpp - asynchronous copies, mbarriers, clusters, wgmma ----===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

#include <functional>

using namespace quantc::emulator::test;

namespace {

const char *const schedules[] = {
    "order=earliest,async=earliest",    "order=earliest,async=latest",
    "order=latest,async=latest",        "order=random,async=random,seed=1",
    "order=random,async=random,seed=2", "order=random,async=random,seed=3"};

const char *const prologue = R"(
.extern .shared .align 1024 .b8 smem[];
.visible .entry k(.param .u64 in, .param .u64 out) {
  .reg .pred %p<8>; .reg .b16 %h<4>; .reg .b32 %r<32>; .reg .b64 %d<16>;
  mov.u32 %r0, %tid.x; ld.param.u64 %d0, [in]; ld.param.u64 %d1, [out];
  mad.wide.u32 %d2, %r0, 16, %d0; mad.wide.u32 %d3, %r0, 16, %d1;
  mov.u32 %r1, smem; shl.b32 %r2, %r0, 4; add.u32 %r3, %r1, %r2;
  setp.eq.u32 %p0, %r0, 0;
)";

std::vector<uint32_t> numbers(size_t count) {
  std::vector<uint32_t> result(count);
  for (size_t i = 0; i < count; ++i)
    result[i] = uint32_t(i * 2654435761u);
  return result;
}

/// Runs the body on every schedule and compares the first words of `out`.
void expectWords(const std::string &body, const Shape &shape, size_t words,
                 const std::function<uint32_t(const std::vector<uint32_t> &,
                                              size_t)> &expected) {
  auto in = numbers(4096);
  for (const char *schedule : schedules) {
    SCOPED_TRACE(body + "\n" + schedule);
    Options options(schedule);
    Module module(prologue + body + "\n ret; }");
    Buffer<uint32_t> input(in), out(4096, 0);
    ASSERT_EQ(module.launch("k", shape, input.address, out.address),
              CUDA_SUCCESS)
        << quantcEmulatorReport();
    auto values = out.values();
    for (size_t i = 0; i < words; ++i)
      ASSERT_EQ(values[i], expected(in, i)) << "word " << i;
  }
}

const std::string storeMine = "ld.shared.v4.u32 {%r8, %r9, %r10, %r11}, [%r3]; "
                              "st.global.v4.u32 [%d3], {%r8, %r9, %r10, %r11};";

TEST(Async, CopiesOfEverySize) {
  const Shape shape = {1, 32, 2048};
  auto same = [](const std::vector<uint32_t> &in, size_t i) { return in[i]; };
  expectWords("cp.async.cg.shared.global [%r3], [%d2], 16; "
              "cp.async.commit_group; cp.async.wait_group 0;" +
                  storeMine,
              shape, 128, same);
  expectWords(
      "cp.async.ca.shared.global.L2::128B [%r3], [%d2], 8; "
      "cp.async.ca.shared.global [%r3+8], [%d2+8], 4; "
      "cp.async.ca.shared.global [%r3+12], [%d2+12], 4; cp.async.wait_all;" +
          storeMine,
      shape, 128, same);
  expectWords(
      "cp.async.cg.shared.global [%r3], [%d2], 16, 6; cp.async.wait_all;" +
          storeMine,
      shape, 128, [](const std::vector<uint32_t> &in, size_t i) {
        return i % 4 == 0 ? in[i] : i % 4 == 1 ? in[i] & 0xffff : 0;
      });
  // Nothing is read when the source is ignored, not even an invalid address.
  expectWords(
      "setp.lt.u32 %p1, %r0, 8; @%p1 mov.u64 %d2, 0; cp.async.cg.shared.global "
      "[%r3], [%d2], 16, %p1; cp.async.wait_all;" +
          storeMine,
      shape, 128, [](const std::vector<uint32_t> &in, size_t i) {
        return i < 32 ? 0 : in[i];
      });
}

TEST(Async, CopiesArriveOnMBarriers) {
  for (const char *count : {"64", "128"}) { // .noinc counts among the expected
    bool counted = std::string(count) == "64";
    expectWords(
        "@%p0 mbarrier.init.shared.b64 [%r1+1024], 64; bar.sync 0; "
        "cp.async.cg.shared.global [%r3], [%d2], 16;"
        "cp.async.mbarrier.arrive" +
            std::string(counted ? ".noinc" : "") + ".shared.b64 [%r1+1024];" +
            (counted ? "" : "mbarrier.arrive.shared.b64 %d4, [%r1+1024];") +
            "W: mbarrier.try_wait.parity.shared.b64 %p1, [%r1+1024], 0; @!%p1 "
            "bra W;"
            "xor.b32 %r4, %r2, 512; add.u32 %r4, %r4, %r1; ld.shared.v4.u32 "
            "{%r8, %r9, %r10, %r11}, [%r4]; st.global.v4.u32 [%d3], {%r8, %r9, "
            "%r10, %r11};",
        {1, 64, 2048}, 256,
        [](const std::vector<uint32_t> &in, size_t i) { return in[i ^ 128]; });
  }
}

// Two phases with explicit states; lane 5 leaves after the first.
TEST(Async, MBarrierPhases) {
  expectWords(
      "@%p0 mbarrier.init.shared.b64 [%r1], 32; bar.warp.sync -1; setp.eq.u32 "
      "%p2, %r0, 5;"
      "@!%p2 mbarrier.arrive.shared.b64 %d4, [%r1]; @%p2 "
      "mbarrier.arrive_drop.shared.b64 %d4, [%r1];"
      "A: mbarrier.test_wait.shared.b64 %p1, [%r1], %d4; @!%p1 bra A; @%p2 bra "
      "E;"
      "mbarrier.arrive.shared.b64 %d5, [%r1];"
      "B: mbarrier.test_wait.parity.shared.b64 %p1, [%r1], 1; @!%p1 bra B;"
      "mbarrier.pending_count.b64 %r8, %d5; setp.lt.u32 %p3, %r8, 32; selp.u32 "
      "%r8, 1, 0, %p3; st.global.u32 [%d3], %r8; E:",
      {1, 32, 64}, 128, [](const std::vector<uint32_t> &, size_t i) {
        return i % 4 == 0 && i != 20;
      });
}

TEST(Async, BulkCopiesAndReductions) {
  NEEDS(90);
  const std::string load =
      "@%p0 mbarrier.init.shared.b64 [%r1+1024], 1; @%p0 "
      "fence.mbarrier_init.release.cluster; bar.sync 0; @!%p0 bra W;"
      "mbarrier.arrive.expect_tx.shared.b64 %d4, [%r1+1024], 512; "
      "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes "
      "[%r1], [%d0], 512, [%r1+1024];"
      "W: mbarrier.try_wait.parity.shared.b64 %p1, [%r1+1024], 0; @!%p1 bra W;";
  expectWords(load + storeMine, {1, 32, 2048}, 128,
              [](const std::vector<uint32_t> &in, size_t i) { return in[i]; });
  expectWords(
      load +
          "ld.shared.u32 %r8, [%r3]; add.u32 %r8, %r8, 1; st.shared.u32 [%r3], "
          "%r8; fence.proxy.async.shared::cta; bar.sync 0; @!%p0 bra E;"
          "cp.async.bulk.global.shared::cta.bulk_group [%d1], [%r1], 512; "
          "cp.async.bulk.commit_group; cp.async.bulk.wait_group 0;"
          "cp.reduce.async.bulk.global.shared::cta.bulk_group.add.u32 [%d1], "
          "[%r1], 256; cp.async.bulk.commit_group; "
          "cp.async.bulk.wait_group.read 0; E:",
      {1, 32, 2048}, 128, [](const std::vector<uint32_t> &in, size_t i) {
        return (in[i] + (i % 4 == 0)) * (i < 64 ? 2 : 1);
      });
}

TEST(Async, ClustersShareTheirMemory) {
  NEEDS(90);
  // Every CTA reads what the next one wrote.
  expectWords(
      "mov.u32 %r4, %cluster_ctarank; shl.b32 %r5, %r4, 8; add.u32 %r5, %r5, "
      "%r0; st.shared.u32 [%r3], %r5;"
      "barrier.cluster.arrive.release.aligned; "
      "barrier.cluster.wait.acquire.aligned;"
      "add.u32 %r6, %r4, 1; and.b32 %r6, %r6, 3; mapa.shared::cluster.u32 %r7, "
      "%r3, %r6; ld.shared::cluster.u32 %r8, [%r7];"
      "mov.u32 %r9, %ctaid.x; mad.lo.u32 %r9, %r9, 32, %r0; mad.wide.u32 %d4, "
      "%r9, 4, %d1; "
      "st.global.u32 [%d4], %r8;"
      "barrier.cluster.arrive.aligned; barrier.cluster.wait.aligned;",
      {8, 32, 1024, 4}, 256, [](const std::vector<uint32_t> &, size_t i) {
        return uint32_t((i / 32 + 1) % 4 << 8 | i % 32);
      });
  // A remote store that completes on the other CTA's mbarrier.
  expectWords("@%p0 mbarrier.init.shared.b64 [%r1+1024], 1; @%p0 "
              "mbarrier.arrive.expect_tx.shared.b64 %d5, [%r1+1024], 128; "
              "barrier.cluster.arrive; barrier.cluster.wait;"
              "mov.u32 %r4, %cluster_ctarank; xor.b32 %r5, %r4, 1; mad.lo.u32 "
              "%r6, %r4, 100, %r0; mapa.shared::cluster.u32 %r7, %r3, %r5; "
              "add.u32 %r8, %r1, 1024; mapa.shared::cluster.u32 %r9, %r8, %r5;"
              "st.async.weak.shared::cluster.mbarrier::complete_tx::bytes.u32 "
              "[%r7], %r6, [%r9];"
              "W: mbarrier.try_wait.parity.acquire.cluster.shared::cta.b64 "
              "%p1, [%r1+1024], 0; @!%p1 bra W; ld.shared.u32 %r10, [%r3];"
              "mov.u32 %r11, %ctaid.x; mad.lo.u32 %r11, %r11, 32, %r0; "
              "mad.wide.u32 %d4, %r11, 4, "
              "%d1; st.global.u32 [%d4], %r10; barrier.cluster.arrive; "
              "barrier.cluster.wait;",
              {2, 32, 2048, 2}, 64,
              [](const std::vector<uint32_t> &, size_t i) {
                return uint32_t((i < 32) * 100 + i % 32);
              });
}

// A box of an 8-bit tensor, with swizzle, negative start and the far edge.
TEST(Async, TensorTiles) {
  NEEDS(90);
  const char *const kernel = R"(
.extern .shared .align 1024 .b8 smem[];
.visible .entry k(.param .align 64 .b8 map[128], .param .u64 out, .param .u32 x, .param .u32 y, .param .u32 bytes) {
  .reg .pred %p<4>; .reg .b32 %r<16>; .reg .b64 %d<8>;
  mov.u32 %r0, %tid.x; mov.u32 %r1, smem; setp.eq.u32 %p0, %r0, 0; ld.param.u64 %d1, [out]; ld.param.u32 %r2, [bytes];
  @%p0 mbarrier.init.shared.b64 [%r1+16384], 1;
  @%p0 fence.mbarrier_init.release.cluster;
  bar.sync 0;
  ld.param.u32 %r4, [x]; ld.param.u32 %r5, [y];
  mov.b64 %d2, map; cvta.param.u64 %d3, %d2;
  @!%p0 bra W;
  mbarrier.arrive.expect_tx.shared.b64 %d4, [%r1+16384], %r2;
  cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%r1], [%d3, {%r4, %r5}], [%r1+16384];
W: mbarrier.try_wait.parity.shared.b64 %p1, [%r1+16384], 0;
  @!%p1 bra W;
  shl.b32 %r6, %r0, 2;
L: setp.ge.u32 %p2, %r6, %r2;
  @%p2 bra E;
  add.u32 %r7, %r1, %r6; ld.shared.u32 %r8, [%r7];
  cvt.u64.u32 %d5, %r6; add.u64 %d5, %d5, %d1; st.global.u32 [%d5], %r8;
  add.u32 %r6, %r6, 128; bra L;
E: ret;
})";
  constexpr unsigned width = 160, height = 40;
  std::vector<uint8_t> tensor(width * height);
  Bits random(3);
  for (uint8_t &value : tensor)
    value = uint8_t(random.next());
  for (unsigned swizzle = 0; swizzle < 4; ++swizzle)
    for (auto [x, y] : {std::pair<int, int>{16, 3}, {-8, -2}, {130, 33}}) {
      SCOPED_TRACE("swizzle " + std::to_string(swizzle) + " at " +
                   std::to_string(x) + "," + std::to_string(y));
      Options options("async=random");
      Module module(kernel);
      Buffer<uint8_t> memory(tensor);
      unsigned inner = swizzle ? 16u << swizzle : 48, rows = 16;
      Buffer<uint8_t> out(inner * rows, 0xee);
      alignas(128) CUtensorMap map;
      uint64_t dimensions[] = {width, height}, strides[] = {width};
      uint32_t box[] = {inner, rows}, steps[] = {1, 1};
      ASSERT_EQ(cuTensorMapEncodeTiled(
                    &map, 0, 2, reinterpret_cast<void *>(memory.address),
                    dimensions, strides, box, steps, 0, int(swizzle), 0, 0),
                CUDA_SUCCESS);
      ASSERT_EQ(module.launch("k", {1, 32, 16384 + 64}, map, out.address, x, y,
                              inner * rows),
                CUDA_SUCCESS)
          << quantcEmulatorReport();
      auto values = out.values();
      for (unsigned row = 0; row < rows; ++row)
        for (unsigned column = 0; column < inner; ++column) {
          int tx = x + int(column), ty = y + int(row);
          uint8_t expected =
              tx < 0 || ty < 0 || tx >= int(width) || ty >= int(height)
                  ? 0
                  : tensor[ty * width + tx];
          // Chunks of 16 bytes trade places by bits 7 and up of the address.
          unsigned at = row * inner + column,
                   mask = swizzle ? (1u << swizzle) - 1 : 0;
          unsigned chunk = (at / 16 & ~mask) | ((at / 16 ^ at / 128) & mask);
          ASSERT_EQ(values[chunk * 16 + at % 16], expected)
              << row << "," << column;
        }
    }
  CUtensorMap map[2];
  uint64_t dimensions[] = {160, 40}, strides[] = {152};
  uint32_t box[] = {64, 16}, steps[] = {1, 1};
  auto aligned = reinterpret_cast<CUtensorMap *>(
      (reinterpret_cast<uintptr_t>(map) + 63) / 64 * 64);
  EXPECT_EQ(cuTensorMapEncodeTiled(aligned, 0, 2, nullptr, dimensions, strides,
                                   box, steps, 0, 0, 0, 0),
            CUDA_ERROR_INVALID_VALUE);
  strides[0] = 160;
  EXPECT_EQ(cuTensorMapEncodeTiled(aligned, 0, 2, nullptr, dimensions, strides,
                                   box, steps, 0, 1, 0, 0),
            CUDA_ERROR_INVALID_VALUE);
  if (onEmulator())
    EXPECT_EQ(cuTensorMapEncodeTiled(aligned, 0, 2, nullptr, dimensions,
                                     strides, box, steps, 1, 0, 0, 0),
              CUDA_ERROR_NOT_SUPPORTED);
}

/// A 64 x N x 32 product, K-major without swizzle: core matrices of 8 rows of
/// 16 bytes, those of K 128 bytes apart, those of rows 256.
TEST(Async, Wgmma) {
  NEEDS_SM_90A();
  constexpr unsigned n = 24, bytesA = 64 * 32, bytesB = n * 32;
  auto kernel = [](const std::string &types, const std::string &fence,
                   const std::string &wait, const std::string &more) {
    std::string d = "%c0";
    for (unsigned i = 1; i < n / 2; ++i)
      d += ", %c" + std::to_string(i);
    std::string text = std::string(prologue) +
                       ".reg .b32 %c<16>;\n"
                       "ld.global.v4.u32 {%r8, %r9, %r10, %r11}, [%d2]; "
                       "st.shared.v4.u32 [%r3], {%r8, %r9, %r10, %r11};"
                       "setp.ge.u32 %p1, %r0, 48; @%p1 bra S; ld.global.v4.u32 "
                       "{%r8, %r9, %r10, %r11}, [%d2+2048]; st.shared.v4.u32 "
                       "[%r3+2048], {%r8, %r9, %r10, %r11};\n"
                       "S: fence.proxy.async.shared::cta; bar.sync 0;\n"
                       "shr.u32 %r4, %r1, 4; cvt.u64.u32 %d4, %r4; or.b64 %d4, "
                       "%d4, 0x0000001000080000; add.s64 %d5, %d4, 128;\n" +
                       fence;
    text += "setp.ne.u32 %p2, 0, 0;\nwgmma.mma_async.sync.aligned.m64n24k32." +
            types + " {" + d + "}, %d4, %d5, %p2" + more +
            ";\n"
            "setp.eq.u32 %p2, 0, 0;\nwgmma.mma_async.sync.aligned.m64n24k32." +
            types + " {" + d + "}, %d4, %d5, %p2" + more +
            ";\n"
            "wgmma.commit_group.sync.aligned;\n" +
            wait;
    text += "mul.wide.u32 %d6, %r0, 48; add.s64 %d6, %d6, %d1;\n";
    for (unsigned i = 0; i < n / 2; ++i)
      text += "st.global.u32 [%d6+" + std::to_string(4 * i) + "], %c" +
              std::to_string(i) + ";\n";
    return text + "ret; }";
  };
  std::vector<uint8_t> in(bytesA + bytesB);
  Bits random(8);
  for (uint8_t &value : in)
    value = uint8_t(random.next());
  auto at = [](unsigned row, unsigned k) {
    return row / 8 * 256 + k / 16 * 128 + row % 8 * 16 + k % 16;
  };
  const std::string fence = "wgmma.fence.sync.aligned;\n",
                    wait = "wgmma.wait_group.sync.aligned 0;\n";
  for (const char *schedule : schedules) {
    SCOPED_TRACE(schedule);
    Options options(schedule);
    Buffer<uint8_t> input(in);
    Buffer<uint32_t> out(128 * n / 2, 0);
    Module module(kernel("s32.u8.s8", fence, wait, ""));
    ASSERT_EQ(module.launch("k", {1, 128, 8192}, input.address, out.address),
              CUDA_SUCCESS)
        << quantcEmulatorReport();
    auto values = out.values();
    for (unsigned i = 0; i < 64; ++i)
      for (unsigned j = 0; j < n; ++j) {
        int32_t sum = 0;
        for (unsigned k = 0; k < 32; ++k)
          sum += int32_t(in[at(i, k)]) * int8_t(in[bytesA + at(j, k)]);
        unsigned thread = i / 16 * 32 + i % 8 * 4 + j % 8 / 2,
                 index = j / 8 * 4 + i % 16 / 8 * 2 + j % 2;
        ASSERT_EQ(int32_t(values[thread * n / 2 + index]), 2 * sum)
            << i << "," << j;
      }
    if (!onEmulator())
      continue;
    Module unfenced(kernel("s32.u8.s8", "", wait, ""));
    EXPECT_EQ(unfenced.launch("k", {1, 128, 8192}, input.address, out.address),
              CUDA_ERROR_LAUNCH_FAILED);
    EXPECT_NE(std::string(quantcEmulatorReport()).find("wgmma.fence"),
              std::string::npos);
  }
  if (!onEmulator())
    return;
  Options options("async=latest");
  Buffer<uint8_t> input(in);
  Buffer<uint32_t> out(128 * n / 2, 0);
  Module early(
      kernel("s32.u8.s8", fence, "", "")); // read before the result is there
  ASSERT_EQ(early.launch("k", {1, 128, 8192}, input.address, out.address),
            CUDA_SUCCESS)
      << quantcEmulatorReport();
  EXPECT_EQ(out.values(), std::vector<uint32_t>(128 * n / 2, 0));
}

} // namespace
