// 4-bit weights.

func.func @checked(%v0: tensor<2x1x1x3xi8>) -> tensor<2x1x1x3xf32> {
  %scale0 = arith.constant dense<"0x8CE73A3E425BEA3A"> : tensor<2xf32>
  %zero0 = arith.constant dense<"0x8101"> : tensor<2xi8>
  %scale1 = arith.constant dense<"0x0000803D"> : tensor<f32>
  %v1 = qnn.dequantize %v0, scale %scale0 zero_point %zero0 {axes = array<i64: 0>} : tensor<2x1x1x3xi8>, tensor<2xf32>, tensor<2xi8> -> tensor<2x1x1x3xf32>
  %v2 = arith.constant dense<"0xFEFEFD0002FE0301FD"> : tensor<1x1x3x3xi4>
  %v3 = qnn.dequantize %v2, scale %scale1 : tensor<1x1x3x3xi4>, tensor<f32> -> tensor<1x1x3x3xf32>
  %empty0 = tensor.empty() : tensor<2x1x1x3xf32>
  %fill4 = arith.constant 0x00000000 : f32
  %init4 = linalg.fill ins(%fill4 : f32) outs(%empty0 : tensor<2x1x1x3xf32>) -> tensor<2x1x1x3xf32>
  %v4 = linalg.conv_2d_nhwc_hwcf {qnn.site = "checked.4", strides = dense<[1, 1]> : tensor<2xi64>, dilations = dense<[2, 1]> : tensor<2xi64>} ins(%v1, %v3 : tensor<2x1x1x3xf32>, tensor<1x1x3x3xf32>) outs(%init4 : tensor<2x1x1x3xf32>) -> tensor<2x1x1x3xf32>
  return %v4 : tensor<2x1x1x3xf32>
}

func.func @inputs() -> (tensor<2x1x1x3xi8>) {
  %v0 = arith.constant dense<"0x73F9D1FEB493"> : tensor<2x1x1x3xi8>
  return %v0 : tensor<2x1x1x3xi8>
}

func.func @expected() -> (tensor<2x1x1x3xf32>) {
  %y = arith.constant dense<"0xB12432C0AB78EFBFB31F5CC1C04D14BDF92FECBCDFA8613D"> : tensor<2x1x1x3xf32>
  return %y : tensor<2x1x1x3xf32>
}
