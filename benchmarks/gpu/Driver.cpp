//===- Driver.cpp - the driver API of a library given at run time ---------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The tests of the emulator's instructions and the benchmarks call the driver
// API as functions. Here those are passed on to the library that QUANTC_DRIVER
// names: libcuda by default, so that they judge a GPU.
//
//===----------------------------------------------------------------------===//

#include "quantc/Emulator/CudaDriver.h"
#include "quantc/Emulator/Emulator.h"

#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>

static void *library() {
  static void *result = [] {
    const char *path = std::getenv("QUANTC_DRIVER");
    void *opened = dlopen(path ? path : "libcuda.so.1", RTLD_NOW);
    if (!opened) {
      std::fprintf(stderr, "gpu: error: %s\n", dlerror());
      std::exit(77);
    }
    return opened;
  }();
  return result;
}

template <class Function>
static Function find(const char *name) {
  void *found = dlsym(library(), name);
  if (!found) {
    std::fprintf(stderr, "gpu: error: expected %s in the driver\n", name);
    std::exit(77);
  }
  return reinterpret_cast<Function>(found);
}

#define PASS_ON(name, parameters, arguments)                                   \
  CUresult name parameters {                                                   \
    static const auto passed = find<CUresult(*) parameters>(#name);            \
    return passed arguments;                                                   \
  }

PASS_ON(cuInit, (unsigned int flags), (flags))
PASS_ON(cuDeviceGet, (CUdevice * device, int ordinal), (device, ordinal))
PASS_ON(cuDeviceGetName, (char *name, int length, CUdevice device),
        (name, length, device))
PASS_ON(cuDeviceGetAttribute, (int *value, int attribute, CUdevice device),
        (value, attribute, device))
PASS_ON(cuDevicePrimaryCtxRetain, (CUcontext * context, CUdevice device),
        (context, device))
PASS_ON(cuCtxSetCurrent, (CUcontext context), (context))
PASS_ON(cuCtxSynchronize, (), ())
PASS_ON(cuModuleLoadData, (CUmodule * module, const void *image),
        (module, image))
PASS_ON(cuModuleUnload, (CUmodule module), (module))
PASS_ON(cuModuleGetFunction,
        (CUfunction * function, CUmodule module, const char *name),
        (function, module, name))
PASS_ON(cuFuncSetAttribute, (CUfunction function, int attribute, int value),
        (function, attribute, value))
PASS_ON(cuMemAlloc_v2, (CUdeviceptr * address, size_t bytes), (address, bytes))
PASS_ON(cuMemFree_v2, (CUdeviceptr address), (address))
PASS_ON(cuMemcpyHtoD_v2, (CUdeviceptr to, const void *from, size_t bytes),
        (to, from, bytes))
PASS_ON(cuMemcpyDtoH_v2, (void *to, CUdeviceptr from, size_t bytes),
        (to, from, bytes))
PASS_ON(cuLaunchKernel,
        (CUfunction function, unsigned int gridX, unsigned int gridY,
         unsigned int gridZ, unsigned int blockX, unsigned int blockY,
         unsigned int blockZ, unsigned int sharedBytes, CUstream stream,
         void **parameters, void **extra),
        (function, gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes,
         stream, parameters, extra))
PASS_ON(cuLaunchKernelEx,
        (const CUlaunchConfig *config, CUfunction function, void **parameters,
         void **extra),
        (config, function, parameters, extra))
PASS_ON(cuMemsetD8_v2, (CUdeviceptr to, unsigned char value, size_t count),
        (to, value, count))
PASS_ON(cuStreamCreate, (CUstream * stream, unsigned int flags),
        (stream, flags))
PASS_ON(cuStreamSynchronize, (CUstream stream), (stream))
PASS_ON(cuEventCreate, (CUevent * event, unsigned int flags), (event, flags))
PASS_ON(cuEventRecord, (CUevent event, CUstream stream), (event, stream))
PASS_ON(cuEventSynchronize, (CUevent event), (event))
PASS_ON(cuEventElapsedTime, (float *milliseconds, CUevent begin, CUevent end),
        (milliseconds, begin, end))
PASS_ON(cuTensorMapEncodeTiled,
        (CUtensorMap * map, int dataType, uint32_t rank, void *address,
         const uint64_t *dimensions, const uint64_t *strides,
         const uint32_t *box, const uint32_t *elementStrides, int interleave,
         int swizzle, int l2Promotion, int fill),
        (map, dataType, rank, address, dimensions, strides, box, elementStrides,
         interleave, swizzle, l2Promotion, fill))

// A GPU has neither options nor reports.
const char *quantcEmulatorConfigure(const char *options) {
  auto to = reinterpret_cast<decltype(&quantcEmulatorConfigure)>(
      dlsym(library(), "quantcEmulatorConfigure"));
  return to ? to(options) : nullptr;
}
const char *quantcEmulatorReport() {
  auto to = reinterpret_cast<decltype(&quantcEmulatorReport)>(
      dlsym(library(), "quantcEmulatorReport"));
  return to ? to() : "";
}

// Only tests that are left out on a GPU call these.
#define OF_EMULATOR(result, name, parameters, arguments)                       \
  result name parameters { return find<result(*) parameters>(#name) arguments; }
OF_EMULATOR(const char *, quantcEmulatorCounts, (), ())
OF_EMULATOR(uint64_t, quantcEmulatorInstructions, (), ())
OF_EMULATOR(int, quantcEmulatorMutationCount, (const char *ptx), (ptx))
OF_EMULATOR(const char *, quantcEmulatorMutate,
            (const char *ptx, int index, int *line), (ptx, index, line))
