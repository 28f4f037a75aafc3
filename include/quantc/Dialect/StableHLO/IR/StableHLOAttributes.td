//===- StableHLOAttributes.td - enums and dimension numbers -*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_STABLEHLO_IR_STABLEHLOATTRIBUTES_TD
#define QUANTC_DIALECT_STABLEHLO_IR_STABLEHLOATTRIBUTES_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "quantc/Dialect/StableHLO/IR/StableHLODialect.td"

//===----------------------------------------------------------------------===//
// Enums
//===----------------------------------------------------------------------===//

class StableHLO_Enum<string name, string summary, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::quantc::stablehlo";
  let genSpecializedAttr = 0;
}

/// Prints as `#stablehlo<mnemonic CASE>`, and as the bare `CASE` in an op.
class StableHLO_EnumAttr<EnumAttrInfo info, string mnemonic>
    : EnumAttr<StableHLO_Dialect, info, mnemonic>;

def StableHLO_ComparisonDirection : StableHLO_Enum<"ComparisonDirection",
    "which relation a comparison tests", [
      I32EnumAttrCase<"EQ", 0>, I32EnumAttrCase<"NE", 1>, I32EnumAttrCase<"GE", 2>,
      I32EnumAttrCase<"GT", 3>, I32EnumAttrCase<"LE", 4>, I32EnumAttrCase<"LT", 5>]>;
def StableHLO_ComparisonDirectionAttr
    : StableHLO_EnumAttr<StableHLO_ComparisonDirection, "comparison_direction">;

def StableHLO_ComparisonType : StableHLO_Enum<"ComparisonType",
    "how the elements of a comparison are ordered", [
      I32EnumAttrCase<"NOTYPE", 0>, I32EnumAttrCase<"FLOAT", 1>,
      I32EnumAttrCase<"TOTALORDER", 2>, I32EnumAttrCase<"SIGNED", 3>,
      I32EnumAttrCase<"UNSIGNED", 4>]>;
def StableHLO_ComparisonTypeAttr
    : StableHLO_EnumAttr<StableHLO_ComparisonType, "comparison_type">;

def StableHLO_Precision : StableHLO_Enum<"Precision",
    "how much accuracy an operand of a contraction deserves", [
      I32EnumAttrCase<"DEFAULT", 0>, I32EnumAttrCase<"HIGH", 1>,
      I32EnumAttrCase<"HIGHEST", 2>]>;
def StableHLO_PrecisionAttr : StableHLO_EnumAttr<StableHLO_Precision, "precision">;
def StableHLO_PrecisionConfigAttr
    : TypedArrayAttrBase<StableHLO_PrecisionAttr, "one precision per operand">;

//===----------------------------------------------------------------------===//
// Dimension numbers
//===----------------------------------------------------------------------===//

class StableHLO_Attr<string name, string attrMnemonic> : AttrDef<StableHLO_Dialect, name> {
  let mnemonic = attrMnemonic;
}

/// A list of dimensions, `[0, 2]`; a field with an empty list is left out.
def StableHLO_Dimensions : OptionalArrayRefParameter<"int64_t"> {
  let parser = "::quantc::stablehlo::parseDimensions($_parser)";
  let printer = "::quantc::stablehlo::printDimensions($_printer, $_self)";
}

/// A list of dimensions that is printed even when it is empty.
def StableHLO_PrintedDimensions : ArrayRefParameter<"int64_t"> {
  let parser = "::quantc::stablehlo::parseDimensions($_parser)";
  let printer = "::quantc::stablehlo::printDimensions($_printer, $_self)";
}

def StableHLO_GatherDimensionNumbersAttr
    : StableHLO_Attr<"GatherDimensionNumbers", "gather"> {
  let summary = "the dimensions of gather's operand, indices and result";
  let description = [{
    Names and meaning as in the specification of
    [gather](https://openxla.org/stablehlo/spec#gather).
  }];
  let parameters = (ins
    StableHLO_Dimensions:$offset_dims,
    StableHLO_Dimensions:$collapsed_slice_dims,
    StableHLO_Dimensions:$operand_batching_dims,
    StableHLO_Dimensions:$start_indices_batching_dims,
    StableHLO_Dimensions:$start_index_map,
    DefaultValuedParameter<"int64_t", "0">:$index_vector_dim);
  let assemblyFormat = "`<` struct(params) `>`";
}

def StableHLO_DotDimensionNumbersAttr : StableHLO_Attr<"DotDimensionNumbers", "dot"> {
  let summary = "the batching and contracting dimensions of a dot_general";
  let description = [{
    Names and meaning as in the specification of
    [dot_general](https://openxla.org/stablehlo/spec#dot_general).
  }];
  let parameters = (ins
    StableHLO_Dimensions:$lhs_batching_dimensions,
    StableHLO_Dimensions:$rhs_batching_dimensions,
    StableHLO_Dimensions:$lhs_contracting_dimensions,
    StableHLO_Dimensions:$rhs_contracting_dimensions);
  let assemblyFormat = "`<` struct(params) `>`";
}

def StableHLO_DotAlgorithmAttr : StableHLO_Attr<"DotAlgorithm", "dot_algorithm"> {
  let summary = "the arithmetic that a dot_general asks for";
  let description = [{
    A dot_general without it may use any algorithm. Names and meaning as in the
    specification of [dot_general](https://openxla.org/stablehlo/spec#dot_general).
  }];
  let parameters = (ins
    "::mlir::Type":$lhs_precision_type,
    "::mlir::Type":$rhs_precision_type,
    "::mlir::Type":$accumulation_type,
    "int64_t":$lhs_component_count,
    "int64_t":$rhs_component_count,
    "int64_t":$num_primitive_operations,
    "bool":$allow_imprecise_accumulation);
  let assemblyFormat = "`<` struct(params) `>`";
}

def StableHLO_ConvDimensionNumbersAttr : StableHLO_Attr<"ConvDimensionNumbers", "conv"> {
  let summary = "which dimension of a convolution's tensors means what";
  let description = [{
    Written as the three shapes, with a number for each spatial dimension:
    `#stablehlo.conv<[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]>`. The stored
    numbers are those of the specification of
    [convolution](https://openxla.org/stablehlo/spec#convolution).
  }];
  let parameters = (ins
    "int64_t":$input_batch_dimension,
    "int64_t":$input_feature_dimension,
    StableHLO_PrintedDimensions:$input_spatial_dimensions,
    "int64_t":$kernel_input_feature_dimension,
    "int64_t":$kernel_output_feature_dimension,
    StableHLO_PrintedDimensions:$kernel_spatial_dimensions,
    "int64_t":$output_batch_dimension,
    "int64_t":$output_feature_dimension,
    StableHLO_PrintedDimensions:$output_spatial_dimensions);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

def StableHLO_OutputOperandAliasAttr
    : StableHLO_Attr<"OutputOperandAlias", "output_operand_alias"> {
  let summary = "a custom_call's result that shares memory with an operand";
  let parameters = (ins
    StableHLO_PrintedDimensions:$output_tuple_indices,
    "int64_t":$operand_index,
    StableHLO_PrintedDimensions:$operand_tuple_indices);
  let assemblyFormat = "`<` struct(params) `>`";
}

#endif // QUANTC_DIALECT_STABLEHLO_IR_STABLEHLOATTRIBUTES_TD
