//===- Quantization.cpp - what quantize and explain share -----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Quantization.h"
#include "Front.h"
#include "QuantizedSites.h"
#include "quantc/Calibration/ApplyStatistics.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"
#include "quantc/Dialect/QNN/Transforms/SiteOperands.h"
#include "quantc/Pipelines/Quantize.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"

#include <cmath>

using namespace quantc;
using namespace quantc::tool;
using namespace llvm;

CalibratedModelOptions::CalibratedModelOptions(
    cl::SubCommand &command, cl::NumOccurrencesFlag occurrences)
    : model(cl::Positional, cl::Required, cl::desc("<model.mlir>"),
            cl::sub(command), cl::cat(quantcOptions)),
      parameters("parameters", cl::value_desc("file"),
                 cl::desc("Safetensors file with the parameters (default: as "
                          "recorded in the model, else beside it)"),
                 cl::sub(command), cl::cat(quantcOptions)),
      statistics("statistics", occurrences, cl::value_desc("file"),
                 cl::desc("Statistics file of the model"), cl::sub(command),
                 cl::cat(quantcOptions)),
      recipe("recipe", occurrences, cl::value_desc("file"),
             cl::desc("Recipe file"), cl::sub(command), cl::cat(quantcOptions)),
      smooth("smooth", cl::init("recipe"), cl::value_desc("alpha"),
             cl::desc("SmoothQuant's alpha in [0, 1], auto to search one for "
                      "each group, or none (default: as the recipe says)"),
             cl::sub(command), cl::cat(quantcOptions)) {}

QuantizationOptions::QuantizationOptions(cl::SubCommand &command,
                                         cl::NumOccurrencesFlag occurrences)
    : CalibratedModelOptions(command, occurrences),
      data("data", cl::value_desc("file"),
           cl::desc("Data to calibrate once more after smoothing; without it "
                    "the ranges are computed from those before"),
           cl::sub(command), cl::cat(quantcOptions)),
      mask("mask", cl::value_desc("input"),
           cl::desc("Input of the data that is zero at padding, which is left "
                    "out of the statistics"),
           cl::sub(command), cl::cat(quantcOptions)),
      maxError("max-error", cl::init(0), cl::value_desc("sum"),
               cl::desc("For a recipe with 'auto': the largest sum of the "
                        "sites' noise-to-signal ratios; with --sensitivity, "
                        "the largest divergence in nats"),
               cl::sub(command), cl::cat(quantcOptions)),
      maxCost("max-cost", cl::init(0), cl::value_desc("seconds"),
              cl::desc("For a recipe with 'auto': the largest cost by the "
                       "target's roofline"),
              cl::sub(command), cl::cat(quantcOptions)),
      pareto("pareto", cl::value_desc("file"),
             cl::desc("For a recipe with 'auto': write the front of all "
                      "choices; the ending says how: .csv, .svg or .json"),
             cl::sub(command), cl::cat(quantcOptions)),
      candidate("candidate", cl::value_desc("name"),
                cl::desc("For a recipe with 'auto': give every site this "
                         "candidate, or 'float', instead of a joint choice"),
                cl::sub(command), cl::cat(quantcOptions)),
      sensitivity("sensitivity", cl::value_desc("file"),
                  cl::desc("For a recipe with 'auto': the measured error of "
                           "each site's candidates, by quantc sensitivity"),
                  cl::sub(command), cl::cat(quantcOptions)) {}

Error quantc::tool::annotate(Tool &tool, Model &model) {
  mlir::PassManager passes(&tool.getContext());
  passes.addPass(qnn::createQNNUnrollLayersPass());
  passes.addPass(qnn::createQNNSplitParametersPass());
  passes.addPass(qnn::createQNNUnstackCachesPass());
  passes.addPass(qnn::createQNNAnnotatePass());
  passes.addPass(qnn::createVerifyAnnotatedPass());
  return runPasses(tool, model, passes);
}

