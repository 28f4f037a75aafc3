//===- Passes.h - code generation for the CPU -------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CODEGEN_CPU_PASSES_H
#define QUANTC_CODEGEN_CPU_PASSES_H

#include "mlir/Pass/Pass.h"
#include <memory>

namespace quantc::cpu {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "quantc/Codegen/CPU/Passes.h.inc"

} // namespace quantc::cpu

#endif // QUANTC_CODEGEN_CPU_PASSES_H
