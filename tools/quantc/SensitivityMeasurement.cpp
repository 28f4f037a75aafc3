//===- SensitivityMeasurement.cpp - what quantizing does ------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SensitivityMeasurement.h"
#include "CompiledModel.h"
#include "Front.h"
#include "ScratchFile.h"
#include "quantc/Dialect/QNN/Transforms/Site.h"
#include "quantc/Evaluation/Logits.h"
#include "quantc/Pipelines/Quantize.h"
#include "quantc/Support/WriteFile.h"

#include "mlir/Support/DebugStringHelper.h"
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

/// Leaves every site in float.
static void keepFloat(ModuleOp module) {
  module.walk([&](linalg::LinalgOp op) {
    if (!op->removeAttr(qnn::kSchemeAttrName))
      return;
    op->removeAttr(qnn::kSqnrAttrName);
    op->setAttr(qnn::kFloatReasonAttrName,
                StringAttr::get(op->getContext(), "the float model"));
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
  select.recipe = options.calibrated.recipe.getValue();
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
  if (std::string site = SwitchedSites::findLost(*selected.module);
      !site.empty())
    return makeFileError(model.path, "expected site '" + site +
                                         "' to be quantized in all of its "
                                         "forms, but got one that stays in "
                                         "float");
  auto executable =
      Executable::compile(*selected.module, SwitchedSites::getSymbol());
  if (failed(executable))
    return tool.diagnosed();
  return std::move(*executable);
}

Error SensitivityMeasurement::compileReference() {
  Expected<Model> floatModel = select(model, {getCandidates().front()});
  if (!floatModel)
    return floatModel.takeError();
  keepFloat(*floatModel->module);
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

Error SensitivityMeasurement::openData() {
  Expected<std::vector<std::string>> paths = listShards(options.data);
  if (!paths)
    return paths.takeError();
  int64_t batches = 0;
  for (const std::string &path : *paths) {
    if (Error error = tool.getOutputs().addInput(path))
      return error;
    Expected<DataSet> shard = DataSet::open(path, inputs, outputs);
    if (!shard)
      return shard.takeError();
    if (options.folds > 1 && !shard->getStates().empty())
      return makeFileError(
          path, "expected data that can be parted into folds, but got a model "
                "whose batches hand on '" +
                    inputs[shard->getStates().front().input].name + "'");
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

std::vector<int32_t>
SensitivityMeasurement::Program::getForms(const Variant &variant) const {
  std::vector<int32_t> forms;
  for (const SwitchedSites::Site &site : sites) {
    auto chosen = variant.sites.find(site.name);
    auto candidate = chosen == variant.sites.end()
                         ? site.candidates.end()
                         : llvm::find(site.candidates, chosen->second);
    forms.push_back(candidate == site.candidates.end()
                        ? 0
                        : candidate - site.candidates.begin() + 1);
  }
  return forms;
}

Expected<SensitivityMeasurement::Program>
SensitivityMeasurement::compileProgram(Model &calibrated, DataFold fold) {
  std::vector<Model> selections;
  std::vector<ModuleOp> modules;
  for (const std::string &candidate : getCandidates()) {
    Expected<Model> selected = select(calibrated, {candidate});
    if (!selected)
      return selected.takeError();
    selections.push_back(std::move(*selected));
    modules.push_back(*selections.back().module);
  }
  Model switched = copyModel(selections.front());
  SwitchedSites sites(*switched.module, modules, getCandidates());
  Program program{fold, sites.getSites(), nullptr};
  if (Error error = compile(switched).moveInto(program.executable))
    return error;
  return program;
}

Expected<Model> SensitivityMeasurement::calibrateWithout(DataFold fold) {
  CalibrationData data;
  data.path = options.data;
  data.leftOut = fold;
  data.observers.mask = options.mask;
  Model calibrated = copyModel(unsmoothed);
  if (Error error = smoothByData(tool, calibrated, options.calibrated, data))
    return error;
  return calibrated;
}

Error SensitivityMeasurement::compilePrograms() {
  Progress progress(tool, "programs", options.folds);
  for (int64_t index = 0; index < options.folds; ++index) {
    DataFold fold{index, options.folds};
    if (llvm::all_of(getParts(fold), [](const DataSet &part) {
          return part.getNumBatches() == 0;
        }))
      continue;
    Model calibrated = copyModel(model);
    if (options.folds > 1)
      if (Error error = calibrateWithout(fold).moveInto(calibrated))
        return error;
    Expected<Program> program = compileProgram(calibrated, fold);
    if (!program)
      return program.takeError();
    programs.push_back(std::move(*program));
    progress.advance();
  }
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Variants
//===----------------------------------------------------------------------===//

void SensitivityMeasurement::addSites() {
  for (const SwitchedSites::Site &site : programs.front().sites)
    for (auto [candidate, scheme] :
         llvm::zip_equal(site.candidates, site.schemes))
      variants.push_back(
          {{{site.name, candidate}}, /*isChoice=*/false, scheme, {}});
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
  Variant choice{std::move(chosen->sites), /*isChoice=*/true, nullptr, {}};
  if (llvm::none_of(variants, [&](const Variant &other) {
        return other.isChoice && other.sites == choice.sites;
      }))
    variants.push_back(std::move(choice));
  return chosen->seconds;
}

Expected<double> SensitivityMeasurement::getCheapestCost(StringRef path) {
  Expected<ScratchFile> file = ScratchFile::create();
  if (!file)
    return file.takeError();
  Selection unlimited{"", path.str(), std::numeric_limits<double>::max(),
                      file->getPath().str()};
  if (Error error = select(model, unlimited).takeError())
    return error;
  ModelReport report;
  if (Error error = readFront(file->getPath(), report))
    return error;
  return report.front.front().seconds;
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
  Expected<double> cheapest = getCheapestCost(path);
  if (!cheapest)
    return cheapest.takeError();
  // That the recipe's own limit cannot be met is the affair of who chooses by
  // it: the same file serves other limits.
  if (recipe.autoSelect->maxCost && *recipe.autoSelect->maxCost < *cheapest)
    return Error::success();
  return addChoice({"", path.str()}).takeError();
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

std::vector<DataSet> SensitivityMeasurement::getParts(DataFold fold) const {
  // A sample is in the same fold whatever the limit.
  std::vector<DataSet> parts = shards;
  int64_t firstBatch = 0;
  for (DataSet &part : parts) {
    int64_t whole = part.getNumBatches();
    part.limitSamples(options.maxSamples);
    if (fold.count > 1)
      part.keepFold(fold, firstBatch);
    firstBatch += whole;
  }
  return parts;
}

Error SensitivityMeasurement::runPart(const DataSet &data,
                                      const Program &program, Variants some,
                                      Progress &progress) {
  TensorBuffers expected(outputs), actual(outputs);
  auto getLogits = [&](const TensorBuffers &buffers) {
    return ArrayRef(static_cast<const float *>(buffers.getPointers()[output]),
                    outputs[output].getNumElements());
  };
  auto runOne = [&](Executable &executable, const TensorBuffers &from,
                    const TensorBuffers &results) {
    SmallVector<const void *> pointers(from.getPointers());
    Error error = executable.run(*executable.lookup("main"), pointers,
                                 results.getPointers());
    if (!error)
      data.carryStates(from.getPointers(), results.getPointers());
    return error;
  };
  std::vector<std::vector<int32_t>> forms;
  for (const Variant &variant : some)
    forms.push_back(program.getForms(variant));
  // Each has states of its own, the float model those of the last one.
  std::vector<TensorBuffers> from;
  for (size_t i = 0; i <= (data.getStates().empty() ? 0 : some.size()); ++i)
    from.emplace_back(inputs);
  for (int64_t batch = 0; batch < data.getNumBatches(); ++batch) {
    for (const TensorBuffers &buffers : from)
      data.copyBatch(batch, buffers.getPointers());
    if (Error error = runOne(*reference, from.back(), expected))
      return error;
    for (size_t i = 0; i < some.size(); ++i) {
      SwitchedSites::setForms(forms[i]);
      if (Error error = runOne(*program.executable,
                               from[std::min(i, from.size() - 1)], actual))
        return error;
      some[i].sums += measureLogits(getLogits(actual), getLogits(expected), {},
                                    outputs[output].shape.back());
    }
    progress.advance();
  }
  return Error::success();
}

Error SensitivityMeasurement::run(Variants some) {
  int64_t batches = 0;
  for (const Program &program : programs)
    for (const DataSet &part : getParts(program.fold))
      batches += part.getNumBatches();
  Progress progress(tool, "batches", batches);
  for (const Program &program : programs)
    for (const DataSet &part : getParts(program.fold))
      if (Error error = runPart(part, program, some, progress))
        return error;
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Result
//===----------------------------------------------------------------------===//

Error SensitivityMeasurement::checkFinite() const {
  for (const Variant &variant : variants)
    if (!std::isfinite(variant.sums.getDivergence()) ||
        !std::isfinite(variant.sums.noise))
      return makeFileError(
          options.data,
          "expected data for which '" + outputs[output].name +
              "' is finite, but got NaN or infinities, in float or with " +
              (variant.isChoice ? "all sites"
                                : "'" + variant.sites.begin()->first + "'") +
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
  for (const Program &program : programs)
    for (const DataSet &part : getParts(program.fold))
      file.samples += part.getNumSamples();
  for (const Variant &variant : variants) {
    OutputError error = getError(variant.sums);
    if (variant.isChoice) {
      file.choices.push_back({error, variant.sites});
      continue;
    }
    const auto &[site, candidate] = *variant.sites.begin();
    file.sites.push_back({error, site, candidate, debugString(variant.scheme)});
  }
  return file;
}

Expected<SensitivityFile> SensitivityMeasurement::measure() {
  // What is wrong with the data is said before the programs, which take longer.
  if (Error error = compileReference())
    return error;
  if (Error error = openData())
    return error;
  if (Error error = compilePrograms())
    return error;
  addSites();
  if (Error error = run(variants))
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
  if (Error error = run(Variants(variants).drop_front(numSites)))
    return error;
  if (Error error = checkFinite())
    return error;
  return getResult();
}
