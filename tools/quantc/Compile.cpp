//===- Compile.cpp - quantc compile ---------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Model.h"
#include "quantc/Execution/Bundle.h"

using namespace quantc;
using namespace quantc::tool;
using namespace llvm;

static Error runCompile(Tool &tool);
Command quantc::tool::compileCommand(
    "compile", "compile a model, float or quantized, to a bundle", runCompile);

static cl::opt<std::string> modelPath(cl::Positional, cl::Required,
                                      cl::desc("<model.mlir>"),
                                      cl::sub(compileCommand),
                                      cl::cat(quantcOptions));
static cl::opt<std::string>
    parameterPath("parameters", cl::value_desc("file"),
                  cl::desc("Safetensors file with the parameters (default: as "
                           "recorded in the model, else beside it)"),
                  cl::sub(compileCommand), cl::cat(quantcOptions));
static cl::opt<std::string> outputPath("o", cl::Required,
                                       cl::value_desc("bundle"),
                                       cl::desc("Directory to write"),
                                       cl::sub(compileCommand),
                                       cl::cat(quantcOptions));
static cl::opt<std::string>
    triple("triple", cl::value_desc("triple"),
           cl::desc("Target triple (default: this machine's)"),
           cl::sub(compileCommand), cl::cat(quantcOptions));
static cl::opt<std::string>
    targetCPU("target-cpu", cl::value_desc("name"),
              cl::desc("Processor as LLVM names it (default: this machine's, "
                       "or the triple's baseline)"),
              cl::sub(compileCommand), cl::cat(quantcOptions));
static cl::opt<std::string>
    targetFeatures("target-features", cl::value_desc("+a,-b"),
                   cl::desc("Features to add and remove"),
                   cl::sub(compileCommand), cl::cat(quantcOptions));
static cl::opt<std::string>
    modelName("name", cl::init("model"), cl::value_desc("name"),
              cl::desc("Prefix of the exported functions (default: model)"),
              cl::sub(compileCommand), cl::cat(quantcOptions));

static cl::opt<bool>
    parallel("parallel",
             cl::desc("Let the code use the threads of whoever runs it; the "
                      "results are the same"),
             cl::sub(compileCommand), cl::cat(quantcOptions));

static Error runCompile(Tool &tool) {
  Expected<cpu::Target> target =
      cpu::Target::resolve({triple, targetCPU, targetFeatures});
  if (!target)
    return target.takeError();
  if (Error error = tool.getOutputs().addUnmanagedDirectory(outputPath))
    return error;
  Expected<Model> model = readModel(tool, modelPath, parameterPath);
  if (!model)
    return model.takeError();
  if (Error error = lowerExplicitQuantization(tool, *model))
    return error;
  BundleOptions options;
  options.name = modelName;
  options.compile.parallel = parallel;
  if (failed(writeBundle(*model->module, outputPath, *target, options)))
    return tool.diagnosed();
  return Error::success();
}
