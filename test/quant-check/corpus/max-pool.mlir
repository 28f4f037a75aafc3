// Maxima of integers.

func.func @checked(%v0: tensor<1x1x5x2xi8>, %v2: tensor<2x1x3x1xi8>) -> tensor<1x1x3x2xf32> {
  %scale0 = arith.constant dense<"0x0000803F"> : tensor<f32>
  %scale1 = arith.constant dense<"0x56A4A93D"> : tensor<f32>
  %scale2 = arith.constant dense<"0x0FD2203E"> : tensor<f32>
  %v1 = qnn.dequantize %v0, scale %scale0 : tensor<1x1x5x2xi8>, tensor<f32> -> tensor<1x1x5x2xf32>
  %v3 = qnn.dequantize %v2, scale %scale1 : tensor<2x1x3x1xi8>, tensor<f32> -> tensor<2x1x3x1xf32>
  %empty0 = tensor.empty() : tensor<1x2x3x2xf32>
  %fill4 = arith.constant 0x00000000 : f32
  %init4 = linalg.fill ins(%fill4 : f32) outs(%empty0 : tensor<1x2x3x2xf32>) -> tensor<1x2x3x2xf32>
  %v4 = linalg.conv_2d_nchw_fchw {qnn.site = "checked.4", strides = dense<[1, 1]> : tensor<2xi64>, dilations = dense<[1, 2]> : tensor<2xi64>} ins(%v1, %v3 : tensor<1x1x5x2xf32>, tensor<2x1x3x1xf32>) outs(%init4 : tensor<1x2x3x2xf32>) -> tensor<1x2x3x2xf32>
  %v5 = qnn.quantize %v4, scale %scale2 : tensor<1x2x3x2xf32>, tensor<f32> -> tensor<1x2x3x2xi8>
  %v6 = qnn.dequantize %v5, scale %scale2 : tensor<1x2x3x2xi8>, tensor<f32> -> tensor<1x2x3x2xf32>
  %empty1 = tensor.empty() : tensor<1x1x3x2xf32>
  %fill7 = arith.constant 0xFF800000 : f32
  %init7 = linalg.fill ins(%fill7 : f32) outs(%empty1 : tensor<1x1x3x2xf32>) -> tensor<1x1x3x2xf32>
  %window7 = tensor.empty() : tensor<1x1xf32>
  %v7 = linalg.pooling_nhwc_max {strides = dense<[2, 1]> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>} ins(%v6, %window7 : tensor<1x2x3x2xf32>, tensor<1x1xf32>) outs(%init7 : tensor<1x1x3x2xf32>) -> tensor<1x1x3x2xf32>
  return %v7 : tensor<1x1x3x2xf32>
}

func.func @inputs() -> (tensor<1x1x5x2xi8>, tensor<2x1x3x1xi8>) {
  %v0 = arith.constant dense<"0x7F7F7F7F7F7F7F7F7F7F"> : tensor<1x1x5x2xi8>
  %v2 = arith.constant dense<"0xFF030101FDFE"> : tensor<2x1x3x1xi8>
  return %v0, %v2 : tensor<1x1x5x2xi8>, tensor<2x1x3x1xi8>
}

func.func @expected() -> (tensor<1x1x3x2xf32>) {
  %y = arith.constant dense<"0x6B909F416B909F416B909F416B909F416B909F416B909F41"> : tensor<1x1x3x2xf32>
  return %y : tensor<1x1x3x2xf32>
}
