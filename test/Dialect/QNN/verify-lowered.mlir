// RUN: quant-opt %s -verify-lowered -split-input-file -verify-diagnostics

func.func @float(%x: tensor<2x2xf32>, %e: tensor<2x2xf32>) -> tensor<2x2xf32> {
  // expected-error @below {{expected operands of integers or f8, or a 'qnn.float_reason'; run qnn-lower-symmetric and qnn-lower-asymmetric}}
  %0 = linalg.matmul ins(%x, %x : tensor<2x2xf32>, tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}

// -----

func.func @narrow(%x: tensor<2x2xi8>, %e: tensor<2x2xi8>) -> tensor<2x2xi8> {
  // expected-error @below {{expected an accumulator of i32 or i64, but got 'i8'}}
  %0 = linalg.matmul ins(%x, %x : tensor<2x2xi8>, tensor<2x2xi8>) outs(%e : tensor<2x2xi8>) -> tensor<2x2xi8>
  return %0 : tensor<2x2xi8>
}
