//===- DeviceModelTest.cpp - plans, run on the emulator -------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Cuda/DeviceModel.h"

#include "quantc/Runtime/Hash.h"

#include "gtest/gtest.h"

#include <filesystem>
#include <fstream>
#include <thread>

using namespace quantc::runtime;

namespace {

/// y[i] = x[i] + z[i] + scalar for 32 elements each.
constexpr const char *addKernel = R"(
.version 7.0
.target sm_80
.address_size 64
.visible .entry add(.param .u64 x, .param .u64 z, .param .u64 y, .param .u32 s)
{
  .reg .b32 %r<6>;
  .reg .b64 %d<8>;
  mov.u32 %r0, %tid.x;
  mul.wide.u32 %d0, %r0, 4;
  ld.param.u64 %d1, [x];
  ld.param.u64 %d2, [z];
  ld.param.u64 %d3, [y];
  ld.param.u32 %r1, [s];
  add.u64 %d1, %d1, %d0;
  add.u64 %d2, %d2, %d0;
  add.u64 %d3, %d3, %d0;
  ld.global.u32 %r2, [%d1];
  ld.global.u32 %r3, [%d2];
  add.u32 %r4, %r2, %r3;
  add.u32 %r4, %r4, %r1;
  st.global.u32 [%d3], %r4;
  ret;
}
)";

/// A folder with a plan: y = ((x + p + 3) + 0) + q, where p and q are the two
/// parameters 0, 1, 2, ... and 100, 101, ...; q goes through a copy, and a
/// filled buffer is added on the way.
class DeviceModelTest : public ::testing::Test {
protected:
  DeviceModelTest() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "quantc-plan-XXXXXX");
    folder = mkdtemp(pattern.data());
    std::string parameters;
    for (int32_t i = 0; i < 64; ++i) {
      int32_t value = i < 32 ? i : 68 + i;
      parameters.append(reinterpret_cast<char *>(&value), 4);
    }
    write("w.bin", parameters);
    write("k.ptx", addKernel);
    lines = {"chip 80",
             "driver 11000",
             "arena 768",
             describe("ptx", "k.ptx"),
             describe("parameters", "w.bin"),
             "parameter 0 128",
             "parameter 128 128",
             "input 128",
             "output 128",
             "kernel add",
             "launch 0 1 1 1 32 1 1 0 i0+0 p0+0 a+0 s4:3",
             "fill a+256 0 128",
             "copy a+512 p1+0 128",
             "launch 0 1 1 1 32 1 1 0 a+0 a+256 a+128 s4:0",
             "launch 0 1 1 1 32 1 1 0 a+128 a+512 o0+0 s4:0"};
  }
  ~DeviceModelTest() override { std::filesystem::remove_all(folder); }

  void write(const std::string &name, const std::string &text) {
    std::ofstream(folder + "/" + name, std::ios::binary) << text;
  }
  std::string read(const std::string &name) {
    std::ifstream file(folder + "/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::string describe(const std::string &key, const std::string &name) {
    std::string text = read(name), size = std::to_string(text.size());
    char hash[17];
    std::snprintf(hash, sizeof(hash), "%llx",
                  static_cast<unsigned long long>(fnv1a(text)));
    return key + " " + name + " " + size + " " + size + " " + hash;
  }
  /// The plan's line that begins with `key`.
  std::string &line(const std::string &key) {
    for (std::string &each : lines)
      if (each.compare(0, key.size() + 1, key + " ") == 0)
        return each;
    ADD_FAILURE() << key;
    return lines.front();
  }
  std::string makePlan() {
    std::string text = "quantc-plan 1\n";
    for (const std::string &each : lines)
      text += each + "\n";
    char hash[32];
    std::snprintf(hash, sizeof(hash), "end %llx\n",
                  static_cast<unsigned long long>(fnv1a(text)));
    return text + hash;
  }

  std::unique_ptr<DeviceModel> load() {
    write("sm_80.plan", makePlan());
    return loadFolder();
  }
  std::unique_ptr<DeviceModel> loadFolder() {
    std::unique_ptr<Device> device = Device::open("emulator", error);
    if (!device)
      return nullptr;
    auto model = std::make_unique<DeviceModel>(std::move(device));
    quantc_tensor_info tensor = {"t", nullptr, 0, QUANTC_I32, 128, 0, 0};
    quantc_model_info info = {};
    info.num_inputs = info.num_outputs = 1;
    info.inputs = info.outputs = &tensor;
    info.name = "m";
    error = model->load(folder, info);
    return error.empty() ? std::move(model) : nullptr;
  }
  /// What loading says, without the folder.
  std::string refuse() {
    EXPECT_FALSE(load());
    return strip();
  }
  std::string strip() {
    std::string text = error;
    for (size_t at; (at = text.find(folder + "/")) != text.npos;)
      text.erase(at, folder.size() + 1);
    return text;
  }

  std::string folder, error;
  std::vector<std::string> lines;
};

