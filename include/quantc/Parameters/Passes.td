//===- Passes.td - passes on parameters --------------------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_PARAMETERS_PASSES_TD
#define QUANTC_PARAMETERS_PASSES_TD

include "mlir/Pass/PassBase.td"

def QNNBindParametersPass : Pass<"qnn-bind-parameters", "mlir::ModuleOp"> {
  let summary = "Turn parameter arguments into constants over a mapped file";
  let description = [{
    Replaces each argument with `qnn.parameter = "name"` by a constant whose
    resource is the tensor of that name in a safetensors file. The file is
    mapped: nothing is copied, and pages that nobody reads are never loaded.
    Only a tensor that the file does not align to its element size is copied.

    Before:

    ```mlir
    func.func @main(%x: tensor<1x4xf32>,
                    %w: tensor<4x8xf32> {qnn.parameter = "fc.w"})
        -> tensor<1x8xf32>
    ```

    After:

    ```mlir
    func.func @main(%x: tensor<1x4xf32>) -> tensor<1x8xf32> {
      %w = arith.constant dense_resource<fc.w> : tensor<4x8xf32>
    ```

    A tensor that is missing or has another type is an error that names file,
    tensor, and both types. Signless integer types take signed and unsigned
    tensors. The format has no integers of four bits: `tensor<4x3xi4>` takes
    `U8[6]`, element 2j of the row-major order in the low half of byte j and
    element 2j + 1 in the high half.
  }];
  let options = [Option<"file", "file", "std::string", /*default=*/"",
      "Safetensors file; by default the module's qnn.parameter_file, else the "
      "module's own file name with the extension .safetensors">];
  let dependentDialects = ["mlir::arith::ArithDialect"];
}

def QNNUnbindParametersPass : Pass<"qnn-unbind-parameters", "mlir::ModuleOp"> {
  let summary = "Turn resource constants into parameter arguments and a file";
  let description = [{
    Replaces each `dense_resource` constant by an argument with `qnn.parameter`
    and writes the tensors to a safetensors file (under a temporary name that is
    renamed when the file is complete). Arguments are appended in order of first
    use; constants with the same resource and type share one.

    Before:

    ```mlir
    func.func @main(%x: tensor<1x4xf32>) -> tensor<1x8xf32> {
      %w = arith.constant dense_resource<fc.w> : tensor<4x8xf32>
    ```

    After:

    ```mlir
    func.func @main(%x: tensor<1x4xf32>,
                    %w: tensor<4x8xf32> {qnn.parameter = "fc.w"})
        -> tensor<1x8xf32>
    ```
  }];
  let options = [Option<"file", "file", "std::string", /*default=*/"",
                        "Safetensors file to write">];
}

#endif // QUANTC_PARAMETERS_PASSES_TD
