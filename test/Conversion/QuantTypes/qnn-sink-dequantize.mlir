// RUN: quant-opt %s --qnn-sink-dequantize --split-input-file | FileCheck %s

// Parameters along a dimension that is split lie along its parts.
// CHECK-LABEL: func.func @expand(
//  CHECK-SAME:   %[[Q:.+]]: tensor<3x8xi8>)
//   CHECK-DAG: %[[S:.+]] = arith.constant dense<{{\[\[}}1.000000e+00, 2.000000e+00], [3.000000e+00, 4.000000e+00], [5.000000e+00, 6.000000e+00], [7.000000e+00, 8.000000e+00]]> : tensor<4x2xf32>
//   CHECK-DAG: %[[Z:.+]] = arith.constant dense<{{\[\[}}1, 2], [3, 4], [5, 6], [7, 8]]> : tensor<4x2xi8>
//       CHECK: %[[V:.+]] = tensor.expand_shape %[[Q]]
//       CHECK: qnn.dequantize %[[V]], scale %[[S]] zero_point %[[Z]] {axes = array<i64: 1, 2>} : tensor<3x4x2xi8>
func.func @expand(%q: tensor<3x8xi8>) -> tensor<3x4x2xf32> {
  %s = arith.constant dense<[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]> : tensor<8xf32>
  %z = arith.constant dense<[1, 2, 3, 4, 5, 6, 7, 8]> : tensor<8xi8>
  %0 = qnn.dequantize %q, scale %s zero_point %z {axes = array<i64: 1>} : tensor<3x8xi8>, tensor<8xf32>, tensor<8xi8> -> tensor<3x8xf32>
  %1 = tensor.expand_shape %0 [[0], [1, 2]] output_shape [3, 4, 2] : tensor<3x8xf32> into tensor<3x4x2xf32>
  return %1 : tensor<3x4x2xf32>
}

// -----

// Neighbours that have parameters join; the other dimensions do as they like.
// CHECK-LABEL: func.func @collapse(
//       CHECK: %[[S:.+]] = arith.constant dense<[1.000000e+00, 2.000000e+00, 3.000000e+00, 4.000000e+00]> : tensor<4xf32>
//       CHECK: %[[V:.+]] = tensor.collapse_shape %{{.*}} {{\[\[}}0, 1], [2, 3]]
//       CHECK: qnn.dequantize %[[V]], scale %[[S]] {axes = array<i64: 1>} : tensor<15x4xi8>
func.func @collapse(%q: tensor<3x5x2x2xi8>) -> tensor<15x4xf32> {
  %s = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %0 = qnn.dequantize %q, scale %s {axes = array<i64: 2, 3>} : tensor<3x5x2x2xi8>, tensor<2x2xf32> -> tensor<3x5x2x2xf32>
  %1 = tensor.collapse_shape %0 [[0, 1], [2, 3]] : tensor<3x5x2x2xf32> into tensor<15x4xf32>
  return %1 : tensor<15x4xf32>
}

// -----

// One scale would be that of several elements of the joint dimension.
// CHECK-LABEL: func.func @partial(
//       CHECK: qnn.dequantize
//  CHECK-NEXT: tensor.collapse_shape
func.func @partial(%q: tensor<3x2xi8>) -> tensor<6xf32> {
  %s = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %0 = qnn.dequantize %q, scale %s {axes = array<i64: 1>} : tensor<3x2xi8>, tensor<2xf32> -> tensor<3x2xf32>
  %1 = tensor.collapse_shape %0 [[0, 1]] : tensor<3x2xf32> into tensor<6xf32>
  return %1 : tensor<6xf32>
}

// -----

// CHECK-LABEL: func.func @transpose(
//       CHECK: %[[V:.+]] = linalg.transpose ins(%{{.*}} : tensor<3x2x5xi8>) outs(%{{.*}} : tensor<5x3x2xi8>) permutation = [2, 0, 1]
//       CHECK: qnn.dequantize %[[V]], scale %{{.*}} {axes = array<i64: 2>} : tensor<5x3x2xi8>
func.func @transpose(%q: tensor<3x2x5xi8>) -> tensor<5x3x2xf32> {
  %s = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %0 = qnn.dequantize %q, scale %s {axes = array<i64: 1>} : tensor<3x2x5xi8>, tensor<2xf32> -> tensor<3x2x5xf32>
  %e = tensor.empty() : tensor<5x3x2xf32>
  %1 = linalg.transpose ins(%0 : tensor<3x2x5xf32>) outs(%e : tensor<5x3x2xf32>) permutation = [2, 0, 1]
  return %1 : tensor<5x3x2xf32>
}

// -----

// Padding that is moved on is by the zero point; other padding stays the site's.
// CHECK-LABEL: func.func @padding(
//       CHECK: %[[P:.+]] = tensor.pad %{{.*}} low[1, 0] high[0, 0]
//       CHECK:   tensor.yield %c7_i8 : i8
//       CHECK: %[[V:.+]] = tensor.expand_shape %[[P]]
//       CHECK: qnn.dequantize %[[V]]
//       CHECK: %[[D:.+]] = qnn.dequantize
//       CHECK: %[[R:.+]] = tensor.pad %[[D]]
//       CHECK: return %{{.*}}, %[[R]]
func.func @padding(%q: tensor<3x4xi8>) -> (tensor<4x2x2xf32>, tensor<4x4xf32>) {
  %s = arith.constant dense<1.0> : tensor<f32>
  %z = arith.constant dense<7> : tensor<i8>
  %zero = arith.constant 0.0 : f32
  %0 = qnn.dequantize %q, scale %s zero_point %z : tensor<3x4xi8>, tensor<f32>, tensor<i8> -> tensor<3x4xf32>
  %1 = tensor.pad %0 low[1, 0] high[0, 0] {
  ^bb0(%i: index, %j: index):
    tensor.yield %zero : f32
  } : tensor<3x4xf32> to tensor<4x4xf32>
  %2 = tensor.expand_shape %1 [[0], [1, 2]] output_shape [4, 2, 2] : tensor<4x4xf32> into tensor<4x2x2xf32>
  %3 = qnn.dequantize %q, scale %s zero_point %z : tensor<3x4xi8>, tensor<f32>, tensor<i8> -> tensor<3x4xf32>
  %4 = tensor.pad %3 low[1, 0] high[0, 0] {
  ^bb0(%i: index, %j: index):
    tensor.yield %zero : f32
  } : tensor<3x4xf32> to tensor<4x4xf32>
  return %2, %4 : tensor<4x2x2xf32>, tensor<4x4xf32>
}
