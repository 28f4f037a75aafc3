// RUN: quant-opt %s -qnn-lower-symmetric -qnn-lower-asymmetric -split-input-file -verify-diagnostics

// K = 131072 products of -128 * -128 are 2^31, one too many.
func.func @symmetric(%qa: tensor<1x131072xi8>, %qb: tensor<131072x1xi8>, %s: tensor<f32>, %e: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %a = qnn.dequantize %qa, scale %s : tensor<1x131072xi8>, tensor<f32> -> tensor<1x131072xf32>
  %b = qnn.dequantize %qb, scale %s : tensor<131072x1xi8>, tensor<f32> -> tensor<131072x1xf32>
  // expected-error @below {{expected sums below 2^31 in magnitude, but K = 131072 products of 'i8' and 'i8' can reach 2147483648}}
  %y = linalg.matmul ins(%a, %b : tensor<1x131072xf32>, tensor<131072x1xf32>) outs(%e : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// -----

// Any zero points: K <= 33025.
func.func @asymmetric(%qa: tensor<1x33026xi8>, %qb: tensor<33026x1xi8>, %s: tensor<f32>, %z: tensor<i8>, %e: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %a = qnn.dequantize %qa, scale %s zero_point %z : tensor<1x33026xi8>, tensor<f32>, tensor<i8> -> tensor<1x33026xf32>
  %b = qnn.dequantize %qb, scale %s zero_point %z : tensor<33026x1xi8>, tensor<f32>, tensor<i8> -> tensor<33026x1xf32>
  // expected-error @below {{K = 33026 products of 'i8' and 'i8' can reach 2147515650}}
  %y = linalg.matmul ins(%a, %b : tensor<1x33026xf32>, tensor<33026x1xf32>) outs(%e : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// -----

// The weights' own values prove what the types do not.
func.func @small_weights(%qa: tensor<1x131072xi8>, %s: tensor<f32>, %e: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %qb = arith.constant dense<3> : tensor<131072x1xi8>
  %a = qnn.dequantize %qa, scale %s : tensor<1x131072xi8>, tensor<f32> -> tensor<1x131072xf32>
  %b = qnn.dequantize %qb, scale %s : tensor<131072x1xi8>, tensor<f32> -> tensor<131072x1xf32>
  %y = linalg.matmul ins(%a, %b : tensor<1x131072xf32>, tensor<131072x1xf32>) outs(%e : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}
