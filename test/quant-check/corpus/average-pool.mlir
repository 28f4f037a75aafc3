// Means of windows: requantized with one multiplier they differ from the quantized means.

func.func @checked(%v3: tensor<1x2x1x6xi8>) -> tensor<2x2x3x6xi8> {
  %scale0 = arith.constant dense<"0x72FFE33A"> : tensor<f32>
  %zero0 = arith.constant dense<"0xDA"> : tensor<i8>
  %scale1 = arith.constant dense<"0xC450C73B"> : tensor<f32>
  %scale2 = arith.constant dense<"0xD83A9039"> : tensor<f32>
  %scale3 = arith.constant dense<"0x28487C38"> : tensor<f32>
  %v0 = arith.constant dense<"0xDAD9D8DCDBD8D9DBD8DBD9D8D9DCDBDAD9D9D9DDDCDDD7DCDCDBDCDDD9DADDDC"> : tensor<2x4x4x1xi8>
  %v1 = qnn.dequantize %v0, scale %scale0 zero_point %zero0 : tensor<2x4x4x1xi8>, tensor<f32>, tensor<i8> -> tensor<2x4x4x1xf32>
  %padding2 = arith.constant 0.0 : f32
  %v2 = tensor.pad %v1 low[0, 0, 1, 0] high[0, 2, 0, 0] {
  ^bb0(%i0: index, %i1: index, %i2: index, %i3: index):
    tensor.yield %padding2 : f32
  } : tensor<2x4x4x1xf32> to tensor<2x6x5x1xf32>
  %v4 = qnn.dequantize %v3, scale %scale1 : tensor<1x2x1x6xi8>, tensor<f32> -> tensor<1x2x1x6xf32>
  %empty0 = tensor.empty() : tensor<2x3x3x6xf32>
  %fill5 = arith.constant 0x00000000 : f32
  %init5 = linalg.fill ins(%fill5 : f32) outs(%empty0 : tensor<2x3x3x6xf32>) -> tensor<2x3x3x6xf32>
  %v5 = linalg.conv_2d_nhwc_hwcf {qnn.site = "checked.5", strides = dense<[2, 1]> : tensor<2xi64>, dilations = dense<[1, 2]> : tensor<2xi64>} ins(%v2, %v4 : tensor<2x6x5x1xf32>, tensor<1x2x1x6xf32>) outs(%init5 : tensor<2x3x3x6xf32>) -> tensor<2x3x3x6xf32>
  %v6 = qnn.quantize %v5, scale %scale2 : tensor<2x3x3x6xf32>, tensor<f32> -> tensor<2x3x3x6xi8>
  %v7 = qnn.dequantize %v6, scale %scale2 : tensor<2x3x3x6xi8>, tensor<f32> -> tensor<2x3x3x6xf32>
  %empty1 = tensor.empty() : tensor<2x2x3x6xf32>
  %fill8 = arith.constant 0x00000000 : f32
  %init8 = linalg.fill ins(%fill8 : f32) outs(%empty1 : tensor<2x2x3x6xf32>) -> tensor<2x2x3x6xf32>
  %window8 = tensor.empty() : tensor<2x1xf32>
  %sum8 = linalg.pooling_nhwc_sum {strides = dense<[1, 1]> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>} ins(%v7, %window8 : tensor<2x3x3x6xf32>, tensor<2x1xf32>) outs(%init8 : tensor<2x2x3x6xf32>) -> tensor<2x2x3x6xf32>
  %empty2 = tensor.empty() : tensor<2x2x3x6xf32>
  %v8 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%sum8 : tensor<2x2x3x6xf32>) outs(%empty2 : tensor<2x2x3x6xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %c = arith.constant 0x40000000 : f32
    %r = arith.divf %a0, %c : f32
    linalg.yield %r : f32
  } -> tensor<2x2x3x6xf32>
  %v9 = qnn.quantize %v8, scale %scale3 : tensor<2x2x3x6xf32>, tensor<f32> -> tensor<2x2x3x6xi8>
  return %v9 : tensor<2x2x3x6xi8>
}

func.func @inputs() -> (tensor<1x2x1x6xi8>) {
  %v3 = arith.constant dense<"0x4CD75069DD8A25958F1928EF"> : tensor<1x2x1x6xi8>
  return %v3 : tensor<1x2x1x6xi8>
}

func.func @expected() -> (tensor<2x2x3x6xi8>) {
  %y = arith.constant dense<"0x000000000000E92210E7FB1900000000000002F7F70205FEF010FBEB021700101B05F7F90000000000000BF5FB0B00F512C7C50E15F702F7F70205FE15E7F91700E910E0E91007F0"> : tensor<2x2x3x6xi8>
  return %y : tensor<2x2x3x6xi8>
}

func.func @expected_unfused() -> (tensor<2x2x3x6xi8>) {
  %y = arith.constant dense<"0x000000000000E92210E7FB1900000000000002F7F70205FEF010FBEB021700101B05F7F90000000000000BF5FB0B00F512C7C50E15F902F7F70205FE15E7F91700E910E0E91007F2"> : tensor<2x2x3x6xi8>
  return %y : tensor<2x2x3x6xi8>
}
