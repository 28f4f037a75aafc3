//===- ShardyOps.td - operations of the sdy dialect -*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_STABLEHLO_IR_SHARDYOPS_TD
#define QUANTC_DIALECT_STABLEHLO_IR_SHARDYOPS_TD

include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "quantc/Dialect/StableHLO/IR/ShardyAttributes.td"

def Shardy_MeshOp : Op<Shardy_Dialect, "mesh", [Symbol]> {
  let summary = "names an arrangement of devices";
  let description = [{
    ```mlir
    sdy.mesh @mesh = <["x"=2, "y"=2]>
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, Shardy_RawAttr:$mesh);
  let assemblyFormat = "$sym_name `=` custom<Mesh>($mesh) attr-dict";
}

def Shardy_ShardingConstraintOp
    : Op<Shardy_Dialect, "sharding_constraint", [Pure, SameOperandsAndResultType]> {
  let summary = "asks for a partitioning of a tensor";
  let description = [{
    The identity in value.

    ```mlir
    %1 = sdy.sharding_constraint %0 <@mesh, [{"x"}, {} ]> : tensor<8x4xf32>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$input, Shardy_RawAttr:$sharding);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input custom<Sharding>($sharding) attr-dict `:` type($result)";
}

#endif // QUANTC_DIALECT_STABLEHLO_IR_SHARDYOPS_TD
