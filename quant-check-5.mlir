// seed 5: convolution, lhs 1x8x6x1 symmetric from float, rhs 4x3x1x1 symmetric axis 3 constant, strides 3x1, dilations 2x2, padding 2,1,2,2, relu
// @main returns the result, @expected what it has to be.

func.func @checked(%a: tensor<1x8x6x1xf32>) -> tensor<1x2x6x1xf32> {
  %x_s = arith.constant dense<"0xC042063D"> : tensor<f32>
  %x_q = qnn.quantize %a, scale %x_s : tensor<1x8x6x1xf32>, tensor<f32> -> tensor<1x8x6x1xi8>
  %x = qnn.dequantize %x_q, scale %x_s : tensor<1x8x6x1xi8>, tensor<f32> -> tensor<1x8x6x1xf32>
  %w_q = arith.constant dense<"0x7F7F7F7F7F7F7F7F7F7F7F7F"> : tensor<4x3x1x1xi8>
  %w_s = arith.constant dense<"0x0000803E"> : tensor<1xf32>
  %w = qnn.dequantize %w_q, scale %w_s {axes = array<i64: 3>} : tensor<4x3x1x1xi8>, tensor<1xf32> -> tensor<4x3x1x1xf32>
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<1x2x6x1xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<1x2x6x1xf32>) -> tensor<1x2x6x1xf32>
  %padded = tensor.pad %x low[0, 2, 2, 0] high[0, 1, 2, 0] {
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %zero : f32
  } : tensor<1x8x6x1xf32> to tensor<1x11x10x1xf32>
  %y = linalg.conv_2d_nhwc_hwcf {qnn.site = "checked", strides = dense<[3, 1]> : tensor<2xi64>, dilations = dense<[2, 2]> : tensor<2xi64>} ins(%padded, %w : tensor<1x11x10x1xf32>, tensor<4x3x1x1xf32>) outs(%init : tensor<1x2x6x1xf32>) -> tensor<1x2x6x1xf32>
  %relu_zero = arith.constant dense<0.0> : tensor<f32>
  %relu_empty = tensor.empty() : tensor<1x2x6x1xf32>
  %relu = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> ()>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%y, %relu_zero : tensor<1x2x6x1xf32>, tensor<f32>) outs(%relu_empty : tensor<1x2x6x1xf32>) {
  ^bb0(%e: f32, %o: f32, %unused: f32):
    %r = arith.maximumf %e, %o : f32
    linalg.yield %r : f32
  } -> tensor<1x2x6x1xf32>
  return %relu : tensor<1x2x6x1xf32>
}

func.func @main() -> tensor<1x2x6x1xf32> {
  %a = arith.constant dense<"0xF4FF4040C042063DA2B07AC028BDFBBF9C37B03EC283963F65BA2540C042063F842544C0180B173FA750B23FF4FF40BFCD24824087343440E04B993F00000080BEC37F40B0B911C0D6748A3F180B973F02D9923F782CDA3FB5290440154BC7BF70D3A7BE4CC8513F2064493D0DF294BFA490E23EA75032C0BAC266BF5D85F53F0E041DC0741D83C065363F40E6B161FF4CC851BFD6740A3F000080FF971416C0464F0740E6266FC04E9B1F405AA1A33FAF5251C0446F1FBFFC587340C04286BF"> : tensor<1x8x6x1xf32>
  %y = call @checked(%a) : (tensor<1x8x6x1xf32>) -> tensor<1x2x6x1xf32>
  return %y : tensor<1x2x6x1xf32>
}

func.func @expected() -> tensor<1x2x6x1xf32> {
  %y = arith.constant dense<"0xF51602433A36854168048D4300000000134B8742000000000000000065309E42D5B0774300000000175AA24200000000"> : tensor<1x2x6x1xf32>
  return %y : tensor<1x2x6x1xf32>
}
