//===- StableHLOOps.td - operations of the stablehlo dialect -*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_STABLEHLO_IR_STABLEHLOOPS_TD
#define QUANTC_DIALECT_STABLEHLO_IR_STABLEHLOOPS_TD

include "quantc/Dialect/StableHLO/IR/Contraction.td"
include "quantc/Dialect/StableHLO/IR/ControlFlow.td"
include "quantc/Dialect/StableHLO/IR/Elementwise.td"
include "quantc/Dialect/StableHLO/IR/Quantization.td"
include "quantc/Dialect/StableHLO/IR/Structural.td"

#endif // QUANTC_DIALECT_STABLEHLO_IR_STABLEHLOOPS_TD
