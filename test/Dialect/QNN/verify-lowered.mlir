// RUN: quant-opt %s -verify-lowered -split-input-file -verify-diagnostics

func.func @float(%x: tensor<2x2xf32>, %e: tensor<2x2xf32>) -> tensor<2x2xf32> {
  // expected-error @below {{expected two operands of integers or two of f8, or a 'qnn.float_reason'; run qnn-lower-symmetric and qnn-lower-asymmetric}}
  %0 = linalg.matmul ins(%x, %x : tensor<2x2xf32>, tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}

// -----

func.func @narrow(%x: tensor<2x2xi8>, %e: tensor<2x2xi8>) -> tensor<2x2xi8> {
  // expected-error @below {{expected an accumulator of i32 or i64, but got 'i8'}}
  %0 = linalg.matmul ins(%x, %x : tensor<2x2xi8>, tensor<2x2xi8>) outs(%e : tensor<2x2xi8>) -> tensor<2x2xi8>
  return %0 : tensor<2x2xi8>
}

// -----

func.func @mixed(%x: tensor<2x2xi8>, %y: tensor<2x2xf8E4M3FN>, %e: tensor<2x2xf32>) -> tensor<2x2xf32> {
  // expected-error @below {{expected two operands of integers or two of f8, or a 'qnn.float_reason'; run qnn-lower-symmetric and qnn-lower-asymmetric}}
  %0 = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %y : tensor<2x2xi8>, tensor<2x2xf8E4M3FN>) outs(%e : tensor<2x2xf32>) {
  ^bb0(%a: i8, %b: f8E4M3FN, %o: f32):
    %p = arith.sitofp %a : i8 to f32
    %q = arith.extf %b : f8E4M3FN to f32
    %m = arith.mulf %p, %q : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}
