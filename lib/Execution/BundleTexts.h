//===- BundleTexts.h - header and manifest of a bundle ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_EXECUTION_BUNDLETEXTS_H
#define QUANTC_LIB_EXECUTION_BUNDLETEXTS_H

#include "ModelInfo.h"

namespace quantc {

/// model.h: quantc_model.h, the model's prototypes and its tables as comments.
std::string makeBundleHeader(const ModelDescription &model);

/// manifest.json.
std::string makeBundleManifest(const ModelDescription &model);

/// Whether `text` is a manifest.json of ours.
bool isBundleManifest(llvm::StringRef text);

} // namespace quantc

#endif // QUANTC_LIB_EXECUTION_BUNDLETEXTS_H
