//===- Quantization.td - conversions of stablehlo to and from quantized types -*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_STABLEHLO_IR_QUANTIZATION_TD
#define QUANTC_DIALECT_STABLEHLO_IR_QUANTIZATION_TD

include "quantc/Dialect/StableHLO/IR/StableHLOBase.td"

def StableHLO_UniformQuantizeOp : StableHLO_PureOp<"uniform_quantize", [
    SameOperandsAndResultShape]> {
  let summary = "float, or another quantization, to quantized";
  let description = StableHLO_Description<"uniform_quantize", [{
    The operand, dequantized if it is quantized, divided by the scale, rounded to
    the nearest even integer, shifted by the zero point and limited to the
    storage range.
  }], [{%q = stablehlo.uniform_quantize %x
  : (tensor<3xf32>) -> tensor<3x!quant.uniform<i8:f32, 0.5:-3>>}]>.text;
  let arguments = (ins StableHLO_FloatTensor:$operand);
  let results = (outs StableHLO_QuantizedTensor:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def StableHLO_UniformDequantizeOp : StableHLO_PureOp<"uniform_dequantize", [
    SameOperandsAndResultShape]> {
  let summary = "quantized to float";
  let description = StableHLO_Description<"uniform_dequantize",
    "The difference to the zero point, widened first, times the scale.",
    [{%x = stablehlo.uniform_dequantize %q
  : (tensor<3x!quant.uniform<i8:f32, 0.5:-3>>) -> tensor<3xf32>}]>.text;
  let arguments = (ins StableHLO_QuantizedTensor:$operand);
  let results = (outs StableHLO_PlainFloatTensor:$result);
  let assemblyFormat = [{
    $operand attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

#endif // QUANTC_DIALECT_STABLEHLO_IR_QUANTIZATION_TD
