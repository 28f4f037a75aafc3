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

def QNNLowerObserversPass : Pass<"qnn-lower-observers", "::mlir::ModuleOp"> {
  let summary = "Turn observers into calls of the calibrator";
  let description = [{
    Each `qnn.observe` becomes a call of the C function

    ```c
    void quantc_observe(int64_t observer, const float *tensor, int64_t outer,
                        int64_t inner);
    ```

    with the observer's number in the order of the module and the tensor's shape
    around the observer's axis (outer x channels x inner). What follows the `$`
    in a declaration's name only tells tensor types apart and is dropped when
    the symbol is linked. Half-precision tensors are extended to f32 first.

    ```mlir
    %0 = qnn.observe %x {axis = 1 : i64, name = "mlp.up/lhs"} : tensor<4x8xf32>
    ```
    becomes
    ```mlir
    %c0 = arith.constant 0 : i64
    %c4 = arith.constant 4 : i64
    %c1 = arith.constant 1 : i64
    call @quantc_observe$4x8xf32(%c0, %x, %c4, %c1) : (i64, tensor<4x8xf32>, i64, i64) -> ()
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
                           "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def QNNApplyStatisticsPass : Pass<"qnn-apply-statistics", "::mlir::ModuleOp"> {
  let summary = "Attach calibrated statistics to their observers";
  let description = [{
    Reads a statistics file that `quantc calibrate` wrote (see
    `docs/calibration.md`). It has to be of this very model, by
    `qnn.fingerprint`, and to have the module's observers, all and no others.

    ```mlir
    %0 = qnn.observe %x {name = "mlp.up/lhs"} : tensor<4x8xf32>
    ```
    becomes
    ```mlir
    %0 = qnn.observe %x {name = "mlp.up/lhs",
           statistics = #qnn.statistics<count = 64, nanCount = 0, infCount = 0,
             min = -1.0 : f32, max = 3.0 : f32, ...>} : tensor<4x8xf32>
    ```
  }];
  let options = [Option<"file", "file", "std::string", /*default=*/"",
                        "The statistics file to read">];
  let dependentDialects = ["::quantc::qnn::QNNDialect"];
}

def VerifyCalibratedPass : Pass<"verify-calibrated", "::mlir::ModuleOp"> {
  let summary = "Check the contract of qnn-apply-statistics";
  let description = [{
    Fails unless every `qnn.observe` carries statistics and saw at least one
    finite value.
  }];
}

include "quantc/Dialect/QNN/Transforms/LoweringPasses.td"

#endif // QUANTC_DIALECT_QNN_TRANSFORMS_PASSES_TD
