//===- Sensitivity.cpp - quantc sensitivity -------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "SensitivityMeasurement.h"
#include "SiteTable.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace quantc;
using namespace quantc::tool;
namespace cl = llvm::cl;
using llvm::Error;
using llvm::Expected;

static Error runSensitivity(Tool &tool);
Command quantc::tool::sensitivityCommand(
    "sensitivity",
    "measure what each site, quantized alone, does to the output",
    runSensitivity);

static CalibratedModelOptions options(sensitivityCommand);
static cl::opt<std::string>
    dataPath("data", cl::Required, cl::value_desc("file"),
             cl::desc("Safetensors file with the inputs to measure on, or a "
                      "directory of such files"),
             cl::sub(sensitivityCommand), cl::cat(quantcOptions));
static cl::opt<bool>
    recalibrate("recalibrate",
                cl::desc("Calibrate on the data once more after smoothing, as "
                         "quantize --data does"),
                cl::sub(sensitivityCommand), cl::cat(quantcOptions));
static cl::opt<int64_t>
    folds("folds", cl::init(1), cl::value_desc("n"),
          cl::desc("Part the data into n folds and measure each with ranges "
                   "calibrated on the others (default: with those of the "
                   "statistics)"),
          cl::sub(sensitivityCommand), cl::cat(quantcOptions));
static cl::opt<std::string>
    mask("mask", cl::value_desc("input"),
         cl::desc("With --recalibrate or --folds: the input that is zero at "
                  "padding"),
         cl::sub(sensitivityCommand), cl::cat(quantcOptions));
static cl::opt<std::string>
    outputName("output", cl::value_desc("name"),
               cl::desc("Output to compare (default: the only one, or "
                        "'logits')"),
               cl::sub(sensitivityCommand), cl::cat(quantcOptions));
static cl::opt<int64_t>
    maxSamples("max-samples", cl::init(std::numeric_limits<int64_t>::max()),
               cl::value_desc("n"),
               cl::desc("Read only the first samples of each file, in whole "
                        "batches"),
               cl::sub(sensitivityCommand), cl::cat(quantcOptions));
static cl::opt<std::string> outputPath("o", cl::Required,
                                       cl::value_desc("file"),
                                       cl::desc("Sensitivity file to write"),
                                       cl::sub(sensitivityCommand),
                                       cl::cat(quantcOptions));

/// The last two cells of a row.
static void addError(std::vector<std::string> &row, const OutputError &error) {
  row.push_back(llvm::formatv("{0:e2}", error.divergence));
  row.push_back(llvm::formatv("{0:e2}", error.noiseToSignal));
}

/// The most sensitive site first, then whole models.
static void printTables(SensitivityFile file) {
  auto key = [](const SiteSensitivity &entry) {
    return std::tie(entry.divergence, entry.site, entry.candidate);
  };
  llvm::sort(file.sites,
             [&](const auto &a, const auto &b) { return key(a) > key(b); });
  std::vector<std::vector<std::string>> rows = {
      {"site", "candidate", "KL divergence", "noise/signal"}};
  for (const SiteSensitivity &entry : file.sites) {
    rows.push_back(
        {entry.site, entry.candidate.empty() ? "-" : entry.candidate});
    addError(rows.back(), entry);
  }
  printTable(rows);
  if (file.choices.empty())
    return;
  rows = {{"all sites", "KL divergence", "noise/signal"}};
  for (const ChoiceSensitivity &choice : file.choices) {
    rows.push_back({choice.describe()});
    addError(rows.back(), choice);
  }
  llvm::outs() << '\n';
  printTable(rows);
}

static Error runSensitivity(Tool &tool) {
  if (Error error = checkAtLeast(maxSamples, 1))
    return error;
  if (Error error = checkAtLeast(folds, 1))
    return error;
  if (folds > 1 && recalibrate)
    return llvm::createStringError(
        "expected one of --folds and --recalibrate, but got both");
  if (!mask.empty() && folds == 1 && !recalibrate)
    return llvm::createStringError("expected --mask together with --folds or "
                                   "--recalibrate, but got it alone");
  OutputFiles &outputs = tool.getOutputs();
  if (Error error = outputs.add(outputPath).takeError())
    return error;
  Expected<Recipe> recipe = Recipe::read(options.recipe);
  if (!recipe)
    return recipe.takeError();
  Expected<Model> model = readModel(tool, options.model, options.parameters);
  if (!model)
    return model.takeError();
  if (Error error = annotate(tool, *model))
    return error;
  Model unsmoothed = copyModel(*model);
  if (Error error = smooth(tool, *model, options,
                           recalibrate ? dataPath.c_str() : "", mask))
    return error;
  SensitivityOptions measured{options,    dataPath,   mask,
                              outputName, maxSamples, folds};
  Expected<SensitivityFile> result =
      SensitivityMeasurement(tool, *model, unsmoothed, *recipe, measured)
          .measure();
  if (!result)
    return result.takeError();
  std::string text;
  llvm::raw_string_ostream os(text);
  result->print(os);
  if (Error error = outputs.write(outputPath, text))
    return error;
  if (Error error = outputs.commit())
    return error;
  printTables(std::move(*result));
  return Error::success();
}
