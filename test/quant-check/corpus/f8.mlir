// Contraction of 8-bit floats.

func.func @checked(%v0: tensor<3xf32>) -> tensor<1xi8> {
  %scale0 = arith.constant dense<"0x5C883D3B"> : tensor<f32>
  %scale1 = arith.constant dense<"0x6A956140"> : tensor<f32>
  %scale2 = arith.constant dense<"0x55F6CA38"> : tensor<f32>
  %zero2 = arith.constant dense<"0x0B"> : tensor<i8>
  %v1 = qnn.quantize %v0, scale %scale0 : tensor<3xf32>, tensor<f32> -> tensor<3xf8E5M2>
  %v2 = qnn.dequantize %v1, scale %scale0 : tensor<3xf8E5M2>, tensor<f32> -> tensor<3xf32>
  %v3 = arith.constant dense<"0xB8BE34"> : tensor<3xf8E5M2>
  %v4 = qnn.dequantize %v3, scale %scale1 : tensor<3xf8E5M2>, tensor<f32> -> tensor<3xf32>
  %empty0 = tensor.empty() : tensor<1xf32>
  %fill5 = arith.constant 0x00000000 : f32
  %init5 = linalg.fill ins(%fill5 : f32) outs(%empty0 : tensor<1xf32>) -> tensor<1xf32>
  %v5 = linalg.conv_1d {qnn.site = "checked.5"} ins(%v2, %v4 : tensor<3xf32>, tensor<3xf32>) outs(%init5 : tensor<1xf32>) -> tensor<1xf32>
  %v6 = qnn.quantize %v5, scale %scale2 zero_point %zero2 : tensor<1xf32>, tensor<f32>, tensor<i8> -> tensor<1xi8>
  return %v6 : tensor<1xi8>
}

func.func @inputs() -> (tensor<3xf32>) {
  %v0 = arith.constant dense<"0x50D7A5BB5C883DBA45268EBB"> : tensor<3xf32>
  return %v0 : tensor<3xf32>
}

func.func @expected() -> (tensor<1xi8>) {
  %y = arith.constant dense<"0x67"> : tensor<1xi8>
  return %y : tensor<1xi8>
}
