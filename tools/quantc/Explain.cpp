//===- Explain.cpp - quantc explain ---------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Quantization.h"
#include "QuantizedSites.h"
#include "quantc/Dialect/QNN/Transforms/Groups.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::tool;
namespace cl = llvm::cl;
namespace json = llvm::json;
using llvm::Error;
using llvm::Expected;

static Error runExplain(Tool &tool);
Command quantc::tool::explainCommand(
    "explain", "say what quantize does with each site, and why", runExplain);

static QuantizationOptions options(explainCommand, cl::Optional);
static cl::opt<bool> printJSON("json", cl::desc("Print a JSON array"),
                               cl::sub(explainCommand), cl::cat(quantcOptions));
static cl::opt<bool> printGroups(
    "groups",
    cl::desc("Print the model's groups instead: what is smoothed together, and "
             "what may share a scale. Needs no statistics and no recipe"),
    cl::sub(explainCommand), cl::cat(quantcOptions));

static void printAsJSON(const Sites &sites, ArrayRef<StoredState> states) {
  json::Array array;
  for (const auto &[name, site] : sites) {
    json::Object object{
        {"site", name},      {"op", site.op},     {"batch", site.shape.batch},
        {"m", site.shape.m}, {"n", site.shape.n}, {"k", site.shape.k}};
    if (!site.floatReason.empty())
      object["float_reason"] = site.floatReason;
    if (site.isQuantized()) {
      object["lhs"] = site.describeOperand(0);
      object["rhs"] = site.describeOperand(1);
      for (auto [key, scales] : llvm::zip_equal(
               std::array{"lhs_scales", "rhs_scales"}, site.scales.operands))
        if (scales)
          object[key] = json::Array{scales->first, scales->second};
      json::Object terms;
      for (const auto &[term, where] : site.terms)
        terms[term] = where;
      object["terms"] = std::move(terms);
    }
    if (site.sqnr)
      object["sqnr_db"] = *site.sqnr;
    array.push_back(std::move(object));
  }
  for (const StoredState &state : states) {
    const qnn::CacheDescription &cache = state.cache;
    json::Object object{
        {"state", state.name}, {"shape", state.shape}, {"storage", cache.form}};
    if (!cache.scaleSource.empty())
      object["scale"] = cache.scaleSource;
    if (cache.scales)
      object["scales"] = json::Array{cache.scales->first, cache.scales->second};
    if (!cache.partner.empty())
      object["shared_with"] = cache.partner;
    if (cache.sqnr)
      object["sqnr_db"] = *cache.sqnr;
    array.push_back(std::move(object));
  }
  llvm::outs() << llvm::formatv("{0:2}\n", json::Value(std::move(array)));
}

static void printAsTable(const Sites &sites, ArrayRef<StoredState> states) {
  std::vector<std::vector<std::string>> rows = {
      {"site", "op", "MxNxK", "lhs", "rhs", "SQNR dB", "correction terms"}};
  for (const auto &[name, site] : sites) {
    std::vector<std::string> row = {name.str(), site.op, site.shape.describe()};
    if (!site.isQuantized())
      row.insert(row.end(), {"float", "float", "", site.floatReason});
    else
      row.insert(
          row.end(),
          {site.describeOperand(0) + describeScales(site.scales.operands[0]),
           site.describeOperand(1) + describeScales(site.scales.operands[1]),
           describeDecibel(site.sqnr),
           // Of what others did only the form is known.
           site.scheme ? site.describeTerms() : ""});
    rows.push_back(std::move(row));
  }
  for (const StoredState &state : states)
    rows.push_back({state.name, "state", state.shape, state.cache.form,
                    state.describeScales(), describeDecibel(state.cache.sqnr),
                    ""});
  printTable(rows);
}

static void printGroupsAsJSON(ArrayRef<qnn::GroupDescription> groups) {
  json::Array array;
  for (const qnn::GroupDescription &group : groups)
    array.push_back(json::Object{{"kind", group.kind},
                                 {"members", json::Array(group.members)},
                                 {"note", group.note}});
  llvm::outs() << llvm::formatv("{0:2}\n", json::Value(std::move(array)));
}

static void printGroupsAsTable(ArrayRef<qnn::GroupDescription> groups) {
  std::vector<std::vector<std::string>> rows = {{"group", "members", "note"}};
  for (const qnn::GroupDescription &group : groups)
    rows.push_back({group.kind, llvm::join(group.members, ", "), group.note});
  printTable(rows);
}

/// Whether the options ask for what the model is, and not for what a recipe
/// would make of it. Fails where they fit neither the one nor the other.
static Expected<bool> explainsQuantized(ModuleOp module) {
  bool isQuantized = isQuantizedByRecipe(module) || hasQuantizedSites(module);
  if (!options.statistics.empty() && !options.recipe.empty())
    return false;
  if (isQuantized && options.statistics.empty() && options.recipe.empty())
    return true;
  return makeFileError(
      options.model,
      isQuantized ? "expected both of --statistics and --recipe, or neither to "
                    "see how this model is quantized"
                  : "expected --statistics and --recipe, or --groups, for a "
                    "model in float");
}

static Error runExplain(Tool &tool) {
  Expected<Model> model = readModel(tool, options.model, options.parameters);
  if (!model)
    return model.takeError();
  bool isQuantized = false;
  if (!printGroups)
    if (Error error = explainsQuantized(*model->module).moveInto(isQuantized))
      return error;
  if (Error error = annotate(tool, *model))
    return error;
  if (printGroups) {
    std::vector<qnn::GroupDescription> groups =
        qnn::describeGroups(*model->module);
    printJSON ? printGroupsAsJSON(groups) : printGroupsAsTable(groups);
    return tool.getOutputs().commit();
  }
  Sites sites = collectSites(*model->module);
  if (!isQuantized)
    if (Error error = quantize(tool, *model, options))
      return error;
  addDecisions(*model->module, sites);
  if (isQuantized)
    addForms(*model->module, sites);
  std::vector<StoredState> states = collectStates(*model->module);
  if (printJSON)
    printAsJSON(sites, states);
  else
    printAsTable(sites, states);
  return tool.getOutputs().commit();
}
