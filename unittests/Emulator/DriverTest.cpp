//===- DriverTest.cpp - the driver API of the emulator --------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

using namespace quantc::emulator::test;

namespace {

/// out[i] = in[i] + add, for i < count; every CTA has its part.
const char *const addKernel = R"(
.visible .entry add(.param .u64 in, .param .u64 out, .param .u32 add, .param .u32 count) {
  .reg .pred %p; .reg .b32 %r<8>; .reg .b64 %rd<6>;
  ld.param.u64 %rd0, [in];
  ld.param.u64 %rd1, [out];
  ld.param.u32 %r0, [add];
  ld.param.u32 %r1, [count];
  mov.u32 %r2, %ctaid.x; mov.u32 %r6, %ntid.x; mov.u32 %r7, %tid.x;
  mad.lo.s32 %r3, %r2, %r6, %r7;
  setp.ge.u32 %p, %r3, %r1;
  @%p bra DONE;
  mul.wide.u32 %rd2, %r3, 4;
  add.s64 %rd3, %rd0, %rd2;
  add.s64 %rd4, %rd1, %rd2;
  ld.global.u32 %r4, [%rd3];
  add.s32 %r5, %r4, %r0;
  st.global.u32 [%rd4], %r5;
DONE:
  ret;
})";

std::vector<uint32_t> counting(size_t count) {
  std::vector<uint32_t> result(count);
  for (size_t i = 0; i < count; ++i)
    result[i] = uint32_t(i * 3);
  return result;
}

TEST(Driver, RunsAKernelOverAGridWithATail) {
  Options options("threads=2");
  Module module(addKernel);
  Buffer<uint32_t> in(counting(1000)), out(1000);
  ASSERT_EQ(module.launch("add", {8, 128}, in.address, out.address, 7u, 1000u),
            CUDA_SUCCESS)
      << quantcEmulatorReport();
  for (size_t i = 0; i < 1000; ++i)
    ASSERT_EQ(out.values()[i], i * 3 + 7);
  EXPECT_GT(quantcEmulatorInstructions(), 8u * 4 * 8);
}

TEST(Driver, NamesTheDeviceAndItsLimits) {
  Options options("architecture=89");
  int count = 0, major = 0, minor = 0, cluster = 1, shared = 0, version = 0;
  char name[64];
  EXPECT_EQ(cuDeviceGetCount(&count), CUDA_SUCCESS);
  EXPECT_EQ(cuDeviceGetName(name, sizeof name, 0), CUDA_SUCCESS);
  EXPECT_EQ(cuDeviceGetAttribute(
                &major, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, 0),
            CUDA_SUCCESS);
  EXPECT_EQ(cuDeviceGetAttribute(
                &minor, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, 0),
            CUDA_SUCCESS);
  EXPECT_EQ(
      cuDeviceGetAttribute(&cluster, CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH, 0),
      CUDA_SUCCESS);
  EXPECT_EQ(
      cuDeviceGetAttribute(
          &shared, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, 0),
      CUDA_SUCCESS);
  EXPECT_EQ(cuDriverGetVersion(&version), CUDA_SUCCESS);
  EXPECT_EQ(count, 1);
  EXPECT_STREQ(name, "quantc emulator (sm_89)");
  EXPECT_EQ(major * 10 + minor, 89);
  EXPECT_EQ(cluster, 0);
  EXPECT_EQ(shared, 99 * 1024);
  EXPECT_GE(version, 12000);
  EXPECT_EQ(cuDeviceGet(&count, 1), CUDA_ERROR_INVALID_DEVICE);
}

