// Unsigned storage on both sides.

func.func @checked(%v0: tensor<4xf32>) -> tensor<5xf32> {
  %scale0 = arith.constant dense<"0xDD52B53A"> : tensor<f32>
  %scale1 = arith.constant dense<"0x0496B83C"> : tensor<f32>
  %v1 = qnn.quantize %v0, scale %scale0 : tensor<4xf32>, tensor<f32> -> tensor<4xui8>
  %v2 = qnn.dequantize %v1, scale %scale0 : tensor<4xui8>, tensor<f32> -> tensor<4xf32>
  %padding3 = arith.constant 0.0 : f32
  %v3 = tensor.pad %v2 low[0] high[1] {
  ^bb0(%i0: index):
    tensor.yield %padding3 : f32
  } : tensor<4xf32> to tensor<5xf32>
  %v4 = arith.constant dense<"0x83"> : tensor<1xui8>
  %v5 = qnn.dequantize %v4, scale %scale1 : tensor<1xui8>, tensor<f32> -> tensor<1xf32>
  %empty0 = tensor.empty() : tensor<5xf32>
  %fill6 = arith.constant 0x00000000 : f32
  %init6 = linalg.fill ins(%fill6 : f32) outs(%empty0 : tensor<5xf32>) -> tensor<5xf32>
  %v6 = linalg.conv_1d {qnn.site = "checked.6"} ins(%v3, %v5 : tensor<5xf32>, tensor<1xf32>) outs(%init6 : tensor<5xf32>) -> tensor<5xf32>
  return %v6 : tensor<5xf32>
}

func.func @inputs() -> (tensor<4xf32>) {
  %v0 = arith.constant dense<"0x26FE073EEF3C613E87B0AC3E1C43A33E"> : tensor<4xf32>
  return %v0 : tensor<4xf32>
}

func.func @expected() -> (tensor<5xf32>) {
  %y = arith.constant dense<"0x64B5C83E3736263F2F117F3FA06E703F00000000"> : tensor<5xf32>
  return %y : tensor<5xf32>
}
