// seed 18: linalg.generic, lhs 25x11x1 asymmetric, rhs 25 asymmetric constant, bias, relu, quantized with zero point 33
// @main returns the result, @expected what it has to be.

func.func @checked(%a: tensor<25x11x1xi8>) -> tensor<11x1xi8> {
  %x_s = arith.constant dense<"0x00B4E53B"> : tensor<f32>
  %x_z = arith.constant dense<"0x81"> : tensor<i8>
  %x = qnn.dequantize %a, scale %x_s zero_point %x_z : tensor<25x11x1xi8>, tensor<f32>, tensor<i8> -> tensor<25x11x1xf32>
  %w_q = arith.constant dense<"0x3E45A6FEC8775CB7D7720381E92802D25DF51429071E510340"> : tensor<25xi8>
  %w_s = arith.constant dense<"0xA08ADA3C"> : tensor<f32>
  %w_z = arith.constant dense<"0xF3"> : tensor<i8>
  %w = qnn.dequantize %w_q, scale %w_s zero_point %w_z : tensor<25xi8>, tensor<f32>, tensor<i8> -> tensor<25xf32>
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<11x1xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<11x1xf32>) -> tensor<11x1xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d2, d0, d1)>, affine_map<(d0, d1, d2) -> (d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %w : tensor<25x11x1xf32>, tensor<25xf32>) outs(%init : tensor<11x1xf32>) attrs = {qnn.site = "checked"} {
  ^bb0(%p: f32, %r: f32, %acc: f32):
    %m = arith.mulf %p, %r : f32
    %s = arith.addf %acc, %m : f32
    linalg.yield %s : f32
  } -> tensor<11x1xf32>
  %bias = arith.constant dense<"0x008039C1"> : tensor<1xf32>
  %biased_empty = tensor.empty() : tensor<11x1xf32>
  %biased = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%y, %bias : tensor<11x1xf32>, tensor<1xf32>) outs(%biased_empty : tensor<11x1xf32>) {
  ^bb0(%e: f32, %o: f32, %unused: f32):
    %r = arith.addf %e, %o : f32
    linalg.yield %r : f32
  } -> tensor<11x1xf32>
  %relu_zero = arith.constant dense<0.0> : tensor<f32>
  %relu_empty = tensor.empty() : tensor<11x1xf32>
  %relu = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> ()>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%biased, %relu_zero : tensor<11x1xf32>, tensor<f32>) outs(%relu_empty : tensor<11x1xf32>) {
  ^bb0(%e: f32, %o: f32, %unused: f32):
    %r = arith.maximumf %e, %o : f32
    linalg.yield %r : f32
  } -> tensor<11x1xf32>
  %out_s = arith.constant dense<"0x00000040"> : tensor<f32>
  %out_z = arith.constant dense<"0x21"> : tensor<i8>
  %q = qnn.quantize %relu, scale %out_s zero_point %out_z : tensor<11x1xf32>, tensor<f32>, tensor<i8> -> tensor<11x1xi8>
  return %q : tensor<11x1xi8>
}

func.func @main() -> tensor<11x1xi8> {
  %a = arith.constant dense<"0xF84DC30AC6AA395CA8A2B3B153EFD1D13EBE9486840566FC25BCAE437ADEF06659B3756A68CEE3EAFDCB9EB0DA26A056D676AAB49A5DC4C43874DC35987EC229D0199F2F7B06826E01EDB5E3DEF103D674FB2B645828BA29DBB0D5B0591976BFDEE6A673D0D18F785F3B8A50420C08183FEC95160CE576CC05BF1F482C42289ABEF9F10A1AB16B4C7A43DEAD555C96AF64688A899195F277557AAA2FB75690493400E5A1505107B9B4D4AAE1C06C550E2938A7B0963AFF000A20E1D4E9E91C7A04BC483A432FAF5A15DFB1A872FD2F8A614C7EA126B8EF06D7DB05D76D7A171A456A158DAFFC240E06BA9DE06AE390A3D910C47D4876E8A03B703EA7A5F5D163CA9C82E21D0E05BA6AF6F60040D7155C249536"> : tensor<25x11x1xi8>
  %y = call @checked(%a) : (tensor<25x11x1xi8>) -> tensor<11x1xi8>
  return %y : tensor<11x1xi8>
}

func.func @expected() -> tensor<11x1xi8> {
  %y = arith.constant dense<"0x2328252121222623242123"> : tensor<11x1xi8>
  return %y : tensor<11x1xi8>
}
