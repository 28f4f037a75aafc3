//===- CompiledModel.cpp - a bundle that runs -----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CompiledModel.h"
#include "Tool.h"
#include "quantc/Calibration/Calibrator.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Alignment.h"

using namespace quantc;
using namespace quantc::tool;
using namespace llvm;

ThreadsOption::ThreadsOption(cl::SubCommand &command)
    : opt("threads", cl::init(1), cl::value_desc("n"),
          cl::desc("Threads to run on (default 1; more need a bundle compiled "
                   "with --parallel)"),
          cl::sub(command), cl::cat(quantcOptions)) {}

DeviceOption::DeviceOption(cl::SubCommand &command)
    : opt("device", cl::init("cpu"), cl::value_desc("name"),
          cl::desc("cpu (default), cuda, cuda:N or emulator; GPUs need a "
                   "bundle compiled with --target"),
          cl::sub(command), cl::cat(quantcOptions)) {}

TensorBuffers::TensorBuffers(ArrayRef<DataSpec> specs) {
  const Align alignment(64);
  for (const DataSpec &spec : specs) {
    storage.emplace_back(spec.getNumBytes() + alignment.value());
    pointers.push_back(
        reinterpret_cast<void *>(alignAddr(storage.back().data(), alignment)));
  }
}

/// Describes the tensors of a bundle's table.
static Expected<std::vector<DataSpec>>
readTensors(StringRef path, const quantc_tensor_info *tensors, uint32_t count) {
  std::vector<DataSpec> specs;
  for (const quantc_tensor_info &tensor : ArrayRef(tensors, count)) {
    TensorSpec spec;
    spec.name = tensor.name;
    spec.dtype = quantc_dtype_name(tensor.dtype);
    spec.shape.assign(tensor.shape, tensor.shape + tensor.rank);
    Expected<DataSpec> described = getDataSpec(spec);
    if (!described)
      return makeFileError(path, toString(described.takeError()));
    specs.push_back(std::move(*described));
  }
  return specs;
}

Expected<std::unique_ptr<CompiledModel>>
CompiledModel::load(StringRef path, unsigned numThreads, StringRef device) {
  if (device != "cpu" && numThreads > 1)
    return createStringError("expected --device=cpu with --threads of more "
                             "than 1, but got " +
                             device);
  std::unique_ptr<CompiledModel> model(new CompiledModel());
  model->path = path.str();
  char message[1024];
  model->bundle.reset(quantc_bundle_open_on(
      model->path.c_str(), device.str().c_str(), message, sizeof(message)));
  if (!model->bundle)
    return createStringError(StringRef(message));
  if (Error error = model->startThreads(numThreads))
    return error;
  const quantc_model_info *info = quantc_bundle_info(model->bundle.get());
  if (Error error = readTensors(path, info->inputs, info->num_inputs)
                        .moveInto(model->inputs))
    return error;
  if (Error error = readTensors(path, info->outputs, info->num_outputs)
                        .moveInto(model->outputs))
    return error;
  model->inputBuffers.emplace(model->inputs);
  model->outputBuffers.emplace(model->outputs);
  return model;
}

Error CompiledModel::startThreads(unsigned count) {
  if (count == 0)
    return createStringError("expected --threads of at least 1, but got 0");
  switch (quantc_bundle_set_threads(bundle.get(), count)) {
  case QUANTC_OK:
    return Error::success();
  case QUANTC_NOT_PARALLEL:
    return makeFileError(
        path, "expected a bundle compiled with --parallel for " + Twine(count) +
                  " threads, but got one for a single thread");
  default:
    return createStringError("cannot start " + Twine(count) + " threads");
  }
}

Error CompiledModel::run() {
  int32_t status = quantc_bundle_run(
      bundle.get(), const_cast<const void *const *>(getInputBuffers().data()),
      getOutputBuffers().data());
  if (status == QUANTC_DEVICE_ERROR)
    return makeFileError(path, quantc_last_error());
  if (status != QUANTC_OK)
    return makeFileError(path, "expected memory for the model's workspace, but "
                               "got none");
  return Error::success();
}
