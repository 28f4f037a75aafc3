//===- Passes.h - code generation for NVIDIA GPUs ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CODEGEN_NVVM_PASSES_H
#define QUANTC_CODEGEN_NVVM_PASSES_H

#include "mlir/Pass/Pass.h"
#include <memory>

namespace quantc::nvvm {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "quantc/Codegen/NVVM/Passes.h.inc"

} // namespace quantc::nvvm

#endif // QUANTC_CODEGEN_NVVM_PASSES_H