TEST(Driver, ModuleErrorsNameTheLine) {
  Options options;
  struct {
    const char *text, *error;
  } const cases[] = {
      {".entry k() { frobnicate.b32 %r1; }",
       "line 4: unknown instruction 'frobnicate.b32'"},
      {".entry k() { .reg .b32 %r<2>;\n frobnicate.b32 %r1, %r0; }",
       "line 5: unknown instruction 'frobnicate.b32'"},
      {".entry k() { .reg .b32 %r<2>;\n add.quick.s32 %r1, %r0, 1; }",
       "line 5: unknown modifier '.quick' in 'add.quick.s32'"},
      {".entry k() { .reg .b32 %r<2>;\n add.s64 %r1, %r0, 1; }",
       "line 5: expected a register as wide as .s64, but got %r1 of type .b32"},
      {".entry k() { bra NOWHERE; }", "undeclared label 'NOWHERE'"},
      {".entry k() { .reg .b32 %r<2>; ld.global.b32 %r0, [x]; }",
       "undeclared name 'x'"},
      {".entry k() { .reg .b32 %r<2>; add.s32 %r0, %r1; }",
       "expected 3 operands, but got 2"},
      {".entry k() { .reg .b32 %r<2>; mov.b32 %r0, 0f3F8; }",
       "expected 8 digits"},
      {".entry k() { ret;", "expected the end of the block"},
      {".entry k() { .reg .b32 %r<-1>; ret; }",
       "expected a number from 0 to 1048576, but got -1"},
      {".shared .b8 s[300000];\n.entry k() { .reg .b32 %r<2>; mov.u32 %r0, s; "
       "ret; }",
       "expected at most 232448 bytes of shared memory"},
      {".entry k() { .reg .b32 %r<2>; mov.b32 %r0, {}; ret; }",
       "expected elements of a vector"},
      {".entry k() { .local .align 3 .b8 s[4]; ret; }",
       "expected a power of two as alignment"},
      {".func f() { ret; } .entry k() { call g; }", "undeclared function 'g'"},
  };
  for (const auto &each : cases) {
    Module module(each.text);
    EXPECT_EQ(module.result, CUDA_ERROR_INVALID_PTX) << each.text;
    EXPECT_NE(std::string(quantcEmulatorReport()).find(each.error),
              std::string::npos)
        << each.text << "\n"
        << quantcEmulatorReport();
  }
}

TEST(Driver, RefusesOtherImagesAndTargets) {
  Options options("architecture=80");
  CUmodule module;
  EXPECT_EQ(cuModuleLoadData(&module, "\x7f"
                                      "ELF"),
            CUDA_ERROR_NO_BINARY_FOR_GPU);
  EXPECT_EQ(cuModuleLoadData(&module,
                             ".version 8.4\n.target sm_90\n.address_size 64\n"),
            CUDA_ERROR_INVALID_PTX);
  EXPECT_NE(std::string(quantcEmulatorReport())
                .find("the module is for sm_90, but the device is sm_80"),
            std::string::npos);
  EXPECT_EQ(cuModuleLoadData(&module, ""), CUDA_ERROR_INVALID_PTX);
  EXPECT_EQ(cuModuleLoadData(&module, nullptr), CUDA_ERROR_INVALID_VALUE);
}

