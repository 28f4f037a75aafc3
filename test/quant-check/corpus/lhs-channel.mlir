// Zero points along the summed dimension.

func.func @checked(%v0: tensor<5xi8>) -> tensor<3xi8> {
  %scale0 = arith.constant dense<"0x426BDC3A"> : tensor<f32>
  %zero0 = arith.constant dense<"0x7D73818DAC"> : tensor<5xi8>
  %scale1 = arith.constant dense<"0x5CE83D3E"> : tensor<f32>
  %scale2 = arith.constant dense<"0xA4DA043C"> : tensor<f32>
  %v1 = qnn.dequantize %v0, scale %scale0 zero_point %zero0 {axes = array<i64: 0>} : tensor<5xi8>, tensor<f32>, tensor<5xi8> -> tensor<5xf32>
  %v2 = arith.constant dense<"0xDAF1A85B87A40D1DCA736D5E45344C"> : tensor<5x3xi8>
  %v3 = qnn.dequantize %v2, scale %scale1 : tensor<5x3xi8>, tensor<f32> -> tensor<5x3xf32>
  %empty0 = tensor.empty() : tensor<3xf32>
  %fill4 = arith.constant 0x00000000 : f32
  %init4 = linalg.fill ins(%fill4 : f32) outs(%empty0 : tensor<3xf32>) -> tensor<3xf32>
  %v4 = linalg.vecmat {qnn.site = "checked.4"} ins(%v1, %v3 : tensor<5xf32>, tensor<5x3xf32>) outs(%init4 : tensor<3xf32>) -> tensor<3xf32>
  %v5 = qnn.quantize %v4, scale %scale2 : tensor<3xf32>, tensor<f32> -> tensor<3xi8>
  return %v5 : tensor<3xi8>
}

func.func @inputs() -> (tensor<5xi8>) {
  %v0 = arith.constant dense<"0x7C73848EAB"> : tensor<5xi8>
  return %v0 : tensor<5xi8>
}

func.func @expected() -> (tensor<3xi8>) {
  %y = arith.constant dense<"0x0506FE"> : tensor<3xi8>
  return %y : tensor<3xi8>
}
