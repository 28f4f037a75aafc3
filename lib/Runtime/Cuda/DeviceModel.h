//===- DeviceModel.h - a model on a GPU -------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_RUNTIME_CUDA_DEVICEMODEL_H
#define QUANTC_LIB_RUNTIME_CUDA_DEVICEMODEL_H

#include "Device.h"
#include "Plan.h"

#include "quantc/Runtime/quantc_model.h"

#include <mutex>

namespace quantc::runtime {

/// The kernels, parameters and scratch memory of one bundle on one device. All
/// memory is allocated when it is loaded. Calls from several threads take
/// turns, as they share the arena.
class DeviceModel {
public:
  explicit DeviceModel(std::unique_ptr<Device> device);
  DeviceModel(const DeviceModel &) = delete;
  DeviceModel &operator=(const DeviceModel &) = delete;
  ~DeviceModel();

  /// Loads the plan for the device from `folder`, whose model has the tensors
  /// of `info`. Returns "" or the reason of a failure, as all of these do.
  std::string load(const std::string &folder, const quantc_model_info &info);

  /// Runs on tensors in host memory and waits for the outputs.
  std::string run(const void *const *inputs, void *const *outputs);

  /// Runs on tensors in device memory when `stream` gets there. A kernel's
  /// error shows when the caller waits for the stream.
  std::string launch(const void *const *inputs, void *const *outputs,
                     CUstream stream);

  /// Bytes on the device: parameters, arena, copies of inputs and outputs.
  uint64_t countBytes() const { return allocatedBytes; }

private:
  using Pointers = std::vector<CUdeviceptr>;

  std::string loadPlan(const std::string &folder);
  std::string checkTensors(const quantc_model_info &info);
  std::string loadKernels(const std::string &folder);
  std::string grantSharedMemory();
  std::string uploadParameters(const std::string &folder);
  std::string allocate(uint64_t bytes, CUdeviceptr &address);
  std::string submit(CUstream stream);
  std::string submitSteps(CUstream stream);
  std::string submitStep(const PlanStep &step, CUstream stream);
  std::string captureGraph();
  CUdeviceptr resolve(const PlanPointer &pointer) const;

  std::unique_ptr<Device> device;
  const Driver &driver;
  Plan plan;
  std::string planPath;
  uint64_t allocatedBytes = 0;
  Pointers allocations;

  CUmodule module = nullptr;
  std::vector<CUfunction> functions;
  CUdeviceptr arena = 0;
  Pointers parameters;
  /// Where the tensors of `run` lie on the device.
  Pointers inputCopies, outputCopies;

  std::mutex mutex;
  CUstream ownStream = nullptr;
  /// The end of the last call, which the next one on another stream waits for.
  CUevent finished = nullptr;
  bool hasRun = false;
  /// The tensors of the current call, and those that the graph is for.
  Pointers inputs, outputs, graphInputs, graphOutputs;
  CUgraphExec graph = nullptr;
};

} // namespace quantc::runtime

#endif // QUANTC_LIB_RUNTIME_CUDA_DEVICEMODEL_H
