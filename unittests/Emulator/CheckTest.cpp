//===- CheckTest.cpp - every check sees the fault it is there for ---------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// For each check a kernel with the fault, and where it makes sense the same
// kernel without it, which must pass.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

using namespace quantc::emulator::test;

namespace {

const char *const registers = R"(
  .reg .pred %p<8>; .reg .b16 %h<8>; .reg .b32 %r<32>; .reg .f32 %f<8>; .reg .b64 %rd<16>;
  ld.param.u64 %rd0, [out];
  mov.u32 %r0, %tid.x;
  mul.wide.u32 %rd1, %r0, 4;
  add.s64 %rd2, %rd0, %rd1;
  shl.b32 %r1, %r0, 2;
)";

std::string kernel(const std::string &body, const std::string &module = "") {
  return module +
         ".extern .shared .align 16 .b8 smem[];\n.visible .entry k(.param .u64 "
         "out) {" +
         registers + body + "\n ret;\n}";
}

struct Case {
  const char *name;
  std::string body;
  CUresult expected;
  const char *report; ///< part of it
  Shape shape = {1, 64, 1024};
};

void run(const Case &each, const std::string &options = "") {
  SCOPED_TRACE(std::string(each.name) + " " + options);
  Options with(options);
  Module module(kernel(each.body));
  Buffer<uint32_t> out(4096, 0);
  EXPECT_EQ(module.launch("k", each.shape, out.address), each.expected)
      << quantcEmulatorReport();
  EXPECT_NE(std::string(quantcEmulatorReport()).find(each.report),
            std::string::npos)
      << quantcEmulatorReport();
}

// Neighbours exchange values through shared memory; B is what stands between.
std::string exchange(const char *between) {
  return std::string(R"(
  mov.u32 %r2, smem;
  add.u32 %r3, %r2, %r1;
  st.shared.u32 [%r3], %r0;
)") + between +
         R"(
  xor.b32 %r4, %r1, 128;
  add.u32 %r5, %r2, %r4;
  ld.shared.u32 %r6, [%r5];
  st.global.u32 [%rd2], %r6;
)";
}

TEST(Check, OutOfBounds) {
  run({"past the allocation", "st.global.u32 [%rd2+16384], %r0;",
       CUDA_ERROR_ILLEGAL_ADDRESS, "out-of-bounds: access of 4 bytes at "});
  run({"null", "mov.b64 %rd3, 0; ld.global.u32 %r2, [%rd3];",
       CUDA_ERROR_ILLEGAL_ADDRESS, "in no allocation"});
  run({"past shared memory",
       "mov.u32 %r2, smem; st.shared.u32 [%r2+1024], %r0;",
       CUDA_ERROR_ILLEGAL_ADDRESS,
       "of shared memory, which holds the addresses 0x400 to 0x800"});
  run({"before shared memory", "mov.u32 %r2, 0; st.shared.u32 [%r2], %r0;",
       CUDA_ERROR_ILLEGAL_ADDRESS, "shared memory"});
  run({"of another CTA",
       "mov.u32 %r2, smem; mapa.shared::cluster.u32 %r3, %r2, 5; "
       "st.shared::cluster.u32 [%r3], %r0;",
       CUDA_ERROR_ILLEGAL_ADDRESS, "not in the cluster"});
}

TEST(Check, Misaligned) {
  run({"global", "st.global.u32 [%rd2+2], %r0;", CUDA_ERROR_MISALIGNED_ADDRESS,
       "misaligned: address "});
  run({"vector", "st.global.v4.u32 [%rd2], {%r0, %r0, %r0, %r0};",
       CUDA_ERROR_MISALIGNED_ADDRESS, "is not a multiple of 16"});
}

TEST(Check, Uninitialized) {
  run({"shared",
       "mov.u32 %r2, smem; add.u32 %r3, %r2, %r1; ld.shared.u32 %r4, [%r3];",
       CUDA_ERROR_LAUNCH_FAILED,
       "uninitialized: read of shared memory at 0x400, which was never "
       "written"});
  run({"off",
       "mov.u32 %r2, smem; add.u32 %r3, %r2, %r1; ld.shared.u32 %r4, [%r3];",
       CUDA_SUCCESS, ""},
      "uninitialized=off");
}

