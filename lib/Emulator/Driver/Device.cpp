//===- Device.cpp - initialisation, device, context -----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "State.h"

#include "quantc/Emulator/Emulator.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>

using namespace quantc::emulator;

DriverState &DriverState::get() {
  static DriverState *state = new DriverState; // outlives static destructors
  return *state;
}

void DriverState::setReport(const std::string &text) {
  report = text;
  if (print && !text.empty())
    std::fprintf(stderr, "quantc emulator: %s", text.c_str());
}

bool DriverState::hasFunction(CUfunction function) const {
  for (CUmodule module : modules)
    for (const auto &entry : module->functions)
      if (entry.second.get() == function)
        return true;
  return false;
}

bool DriverState::hasStream(CUstream stream) const {
  // Null, legacy and per-thread default streams.
  return reinterpret_cast<uintptr_t>(stream) <= 2 || streams.count(stream);
}

CUresult DriverState::submit(CUstream stream, std::function<CUresult()> work) {
  if (!hasStream(stream))
    return CUDA_ERROR_INVALID_HANDLE;
  if (streams.count(stream) && stream->capture) {
    auto node = std::make_shared<CUgraphNode_st>();
    node->run = std::move(work);
    stream->capture->nodes.push_back(std::move(node));
    return CUDA_SUCCESS;
  }
  return work();
}

static std::string configure(DriverState &state, const char *text) {
  // "print" is of the driver, the rest of the machine.
  std::string rest;
  bool print = state.print;
  for (std::string left = text; !left.empty();) {
    size_t comma = std::min(left.find(','), left.size());
    std::string item = left.substr(0, comma);
    left = comma < left.size() ? left.substr(comma + 1) : "";
    if (item == "print=on" || item == "print=off")
      print = item == "print=on";
    else
      rest += (rest.empty() ? "" : ",") + item;
  }
  std::string error = state.options.parse(rest);
  if (error.empty()) {
    state.print = print;
    // What is given anew is counted anew.
    if (rest.find("mutate=") != rest.npos)
      state.mutationsSeen = 0;
    if (rest.find("counts=") != rest.npos)
      state.accesses.clear();
  }
  return error;
}

const char *quantcEmulatorConfigure(const char *options) {
  DriverState &state = DriverState::get();
  std::lock_guard<std::recursive_mutex> lock(state.mutex);
  state.configureError = configure(state, options ? options : "");
  return state.configureError.empty() ? nullptr : state.configureError.c_str();
}

const char *quantcEmulatorReport() { return DriverState::get().report.c_str(); }
uint64_t quantcEmulatorInstructions() {
  return DriverState::get().instructions;
}

CUresult cuInit(unsigned int flags) {
  DriverState &state = DriverState::get();
  std::lock_guard<std::recursive_mutex> lock(state.mutex);
  if (flags)
    return CUDA_ERROR_INVALID_VALUE;
  if (!state.initialized)
    if (const char *text = std::getenv("QUANTC_EMULATOR")) {
      std::string error = configure(state, text);
      if (!error.empty()) {
        state.setReport("QUANTC_EMULATOR: " + error + "\n");
        return CUDA_ERROR_INVALID_VALUE;
      }
      state.tellAtExit = true;
    }
  state.initialized = true;
  return CUDA_SUCCESS;
}

CUresult cuDriverGetVersion(int *version) {
  if (!version)
    return CUDA_ERROR_INVALID_VALUE;
  *version = 13000;
  return CUDA_SUCCESS;
}

