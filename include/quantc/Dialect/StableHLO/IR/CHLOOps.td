//===- CHLOOps.td - the chlo dialect -*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_STABLEHLO_IR_CHLOOPS_TD
#define QUANTC_DIALECT_STABLEHLO_IR_CHLOOPS_TD

include "quantc/Dialect/StableHLO/IR/StableHLOBase.td"

def CHLO_Dialect : Dialect {
  let name = "chlo";
  let cppNamespace = "::quantc::chlo";
  let summary = "operations beside StableHLO's that JAX prints";
  let description = [{
    Functions that StableHLO lacks and that JAX leaves whole. Which of them an
    inference program contains: `erfc` (exact GELU), `erf`, `square` (variance)
    and `top_k`.
  }];
}

/// One operand and a result of the same type, element by element.
class CHLO_UnaryOp<string mnemonic, string semantics>
    : Op<CHLO_Dialect, mnemonic, [Pure, SameOperandsAndResultType, StableHLO_Elementwise]> {
  let summary = "elementwise " # mnemonic;
  let description = semantics # "\n\n```mlir\n%y = chlo." # mnemonic #
    " %x : tensor<3xf32> -> tensor<3xf32>\n```\n";
  let arguments = (ins StableHLO_FloatOrComplexTensor:$operand);
  let results = (outs StableHLO_FloatOrComplexTensor:$result);
  let assemblyFormat = "$operand attr-dict `:` type($operand) `->` type($result)";
}

def CHLO_ErfOp : CHLO_UnaryOp<"erf", "The error function.">;
def CHLO_ErfcOp : CHLO_UnaryOp<"erfc",
    "The complementary error function 1 - erf(x), accurate where erf(x) is near 1.">;
def CHLO_SquareOp : CHLO_UnaryOp<"square", "x * x.">;

def CHLO_TopKOp : Op<CHLO_Dialect, "top_k", [
    Pure, AllElementTypesMatch<["operand", "values"]>]> {
  let summary = "the largest elements along the last dimension";
  let description = [{
    The `k` largest elements along the last dimension in descending order, and
    where they stood. Of equal elements the earlier one comes first; NaN is
    larger than everything.

    ```mlir
    %values, %indices = chlo.top_k(%x, k = 2)
      : tensor<4x8xf32> -> (tensor<4x2xf32>, tensor<4x2xi32>)
    ```
  }];
  let arguments = (ins RankedTensorOf<[StableHLO_BoolOrInt, StableHLO_Float]>:$operand,
                       I64Attr:$k);
  let results = (outs RankedTensorOf<[StableHLO_BoolOrInt, StableHLO_Float]>:$values,
                      RankedTensorOf<[I32]>:$indices);
  let assemblyFormat = [{
    `(` $operand `,` `k` `=` $k `)` attr-dict `:`
    type($operand) `->` `(` type($values) `,` type($indices) `)`
  }];
  let hasVerifier = 1;
}

#endif // QUANTC_DIALECT_STABLEHLO_IR_CHLOOPS_TD
