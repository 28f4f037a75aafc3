// Zero padding of an operand with zero points.

func.func @checked(%v0: tensor<1x2x3xi8>) -> tensor<3x3x3xf32> {
  %scale0 = arith.constant dense<"0x06C9A03C"> : tensor<f32>
  %zero0 = arith.constant dense<"0xED"> : tensor<i8>
  %scale1 = arith.constant dense<"0xFCCAC23B"> : tensor<f32>
  %v1 = qnn.dequantize %v0, scale %scale0 zero_point %zero0 : tensor<1x2x3xi8>, tensor<f32>, tensor<i8> -> tensor<1x2x3xf32>
  %padding2 = arith.constant 0.0 : f32
  %v2 = tensor.pad %v1 low[1, 2, 0] high[2, 1, 1] {
  ^bb0(%i0: index, %i1: index, %i2: index):
    tensor.yield %padding2 : f32
  } : tensor<1x2x3xf32> to tensor<4x5x4xf32>
  %v3 = arith.constant dense<"0x0302FE00FD0202FFFE030101"> : tensor<2x3x2xi8>
  %v4 = qnn.dequantize %v3, scale %scale1 : tensor<2x3x2xi8>, tensor<f32> -> tensor<2x3x2xf32>
  %empty0 = tensor.empty() : tensor<3x3x3xf32>
  %fill5 = arith.constant 0x00000000 : f32
  %init5 = linalg.fill ins(%fill5 : f32) outs(%empty0 : tensor<3x3x3xf32>) -> tensor<3x3x3xf32>
  %v5 = linalg.conv_3d {qnn.site = "checked.5"} ins(%v2, %v4 : tensor<4x5x4xf32>, tensor<2x3x2xf32>) outs(%init5 : tensor<3x3x3xf32>) -> tensor<3x3x3xf32>
  return %v5 : tensor<3x3x3xf32>
}

func.func @inputs() -> (tensor<1x2x3xi8>) {
  %v0 = arith.constant dense<"0xA306A751F42F"> : tensor<1x2x3xi8>
  return %v0 : tensor<1x2x3xi8>
}

func.func @expected() -> (tensor<3x3x3xf32>) {
  %y = arith.constant dense<"0x7C56BBBB810BACBB0FD005BC37B51D3D4FBCB2BC58E5C43CC33828BD4B48113D51FD01BD51FD013D857FCDBC17B8C83CB0E683BC6B37E93B2FBFDDBB9FC731BD690417BC557123BD000000000000000000000000000000000000000000000000000000000000000000000000"> : tensor<3x3x3xf32>
  return %y : tensor<3x3x3xf32>
}
