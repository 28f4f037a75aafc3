//===- Explain.cpp - quantc explain ---------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Quantization.h"
#include "SiteTable.h"
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

static void printAsJSON(const Sites &sites) {
  json::Array array;
  for (const auto &[name, site] : sites) {
    json::Object object{
        {"site", name},      {"op", site.op},     {"batch", site.shape.batch},
        {"m", site.shape.m}, {"n", site.shape.n}, {"k", site.shape.k}};
    if (!site.floatReason.empty())
      object["float_reason"] = site.floatReason;
    if (site.isQuantized()) {
      object["lhs"] = describe(site.scheme.getLhs());
      object["rhs"] = describe(site.scheme.getRhs());
      json::Object terms;
      for (const auto &[term, where] : site.terms)
        terms[term] = where;
      object["terms"] = std::move(terms);
    }
    if (site.sqnr)
      object["sqnr_db"] = *site.sqnr;
    array.push_back(std::move(object));
  }
  llvm::outs() << llvm::formatv("{0:2}\n", json::Value(std::move(array)));
}

static void printAsTable(const Sites &sites) {
  std::vector<std::vector<std::string>> rows = {
      {"site", "op", "MxNxK", "lhs", "rhs", "SQNR dB", "correction terms"}};
  for (const auto &[name, site] : sites) {
    std::vector<std::string> row = {name.str(), site.op, site.shape.describe()};
    if (!site.isQuantized())
      row.insert(row.end(), {"float", "float", "", site.floatReason});
    else
      row.insert(row.end(),
                 {describe(site.scheme.getLhs()),
                  describe(site.scheme.getRhs()),
                  site.sqnr ? llvm::formatv("{0:f1}", *site.sqnr).str() : "",
                  site.describeTerms()});
    rows.push_back(std::move(row));
  }
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

static Error runExplain(Tool &tool) {
  if (!printGroups && (options.statistics.empty() || options.recipe.empty()))
    return llvm::createStringError(
        "expected --statistics and --recipe, or --groups");
  Expected<Model> model = readModel(tool, options.model, options.parameters);
  if (!model)
    return model.takeError();
  if (Error error = annotate(tool, *model))
    return error;
  if (printGroups) {
    std::vector<qnn::GroupDescription> groups =
        qnn::describeGroups(*model->module);
    printJSON ? printGroupsAsJSON(groups) : printGroupsAsTable(groups);
    return tool.getOutputs().commit();
  }
  Sites sites = collectSites(*model->module);
  if (Error error = quantize(tool, *model, options))
    return error;
  addDecisions(*model->module, sites);
  if (printJSON)
    printAsJSON(sites);
  else
    printAsTable(sites);
  return tool.getOutputs().commit();
}
