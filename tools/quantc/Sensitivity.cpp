//===- Sensitivity.cpp - quantc sensitivity -------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "CompiledModel.h"
#include "Quantization.h"
#include "SiteTable.h"
#include "quantc/Calibration/Calibrator.h"
#include "quantc/CostModel/SensitivityFile.h"
#include "quantc/Dialect/QNN/Transforms/Site.h"
#include "quantc/Evaluation/Logits.h"
#include "quantc/Evaluation/Metrics.h"
#include "quantc/Execution/Executable.h"
#include "quantc/Pipelines/Quantize.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

using namespace mlir;
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
static cl::opt<std::string>
    mask("mask", cl::value_desc("input"),
         cl::desc("With --recalibrate: the input that is zero at padding"),
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

//===----------------------------------------------------------------------===//
// Variants
//===----------------------------------------------------------------------===//

namespace {

/// The model with at most one quantized site, compiled.
struct Variant {
  std::string site, candidate;
  std::unique_ptr<Executable> executable;
  LogitSums sums;
};

class Measurement {
public:
  Measurement(Tool &tool, Model &model, const Recipe &recipe)
      : tool(tool), model(model), recipe(recipe) {}

  /// Compiles the float model and one variant for each site and candidate, once
  /// it is known that the data are the model's.
  Error compile(StringRef data);
  /// Runs all of them over the data.
  Error run();
  /// Refuses divergences that are none.
  Error checkFinite() const;
  SensitivityFile getResult() const;

private:
  /// The model with a candidate's schemes (or the recipe's, if empty).
  Expected<Model> select(StringRef candidate);
  Expected<std::unique_ptr<Executable>> compile(Model &selected);
  Error findOutput();
  Error openData(StringRef path);
  Error runBatches(const DataSet &data, Progress &progress);

  Tool &tool;
  Model &model;
  const Recipe &recipe;
  std::unique_ptr<Executable> reference;
  std::vector<Variant> variants;
  std::vector<DataSpec> inputs, outputs;
  std::vector<DataSet> shards;
  size_t output = 0;
  int64_t samples = 0;
};

} // namespace

static Model copyModel(Model &model) {
  return {model.path, OwningOpRef<ModuleOp>(model.module->clone()),
          model.parameters};
}

/// Leaves every site but `kept` in float.
static void keepOnly(ModuleOp module, StringRef kept) {
  module.walk([&](linalg::LinalgOp op) {
    if (!op->hasAttr(qnn::kSchemeAttrName) || qnn::getSiteName(op) == kept)
      return;
    op->removeAttr(qnn::kSchemeAttrName);
    op->removeAttr(qnn::kSqnrAttrName);
    op->setAttr(qnn::kFloatReasonAttrName,
                StringAttr::get(op->getContext(), "another site is measured"));
  });
}

Expected<Model> Measurement::select(StringRef candidate) {
  Model selected = copyModel(model);
  QuantizeOptions select;
  select.recipe = options.recipe.getValue();
  select.candidate = candidate.str();
  PassManager passes(&tool.getContext());
  buildSelectPipeline(passes, select);
  if (Error error = runPasses(tool, selected, passes))
    return error;
  return selected;
}

Expected<std::unique_ptr<Executable>> Measurement::compile(Model &selected) {
  PassManager passes(&tool.getContext());
  buildMaterializePipeline(passes, recipe);
  if (Error error = runPasses(tool, selected, passes))
    return error;
  // Each program runs a few times only, and no level changes results.
  CompileOptions compile;
  compile.optimizationLevel = 0;
  auto executable = Executable::compile(*selected.module, {}, compile);
  if (failed(executable))
    return tool.diagnosed();
  return std::move(*executable);
}

Error Measurement::compile(StringRef data) {
  std::vector<std::string> candidates = {""};
  if (recipe.autoSelect) {
    candidates.clear();
    for (const CandidateRecipe &candidate : recipe.autoSelect->candidates)
      candidates.push_back(candidate.name);
  }
  std::vector<Model> selections;
  for (const std::string &candidate : candidates) {
    Expected<Model> selected = select(candidate);
    if (!selected)
      return selected.takeError();
    selections.push_back(std::move(*selected));
  }
  // Sites in the model's order, the candidates of each next to each other.
  model.module->walk([&](linalg::LinalgOp op) {
    for (auto [candidate, selected] : llvm::zip_equal(candidates, selections)) {
      bool quantized = false;
      selected.module->walk([&](linalg::LinalgOp other) {
        quantized |= other->hasAttr(qnn::kSchemeAttrName) &&
                     qnn::getSiteName(other) == qnn::getSiteName(op);
      });
      if (quantized && !qnn::getSiteName(op).empty())
        variants.push_back(
            {qnn::getSiteName(op).str(), candidate, nullptr, {}});
    }
  });

  Progress progress(tool, "programs", variants.size() + 1);
  Model floatModel = copyModel(selections.front());
  keepOnly(*floatModel.module, "");
  if (Error error = compile(floatModel).moveInto(reference))
    return error;
  progress.advance();
  // The many programs that follow take minutes.
  if (Error error = findOutput())
    return error;
  if (Error error = openData(data))
    return error;
  for (Variant &variant : variants) {
    size_t index =
        llvm::find(candidates, variant.candidate) - candidates.begin();
    Model alone = copyModel(selections[index]);
    keepOnly(*alone.module, variant.site);
    if (Error error = compile(alone).moveInto(variant.executable))
      return error;
    progress.advance();
  }
  return Error::success();
}

Error Measurement::findOutput() {
  const EntryPoint *entry = reference->lookup("main");
  for (auto [specs, tensors] :
       {std::pair(&inputs, &entry->inputs), {&outputs, &entry->outputs}})
    for (const TensorSpec &tensor : *tensors) {
      Expected<DataSpec> spec = getDataSpec(tensor);
      if (!spec)
        return makeFileError(model.path, toString(spec.takeError()));
      specs->push_back(std::move(*spec));
    }
  Expected<size_t> found = findLogits(outputs, outputName);
  if (!found)
    return makeFileError(model.path, toString(found.takeError()));
  output = *found;
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

Error Measurement::runBatches(const DataSet &data, Progress &progress) {
  TensorBuffers inputBuffers(inputs), expected(outputs), actual(outputs);
  SmallVector<const void *> inputPointers(inputBuffers.getPointers());
  auto getLogits = [&](const TensorBuffers &buffers) {
    return ArrayRef(static_cast<const float *>(buffers.getPointers()[output]),
                    outputs[output].getNumElements());
  };
  auto runOne = [&](Executable &executable, const TensorBuffers &results) {
    return executable.run(*executable.lookup("main"), inputPointers,
                          results.getPointers());
  };
  for (int64_t batch = 0; batch < data.getNumBatches(); ++batch) {
    data.copyBatch(batch, inputBuffers.getPointers());
    if (Error error = runOne(*reference, expected))
      return error;
    for (Variant &variant : variants) {
      if (Error error = runOne(*variant.executable, actual))
        return error;
      variant.sums += measureLogits(getLogits(actual), getLogits(expected), {},
                                    outputs[output].shape.back());
    }
    samples += data.getBatchSize();
    progress.advance();
  }
  return Error::success();
}

Error Measurement::openData(StringRef path) {
  Expected<std::vector<std::string>> paths = listShards(path);
  if (!paths)
    return paths.takeError();
  for (const std::string &shardPath : *paths) {
    if (Error error = tool.getOutputs().addInput(shardPath))
      return error;
    Expected<DataSet> shard = DataSet::open(shardPath, inputs);
    if (!shard)
      return shard.takeError();
    shard->limitSamples(maxSamples);
    shards.push_back(std::move(*shard));
  }
  return Error::success();
}

Error Measurement::run() {
  int64_t batches = 0;
  for (const DataSet &shard : shards)
    batches += shard.getNumBatches();
  Progress progress(tool, "batches", batches);
  for (const DataSet &shard : shards)
    if (Error error = runBatches(shard, progress))
      return error;
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Result
//===----------------------------------------------------------------------===//

Error Measurement::checkFinite() const {
  for (const Variant &variant : variants)
    if (!std::isfinite(variant.sums.getDivergence()) ||
        !std::isfinite(variant.sums.noise))
      return makeFileError(dataPath, "expected data for which '" +
                                         outputs[output].name +
                                         "' is finite, but got NaN or "
                                         "infinities, in float or with '" +
                                         variant.site + "' quantized");
  return Error::success();
}

SensitivityFile Measurement::getResult() const {
  SensitivityFile file;
  if (auto fingerprint =
          (*model.module)->getAttrOfType<StringAttr>(qnn::kFingerprintAttrName))
    file.fingerprint = fingerprint.str();
  file.output = outputs[output].name;
  file.samples = samples;
  for (const Variant &variant : variants)
    file.sites.push_back({variant.site, variant.candidate,
                          std::max(variant.sums.getDivergence(), 0.0),
                          variant.sums.signal > 0
                              ? variant.sums.noise / variant.sums.signal
                              : 0});
  return file;
}

/// The most sensitive site first.
static void printTable(SensitivityFile file) {
  auto key = [](const SiteSensitivity &entry) {
    return std::tie(entry.divergence, entry.site, entry.candidate);
  };
  llvm::sort(file.sites,
             [&](const auto &a, const auto &b) { return key(a) > key(b); });
  std::vector<std::vector<std::string>> rows = {
      {"site", "candidate", "KL divergence", "noise/signal"}};
  for (const SiteSensitivity &entry : file.sites)
    rows.push_back({entry.site, entry.candidate.empty() ? "-" : entry.candidate,
                    llvm::formatv("{0:e2}", entry.divergence),
                    llvm::formatv("{0:e2}", entry.noiseToSignal)});
  printTable(rows);
}

static Error runSensitivity(Tool &tool) {
  if (Error error = checkAtLeast(maxSamples, 1))
    return error;
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
  if (Error error = smooth(tool, *model, options,
                           recalibrate ? dataPath.c_str() : "", mask))
    return error;
  Measurement measurement(tool, *model, *recipe);
  if (Error error = measurement.compile(dataPath))
    return error;
  if (Error error = measurement.run())
    return error;
  if (Error error = measurement.checkFinite())
    return error;

  SensitivityFile result = measurement.getResult();
  std::string text;
  llvm::raw_string_ostream os(text);
  result.print(os);
  if (Error error = outputs.write(outputPath, text))
    return error;
  if (Error error = outputs.commit())
    return error;
  printTable(std::move(result));
  return Error::success();
}
