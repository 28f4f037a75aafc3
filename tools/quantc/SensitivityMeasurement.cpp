//===- SensitivityMeasurement.cpp - what quantizing does ------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SensitivityMeasurement.h"
#include "CompiledModel.h"
#include "Front.h"
#include "ScratchFile.h"
#include "quantc/Calibration/ApplyStatistics.h"
#include "quantc/Dialect/QNN/Transforms/Site.h"
#include "quantc/Evaluation/Logits.h"
#include "quantc/Pipelines/Quantize.h"
#include "quantc/Support/WriteFile.h"

#include "llvm/ADT/STLExtras.h"
#include <cmath>

using namespace mlir;
using namespace quantc;
using namespace quantc::tool;
using llvm::Error;
using llvm::Expected;

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

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

std::vector<std::string> SensitivityMeasurement::getCandidates() const {
  if (!recipe.autoSelect)
    return {""};
  std::vector<std::string> names;
  for (const CandidateRecipe &candidate : recipe.autoSelect->candidates)
    names.push_back(candidate.name);
  return names;
}

Expected<Model> SensitivityMeasurement::select(Model &calibrated,
                                               const Selection &selection) {
  QuantizeOptions select;
  select.recipe = options.recipe;
  select.candidate = selection.candidate;
  select.sensitivity = selection.sensitivity;
  select.maxCost = selection.maxCost;
  select.pareto = selection.front;
  Model selected = copyModel(calibrated);
  PassManager passes(&tool.getContext());
  buildSelectPipeline(passes, select);
  if (Error error = runPasses(tool, selected, passes))
    return error;
  return selected;
}

