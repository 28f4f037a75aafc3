//===- Device.cpp - one GPU and its context -------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Device.h"

#include <charconv>
#include <optional>

using namespace quantc::runtime;

/// The number of the GPU; the emulator has one.
static std::optional<int> parseOrdinal(const std::string &name) {
  constexpr std::string_view prefix = "cuda:";
  if (name == "cuda" || name == "emulator")
    return 0;
  if (name.compare(0, prefix.size(), prefix) != 0)
    return std::nullopt;
  int ordinal;
  const char *begin = name.data() + prefix.size(),
             *end = name.data() + name.size();
  auto [last, code] = std::from_chars(begin, end, ordinal);
  if (code != std::errc() || last != end || ordinal < 0)
    return std::nullopt;
  return ordinal;
}

bool Device::isName(const std::string &name) {
  return parseOrdinal(name).has_value();
}

std::unique_ptr<Device> Device::open(const std::string &name,
                                     std::string &error) {
  std::optional<int> ordinal = parseOrdinal(name);
  if (!ordinal) {
    error = "expected the device cpu, cuda, cuda:N or emulator, but got '" +
            name + "'";
    return nullptr;
  }
  std::unique_ptr<Device> device(new Device());
  error = device->initialise(name == "emulator", *ordinal);
  return error.empty() ? std::move(device) : nullptr;
}

std::string Device::initialise(bool emulator, int ordinal) {
  std::string error = driver.load(emulator);
  if (!error.empty())
    return error;
  int count = 0;
  error = driver.check(driver.cuDeviceGetCount(&count), "cannot count devices");
  if (!error.empty())
    return error;
  if (ordinal >= count)
    return "expected a GPU with the number " + std::to_string(ordinal) +
           ", but the driver has " + std::to_string(count);
  char name[256] = "";
  int major = 0, minor = 0;
  auto check = [&](CUresult result) {
    if (error.empty())
      error =
          driver.check(result, "cannot use device " + std::to_string(ordinal));
  };
  check(driver.cuDriverGetVersion(&driverVersion));
  check(driver.cuDeviceGet(&device, ordinal));
  check(driver.cuDeviceGetName(name, sizeof(name), device));
  check(driver.cuDeviceGetAttribute(
      &major, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, device));
  check(driver.cuDeviceGetAttribute(
      &minor, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, device));
  if (error.empty())
    check(driver.cuDevicePrimaryCtxRetain(&context, device));
  capability = major * 10 + minor;
  description = std::string(name) + " (compute capability " +
                std::to_string(major) + "." + std::to_string(minor) + ")";
  return error;
}

Device::~Device() {
  if (context)
    driver.cuDevicePrimaryCtxRelease_v2(device);
}