TEST(Driver, WritesTheErrorLog) {
  Options options;
  char log[64] = "";
  int names[] = {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
  void *values[] = {log, reinterpret_cast<void *>(sizeof log)};
  CUmodule module;
  EXPECT_EQ(
      cuModuleLoadDataEx(&module, ".version 8.4\n.bogus\n", 2, names, values),
      CUDA_ERROR_INVALID_PTX);
  EXPECT_NE(std::string(log).find("line 2"), std::string::npos) << log;
}

TEST(Driver, ChecksLaunches) {
  Options options;
  Module module(std::string(addKernel) +
                "\n.visible .entry fixed() .reqntid 64, 1, 1 { ret; }");
  Buffer<uint32_t> memory(4);
  EXPECT_EQ(module.launch("fixed", {1, 64}), CUDA_SUCCESS);
  EXPECT_EQ(module.launch("fixed", {1, 32}), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(
      module.launch("add", {1, 2048}, memory.address, memory.address, 0u, 0u),
      CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(
      module.launch("add", {0, 32}, memory.address, memory.address, 0u, 0u),
      CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(module.launch("add", {3, 32, 0, 2}, memory.address, memory.address,
                          0u, 0u),
            CUDA_ERROR_INVALID_CLUSTER_SIZE);
  CUfunction function;
  EXPECT_EQ(cuModuleGetFunction(&function, module.module, "none"),
            CUDA_ERROR_NOT_FOUND);
  ASSERT_EQ(cuModuleGetFunction(&function, module.module, "fixed"),
            CUDA_SUCCESS);
  EXPECT_EQ(cuLaunchKernel(function, 1, 1, 1, 64, 1, 1, 64 * 1024, nullptr,
                           nullptr, nullptr),
            CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuFuncSetAttribute(function,
                               CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                               1 << 20),
            CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(
      cuLaunchKernel(nullptr, 1, 1, 1, 64, 1, 1, 0, nullptr, nullptr, nullptr),
      CUDA_ERROR_INVALID_HANDLE);
  int threads = 0;
  EXPECT_EQ(cuFuncGetAttribute(
                &threads, CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK, function),
            CUDA_SUCCESS);
  EXPECT_EQ(threads, 64);
}

TEST(Driver, TakesAParameterBuffer) {
  Options options;
  Module module(addKernel);
  Buffer<uint32_t> in(counting(32)), out(32);
  struct {
    CUdeviceptr in, out;
    uint32_t add, count;
  } packed = {in.address, out.address, 5, 32};
  size_t bytes = sizeof packed;
  void *extra[] = {CU_LAUNCH_PARAM_BUFFER_POINTER, &packed,
                   CU_LAUNCH_PARAM_BUFFER_SIZE, &bytes, CU_LAUNCH_PARAM_END};
  CUfunction function;
  ASSERT_EQ(cuModuleGetFunction(&function, module.module, "add"), CUDA_SUCCESS);
  ASSERT_EQ(
      cuLaunchKernel(function, 1, 1, 1, 32, 1, 1, 0, nullptr, nullptr, extra),
      CUDA_SUCCESS);
  EXPECT_EQ(out.values()[31], 31 * 3 + 5u);
}

TEST(Driver, MemoryKnowsItsAllocations) {
  Options options;
  Buffer<uint32_t> memory(8, 1), other(8, 2);
  uint32_t host[16] = {};
  EXPECT_EQ(cuMemcpyDtoH_v2(host, memory.address, 64),
            CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemsetD32_v2(memory.address, 9, 8), CUDA_SUCCESS);
  EXPECT_EQ(cuMemcpyDtoD_v2(other.address, memory.address, 16), CUDA_SUCCESS);
  EXPECT_EQ(other.values(), (std::vector<uint32_t>{9, 9, 9, 9, 2, 2, 2, 2}));
  EXPECT_EQ(memory.address % 256, 0u);
  EXPECT_EQ(cuMemFree_v2(memory.address + 4), CUDA_ERROR_INVALID_VALUE);
  CUdeviceptr address;
  EXPECT_EQ(cuMemAlloc_v2(&address, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemAlloc_v2(&address, size_t(1) << 50), CUDA_ERROR_OUT_OF_MEMORY);
}

TEST(Driver, CapturesAndReplaysGraphs) {
  Options options;
  Module module(addKernel);
  Buffer<uint32_t> memory(32, 0);
  CUfunction function;
  ASSERT_EQ(cuModuleGetFunction(&function, module.module, "add"), CUDA_SUCCESS);
  uint32_t add = 1, count = 32;
  CUdeviceptr address = memory.address;
  void *parameters[] = {&address, &address, &add, &count};
  CUstream stream;
  ASSERT_EQ(cuStreamCreate(&stream, 0), CUDA_SUCCESS);
  ASSERT_EQ(cuStreamBeginCapture_v2(stream, 0), CUDA_SUCCESS);
  ASSERT_EQ(cuLaunchKernel(function, 1, 1, 1, 32, 1, 1, 0, stream, parameters,
                           nullptr),
            CUDA_SUCCESS);
  add = 10; // arguments are copied when the launch is recorded
  ASSERT_EQ(cuLaunchKernel(function, 1, 1, 1, 32, 1, 1, 0, stream, parameters,
                           nullptr),
            CUDA_SUCCESS);
  CUgraph graph;
  ASSERT_EQ(cuStreamEndCapture(stream, &graph), CUDA_SUCCESS);
  EXPECT_EQ(memory.values()[5], 0u);
  CUDA_KERNEL_NODE_PARAMS_v2 node = {};
  node.func = function;
  node.gridDimX = node.gridDimY = node.gridDimZ = node.blockDimY =
      node.blockDimZ = 1;
  node.blockDimX = 32;
  node.kernelParams = parameters;
  add = 100;
  CUgraphNode added;
  ASSERT_EQ(cuGraphAddKernelNode_v2(&added, graph, nullptr, 0, &node),
            CUDA_SUCCESS);
  CUgraphExec executable;
  ASSERT_EQ(cuGraphInstantiateWithFlags(&executable, graph, 0), CUDA_SUCCESS);
  ASSERT_EQ(cuGraphDestroy(graph), CUDA_SUCCESS);
  ASSERT_EQ(cuGraphLaunch(executable, stream), CUDA_SUCCESS);
  ASSERT_EQ(cuGraphLaunch(executable, stream), CUDA_SUCCESS);
  EXPECT_EQ(cuStreamSynchronize(stream), CUDA_SUCCESS);
  EXPECT_EQ(memory.values()[5], 222u);
  EXPECT_EQ(cuGraphExecDestroy(executable), CUDA_SUCCESS);
  EXPECT_EQ(cuStreamDestroy_v2(stream), CUDA_SUCCESS);
  EXPECT_EQ(cuStreamDestroy_v2(stream), CUDA_ERROR_INVALID_HANDLE);
}

TEST(Driver, VariablesOfModules) {
  Options options;
  Module module(R"(
.global .align 4 .u32 table[4] = {1, 2, 3};
.const .align 4 .f32 factor = 0f40000000;
.global .align 8 .u64 pointer = generic(table) + 4;
.visible .entry k(.param .u64 out) {
  .reg .b32 %r<4>; .reg .f32 %f<2>; .reg .b64 %rd<4>;
  ld.param.u64 %rd0, [out];
  ld.global.u64 %rd1, [pointer];
  ld.u32 %r0, [%rd1];
  ld.const.f32 %f0, [factor];
  cvt.rzi.u32.f32 %r1, %f0;
  mad.lo.u32 %r2, %r0, 10, %r1;
  st.global.u32 [%rd0], %r2;
  ret;
})");
  Buffer<uint32_t> out(1);
  ASSERT_EQ(module.launch("k", {1, 1}, out.address), CUDA_SUCCESS)
      << quantcEmulatorReport();
  EXPECT_EQ(out.values()[0], 22u);
  CUdeviceptr table;
  size_t bytes;
  ASSERT_EQ(cuModuleGetGlobal_v2(&table, &bytes, module.module, "table"),
            CUDA_SUCCESS);
  EXPECT_EQ(bytes, 16u);
  uint32_t values[4];
  ASSERT_EQ(cuMemcpyDtoH_v2(values, table, 16), CUDA_SUCCESS);
  EXPECT_EQ(values[2], 3u);
  EXPECT_EQ(values[3], 0u);
}

TEST(Driver, OptionsThatAreNot) {
  EXPECT_STREQ(quantcEmulatorConfigure("order=sometimes"),
               "expected earliest, latest or random for emulator option "
               "'order', but got 'sometimes'");
  EXPECT_STREQ(quantcEmulatorConfigure("colour=red"),
               "unknown emulator option 'colour'");
  EXPECT_STREQ(quantcEmulatorConfigure("seed=-1"),
               "expected a number for emulator option 'seed', but got '-1'");
  EXPECT_STREQ(quantcEmulatorConfigure("races"),
               "expected key=value in the emulator's options, but got 'races'");
}

TEST(Driver, FunctionsCallEachOtherAndThemselves) {
  Options options;
  Module module(R"(
.func (.param .b32 result) fib(.param .b32 n) {
  .reg .pred %p; .reg .b32 %r<6>;
  ld.param.b32 %r0, [n];
  setp.lt.u32 %p, %r0, 2;
  @%p bra SMALL;
  add.s32 %r1, %r0, -1;
  add.s32 %r2, %r0, -2;
  { .param .b32 a; .param .b32 r;
    st.param.b32 [a], %r1;
    call.uni (r), fib, (a);
    ld.param.b32 %r3, [r]; }
  { .param .b32 a; .param .b32 r;
    st.param.b32 [a], %r2;
    call.uni (r), fib, (a);
    ld.param.b32 %r4, [r]; }
  add.s32 %r0, %r3, %r4;
SMALL:
  st.param.b32 [result], %r0;
  ret;
}
.visible .entry k(.param .u64 out) {
  .reg .b32 %r<4>; .reg .b64 %rd<4>;
  .local .align 4 .b8 depot[128];
  mov.u32 %r0, %tid.x;
  { .param .b32 a; .param .b32 r;
    st.param.b32 [a], %r0;
    call (r), fib, (a);
    ld.param.b32 %r1, [r]; }
  mov.u64 %rd2, depot;
  st.local.b32 [%rd2+8], %r1;
  cvta.local.u64 %rd3, %rd2;
  ld.b32 %r2, [%rd3+8];
  ld.param.u64 %rd0, [out];
  mad.wide.u32 %rd1, %r0, 4, %rd0;
  st.global.b32 [%rd1], %r2;
  ret;
})");
  for (const char *order :
       {"order=earliest", "order=latest", "order=random,seed=5"}) {
    Options with(order);
    Buffer<uint32_t> out(16);
    ASSERT_EQ(module.launch("k", {1, 16}, out.address), CUDA_SUCCESS)
        << quantcEmulatorReport();
    uint32_t a = 0, b = 1;
    for (uint32_t value : out.values()) {
      EXPECT_EQ(value, a);
      std::swap(a, b);
      b += a;
    }
  }
}

} // namespace