TEST(Check, RacesOnSharedMemory) {
  for (const char *order :
       {"order=earliest", "order=latest", "order=random,seed=7"}) {
    run({"no barrier", exchange(""), CUDA_ERROR_LAUNCH_FAILED, "race: "},
        std::string("uninitialized=off,") + order);
    run({"barrier", exchange("bar.sync 0;"), CUDA_SUCCESS, ""}, order);
    run({"barrier of the warp only", exchange("bar.warp.sync 0xffffffff;"),
         CUDA_ERROR_LAUNCH_FAILED, "race: "},
        std::string("uninitialized=off,") + order);
  }
  // Within a warp, lanes are threads like any others.
  std::string within = exchange("%BETWEEN%");
  within.replace(within.find("128"), 3, "4");
  auto with = [&](const char *text) {
    std::string result = within;
    return result.replace(result.find("%BETWEEN%"), 9, text);
  };
  run({"lanes without barrier", with(""), CUDA_ERROR_LAUNCH_FAILED,
       "race: read of shared memory"});
  run({"lanes with barrier", with("bar.warp.sync 0xffffffff;"), CUDA_SUCCESS,
       ""});
}

TEST(Check, RaceReportsBothSides) {
  Options options("order=earliest");
  Module module(".file 1 \"model.mlir\"\n" +
                kernel(".loc 1 42 7\n" + exchange("")));
  Buffer<uint32_t> out(64, 0);
  EXPECT_EQ(module.launch("k", {1, 64, 1024}, out.address),
            CUDA_ERROR_LAUNCH_FAILED);
  std::string report = quantcEmulatorReport();
  for (const char *part :
       {"race: ", "kernel k, CTA (0,0,0), thread (", "PTX line ",
        "from model.mlir:42:7", "by thread (", "times"})
    EXPECT_NE(report.find(part), std::string::npos) << part << "\n" << report;
}

TEST(Check, RacesOnGlobalMemory) {
  const Shape many = {4, 64, 0};
  run({"same element of two CTAs", "st.global.u32 [%rd2], %r0;",
       CUDA_ERROR_LAUNCH_FAILED, "race: write to global memory", many});
  run({"read of what another CTA writes",
       "mov.u32 %r2, %ctaid.x; setp.ne.u32 %p0, %r2, 0; @%p0 ld.global.u32 "
       "%r3, [%rd2]; @!%p0 st.global.u32 [%rd2], %r0;",
       CUDA_ERROR_LAUNCH_FAILED, "race: ", many});
  run({"atomic operations do not race",
       "atom.global.add.u32 %r3, [%rd0], 1; red.global.add.u32 [%rd0+4], 1;",
       CUDA_SUCCESS, "", many});
  run({"off", "st.global.u32 [%rd2], %r0;", CUDA_SUCCESS, "", many},
      "races=off");
}

// CTA 0 writes data and then a flag; CTA 1 waits for the flag and reads.
std::string handOver(const char *publish, const char *look) {
  return std::string(R"(
  setp.ne.u32 %p0, %r0, 0;
  @%p0 exit;
  mov.u32 %r2, %ctaid.x;
  setp.eq.u32 %p1, %r2, 1;
  @%p1 bra READER;
  st.global.u32 [%rd0+64], 17;
)") + publish +
         R"(
  ret;
READER:
)" + look +
         R"(
  setp.eq.u32 %p2, %r3, 0;
  @%p2 bra READER;
  ld.global.u32 %r4, [%rd0+64];
  st.global.u32 [%rd0+128], %r4;
)";
}

TEST(Check, ReleaseAndAcquireOrderCTAs) {
  const Shape two = {2, 32, 0};
  for (const char *order :
       {"order=earliest", "order=latest", "order=random,seed=3"}) {
    run({"release, acquire",
         handOver("st.release.gpu.global.u32 [%rd0], 1;",
                  "ld.acquire.gpu.global.u32 %r3, [%rd0];"),
         CUDA_SUCCESS, "", two},
        order);
    run({"fences",
         handOver("fence.acq_rel.gpu; st.relaxed.gpu.global.u32 [%rd0], 1;",
                  "ld.relaxed.gpu.global.u32 %r3, [%rd0]; fence.acq_rel.gpu;"),
         CUDA_SUCCESS, "", two},
        order);
    run({"relaxed",
         handOver("st.relaxed.gpu.global.u32 [%rd0], 1;",
                  "ld.relaxed.gpu.global.u32 %r3, [%rd0];"),
         CUDA_ERROR_LAUNCH_FAILED, "race: ", two},
        order);
    run({"no acquire",
         handOver("st.release.gpu.global.u32 [%rd0], 1;",
                  "ld.relaxed.gpu.global.u32 %r3, [%rd0];"),
         CUDA_ERROR_LAUNCH_FAILED, "race: ", two},
        order);
  }
}

