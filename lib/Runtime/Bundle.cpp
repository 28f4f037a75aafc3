//===- Bundle.cpp - loading and running bundles ---------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Runtime/CpuFeatures.h"
#include "quantc/Runtime/Hash.h"
#include "quantc/Runtime/LibrarySeal.h"
#include "quantc/Runtime/quantc_runtime.h"

#include "Cuda/DeviceModel.h"
#include "MappedFile.h"

#include <cstdio>
#include <cstring>
#include <dlfcn.h>
#include <memory>
#include <string>
#include <vector>

using namespace quantc::runtime;

struct quantc_bundle {
  void *library = nullptr;
  const quantc_model_info *info = nullptr;
  MappedFile file;
  std::vector<const void *> parameters;
  /// Null for one thread.
  quantc_threads *threads = nullptr;
  /// Null where the model runs on the CPU.
  std::unique_ptr<DeviceModel> device;

  ~quantc_bundle() {
    quantc_threads_stop(threads);
    if (library)
      dlclose(library);
  }
};

namespace {

/// Opens the library and checks that it is a model of our version. Returns ""
/// or the reason of a failure.
std::string loadLibrary(const std::string &path, quantc_bundle &bundle) {
  if (std::string error = checkLibrarySeal(path); !error.empty())
    return "cannot load the model: " + error;
  // dlopen searches for a name without a slash in the system's folders.
  std::string located =
      path.find('/') == std::string::npos ? "./" + path : path;
  bundle.library = dlopen(located.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!bundle.library)
    return std::string("cannot load the model: ") + dlerror();
  auto *model = reinterpret_cast<quantc_model_function *>(
      dlsym(bundle.library, "quantc_model"));
  if (!model)
    return path + ": expected a compiled model with 'quantc_model'";
  bundle.info = model();
  if (bundle.info->abi_version != QUANTC_ABI_VERSION)
    return path + ": expected ABI version " +
           std::to_string(QUANTC_ABI_VERSION) + ", but got " +
           std::to_string(bundle.info->abi_version);
  return "";
}

std::string mapParameters(const std::string &path, quantc_bundle &bundle) {
  const quantc_model_info &info = *bundle.info;
  if (info.num_parameters == 0)
    return "";
  std::string error = bundle.file.map(path);
  if (!error.empty())
    return error;
  if (bundle.file.size() != info.parameter_file_bytes)
    return path + ": expected " + std::to_string(info.parameter_file_bytes) +
           " bytes, but got " + std::to_string(bundle.file.size());
  if (fnv1a(bundle.file.text().substr(0, info.parameter_header_bytes)) !=
      info.parameter_header_hash)
    return path + ": expected the parameters that the model was compiled with";
  for (uint32_t i = 0; i < info.num_parameters; ++i)
    bundle.parameters.push_back(bundle.file.data() + info.parameters[i].offset);
  return "";
}

std::string loadDevice(const std::string &folder, const std::string &name,
                       quantc_bundle &bundle) {
  std::string error;
  std::unique_ptr<Device> device = Device::open(name, error);
  if (!device)
    return error;
  bundle.device = std::make_unique<DeviceModel>(std::move(device));
  return bundle.device->load(folder + "/cuda", *bundle.info);
}

/// What quantc_last_error returns.
thread_local std::string lastError;

int32_t deviceStatus(std::string error) {
  lastError = std::move(error);
  return lastError.empty() ? QUANTC_OK : QUANTC_DEVICE_ERROR;
}

} // namespace

quantc_bundle *quantc_bundle_open_on(const char *directory, const char *device,
                                     char *error, size_t error_size) {
  auto bundle = std::make_unique<quantc_bundle>();
  std::string folder = directory;
  std::string message = loadLibrary(folder + "/model.so", *bundle);
  bool onCPU = std::strcmp(device, "cpu") == 0;
  if (message.empty() && onCPU)
    message = checkCpuFeatures(folder + "/manifest.json");
  if (message.empty())
    message = onCPU ? mapParameters(folder + "/parameters.safetensors", *bundle)
                    : loadDevice(folder, device, *bundle);
  if (message.empty())
    return bundle.release();
  if (error && error_size)
    std::snprintf(error, error_size, "%s", message.c_str());
  return nullptr;
}

quantc_bundle *quantc_bundle_open(const char *directory, char *error,
                                  size_t error_size) {
  return quantc_bundle_open_on(directory, "cpu", error, error_size);
}

const quantc_model_info *quantc_bundle_info(const quantc_bundle *bundle) {
  return bundle->info;
}

int32_t quantc_bundle_set_threads(quantc_bundle *bundle, int64_t threads) {
  if (threads > 1 && (bundle->device || !bundle->info->run_parallel))
    return QUANTC_NOT_PARALLEL;
  quantc_threads_stop(bundle->threads);
  bundle->threads = threads > 1 ? quantc_threads_start(threads) : nullptr;
  return threads > 1 && !bundle->threads ? QUANTC_OUT_OF_MEMORY : QUANTC_OK;
}

int32_t quantc_bundle_run(const quantc_bundle *bundle,
                          const void *const *inputs, void *const *outputs) {
  if (bundle->device)
    return deviceStatus(bundle->device->run(inputs, outputs));
  if (bundle->threads)
    return bundle->info->run_parallel(bundle->parameters.data(), inputs,
                                      outputs, /*workspace=*/nullptr,
                                      quantc_threads_parallel(bundle->threads));
  return bundle->info->run(bundle->parameters.data(), inputs, outputs);
}

int32_t quantc_bundle_launch(const quantc_bundle *bundle,
                             const void *const *inputs, void *const *outputs,
                             void *stream) {
  if (!bundle->device)
    return deviceStatus("expected a bundle that was opened on a GPU");
  return deviceStatus(
      bundle->device->launch(inputs, outputs, static_cast<CUstream>(stream)));
}

uint64_t quantc_bundle_device_bytes(const quantc_bundle *bundle) {
  return bundle->device ? bundle->device->countBytes() : 0;
}

const char *quantc_last_error(void) { return lastError.c_str(); }

void quantc_bundle_close(quantc_bundle *bundle) { delete bundle; }

size_t quantc_dtype_bytes(uint32_t dtype) {
  constexpr size_t bytes[] = {1, 1, 2, 4, 8, 2, 2, 4, 8, 1, 2, 4, 8, 1, 1, 0};
  return dtype <= QUANTC_I4 ? bytes[dtype] : 0;
}

const char *quantc_dtype_name(uint32_t dtype) {
  constexpr const char *names[] = {
      "bool", "i8", "i16", "i32", "i64", "f16",     "bf16",    "f32",
      "f64",  "u8", "u16", "u32", "u64", "f8_e4m3", "f8_e5m2", "i4"};
  return dtype <= QUANTC_I4 ? names[dtype] : "unknown";
}
