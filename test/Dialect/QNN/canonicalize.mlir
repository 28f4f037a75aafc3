// RUN: quant-opt %s -canonicalize -split-input-file | FileCheck %s

// Ties go to even, both ways; NaN is the zero point; the rest saturates.
// CHECK-LABEL: func @quantize
func.func @quantize() -> tensor<8xi8> {
  // CHECK: arith.constant dense<[0, 2, 2, -2, 0, 127, -128, 127]> : tensor<8xi8>
  %x = arith.constant dense<[0.5, 1.5, 2.5, -1.5, 0x7FC00000, 0x7F800000, 0xFF800000, 1.0e30]> : tensor<8xf32>
  %s = arith.constant dense<1.0> : tensor<f32>
  %q = qnn.quantize %x, scale %s : tensor<8xf32>, tensor<f32> -> tensor<8xi8>
  return %q : tensor<8xi8>
}

// -----

// CHECK-LABEL: func @quantize_zero_point
func.func @quantize_zero_point() -> (tensor<4xi8>, tensor<4xui8>) {
  %x = arith.constant dense<[0.5, 0x7FC00000, 1.0e30, -1.0e30]> : tensor<4xf32>
  %s = arith.constant dense<0.5> : tensor<f32>
  %z = arith.constant dense<-7> : tensor<i8>
  %u = arith.constant dense<200> : tensor<ui8>
  // CHECK-DAG: dense<[-6, -7, 127, -127]> : tensor<4xi8>
  %q = qnn.quantize %x, scale %s zero_point %z {narrow_range} : tensor<4xf32>, tensor<f32>, tensor<i8> -> tensor<4xi8>
  // CHECK-DAG: dense<[201, 200, 255, 0]> : tensor<4xui8>
  %p = qnn.quantize %x, scale %s zero_point %u : tensor<4xf32>, tensor<f32>, tensor<ui8> -> tensor<4xui8>
  return %q, %p : tensor<4xi8>, tensor<4xui8>
}

// -----

// One scale for each block of two elements along axis 1.
// CHECK-LABEL: func @quantize_blocks
func.func @quantize_blocks() -> tensor<2x4xi4> {
  // CHECK: dense<{{\[\[}}1, 2, 1, 2], [7, -8, 1, 1]]> : tensor<2x4xi4>
  %x = arith.constant dense<[[1.0, 2.0, 2.0, 4.0], [10.0, -10.0, 2.0, 2.0]]> : tensor<2x4xf32>
  %s = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %q = qnn.quantize %x, scale %s {axes = array<i64: 1>, blocks = array<i64: 2>} : tensor<2x4xf32>, tensor<2xf32> -> tensor<2x4xi4>
  return %q : tensor<2x4xi4>
}

// -----

// f8 saturates at its largest finite value.
// CHECK-LABEL: func @fake_quantize_f8
func.func @fake_quantize_f8() -> (tensor<4xf32>, tensor<2xf32>) {
  %x = arith.constant dense<[1.0625, -1000.0, 0.001, 448.0]> : tensor<4xf32>
  %y = arith.constant dense<[1.0e9, 1.1]> : tensor<2xf32>
  %s = arith.constant dense<1.0> : tensor<f32>
  // CHECK-DAG: dense<[1.000000e+00, -4.480000e+02, 0.001953125, 4.480000e+02]> : tensor<4xf32>
  %q = qnn.fake_quantize %x, scale %s as f8E4M3FN : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  // CHECK-DAG: dense<[5.734400e+04, 1.000000e+00]> : tensor<2xf32>
  %p = qnn.fake_quantize %y, scale %s as f8E5M2 : tensor<2xf32>, tensor<f32> -> tensor<2xf32>
  return %q, %p : tensor<4xf32>, tensor<2xf32>
}

// -----

// CHECK-LABEL: func @requantize
func.func @requantize() -> tensor<4xi8> {
  // CHECK: dense<[127, -128, 3, 5]> : tensor<4xi8>
  %a = arith.constant dense<[2147483647, -2147483648, 1, 5]> : tensor<4xi32>
  %m = arith.constant dense<0.5> : tensor<f32>
  %z = arith.constant dense<3> : tensor<i8>
  %q = qnn.requantize %a, multiplier %m zero_point %z : tensor<4xi32>, tensor<f32>, tensor<i8> -> tensor<4xi8>
  return %q : tensor<4xi8>
}

// -----

// Ties go up, or with double rounding, which shifts by more than 31 bits do
// first, away from zero: -(2^31 + 2^30) 2^-32 = -0.75, -2^31 2^-32 = -0.5.
// CHECK-LABEL: func @requantize_fixed_point
func.func @requantize_fixed_point() -> (tensor<4xi8>, tensor<4xi8>, tensor<3xi32>) {
  %a = arith.constant dense<[3, -3, 2, -2]> : tensor<4xi32>
  %w = arith.constant dense<[140737488355328, -9223372036854775808, 3]> : tensor<3xi64>
  %m = arith.constant dense<1073741824> : tensor<i32>
  %n = arith.constant dense<16384> : tensor<i16>
  %s = arith.constant dense<32> : tensor<i8>
  %t = arith.constant dense<15> : tensor<i8>
  // CHECK-DAG: dense<[1, -1, 1, 0]> : tensor<4xi8>
  %q = qnn.requantize %a, multiplier %m shift %s : tensor<4xi32>, tensor<i32>, tensor<i8> -> tensor<4xi8>
  // CHECK-DAG: dense<[1, -1, 1, -1]> : tensor<4xi8>
  %d = qnn.requantize %a, multiplier %m shift %s {double_round} : tensor<4xi32>, tensor<i32>, tensor<i8> -> tensor<4xi8>
  // CHECK-DAG: dense<[2147483647, -2147483648, 2]> : tensor<3xi32>
  %r = qnn.requantize %w, multiplier %n shift %t : tensor<3xi64>, tensor<i16>, tensor<i8> -> tensor<3xi32>
  return %q, %d, %r : tensor<4xi8>, tensor<4xi8>, tensor<3xi32>
}

