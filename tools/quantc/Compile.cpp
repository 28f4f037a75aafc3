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

static cl::list<std::string>
    chipNames("target", cl::CommaSeparated, cl::value_desc("sm_80,sm_89"),
              cl::desc("GPUs to compile for beside the processor"),
              cl::sub(compileCommand), cl::cat(quantcOptions));
static cl::opt<bool>
    requireCubin("require-cubin",
                 cl::desc("Fail where there is no ptxas to make machine code "
                          "for the GPUs (default: PTX alone)"),
                 cl::sub(compileCommand), cl::cat(quantcOptions));

/// The chips, each once, in the order of the command line.
static Expected<std::vector<nvvm::Target>> resolveChips() {
  std::vector<nvvm::Target> chips;
  for (StringRef name : chipNames) {
    Expected<nvvm::Target> chip = nvvm::Target::resolve(name);
    if (!chip)
      return chip.takeError();
    if (none_of(chips, [&](const nvvm::Target &each) {
          return each.getChipName() == chip->getChipName();
        }))
      chips.push_back(*chip);
  }
  return chips;
}

static Error runCompile(Tool &tool) {
  Expected<cpu::Target> target =
      cpu::Target::resolve({triple, targetCPU, targetFeatures});
  if (!target)
    return target.takeError();
  if (Error error = tool.getOutputs().addUnmanagedDirectory(outputPath))
    return error;
  Expected<std::vector<nvvm::Target>> chips = resolveChips();
  if (!chips)
    return chips.takeError();
  if (requireCubin && chips->empty())
    return createStringError(
        "expected --target with the chips that --require-cubin is for");
  Expected<Model> model = readModel(tool, modelPath, parameterPath);
  if (!model)
    return model.takeError();
  if (Error error = lowerExplicitQuantization(tool, *model))
    return error;
  BundleOptions options;
  options.name = modelName;
  options.compile.parallel = parallel;
  options.chips = std::move(*chips);
  options.requireCubin = requireCubin;
  if (failed(writeBundle(*model->module, outputPath, *target, options)))
    return tool.diagnosed();
  return Error::success();
}
