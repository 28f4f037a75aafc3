//===- Driver.h - the CUDA driver, loaded at run time -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_RUNTIME_CUDA_DRIVER_H
#define QUANTC_LIB_RUNTIME_CUDA_DRIVER_H

#include "quantc/Emulator/CudaDriver.h"

#include <string>

namespace quantc::runtime {

/// What the runtime calls, by the names that the library exports.
#define QUANTC_DRIVER_FUNCTIONS(X)                                             \
  X(cuInit)                                                                    \
  X(cuDriverGetVersion)                                                        \
  X(cuGetErrorName)                                                            \
  X(cuGetErrorString)                                                          \
  X(cuDeviceGetCount)                                                          \
  X(cuDeviceGet)                                                               \
  X(cuDeviceGetName)                                                           \
  X(cuDeviceGetAttribute)                                                      \
  X(cuDevicePrimaryCtxRetain)                                                  \
  X(cuDevicePrimaryCtxRelease_v2)                                              \
  X(cuCtxPushCurrent_v2)                                                       \
  X(cuCtxPopCurrent_v2)                                                        \
  X(cuModuleLoadDataEx)                                                        \
  X(cuModuleUnload)                                                            \
  X(cuModuleGetFunction)                                                       \
  X(cuFuncSetAttribute)                                                        \
  X(cuMemAlloc_v2)                                                             \
  X(cuMemFree_v2)                                                              \
  X(cuMemcpyHtoD_v2)                                                           \
  X(cuMemcpyHtoDAsync_v2)                                                      \
  X(cuMemcpyDtoHAsync_v2)                                                      \
  X(cuMemcpyDtoDAsync_v2)                                                      \
  X(cuMemsetD8Async)                                                           \
  X(cuLaunchKernel)                                                            \
  X(cuStreamCreate)                                                            \
  X(cuStreamDestroy_v2)                                                        \
  X(cuStreamSynchronize)                                                       \
  X(cuStreamWaitEvent)                                                         \
  X(cuStreamBeginCapture_v2)                                                   \
  X(cuStreamEndCapture)                                                        \
  X(cuStreamIsCapturing)                                                       \
  X(cuEventCreate)                                                             \
  X(cuEventDestroy_v2)                                                         \
  X(cuEventRecord)                                                             \
  X(cuEventSynchronize)                                                        \
  X(cuGraphDestroy)                                                            \
  X(cuGraphInstantiateWithFlags)                                               \
  X(cuGraphExecDestroy)                                                        \
  X(cuGraphLaunch)

/// The entry points of libcuda, or of the emulator, which has the same.
class Driver {
public:
  Driver() = default;
  Driver(const Driver &) = delete;
  Driver &operator=(const Driver &) = delete;
  ~Driver();

  /// Loads libcuda.so.1, or libquantc_emulator.so, which is looked for at
  /// QUANTC_EMULATOR_LIBRARY, beside this code, in ../lib from there and where
  /// the system looks. Initialises it. Returns "" or the reason of a failure.
  std::string load(bool emulator);

  bool isEmulator() const { return report; }

  /// "what: CUDA_ERROR_NAME (description)", with the emulator's findings.
  /// "" for success.
  std::string check(CUresult result, const std::string &what) const;

#define QUANTC_DECLARE(name) decltype(&::name) name = nullptr;
  QUANTC_DRIVER_FUNCTIONS(QUANTC_DECLARE)
#undef QUANTC_DECLARE

private:
  std::string open(bool emulator);
  /// What the emulator reported last, without the end of its last line.
  std::string getFindings() const;

  void *library = nullptr;
  /// quantcEmulatorReport, null for a real driver.
  const char *(*report)() = nullptr;
};

} // namespace quantc::runtime

#endif // QUANTC_LIB_RUNTIME_CUDA_DRIVER_H