namespace {
struct ErrorText {
  CUresult error;
  const char *name, *text;
};
#define QUANTC_ERROR(name, text) {name, #name, text}
const ErrorText errorTexts[] = {
    QUANTC_ERROR(CUDA_SUCCESS, "no error"),
    QUANTC_ERROR(CUDA_ERROR_INVALID_VALUE, "invalid argument"),
    QUANTC_ERROR(CUDA_ERROR_OUT_OF_MEMORY, "out of memory"),
    QUANTC_ERROR(CUDA_ERROR_NOT_INITIALIZED, "initialization error"),
    QUANTC_ERROR(CUDA_ERROR_INVALID_DEVICE, "invalid device ordinal"),
    QUANTC_ERROR(CUDA_ERROR_INVALID_IMAGE, "device kernel image is invalid"),
    QUANTC_ERROR(CUDA_ERROR_INVALID_CONTEXT, "invalid device context"),
    QUANTC_ERROR(CUDA_ERROR_NO_BINARY_FOR_GPU,
                 "no PTX in the image: the emulator does not run cubins"),
    QUANTC_ERROR(CUDA_ERROR_INVALID_PTX, "a PTX module could not be read"),
    QUANTC_ERROR(CUDA_ERROR_INVALID_HANDLE, "invalid resource handle"),
    QUANTC_ERROR(CUDA_ERROR_NOT_FOUND, "named symbol not found"),
    QUANTC_ERROR(CUDA_ERROR_NOT_READY, "device not ready"),
    QUANTC_ERROR(CUDA_ERROR_ILLEGAL_ADDRESS,
                 "an illegal memory access was encountered"),
    QUANTC_ERROR(CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES,
                 "too many resources requested for launch"),
    QUANTC_ERROR(CUDA_ERROR_LAUNCH_TIMEOUT, "the kernel makes no progress"),
    QUANTC_ERROR(CUDA_ERROR_MISALIGNED_ADDRESS, "misaligned address"),
    QUANTC_ERROR(CUDA_ERROR_LAUNCH_FAILED,
                 "the kernel failed or a check reported it"),
    QUANTC_ERROR(CUDA_ERROR_NOT_SUPPORTED, "operation not supported"),
    QUANTC_ERROR(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED,
                 "operation not permitted when stream is capturing"),
    QUANTC_ERROR(CUDA_ERROR_STREAM_CAPTURE_UNMATCHED,
                 "the stream does not capture"),
    QUANTC_ERROR(CUDA_ERROR_INVALID_CLUSTER_SIZE, "invalid cluster size"),
    QUANTC_ERROR(CUDA_ERROR_UNKNOWN, "unknown error"),
};
#undef QUANTC_ERROR

const ErrorText *findError(CUresult error) {
  for (const ErrorText &entry : errorTexts)
    if (entry.error == error)
      return &entry;
  return nullptr;
}
} // namespace

