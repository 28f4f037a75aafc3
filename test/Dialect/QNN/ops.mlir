// RUN: quant-opt %s | quant-opt | FileCheck %s

// CHECK-LABEL: func @observe
func.func @observe(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // CHECK: qnn.observe %{{.*}} {axis = 1 : i64, name = "a/lhs"} : tensor<4x8xf32>
  %0 = qnn.observe %x {name = "a/lhs", axis = 1 : i64} : tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// CHECK-LABEL: func @per_tensor
func.func @per_tensor(%x: tensor<4x8xf32>, %s: tensor<f32>, %z: tensor<i8>) -> tensor<4x8xf32> {
  // CHECK: %[[Q:.*]] = qnn.quantize %{{.*}}, scale %{{.*}} zero_point %{{.*}} : tensor<4x8xf32>, tensor<f32>, tensor<i8> -> tensor<4x8xi8>
  %q = qnn.quantize %x, scale %s zero_point %z : tensor<4x8xf32>, tensor<f32>, tensor<i8> -> tensor<4x8xi8>
  // CHECK: qnn.dequantize %[[Q]], scale %{{.*}} zero_point %{{.*}} : tensor<4x8xi8>, tensor<f32>, tensor<i8> -> tensor<4x8xf32>
  %y = qnn.dequantize %q, scale %s zero_point %z : tensor<4x8xi8>, tensor<f32>, tensor<i8> -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// CHECK-LABEL: func @schemes
// CHECK-SAME: qnn.scheme = #qnn.scheme<lhs = #qnn.quantization<i8 asymmetric tensor percentile 99.99>, rhs = #qnn.quantization<i8 symmetric narrow_range channel axes = [1] minmax>>
func.func @schemes() attributes {qnn.scheme = #qnn.scheme<lhs = #qnn.quantization<i8 asymmetric tensor percentile 99.99>, rhs = #qnn.quantization<i8 symmetric narrow_range channel axes = [1] minmax>>} {
  return
}
