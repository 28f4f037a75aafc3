//===- Passes.h - the host's part of code for NVIDIA GPUs -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CODEGEN_NVVM_HOST_PASSES_H
#define QUANTC_CODEGEN_NVVM_HOST_PASSES_H

#include "mlir/Pass/Pass.h"
#include <memory>

namespace quantc::nvvm {

/// Bytes that the address of each buffer in the arena is a multiple of: what
/// the driver's allocations are aligned to.
inline constexpr int64_t bufferAlignment = 256;

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "quantc/Codegen/NVVM/Host/Passes.h.inc"

} // namespace quantc::nvvm

#endif // QUANTC_CODEGEN_NVVM_HOST_PASSES_H
