// A tie: requantization with one multiplier and division give different integers.

func.func @checked(%v0: tensor<1x5xi8>, %v2: tensor<1x5xi8>) -> tensor<1x1xi8> {
  %scale0 = arith.constant dense<"0x127E643B"> : tensor<f32>
  %scale1 = arith.constant dense<"0x9462BD3F"> : tensor<f32>
  %scale2 = arith.constant dense<"0x88CA0240"> : tensor<f32>
  %v1 = qnn.dequantize %v0, scale %scale0 : tensor<1x5xi8>, tensor<f32> -> tensor<1x5xf32>
  %v3 = qnn.dequantize %v2, scale %scale1 : tensor<1x5xi8>, tensor<f32> -> tensor<1x5xf32>
  %empty0 = tensor.empty() : tensor<1x1xf32>
  %fill4 = arith.constant 0x00000000 : f32
  %init4 = linalg.fill ins(%fill4 : f32) outs(%empty0 : tensor<1x1xf32>) -> tensor<1x1xf32>
  %v4 = linalg.contract indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>] {qnn.site = "checked.4"} ins(%v1, %v3 : tensor<1x5xf32>, tensor<1x5xf32>) outs(%init4 : tensor<1x1xf32>) -> tensor<1x1xf32>
  %v5 = qnn.quantize %v4, scale %scale2 : tensor<1x1xf32>, tensor<f32> -> tensor<1x1xi8>
  return %v5 : tensor<1x1xi8>
}

func.func @inputs() -> (tensor<1x5xi8>, tensor<1x5xi8>) {
  %v0 = arith.constant dense<"0xA47ED08FF5"> : tensor<1x5xi8>
  %v2 = arith.constant dense<"0xB14E0FB6FE"> : tensor<1x5xi8>
  return %v0, %v2 : tensor<1x5xi8>, tensor<1x5xi8>
}

func.func @expected() -> (tensor<1x1xi8>) {
  %y = arith.constant dense<"0x3F"> : tensor<1x1xi8>
  return %y : tensor<1x1xi8>
}

func.func @expected_unfused() -> (tensor<1x1xi8>) {
  %y = arith.constant dense<"0x3E"> : tensor<1x1xi8>
  return %y : tensor<1x1xi8>
}
