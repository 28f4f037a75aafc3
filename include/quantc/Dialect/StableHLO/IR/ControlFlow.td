//===- ControlFlow.td - control flow and calls of stablehlo -*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_STABLEHLO_IR_CONTROLFLOW_TD
#define QUANTC_DIALECT_STABLEHLO_IR_CONTROLFLOW_TD

include "mlir/IR/SymbolInterfaces.td"
include "quantc/Dialect/StableHLO/IR/StableHLOBase.td"

def StableHLO_ReturnOp : StableHLO_PureOp<"return", [Terminator]> {
  let summary = "ends a region and yields its results";
  let description = "```mlir\nstablehlo.return %0, %1 : tensor<i32>, tensor<f32>\n```\n";
  let arguments = (ins Variadic<StableHLO_Tensor>:$results);
  let assemblyFormat = "$results attr-dict (`:` type($results)^)?";
}

//===----------------------------------------------------------------------===//
// Regions
//===----------------------------------------------------------------------===//

class StableHLO_RegionOp<string mnemonic, list<Trait> traits = []>
    : StableHLO_Op<mnemonic, [RecursiveMemoryEffects, SingleBlock] # traits> {
  let hasRegionVerifier = 1;
}

def StableHLO_WhileOp : StableHLO_RegionOp<"while", [
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmBlockArgumentNames"]>]> {
  let summary = "repeats a body as long as a condition holds";
  let description = StableHLO_Description<"while", [{
    Both regions take the carried values; the body returns the next ones.
  }], [{%r:2 = stablehlo.while(%i = %zero, %x = %init) : tensor<i32>, tensor<4xf32>
cond {
  %p = stablehlo.compare LT, %i, %n, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
  stablehlo.return %p : tensor<i1>
} do {
  %j = stablehlo.add %i, %one : tensor<i32>
  %y = stablehlo.tanh %x : tensor<4xf32>
  stablehlo.return %j, %y : tensor<i32>, tensor<4xf32>
}
}]>.text;
  let arguments = (ins Variadic<StableHLO_Tensor>:$operand);
  let results = (outs Variadic<StableHLO_Tensor>);
  let regions = (region SizedRegion<1>:$cond, SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
}

def StableHLO_CaseOp : StableHLO_RegionOp<"case"> {
  let summary = "runs one of several branches";
  let description = StableHLO_Description<"case",
    "The branch number `index`, or the last one if there is none of this number.",
    [{%r = "stablehlo.case"(%index) ({
  stablehlo.return %a : tensor<f32>
}, {
  stablehlo.return %b : tensor<f32>
}) : (tensor<i32>) -> tensor<f32>}]>.text;
  let arguments = (ins StableHLO_ScalarI32Tensor:$index);
  let results = (outs Variadic<StableHLO_Tensor>);
  let regions = (region VariadicRegion<SizedRegion<1>>:$branches);
}

def StableHLO_IfOp : StableHLO_RegionOp<"if"> {
  let summary = "runs one of two branches";
  let description = StableHLO_Description<"if", "The true branch if `pred` holds, else the false.",
    [{%r = "stablehlo.if"(%pred) ({
  stablehlo.return %a : tensor<f32>
}, {
  stablehlo.return %b : tensor<f32>
}) : (tensor<i1>) -> tensor<f32>}]>.text;
  let arguments = (ins StableHLO_ScalarBoolTensor:$pred);
  let results = (outs Variadic<StableHLO_Tensor>);
  let regions = (region SizedRegion<1>:$true_branch, SizedRegion<1>:$false_branch);
}

//===----------------------------------------------------------------------===//
// Calls and barriers
//===----------------------------------------------------------------------===//

def StableHLO_OptimizationBarrierOp : StableHLO_PureOp<"optimization_barrier"> {
  let summary = "keeps computations on either side apart";
  let description = StableHLO_Description<"optimization_barrier",
    "The identity in value; `jax.checkpoint` prints it.",
    "%r:2 = stablehlo.optimization_barrier %x, %y : tensor<3xf32>, tensor<i32>">.text;
  let arguments = (ins Variadic<StableHLO_Tensor>:$operand);
  let results = (outs Variadic<StableHLO_Tensor>:$result);
  let assemblyFormat = [{
    attr-dict ($operand^ `:` custom<PairwiseTypes>(type($operand), type($result))):(`(` `)`)?
  }];
  let hasVerifier = 1;
}

def StableHLO_CompositeOp : StableHLO_Op<"composite", [
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "a named operation that a function decomposes";
  let description = StableHLO_Description<"composite",
    "`decomposition` computes the same from the same operands.",
    [{%y = stablehlo.composite "my.op" %x {composite_attributes = {k = 2.0 : f32},
  decomposition = @my_op, version = 1 : i32} : (tensor<3xf32>) -> tensor<3xf32>}]>.text;
  let arguments = (ins Variadic<StableHLO_Tensor>:$inputs, StrAttr:$name,
                       DefaultValuedOptionalAttr<DictionaryAttr, "{}">:$composite_attributes,
                       FlatSymbolRefAttr:$decomposition,
                       DefaultValuedOptionalAttr<I32Attr, "0">:$version);
  let results = (outs Variadic<StableHLO_Tensor>);
  let assemblyFormat = "$name $inputs attr-dict `:` functional-type(operands, results)";
}

def StableHLO_CustomCallOp : StableHLO_Op<"custom_call"> {
  let summary = "a call of something outside the program";
  let description = StableHLO_Description<"custom_call", [{
    Read so that a program that has one can be refused with its name.
  }], "%y = stablehlo.custom_call @target(%x) : (tensor<3xf32>) -> tensor<3xf32>">.text;
  let arguments = (ins Variadic<AnyType>:$inputs, StrAttr:$call_target_name,
                       DefaultValuedOptionalAttr<BoolAttr, "false">:$has_side_effect,
                       OptionalAttr<AnyAttrOf<[StrAttr, DictionaryAttr]>>:$backend_config,
                       OptionalAttr<I32Attr>:$api_version,
                       OptionalAttr<TypedArrayAttrBase<FlatSymbolRefAttr, "symbols">>
                         :$called_computations,
                       OptionalAttr<ArrayAttr>:$operand_layouts,
                       OptionalAttr<ArrayAttr>:$result_layouts,
                       OptionalAttr<TypedArrayAttrBase<StableHLO_OutputOperandAliasAttr,
                         "aliases">>:$output_operand_aliases);
  let results = (outs Variadic<AnyType>);
  let assemblyFormat = [{
    custom<CallTarget>($call_target_name) `(` $inputs `)` attr-dict `:`
    functional-type(operands, results)
  }];
}

#endif // QUANTC_DIALECT_STABLEHLO_IR_CONTROLFLOW_TD