/// Checks what the command line alone can tell.
static Error checkOptions(const QuantizationOptions &options) {
  bool hasError = options.maxError.getNumOccurrences() > 0;
  bool hasCost = options.maxCost.getNumOccurrences() > 0;
  if (hasError && hasCost)
    return createStringError(
        "expected one of --max-error and --max-cost, but got both");
  for (const cl::opt<double> *limit : {&options.maxError, &options.maxCost})
    if (limit->getNumOccurrences() > 0 &&
        !(*limit > 0 && std::isfinite(*limit)))
      return createStringError("expected --" + limit->ArgStr +
                               " to be a positive number, but got " +
                               formatv("{0:e2}", limit->getValue()).str());
  if (!options.candidate.empty() &&
      (hasError || hasCost || !options.sensitivity.empty()))
    return createStringError(
        "expected --candidate without --max-error, --max-cost and "
        "--sensitivity, which are for a joint choice, but got one of them");
  StringRef ending = sys::path::extension(options.pareto);
  if (!options.candidate.empty() && (ending == ".csv" || ending == ".svg"))
    return makeFileError(
        options.pareto,
        "expected --pareto to end in .json with --candidate, whose cost is no "
        "front, but got '" +
            ending + "'");
  if (!options.mask.empty() && options.data.empty())
    return createStringError(
        "expected --mask together with --data, but got it alone");
  return Error::success();
}

/// What the estimators of a recipe's activations look at.
static ObserverOptions getNeededObservers(const Recipe &recipe) {
  ObserverOptions options;
  options.keepBatches = recipe.anyActivations([](const OperandRecipe &operand) {
    return operand.hasEstimator(qnn::EMAAttr::getMnemonic());
  });
  options.keepTokens = recipe.anyActivations([](const OperandRecipe &operand) {
    return *operand.granularity == qnn::Granularity::Token && !*operand.dynamic;
  });
  return options;
}

/// The rows to search an alpha with, where the data are at hand.
static constexpr int64_t kSampleRows = 256;

/// Statistics are of a float model. Without this check they would be told to be
/// of another one.
static Error checkFloat(const Model &model) {
  if (!isQuantizedByRecipe(*model.module))
    return Error::success();
  return makeFileError(model.path,
                       "expected a model in float, but got one that is "
                       "quantized already; quantc explain without "
                       "--statistics and --recipe tells how");
}

/// Statistics of the model that is now, taken with the data, onto its
/// observers.
static Error calibrateOnto(Tool &tool, Model &model, const Recipe &recipe,
                           CalibrationData data, int64_t sampleRows) {
  std::string mask = data.observers.mask;
  data.observers = getNeededObservers(recipe);
  data.observers.mask = mask;
  data.observers.sampleRows = sampleRows;
  Expected<StatisticsFile> statistics = calibrate(tool, model, data);
  if (!statistics)
    return statistics.takeError();
  if (failed(applyStatistics(*model.module, *statistics, data.path)))
    return tool.diagnosed();
  return Error::success();
}

/// Statistics from a file, if any, and SmoothQuant, if it is asked for.
static Error
runSmoothing(Tool &tool, Model &model, StringRef statistics,
             const std::optional<qnn::QNNSmoothPassOptions> &smooth) {
  mlir::PassManager passes(&tool.getContext());
  buildSmoothPipeline(passes, statistics, smooth);
  return runPasses(tool, model, passes);
}

/// Whether an alpha is searched for each group.
static bool isSearched(const qnn::QNNSmoothPassOptions &smooth) {
  return !smooth.recipe.empty();
}

