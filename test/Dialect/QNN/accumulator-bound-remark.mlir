// RUN: quant-opt %s -qnn-lower-symmetric "-qnn-lower-asymmetric=overflow=split" --remarks-filter="qnn-lower.*" 2>&1 >/dev/null | FileCheck %s

// The bound that was proven: of types, of values, of a chunk.
func.func @bounds(%qa: tensor<1x1000xi8>, %qc: tensor<1x33026xi8>, %qd: tensor<33026x1xi8>, %z: tensor<i8>, %s: tensor<f32>, %e: tensor<1x1xf32>) -> (tensor<1x1xf32>, tensor<1x1xf32>, tensor<1x1xf32>) {
  %qb = arith.constant dense<3> : tensor<131072x1xi8>
  %qw = arith.constant dense<1> : tensor<1x131072xi8>
  %zw = arith.constant dense<5> : tensor<i8>
  %a = qnn.dequantize %qa, scale %s : tensor<1x1000xi8>, tensor<f32> -> tensor<1x1000xf32>
  %at = tensor.empty() : tensor<1000x1xi8>
  %t = linalg.transpose ins(%qa : tensor<1x1000xi8>) outs(%at : tensor<1000x1xi8>) permutation = [1, 0]
  %b = qnn.dequantize %t, scale %s : tensor<1000x1xi8>, tensor<f32> -> tensor<1000x1xf32>
  // 1000 * 128 * 128
  // CHECK: Lowered
  // CHECK-SAME: accumulatorBound=16384000
  %0 = linalg.matmul {qnn.site = "types"} ins(%a, %b : tensor<1x1000xf32>, tensor<1000x1xf32>) outs(%e : tensor<1x1xf32>) -> tensor<1x1xf32>
  %c = qnn.dequantize %qw, scale %s zero_point %zw : tensor<1x131072xi8>, tensor<f32>, tensor<i8> -> tensor<1x131072xf32>
  %d = qnn.dequantize %qb, scale %s : tensor<131072x1xi8>, tensor<f32> -> tensor<131072x1xf32>
  // 131072 * 3 * |-128 - 5| by the values of the rhs; those of the lhs give more
  // CHECK: Lowered
  // CHECK-SAME: accumulatorBound=52297728
  %1 = linalg.matmul {qnn.site = "values"} ins(%c, %d : tensor<1x131072xf32>, tensor<131072x1xf32>) outs(%e : tensor<1x1xf32>) -> tensor<1x1xf32>
  %f = qnn.dequantize %qc, scale %s zero_point %z : tensor<1x33026xi8>, tensor<f32>, tensor<i8> -> tensor<1x33026xf32>
  %g = qnn.dequantize %qd, scale %s zero_point %z : tensor<33026x1xi8>, tensor<f32>, tensor<i8> -> tensor<33026x1xf32>
  // 16513 * 255 * 255
  // CHECK: Lowered
  // CHECK-SAME: accumulatorBound=1073757825
  %2 = linalg.matmul {qnn.site = "chunk"} ins(%f, %g : tensor<1x33026xf32>, tensor<33026x1xf32>) outs(%e : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %0, %1, %2 : tensor<1x1xf32>, tensor<1x1xf32>, tensor<1x1xf32>
}
