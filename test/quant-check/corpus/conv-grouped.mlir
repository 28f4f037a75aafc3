// Grouped convolution.

func.func @checked(%v0: tensor<1x1x2x3x1xf32>) -> tensor<1x1x3x2x1xf32> {
  %scale0 = arith.constant dense<"0x9DECAD3D"> : tensor<f32>
  %zero0 = arith.constant dense<"0x01"> : tensor<i8>
  %scale1 = arith.constant dense<"0x1D2034400000003E6C604A3E"> : tensor<3xf32>
  %v1 = qnn.quantize %v0, scale %scale0 zero_point %zero0 : tensor<1x1x2x3x1xf32>, tensor<f32>, tensor<i8> -> tensor<1x1x2x3x1xi8>
  %v2 = qnn.dequantize %v1, scale %scale0 zero_point %zero0 : tensor<1x1x2x3x1xi8>, tensor<f32>, tensor<i8> -> tensor<1x1x2x3x1xf32>
  %v3 = arith.constant dense<"0xFD00030203030102FEFEFE00"> : tensor<3x1x2x2x1xi8>
  %v4 = qnn.dequantize %v3, scale %scale1 {axes = array<i64: 0>} : tensor<3x1x2x2x1xi8>, tensor<3xf32> -> tensor<3x1x2x2x1xf32>
  %empty0 = tensor.empty() : tensor<1x1x3x2x1xf32>
  %fill5 = arith.constant 0x00000000 : f32
  %init5 = linalg.fill ins(%fill5 : f32) outs(%empty0 : tensor<1x1x3x2x1xf32>) -> tensor<1x1x3x2x1xf32>
  %v5 = linalg.conv_2d_ngchw_fgchw {qnn.site = "checked.5", strides = dense<[1, 3]> : tensor<2xi64>, dilations = dense<[1, 1]> : tensor<2xi64>} ins(%v2, %v4 : tensor<1x1x2x3x1xf32>, tensor<3x1x2x2x1xf32>) outs(%init5 : tensor<1x1x3x2x1xf32>) -> tensor<1x1x3x2x1xf32>
  return %v5 : tensor<1x1x3x2x1xf32>
}

func.func @inputs() -> (tensor<1x1x2x3x1xf32>) {
  %v0 = arith.constant dense<"0x76482FC18A9A2EC149142FC17EB12EC18A9A2EC176482FC1"> : tensor<1x1x2x3x1xf32>
  return %v0 : tensor<1x1x2x3x1xf32>
}

func.func @expected() -> (tensor<1x1x3x2x1xf32>) {
  %y = arith.constant dense<"0x5FC074C2E0A976C21D5844C1988344C14D504F41CFC64E41"> : tensor<1x1x3x2x1xf32>
  return %y : tensor<1x1x3x2x1xf32>
}
