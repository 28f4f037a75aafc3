//===- Passes.td - passes over quantizable IR -*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QNN_TRANSFORMS_PASSES_TD
#define QUANTC_DIALECT_QNN_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def VerifyAnnotatedPass : Pass<"verify-annotated", "::mlir::ModuleOp"> {
  let summary = "Check the contract of qnn-annotate";
  let description = [{
    Fails unless every contraction and convolution carries a unique, non-empty
    `qnn.site` name and each of its float operands that is not a constant
    passes through a `qnn.observe`.
  }];
}

#endif // QUANTC_DIALECT_QNN_TRANSFORMS_PASSES_TD
