//===- Contraction.td - dot products, convolutions and reductions of stablehlo -*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_STABLEHLO_IR_CONTRACTION_TD
#define QUANTC_DIALECT_STABLEHLO_IR_CONTRACTION_TD

include "quantc/Dialect/StableHLO/IR/StableHLOBase.td"

def StableHLO_DotGeneralOp : StableHLO_PureOp<"dot_general"> {
  let summary = "products summed over contracting dimensions";
  let description = StableHLO_Description<"dot_general", [{
    The result has the batching dimensions, then the remaining dimensions of
    lhs, then those of rhs. Its element type is that of the accumulation.
  }], [{%z = stablehlo.dot_general %x, %y, batching_dims = [0] x [0], contracting_dims = [2] x [1],
  precision = [DEFAULT, DEFAULT] : (tensor<2x3x4xf32>, tensor<2x4x5xf32>) -> tensor<2x3x5xf32>}]>
  .text;
  let arguments = (ins StableHLO_Tensor:$lhs, StableHLO_Tensor:$rhs,
                       StableHLO_DotDimensionNumbersAttr:$dot_dimension_numbers,
                       OptionalAttr<StableHLO_PrecisionConfigAttr>:$precision_config,
                       OptionalAttr<StableHLO_DotAlgorithmAttr>:$algorithm);
  let results = (outs StableHLO_Tensor:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs `,` custom<DotDimensionNumbers>($dot_dimension_numbers) ``
    custom<PrecisionAndAlgorithm>($precision_config, $algorithm)
    attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def StableHLO_ConvolutionOp : StableHLO_PureOp<"convolution"> {
  let summary = "sums of products over a moving window";
  let description = StableHLO_Description<"convolution", [{
    `lhs` is the input, `rhs` the kernel. The order of their dimensions is free.
    Padding may be negative; `lhs_dilation` spreads the input (a transposed
    convolution), `rhs_dilation` the kernel, and `window_reversal` flips it.
  }], [{%z = stablehlo.convolution(%x, %k)
  dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f],
  window = {stride = [2, 2], pad = [[0, 1], [0, 1]]}
  {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
  : (tensor<2x8x8x3xf32>, tensor<3x3x3x4xf32>) -> tensor<2x4x4x4xf32>}]>.text;
  let arguments = (ins StableHLO_Tensor:$lhs, StableHLO_Tensor:$rhs,
                       OptionalAttr<DenseI64ArrayAttr>:$window_strides,
                       OptionalAttr<I64ElementsAttr>:$padding,
                       OptionalAttr<DenseI64ArrayAttr>:$lhs_dilation,
                       OptionalAttr<DenseI64ArrayAttr>:$rhs_dilation,
                       OptionalAttr<DenseBoolArrayAttr>:$window_reversal,
                       StableHLO_ConvDimensionNumbersAttr:$dimension_numbers,
                       I64Attr:$feature_group_count, I64Attr:$batch_group_count,
                       OptionalAttr<StableHLO_PrecisionConfigAttr>:$precision_config);
  let results = (outs StableHLO_Tensor:$result);
  let assemblyFormat = [{
    `(` operands `)` `dim_numbers` `=` custom<ConvolutionDimensions>($dimension_numbers) `,`
    `window` `=` `{` custom<WindowAttributes>($window_strides, $padding, $lhs_dilation,
                                              $rhs_dilation, $window_reversal) `}`
    attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

/// N inputs, N scalar initial values and a region that combines two times N
/// scalars into N.
class StableHLO_ReductionOp<string mnemonic>
    : StableHLO_Op<mnemonic, [SameVariadicOperandSize, RecursiveMemoryEffects,
                              RecursivelySpeculatable,
                              SingleBlock]> {
  let regions = (region SizedRegion<1>:$body);
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
}

def StableHLO_ReduceOp : StableHLO_ReductionOp<"reduce"> {
  let summary = "combines all elements along dimensions";
  let description = StableHLO_Description<"reduce", [{
    The body must be associative with the initial values as its identity, since
    the order of combination is open. A body that is one op is written in short:
    `applies stablehlo.add`.
  }], [{%s = stablehlo.reduce(%x init: %zero) applies stablehlo.add across dimensions = [1]
  : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
%r:2 = stablehlo.reduce(%x init: %a), (%i init: %b) across dimensions = [1]
  : (tensor<2x3xf32>, tensor<2x3xi32>, tensor<f32>, tensor<i32>) -> (tensor<2xf32>, tensor<2xi32>)
  reducer(%x0: tensor<f32>, %x1: tensor<f32>) (%i0: tensor<i32>, %i1: tensor<i32>) {
    stablehlo.return %x1, %i1 : tensor<f32>, tensor<i32>
  }
  }]>.text;
  let arguments = (ins Variadic<StableHLO_Tensor>:$inputs,
                       Variadic<StableHLO_ScalarTensor>:$init_values,
                       DenseI64ArrayAttr:$dimensions);
  let results = (outs Variadic<StableHLO_Tensor>);
  let hasCustomAssemblyFormat = 1;
}

def StableHLO_ReduceWindowOp : StableHLO_ReductionOp<"reduce_window"> {
  let summary = "combines the elements of a moving window";
  let description = StableHLO_Description<"reduce_window",
    "Pooling. Padding holds the initial values.",
    [{%y = "stablehlo.reduce_window"(%x, %c) <{window_dimensions = array<i64: 2, 2>,
    window_strides = array<i64: 2, 2>, padding = dense<0> : tensor<2x2xi64>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %m = stablehlo.maximum %a, %b : tensor<f32>
    stablehlo.return %m : tensor<f32>
  }) : (tensor<8x8xf32>, tensor<f32>) -> tensor<4x4xf32>}]>.text;
  let arguments = (ins Variadic<StableHLO_Tensor>:$inputs,
                       Variadic<StableHLO_ScalarTensor>:$init_values,
                       DenseI64ArrayAttr:$window_dimensions,
                       OptionalAttr<DenseI64ArrayAttr>:$window_strides,
                       OptionalAttr<DenseI64ArrayAttr>:$base_dilations,
                       OptionalAttr<DenseI64ArrayAttr>:$window_dilations,
                       OptionalAttr<I64ElementsAttr>:$padding);
  let results = (outs Variadic<StableHLO_Tensor>);
}

#endif // QUANTC_DIALECT_STABLEHLO_IR_CONTRACTION_TD
