//===- WarpTest.cpp - lanes, divergence, exchanges, atomics ---------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

#include <functional>

using namespace quantc::emulator::test;

namespace {

const char *const orders[] = {"order=earliest", "order=latest",
                              "order=random,seed=4"};

/// Runs `body`, which leaves its result in %r9, with lane number in %r0.
std::vector<uint32_t> lanes(const std::string &body, unsigned block = 32) {
  Module module(".global .align 4 .u32 flag;\n.visible .entry k(.param .u64 "
                "out) {\n.reg .pred %p<8>; .reg .b32 %r<16>; .reg .b64 %d<4>;\n"
                "mov.u32 %r0, %tid.x; ld.param.u64 %d0, [out]; mad.wide.u32 "
                "%d1, %r0, 4, %d0;\n" +
                body + "\nst.global.u32 [%d1], %r9; ret; }\n");
  Buffer<uint32_t> out(block, ~0u);
  EXPECT_EQ(module.launch("k", {1, block}, out.address), CUDA_SUCCESS)
      << quantcEmulatorReport();
  return out.values();
}

void expectLanes(const std::string &body,
                 const std::function<uint32_t(uint32_t)> &expected) {
  for (const char *order : orders) {
    SCOPED_TRACE(body + " " + order);
    Options options(order);
    auto result = lanes(body);
    for (uint32_t lane = 0; lane < 32; ++lane)
      EXPECT_EQ(result[lane], expected(lane)) << "lane " << lane;
  }
}

TEST(Warp, Shuffles) {
  const std::string value = "mul.lo.u32 %r1, %r0, 3;";
  expectLanes(value + "shfl.sync.idx.b32 %r9, %r1, 5, 31, -1;",
              [](uint32_t) { return 15; });
  expectLanes(value + "shfl.sync.bfly.b32 %r9, %r1, 4, 31, -1;",
              [](uint32_t l) { return (l ^ 4) * 3; });
  expectLanes(value + "shfl.sync.up.b32 %r9, %r1, 2, 0, -1;",
              [](uint32_t l) { return (l < 2 ? l : l - 2) * 3; });
  expectLanes(value + "shfl.sync.down.b32 %r9, %r1, 2, 31, -1;",
              [](uint32_t l) { return (l > 29 ? l : l + 2) * 3; });
  // Segments of eight lanes: c = 0x1807 (mask 24, clamp 7).
  expectLanes(value + "shfl.sync.down.b32 %r9|%p1, %r1, 3, 6151, -1; @!%p1 "
                      "mov.u32 %r9, 99;",
              [](uint32_t l) { return l % 8 + 3 < 8 ? (l + 3) * 3 : 99; });
}

TEST(Warp, VotesMatchesReductions) {
  const std::string odd = "and.b32 %r1, %r0, 1; setp.ne.u32 %p1, %r1, 0;";
  expectLanes(odd + "vote.sync.ballot.b32 %r9, %p1, -1;",
              [](uint32_t) { return 0xaaaaaaaa; });
  expectLanes(odd +
                  "vote.sync.any.pred %p2, !%p1, -1; selp.u32 %r9, 1, 0, %p2;",
              [](uint32_t) { return 1; });
  expectLanes(odd + "vote.sync.all.pred %p2, %p1, -1; selp.u32 %r9, 1, 0, %p2;",
              [](uint32_t) { return 0; });
  expectLanes("shr.u32 %r1, %r0, 3; match.any.sync.b32 %r9, %r1, -1;",
              [](uint32_t l) { return 0xffu << l / 8 * 8; });
  expectLanes("match.all.sync.b32 %r9|%p1, 7, -1;",
              [](uint32_t) { return ~0u; });
  expectLanes("redux.sync.add.u32 %r9, %r0, -1;", [](uint32_t) { return 496; });
  expectLanes("sub.s32 %r1, 3, %r0; redux.sync.min.s32 %r9, %r1, -1;",
              [](uint32_t) { return uint32_t(-28); });
  expectLanes("redux.sync.xor.b32 %r9, %r0, -1;", [](uint32_t) { return 0; });
  if (architecture() >= 90)
    expectLanes("elect.sync %r9|%p1, -1; @%p1 add.u32 %r9, %r9, 40;",
                [](uint32_t l) { return l == 0 ? 40 : 0; });
}

TEST(Warp, ReductionsOfEveryKind) {
  struct {
    const char *kind;
    uint32_t (*combine)(uint32_t, uint32_t);
  } const cases[] = {
      {"add.u32", [](uint32_t a, uint32_t b) { return a + b; }},
      {"add.s32", [](uint32_t a, uint32_t b) { return a + b; }},
      {"min.u32", [](uint32_t a, uint32_t b) { return std::min(a, b); }},
      {"max.u32", [](uint32_t a, uint32_t b) { return std::max(a, b); }},
      {"min.s32",
       [](uint32_t a, uint32_t b) {
         return uint32_t(std::min(int32_t(a), int32_t(b)));
       }},
      {"max.s32",
       [](uint32_t a, uint32_t b) {
         return uint32_t(std::max(int32_t(a), int32_t(b)));
       }},
      {"and.b32", [](uint32_t a, uint32_t b) { return a & b; }},
      {"or.b32", [](uint32_t a, uint32_t b) { return a | b; }},
      {"xor.b32", [](uint32_t a, uint32_t b) { return a ^ b; }}};
  auto value = [](uint32_t l) { return l * 0x9e3779b9u + 0x7f4a7c15u; };
  for (const auto &each : cases) {
    uint32_t result = value(0);
    for (uint32_t lane = 1; lane < 32; ++lane)
      result = each.combine(result, value(lane));
    expectLanes("mad.lo.u32 %r1, %r0, 0x9e3779b9, 0x7f4a7c15; redux.sync." +
                    std::string(each.kind) + " %r9, %r1, -1;",
                [&](uint32_t) { return result; });
  }
}

TEST(Warp, RegistersMoveBetweenWarps) {
  NEEDS_SM_90A();
  Module module(".visible .entry k(.param .u64 out) .reqntid 256, 1, 1 {\n"
                ".reg .pred %p; .reg .b32 %r<4>; .reg .b64 %d<4>;\n"
                "mov.u32 %r0, %tid.x; ld.param.u64 %d0, [out]; mad.wide.u32 "
                "%d1, %r0, 4, %d0; setp.ge.u32 %p, %r0, 128; @%p bra MORE;\n"
                "setmaxnreg.dec.sync.aligned.u32 24; bra.uni STORE;\n"
                "MORE: setmaxnreg.inc.sync.aligned.u32 232;\n"
                "STORE: st.global.u32 [%d1], %r0; ret; }\n");
  Buffer<uint32_t> out(256, ~0u);
  ASSERT_EQ(module.launch("k", {1, 256}, out.address), CUDA_SUCCESS)
      << quantcEmulatorReport();
  for (uint32_t i = 0; i < 256; ++i)
    ASSERT_EQ(out.values()[i], i);
}

TEST(Warp, RefusesWhatThereIsNot) {
  EMULATOR_ONLY();
  Options options;
  for (const char *instruction :
       {"setmaxnreg.dec.sync.aligned.u32 41;",
        "redux.sync.add.b32 %r0, %r1, -1;", "redux.sync.and.u32 %r0, %r1, -1;",
        "add.u32 %r0, %r1, %tid.x;",
        "shfl.sync.idx.b64 %r0, %r1, 1, 31, -1;"}) {
    Module module(std::string(".visible .entry k() { .reg .b32 %r<2>; ") +
                  instruction + " ret; }");
    EXPECT_EQ(module.result, CUDA_ERROR_INVALID_PTX) << instruction;
  }
}

// Two groups with masks of their own meet separately, in either order.
TEST(Warp, DivergedGroups) {
  expectLanes("setp.lt.u32 %p1, %r0, 16; @%p1 bra LOW; shfl.sync.idx.b32 %r9, "
              "%r0, 20, 31, 0xffff0000; bra.uni END;"
              "LOW: shfl.sync.idx.b32 %r9, %r0, 3, 31, 0xffff; END: "
              "bar.warp.sync -1; add.u32 %r9, %r9, 100;",
              [](uint32_t l) { return (l < 16 ? 3u : 20u) + 100; });
  expectLanes("setp.lt.u32 %p1, %r0, 16; selp.u32 %r1, 0xffff, 0xffff0000, "
              "%p1; redux.sync.add.u32 %r9, %r0, %r1;",
              [](uint32_t l) { return l < 16 ? 120u : 376u; });
  // Loops of different lengths.
  expectLanes("mov.u32 %r9, 0; mov.u32 %r1, 0; L: add.u32 %r9, %r9, %r1; "
              "add.u32 %r1, %r1, 1; setp.le.u32 %p1, %r1, %r0; @%p1 bra L;",
              [](uint32_t l) { return l * (l + 1) / 2; });
  // Lane 0 waits for a value that lane 1 writes later: everybody goes on.
  expectLanes("mov.u32 %r9, 7; setp.eq.u32 %p1, %r0, 0; @!%p1 bra W; S: "
              "ld.volatile.global.u32 %r9, [flag]; setp.ne.u32 %p2, %r9, 5; "
              "@%p2 bra S; bra.uni END;"
              "W: setp.eq.u32 %p3, %r0, 1; @%p3 st.volatile.global.u32 [flag], "
              "5; @%p3 mov.u32 %r9, 5; END:",
              [](uint32_t l) { return l < 2 ? 5u : 7u; });
}

TEST(Warp, IndirectBranches) {
  expectLanes(
      "and.b32 %r1, %r0, 3; T: .branchtargets A, B, C, A; brx.idx %r1, T;\n"
      "A: mov.u32 %r9, 1; bra E; B: mov.u32 %r9, 2; bra E; C: mov.u32 %r9, 3; "
      "E:",
      [](uint32_t l) { return l % 4 == 3 ? 1 : l % 4 + 1; });
}

TEST(Warp, SpecialRegisters) {
  Options options;
  Module module(R"(.visible .entry k(.param .u64 out) {
  .reg .b32 %r<12>; .reg .b64 %d<4>;
  ld.param.u64 %d0, [out];
  mov.u32 %r5, %ctaid.y; mov.u32 %r6, %nctaid.x; mov.u32 %r7, %ctaid.x;
  mad.lo.u32 %r0, %r5, %r6, %r7;
  mov.u32 %r5, %tid.y; mov.u32 %r6, %ntid.x; mov.u32 %r7, %tid.x;
  mad.lo.u32 %r1, %r5, %r6, %r7;
  mad.lo.u32 %r2, %r0, 8, %r1;
  mad.wide.u32 %d1, %r2, 4, %d0;
  mov.u32 %r3, %laneid;
  mov.u32 %r4, %lanemask_lt;
  add.u32 %r3, %r3, %r4;
  st.global.u32 [%d1], %r3;
  ret; })");
  Buffer<uint32_t> out(48, 0);
  CUfunction function;
  ASSERT_EQ(cuModuleGetFunction(&function, module.module, "k"), CUDA_SUCCESS);
  void *parameters[] = {&out.address};
  ASSERT_EQ(cuLaunchKernel(function, 3, 2, 1, 4, 2, 1, 0, nullptr, parameters,
                           nullptr),
            CUDA_SUCCESS)
      << quantcEmulatorReport();
  auto values = out.values();
  for (uint32_t i = 0; i < 48; ++i)
    EXPECT_EQ(values[i], i % 8 + (1u << i % 8) - 1);
}

