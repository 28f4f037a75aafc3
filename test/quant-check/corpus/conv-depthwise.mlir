// Depthwise convolution.

func.func @checked(%v0: tensor<1x1x3x1xf32>, %v3: tensor<1x2x1xi8>) -> tensor<1x1x2x1xf32> {
  %scale0 = arith.constant dense<"0x0000803A"> : tensor<f32>
  %scale1 = arith.constant dense<"0xB417453C"> : tensor<1xf32>
  %v1 = qnn.quantize %v0, scale %scale0 : tensor<1x1x3x1xf32>, tensor<f32> -> tensor<1x1x3x1xi8>
  %v2 = qnn.dequantize %v1, scale %scale0 : tensor<1x1x3x1xi8>, tensor<f32> -> tensor<1x1x3x1xf32>
  %v4 = qnn.dequantize %v3, scale %scale1 {axes = array<i64: 2>} : tensor<1x2x1xi8>, tensor<1xf32> -> tensor<1x2x1xf32>
  %empty0 = tensor.empty() : tensor<1x1x2x1xf32>
  %fill5 = arith.constant 0x00000000 : f32
  %init5 = linalg.fill ins(%fill5 : f32) outs(%empty0 : tensor<1x1x2x1xf32>) -> tensor<1x1x2x1xf32>
  %v5 = linalg.depthwise_conv_2d_nhwc_hwc {qnn.site = "checked.5", strides = dense<[2, 1]> : tensor<2xi64>, dilations = dense<[1, 1]> : tensor<2xi64>} ins(%v2, %v4 : tensor<1x1x3x1xf32>, tensor<1x2x1xf32>) outs(%init5 : tensor<1x1x2x1xf32>) -> tensor<1x1x2x1xf32>
  return %v5 : tensor<1x1x2x1xf32>
}

func.func @inputs() -> (tensor<1x1x3x1xf32>, tensor<1x2x1xi8>) {
  %v0 = arith.constant dense<"0x0000FE3D9E2FFE3D0000FE3D"> : tensor<1x1x3x1xf32>
  %v3 = arith.constant dense<"0x01FD"> : tensor<1x2x1xi8>
  return %v0, %v3 : tensor<1x1x3x1xf32>, tensor<1x2x1xi8>
}

func.func @expected() -> (tensor<1x1x2x1xf32>) {
  %y = arith.constant dense<"0x858D43BB858D43BB"> : tensor<1x1x2x1xf32>
  return %y : tensor<1x1x2x1xf32>
}
