//===- Passes.h - linalg.quantized_* to qnn ---------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CONVERSION_LINALGTOQNN_PASSES_H
#define QUANTC_CONVERSION_LINALGTOQNN_PASSES_H

#include "mlir/Pass/Pass.h"

namespace quantc {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "quantc/Conversion/LinalgToQNN/Passes.h.inc"

} // namespace quantc

#endif // QUANTC_CONVERSION_LINALGTOQNN_PASSES_H
