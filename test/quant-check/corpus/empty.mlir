// No elements.

func.func @checked(%v0: tensor<0x3x4x2xi8>) -> tensor<0x1x4x1xf32> {
  %scale0 = arith.constant dense<> : tensor<0xf32>
  %scale1 = arith.constant dense<"0x0000003F"> : tensor<f32>
  %v1 = qnn.dequantize %v0, scale %scale0 {axes = array<i64: 0>} : tensor<0x3x4x2xi8>, tensor<0xf32> -> tensor<0x3x4x2xf32>
  %v2 = arith.constant dense<"0x0302FE0000FD"> : tensor<1x3x1x2xi8>
  %v3 = qnn.dequantize %v2, scale %scale1 : tensor<1x3x1x2xi8>, tensor<f32> -> tensor<1x3x1x2xf32>
  %empty0 = tensor.empty() : tensor<0x1x4x1xf32>
  %fill4 = arith.constant 0x00000000 : f32
  %init4 = linalg.fill ins(%fill4 : f32) outs(%empty0 : tensor<0x1x4x1xf32>) -> tensor<0x1x4x1xf32>
  %v4 = linalg.conv_2d_nhwc_fhwc {qnn.site = "checked.4", strides = dense<[3, 1]> : tensor<2xi64>, dilations = dense<[1, 1]> : tensor<2xi64>} ins(%v1, %v3 : tensor<0x3x4x2xf32>, tensor<1x3x1x2xf32>) outs(%init4 : tensor<0x1x4x1xf32>) -> tensor<0x1x4x1xf32>
  return %v4 : tensor<0x1x4x1xf32>
}

func.func @inputs() -> (tensor<0x3x4x2xi8>) {
  %v0 = arith.constant dense<> : tensor<0x3x4x2xi8>
  return %v0 : tensor<0x3x4x2xi8>
}

func.func @expected() -> (tensor<0x1x4x1xf32>) {
  %y = arith.constant dense<> : tensor<0x1x4x1xf32>
  return %y : tensor<0x1x4x1xf32>
}