TEST(Warp, Atomics) {
  struct {
    const char *instruction;
    uint32_t before, after; ///< after 128 threads in 4 CTAs with b = thread
                            ///< number in the grid
  } const cases[] = {
      {"red.global.add.u32 [%d0], %r1;", 5, 5 + 127 * 64},
      {"red.global.max.s32 [%d0], %r1;", 60, 127},
      {"red.global.min.u32 [%d0], %r1;", 60, 0},
      {"red.global.or.b32 [%d0], %r1;", 0x100, 0x17f},
      {"red.global.and.b32 [%d0], %r1;", ~0u, 0},
      {"red.global.xor.b32 [%d0], %r1;", 9, 9},
      {"red.global.inc.u32 [%d0], 99;", 0, 28},
      {"red.global.dec.u32 [%d0], 99;", 0, 72},
      {"red.global.add.f32 [%d0], 0f3F800000;", 0, 0x43000000},
      {"mov.b32 %r2, 0x3c003c00; red.global.add.noftz.f16x2 [%d0], %r2;", 0,
       0x58005800},
      {"L: ld.relaxed.gpu.global.u32 %r2, [%d0]; add.u32 %r3, %r2, 2; "
       "atom.global.cas.b32 %r4, [%d0], %r2, %r3; setp.ne.u32 %p1, %r4, %r2; "
       "@%p1 bra L;",
       0, 256},
  };
  for (const auto &each : cases)
    for (const char *order : orders) {
      SCOPED_TRACE(each.instruction);
      Options options(order);
      Module module(
          ".visible .entry k(.param .u64 out) {\n.reg .pred %p<8>; .reg .b32 "
          "%r<16>; .reg .b64 %d<4>;\n"
          "mov.u32 %r1, %ctaid.x; mov.u32 %r2, %tid.x; mad.lo.u32 %r1, %r1, "
          "32, %r2; ld.param.u64 %d0, [out];\n" +
          std::string(each.instruction) + "\nret; }\n");
      Buffer<uint32_t> out(1, each.before);
      ASSERT_EQ(module.launch("k", {4, 32}, out.address), CUDA_SUCCESS)
          << quantcEmulatorReport();
      EXPECT_EQ(out.values()[0], each.after);
    }
}

