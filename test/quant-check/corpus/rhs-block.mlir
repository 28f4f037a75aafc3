// Blocks along the summed dimension.

func.func @checked(%v0: tensor<13x3xi8>) -> tensor<3x1xf32> {
  %scale0 = arith.constant dense<"0xC42B3A3C"> : tensor<f32>
  %scale1 = arith.constant dense<"0x9F7A113CC9E8EE3B5DE9AC3A"> : tensor<3x1xf32>
  %zero1 = arith.constant dense<"0x0F1F81"> : tensor<3x1xi8>
  %v1 = qnn.dequantize %v0, scale %scale0 : tensor<13x3xi8>, tensor<f32> -> tensor<13x3xf32>
  %v2 = arith.constant dense<"0x0E0C10110C1020221D20221C80"> : tensor<13x1xi8>
  %v3 = qnn.dequantize %v2, scale %scale1 zero_point %zero1 {axes = array<i64: 0, 1>, blocks = array<i64: 6, 1>} : tensor<13x1xi8>, tensor<3x1xf32>, tensor<3x1xi8> -> tensor<13x1xf32>
  %empty0 = tensor.empty() : tensor<3x1xf32>
  %fill4 = arith.constant 0x00000000 : f32
  %init4 = linalg.fill ins(%fill4 : f32) outs(%empty0 : tensor<3x1xf32>) -> tensor<3x1xf32>
  %v4 = linalg.matmul indexing_maps = [affine_map<(d0, d1, d2) -> (d2, d0)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>] {qnn.site = "checked.4"} ins(%v1, %v3 : tensor<13x3xf32>, tensor<13x1xf32>) outs(%init4 : tensor<3x1xf32>) -> tensor<3x1xf32>
  return %v4 : tensor<3x1xf32>
}

func.func @inputs() -> (tensor<13x3xi8>) {
  %v0 = arith.constant dense<"0x81FF00FFFFFF007F00FFFF7F010100FF7FFF8181FF81010181FF7FFF018100FF8100818181FF7F"> : tensor<13x3xi8>
  return %v0 : tensor<13x3xi8>
}

func.func @expected() -> (tensor<3x1xf32>) {
  %y = arith.constant dense<"0xC4E8DBBB26D43F3D24E3F4BB"> : tensor<3x1xf32>
  return %y : tensor<3x1xf32>
}
