//===- Calibrate.cpp - quantc calibrate -----------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Quantization.h"

using namespace quantc;
using namespace quantc::tool;
using namespace llvm;

static Error runCalibrate(Tool &tool);
Command quantc::tool::calibrateCommand(
    "calibrate", "run a model over data and write what its observers saw",
    runCalibrate);

static cl::opt<std::string> modelPath(cl::Positional, cl::Required,
                                      cl::desc("<model.mlir>"),
                                      cl::sub(calibrateCommand),
                                      cl::cat(quantcOptions));
static cl::opt<std::string>
    parameterPath("parameters", cl::value_desc("file"),
                  cl::desc("Safetensors file with the parameters (default: as "
                           "recorded in the model, else beside it)"),
                  cl::sub(calibrateCommand), cl::cat(quantcOptions));
static cl::opt<std::string>
    dataPath("data", cl::Required, cl::value_desc("file"),
             cl::desc("Safetensors file with the inputs"),
             cl::sub(calibrateCommand), cl::cat(quantcOptions));
static cl::opt<int64_t>
    maxSamples("max-samples", cl::init(std::numeric_limits<int64_t>::max()),
               cl::value_desc("n"),
               cl::desc("Read only the first samples, in whole batches"),
               cl::sub(calibrateCommand), cl::cat(quantcOptions));
static cl::opt<std::string> outputPath("o", cl::Required,
                                       cl::value_desc("file"),
                                       cl::desc("Statistics file to write"),
                                       cl::sub(calibrateCommand),
                                       cl::cat(quantcOptions));

static Error runCalibrate(Tool &tool) {
  OutputFiles outputs;
  Expected<std::string> temporary = outputs.add(outputPath);
  if (!temporary)
    return temporary.takeError();
  Expected<Model> model = readModel(tool, modelPath, parameterPath);
  if (!model)
    return model.takeError();
  if (Error error = annotate(tool, *model))
    return error;
  Expected<StatisticsFile> statistics =
      calibrate(tool, *model, dataPath, maxSamples);
  if (!statistics)
    return statistics.takeError();
  if (Error error = statistics->write(*temporary))
    return error;
  return outputs.commit();
}
