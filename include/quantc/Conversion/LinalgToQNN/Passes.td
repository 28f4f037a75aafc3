//===- Passes.td - linalg.quantized_* to qnn ---------------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CONVERSION_LINALGTOQNN_PASSES_TD
#define QUANTC_CONVERSION_LINALGTOQNN_PASSES_TD

include "mlir/Pass/PassBase.td"

def LinalgQuantizedToQNNPass : Pass<"linalg-quantized-to-qnn"> {
  let summary = "Take the zero points out of linalg's quantized operations";
  let description = [{
    `linalg.quantized_matmul`, `quantized_batch_matmul` and the convolutions
    `conv_*_q` subtract zero points inside the summation, where no integer dot
    product can. Here they become the plain operation between a dequantization
    at scale 1 and a quantization to i32 at scale 1; what the accumulator starts
    from is added behind. `qnn-lower-asymmetric` makes an integer contraction and
    its correction terms of it, the conversions to float and back fold away, and
    `qnn-fuse-zero-points` moves the terms and a constant bias into the
    accumulator's initial value: the same integers without the subtraction.

    ```mlir
    %0 = linalg.quantized_matmul ins(%a, %b, %za, %zb : tensor<4x8xi8>, tensor<8x2xi8>, i32, i32)
                                 outs(%init : tensor<4x2xi32>) -> tensor<4x2xi32>
    ```

    becomes

    ```mlir
    %x = qnn.dequantize %a, scale %one zero_point %za8 : tensor<4x8xi8>, ... -> tensor<4x8xf32>
    %y = qnn.dequantize %b, scale %one zero_point %zb8 : tensor<8x2xi8>, ... -> tensor<8x2xf32>
    %m = linalg.matmul ins(%x, %y : ...) outs(%zeros : tensor<4x2xf32>) -> tensor<4x2xf32>
    %q = qnn.quantize %m, scale %one : tensor<4x2xf32>, tensor<f32> -> tensor<4x2xi32>
    %0 = linalg.generic ... ins(%q, %init : ...)   // addi
    ```

    Operations whose zero points are not constants of the operands' type, or
    whose operands are wider than 8 bits, stay as they are.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::tensor::TensorDialect", "::quantc::qnn::QNNDialect"];
}

#endif // QUANTC_CONVERSION_LINALGTOQNN_PASSES_TD
