//===- Run.cpp - quantc run -----------------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "CompiledModel.h"

#include "llvm/ADT/STLExtras.h"

#include <cstring>

using namespace quantc;
using namespace quantc::tool;
using namespace llvm;

static Error runRun(Tool &tool);
Command quantc::tool::runCommand("run", "run a bundle on a data file", runRun);

static cl::opt<std::string> bundlePath(cl::Positional, cl::Required,
                                       cl::desc("<bundle>"),
                                       cl::sub(runCommand),
                                       cl::cat(quantcOptions));
static cl::opt<std::string>
    inputPath("input", cl::Required, cl::value_desc("file"),
              cl::desc("Safetensors file with the inputs"), cl::sub(runCommand),
              cl::cat(quantcOptions));
static cl::opt<std::string>
    outputPath("output", cl::Required, cl::value_desc("file"),
               cl::desc("Safetensors file to write the outputs to"),
               cl::sub(runCommand), cl::cat(quantcOptions));
static ThreadsOption numThreads(runCommand);
static DeviceOption device(runCommand);

namespace {
/// One output of all batches, concatenated along the first axis; of a state,
/// the last.
struct Result {
  DataSpec spec;
  std::vector<char> bytes;
};
} // namespace

static Error runRun(Tool &tool) {
  OutputFiles &outputs = tool.getOutputs();
  if (Error error = outputs.addInputDirectory(bundlePath))
    return error;
  if (Error error = outputs.addInput(inputPath))
    return error;
  if (Error error = outputs.add(outputPath).takeError())
    return error;
  auto model = CompiledModel::load(bundlePath, numThreads, device);
  if (!model)
    return model.takeError();
  Expected<DataSet> data =
      DataSet::open(inputPath, (*model)->getInputs(), (*model)->getOutputs());
  if (!data)
    return data.takeError();

  int64_t batches = data->getNumBatches();
  std::vector<Result> results;
  for (auto [index, spec] : enumerate((*model)->getOutputs())) {
    if (data->isState(index)) {
      results.push_back({spec, std::vector<char>(spec.getNumBytes())});
      continue;
    }
    if (spec.shape.empty() && batches > 1)
      return makeFileError(bundlePath, "expected an output '" + spec.name +
                                           "' with a batch axis for " +
                                           Twine(batches) +
                                           " batches, but got a scalar");
    results.push_back({spec, std::vector<char>(batches * spec.getNumBytes())});
    if (!spec.shape.empty())
      results.back().spec.shape.front() *= batches;
  }

  Progress progress(tool, "batches", batches);
  for (int64_t batch = 0; batch < batches; ++batch) {
    data->copyBatch(batch, (*model)->getInputBuffers());
    if (Error error = (*model)->run())
      return error;
    for (auto [index, result, buffer] :
         enumerate(results, (*model)->getOutputBuffers())) {
      // Of a state, what the last batch leaves.
      int64_t parts = data->isState(index) ? 1 : batches;
      size_t size = result.bytes.size() / parts;
      std::memcpy(result.bytes.data() + (parts == 1 ? 0 : batch * size), buffer,
                  size);
    }
    data->carryStates((*model)->getInputBuffers(),
                      (*model)->getOutputBuffers());
    progress.advance();
  }

  SmallVector<SafetensorsTensor> tensors;
  for (const Result &result : results)
    tensors.push_back({result.spec.name, result.spec.dtype, result.spec.shape,
                       ArrayRef<char>(result.bytes)});
  if (Error error = outputs.write(outputPath, [&](StringRef temporary) {
        return writeSafetensors(temporary, tensors);
      }))
    return error;
  return outputs.commit();
}
