// A sum of products of bytes, vectorized: LLVM 22.1.8 turned a tree of shuffles
// over the lanes into vpdpbusd and added the wrong lanes.

func.func @checked(%a: tensor<12xi8>) -> tensor<i8> {
  %x_s = arith.constant dense<"0xC0919D3C"> : tensor<f32>
  %x_z = arith.constant dense<"0xD5"> : tensor<i8>
  %x = qnn.dequantize %a, scale %x_s zero_point %x_z : tensor<12xi8>, tensor<f32>, tensor<i8> -> tensor<12xf32>
  %w_q = arith.constant dense<"0x7F7F7F7F7F7F7F7F7F7F7F7F"> : tensor<12xi8>
  %w_s = arith.constant dense<"0x00FFDF3B"> : tensor<f32>
  %w_z = arith.constant dense<"0x7A"> : tensor<i8>
  %w = qnn.dequantize %w_q, scale %w_s zero_point %w_z : tensor<12xi8>, tensor<f32>, tensor<i8> -> tensor<12xf32>
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<f32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<f32>) -> tensor<f32>
  %y = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>, affine_map<(d0) -> ()>], iterator_types = ["reduction"]} ins(%x, %w : tensor<12xf32>, tensor<12xf32>) outs(%init : tensor<f32>) attrs = {qnn.site = "checked"} {
  ^bb0(%p: f32, %r: f32, %acc: f32):
    %m = arith.mulf %p, %r : f32
    %s = arith.addf %acc, %m : f32
    linalg.yield %s : f32
  } -> tensor<f32>
  %relu_zero = arith.constant dense<0.0> : tensor<f32>
  %relu_empty = tensor.empty() : tensor<f32>
  %relu = linalg.generic {indexing_maps = [affine_map<() -> ()>, affine_map<() -> ()>, affine_map<() -> ()>], iterator_types = []} ins(%y, %relu_zero : tensor<f32>, tensor<f32>) outs(%relu_empty : tensor<f32>) {
  ^bb0(%e: f32, %o: f32, %unused: f32):
    %r = arith.maximumf %e, %o : f32
    linalg.yield %r : f32
  } -> tensor<f32>
  %out_s = arith.constant dense<"0x50CE613F"> : tensor<f32>
  %out_z = arith.constant dense<"0x55"> : tensor<i8>
  %q = qnn.quantize %relu, scale %out_s zero_point %out_z : tensor<f32>, tensor<f32>, tensor<i8> -> tensor<i8>
  return %q : tensor<i8>
}

func.func @inputs() -> tensor<12xi8> {
  %a = arith.constant dense<"0x171BCECA5FB285B79D094753"> : tensor<12xi8>
  return %a : tensor<12xi8>
}

func.func @expected() -> tensor<i8> {
  %y = arith.constant dense<"0x55"> : tensor<i8>
  return %y : tensor<i8>
}
