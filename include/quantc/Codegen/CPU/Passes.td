//===- Passes.td - code generation for the CPU -------------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CODEGEN_CPU_PASSES_TD
#define QUANTC_CODEGEN_CPU_PASSES_TD

include "mlir/Pass/PassBase.td"

//===----------------------------------------------------------------------===//
// The entry function
//===----------------------------------------------------------------------===//

def CodegenCPUPrepareEntryPass : Pass<"codegen-cpu-prepare-entry", "::mlir::ModuleOp"> {
  let summary = "Turn parameters into arguments and write down the signature";
  let description = [{
    Every public function with a body becomes an entry point of the compiled
    code. Its `dense_resource` constants become arguments, so that no parameter
    passes through LLVM IR or the object file, and the attribute `qnn.signature`
    records what the caller passes: names, types and, for parameters that are in
    memory, the resource.

    ```mlir
    func.func @main(%x: tensor<1x4xf32> {qnn.input = "x"}) -> tensor<1x8xf32> {
      %w = arith.constant dense_resource<w> : tensor<4x8xf32>
    ```
    becomes
    ```mlir
    func.func @main(%x: tensor<1x4xf32>, %w: tensor<4x8xf32>) -> tensor<1x8xf32>
        attributes {qnn.signature = {
          parameters = [{argument = 1 : i64, name = "w", type = tensor<4x8xf32>,
                         data = dense_resource<w> : tensor<4x8xf32>} ],
          inputs = [{argument = 0 : i64, name = "x", type = tensor<1x4xf32>} ],
          outputs = [{name = "out0", type = tensor<1x8xf32>} ]}} {
    ```

    Fails on shapes that are not static and on element types that the CPU back
    end does not store: i1, i8, i16, i32, i64, f16, bf16, f32 and f64 remain.
  }];
  let dependentDialects = ["::mlir::tensor::TensorDialect"];
}

def CodegenCPUEmitEntryPass : Pass<"codegen-cpu-emit-entry", "::mlir::ModuleOp"> {
  let summary = "Wrap each entry point into the C calling convention";
  let description = [{
    Runs on the LLVM dialect. A function `@main` with `qnn.signature` becomes
    internal and gets an exported wrapper that takes the pointers from tables:

    ```c
    int32_t main_run_with_workspace(const void *const *parameters,
                                    const void *const *inputs,
                                    void *const *outputs, void *workspace);
    ```

    No argument may overlap an output; the inner function's pointers are
    `noalias` on that promise. The wrapper carries `qnn.signature` on.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

#endif // QUANTC_CODEGEN_CPU_PASSES_TD
