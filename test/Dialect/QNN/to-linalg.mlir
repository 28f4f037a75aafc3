// RUN: quant-opt %s -qnn-to-linalg -split-input-file | FileCheck %s

// The quotient is clamped in float before it becomes an integer; NaN becomes 0
// and thus the zero point.
// CHECK-LABEL: func @quantize
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]}
// CHECK: ^bb0(%[[X:.*]]: f32, %[[S:.*]]: f32, %[[Z:.*]]: i8, %{{.*}}: i8):
// CHECK: %[[D:.*]] = arith.divf %[[X]], %[[S]] : f32
// CHECK: %[[NAN:.*]] = arith.cmpf uno, %[[D]], %[[D]]
// CHECK: %[[N:.*]] = arith.select %[[NAN]], %{{.*}}, %[[D]]
// CHECK: %[[ZERO:.*]] = arith.extsi %[[Z]] : i8 to i32
// CHECK: %[[R:.*]] = math.roundeven %[[N]]
// CHECK: %[[C1:.*]] = arith.maximumf %[[R]],
// CHECK: %[[C2:.*]] = arith.minimumf %[[C1]],
// CHECK: %[[I:.*]] = arith.fptosi %[[C2]] : f32 to i32
// CHECK: %[[Q:.*]] = arith.addi %[[I]], %[[ZERO]]
// CHECK: arith.trunci %[[Q]] : i32 to i8
func.func @quantize(%x: tensor<4x8xf32>, %s: tensor<8xf32>, %z: tensor<8xi8>) -> tensor<4x8xi8> {
  %q = qnn.quantize %x, scale %s zero_point %z {axes = array<i64: 1>} : tensor<4x8xf32>, tensor<8xf32>, tensor<8xi8> -> tensor<4x8xi8>
  return %q : tensor<4x8xi8>
}

// -----

// ui8 is i8 with an unsigned extension; the reinterpretations meet and vanish.
// CHECK-LABEL: func @unsigned
// CHECK-NOT: ui8
// CHECK: linalg.generic
// CHECK: arith.extui %{{.*}} : i8 to i32
// CHECK: arith.mulf
func.func @unsigned(%x: tensor<4xf32>, %s: tensor<f32>) -> tensor<4xf32> {
  %q = qnn.quantize %x, scale %s : tensor<4xf32>, tensor<f32> -> tensor<4xui8>
  %y = qnn.dequantize %q, scale %s : tensor<4xui8>, tensor<f32> -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// A constant multiplier cannot make NaN.
// CHECK-LABEL: func @requantize
// CHECK: arith.sitofp
// CHECK: arith.mulf
// CHECK-NOT: arith.cmpf
// CHECK: math.roundeven
func.func @requantize(%a: tensor<4xi32>) -> tensor<4xi8> {
  %m = arith.constant dense<0.01> : tensor<f32>
  %q = qnn.requantize %a, multiplier %m : tensor<4xi32>, tensor<f32> -> tensor<4xi8>
  return %q : tensor<4xi8>
}

// -----

// No float, and shifts that are not known are bounded.
// CHECK-LABEL: func @requantize_fixed_point
// CHECK-NOT: f32
// CHECK: arith.muli
// CHECK: arith.maxsi
// CHECK: arith.minsi
// CHECK: arith.shrsi
// CHECK: arith.trunci %{{.*}} : i64 to i8
func.func @requantize_fixed_point(%a: tensor<4xi32>, %m: tensor<i32>, %s: tensor<i8>) -> tensor<4xi8> {
  %q = qnn.requantize %a, multiplier %m shift %s : tensor<4xi32>, tensor<i32>, tensor<i8> -> tensor<4xi8>
  return %q : tensor<4xi8>
}

// -----

// Shifts that are known to go right need no bound and no left shift.
// CHECK-LABEL: func @requantize_shift
// CHECK-NOT: f32
// CHECK: arith.subi
// CHECK: arith.shrsi
// CHECK: arith.maxsi %{{.*}}, %c0_i64
// CHECK: arith.minsi %{{.*}}, %c255_i64
// CHECK: arith.trunci %{{.*}} : i64 to i8
func.func @requantize_shift(%a: tensor<2xi8>, %z: tensor<i8>) -> tensor<2xui8> {
  %s = arith.constant dense<[3, 5]> : tensor<2xi8>
  %q = qnn.requantize %a input_zero_point %z, shift %s {axes = array<i64: 0>} : tensor<2xi8>, tensor<i8>, tensor<2xi8> -> tensor<2xui8>
  return %q : tensor<2xui8>
}

// -----

// One scale for every 4 elements along axis 1.
// CHECK: affine_map<(d0, d1) -> (d0, d1 floordiv 4)>
// CHECK-LABEL: func @blocks
func.func @blocks(%q: tensor<2x8xi4>, %s: tensor<2x2xf32>) -> tensor<2x8xf32> {
  // CHECK: arith.extsi %{{.*}} : i4 to i32
  %y = qnn.dequantize %q, scale %s {axes = array<i64: 0, 1>, blocks = array<i64: 1, 4>} : tensor<2x8xi4>, tensor<2x2xf32> -> tensor<2x8xf32>
  return %y : tensor<2x8xf32>
}

// -----

// Clamped, so that whatever a target makes of an overflow does not matter.
// CHECK-LABEL: func @f8
// CHECK-DAG: %[[LOW:.+]] = arith.constant -4.480000e+02 : f32
// CHECK-DAG: %[[HIGH:.+]] = arith.constant 4.480000e+02 : f32
// CHECK: %[[Q:.+]] = arith.divf
// CHECK: %[[A:.+]] = arith.maximumf %[[Q]], %[[LOW]] : f32
// CHECK: %[[B:.+]] = arith.minimumf %[[A]], %[[HIGH]] : f32
// CHECK: %[[T:.+]] = arith.truncf %[[B]] : f32 to f8E4M3FN
// CHECK: arith.extf %[[T]] : f8E4M3FN to f32
func.func @f8(%x: tensor<4xf32>, %s: tensor<f32>) -> tensor<4xf32> {
  %y = qnn.fake_quantize %x, scale %s as f8E4M3FN : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  return %y : tensor<4xf32>
}
