// Sums in 64 bits.

func.func @checked(%v0: tensor<1x4x2xi16>) -> tensor<1x4x1xf32> {
  %scale0 = arith.constant dense<"0x7847823A"> : tensor<f32>
  %zero0 = arith.constant dense<"0x961E"> : tensor<i16>
  %scale1 = arith.constant dense<"0x0000003F"> : tensor<f32>
  %v1 = qnn.dequantize %v0, scale %scale0 zero_point %zero0 : tensor<1x4x2xi16>, tensor<f32>, tensor<i16> -> tensor<1x4x2xf32>
  %v2 = arith.constant dense<"0x7ED1E1C5"> : tensor<1x1x2xi16>
  %v3 = qnn.dequantize %v2, scale %scale1 : tensor<1x1x2xi16>, tensor<f32> -> tensor<1x1x2xf32>
  %empty0 = tensor.empty() : tensor<1x4x1xf32>
  %fill4 = arith.constant 0x00000000 : f32
  %init4 = linalg.fill ins(%fill4 : f32) outs(%empty0 : tensor<1x4x1xf32>) -> tensor<1x4x1xf32>
  %v4 = linalg.conv_3d {qnn.site = "checked.4"} ins(%v1, %v3 : tensor<1x4x2xf32>, tensor<1x1x2xf32>) outs(%init4 : tensor<1x4x1xf32>) -> tensor<1x4x1xf32>
  return %v4 : tensor<1x4x1xf32>
}

func.func @inputs() -> (tensor<1x4x2xi16>) {
  %v0 = arith.constant dense<"0x00800080008000800080008000800080"> : tensor<1x4x2xi16>
  return %v0 : tensor<1x4x2xi16>
}

func.func @expected() -> (tensor<1x4x1xf32>) {
  %y = arith.constant dense<"0x3FF003493FF003493FF003493FF00349"> : tensor<1x4x1xf32>
  return %y : tensor<1x4x1xf32>
}