TEST(Check, DivergentBarrier) {
  run({"half a warp",
       "setp.lt.u32 %p0, %r0, 16; @%p0 bra SKIP; bar.sync 0; SKIP: bar.sync 1;",
       CUDA_ERROR_LAUNCH_FAILED, "divergent-barrier: "});
  run({"half a warp under a guard",
       "setp.lt.u32 %p0, %r0, 16; @%p0 bar.sync 0; @!%p0 bar.sync 1;",
       CUDA_ERROR_LAUNCH_FAILED, "divergent-barrier: "});
  run({"mask without the lane", "shfl.sync.idx.b32 %r2, %r0, 0, 31, 0xf;",
       CUDA_ERROR_LAUNCH_FAILED, "does not name the executing lane"});
  run({"lanes that have exited",
       "setp.lt.u32 %p0, %r0, 4; @%p0 exit; vote.sync.ballot.b32 %r2, %p0, "
       "0xffffffff;",
       CUDA_ERROR_LAUNCH_FAILED, "lanes that have exited"});
  run({"lanes that never come",
       "setp.lt.u32 %p0, %r0, 4; @%p0 bra A; bar.warp.sync 0xffffffff; bra.uni "
       "B; A: bar.sync 0; B:",
       CUDA_ERROR_LAUNCH_FAILED, "divergent-barrier: lanes 0xf wait here"});
  run({"collective of half a warp",
       "ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%r2}, [smem];",
       CUDA_ERROR_LAUNCH_FAILED,
       "needs all 32 lanes",
       {1, 16, 1024}});
  run({"counts that differ",
       "setp.lt.u32 %p0, %r0, 32; @%p0 bar.sync 0, 64; @!%p0 bar.sync 0, 32;",
       CUDA_ERROR_LAUNCH_FAILED, "is in use for"});
}

TEST(Check, Deadlock) {
  run({"barriers crossed",
       "setp.lt.u32 %p0, %r0, 32; @%p0 bra A; bar.sync 0; bra.uni B; A: "
       "bar.sync 1; B:",
       CUDA_ERROR_LAUNCH_TIMEOUT, "deadlock: no thread can go on"});
  run({"spinning",
       "L: ld.volatile.global.u32 %r2, [%rd0]; setp.eq.u32 %p0, %r2, 0; @%p0 "
       "bra L;",
       CUDA_ERROR_LAUNCH_TIMEOUT, "no progress for"});
  run({"phase that never completes",
       "mov.u32 %r2, smem; setp.eq.u32 %p0, %r0, 0; @%p0 "
       "mbarrier.init.shared.b64 [%r2], 65; bar.sync 0;"
       "mbarrier.arrive.shared.b64 %rd3, [%r2]; L: "
       "mbarrier.try_wait.parity.shared.b64 %p1, [%r2], 0; @!%p1 bra L;",
       CUDA_ERROR_LAUNCH_TIMEOUT, "waits for a phase of an mbarrier"});
}

TEST(Check, MBarrier) {
  const std::string init = "mov.u32 %r2, smem; setp.eq.u32 %p0, %r0, 0; @%p0 "
                           "mbarrier.init.shared.b64 [%r2], 1; bar.sync 0;";
  run({"not initialised", "mbarrier.arrive.shared.b64 %rd3, [smem];",
       CUDA_ERROR_LAUNCH_FAILED,
       "mbarrier: no mbarrier was initialised at shared address 0x400"});
  run({"twice", init + "@%p0 mbarrier.init.shared.b64 [%r2], 1;",
       CUDA_ERROR_LAUNCH_FAILED, "was not invalidated"});
  run({"count of zero", "mov.u32 %r2, smem; mbarrier.init.shared.b64 [%r2], 0;",
       CUDA_ERROR_LAUNCH_FAILED, "expected a count from 1"});
  run({"parity", init + "mbarrier.test_wait.parity.shared.b64 %p1, [%r2], 2;",
       CUDA_ERROR_LAUNCH_FAILED, "expected a parity of 0 or 1"});
  run({"after inval",
       init + "@%p0 mbarrier.inval.shared.b64 [%r2]; bar.sync 0; @%p0 "
              "mbarrier.arrive.shared.b64 %rd3, [%r2];",
       CUDA_ERROR_LAUNCH_FAILED, "no mbarrier was initialised"});
  run({"too many arrivals",
       init + "@%p0 mbarrier.arrive.shared.b64 %rd3, [%r2], 2;",
       CUDA_ERROR_LAUNCH_FAILED, "more arrivals than"});
  run({"initialisation not ordered",
       "mov.u32 %r2, smem; setp.eq.u32 %p0, %r0, 0; @%p0 "
       "mbarrier.init.shared.b64 [%r2], 64; bar.warp.sync -1; "
       "mbarrier.arrive.shared.b64 %rd3, [%r2];",
       CUDA_ERROR_LAUNCH_FAILED,
       "",
       {1, 64, 1024}},
      "order=earliest");
}