void expectSums(const std::vector<int32_t> &x, const std::vector<int32_t> &y) {
  for (int32_t i = 0; i < 32; ++i)
    EXPECT_EQ(y[i], x[i] + i + 3 + 100 + i) << i;
}

TEST_F(DeviceModelTest, runsOnHostTensors) {
  auto model = load();
  ASSERT_TRUE(model) << error;
  EXPECT_EQ(model->countBytes(), 768u + 2 * 128 + 2 * 128);
  // The first call launches kernels, the second records a graph.
  for (int32_t call = 0; call < 4; ++call) {
    std::vector<int32_t> x(32, call * 1000), y(32);
    const void *inputs[] = {x.data()};
    void *outputs[] = {y.data()};
    EXPECT_EQ(model->run(inputs, outputs), "");
    expectSums(x, y);
  }
}

TEST_F(DeviceModelTest, runsOnDeviceTensorsAndStreams) {
  auto model = load();
  ASSERT_TRUE(model) << error;
  Driver driver;
  ASSERT_EQ(driver.load(/*emulator=*/true), "");
  CUcontext context;
  ASSERT_EQ(driver.cuDevicePrimaryCtxRetain(&context, 0), CUDA_SUCCESS);
  ASSERT_EQ(driver.cuCtxPushCurrent_v2(context), CUDA_SUCCESS);
  CUstream streams[2];
  CUdeviceptr x[2], y[2];
  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(driver.cuStreamCreate(&streams[i], 1), CUDA_SUCCESS);
    ASSERT_EQ(driver.cuMemAlloc_v2(&x[i], 128), CUDA_SUCCESS);
    ASSERT_EQ(driver.cuMemAlloc_v2(&y[i], 128), CUDA_SUCCESS);
  }
  for (int call : {0, 0, 0, 1, 1, 0, 1, 0, 0}) {
    std::vector<int32_t> values(32, call * 77 + 5), result(32);
    ASSERT_EQ(driver.cuMemcpyHtoD_v2(x[call], values.data(), 128),
              CUDA_SUCCESS);
    const void *inputs[] = {reinterpret_cast<void *>(x[call])};
    void *outputs[] = {reinterpret_cast<void *>(y[call])};
    EXPECT_EQ(model->launch(inputs, outputs, streams[call]), "");
    EXPECT_EQ(
        driver.cuMemcpyDtoHAsync_v2(result.data(), y[call], 128, streams[call]),
        CUDA_SUCCESS);
    EXPECT_EQ(driver.cuStreamSynchronize(streams[call]), CUDA_SUCCESS);
    expectSums(values, result);
  }
  for (int i = 0; i < 2; ++i) {
    driver.cuStreamDestroy_v2(streams[i]);
    driver.cuMemFree_v2(x[i]);
    driver.cuMemFree_v2(y[i]);
  }
  driver.cuCtxPopCurrent_v2(&context);
  driver.cuDevicePrimaryCtxRelease_v2(0);
}

