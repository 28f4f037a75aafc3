// Zero points known at run time.

func.func @checked(%v0: tensor<1x4x3x1x1xi8>, %scale0: tensor<1xf32>, %zero0: tensor<1xi8>) -> tensor<1x4x1x1x1xf32> {
  %scale1 = arith.constant dense<"0x0FE98C3D"> : tensor<f32>
  %v1 = qnn.dequantize %v0, scale %scale0 zero_point %zero0 {axes = array<i64: 0>} : tensor<1x4x3x1x1xi8>, tensor<1xf32>, tensor<1xi8> -> tensor<1x4x3x1x1xf32>
  %v2 = arith.constant dense<"0xFCBD90"> : tensor<1x1x1x3x1xi8>
  %v3 = qnn.dequantize %v2, scale %scale1 : tensor<1x1x1x3x1xi8>, tensor<f32> -> tensor<1x1x1x3x1xf32>
  %empty0 = tensor.empty() : tensor<1x4x1x1x1xf32>
  %fill4 = arith.constant 0x00000000 : f32
  %init4 = linalg.fill ins(%fill4 : f32) outs(%empty0 : tensor<1x4x1x1x1xf32>) -> tensor<1x4x1x1x1xf32>
  %v4 = linalg.conv_2d_nhwgc_gfhwc {qnn.site = "checked.4", strides = dense<[1, 3]> : tensor<2xi64>, dilations = dense<[1, 1]> : tensor<2xi64>} ins(%v1, %v3 : tensor<1x4x3x1x1xf32>, tensor<1x1x1x3x1xf32>) outs(%init4 : tensor<1x4x1x1x1xf32>) -> tensor<1x4x1x1x1xf32>
  return %v4 : tensor<1x4x1x1x1xf32>
}

func.func @inputs() -> (tensor<1x4x3x1x1xi8>, tensor<1xf32>, tensor<1xi8>) {
  %v0 = arith.constant dense<"0xE4D77DBD6B67A24F9C99EA36"> : tensor<1x4x3x1x1xi8>
  %scale0 = arith.constant dense<"0x325E573D"> : tensor<1xf32>
  %zero0 = arith.constant dense<"0x01"> : tensor<1xi8>
  return %v0, %scale0, %zero0 : tensor<1x4x3x1x1xi8>, tensor<1xf32>, tensor<1xi8>
}

func.func @expected() -> (tensor<1x4x1x1x1xf32>) {
  %y = arith.constant dense<"0x56921EC2531384C21823BB41705166C1"> : tensor<1x4x1x1x1xf32>
  return %y : tensor<1x4x1x1x1xf32>
}
