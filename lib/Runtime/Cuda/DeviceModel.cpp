//===- DeviceModel.cpp - running a model on a GPU -------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DeviceModel.h"

using namespace quantc::runtime;

namespace {

constexpr unsigned nonBlockingStream = 1, eventWithoutTiming = 2;
/// Calls of other threads that a capture forbids do not disturb it.
constexpr int captureOfThisThread = 1;

/// The pointers of a table as the driver knows them.
template <typename Pointer>
std::vector<CUdeviceptr> toDevice(Pointer const *table, size_t count) {
  std::vector<CUdeviceptr> pointers;
  for (size_t i = 0; i < count; ++i)
    pointers.push_back(reinterpret_cast<CUdeviceptr>(table[i]));
  return pointers;
}

} // namespace

CUdeviceptr DeviceModel::resolve(const PlanPointer &pointer) const {
  switch (pointer.base) {
  case PlanPointer::Arena:
    return arena + pointer.offset;
  case PlanPointer::Parameter:
    return parameters[pointer.index] + pointer.offset;
  case PlanPointer::Input:
    return inputs[pointer.index] + pointer.offset;
  case PlanPointer::Output:
    return outputs[pointer.index] + pointer.offset;
  }
  return 0;
}

std::string DeviceModel::submitStep(const PlanStep &step, CUstream stream) {
  if (step.kind == PlanStep::Fill)
    return driver.check(driver.cuMemsetD8Async(resolve(step.to), step.value,
                                               step.bytes, stream),
                        "cannot fill memory");
  if (step.kind == PlanStep::Copy)
    return driver.check(driver.cuMemcpyDtoDAsync_v2(resolve(step.to),
                                                    resolve(step.from),
                                                    step.bytes, stream),
                        "cannot copy memory");
  // Scalars are little endian, as the host is, so their first bytes are they.
  std::vector<uint64_t> values;
  for (const PlanArgument &argument : step.arguments)
    values.push_back(argument.isPointer ? resolve(argument.pointer)
                                        : argument.bits);
  std::vector<void *> arguments;
  for (uint64_t &value : values)
    arguments.push_back(&value);
  return driver.check(
      driver.cuLaunchKernel(functions[step.kernel], step.grid[0], step.grid[1],
                            step.grid[2], step.block[0], step.block[1],
                            step.block[2], step.sharedBytes, stream,
                            arguments.data(), /*extra=*/nullptr),
      "cannot launch '" + plan.kernels[step.kernel] + "'");
}

std::string DeviceModel::submitSteps(CUstream stream) {
  for (const PlanStep &step : plan.steps) {
    std::string error = submitStep(step, stream);
    if (!error.empty())
      return error;
  }
  return "";
}

/// Records the steps on the current tensors.
std::string DeviceModel::captureGraph() {
  if (graph)
    driver.cuGraphExecDestroy(graph);
  graph = nullptr;
  std::string error = driver.check(
      driver.cuStreamBeginCapture_v2(ownStream, captureOfThisThread),
      "cannot begin a graph");
  if (!error.empty())
    return error;
  error = submitSteps(ownStream);
  CUgraph recorded = nullptr;
  CUresult ended = driver.cuStreamEndCapture(ownStream, &recorded);
  if (error.empty())
    error = driver.check(ended, "cannot end a graph");
  if (error.empty())
    error = driver.check(
        driver.cuGraphInstantiateWithFlags(&graph, recorded, /*flags=*/0),
        "cannot instantiate a graph");
  if (recorded)
    driver.cuGraphDestroy(recorded);
  return error;
}

/// Puts the steps on `stream`: the first time one by one, and from the second
/// call on the same tensors on as a graph, which costs the host one call.
std::string DeviceModel::submit(CUstream stream) {
  int capturing = 0;
  std::string error = driver.check(
      driver.cuStreamIsCapturing(stream, &capturing), "cannot use the stream");
  if (!error.empty())
    return error;
  // Inside a graph of the caller, who orders what shares the arena.
  if (capturing)
    return submitSteps(stream);
  if (hasRun)
    error = driver.check(driver.cuStreamWaitEvent(stream, finished, 0),
                         "cannot wait for the last call");
  bool isRepeated = hasRun && inputs == graphInputs && outputs == graphOutputs;
  if (!isRepeated) {
    // A graph of other tensors is of no use any more.
    if (graph)
      driver.cuGraphExecDestroy(graph);
    graph = nullptr;
    graphInputs = inputs;
    graphOutputs = outputs;
  }
  if (error.empty() && isRepeated && !graph)
    error = captureGraph();
  if (error.empty())
    error = graph ? driver.check(driver.cuGraphLaunch(graph, stream),
                                 "cannot launch the model")
                  : submitSteps(stream);
  if (error.empty())
    error = driver.check(driver.cuEventRecord(finished, stream),
                         "cannot record the end of a call");
  hasRun |= error.empty();
  return error;
}

