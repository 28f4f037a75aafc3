//===- Report.cpp - quantc report -----------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Front.h"
#include "Quantization.h"
#include "QuantizedSites.h"
#include "ScratchFile.h"
#include "quantc/Calibration/QuantizationParameters.h"
#include "quantc/CostModel/SensitivityFile.h"
#include "quantc/Dialect/QNN/Transforms/SiteOperands.h"
#include "quantc/Recipe/Recipe.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include <cmath>

using namespace mlir;
using namespace quantc;
using namespace quantc::tool;
namespace cl = llvm::cl;
namespace json = llvm::json;
namespace path = llvm::sys::path;
using llvm::Error;
using llvm::Expected;

static Error runReport(Tool &tool);
Command quantc::tool::reportCommand(
    "report", "write a page on what quantize does with a model", runReport);

static QuantizationOptions options(reportCommand);
static cl::list<std::string>
    accuracyPaths("accuracy", cl::value_desc("name=file"),
                  cl::desc("What 'quantc eval --json' printed of a bundle, to "
                           "show under that name; may be repeated"),
                  cl::sub(reportCommand), cl::cat(quantcOptions));
static cl::opt<std::string>
    sensitivityPath("show-sensitivity", cl::value_desc("file"),
                    cl::desc("Sensitivity file to show (default: that of "
                             "--sensitivity)"),
                    cl::sub(reportCommand), cl::cat(quantcOptions));
static cl::opt<std::string> outputPath("o", cl::Required,
                                       cl::value_desc("file"),
                                       cl::desc("HTML file to write"),
                                       cl::sub(reportCommand),
                                       cl::cat(quantcOptions));

//===----------------------------------------------------------------------===//
// Observers
//===----------------------------------------------------------------------===//

/// The largest magnitude of each channel, by observer.
using ChannelRanges = llvm::MapVector<StringRef, std::vector<float>>;

static ChannelRanges collectChannelRanges(ModuleOp module) {
  ChannelRanges ranges;
  module.walk([&](qnn::ObserveOp op) {
    if (!op.getStatistics() || op.getStatistics()->getChannelMin().empty())
      return;
    std::vector<float> &channels = ranges[op.getName()];
    for (auto [low, high] :
         llvm::zip_equal(op.getStatistics()->getChannelMin().asArrayRef(),
                         op.getStatistics()->getChannelMax().asArrayRef()))
      channels.push_back(std::max(std::fabs(low), std::fabs(high)));
  });
  return ranges;
}

static void addSmoothing(const ChannelRanges &before,
                         const ChannelRanges &after, ModelReport &report) {
  for (const auto &[observer, channels] : before) {
    auto found = after.find(observer);
    if (found != after.end() && found->second != channels &&
        found->second.size() == channels.size())
      report.smoothing.push_back({observer.str(), channels, found->second});
  }
}

/// The values that the integers of a static scheme per tensor span; nothing for
/// any other scheme.
static std::optional<std::pair<double, double>>
getClip(const Statistics &statistics, qnn::QuantizationAttr scheme) {
  if (scheme.getDynamic() || !scheme.getAxes().empty())
    return std::nullopt;
  Expected<quantc::Range> range = estimateRange(statistics, scheme);
  if (!range) {
    // Whoever materializes the scheme has said what is missing.
    llvm::consumeError(range.takeError());
    return std::nullopt;
  }
  return std::pair(range->min, range->max);
}

