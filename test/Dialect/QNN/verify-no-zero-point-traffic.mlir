// RUN: quant-opt %s -verify-no-zero-point-traffic -split-input-file -verify-diagnostics

#id = affine_map<(m, k) -> (m, k)>
#row = affine_map<(m, k) -> (m)>

func.func @quantized_then_summed(%x: tensor<4x8xf32>, %s: tensor<f32>, %b: tensor<8x2xi8>, %init: tensor<4x2xi32>) -> (tensor<4x2xi32>, tensor<4xi32>) {
  %c0 = arith.constant 0 : i32
  %e = tensor.empty() : tensor<4xi32>
  %zero = linalg.fill ins(%c0 : i32) outs(%e : tensor<4xi32>) -> tensor<4xi32>
  %q = qnn.quantize %x, scale %s : tensor<4x8xf32>, tensor<f32> -> tensor<4x8xi8>
  %d = linalg.matmul ins(%q, %b : tensor<4x8xi8>, tensor<8x2xi8>) outs(%init : tensor<4x2xi32>) -> tensor<4x2xi32>
  // expected-error @below {{expected no pass over a whole operand for its sums; run qnn-fuse-sums}}
  %r = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%q : tensor<4x8xi8>) outs(%zero : tensor<4xi32>) {
  ^bb0(%in: i8, %out: i32):
    %0 = arith.extsi %in : i8 to i32
    %1 = arith.addi %out, %0 : i32
    linalg.yield %1 : i32
  } -> tensor<4xi32>
  return %d, %r : tensor<4x2xi32>, tensor<4xi32>
}

// -----

#id = affine_map<(m, k) -> (m, k)>
#row = affine_map<(m, k) -> (m)>

// An operand that arrives as integers has to be read for its sums.
func.func @argument(%q: tensor<4x8xi8>, %b: tensor<8x2xi8>, %init: tensor<4x2xi32>) -> (tensor<4x2xi32>, tensor<4xi32>) {
  %c0 = arith.constant 0 : i32
  %e = tensor.empty() : tensor<4xi32>
  %zero = linalg.fill ins(%c0 : i32) outs(%e : tensor<4xi32>) -> tensor<4xi32>
  %d = linalg.matmul ins(%q, %b : tensor<4x8xi8>, tensor<8x2xi8>) outs(%init : tensor<4x2xi32>) -> tensor<4x2xi32>
  %r = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%q : tensor<4x8xi8>) outs(%zero : tensor<4xi32>) {
  ^bb0(%in: i8, %out: i32):
    %0 = arith.extsi %in : i8 to i32
    %1 = arith.addi %out, %0 : i32
    linalg.yield %1 : i32
  } -> tensor<4xi32>
  return %d, %r : tensor<4x2xi32>, tensor<4xi32>
}
