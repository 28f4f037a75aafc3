//===- Explain.cpp - quantc explain ---------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Quantization.h"
#include "quantc/Dialect/QNN/Transforms/Site.h"

#include "llvm/ADT/MapVector.h"
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

static QuantizationOptions options(explainCommand);
static cl::opt<bool> printJSON("json", cl::desc("Print a JSON array"),
                               cl::sub(explainCommand), cl::cat(quantcOptions));

namespace {
/// The sizes of a site as those of a matrix product: loops over both operands'
/// parallel dimensions are batches.
struct SiteShape {
  int64_t batch = 1, m = 1, n = 1, k = 1;
};

/// What is known of one site.
struct Site {
  std::string op;
  SiteShape shape;
  qnn::SchemeAttr scheme;
  /// Where each correction term that exists is computed.
  std::vector<std::pair<std::string, std::string>> terms;
  std::optional<double> sqnr;
  std::string floatReason;
};
} // namespace

using Sites = llvm::MapVector<StringRef, Site>;

static SiteShape getShape(linalg::LinalgOp op) {
  qnn::SiteIndexing indexing(op);
  auto lhs = indexing.getParallelLoops(0), rhs = indexing.getParallelLoops(1);
  SiteShape shape;
  for (auto [loop, size] : llvm::enumerate(indexing.getLoopSizes())) {
    bool inLhs = llvm::is_contained(lhs, loop);
    bool inRhs = llvm::is_contained(rhs, loop);
    int64_t &product = indexing.isReduction(loop) ? shape.k
                       : inLhs && inRhs           ? shape.batch
                       : inRhs                    ? shape.n
                                                  : shape.m;
    product *= size;
  }
  return shape;
}

/// Finds the sites while they are still what the model says.
static Sites collectSites(ModuleOp module) {
  Sites sites;
  module.walk([&](linalg::LinalgOp op) {
    StringRef name = qnn::getSiteName(op);
    if (name.empty())
      return;
    Site &site = sites[name];
    site.op = op->getName().stripDialect().str();
    site.shape = getShape(op);
  });
  return sites;
}

/// Adds what the passes decided.
static void addDecisions(ModuleOp module, Sites &sites) {
  module.walk([&](Operation *op) {
    auto found = sites.find(qnn::getSiteName(op));
    if (found == sites.end())
      return;
    Site &site = found->second;
    site.scheme = op->getAttrOfType<qnn::SchemeAttr>(qnn::kSchemeAttrName);
    if (auto sqnr = op->getAttrOfType<FloatAttr>(qnn::kSqnrAttrName))
      site.sqnr = sqnr.getValueAsDouble();
    if (auto reason = op->getAttrOfType<StringAttr>(qnn::kFloatReasonAttrName))
      site.floatReason = reason.str();
    auto terms = op->getAttrOfType<DictionaryAttr>(qnn::kTermsAttrName);
    if (!terms)
      return;
    for (NamedAttribute term : terms)
      if (auto where = dyn_cast<StringAttr>(term.getValue()))
        site.terms.emplace_back(term.getName().str(), where.str());
  });
}

//===----------------------------------------------------------------------===//
// Printing
//===----------------------------------------------------------------------===//

/// For example "i8 asymmetric tensor".
static std::string describe(qnn::QuantizationAttr quantization) {
  return llvm::formatv("{0} {1} {2}", quantization.getStorage(),
                       quantization.getSymmetric() ? "symmetric" : "asymmetric",
                       stringifyGranularity(quantization.getGranularity()))
      .str();
}

static std::string describe(const SiteShape &shape) {
  std::string text = llvm::formatv("{0}x{1}x{2}", shape.m, shape.n, shape.k);
  return shape.batch == 1 ? text
                          : llvm::formatv("{0} x {1}", shape.batch, text).str();
}

static std::string describeTerms(const Site &site) {
  std::string text;
  for (const auto &[term, where] : site.terms)
    if (!StringRef(where).starts_with("absent"))
      text += (text.empty() ? "" : ", ") + term + ": " + where;
  return text.empty() ? "none" : text;
}

static void printAsJSON(const Sites &sites) {
  json::Array array;
  for (const auto &[name, site] : sites) {
    json::Object object{
        {"site", name},      {"op", site.op},     {"batch", site.shape.batch},
        {"m", site.shape.m}, {"n", site.shape.n}, {"k", site.shape.k}};
    if (!site.floatReason.empty())
      object["float_reason"] = site.floatReason;
    if (site.scheme && site.floatReason.empty()) {
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

/// Prints the rows with columns as wide as their widest cell.
static void printTable(ArrayRef<std::vector<std::string>> rows) {
  std::vector<size_t> widths(rows.front().size());
  for (const auto &row : rows)
    for (auto [width, cell] : llvm::zip_equal(widths, row))
      width = std::max(width, cell.size());
  for (const auto &row : rows) {
    std::string line;
    for (auto [width, cell] : llvm::zip_equal(widths, row))
      line += cell + std::string(width - cell.size() + 2, ' ');
    llvm::outs() << StringRef(line).rtrim() << '\n';
  }
}

static void printAsTable(const Sites &sites) {
  std::vector<std::vector<std::string>> rows = {
      {"site", "op", "MxNxK", "lhs", "rhs", "SQNR dB", "correction terms"}};
  for (const auto &[name, site] : sites) {
    std::vector<std::string> row = {name.str(), site.op, describe(site.shape)};
    if (!site.scheme || !site.floatReason.empty())
      row.insert(row.end(), {"float", "float", "", site.floatReason});
    else
      row.insert(row.end(),
                 {describe(site.scheme.getLhs()),
                  describe(site.scheme.getRhs()),
                  site.sqnr ? llvm::formatv("{0:f1}", *site.sqnr).str() : "",
                  describeTerms(site)});
    rows.push_back(std::move(row));
  }
  printTable(rows);
}

static Error runExplain(Tool &tool) {
  Expected<Model> model = readModel(tool, options.model, options.parameters);
  if (!model)
    return model.takeError();
  if (Error error = annotate(tool, *model))
    return error;
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
