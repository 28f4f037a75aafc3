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

// CHECK-LABEL: func @requantize
func.func @requantize(%acc: tensor<4x16xi32>, %wide: tensor<4x16xi64>, %q: tensor<4x16xui8>, %f: tensor<16xf32>, %m: tensor<16xi32>, %n: tensor<i16>, %s: tensor<16xi8>, %t: tensor<i8>, %z: tensor<i8>, %u: tensor<ui8>) {
  // CHECK: qnn.requantize %{{.*}}, multiplier %{{.*}} zero_point %{{.*}} {axes = array<i64: 1>} : tensor<4x16xi32>, tensor<16xf32>, tensor<i8> -> tensor<4x16xi8>
  %0 = qnn.requantize %acc, multiplier %f zero_point %z {axes = array<i64: 1>} : tensor<4x16xi32>, tensor<16xf32>, tensor<i8> -> tensor<4x16xi8>
  // CHECK: qnn.requantize %{{.*}}, multiplier %{{.*}} shift %{{.*}} zero_point %{{.*}} {axes = array<i64: 1>, double_round, narrow_range} : tensor<4x16xi32>, tensor<16xi32>, tensor<16xi8>, tensor<i8> -> tensor<4x16xi8>
  %1 = qnn.requantize %acc, multiplier %m shift %s zero_point %z {axes = array<i64: 1>, double_round, narrow_range} : tensor<4x16xi32>, tensor<16xi32>, tensor<16xi8>, tensor<i8> -> tensor<4x16xi8>
  // CHECK: qnn.requantize %{{.*}} input_zero_point %{{.*}}, multiplier %{{.*}} shift %{{.*}} {axes = array<i64: 1>} : tensor<4x16xui8>, tensor<ui8>, tensor<16xi32>, tensor<i8> -> tensor<4x16xi32>
  %2 = qnn.requantize %q input_zero_point %u, multiplier %m shift %t {axes = array<i64: 1>} : tensor<4x16xui8>, tensor<ui8>, tensor<16xi32>, tensor<i8> -> tensor<4x16xi32>
  // CHECK: qnn.requantize %{{.*}}, multiplier %{{.*}} shift %{{.*}} : tensor<4x16xi64>, tensor<i16>, tensor<i8> -> tensor<4x16xi16>
  %3 = qnn.requantize %wide, multiplier %n shift %t : tensor<4x16xi64>, tensor<i16>, tensor<i8> -> tensor<4x16xi16>
  // CHECK: qnn.requantize %{{.*}}, shift %{{.*}} zero_point %{{.*}} : tensor<4x16xi64>, tensor<i8>, tensor<ui8> -> tensor<4x16xui8>
  %4 = qnn.requantize %wide, shift %t zero_point %u : tensor<4x16xi64>, tensor<i8>, tensor<ui8> -> tensor<4x16xui8>
  return
}

// CHECK-LABEL: func @power_of_two
// CHECK-SAME: #qnn.quantization<i8 symmetric narrow_range power_of_two channel axes = [1] minmax>
func.func @power_of_two() attributes {qnn.test = #qnn.quantization<i8 symmetric narrow_range power_of_two channel axes = [1] minmax>} {
  return
}