TEST_F(DeviceModelTest, runsInACapturingStream) {
  auto model = load();
  ASSERT_TRUE(model) << error;
  Driver driver;
  ASSERT_EQ(driver.load(/*emulator=*/true), "");
  CUcontext context;
  driver.cuDevicePrimaryCtxRetain(&context, 0);
  driver.cuCtxPushCurrent_v2(context);
  CUstream stream;
  CUdeviceptr x, y;
  driver.cuStreamCreate(&stream, 1);
  driver.cuMemAlloc_v2(&x, 128);
  driver.cuMemAlloc_v2(&y, 128);
  const void *inputs[] = {reinterpret_cast<void *>(x)};
  void *outputs[] = {reinterpret_cast<void *>(y)};
  ASSERT_EQ(driver.cuStreamBeginCapture_v2(stream, 1), CUDA_SUCCESS);
  EXPECT_EQ(model->launch(inputs, outputs, stream), "");
  CUgraph graph;
  CUgraphExec executable;
  ASSERT_EQ(driver.cuStreamEndCapture(stream, &graph), CUDA_SUCCESS);
  ASSERT_EQ(driver.cuGraphInstantiateWithFlags(&executable, graph, 0),
            CUDA_SUCCESS);
  std::vector<int32_t> values(32, 9), result(32);
  driver.cuMemcpyHtoD_v2(x, values.data(), 128);
  EXPECT_EQ(driver.cuGraphLaunch(executable, stream), CUDA_SUCCESS);
  driver.cuMemcpyDtoHAsync_v2(result.data(), y, 128, stream);
  EXPECT_EQ(driver.cuStreamSynchronize(stream), CUDA_SUCCESS);
  expectSums(values, result);
  driver.cuGraphExecDestroy(executable);
  driver.cuGraphDestroy(graph);
  driver.cuStreamDestroy_v2(stream);
  driver.cuMemFree_v2(x);
  driver.cuMemFree_v2(y);
  driver.cuCtxPopCurrent_v2(&context);
  driver.cuDevicePrimaryCtxRelease_v2(0);
}

TEST_F(DeviceModelTest, runsFromSeveralThreads) {
  auto first = load(), second = load();
  ASSERT_TRUE(first && second) << error;
  std::vector<std::thread> threads;
  for (int32_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int32_t call = 0; call < 8; ++call) {
        std::vector<int32_t> x(32, t * 100 + call), y(32);
        const void *inputs[] = {x.data()};
        void *outputs[] = {y.data()};
        EXPECT_EQ((t % 2 ? first : second)->run(inputs, outputs), "");
        expectSums(x, y);
      }
    });
  for (std::thread &thread : threads)
    thread.join();
}

TEST_F(DeviceModelTest, reportsFaultsOfKernels) {
  // 64 threads on 32 elements.
  lines.back() = "launch 0 1 1 1 64 1 1 0 a+128 a+512 o0+0 s4:0";
  auto model = load();
  ASSERT_TRUE(model) << error;
  std::vector<int32_t> x(32), y(32);
  const void *inputs[] = {x.data()};
  void *outputs[] = {y.data()};
  std::string error = model->run(inputs, outputs);
  EXPECT_NE(error.find("CUDA_ERROR_ILLEGAL_ADDRESS"), error.npos) << error;
  EXPECT_NE(error.find("out-of-bounds"), error.npos) << error;
}

TEST_F(DeviceModelTest, choosesTheChip) {
  ASSERT_TRUE(load()) << error;
  // A newer plan is preferred, one that is too new is left alone.
  line("chip") = "chip 89";
  std::filesystem::rename(folder + "/sm_80.plan", folder + "/sm_120.plan");
  EXPECT_FALSE(loadFolder());
  EXPECT_NE(strip().find(": expected kernels for "), error.npos) << error;
  EXPECT_NE(strip().find("(compute capability 9.0), but got those for sm_120"),
            error.npos)
      << error;
  write("sm_89.plan", makePlan());
  write("sm_x.plan", "");
  ASSERT_TRUE(loadFolder()) << error;
  line("driver") = "driver 13020";
  write("sm_89.plan", makePlan());
  EXPECT_FALSE(loadFolder());
  EXPECT_EQ(strip(), "sm_89.plan: expected a driver for CUDA 13.2 or newer, "
                     "but got one for 13.0");
}

TEST_F(DeviceModelTest, fallsBackToPtx) {
  // The emulator takes no machine code.
  write("k.cubin", "\x7f"
                   "ELF");
  lines.insert(lines.begin() + 4, describe("cubin", "k.cubin"));
  line("chip") = "chip 90";
  ASSERT_TRUE(load()) << error;
}

