//===- Harness.h - kernels as text, run through the driver API --*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The tests of instructions also run on a GPU (benchmarks/gpu): they use the
// driver API alone, ask for what a device has to have, and mark what only the
// emulator can show.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_UNITTESTS_EMULATOR_HARNESS_H
#define QUANTC_UNITTESTS_EMULATOR_HARNESS_H

#include "quantc/Emulator/CudaDriver.h"
#include "quantc/Emulator/Emulator.h"

#include "gtest/gtest.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

namespace quantc::emulator::test {

inline CUdevice device() {
  cuInit(0);
  CUdevice result = 0;
  EXPECT_EQ(cuDeviceGet(&result, 0), CUDA_SUCCESS);
  return result;
}

/// Not a GPU: its checks, schedules and reports are there.
inline bool onEmulator() {
  char name[256] = "";
  cuDeviceGetName(name, sizeof name, device());
  return std::strstr(name, "quantc emulator");
}

/// Compute capability times ten.
inline int architecture() {
  int major = 0, minor = 0;
  cuDeviceGetAttribute(&major, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR,
                       device());
  cuDeviceGetAttribute(&minor, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR,
                       device());
  return 10 * major + minor;
}

/// Device memory of a test.
template <class T>
class Buffer {
public:
  explicit Buffer(size_t count, T value = T())
      : Buffer(std::vector<T>(count, value)) {}
  explicit Buffer(const std::vector<T> &values) : count(values.size()) {
    cuCtxSynchronize(); // an error of the launch before was seen already
    EXPECT_EQ(cuMemAlloc_v2(&address, count * sizeof(T)), CUDA_SUCCESS);
    EXPECT_EQ(cuMemcpyHtoD_v2(address, values.data(), count * sizeof(T)),
              CUDA_SUCCESS);
  }
  ~Buffer() { cuMemFree_v2(address); }
  Buffer(const Buffer &) = delete;
  Buffer &operator=(const Buffer &) = delete;
  std::vector<T> values() const {
    cuCtxSynchronize();
    std::vector<T> result(count);
    EXPECT_EQ(cuMemcpyDtoH_v2(result.data(), address, count * sizeof(T)),
              CUDA_SUCCESS);
    return result;
  }
  CUdeviceptr address = 0;

private:
  size_t count;
};

struct Shape {
  unsigned grid = 1, block = 32, shared = 0, cluster = 1;
};

/// Options for the length of a scope, over the tests' defaults.
class Options {
public:
  explicit Options(const std::string &text = "") {
    std::string all = "print=off,order=earliest,async=latest,seed=1,races=on,"
                      "uninitialized=on,counts=off,threads=1,architecture=90,"
                      "patience=1000000,mutate=none";
    const char *error = quantcEmulatorConfigure(
        (all + (text.empty() ? "" : "," + text)).c_str());
    EXPECT_EQ(error, nullptr) << error;
    static CUcontext context = [] {
      CUcontext result = nullptr;
      EXPECT_EQ(cuDevicePrimaryCtxRetain(&result, device()), CUDA_SUCCESS);
      return result;
    }();
    EXPECT_EQ(cuCtxSetCurrent(context), CUDA_SUCCESS);
    cuCtxSynchronize(); // takes the error of an earlier test
  }
};

/// What the test shows no GPU can.
#define EMULATOR_ONLY()                                                        \
  if (!onEmulator())                                                           \
  GTEST_SKIP() << "of the emulator only"

/// The test needs that capability or a later one.
#define NEEDS(capability)                                                      \
  if (Options(); architecture() < (capability))                                \
  GTEST_SKIP() << "needs sm_" << (capability)

/// The test needs what sm_90a has and no other architecture.
#define NEEDS_SM_90A()                                                         \
  if (Options(); architecture() != 90)                                         \
  GTEST_SKIP() << "needs sm_90a"

/// The first lines of a module for the device.
inline std::string moduleHeader() {
  int target = std::min(architecture(), 120); // what .version 8.7 knows
  return ".version 8.7\n.target sm_" + std::to_string(target) +
         (architecture() == 90 ? "a" : "") + "\n.address_size 64\n";
}

/// Writes the module into the folder QUANTC_PTX_DIR, if that is set: a test
/// assembles them all.
inline void keep(const std::string &text) {
  if (const char *folder = std::getenv("QUANTC_PTX_DIR"))
    std::ofstream(std::string(folder) + "/" +
                  std::to_string(std::hash<std::string>()(text)) + ".ptx")
        << text;
}

/// A module; the header is put before the text.
class Module {
public:
  explicit Module(const std::string &body) {
    std::string text = moduleHeader() + body;
    keep(text);
    result = cuModuleLoadData(&module, text.c_str());
  }
  ~Module() {
    if (result == CUDA_SUCCESS)
      cuModuleUnload(module);
  }
  Module(const Module &) = delete;
  Module &operator=(const Module &) = delete;

  template <class... A>
  CUresult launch(const char *name, const Shape &shape, A... arguments) {
    EXPECT_EQ(result, CUDA_SUCCESS) << quantcEmulatorReport();
    if (result != CUDA_SUCCESS)
      return result;
    CUfunction function = nullptr;
    EXPECT_EQ(cuModuleGetFunction(&function, module, name), CUDA_SUCCESS);
    if (shape.shared > 48 * 1024)
      EXPECT_EQ(cuFuncSetAttribute(
                    function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                    int(shape.shared)),
                CUDA_SUCCESS);
    void *parameters[] = {static_cast<void *>(&arguments)..., nullptr};
    CUlaunchAttribute attribute = {};
    attribute.id = CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION;
    attribute.value.clusterDim = {shape.cluster, 1, 1};
    CUlaunchConfig config = {};
    config.gridDimX = shape.grid;
    config.blockDimX = shape.block;
    config.gridDimY = config.gridDimZ = config.blockDimY = config.blockDimZ = 1;
    config.sharedMemBytes = shape.shared;
    config.attrs = &attribute;
    config.numAttrs = shape.cluster > 1;
    CUresult launched =
        cuLaunchKernelEx(&config, function, parameters, nullptr);
    return launched == CUDA_SUCCESS ? cuCtxSynchronize() : launched;
  }
  CUmodule module = nullptr;
  CUresult result;
};

/// Small and reproducible.
class Bits {
public:
  explicit Bits(uint64_t seed) : state(seed * 2862933555777941757u + 1) {}
  uint32_t next() {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return uint32_t(state >> 32);
  }

private:
  uint64_t state;
};

} // namespace quantc::emulator::test

#endif // QUANTC_UNITTESTS_EMULATOR_HARNESS_H
