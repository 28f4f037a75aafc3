//===- QuantizedSites.h - what is quantized already -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANTC_QUANTIZEDSITES_H
#define QUANTC_TOOLS_QUANTC_QUANTIZEDSITES_H

#include "SiteTable.h"
#include "quantc/Dialect/QNN/Transforms/KVCache.h"

namespace quantc::tool {

/// Whether quantc quantized the module: its sites have schemes, or reasons why
/// they stay in float.
bool isQuantizedByRecipe(mlir::ModuleOp module);

/// Whether the module, of quantc or of others, has a site that reads integers
/// or floats of eight bits, dequantized or as they are.
bool hasQuantizedSites(mlir::ModuleOp module);

/// Adds to sites without a scheme how the program itself stores their operands.
void addForms(mlir::ModuleOp module, Sites &sites);

/// A state of @main in a storage type: a key-value cache.
struct StoredState {
  std::string name;
  /// "1x4x128x32"
  std::string shape;
  /// What quantc made of it; of a state of others only the form is known, its
  /// storage type.
  qnn::CacheDescription cache;

  /// "calibrated scales 0.25 .. 0.5, shared with values".
  std::string describeScales() const;
};
std::vector<StoredState> collectStates(mlir::ModuleOp module);

} // namespace quantc::tool

#endif // QUANTC_TOOLS_QUANTC_QUANTIZEDSITES_H
