//===- ModelInfo.h - the exported side of a bundle --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_EXECUTION_MODELINFO_H
#define QUANTC_LIB_EXECUTION_MODELINFO_H

#include "quantc/Execution/Signature.h"

namespace llvm {
class Module;
} // namespace llvm

namespace quantc {

/// Where the parameters of a bundle lie; see quantc_model_info.
struct ParameterLayout {
  uint64_t fileBytes = 0;
  uint64_t headerBytes = 0;
  uint64_t headerHash = 0;
  /// One for each parameter of the entry point.
  std::vector<uint64_t> offsets;
};

/// What a bundle has for one chip.
struct DeviceDescription {
  std::string chip;
  /// Of device memory, beside the inputs and outputs.
  uint64_t arenaBytes = 0, parameterBytes = 0;
  bool hasCubin = false;
};

struct ModelDescription {
  std::string name;
  std::string fingerprint;
  std::string target;
  /// Of the processor, that the loaders check (CpuFeatures.h).
  std::vector<std::string> cpuFeatures;
  std::string compiler;
  const EntryPoint *entry = nullptr;
  ParameterLayout parameters;
  std::vector<DeviceDescription> devices;
};

/// The element type's number in quantc_model.h.
uint32_t getRuntimeDType(llvm::StringRef dtype);

/// Defines NAME_run, NAME_info and quantc_model of quantc_model.h in `module`
/// and renames the entry point to NAME_run_with_workspace, and defines
/// NAME_run_parallel where the entry point has one. NAME_run keeps one
/// workspace from call to call; a call that finds it taken by another thread
/// allocates one.
void addModelInfo(llvm::Module &module, const ModelDescription &model);

} // namespace quantc

#endif // QUANTC_LIB_EXECUTION_MODELINFO_H