Error quantc::tool::smooth(Tool &tool, Model &model,
                           const CalibratedModelOptions &options,
                           StringRef dataPath, StringRef mask) {
  if (Error error = checkFloat(model))
    return error;
  OutputFiles &files = tool.getOutputs();
  for (const auto *path : {&options.statistics, &options.recipe})
    if (Error error = files.addInput(*path))
      return error;
  Expected<Recipe> recipe = Recipe::read(options.recipe);
  if (!recipe)
    return recipe.takeError();
  if (recipe->autoSelect)
    if (Error error = files.addInput(recipe->autoSelect->target))
      return error;
  auto smooth = getSmoothOptions(*recipe, options.recipe, options.smooth);
  if (!smooth)
    return smooth.takeError();

  CalibrationData data;
  data.path = dataPath.str();
  data.observers.mask = mask.str();
  if (!*smooth && !dataPath.empty())
    tool.warn("--data has no effect, because nothing is smoothed");
  if (!*smooth || dataPath.empty())
    return runSmoothing(tool, model, options.statistics, *smooth);
  if (Error error = runSmoothing(tool, model, options.statistics, std::nullopt))
    return error;
  // A searched alpha needs rows, which the statistics may lack.
  if (isSearched(**smooth))
    if (Error error = calibrateOnto(tool, model, *recipe, data, kSampleRows))
      return error;
  if (Error error = runSmoothing(tool, model, "", *smooth))
    return error;
  return calibrateOnto(tool, model, *recipe, data, /*sampleRows=*/0);
}

Error quantc::tool::smoothByData(Tool &tool, Model &model,
                                 const CalibratedModelOptions &options,
                                 const CalibrationData &data) {
  Expected<Recipe> recipe = Recipe::read(options.recipe);
  if (!recipe)
    return recipe.takeError();
  auto smooth = getSmoothOptions(*recipe, options.recipe, options.smooth);
  if (!smooth)
    return smooth.takeError();
  if (Error error =
          calibrateOnto(tool, model, *recipe, data,
                        *smooth && isSearched(**smooth) ? kSampleRows : 0))
    return error;
  if (Error error = runSmoothing(tool, model, "", *smooth))
    return error;
  return *smooth ? calibrateOnto(tool, model, *recipe, data, /*sampleRows=*/0)
                 : Error::success();
}

Error quantc::tool::addFiles(Tool &tool, const QuantizationOptions &options) {
  if (Error error = checkOptions(options))
    return error;
  OutputFiles &files = tool.getOutputs();
  if (!options.sensitivity.empty())
    if (Error error = files.addInput(options.sensitivity))
      return error;
  return options.pareto.empty() ? Error::success()
                                : files.add(options.pareto).takeError();
}

/// Refuses a file whose name promises what cannot be written.
static Error checkFrontEnding(StringRef path) {
  StringRef ending = sys::path::extension(path);
  if (is_contained({"", ".csv", ".svg", ".json"}, ending))
    return Error::success();
  return makeFileError(path, "expected --pareto to end in .csv, .svg or .json, "
                             "but got '" +
                                 ending + "'");
}

/// Warns where every site stays in float because nothing is known of what its
/// candidates would cost: that is no choice.
static void warnOfUnknownErrors(Tool &tool, Model &model) {
  bool hasScheme = false;
  int64_t unknown = 0;
  model.module->walk([&](mlir::linalg::LinalgOp op) {
    hasScheme |= op->hasAttr(qnn::kSchemeAttrName);
    auto reason =
        op->getAttrOfType<mlir::StringAttr>(qnn::kFloatReasonAttrName);
    unknown += reason && reason.getValue().starts_with("nothing is known");
  });
  if (!hasScheme && unknown > 0)
    tool.warn(Twine(unknown) +
              " sites stay in float because nothing is known of the errors of "
              "their candidates: smoothing leaves no histograms; give --data, "
              "or statistics of calibrate --sample-rows");
}

/// How many values of calibration each range of an operand is made of, on
/// average; nullopt for one range of all, one that is measured at run time, and
/// where nothing is known.
static std::optional<int64_t> getValuesPerRange(mlir::OpOperand &operand,
                                                qnn::QuantizationAttr scheme) {
  qnn::ObserveOp observer = qnn::getObserver(operand);
  if (scheme.getDynamic() || !observer || !observer.getStatistics())
    return std::nullopt;
  qnn::StatisticsAttr statistics = *observer.getStatistics();
  int64_t ranges = 0;
  if (scheme.getGranularity() == qnn::Granularity::Channel)
    ranges = statistics.getChannelMin().size();
  else if (scheme.getGranularity() == qnn::Granularity::Token &&
           statistics.getTokenMin())
    ranges = statistics.getTokenMin().size();
  if (ranges == 0 || statistics.getCount() == 0)
    return std::nullopt;
  return statistics.getCount() / ranges;
}

