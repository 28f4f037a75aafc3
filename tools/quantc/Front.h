//===- Front.h - the front that scheme selection writes ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANTC_FRONT_H
#define QUANTC_TOOLS_QUANTC_FRONT_H

#include "Tool.h"
#include "quantc/Report/ModelReport.h"

namespace quantc::tool {

/// Adds the front in the JSON file at `path` to the report.
llvm::Error readFront(llvm::StringRef path, ModelReport &report);

/// What scheme selection chose.
struct ChosenSchemes {
  /// By the cost model of the recipe's target.
  double seconds = 0;
  /// The candidate of each site, or "float".
  std::map<std::string, std::string> sites;
};

/// The choice in the JSON file at `path`.
llvm::Expected<ChosenSchemes> readChosen(llvm::StringRef path);

/// Turns the front that was written for the output `path` into what the path's
/// ending asks for: .csv or .svg; nothing else changes anything, nor an empty
/// path.
llvm::Error convertFront(Tool &tool, llvm::StringRef path);

} // namespace quantc::tool

#endif // QUANTC_TOOLS_QUANTC_FRONT_H
