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

/// Turns the front that was written for the output `path` into what the path's
/// ending asks for: .csv or .svg; nothing else changes anything, nor an empty
/// path.
llvm::Error convertFront(Tool &tool, llvm::StringRef path);

} // namespace quantc::tool

#endif // QUANTC_TOOLS_QUANTC_FRONT_H
