//===- Passes.h - passes on parameters --------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_PARAMETERS_PASSES_H
#define QUANTC_PARAMETERS_PASSES_H

#include "mlir/Pass/Pass.h"

namespace quantc {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "quantc/Parameters/Passes.h.inc"

} // namespace quantc

#endif // QUANTC_PARAMETERS_PASSES_H
