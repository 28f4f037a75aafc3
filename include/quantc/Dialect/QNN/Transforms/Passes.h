//===- Passes.h - passes over quantizable IR -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QNN_TRANSFORMS_PASSES_H
#define QUANTC_DIALECT_QNN_TRANSFORMS_PASSES_H

#include "quantc/Dialect/QNN/IR/QNNDialect.h"
#include "quantc/Dialect/QNN/Transforms/Overflow.h"
#include "quantc/Dialect/QNN/Transforms/Padding.h"

#include "mlir/Pass/Pass.h"
#include <memory>

namespace quantc::qnn {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "quantc/Dialect/QNN/Transforms/Passes.h.inc"

} // namespace quantc::qnn

#endif // QUANTC_DIALECT_QNN_TRANSFORMS_PASSES_H
