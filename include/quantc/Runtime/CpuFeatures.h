//===- CpuFeatures.h - what a model needs of the processor ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A processor without an instruction ends the process. So the manifest lists
// the features that a model's code was compiled for, by LLVM's names, and the
// loaders look for them before they run anything:
//
//   "cpu_features": ["avx", "avx2", "fma"]
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_RUNTIME_CPUFEATURES_H
#define QUANTC_RUNTIME_CPUFEATURES_H

#include <string>
#include <string_view>
#include <vector>

namespace quantc::runtime {

/// The features beyond the architecture's baseline that LLVM may use unasked,
/// by its names, of x86-64 (`isX86`) or aarch64.
std::vector<std::string_view> listCpuFeatures(bool isX86);

/// Whether this processor, and the operating system, has the feature; a name
/// that is not in the list is one that it lacks.
bool hasCpuFeature(std::string_view name);

/// Checks the features that the manifest at `path` lists. Returns "" or what is
/// missing, beginning with the path. Without a manifest or a list nothing is
/// known to be needed.
std::string checkCpuFeatures(const std::string &path);

} // namespace quantc::runtime

#endif // QUANTC_RUNTIME_CPUFEATURES_H
