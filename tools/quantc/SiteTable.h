//===- SiteTable.h - what becomes of each site ------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANTC_SITETABLE_H
#define QUANTC_TOOLS_QUANTC_SITETABLE_H

#include "quantc/Dialect/QNN/IR/QNNDialect.h"
#include "quantc/Dialect/QNN/Transforms/SiteScales.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/MapVector.h"

#include <array>
#include <string>
#include <vector>

namespace quantc::tool {

/// The sizes of a site as those of a matrix product: loops over both operands'
/// parallel dimensions are batches.
struct SiteShape {
  int64_t batch = 1, m = 1, n = 1, k = 1;

  int64_t getMacs() const { return batch * m * n * k; }
  /// "128x3072x768", "4 x 128x128x32".
  std::string describe() const;
};

/// What is known of one site.
struct Site {
  std::string op;
  SiteShape shape;
  qnn::SchemeAttr scheme;
  /// Where each correction term that exists is computed.
  std::vector<std::pair<std::string, std::string>> terms;
  std::optional<double> sqnr;
  qnn::SiteScales scales;
  std::string floatReason;
  /// How operands are stored where no scheme, but the program itself says so;
  /// empty for float.
  std::array<std::string, 2> forms;

  /// Has a scheme and kept it, or was quantized by others.
  bool isQuantized() const {
    return (scheme && floatReason.empty()) || !forms[0].empty() ||
           !forms[1].empty();
  }
  /// Of a quantized site: "i8 asymmetric tensor", or "float".
  std::string describeOperand(unsigned operand) const;
  /// "column_sum: accumulator init, ...", or "none".
  std::string describeTerms() const;
};

/// In the module's order.
using Sites = llvm::MapVector<llvm::StringRef, Site>;

/// " scale 0.5", " scales 0.25 .. 0.5"; empty where they are not known.
std::string
describeScales(const std::optional<std::pair<double, double>> &scales);

/// "41.5"; empty where it is not known.
std::string describeDecibel(std::optional<double> decibel);

/// Finds the sites while they are still what the model says. Names belong to
/// the module's context.
Sites collectSites(mlir::ModuleOp module);

/// Adds what the passes decided.
void addDecisions(mlir::ModuleOp module, Sites &sites);

/// Prints the rows with columns as wide as their widest cell.
void printTable(llvm::ArrayRef<std::vector<std::string>> rows);

} // namespace quantc::tool

#endif // QUANTC_TOOLS_QUANTC_SITETABLE_H
