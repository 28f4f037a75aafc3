//===- SiteTable.cpp - what becomes of each site --------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SiteTable.h"
#include "quantc/Dialect/QNN/Transforms/Site.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::tool;

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

Sites quantc::tool::collectSites(ModuleOp module) {
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

void quantc::tool::addDecisions(ModuleOp module, Sites &sites) {
  module.walk([&](Operation *op) {
    auto found = sites.find(qnn::getSiteName(op));
    if (found == sites.end())
      return;
    Site &site = found->second;
    site.scheme = op->getAttrOfType<qnn::SchemeAttr>(qnn::kSchemeAttrName);
    if (auto sqnr = op->getAttrOfType<FloatAttr>(qnn::kSqnrAttrName))
      site.sqnr = sqnr.getValueAsDouble();
    site.scales = qnn::SiteScales::get(op);
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

std::string SiteShape::describe() const {
  std::string text = llvm::formatv("{0}x{1}x{2}", m, n, k);
  return batch == 1 ? text : llvm::formatv("{0} x {1}", batch, text).str();
}

std::string Site::describeTerms() const {
  std::string text;
  for (const auto &[term, where] : terms)
    if (!StringRef(where).starts_with("absent"))
      text += (text.empty() ? "" : ", ") + term + ": " + where;
  return text.empty() ? "none" : text;
}

std::string Site::describeOperand(unsigned operand) const {
  if (!scheme)
    return forms[operand].empty() ? "float" : forms[operand];
  qnn::QuantizationAttr quantization =
      operand == 0 ? scheme.getLhs() : scheme.getRhs();
  return llvm::formatv("{0} {1} {2}", quantization.getStorage(),
                       quantization.getSymmetric() ? "symmetric" : "asymmetric",
                       stringifyGranularity(quantization.getGranularity()))
      .str();
}

/// To four digits: enough to recognize a scale by.
static std::string describeNumber(double number) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.4g", number);
  return text;
}

std::string quantc::tool::describeScales(
    const std::optional<std::pair<double, double>> &scales) {
  if (!scales)
    return "";
  auto [low, high] = *scales;
  return low == high
             ? " scale " + describeNumber(low)
             : " scales " + describeNumber(low) + " .. " + describeNumber(high);
}

std::string quantc::tool::describeDecibel(std::optional<double> decibel) {
  return decibel ? llvm::formatv("{0:f1}", *decibel).str() : "";
}

void quantc::tool::printTable(ArrayRef<std::vector<std::string>> rows) {
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