CUresult cuGetErrorName(CUresult error, const char **text) {
  const ErrorText *entry = findError(error);
  if (!text)
    return CUDA_ERROR_INVALID_VALUE;
  *text = entry ? entry->name : nullptr;
  return entry ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuGetErrorString(CUresult error, const char **text) {
  const ErrorText *entry = findError(error);
  if (!text)
    return CUDA_ERROR_INVALID_VALUE;
  *text = entry ? entry->text : nullptr;
  return entry ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

/// Looks in this library, unversioned names too: "cuMemAlloc" finds _v2.
CUresult cuGetProcAddress_v2(const char *symbol, void **function, int, uint64_t,
                             int *status) {
  if (!symbol || !function)
    return CUDA_ERROR_INVALID_VALUE;
  Dl_info info;
  void *library = nullptr;
  if (dladdr(reinterpret_cast<void *>(&cuInit), &info))
    library = dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
  *function = nullptr;
  for (const char *suffix : {"_v2", "", "WithFlags"})
    if (library && !*function)
      *function = dlsym(library, (std::string(symbol) + suffix).c_str());
  if (library)
    dlclose(library);
  if (status)
    *status = *function ? 0 : 1;
  return *function ? CUDA_SUCCESS : CUDA_ERROR_NOT_FOUND;
}

CUresult cuDeviceGetCount(int *count) {
  QUANTC_ENTER(state);
  if (!count)
    return CUDA_ERROR_INVALID_VALUE;
  *count = 1;
  return CUDA_SUCCESS;
}

CUresult cuDeviceGet(CUdevice *device, int ordinal) {
  QUANTC_ENTER(state);
  if (!device)
    return CUDA_ERROR_INVALID_VALUE;
  if (ordinal != 0)
    return CUDA_ERROR_INVALID_DEVICE;
  *device = 0;
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetName(char *name, int length, CUdevice device) {
  QUANTC_ENTER(state);
  if (!name || length <= 0)
    return CUDA_ERROR_INVALID_VALUE;
  if (device != 0)
    return CUDA_ERROR_INVALID_DEVICE;
  std::snprintf(name, length, "quantc emulator (sm_%u)",
                state.options.architecture);
  return CUDA_SUCCESS;
}

/// Limits by compute capability (CUDA C++ Programming Guide, "Technical
/// Specifications per Compute Capability").
CUresult cuDeviceGetAttribute(int *value, int attribute, CUdevice device) {
  QUANTC_ENTER(state);
  if (!value)
    return CUDA_ERROR_INVALID_VALUE;
  if (device != 0)
    return CUDA_ERROR_INVALID_DEVICE;
  int architecture = static_cast<int>(state.options.architecture);
  bool small = architecture == 86 || architecture == 89 || architecture >= 120;
  int perSm = small ? 100 : architecture >= 90 ? 228 : 164; // KiB
  switch (attribute) {
  case CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK:
  case CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X:
  case CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y:
    *value = 1024;
    break;
  case CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z:
    *value = 64;
    break;
  case CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X:
    *value = 2147483647;
    break;
  case CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y:
  case CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z:
    *value = 65535;
    break;
  case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK:
    *value = 48 * 1024;
    break;
  case CU_DEVICE_ATTRIBUTE_TOTAL_CONSTANT_MEMORY:
    *value = 64 * 1024;
    break;
  case CU_DEVICE_ATTRIBUTE_WARP_SIZE:
    *value = 32;
    break;
  case CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_BLOCK:
  case CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_MULTIPROCESSOR:
    *value = 65536;
    break;
  case CU_DEVICE_ATTRIBUTE_CLOCK_RATE:
  case CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE:
    *value = 1000000;
    break;
  case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT:
    *value = 132;
    break;
  case CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH:
    *value = 5120;
    break;
  case CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE:
    *value = 50 << 20;
    break;
  case CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR:
    *value = small ? 1536 : 2048;
    break;
  case CU_DEVICE_ATTRIBUTE_MAX_BLOCKS_PER_MULTIPROCESSOR:
    *value = small ? 16 : 32;
    break;
  case CU_DEVICE_ATTRIBUTE_CONCURRENT_KERNELS:
  case CU_DEVICE_ATTRIBUTE_ASYNC_ENGINE_COUNT:
  case CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING:
    *value = 1;
    break;
  case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR:
    *value = architecture / 10;
    break;
  case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR:
    *value = architecture % 10;
    break;
  case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR:
    *value = perSm * 1024;
    break;
  case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN:
    *value = (perSm - 1) * 1024;
    break;
  case CU_DEVICE_ATTRIBUTE_RESERVED_SHARED_MEMORY_PER_BLOCK:
    *value = 1024;
    break;
  case CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH:
  case CU_DEVICE_ATTRIBUTE_TENSOR_MAP_ACCESS_SUPPORTED:
    *value = architecture >= 90;
    break;
  default:
    *value = 0;
    break;
  }
  return CUDA_SUCCESS;
}

CUresult cuDeviceTotalMem_v2(size_t *bytes, CUdevice device) {
  QUANTC_ENTER(state);
  if (!bytes)
    return CUDA_ERROR_INVALID_VALUE;
  if (device != 0)
    return CUDA_ERROR_INVALID_DEVICE;
  *bytes = size_t(64) << 30;
  return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice device) {
  QUANTC_ENTER(state);
  if (!context)
    return CUDA_ERROR_INVALID_VALUE;
  if (device != 0)
    return CUDA_ERROR_INVALID_DEVICE;
  *context = &state.context;
  return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
  QUANTC_ENTER(state);
  return device == 0 ? CUDA_SUCCESS : CUDA_ERROR_INVALID_DEVICE;
}

CUresult cuCtxCreate_v2(CUcontext *context, unsigned int, CUdevice device) {
  return cuDevicePrimaryCtxRetain(context, device);
}

CUresult cuCtxCreate_v4(CUcontext *context, void *, unsigned int,
                        CUdevice device) {
  return cuDevicePrimaryCtxRetain(context, device);
}

static CUresult checkContext(CUcontext context) {
  QUANTC_ENTER(state);
  return !context || context == &state.context ? CUDA_SUCCESS
                                               : CUDA_ERROR_INVALID_CONTEXT;
}

CUresult cuCtxDestroy_v2(CUcontext context) { return checkContext(context); }
CUresult cuCtxSetCurrent(CUcontext context) { return checkContext(context); }
CUresult cuCtxPushCurrent_v2(CUcontext context) {
  return checkContext(context);
}

CUresult cuCtxGetCurrent(CUcontext *context) {
  return cuDevicePrimaryCtxRetain(context, 0);
}

CUresult cuCtxPopCurrent_v2(CUcontext *context) {
  CUcontext ignored;
  return cuDevicePrimaryCtxRetain(context ? context : &ignored, 0);
}

CUresult cuCtxGetDevice(CUdevice *device) { return cuDeviceGet(device, 0); }

CUresult cuCtxSynchronize() {
  QUANTC_ENTER(state);
  return std::exchange(state.pending, CUDA_SUCCESS);
}
