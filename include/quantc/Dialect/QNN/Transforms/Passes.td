//===- Passes.td - passes over quantizable IR -*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QNN_TRANSFORMS_PASSES_TD
#define QUANTC_DIALECT_QNN_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def QNNAnnotatePass : Pass<"qnn-annotate", "::mlir::ModuleOp"> {
  let summary = "Name the quantizable sites and observe their operands";
  let description = [{
    A site is a contraction or convolution, found by its interface. Each gets a
    unique `qnn.site` name, which later ops that replace the site carry on: the
    name of the weight parameter without its last part (`w`, `weight`,
    `kernel`), else the scopes in its location, else function, op and number.

    Each floating-point operand that is not a parameter (or computed from
    parameters alone) passes through a `qnn.observe` named `<site>/lhs` or
    `<site>/rhs`; where it has a single reduction dimension (the input channels
    of a convolution), that is the observer's axis. Sites that read the same
    value share the observer, which is named after the first. Sites and
    observers that are there already are kept.

    The module gets `qnn.fingerprint`, by which statistics are matched to it.

    ```mlir
    %0 = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x16xf32>)
                       outs(%init : tensor<4x16xf32>) -> tensor<4x16xf32>
    ```
    becomes, where `%w` is the parameter `mlp.up.w`,
    ```mlir
    %1 = qnn.observe %x {axis = 1 : i64, name = "mlp.up/lhs"} : tensor<4x8xf32>
    %0 = linalg.matmul {qnn.site = "mlp.up"}
           ins(%1, %w : tensor<4x8xf32>, tensor<8x16xf32>)
           outs(%init : tensor<4x16xf32>) -> tensor<4x16xf32>
    ```
  }];
  let dependentDialects = ["::quantc::qnn::QNNDialect"];
}

def VerifyAnnotatedPass : Pass<"verify-annotated", "::mlir::ModuleOp"> {
  let summary = "Check the contract of qnn-annotate";
  let description = [{
    Fails unless every contraction and convolution carries a unique, non-empty
    `qnn.site` name, each of its float operands that is not computed from
    parameters alone passes through a `qnn.observe`, no two observers have the
    same name, and the module has a `qnn.fingerprint`.
  }];
}

#endif // QUANTC_DIALECT_QNN_TRANSFORMS_PASSES_TD