TEST(Warp, NamedBarriersAndReductions) {
  for (const char *order : orders) {
    Options options(order);
    // The first warp produces; the second consumes: arrive and sync on
    // barrier 1.
    Module module(R"(
.shared .align 4 .b8 smem[256];
.visible .entry k(.param .u64 out) {
  .reg .pred %p<4>; .reg .b32 %r<8>; .reg .b64 %d<4>;
  mov.u32 %r0, %tid.x; ld.param.u64 %d0, [out]; mad.wide.u32 %d1, %r0, 4, %d0;
  mov.u32 %r1, smem; and.b32 %r2, %r0, 31; shl.b32 %r2, %r2, 2; add.u32 %r1, %r1, %r2;
  setp.ge.u32 %p0, %r0, 32; @%p0 bra CONSUMER;
  st.shared.u32 [%r1], %r0;
  bar.arrive 1, 64;
  bra.uni END;
CONSUMER:
  bar.sync 1, 64;
  ld.shared.u32 %r3, [%r1];
  st.global.u32 [%d1], %r3;
END:
  setp.lt.u32 %p1, %r0, 10;
  bar.red.popc.u32 %r4, 0, %p1;
  @!%p0 st.global.u32 [%d1], %r4;
  ret;
})");
    Buffer<uint32_t> out(64, 0);
    ASSERT_EQ(module.launch("k", {1, 64}, out.address), CUDA_SUCCESS)
        << quantcEmulatorReport();
    for (uint32_t i = 0; i < 64; ++i)
      EXPECT_EQ(out.values()[i], i < 32 ? 10 : i - 32);
  }
}

} // namespace