std::string DeviceModel::launch(const void *const *callerInputs,
                                void *const *callerOutputs, CUstream stream) {
  std::lock_guard<std::mutex> lock(mutex);
  CurrentContext current(*device);
  if (!current.getError().empty())
    return current.getError();
  inputs = toDevice(callerInputs, plan.inputs.size());
  outputs = toDevice(callerOutputs, plan.outputs.size());
  return submit(stream);
}

std::string DeviceModel::run(const void *const *callerInputs,
                             void *const *callerOutputs) {
  std::lock_guard<std::mutex> lock(mutex);
  CurrentContext current(*device);
  if (!current.getError().empty())
    return current.getError();
  inputs = inputCopies;
  outputs = outputCopies;
  std::string error;
  for (size_t i = 0; i < inputs.size() && error.empty(); ++i)
    if (plan.inputs[i])
      error =
          driver.check(driver.cuMemcpyHtoDAsync_v2(inputs[i], callerInputs[i],
                                                   plan.inputs[i], ownStream),
                       "cannot copy an input");
  if (error.empty())
    error = submit(ownStream);
  for (size_t i = 0; i < outputs.size() && error.empty(); ++i)
    if (plan.outputs[i])
      error =
          driver.check(driver.cuMemcpyDtoHAsync_v2(callerOutputs[i], outputs[i],
                                                   plan.outputs[i], ownStream),
                       "cannot copy an output");
  // Also after a failure: nothing may touch the caller's memory any more.
  std::string end =
      driver.check(driver.cuStreamSynchronize(ownStream), "the model failed");
  return error.empty() ? end : error;
}

DeviceModel::~DeviceModel() {
  CurrentContext current(*device);
  if (!current.getError().empty())
    return;
  // A call may still be under way on a stream of the caller.
  if (hasRun)
    driver.cuEventSynchronize(finished);
  if (graph)
    driver.cuGraphExecDestroy(graph);
  for (CUdeviceptr address : allocations)
    driver.cuMemFree_v2(address);
  if (module)
    driver.cuModuleUnload(module);
  if (finished)
    driver.cuEventDestroy_v2(finished);
  if (ownStream)
    driver.cuStreamDestroy_v2(ownStream);
}

DeviceModel::DeviceModel(std::unique_ptr<Device> device)
    : device(std::move(device)), driver(this->device->getDriver()) {}

std::string DeviceModel::allocate(uint64_t bytes, CUdeviceptr &address) {
  if (bytes == 0)
    return "";
  std::string error = driver.check(driver.cuMemAlloc_v2(&address, bytes),
                                   "cannot allocate " + std::to_string(bytes) +
                                       " bytes on the device");
  if (error.empty()) {
    allocations.push_back(address);
    allocatedBytes += bytes;
  }
  return error;
}

std::string DeviceModel::load(const std::string &folder,
                              const quantc_model_info &info) {
  std::string error = loadPlan(folder);
  if (error.empty())
    error = checkTensors(info);
  if (!error.empty())
    return error;
  CurrentContext current(*device);
  if (!current.getError().empty())
    return current.getError();
  error = loadKernels(folder);
  if (error.empty())
    error = driver.check(driver.cuStreamCreate(&ownStream, nonBlockingStream),
                         "cannot create a stream");
  if (error.empty())
    error = driver.check(driver.cuEventCreate(&finished, eventWithoutTiming),
                         "cannot create an event");
  if (error.empty())
    error = uploadParameters(folder);
  if (error.empty())
    error = allocate(plan.arenaBytes, arena);
  auto allocateAll = [&](const std::vector<uint64_t> &sizes, Pointers &to) {
    for (uint64_t bytes : sizes)
      if (error.empty())
        error = allocate(bytes, to.emplace_back(0));
  };
  allocateAll(plan.inputs, inputCopies);
  allocateAll(plan.outputs, outputCopies);
  return error;
}