/// Warns of ranges that know their data better than what is to come: of n
/// values drawn alike, the next one is the largest or the least with a chance
/// of 2 / (n + 1). What they are cut by costs normal distributions 6 dB of a
/// product with 1024 values for each range, and 1 dB with 4096.
static void warnOfThinRanges(Tool &tool, Model &model) {
  constexpr int64_t kEnoughValues = 4096;
  int64_t count = 0, least = kEnoughValues;
  std::string first;
  model.module->walk([&](mlir::linalg::LinalgOp site) {
    auto scheme = site->getAttrOfType<qnn::SchemeAttr>(qnn::kSchemeAttrName);
    if (!scheme)
      return;
    int64_t values = kEnoughValues;
    for (auto [number, operand] :
         enumerate(std::array{scheme.getLhs(), scheme.getRhs()}))
      values = std::min(values,
                        getValuesPerRange(site->getOpOperand(number), operand)
                            .value_or(kEnoughValues));
    if (values >= kEnoughValues)
      return;
    if (count++ == 0)
      first = qnn::getSiteName(site).str();
    least = std::min(least, values);
  });
  if (count > 0)
    tool.warn(
        formatv(
            "ranges of site '{0}'{1} are made of {2} values each on "
            "average, and one in {3} new values is expected to lie outside: "
            "calibrate on more data, or see what it costs with quantc "
            "sensitivity --folds",
            first, count > 1 ? formatv(" and {0} more", count - 1).str() : "",
            least, std::max<int64_t>((least + 1) / 2, 1))
            .str());
}

Error quantc::tool::selectSchemes(Tool &tool, Model &model,
                                  const QuantizationOptions &options,
                                  StringRef front) {
  if (Error error = checkFrontEnding(options.pareto))
    return error;
  QuantizeOptions select;
  select.recipe = options.recipe.getValue();
  select.maxError = options.maxError.getValue();
  select.maxCost = options.maxCost.getValue();
  if (!front.empty())
    select.pareto = front.str();
  else if (!options.pareto.empty())
    select.pareto = tool.getOutputs().getTemporary(options.pareto).str();
  select.candidate = options.candidate.getValue();
  select.sensitivity = options.sensitivity.getValue();
  mlir::PassManager passes(&tool.getContext());
  buildSelectPipeline(passes, select);
  if (Error error = runPasses(tool, model, passes))
    return error;
  warnOfUnknownErrors(tool, model);
  warnOfThinRanges(tool, model);
  // One candidate for all sites has a cost, but no front.
  return options.candidate.empty() ? convertFront(tool, options.pareto)
                                   : Error::success();
}

Error quantc::tool::materialize(Tool &tool, Model &model,
                                const CalibratedModelOptions &options) {
  Expected<Recipe> recipe = Recipe::read(options.recipe);
  if (!recipe)
    return recipe.takeError();
  mlir::PassManager passes(&tool.getContext());
  buildMaterializePipeline(passes, *recipe);
  return runPasses(tool, model, passes);
}

Expected<Model> quantc::tool::readAnnotated(Tool &tool,
                                            const QuantizationOptions &options,
                                            StringRef output) {
  if (Error error = tool.getOutputs().add(output).takeError())
    return error;
  Expected<Model> model = readModel(tool, options.model, options.parameters);
  if (!model)
    return model.takeError();
  if (Error error = annotate(tool, *model))
    return error;
  return model;
}

Error quantc::tool::chooseSchemes(Tool &tool, Model &model,
                                  const QuantizationOptions &options) {
  if (Error error = addFiles(tool, options))
    return error;
  if (Error error = smooth(tool, model, options, options.data, options.mask))
    return error;
  return selectSchemes(tool, model, options);
}

Error quantc::tool::quantize(Tool &tool, Model &model,
                             const QuantizationOptions &options) {
  if (Error error = chooseSchemes(tool, model, options))
    return error;
  return materialize(tool, model, options);
}
