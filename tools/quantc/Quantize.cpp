//===- Quantize.cpp - quantc quantize -------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "LostSites.h"
#include "Quantization.h"

using namespace quantc::tool;
using namespace llvm;

static Error runQuantize(Tool &tool);
Command quantc::tool::quantizeCommand("quantize",
                                      "quantize a calibrated model by a recipe",
                                      runQuantize);

static QuantizationOptions options(quantizeCommand);
static cl::opt<std::string> outputPath("o", cl::Required,
                                       cl::value_desc("file"),
                                       cl::desc("Model to write"),
                                       cl::sub(quantizeCommand),
                                       cl::cat(quantcOptions));

static Error runQuantize(Tool &tool) {
  Expected<Model> model = readAnnotated(tool, options, outputPath);
  if (!model)
    return model.takeError();
  std::shared_ptr<LostSites> lost = LostSites::collect(tool);
  if (Error error = quantize(tool, *model, options))
    return error;
  lost->warn(tool);
  if (Error error = writeModel(tool, *model, outputPath))
    return error;
  return tool.getOutputs().commit();
}
