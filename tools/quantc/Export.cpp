//===- Export.cpp - quantc export -----------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Quantization.h"
#include "quantc/Conversion/QuantTypes/Passes.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"

#include "llvm/Support/raw_ostream.h"

using namespace quantc;
using namespace quantc::tool;
using namespace llvm;

static Error runExport(Tool &tool);
Command quantc::tool::exportCommand(
    "export", "quantize a calibrated model and write it as quantized StableHLO",
    runExport);

static QuantizationOptions options(exportCommand);
static cl::opt<std::string> outputPath("o", cl::Required,
                                       cl::value_desc("file"),
                                       cl::desc("StableHLO module to write"),
                                       cl::sub(exportCommand),
                                       cl::cat(quantcOptions));

static Error runExport(Tool &tool) {
  Expected<Model> model = readAnnotated(tool, options, outputPath);
  if (!model)
    return model.takeError();
  if (Error error = chooseSchemes(tool, *model, options))
    return error;
  mlir::PassManager passes(&tool.getContext());
  passes.addPass(qnn::createQNNMaterializePass());
  passes.addPass(qnn::createVerifyMaterializedPass());
  passes.addPass(createQNNToStableHLOPass());
  if (Error error = runPasses(tool, *model, passes))
    return error;
  // Parameters are part of the module: others do not know our files.
  std::string text;
  raw_string_ostream os(text);
  model->module->print(os);
  os << '\n';
  OutputFiles &outputs = tool.getOutputs();
  if (Error error = outputs.write(outputPath, text))
    return error;
  return outputs.commit();
}
