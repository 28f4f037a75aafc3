//===- Import.cpp - quantc import -----------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Model.h"

using namespace quantc::tool;
using namespace llvm;

static Error runImport(Tool &tool);
Command quantc::tool::importCommand(
    "import", "convert a StableHLO model to linalg on tensors", runImport);

static cl::opt<std::string> modelPath(cl::Positional, cl::Required,
                                      cl::desc("<model.mlir>"),
                                      cl::sub(importCommand),
                                      cl::cat(quantcOptions));
static cl::opt<std::string>
    parameterPath("parameters", cl::value_desc("file"),
                  cl::desc("Safetensors file with the parameters (default: as "
                           "recorded in the model, else beside it)"),
                  cl::sub(importCommand), cl::cat(quantcOptions));
static cl::opt<std::string> outputPath("o", cl::Required,
                                       cl::value_desc("file"),
                                       cl::desc("Model to write"),
                                       cl::sub(importCommand),
                                       cl::cat(quantcOptions));

static Error runImport(Tool &tool) {
  OutputFiles &outputs = tool.getOutputs();
  if (Error error = outputs.add(outputPath).takeError())
    return error;
  Expected<Model> model = readModel(tool, modelPath, parameterPath);
  if (!model)
    return model.takeError();
  if (Error error = writeModel(tool, *model, outputPath))
    return error;
  return outputs.commit();
}
