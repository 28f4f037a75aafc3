// Sum of two quantized tensors.

func.func @checked(%v0: tensor<39x1xi8>, %v2: tensor<39x1xi8>, %v6: tensor<1x1xi8>, %scale1: tensor<f32>) -> tensor<1x1xi8> {
  %scale0 = arith.constant dense<"0x0000003F"> : tensor<f32>
  %scale2 = arith.constant dense<"0xBDAA1D3F"> : tensor<f32>
  %zero2 = arith.constant dense<"0x01"> : tensor<i8>
  %scale3 = arith.constant dense<"0x1ED39A3A"> : tensor<f32>
  %scale4 = arith.constant dense<"0xA5060B3F"> : tensor<f32>
  %v1 = qnn.dequantize %v0, scale %scale0 : tensor<39x1xi8>, tensor<f32> -> tensor<39x1xf32>
  %v3 = qnn.dequantize %v2, scale %scale1 : tensor<39x1xi8>, tensor<f32> -> tensor<39x1xf32>
  %empty0 = tensor.empty() : tensor<1x1xf32>
  %fill4 = arith.constant 0x00000000 : f32
  %init4 = linalg.fill ins(%fill4 : f32) outs(%empty0 : tensor<1x1xf32>) -> tensor<1x1xf32>
  %v4 = linalg.matmul indexing_maps = [affine_map<(d0, d1, d2) -> (d2, d0)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>] {qnn.site = "checked.4"} ins(%v1, %v3 : tensor<39x1xf32>, tensor<39x1xf32>) outs(%init4 : tensor<1x1xf32>) -> tensor<1x1xf32>
  %v5 = qnn.quantize %v4, scale %scale2 zero_point %zero2 : tensor<1x1xf32>, tensor<f32>, tensor<i8> -> tensor<1x1xi8>
  %v7 = qnn.dequantize %v5, scale %scale2 zero_point %zero2 : tensor<1x1xi8>, tensor<f32>, tensor<i8> -> tensor<1x1xf32>
  %v8 = qnn.dequantize %v6, scale %scale3 : tensor<1x1xi8>, tensor<f32> -> tensor<1x1xf32>
  %empty1 = tensor.empty() : tensor<1x1xf32>
  %v9 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v7, %v8 : tensor<1x1xf32>, tensor<1x1xf32>) outs(%empty1 : tensor<1x1xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.addf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<1x1xf32>
  %v10 = qnn.quantize %v9, scale %scale4 : tensor<1x1xf32>, tensor<f32> -> tensor<1x1xi8>
  return %v10 : tensor<1x1xi8>
}

func.func @inputs() -> (tensor<39x1xi8>, tensor<39x1xi8>, tensor<1x1xi8>, tensor<f32>) {
  %v0 = arith.constant dense<"0x818181818181818181818181818181818181818181818181818181818181818181818181818181"> : tensor<39x1xi8>
  %v2 = arith.constant dense<"0x06F91A2DB48D29FFF555925E48DD503DB843AA07959C5782581D1E423F9B578B017745326217C6"> : tensor<39x1xi8>
  %v6 = arith.constant dense<"0x40"> : tensor<1x1xi8>
  %scale1 = arith.constant dense<"0x962D283B"> : tensor<f32>
  return %v0, %v2, %v6, %scale1 : tensor<39x1xi8>, tensor<39x1xi8>, tensor<1x1xi8>, tensor<f32>
}

func.func @expected() -> (tensor<1x1xi8>) {
  %y = arith.constant dense<"0xAE"> : tensor<1x1xi8>
  return %y : tensor<1x1xi8>
}