// -----

// Ties go to the even neighbour.
// CHECK-LABEL: func @requantize_shift
func.func @requantize_shift() -> (tensor<6xi8>, tensor<2xi32>) {
  %a = arith.constant dense<[1, 3, -1, -3, 1000, -1000]> : tensor<6xi32>
  %b = arith.constant dense<[250, 1]> : tensor<2xui8>
  %u = arith.constant dense<255> : tensor<ui8>
  %s = arith.constant dense<1> : tensor<i8>
  %t = arith.constant dense<[-20, -31]> : tensor<2xi8>
  %z = arith.constant dense<10> : tensor<i8>
  // CHECK-DAG: dense<[10, 12, 10, 8, 127, -128]> : tensor<6xi8>
  %q = qnn.requantize %a, shift %s zero_point %z : tensor<6xi32>, tensor<i8>, tensor<i8> -> tensor<6xi8>
  // CHECK-DAG: dense<[-5242880, -2147483648]> : tensor<2xi32>
  %r = qnn.requantize %b input_zero_point %u, shift %t {axes = array<i64: 0>} : tensor<2xui8>, tensor<ui8>, tensor<2xi8> -> tensor<2xi32>
  return %q, %r : tensor<6xi8>, tensor<2xi32>
}

// -----

// CHECK-LABEL: func @zero_input_zero_point
func.func @zero_input_zero_point(%x: tensor<4xi8>, %s: tensor<i8>) -> tensor<4xi8> {
  %z = arith.constant dense<0> : tensor<i8>
  // CHECK: qnn.requantize %{{.*}}, shift %{{.*}} : tensor<4xi8>, tensor<i8> -> tensor<4xi8>
  %q = qnn.requantize %x input_zero_point %z, shift %s : tensor<4xi8>, tensor<i8>, tensor<i8> -> tensor<4xi8>
  return %q : tensor<4xi8>
}

// -----

// CHECK-LABEL: func @zero_zero_point
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>, %[[S:.*]]: tensor<f32>
func.func @zero_zero_point(%x: tensor<4xf32>, %s: tensor<f32>) -> tensor<4xi8> {
  %z = arith.constant dense<0> : tensor<i8>
  // CHECK: qnn.quantize %[[X]], scale %[[S]] : tensor<4xf32>, tensor<f32> -> tensor<4xi8>
  %q = qnn.quantize %x, scale %s zero_point %z : tensor<4xf32>, tensor<f32>, tensor<i8> -> tensor<4xi8>
  return %q : tensor<4xi8>
}

// -----

// Quantizing what was dequantized with the same parameters gives it back.
// CHECK-LABEL: func @quantize_dequantize
// CHECK-SAME: %[[Q:.*]]: tensor<4xi8>
func.func @quantize_dequantize(%q: tensor<4xi8>) -> tensor<4xi8> {
  %s = arith.constant dense<0.3> : tensor<f32>
  // CHECK: return %[[Q]]
  %x = qnn.dequantize %q, scale %s : tensor<4xi8>, tensor<f32> -> tensor<4xf32>
  %r = qnn.quantize %x, scale %s : tensor<4xf32>, tensor<f32> -> tensor<4xi8>
  return %r : tensor<4xi8>
}

// -----

// Not with a narrow range, which -128 is outside of, nor the other way round,
// which rounds.
// CHECK-LABEL: func @kept
func.func @kept(%q: tensor<4xi8>, %x: tensor<4xf32>) -> (tensor<4xi8>, tensor<4xf32>) {
  %s = arith.constant dense<0.3> : tensor<f32>
  %y = qnn.dequantize %q, scale %s : tensor<4xi8>, tensor<f32> -> tensor<4xf32>
  // CHECK: qnn.quantize {{.*}} {narrow_range}
  %r = qnn.quantize %y, scale %s {narrow_range} : tensor<4xf32>, tensor<f32> -> tensor<4xi8>
  // CHECK: qnn.quantize
  %t = qnn.quantize %x, scale %s : tensor<4xf32>, tensor<f32> -> tensor<4xi8>
  // CHECK: qnn.dequantize
  %u = qnn.dequantize %t, scale %s : tensor<4xi8>, tensor<f32> -> tensor<4xf32>
  return %r, %u : tensor<4xi8>, tensor<4xf32>
}

// -----

// Quantized weights stay in storage.
// CHECK-LABEL: func @weights
func.func @weights() -> tensor<2xf32> {
  // CHECK: qnn.dequantize
  %q = arith.constant dense<[1, 2]> : tensor<2xi8>
  %s = arith.constant dense<0.5> : tensor<f32>
  %x = qnn.dequantize %q, scale %s : tensor<2xi8>, tensor<f32> -> tensor<2xf32>
  return %x : tensor<2xf32>
}
