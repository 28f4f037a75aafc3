// seed 3: linalg.batch_matmul, lhs 1x2x23 asymmetric, rhs 1x23x1 symmetric axis 2 constant, bias, quantized with zero point 76
// @main returns the result, @expected what it has to be.

func.func @checked(%a: tensor<1x2x23xi8>) -> tensor<1x2x1xi8> {
  %x_s = arith.constant dense<"0x70047F3D"> : tensor<f32>
  %x_z = arith.constant dense<"0xB4"> : tensor<i8>
  %x = qnn.dequantize %a, scale %x_s zero_point %x_z : tensor<1x2x23xi8>, tensor<f32>, tensor<i8> -> tensor<1x2x23xf32>
  %w_q = arith.constant dense<"0xC0DB0BE44D2AE6DEF87337699B6D919A90E3CB6762789B"> : tensor<1x23x1xi8>
  %w_s = arith.constant dense<"0x70F22F3D"> : tensor<1xf32>
  %w = qnn.dequantize %w_q, scale %w_s {axes = array<i64: 2>} : tensor<1x23x1xi8>, tensor<1xf32> -> tensor<1x23x1xf32>
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<1x2x1xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<1x2x1xf32>) -> tensor<1x2x1xf32>
  %y = linalg.batch_matmul {qnn.site = "checked"} ins(%x, %w : tensor<1x2x23xf32>, tensor<1x23x1xf32>) outs(%init : tensor<1x2x1xf32>) -> tensor<1x2x1xf32>
  %bias = arith.constant dense<"0x0080E9C0"> : tensor<1xf32>
  %biased_empty = tensor.empty() : tensor<1x2x1xf32>
  %biased = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d2)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel"]} ins(%y, %bias : tensor<1x2x1xf32>, tensor<1xf32>) outs(%biased_empty : tensor<1x2x1xf32>) {
  ^bb0(%e: f32, %o: f32, %unused: f32):
    %r = arith.addf %e, %o : f32
    linalg.yield %r : f32
  } -> tensor<1x2x1xf32>
  %out_s = arith.constant dense<"0x106D293F"> : tensor<f32>
  %out_z = arith.constant dense<"0x4C"> : tensor<i8>
  %q = qnn.quantize %biased, scale %out_s zero_point %out_z : tensor<1x2x1xf32>, tensor<f32>, tensor<i8> -> tensor<1x2x1xi8>
  return %q : tensor<1x2x1xi8>
}

func.func @main() -> tensor<1x2x1xi8> {
  %a = arith.constant dense<"0x80FF0101FF01007F01018001017F7F00807F00FF01FF018080FF80008080807F01007F0101800000017FFF00807F"> : tensor<1x2x23xi8>
  %y = call @checked(%a) : (tensor<1x2x23xi8>) -> tensor<1x2x1xi8>
  return %y : tensor<1x2x1xi8>
}

func.func @expected() -> tensor<1x2x1xi8> {
  %y = arith.constant dense<"0x6774"> : tensor<1x2x1xi8>
  return %y : tensor<1x2x1xi8>
}
