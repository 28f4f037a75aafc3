// RUN: quant-opt %s -verify-materialized -split-input-file -verify-diagnostics

func.func @observer(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{expected no observer any more; run qnn-materialize}}
  %0 = qnn.observe %x {name = "x"} : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @operand(%x: tensor<2x2xf32>, %e: tensor<2x2xf32>) -> tensor<2x2xf32> {
  // expected-error @below {{expected operand 0 to be dequantized, or a 'qnn.float_reason'; run qnn-materialize}}
  %0 = linalg.matmul ins(%x, %x : tensor<2x2xf32>, tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}

// -----

func.func @reason(%x: tensor<2x2xf32>, %e: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %0 = linalg.matmul {qnn.float_reason = "too small"} ins(%x, %x : tensor<2x2xf32>, tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}
