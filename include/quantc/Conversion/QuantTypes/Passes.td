//===- Passes.td - quantized types in and out --------------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CONVERSION_QUANTTYPES_PASSES_TD
#define QUANTC_CONVERSION_QUANTTYPES_PASSES_TD

include "mlir/Pass/PassBase.td"

def QuantTypesToQNNPass : Pass<"quant-types-to-qnn", "::mlir::ModuleOp"> {
  let summary = "Resolve quantized types into qnn.quantize and qnn.dequantize";
  let description = [{
    Reads programs whose tensors have `!quant.uniform` elements: quantized
    StableHLO, and `quant.qcast`, `quant.dcast` and `quant.scast` in any
    dialect. Every quantized tensor becomes a tensor of its storage type, also as
    an argument, a result or a constant; unsigned storage keeps its bits in a
    signless type and `tensor.bitcast` says where it is unsigned.

    - What moves elements (reshape, transpose, slice, concatenate, control flow
      and so on) moves storage, as long as the parameters stay the same.
    - Every other operation means what the specification says: dequantize the
      operands, compute in float, quantize the result. A reduction is one such
      operation as a whole.
    - A contraction whose result has i32 storage and the product of its operands'
      scales is an accumulator: operations on it read its value as it is, without
      rounding to integers in between that changes nothing.

    Ties are rounded as `qnn.quantize` does, before the zero point is added.

    ```mlir
    %0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0]
      : (tensor<4x8x!quant.uniform<i8:f32, 0.5:3>>, tensor<8x2x!quant.uniform<i8:f32, 0.25>>)
      -> tensor<4x2x!quant.uniform<i8:f32, 2.0>>
    ```

    becomes

    ```mlir
    %x = qnn.dequantize %a, scale %sa zero_point %za : tensor<4x8xi8>, ... -> tensor<4x8xf32>
    %y = qnn.dequantize %b, scale %sb : tensor<8x2xi8>, ... -> tensor<8x2xf32>
    %0 = stablehlo.dot_general %x, %y, contracting_dims = [1] x [0] : ...
    %q = qnn.quantize %0, scale %s : tensor<4x2xf32>, ... -> tensor<4x2xi8>
    ```

    and `stablehlo-to-linalg`, `qnn-lower-asymmetric` and `qnn-fuse-epilogue` make
    integer code of that. A scale that is not finite and positive, a zero point
    outside storage or parameters that do not fit the shape are one error each.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::tensor::TensorDialect",
    "::quantc::qnn::QNNDialect"];
}

def QNNSinkDequantizePass : Pass<"qnn-sink-dequantize"> {
  let summary = "Move dequantization behind what moves elements";
  let description = [{
    A site is quantized where its operands are dequantized. Between the two,
    frontends put reshapes that split or join dimensions (groups of channels,
    heads), and transpositions; these move storage instead. Parameters along a
    dimension that is split lie along all of its parts. Padding by zeros becomes
    padding by the zero point where such an operation follows.

    ```mlir
    %0 = qnn.dequantize %q, scale %s {axes = array<i64: 1>} : tensor<3x8xi8>, tensor<8xf32> -> tensor<3x8xf32>
    %1 = tensor.expand_shape %0 [[0], [1, 2]] output_shape [3, 2, 4] : tensor<3x8xf32> into tensor<3x2x4xf32>
    ```

    becomes

    ```mlir
    %0 = tensor.expand_shape %q [[0], [1, 2]] output_shape [3, 2, 4] : tensor<3x8xi8> into tensor<3x2x4xi8>
    %t = tensor.expand_shape %s [[0, 1]] output_shape [2, 4] : tensor<8xf32> into tensor<2x4xf32>
    %1 = qnn.dequantize %0, scale %t {axes = array<i64: 1, 2>} : tensor<3x2x4xi8>, tensor<2x4xf32> -> tensor<3x2x4xf32>
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::tensor::TensorDialect", "::quantc::qnn::QNNDialect"];
}

def QNNToQuantTypesPass : Pass<"qnn-to-quant-types"> {
  let summary = "Write explicit quantization with quantized types";
  let description = [{
    The inverse of `quant-types-to-qnn`, for a module after `qnn-materialize`:
    `qnn.quantize` becomes `quant.qcast` and `qnn.dequantize` `quant.dcast`, with
    scales and zero points in the type, next to a `quant.scast` from or to
    storage. Other compilers read the result without knowing this project.
    Importing it again gives the same integers.

    A type holds constants only, and integer storage of up to 32 bits: anything
    else is an error, as is every other qnn op.

    ```mlir
    %q = qnn.quantize %x, scale %s zero_point %z : tensor<4xf32>, tensor<f32>, tensor<i8> -> tensor<4xi8>
    ```

    becomes

    ```mlir
    %0 = quant.qcast %x : tensor<4xf32> to tensor<4x!quant.uniform<i8:f32, 5.0e-01:3>>
    %q = quant.scast %0 : tensor<4x!quant.uniform<i8:f32, 5.0e-01:3>> to tensor<4xi8>
    ```
  }];
  let dependentDialects = ["::mlir::quant::QuantDialect", "::mlir::tensor::TensorDialect"];
}

def QNNToStableHLOPass : Pass<"qnn-to-stablehlo", "::mlir::ModuleOp"> {
  let summary = "Write a model with explicit quantization as StableHLO";
  let description = [{
    For a module after `qnn-materialize`: `qnn.quantize` becomes
    `stablehlo.uniform_quantize`, `qnn.dequantize` `stablehlo.uniform_dequantize`,
    quantized constants are constants of quantized type, and the float operations
    between them, linalg on tensors, become StableHLO's. The result has no
    operation, type or attribute of this project. Importing it again gives the
    same integers.

    - A contraction becomes `dot_general`, a convolution `convolution`, in any
      order of dimensions; groups are merged into the channels. Their operands are
      quantized where the specification lets them be (one storage type, lhs with
      parameters per tensor, rhs without zero points and with parameters per tensor
      or along a dimension of the result), the result is an accumulator of i32
      whose scale is the product of theirs, and is dequantized behind. Where only
      the weights are quantized, the form is the hybrid one. Everywhere else both
      operands are dequantized, and a remark says why.
    - Any other linalg op whose maps list loops becomes broadcasts, the tensor
      operations of its body and, where it reduces, one `reduce`; a moving window
      becomes `reduce_window`, a `tensor.extract` in a body `gather`.
    - Padding, slices, reshapes and concatenations have their own forms.

    What has no form is one error: parameters that are no constants, storage other
    than integers, dynamic shapes and offsets, loops, reductions of several
    results.

    ```mlir
    %q = qnn.quantize %x, scale %s : tensor<4x8xf32>, tensor<f32> -> tensor<4x8xi8>
    %y = qnn.dequantize %q, scale %s : tensor<4x8xi8>, tensor<f32> -> tensor<4x8xf32>
    %v = qnn.dequantize %w, scale %t : tensor<8x2xi8>, tensor<f32> -> tensor<8x2xf32>
    %r = linalg.matmul ins(%y, %v : tensor<4x8xf32>, tensor<8x2xf32>) outs(%zero : tensor<4x2xf32>) -> tensor<4x2xf32>
    ```

    becomes

    ```mlir
    %0 = stablehlo.uniform_quantize %x : (tensor<4x8xf32>) -> tensor<4x8x!quant.uniform<i8:f32, 5.0e-01>>
    %2 = stablehlo.dot_general %0, %w, contracting_dims = [1] x [0] : (tensor<4x8x!quant.uniform<i8:f32, 5.0e-01>>, tensor<8x2x!quant.uniform<i8:f32, 2.5e-01>>) -> tensor<4x2x!quant.uniform<i32:f32, 1.25e-01>>
    %r = stablehlo.uniform_dequantize %2 : (tensor<4x2x!quant.uniform<i32:f32, 1.25e-01>>) -> tensor<4x2xf32>
    ```
  }];
  let dependentDialects = [
    "::mlir::quant::QuantDialect", "::quantc::chlo::CHLODialect",
    "::quantc::stablehlo::StableHLODialect"];
}

#endif // QUANTC_CONVERSION_QUANTTYPES_PASSES_TD
