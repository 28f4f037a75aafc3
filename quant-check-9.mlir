// seed 9: depthwise convolution, lhs 2x1x5x18 asymmetric, rhs 3x4x18 symmetric axis 2 constant, strides 1x1, dilations 1x1, padding 0,2,2,2, bias, relu, quantized with zero point 0
// @main returns the result, @expected what it has to be.

func.func @checked(%a: tensor<2x1x5x18xi8>) -> tensor<2x1x6x18xi8> {
  %x_s = arith.constant dense<"0x6031463D"> : tensor<f32>
  %x_z = arith.constant dense<"0xAE"> : tensor<i8>
  %x = qnn.dequantize %a, scale %x_s zero_point %x_z : tensor<2x1x5x18xi8>, tensor<f32>, tensor<i8> -> tensor<2x1x5x18xf32>
  %w_q = arith.constant dense<"0xD26F1633DEC91BC502A7B8F6348141474EDF8CA5BF7B0BAF4DB176F9D761E865424B5851F8B4AFB2EE2DBFC58E232B6575309E83092364871422B346250903CA3E62FD0B57C179AAAAD03729BBAA2B7E185D391292F768BABDAE298B66AD0145C873B7980B951B36CD0892455F4F0DB9940265C10787C9D8B7E6764A8DD4F431B24A847505D612067766660F6CA8F56775222531C36060DB89422527D32476E52C1DF7564B0DAB5FF8A7746C6EEB8D605B39D200F7F8FE770A4F6FE2F4ED2004447AAD239EDDB5EE388EF88FBEFBDFEC51A734131D2A00A2"> : tensor<3x4x18xi8>
  %w_s = arith.constant dense<"0x40A9AA3CF0C7083D00000040E02CE73C001C813C50D72F3D307C303D00A7FB3B300F1E3D90ED293D20F6413DC0F7663C10F6443D0037333CE037983C80492D3D00292A3B4045A23C"> : tensor<18xf32>
  %w = qnn.dequantize %w_q, scale %w_s {axes = array<i64: 2>} : tensor<3x4x18xi8>, tensor<18xf32> -> tensor<3x4x18xf32>
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<2x1x6x18xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<2x1x6x18xf32>) -> tensor<2x1x6x18xf32>
  %padded = tensor.pad %x low[0, 0, 2, 0] high[0, 2, 2, 0] {
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %zero : f32
  } : tensor<2x1x5x18xf32> to tensor<2x3x9x18xf32>
  %y = linalg.depthwise_conv_2d_nhwc_hwc {qnn.site = "checked", strides = dense<[1, 1]> : tensor<2xi64>, dilations = dense<[1, 1]> : tensor<2xi64>} ins(%padded, %w : tensor<2x3x9x18xf32>, tensor<3x4x18xf32>) outs(%init : tensor<2x1x6x18xf32>) -> tensor<2x1x6x18xf32>
  %bias = arith.constant dense<"0x00009E3F0080B6C00000E7C000809E4000000341008000C100004B4000006CBF0000F0BE0080A4C0000016400040114100C01841000096400000E03D000050BF00808EC0008016C1"> : tensor<18xf32>
  %biased_empty = tensor.empty() : tensor<2x1x6x18xf32>
  %biased = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%y, %bias : tensor<2x1x6x18xf32>, tensor<18xf32>) outs(%biased_empty : tensor<2x1x6x18xf32>) {
  ^bb0(%e: f32, %o: f32, %unused: f32):
    %r = arith.addf %e, %o : f32
    linalg.yield %r : f32
  } -> tensor<2x1x6x18xf32>
  %relu_zero = arith.constant dense<0.0> : tensor<f32>
  %relu_empty = tensor.empty() : tensor<2x1x6x18xf32>
  %relu = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> ()>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%biased, %relu_zero : tensor<2x1x6x18xf32>, tensor<f32>) outs(%relu_empty : tensor<2x1x6x18xf32>) {
  ^bb0(%e: f32, %o: f32, %unused: f32):
    %r = arith.maximumf %e, %o : f32
    linalg.yield %r : f32
  } -> tensor<2x1x6x18xf32>
  %out_s = arith.constant dense<"0x00F4773D"> : tensor<f32>
  %out_z = arith.constant dense<"0x00"> : tensor<i8>
  %q = qnn.quantize %relu, scale %out_s zero_point %out_z : tensor<2x1x6x18xf32>, tensor<f32>, tensor<i8> -> tensor<2x1x6x18xi8>
  return %q : tensor<2x1x6x18xi8>
}

func.func @main() -> tensor<2x1x6x18xi8> {
  %a = arith.constant dense<"0x6421B84A9DB8A6B548EF62FC8ACC8B3998640ECDAE4F3EDEBC267927229FE6DE7B26007D50C0A6FB6FFC8F2F3C701D4F3075B479122551B88E5EFD9C3AF5FBF393BF88A744B41BF7C2921BB7E93C3E3C12DB6DD32E7FD868B769A8435348FD5C057F6F3FC6C0C14C961B47E643400FDC16EF88B67D7CD42A5E456DC414DE631325DB44FFD85329ECAFA62BE4F63648A9D3A53D5FB71BCEB82C0ED3AD51E5426993ADFBD206063EEAEDDA6B621CD3385736CB87ED"> : tensor<2x1x5x18xi8>
  %y = call @checked(%a) : (tensor<2x1x5x18xi8>) -> tensor<2x1x6x18xi8>
  return %y : tensor<2x1x6x18xi8>
}

func.func @expected() -> tensor<2x1x6x18xi8> {
  %y = arith.constant dense<"0x7F0000000000580000007F7F005F7F0000000000007F0065000000007F7F7F7F0000001F00667F7F2A007F007F00007F7F7F7F00000000187F7F190000007F00007F007F2A7F00000000007F320048000000597F7F005E0000000003007F6E007F007F00007F007F7F7F002E7F000000107F000000007F7F7F7F7F0000007F00007F00007F000009427F7F7F000000000000007F490000007F00037F7F3F7F0000000000001000007F001B007F7F7F007F000000007F007F2800230000007F7F7F7F127F00000000007F7F007F007F00007F7F7F7F7F0000"> : tensor<2x1x6x18xi8>
  return %y : tensor<2x1x6x18xi8>
}
