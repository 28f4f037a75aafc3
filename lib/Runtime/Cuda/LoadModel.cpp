//===- LoadModel.cpp - what a bundle holds for a GPU ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DeviceModel.h"

#include "quantc/Runtime/Hash.h"

#include "../MappedFile.h"

#include <algorithm>
#include <charconv>
#include <dirent.h>

using namespace quantc::runtime;

namespace {

/// The chips that a bundle has plans for, "cuda/sm_80.plan", in order.
std::vector<int> listChips(const std::string &folder) {
  std::vector<int> chips;
  DIR *directory = opendir(folder.c_str());
  if (!directory)
    return chips;
  while (const dirent *entry = readdir(directory)) {
    std::string_view name = entry->d_name;
    constexpr std::string_view prefix = "sm_", suffix = ".plan";
    if (name.size() <= prefix.size() + suffix.size() ||
        name.substr(0, prefix.size()) != prefix ||
        name.substr(name.size() - suffix.size()) != suffix)
      continue;
    int chip;
    const char *end = name.data() + name.size() - suffix.size();
    auto [last, code] = std::from_chars(name.data() + prefix.size(), end, chip);
    if (code == std::errc() && last == end)
      chips.push_back(chip);
  }
  closedir(directory);
  std::sort(chips.begin(), chips.end());
  return chips;
}

/// Maps a file of the bundle that is what the plan says.
std::string mapFile(const std::string &folder, const PlanFile &file,
                    MappedFile &mapped) {
  std::string path = folder + "/" + file.name;
  std::string error = mapped.map(path);
  if (!error.empty())
    return error;
  if (mapped.size() != file.bytes)
    return path + ": expected " + std::to_string(file.bytes) +
           " bytes, but got " + std::to_string(mapped.size());
  if (fnv1a(mapped.text().substr(0, file.hashedBytes)) != file.hash)
    return path + ": expected the file that the plan was written with";
  return "";
}

} // namespace

/// Chooses the newest plan that the device can run: PTX is compiled for newer
/// chips by the driver.
std::string DeviceModel::loadPlan(const std::string &folder) {
  std::vector<int> chips = listChips(folder);
  if (chips.empty())
    return folder + ": expected the kernels of a bundle compiled with "
                    "--target, but there are none";
  auto end =
      std::upper_bound(chips.begin(), chips.end(), device->getCapability());
  if (end == chips.begin()) {
    std::string list;
    for (int chip : chips)
      list += (list.empty() ? "sm_" : ", sm_") + std::to_string(chip);
    return folder + ": expected kernels for " + device->getDescription() +
           ", but got those for " + list;
  }
  planPath = folder + "/sm_" + std::to_string(end[-1]) + ".plan";
  MappedFile file;
  std::string error = file.map(planPath);
  if (!error.empty())
    return error;
  error = plan.parse(file.text());
  if (!error.empty())
    return planPath + ": " + error;
  if (plan.driver > device->getDriverVersion()) {
    auto version = [](int number) {
      return std::to_string(number / 1000) + "." +
             std::to_string(number % 1000 / 10);
    };
    return planPath + ": expected a driver for CUDA " + version(plan.driver) +
           " or newer, but got one for " + version(device->getDriverVersion());
  }
  return "";
}

std::string DeviceModel::checkTensors(const quantc_model_info &info) {
  auto agrees = [](const std::vector<uint64_t> &sizes,
                   const quantc_tensor_info *tensors, uint32_t count) {
    return std::equal(sizes.begin(), sizes.end(), tensors, tensors + count,
                      [](uint64_t bytes, const quantc_tensor_info &tensor) {
                        return bytes == tensor.bytes;
                      });
  };
  if (agrees(plan.inputs, info.inputs, info.num_inputs) &&
      agrees(plan.outputs, info.outputs, info.num_outputs))
    return "";
  return planPath + ": expected the inputs and outputs of the model '" +
         info.name + "', but got others";
}

/// Machine code runs on the chips of its generation; the others, and the
/// emulator, take the PTX.
std::string DeviceModel::loadKernels(const std::string &folder) {
  CUresult result = CUDA_ERROR_NO_BINARY_FOR_GPU;
  const char *what = "cannot load the kernels";
  if (!plan.cubin.name.empty() &&
      plan.chip / 10 == unsigned(device->getCapability() / 10)) {
    MappedFile cubin;
    std::string error = mapFile(folder, plan.cubin, cubin);
    if (!error.empty())
      return error;
    result =
        driver.cuModuleLoadDataEx(&module, cubin.data(), 0, nullptr, nullptr);
  }
  if (result == CUDA_ERROR_NO_BINARY_FOR_GPU ||
      result == CUDA_ERROR_INVALID_IMAGE) {
    MappedFile ptx;
    std::string error = mapFile(folder, plan.ptx, ptx);
    if (!error.empty())
      return error;
    std::string text(ptx.text()); // terminated, as the driver wants it
    char log[2048] = "";
    int options[] = {CU_JIT_ERROR_LOG_BUFFER,
                     CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
    void *values[] = {log, reinterpret_cast<void *>(sizeof(log))};
    result =
        driver.cuModuleLoadDataEx(&module, text.c_str(), 2, options, values);
    if (result != CUDA_SUCCESS && log[0])
      return driver.check(result, folder + "/" + plan.ptx.name + ": " + what) +
             ": " + log;
  }
  std::string error =
      driver.check(result, folder + "/" + plan.ptx.name + ": " + what);
  for (size_t i = 0; i < plan.kernels.size() && error.empty(); ++i)
    error = driver.check(
        driver.cuModuleGetFunction(&functions.emplace_back(), module,
                                   plan.kernels[i].c_str()),
        planPath + ": expected the kernel '" + plan.kernels[i] + "'");
  return error.empty() ? grantSharedMemory() : error;
}

/// More than 48 KiB have to be asked for.
std::string DeviceModel::grantSharedMemory() {
  constexpr uint32_t granted = 48 * 1024;
  std::vector<uint32_t> bytes(functions.size(), granted);
  for (const PlanStep &step : plan.steps)
    if (step.kind == PlanStep::Launch)
      bytes[step.kernel] = std::max(bytes[step.kernel], step.sharedBytes);
  std::string error;
  for (size_t i = 0; i < functions.size() && error.empty(); ++i)
    if (bytes[i] > granted)
      error = driver.check(
          driver.cuFuncSetAttribute(
              functions[i], CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
              bytes[i]),
          planPath + ": cannot give '" + plan.kernels[i] + "' " +
              std::to_string(bytes[i]) + " bytes of shared memory");
  return error;
}

std::string DeviceModel::uploadParameters(const std::string &folder) {
  if (plan.parameters.empty())
    return "";
  MappedFile file;
  std::string error = mapFile(folder, plan.parameterFile, file);
  for (const PlanParameter &parameter : plan.parameters) {
    CUdeviceptr &address = parameters.emplace_back(0);
    if (error.empty())
      error = allocate(parameter.bytes, address);
    if (error.empty() && parameter.bytes)
      error = driver.check(
          driver.cuMemcpyHtoD_v2(address, file.data() + parameter.offset,
                                 parameter.bytes),
          "cannot upload the parameters");
  }
  return error;
}