TEST_F(DeviceModelTest, refusesDamagedPlans) {
  ASSERT_TRUE(load()) << error;
  std::string text = read("sm_80.plan");
  for (size_t at = 0; at < text.size(); at += 7) {
    std::string damaged = text;
    damaged[at] ^= 1;
    write("sm_80.plan", damaged);
    EXPECT_FALSE(loadFolder()) << at;
    write("sm_80.plan", text.substr(0, at));
    EXPECT_FALSE(loadFolder()) << at;
  }
  EXPECT_EQ(strip(), "sm_80.plan: expected a whole plan, but it is damaged");
}

TEST_F(DeviceModelTest, refusesOtherFiles) {
  ASSERT_TRUE(load()) << error;
  write("w.bin", read("w.bin").substr(4));
  EXPECT_FALSE(loadFolder());
  EXPECT_EQ(strip(), "w.bin: expected 256 bytes, but got 252");
  write("w.bin", std::string(256, 'x'));
  EXPECT_FALSE(loadFolder());
  EXPECT_EQ(strip(), "w.bin: expected the file that the plan was written with");
  std::filesystem::remove(folder + "/k.ptx");
  EXPECT_FALSE(loadFolder());
  EXPECT_EQ(strip(), "k.ptx: No such file or directory");
}

TEST_F(DeviceModelTest, refusesWrongLines) {
  auto refuseLine = [&](size_t index, const std::string &text) {
    std::vector<std::string> kept = lines;
    lines[index] = text;
    std::string message = refuse();
    lines = kept;
    return message;
  };
  EXPECT_EQ(refuseLine(0, "chip x"),
            "sm_80.plan: line 2: expected a number of at most 10000, but got "
            "'x'");
  EXPECT_EQ(refuseLine(0, "chop 80"),
            "sm_80.plan: line 2: expected a known word, but got 'chop'");
  EXPECT_EQ(refuseLine(0, "chip 80 80"),
            "sm_80.plan: line 2: expected the end of the line");
  EXPECT_EQ(refuseLine(6, "parameter 200 128"),
            "sm_80.plan: line 8: expected a parameter inside its file");
  EXPECT_EQ(refuseLine(7, "input 64"),
            "sm_80.plan: expected the inputs and outputs of the model 'm', but "
            "got others");
  EXPECT_EQ(refuseLine(10, "launch 1 1 1 1 32 1 1 0"),
            "sm_80.plan: line 12: expected one of 1 kernels, but got 1");
  EXPECT_EQ(refuseLine(10, "launch 0 1 1 1 32 1 1 0 i1+0"),
            "sm_80.plan: line 12: expected one of 1 tensors, but got 'i1+0'");
  EXPECT_EQ(refuseLine(10, "launch 0 1 1 1 32 1 1 0 s3:0"),
            "sm_80.plan: line 12: expected a scalar of 1, 2, 4 or 8 bytes, but "
            "got 's3:0'");
  EXPECT_EQ(refuseLine(11, "fill a+700 0 128"),
            "sm_80.plan: line 13: expected 128 bytes within 768, but got "
            "'a+700'");
  EXPECT_EQ(refuseLine(11, "fill b+0 0 128"),
            "sm_80.plan: line 13: expected a pointer, but got 'b+0'");
  EXPECT_EQ(refuseLine(12, "copy a+0 p1+8 128"),
            "sm_80.plan: line 14: expected 128 bytes within 128, but got "
            "'p1+8'");
  EXPECT_EQ(refuseLine(9, "kernel sub"),
            "sm_80.plan: expected the kernel 'sub': CUDA_ERROR_NOT_FOUND "
            "(named symbol not found)");
}

TEST(Device, RefusesUnknownNames) {
  std::string error;
  for (const char *name : {"", "gpu", "cuda:", "cuda:-1", "cuda:1x", "cpu"}) {
    EXPECT_FALSE(Device::isName(name));
    EXPECT_FALSE(Device::open(name, error));
    EXPECT_EQ(error, std::string("expected the device cpu, cuda, cuda:N or "
                                 "emulator, but got '") +
                         name + "'");
  }
  EXPECT_TRUE(Device::isName("cuda:7"));
}

} // namespace
