//===- Device.h - one GPU and its context -----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_RUNTIME_CUDA_DEVICE_H
#define QUANTC_LIB_RUNTIME_CUDA_DEVICE_H

#include "Driver.h"

#include <memory>

namespace quantc::runtime {

/// A device with its primary context, which a program shares with the CUDA
/// runtime and with frameworks.
class Device {
public:
  /// Opens "cuda", "cuda:N" (the N-th GPU) or "emulator". Null on failure, and
  /// then `error` says why.
  static std::unique_ptr<Device> open(const std::string &name,
                                      std::string &error);

  /// Whether `name` is one that `open` knows.
  static bool isName(const std::string &name);

  Device(const Device &) = delete;
  Device &operator=(const Device &) = delete;
  ~Device();

  const Driver &getDriver() const { return driver; }
  CUcontext getContext() const { return context; }
  /// Compute capability times ten.
  int getCapability() const { return capability; }
  /// As the driver describes it: "NVIDIA H100 (compute capability 9.0)".
  const std::string &getDescription() const { return description; }
  /// CUDA version times 1000 that the driver implements: 12040 is 12.4.
  int getDriverVersion() const { return driverVersion; }

private:
  Device() = default;
  std::string initialise(bool emulator, int ordinal);

  Driver driver;
  CUdevice device = -1;
  CUcontext context = nullptr;
  int capability = 0;
  int driverVersion = 0;
  std::string description;
};

/// Makes a context current while it lives.
class CurrentContext {
public:
  explicit CurrentContext(const Device &device) : driver(device.getDriver()) {
    error = driver.check(driver.cuCtxPushCurrent_v2(device.getContext()),
                         "cannot use the device");
  }
  CurrentContext(const CurrentContext &) = delete;
  CurrentContext &operator=(const CurrentContext &) = delete;
  ~CurrentContext() {
    CUcontext popped;
    if (error.empty())
      driver.cuCtxPopCurrent_v2(&popped);
  }

  /// "" or why the context is not current.
  const std::string &getError() const { return error; }

private:
  const Driver &driver;
  std::string error;
};

} // namespace quantc::runtime

#endif // QUANTC_LIB_RUNTIME_CUDA_DEVICE_H
