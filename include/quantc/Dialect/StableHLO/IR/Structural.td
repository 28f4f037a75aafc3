//===- Structural.td - operations of stablehlo that move elements -*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_STABLEHLO_IR_STRUCTURAL_TD
#define QUANTC_DIALECT_STABLEHLO_IR_STRUCTURAL_TD

include "quantc/Dialect/StableHLO/IR/StableHLOBase.td"

//===----------------------------------------------------------------------===//
// Sources
//===----------------------------------------------------------------------===//

def StableHLO_ConstantOp : StableHLO_PureOp<"constant", [
    ConstantLike,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]> {
  let summary = "a constant tensor";
  let description = StableHLO_Description<"constant",
    [{Any elements attribute: lists, splats and hexadecimal bytes. The elements of
    a quantized constant are those of its storage type.}],
    "%c = stablehlo.constant dense<[0.0, 1.0]> : tensor<2xf32>">.text;
  let arguments = (ins ElementsAttr:$value);
  let results = (outs StableHLO_Tensor:$output);
  let hasCustomAssemblyFormat = 1;
  let hasFolder = 1;
  let hasVerifier = 1;
}

def StableHLO_IotaOp : StableHLO_PureOp<"iota"> {
  let summary = "counts along one dimension";
  let description = StableHLO_Description<"iota",
    "Each element is its own index along `iota_dimension`.",
    "%i = stablehlo.iota dim = 1 : tensor<2x3xi32>">.text;
  let arguments = (ins I64Attr:$iota_dimension);
  let results = (outs StableHLO_NumberTensor:$output);
  let assemblyFormat = "`dim` `=` $iota_dimension attr-dict `:` type($output)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Shape
//===----------------------------------------------------------------------===//

def StableHLO_BroadcastInDimOp
    : StableHLO_PureOp<"broadcast_in_dim", [StableHLO_SameMovedElements<["operand", "result"]>]> {
  let summary = "repeats a tensor along new or size-1 dimensions";
  let description = StableHLO_Description<"broadcast_in_dim", [{
    Dimension i of the operand becomes dimension `broadcast_dimensions[i]` of the
    result; where its size is 1 its element is repeated.
  }], "%y = stablehlo.broadcast_in_dim %x, dims = [1] : (tensor<3xf32>) -> tensor<2x3xf32>">.text;
  let arguments = (ins StableHLO_Tensor:$operand, DenseI64ArrayAttr:$broadcast_dimensions);
  let results = (outs StableHLO_Tensor:$result);
  let assemblyFormat = [{
    $operand `,` `dims` `=` $broadcast_dimensions attr-dict `:`
    functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def StableHLO_ReshapeOp
    : StableHLO_PureOp<"reshape", [StableHLO_SameMovedElements<["operand", "result"]>]> {
  let summary = "the same elements in another shape";
  let description = StableHLO_Description<"reshape", "Keeps the row-major order of elements.",
    "%y = stablehlo.reshape %x : (tensor<2x3xf32>) -> tensor<6xf32>">.text;
  let arguments = (ins StableHLO_Tensor:$operand);
  let results = (outs StableHLO_Tensor:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def StableHLO_TransposeOp
    : StableHLO_PureOp<"transpose", [StableHLO_SameMovedElements<["operand", "result"]>]> {
  let summary = "permutes dimensions";
  let description = StableHLO_Description<"transpose",
    "Dimension i of the result is dimension `permutation[i]` of the operand.",
    "%y = stablehlo.transpose %x, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>">.text;
  let arguments = (ins StableHLO_Tensor:$operand, DenseI64ArrayAttr:$permutation);
  let results = (outs StableHLO_Tensor:$result);
  let assemblyFormat = [{
    $operand `,` `dims` `=` $permutation attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def StableHLO_ReverseOp : StableHLO_PureOp<"reverse", [SameOperandsAndResultType]> {
  let summary = "reverses the order of elements along dimensions";
  let description = StableHLO_Description<"reverse",
    "The last element along each of `dimensions` comes first.",
    "%y = stablehlo.reverse %x, dims = [0, 1] : tensor<2x3xf32>">.text;
  let arguments = (ins StableHLO_Tensor:$operand, DenseI64ArrayAttr:$dimensions);
  let results = (outs StableHLO_Tensor:$result);
  let assemblyFormat = [{
    $operand `,` `dims` `=` $dimensions attr-dict `:`
    custom<SameOperandsAndResultType>(type($operand), type($result))
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Parts
//===----------------------------------------------------------------------===//

def StableHLO_ConcatenateOp : StableHLO_PureOp<"concatenate", [SameOperandsAndResultElementType]> {
  let summary = "puts tensors behind one another along a dimension";
  let description = StableHLO_Description<"concatenate",
    "The operands agree in all sizes but that of `dimension`.",
    "%z = stablehlo.concatenate %x, %y, dim = 0 : (tensor<2xf32>, tensor<1xf32>) -> tensor<3xf32>">
  .text;
  let arguments = (ins Variadic<StableHLO_Tensor>:$inputs, I64Attr:$dimension);
  let results = (outs StableHLO_Tensor:$result);
  let assemblyFormat = [{
    custom<OperandsThenAttribute>($inputs) `dim` `=` $dimension attr-dict `:`
    functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def StableHLO_SliceOp
    : StableHLO_PureOp<"slice", [StableHLO_SameMovedElements<["operand", "result"]>]> {
  let summary = "a part of a tensor at constant indices";
  let description = StableHLO_Description<"slice", [{
    Along each dimension the elements from the start index up to, without, the
    limit index in steps of the stride: `[start:limit:stride]`.
  }], "%y = stablehlo.slice %x [1:3, 4:8:2] : (tensor<3x8xf32>) -> tensor<2x2xf32>">.text;
  let arguments = (ins StableHLO_Tensor:$operand, DenseI64ArrayAttr:$start_indices,
                       DenseI64ArrayAttr:$limit_indices, DenseI64ArrayAttr:$strides);
  let results = (outs StableHLO_Tensor:$result);
  let assemblyFormat = [{
    $operand custom<SliceRanges>($start_indices, $limit_indices, $strides)
    attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def StableHLO_DynamicSliceOp
    : StableHLO_PureOp<"dynamic_slice", [AllElementTypesMatch<["operand", "result"]>]> {
  let summary = "a part of a tensor at computed indices";
  let description = StableHLO_Description<"dynamic_slice", [{
    The start indices are clamped so that the slice lies inside the operand.
  }], [{%y = stablehlo.dynamic_slice %x, %i, %j, sizes = [1, 2]
  : (tensor<4x8xf32>, tensor<i32>, tensor<i32>) -> tensor<1x2xf32>}]>.text;
  let arguments = (ins StableHLO_Tensor:$operand,
                       Variadic<StableHLO_ScalarIntTensor>:$start_indices,
                       DenseI64ArrayAttr:$slice_sizes);
  let results = (outs StableHLO_Tensor:$result);
  let assemblyFormat = [{
    $operand `,` custom<OperandsThenAttribute>($start_indices) `sizes` `=` $slice_sizes
    attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def StableHLO_DynamicUpdateSliceOp
    : StableHLO_PureOp<"dynamic_update_slice", [AllElementTypesMatch<["operand", "update", "result"]>]> {
  let summary = "replaces a part of a tensor at computed indices";
  let description = StableHLO_Description<"dynamic_update_slice", [{
    The start indices are clamped so that the update lies inside the operand.
  }], [{%y = stablehlo.dynamic_update_slice %x, %u, %i, %j
  : (tensor<4x8xf32>, tensor<1x2xf32>, tensor<i32>, tensor<i32>) -> tensor<4x8xf32>}]>.text;
  let arguments = (ins StableHLO_Tensor:$operand, StableHLO_Tensor:$update,
                       Variadic<StableHLO_ScalarIntTensor>:$start_indices);
  let results = (outs StableHLO_Tensor:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def StableHLO_PadOp
    : StableHLO_PureOp<"pad", [AllElementTypesMatch<["operand", "padding_value", "result"]>]> {
  let summary = "adds padding around and between elements";
  let description = StableHLO_Description<"pad", [{
    Padding at an edge may be negative, which removes elements (after interior
    padding has been put between them).
  }], [{%y = stablehlo.pad %x, %c, low = [0, -1], high = [2, 0], interior = [1, 0]
  : (tensor<2x3xf32>, tensor<f32>) -> tensor<5x2xf32>}]>.text;
  let arguments = (ins StableHLO_Tensor:$operand, StableHLO_ScalarTensor:$padding_value,
                       DenseI64ArrayAttr:$edge_padding_low,
                       DenseI64ArrayAttr:$edge_padding_high,
                       DenseI64ArrayAttr:$interior_padding);
  let results = (outs StableHLO_Tensor:$result);
  let assemblyFormat = [{
    $operand `,` $padding_value `,` `low` `=` $edge_padding_low `,`
    `high` `=` $edge_padding_high `,` `interior` `=` $interior_padding attr-dict `:`
    functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def StableHLO_GatherOp
    : StableHLO_PureOp<"gather", [StableHLO_SameMovedElements<["operand", "result"]>]> {
  let summary = "slices at computed indices, one for each index vector";
  let description = StableHLO_Description<"gather", [{
    Start indices are clamped so that every slice lies inside the operand.
  }], [{%y = "stablehlo.gather"(%x, %i) <{dimension_numbers = #stablehlo.gather<
    offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>,
    slice_sizes = array<i64: 1, 3>, indices_are_sorted = false}>
  : (tensor<8x3xf32>, tensor<4x1xi32>) -> tensor<4x3xf32>}]>.text;
  let arguments = (ins StableHLO_Tensor:$operand, StableHLO_IntTensor:$start_indices,
                       StableHLO_GatherDimensionNumbersAttr:$dimension_numbers,
                       DenseI64ArrayAttr:$slice_sizes,
                       DefaultValuedOptionalAttr<BoolAttr, "false">:$indices_are_sorted);
  let results = (outs StableHLO_Tensor:$result);
  let hasVerifier = 1;
}

#endif // QUANTC_DIALECT_STABLEHLO_IR_STRUCTURAL_TD
