//===- Passes.td - import of StableHLO ---------------------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CONVERSION_STABLEHLOTOLINALG_PASSES_TD
#define QUANTC_CONVERSION_STABLEHLOTOLINALG_PASSES_TD

include "mlir/Pass/PassBase.td"

def StableHLOToLinalgPass : Pass<"stablehlo-to-linalg", "mlir::ModuleOp"> {
  let summary = "Convert StableHLO and CHLO to linalg on tensors";
  let description = [{
    Calls of private functions are inlined. Contractions, convolutions, pooling
    and reductions become the named linalg op that fits, or a `linalg.generic`
    with the same interface; elementwise operations become `linalg.generic`, or
    scalar arithmetic on tensors of rank 0. Broadcasts and transpositions are
    folded into the indexing maps of the operations that read them, and scalar
    constants into their bodies.

    Integers become signless; where signedness matters it is in the operation.
    A contraction, convolution or product of f16 or bf16 accumulates in f32.
    Locations are kept: they name the sites of quantization for people.

    Before:

    ```mlir
    func.func @main(%x: tensor<2x4xf32>, %w: tensor<8x4xf32>, %b: tensor<8xf32>)
        -> tensor<2x8xf32> {
      %0 = stablehlo.transpose %w, dims = [1, 0] : (tensor<8x4xf32>) -> tensor<4x8xf32>
      %1 = stablehlo.dot_general %x, %0, contracting_dims = [1] x [0]
        : (tensor<2x4xf32>, tensor<4x8xf32>) -> tensor<2x8xf32>
      %2 = stablehlo.broadcast_in_dim %b, dims = [1] : (tensor<8xf32>) -> tensor<2x8xf32>
      %3 = stablehlo.add %1, %2 : tensor<2x8xf32>
      return %3 : tensor<2x8xf32>
    }
    ```

    After (#mk and so on stand for the affine maps):

    ```mlir
    %1 = linalg.matmul indexing_maps = [#mk, #nk, #mn]
      ins(%x, %w : tensor<2x4xf32>, tensor<8x4xf32>) outs(%zeros : tensor<2x8xf32>)
    %3 = linalg.generic {indexing_maps = [#mn, #n, #mn],
                         iterator_types = ["parallel", "parallel"]}
      ins(%1, %b : tensor<2x8xf32>, tensor<8xf32>) outs(%empty : tensor<2x8xf32>) {
    ^bb0(%p: f32, %q: f32, %out: f32):
      %s = arith.addf %p, %q : f32
      linalg.yield %s : f32
    }
    ```

    Shapes must be static and element types boolean, integer or floating point.
    What cannot be converted is one error at its location.
  }];
  let dependentDialects = [
    "mlir::arith::ArithDialect", "mlir::func::FuncDialect",
    "mlir::linalg::LinalgDialect", "mlir::math::MathDialect",
    "mlir::scf::SCFDialect", "mlir::tensor::TensorDialect"];
}

def VerifyImportedPass : Pass<"verify-imported", "mlir::ModuleOp"> {
  let summary = "Verify that a module is in the form that import leaves";
  let description = [{
    What every later pass may rely on: functions without calls whose operations
    are of the dialects linalg, tensor, arith, math and scf, and of qnn where
    the program was quantized already; tensors of static shape with boolean,
    signless integer or floating-point elements (ui8 between qnn ops); and
    multiply-accumulate loops only in operations that have linalg's contraction
    or convolution interface, so that no product of tensors escapes
    quantization unseen.
  }];
}

#endif // QUANTC_CONVERSION_STABLEHLOTOLINALG_PASSES_TD