Expected<std::unique_ptr<Executable>>
SensitivityMeasurement::compile(Model &selected) {
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

Error SensitivityMeasurement::compileReference() {
  Expected<Model> floatModel = select(model, {getCandidates().front()});
  if (!floatModel)
    return floatModel.takeError();
  keepOnly(*floatModel->module, "");
  if (Error error = compile(*floatModel).moveInto(reference))
    return error;
  const EntryPoint *entry = reference->lookup("main");
  for (auto [specs, tensors] :
       {std::pair(&inputs, &entry->inputs), {&outputs, &entry->outputs}})
    for (const TensorSpec &tensor : *tensors) {
      Expected<DataSpec> spec = getDataSpec(tensor);
      if (!spec)
        return makeFileError(model.path, toString(spec.takeError()));
      specs->push_back(std::move(*spec));
    }
  Expected<size_t> found = findLogits(outputs, options.output);
  if (!found)
    return makeFileError(model.path, toString(found.takeError()));
  output = *found;
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Variants
//===----------------------------------------------------------------------===//

Error SensitivityMeasurement::addSites() {
  std::vector<Model> selections;
  for (const std::string &candidate : getCandidates()) {
    Expected<Model> selected = select(model, {candidate});
    if (!selected)
      return selected.takeError();
    selections.push_back(std::move(*selected));
  }
  // Sites in the model's order, the candidates of each next to each other.
  model.module->walk([&](linalg::LinalgOp op) {
    StringRef site = qnn::getSiteName(op);
    for (auto [candidate, selected] :
         llvm::zip_equal(getCandidates(), selections)) {
      bool quantized = false;
      selected.module->walk([&](linalg::LinalgOp other) {
        quantized |= other->hasAttr(qnn::kSchemeAttrName) &&
                     qnn::getSiteName(other) == site;
      });
      if (!quantized || site.empty())
        continue;
      auto variant = std::make_unique<Variant>();
      variant->selection.candidate = candidate;
      variant->site = site.str();
      variants.push_back(std::move(variant));
    }
  });
  return Error::success();
}

Expected<double> SensitivityMeasurement::addChoice(Selection selection) {
  Expected<ScratchFile> file = ScratchFile::create();
  if (!file)
    return file.takeError();
  selection.front = file->getPath().str();
  Expected<Model> selected = select(model, selection);
  if (!selected)
    return selected.takeError();
  Expected<ChosenSchemes> chosen = readChosen(file->getPath());
  if (!chosen)
    return chosen.takeError();
  selection.front.clear();
  auto variant = std::make_unique<Variant>();
  variant->selection = std::move(selection);
  variant->choice = std::move(chosen->sites);
  if (llvm::none_of(variants, [&](const std::unique_ptr<Variant> &other) {
        return other->choice == variant->choice;
      }))
    variants.push_back(std::move(variant));
  return chosen->seconds;
}

Error SensitivityMeasurement::addChoices(StringRef path) {
  for (const std::string &candidate : getCandidates()) {
    Expected<double> seconds = addChoice({candidate});
    if (!seconds)
      return seconds.takeError();
    // Sums in another order differ in the last bits.
    Selection atItsCost{"", path.str(), *seconds * (1 + 1e-9)};
    if (Error error = addChoice(atItsCost).takeError())
      return error;
  }
  return addChoice({"", path.str()}).takeError();
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

Error SensitivityMeasurement::openData() {
  Expected<std::vector<std::string>> paths = listShards(options.data);
  if (!paths)
    return paths.takeError();
  int64_t batches = 0;
  for (const std::string &path : *paths) {
    if (Error error = tool.getOutputs().addInput(path))
      return error;
    Expected<DataSet> shard = DataSet::open(path, inputs);
    if (!shard)
      return shard.takeError();
    batches += shard->getNumBatches();
    shards.push_back(std::move(*shard));
  }
  if (batches < options.folds)
    return makeFileError(options.data,
                         "expected data with a batch for each of " +
                             Twine(options.folds) + " folds, but got " +
                             Twine(batches));
  return Error::success();
}

Error SensitivityMeasurement::runBatches(
    const DataSet &data, Variants some,
    ArrayRef<std::unique_ptr<Executable>> executables, Progress &progress) {
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
    for (auto [variant, executable] : llvm::zip_equal(some, executables)) {
      if (Error error = runOne(*executable, actual))
        return error;
      variant->sums += measureLogits(getLogits(actual), getLogits(expected), {},
                                     outputs[output].shape.back());
    }
    progress.advance();
  }
  return Error::success();
}

Error SensitivityMeasurement::runFold(Variants some, Model &calibrated,
                                      DataFold fold) {
  std::vector<std::unique_ptr<Executable>> executables(some.size());
  {
    Progress progress(tool, "programs", some.size());
    // What one candidate everywhere is, of which sites take theirs.
    std::map<std::string, Model> uniform;
    for (auto [variant, executable] : llvm::zip_equal(some, executables)) {
      auto known = uniform.find(variant->selection.candidate);
      if (variant->site.empty() || known == uniform.end()) {
        Expected<Model> selected = select(calibrated, variant->selection);
        if (!selected)
          return selected.takeError();
        known = uniform
                    .insert_or_assign(variant->selection.candidate,
                                      std::move(*selected))
                    .first;
      }
      Model selected = copyModel(known->second);
      if (!variant->site.empty())
        keepOnly(*selected.module, variant->site);
      if (Error error = compile(selected).moveInto(executable))
        return error;
      progress.advance();
    }
  }
  // A sample is in the same fold whatever the limit.
  int64_t firstBatch = 0, batches = 0;
  std::vector<DataSet> parts = shards;
  for (DataSet &part : parts) {
    int64_t whole = part.getNumBatches();
    part.limitSamples(options.maxSamples);
    if (fold.count > 1)
      part.keepFold(fold, firstBatch);
    firstBatch += whole;
    batches += part.getNumBatches();
  }
  Progress progress(tool, "batches", batches);
  for (const DataSet &part : parts)
    if (Error error = runBatches(part, some, executables, progress))
      return error;
  return Error::success();
}

Expected<Model> SensitivityMeasurement::calibrateWithout(DataFold fold) {
  CalibrationData data;
  data.path = options.data;
  data.leftOut = fold;
  data.observers = getNeededObservers(recipe);
  data.observers.mask = options.mask;
  Expected<StatisticsFile> statistics = calibrate(tool, model, data);
  if (!statistics)
    return statistics.takeError();
  Model calibrated = copyModel(model);
  if (failed(applyStatistics(*calibrated.module, *statistics, options.data)))
    return tool.diagnosed();
  return calibrated;
}

Error SensitivityMeasurement::runFolds(Variants some) {
  if (options.folds == 1)
    return runFold(some, model, {});
  for (int64_t index = 0; index < options.folds; ++index) {
    DataFold fold{index, options.folds};
    Expected<Model> calibrated = calibrateWithout(fold);
    if (!calibrated)
      return calibrated.takeError();
    if (Error error = runFold(some, *calibrated, fold))
      return error;
  }
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Result
//===----------------------------------------------------------------------===//

Error SensitivityMeasurement::checkFinite() const {
  for (const auto &variant : variants)
    if (!std::isfinite(variant->sums.getDivergence()) ||
        !std::isfinite(variant->sums.noise))
      return makeFileError(
          options.data,
          "expected data for which '" + outputs[output].name +
              "' is finite, but got NaN or infinities, in float or with " +
              (variant->site.empty() ? "all sites"
                                     : "'" + variant->site + "'") +
              " quantized");
  return Error::success();
}

static OutputError getError(const LogitSums &sums) {
  return {std::max(sums.getDivergence(), 0.0),
          sums.signal > 0 ? sums.noise / sums.signal : 0};
}

SensitivityFile SensitivityMeasurement::getResult() const {
  SensitivityFile file;
  if (auto fingerprint =
          (*model.module)->getAttrOfType<StringAttr>(qnn::kFingerprintAttrName))
    file.fingerprint = fingerprint.str();
  file.output = outputs[output].name;
  for (DataSet shard : shards) {
    shard.limitSamples(options.maxSamples);
    file.samples += shard.getNumSamples();
  }
  for (const auto &variant : variants) {
    OutputError error = getError(variant->sums);
    if (variant->site.empty())
      file.choices.push_back({error, variant->choice});
    else
      file.sites.push_back(
          {error, variant->site, variant->selection.candidate});
  }
  return file;
}

Expected<SensitivityFile> SensitivityMeasurement::measure() {
  // What is wrong with the data is said before the many programs, which take
  // minutes.
  if (Error error = compileReference())
    return error;
  if (Error error = openData())
    return error;
  if (Error error = addSites())
    return error;
  if (Error error = runFolds(variants))
    return error;
  if (Error error = checkFinite())
    return error;
  if (!recipe.autoSelect || variants.empty())
    return getResult();

  Expected<ScratchFile> file = ScratchFile::create();
  if (!file)
    return file.takeError();
  if (Error error = writeFile(file->getPath(), [&](llvm::raw_ostream &os) {
        getResult().print(os);
      }))
    return error;
  size_t numSites = variants.size();
  if (Error error = addChoices(file->getPath()))
    return error;
  if (Error error = runFolds(Variants(variants).drop_front(numSites)))
    return error;
  if (Error error = checkFinite())
    return error;
  return getResult();
}
