//===- GemmKernel.h - an int8 GEMM in PTX for sm_80 -------------*- C++ -*- C++
//-*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// D[M][N] (s32) = A[M][K] (s8) * B[N][K] (s8): CTA tiles of 64x64x64, four
// warps of 32x32, three cp.async stages, swizzled shared memory, ldmatrix and
// mma.sync m16n8k32. All sizes are multiples of 64.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_UNITTESTS_EMULATOR_GEMMKERNEL_H
#define QUANTC_UNITTESTS_EMULATOR_GEMMKERNEL_H

#include <string>

namespace quantc::emulator::test {

inline std::string gemmKernel() {
  auto number = [](int value) { return std::to_string(value); };
  std::string text = R"(
.extern .shared .align 128 .b8 smem[];
.visible .entry gemm(.param .u64 pa, .param .u64 pb, .param .u64 pd, .param .u32 pn, .param .u32 pk)
.maxntid 128, 1, 1
{
  .reg .pred %more, %p; .reg .b32 %t<32>; .reg .b32 %a<8>; .reg .b32 %b<8>; .reg .b32 %c<32>; .reg .b64 %d<24>;
  ld.param.u64 %d0, [pa]; ld.param.u64 %d1, [pb]; ld.param.u64 %d2, [pd];
  ld.param.u32 %t0, [pn]; ld.param.u32 %t1, [pk];
  mov.u32 %t2, %tid.x; mov.u32 %t3, %ctaid.x; mov.u32 %t4, %ctaid.y;
  // Copies: thread t moves chunk t & 3 of the rows t / 4 and t / 4 + 32.
  shr.u32 %t5, %t2, 2; and.b32 %t6, %t2, 3;
  shl.b32 %t7, %t4, 6; add.u32 %t7, %t7, %t5; mul.wide.u32 %d3, %t7, %t1;
  shl.b32 %t8, %t3, 6; add.u32 %t8, %t8, %t5; mul.wide.u32 %d4, %t8, %t1;
  mul.wide.u32 %d5, %t6, 16;
  add.u64 %d6, %d0, %d3; add.u64 %d6, %d6, %d5;   // A
  add.u64 %d7, %d1, %d4; add.u64 %d7, %d7, %d5;   // B
  mul.wide.u32 %d8, %t1, 32; add.u64 %d9, %d6, %d8; add.u64 %d10, %d7, %d8;
  bfe.u32 %t9, %t5, 1, 2; xor.b32 %t9, %t9, %t6; shl.b32 %t9, %t9, 4;
  shl.b32 %t10, %t5, 6; add.u32 %t9, %t9, %t10; mov.u32 %t11, smem; add.u32 %t9, %t9, %t11;
  // Reads: lane l gives row l & 15 of A, and of B the rows l & 7 of two tiles.
  and.b32 %t12, %t2, 31; shr.u32 %t13, %t2, 5;
  and.b32 %t14, %t13, 1; shl.b32 %t14, %t14, 5;   // first row of the warp
  shr.u32 %t15, %t13, 1; shl.b32 %t15, %t15, 5;   // first column
  bfe.u32 %t16, %t12, 1, 2;                       // swizzle of the lane's row
  and.b32 %t17, %t12, 15; add.u32 %t17, %t17, %t14; shl.b32 %t17, %t17, 6; shr.u32 %t18, %t12, 4;
  and.b32 %t19, %t12, 7; bfe.u32 %t20, %t12, 4, 1; shl.b32 %t20, %t20, 3; add.u32 %t19, %t19, %t20;
  add.u32 %t19, %t19, %t15; shl.b32 %t19, %t19, 6; add.u32 %t19, %t19, 4096; bfe.u32 %t20, %t12, 3, 1;
)";
  for (int i = 0; i < 32; ++i)
    text += "  mov.u32 %c" + number(i) + ", 0;\n";
  // %t21: stage written, %t22: stage read (bytes), %t23: K left to copy.
  auto copy = [&] {
    return std::string(R"(
  add.u32 %t24, %t9, %t21;
  setp.gt.s32 %p, %t23, 0;
  @%p cp.async.cg.shared.global [%t24], [%d6], 16;
  @%p cp.async.cg.shared.global [%t24+2048], [%d9], 16;
  @%p cp.async.cg.shared.global [%t24+4096], [%d7], 16;
  @%p cp.async.cg.shared.global [%t24+6144], [%d10], 16;
  cp.async.commit_group;
  add.u64 %d6, %d6, 64; add.u64 %d7, %d7, 64; add.u64 %d9, %d9, 64; add.u64 %d10, %d10, 64;
  add.s32 %t23, %t23, -64;
  add.u32 %t21, %t21, 8192; setp.eq.u32 %p, %t21, 24576; selp.u32 %t21, 0, %t21, %p;
)");
  };
  text += "  mov.u32 %t21, 0; mov.u32 %t22, 0; mov.u32 %t23, %t1; mov.u32 "
          "%t25, %t1;\n" +
          copy() + copy();
  text += R"(
  setp.le.s32 %p, %t25, 0;
  @%p bra STORE;
LOOP:
  cp.async.wait_group 1;
  bar.sync 0;
  add.u32 %t26, %t11, %t22;
)";
  for (int step = 0; step < 2; ++step) {
    text += "  add.u32 %t27, %t18, " + number(2 * step) +
            "; xor.b32 %t27, %t27, %t16; shl.b32 %t27, %t27, 4; add.u32 %t27, "
            "%t27, %t17; add.u32 %t27, %t27, %t26;\n"
            "  add.u32 %t28, %t20, " +
            number(2 * step) +
            "; xor.b32 %t28, %t28, %t16; shl.b32 %t28, %t28, 4; add.u32 %t28, "
            "%t28, %t19; add.u32 %t28, %t28, %t26;\n";
    for (int tile = 0; tile < 2; ++tile) {
      auto four = [&](const char *name) {
        std::string r = name;
        return r + number(4 * tile) + "," + r + number(4 * tile + 1) + "," + r +
               number(4 * tile + 2) + "," + r + number(4 * tile + 3);
      };
      text += "  ldmatrix.sync.aligned.m8n8.x4.shared.b16 {" + four("%a") +
              "}, [%t27+" + number(1024 * tile) + "];\n";
      text += "  ldmatrix.sync.aligned.m8n8.x4.shared.b16 {" + four("%b") +
              "}, [%t28+" + number(1024 * tile) + "];\n";
    }
    for (int i = 0; i < 2; ++i)
      for (int j = 0; j < 4; ++j) {
        std::string c;
        for (int e = 0; e < 4; ++e)
          c += (e ? ",%c" : "%c") + number((i * 4 + j) * 4 + e);
        std::string a;
        for (int e = 0; e < 4; ++e)
          a += (e ? ",%a" : "%a") + number(i * 4 + e);
        text += "  mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {" + c +
                "}, {" + a + "}, {%b" + number(2 * j) + ",%b" +
                number(2 * j + 1) + "}, {" + c + "};\n";
      }
  }
  text += copy();
  text += R"(
  add.u32 %t22, %t22, 8192; setp.eq.u32 %p, %t22, 24576; selp.u32 %t22, 0, %t22, %p;
  add.s32 %t25, %t25, -64;
  setp.gt.s32 %more, %t25, 0;
  @%more bra LOOP;
STORE:
  shl.b32 %t27, %t4, 6; add.u32 %t27, %t27, %t14; shr.u32 %t28, %t12, 2; add.u32 %t27, %t27, %t28;
  shl.b32 %t29, %t3, 6; add.u32 %t29, %t29, %t15; and.b32 %t30, %t12, 3; shl.b32 %t30, %t30, 1; add.u32 %t29, %t29, %t30;
  mad.lo.u32 %t27, %t27, %t0, %t29; mul.wide.u32 %d11, %t27, 4; add.u64 %d11, %d11, %d2;
  mul.wide.u32 %d12, %t0, 32;
)";
  for (int i = 0; i < 2; ++i) {
    for (int half = 0; half < 2; ++half) {
      for (int j = 0; j < 4; ++j) {
        int c = (i * 4 + j) * 4 + half * 2;
        text += "  st.global.v2.u32 [%d11+" + number(32 * j) + "], {%c" +
                number(c) + ",%c" + number(c + 1) + "};\n";
      }
      text += "  add.u64 %d11, %d11, %d12;\n";
    }
  }
  return text + "  ret;\n}\n";
}

} // namespace quantc::emulator::test

#endif // QUANTC_UNITTESTS_EMULATOR_GEMMKERNEL_H