TEST(Check, AsynchronousCopies) {
  const std::string copy =
      "mov.u32 %r2, smem; add.u32 %r3, %r2, %r1; cp.async.ca.shared.global "
      "[%r3], [%rd2], 4; cp.async.commit_group;";
  const std::string use =
      "ld.shared.u32 %r4, [%r3]; st.global.u32 [%rd2+4096], %r4;";
  for (const char *async :
       {"async=earliest", "async=latest", "async=random,seed=9"}) {
    run({"no wait", copy + use, CUDA_ERROR_LAUNCH_FAILED,
         "race: read of shared memory"},
        async);
    run({"wait", copy + "cp.async.wait_group 0;" + use, CUDA_SUCCESS, ""},
        async);
    run({"wait for too few", copy + "cp.async.wait_group 1;" + use,
         CUDA_ERROR_LAUNCH_FAILED, "by a cp.async of thread"},
        async);
  }
}

TEST(Check, ProxyFence) {
  auto store = [](const char *fence) {
    return std::string("mov.u32 %r2, smem; add.u32 %r3, %r2, %r1; "
                       "st.shared.u32 [%r3], %r0;") +
           fence +
           "bar.sync 0; setp.eq.u32 %p0, %r0, 0; @!%p0 bra END; "
           "cp.async.bulk.global.shared::cta.bulk_group [%rd0], [%r2], 256;"
           "cp.async.bulk.commit_group; cp.async.bulk.wait_group 0; END:";
  };
  run({"missing", store(""), CUDA_ERROR_LAUNCH_FAILED,
       "by the async proxy without a proxy fence"});
  run({"there", store("fence.proxy.async.shared::cta;"), CUDA_SUCCESS, ""});
}

TEST(Check, Trap) {
  run({"trap", "trap;", CUDA_ERROR_LAUNCH_FAILED, "trap: trap"});
}

TEST(Check, CountsBankConflictsAndSectors) {
  Options options("counts=on");
  Module module(kernel(R"(
  mov.u32 %r2, smem;
  and.b32 %r3, %r0, 31;
  shl.b32 %r4, %r3, 2;
  add.u32 %r5, %r2, %r4;
  st.shared.u32 [%r5], %r0;
  shl.b32 %r4, %r3, 5;
  add.u32 %r5, %r2, %r4;
  st.shared.u32 [%r5], %r0;
  st.global.u32 [%rd2], %r0;
  mul.wide.u32 %rd3, %r0, 32;
  add.s64 %rd4, %rd0, %rd3;
  st.global.u32 [%rd4], %r0;
)"));
  Buffer<uint32_t> out(4096, 0);
  // All launches count, until counts are asked for once more.
  for (int launch = 0; launch < 2; ++launch)
    module.launch("k", {1, 32, 1024}, out.address);
  std::string counts = quantcEmulatorCounts();
  // Consecutive words; every eighth bank (8 words in each); 4 sectors; 32.
  for (const char *part :
       {"2 accesses, 2 units, 2 ideal: st.shared.u32 [%r5], %r0; (kernel k)\n",
        "2 accesses, 16 units, 2 ideal: st.shared",
        "2 accesses, 8 units, 8 ideal: st.global",
        "2 accesses, 64 units, 8 ideal: st.global"})
    EXPECT_NE(counts.find(part), std::string::npos) << part << "\n" << counts;
  Options again("counts=on");
  EXPECT_STREQ(quantcEmulatorCounts(), "");
}

} // namespace