/// The observers that sites with a scheme read; those of one activation once.
static void addDistributions(ModuleOp module, ModelReport &report) {
  llvm::SmallPtrSet<Operation *, 16> seen;
  module.walk([&](linalg::LinalgOp site) {
    auto scheme = site->getAttrOfType<qnn::SchemeAttr>(qnn::kSchemeAttrName);
    if (!scheme)
      return;
    for (unsigned operand : {0, 1}) {
      qnn::ObserveOp observer = qnn::getObserver(site->getOpOperand(operand));
      if (!observer || !observer.getStatistics() ||
          !seen.insert(observer).second)
        continue;
      qnn::StatisticsAttr attribute = *observer.getStatistics();
      DistributionReport distribution;
      distribution.observer = observer.getName().str();
      distribution.min = attribute.getMin().getValueAsDouble();
      distribution.max = attribute.getMax().getValueAsDouble();
      distribution.binWidth = std::ldexp(1.0, attribute.getBinExponent());
      distribution.firstBin = attribute.getFirstBin();
      llvm::append_range(distribution.counts,
                         attribute.getHistogram().asArrayRef());
      distribution.clip =
          getClip(fromAttribute(attribute),
                  operand == 0 ? scheme.getLhs() : scheme.getRhs());
      report.distributions.push_back(std::move(distribution));
    }
  });
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

static Error addSensitivities(Tool &tool, ModelReport &report) {
  StringRef file = sensitivityPath.empty() ? options.sensitivity.getValue()
                                           : sensitivityPath.getValue();
  if (file.empty())
    return Error::success();
  if (Error error = tool.getOutputs().addInput(file))
    return error;
  Expected<SensitivityFile> sensitivity = SensitivityFile::read(file);
  if (!sensitivity)
    return sensitivity.takeError();
  for (const SiteSensitivity &entry : sensitivity->sites)
    report.sensitivities.push_back(
        {entry.site, entry.candidate, entry.divergence});
  for (const ChoiceSensitivity &choice : sensitivity->choices)
    report.sensitivities.push_back(
        {"all sites", choice.describe(), choice.divergence});
  return Error::success();
}

/// Numbers as people read them; everything that is no number is left out.
static Error addAccuracy(Tool &tool, StringRef argument, ModelReport &report) {
  auto [name, file] = argument.split('=');
  if (file.empty() || name.empty())
    return llvm::createStringError("expected --accuracy name=file, but got '" +
                                   argument + "'");
  if (Error error = tool.getOutputs().addInput(file))
    return error;
  auto buffer = llvm::MemoryBuffer::getFile(file, /*IsText=*/true);
  if (!buffer)
    return makeFileError(file, buffer.getError().message());
  Expected<json::Value> value = json::parse((*buffer)->getBuffer());
  if (!value)
    return makeFileError(file, "expected JSON, but got: " +
                                   toString(value.takeError()));
  const json::Object *object = value->getAsObject();
  if (!object)
    return makeFileError(file, "expected a JSON object as quantc eval --json "
                               "prints it");
  AccuracyReport row{name.str(), {}};
  // The keys that quantc eval prints, with how people read them.
  static constexpr std::pair<const char *, const char *> kValues[] = {
      {"rows", "{0:f0}"},
      {"accuracy", "{0:P}"},
      {"reference_accuracy", "{0:P}"},
      {"perplexity", "{0:f4}"},
      {"reference_perplexity", "{0:f4}"},
      {"perplexity_ratio", "{0:f6}"},
      {"agreement", "{0:P}"},
      {"sqnr_db", "{0:f1}"},
      {"kl_divergence", "{0:e2}"}};
  for (auto [key, form] : kValues)
    if (std::optional<double> number = object->getNumber(key)) {
      std::string title(key);
      std::replace(title.begin(), title.end(), '_', ' ');
      row.values.emplace_back(title, llvm::formatv(false, form, *number).str());
    }
  if (row.values.empty())
    return makeFileError(file, "expected what quantc eval --json prints, but "
                               "got none of its numbers");
  report.accuracies.push_back(std::move(row));
  return Error::success();
}

//===----------------------------------------------------------------------===//
// The whole
//===----------------------------------------------------------------------===//

static void addSites(const Sites &sites, ModelReport &report) {
  for (const auto &[name, site] : sites) {
    SiteReport row;
    row.name = name.str();
    row.op = site.op;
    row.shape = site.shape.describe();
    row.macs = site.shape.getMacs();
    row.floatReason = site.floatReason;
    if (site.isQuantized()) {
      row.lhs = site.describeOperand(0);
      row.rhs = site.describeOperand(1);
      row.terms = site.describeTerms();
      row.sqnr = site.sqnr;
    } else if (row.floatReason.empty()) {
      row.floatReason = "the program quantizes it itself";
    }
    report.sites.push_back(std::move(row));
  }
}

static void addCaches(ModuleOp module, ModelReport &report) {
  for (const StoredState &state : collectStates(module))
    report.caches.push_back({state.name, state.shape, state.cache.form,
                             state.describeScales(), state.cache.sqnr});
}

/// Selects schemes; those of a recipe with 'auto' with their front.
static Error selectWithFront(Tool &tool, Model &model, const Recipe &recipe,
                             ModelReport &report) {
  if (!recipe.autoSelect || !options.candidate.empty() ||
      !options.pareto.empty())
    return selectSchemes(tool, model, options);
  Expected<ScratchFile> file = ScratchFile::create();
  if (!file)
    return file.takeError();
  if (Error error = selectSchemes(tool, model, options, file->getPath()))
    return error;
  return readFront(file->getPath(), report);
}

static Error runReport(Tool &tool) {
  OutputFiles &outputs = tool.getOutputs();
  if (Error error = outputs.add(outputPath).takeError())
    return error;
  if (Error error = addFiles(tool, options))
    return error;
  ModelReport report;
  for (const std::string &argument : accuracyPaths)
    if (Error error = addAccuracy(tool, argument, report))
      return error;
  if (Error error = addSensitivities(tool, report))
    return error;
  Expected<Recipe> recipe = Recipe::read(options.recipe);
  if (!recipe)
    return recipe.takeError();
  report.model = path::filename(options.model).str();
  report.recipe = path::stem(options.recipe).str();
  report.recipeDescription = recipe->description;

  Expected<Model> model = readModel(tool, options.model, options.parameters);
  if (!model)
    return model.takeError();
  if (Error error = annotate(tool, *model))
    return error;
  Sites sites = collectSites(*model->module);
  if (auto fingerprint =
          (*model->module)
              ->getAttrOfType<StringAttr>(qnn::kFingerprintAttrName))
    report.fingerprint = fingerprint.str();
  Expected<StatisticsFile> statistics =
      StatisticsFile::read(options.statistics);
  if (!statistics)
    return statistics.takeError();
  report.samples = statistics->samples;

  ChannelRanges before;
  for (const ObserverRecord &record : statistics->observers)
    for (const MinMax &range : record.statistics.channels)
      before[record.name].push_back(
          range.isEmpty()
              ? 0
              : std::max(std::fabs(range.min), std::fabs(range.max)));
  if (Error error = smooth(tool, *model, options, options.data, options.mask))
    return error;
  addSmoothing(before, collectChannelRanges(*model->module), report);
  if (Error error = selectWithFront(tool, *model, *recipe, report))
    return error;
  addDistributions(*model->module, report);
  if (Error error = materialize(tool, *model, options))
    return error;
  addDecisions(*model->module, sites);
  addSites(sites, report);
  addCaches(*model->module, report);

  std::string text;
  llvm::raw_string_ostream os(text);
  printHTML(report, os);
  if (Error error = outputs.write(outputPath, text))
    return error;
  return outputs.commit();
}
