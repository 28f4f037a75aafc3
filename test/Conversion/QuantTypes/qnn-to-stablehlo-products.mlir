// RUN: quant-opt %s --qnn-to-stablehlo --canonicalize --split-input-file --remarks-filter="qnn-to-stablehlo" 2>%t.remarks | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK < %t.remarks

// Products of quantized tensors where the specification has them.

// Parameters along heads and channels are those of one dimension of the weights,
// which the product keeps.
// CHECK-LABEL: func.func @heads(
//       CHECK: %[[W:.+]] = stablehlo.constant{{.*}} : () -> tensor<8x6x!quant.uniform<i8:f32:1,
//       CHECK: %[[ACC:.+]] = stablehlo.dot_general %{{.*}}, %[[W]], contracting_dims = [1] x [0]
//  CHECK-SAME:   -> tensor<4x6x!quant.uniform<i32:f32:1,
//       CHECK: %[[F:.+]] = stablehlo.uniform_dequantize %[[ACC]]
//       CHECK: stablehlo.reshape %[[F]] : (tensor<4x6xf32>) -> tensor<4x2x3xf32>
func.func @heads(%q: tensor<4x8xi8>) -> tensor<4x2x3xf32> {
  %s = arith.constant dense<0.5> : tensor<f32>
  %sw = arith.constant dense<[[0.5, 0.25, 1.0], [2.0, 4.0, 0.125]]> : tensor<2x3xf32>
  %w = arith.constant dense<3> : tensor<8x2x3xi8>
  %a = qnn.dequantize %q, scale %s : tensor<4x8xi8>, tensor<f32> -> tensor<4x8xf32>
  %b = qnn.dequantize %w, scale %sw {axes = array<i64: 1, 2>} : tensor<8x2x3xi8>, tensor<2x3xf32> -> tensor<8x2x3xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x2x3xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2x3xf32>) -> tensor<4x2x3xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(m, h, n, k) -> (m, k)>, affine_map<(m, h, n, k) -> (k, h, n)>, affine_map<(m, h, n, k) -> (m, h, n)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%a, %b : tensor<4x8xf32>, tensor<8x2x3xf32>) outs(%f : tensor<4x2x3xf32>) {
  ^bb0(%x: f32, %y: f32, %z: f32):
    %0 = arith.mulf %x, %y : f32
    %1 = arith.addf %z, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<4x2x3xf32>
  return %r : tensor<4x2x3xf32>
}

// -----

// The side without zero points is rhs in the specification.
// CHECK-LABEL: func.func @swapped(
//       CHECK: %[[W:.+]] = stablehlo.constant
//       CHECK: %[[ACC:.+]] = stablehlo.dot_general %{{.*}}, %[[W]], contracting_dims = [0] x [1]
//  CHECK-SAME:   -> tensor<4x2x!quant.uniform<i32:f32:1, {2.500000e-01,1.250000e-01}>>
//       CHECK: %[[F:.+]] = stablehlo.uniform_dequantize %[[ACC]]
//       CHECK: stablehlo.transpose %[[F]], dims = [1, 0] : (tensor<4x2xf32>) -> tensor<2x4xf32>
func.func @swapped(%q: tensor<8x4xi8>) -> tensor<2x4xf32> {
  %s = arith.constant dense<0.5> : tensor<f32>
  %z = arith.constant dense<7> : tensor<i8>
  %sw = arith.constant dense<[0.5, 0.25]> : tensor<2xf32>
  %w = arith.constant dense<3> : tensor<2x8xi8>
  %a = qnn.dequantize %q, scale %s zero_point %z : tensor<8x4xi8>, tensor<f32>, tensor<i8> -> tensor<8x4xf32>
  %b = qnn.dequantize %w, scale %sw {axes = array<i64: 0>} : tensor<2x8xi8>, tensor<2xf32> -> tensor<2x8xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  %r = linalg.matmul ins(%b, %a : tensor<2x8xf32>, tensor<8x4xf32>) outs(%f : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %r : tensor<2x4xf32>
}

// -----

// Zeros around the image are what the zero point stands for.
// CHECK-LABEL: func.func @convolution(
//   CHECK-NOT: stablehlo.pad
//       CHECK: %[[ACC:.+]] = stablehlo.convolution(%{{.*}}, %{{.*}}) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]
//  CHECK-SAME:   pad = {{\[\[}}1, 0], [0, 2]]
//  CHECK-SAME:   -> tensor<1x5x6x2x!quant.uniform<i32:f32:3, {2.500000e-01,1.250000e-01}>>
//       CHECK: stablehlo.uniform_dequantize %[[ACC]]
func.func @convolution(%q: tensor<1x6x6x4xi8>) -> tensor<1x5x6x2xf32> {
  %s = arith.constant dense<0.5> : tensor<f32>
  %z = arith.constant dense<7> : tensor<i8>
  %sw = arith.constant dense<[0.5, 0.25]> : tensor<2xf32>
  %w = arith.constant dense<3> : tensor<3x3x4x2xi8>
  %a = qnn.dequantize %q, scale %s zero_point %z : tensor<1x6x6x4xi8>, tensor<f32>, tensor<i8> -> tensor<1x6x6x4xf32>
  %b = qnn.dequantize %w, scale %sw {axes = array<i64: 3>} : tensor<3x3x4x2xi8>, tensor<2xf32> -> tensor<3x3x4x2xf32>
  %zero = arith.constant 0.0 : f32
  %p = tensor.pad %a low[0, 1, 0, 0] high[0, 0, 2, 0] {
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %zero : f32
  } : tensor<1x6x6x4xf32> to tensor<1x7x8x4xf32>
  %e = tensor.empty() : tensor<1x5x6x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x5x6x2xf32>) -> tensor<1x5x6x2xf32>
  %r = linalg.conv_2d_nhwc_hwcf ins(%p, %b : tensor<1x7x8x4xf32>, tensor<3x3x4x2xf32>) outs(%f : tensor<1x5x6x2xf32>) -> tensor<1x5x6x2xf32>
  return %r : tensor<1x5x6x2xf32>
}

// -----

// Weights alone: the hybrid form.
// CHECK-LABEL: func.func @weights(
//       CHECK: %[[W:.+]] = stablehlo.constant
//       CHECK: stablehlo.dot_general %{{.*}}, %[[W]], contracting_dims = [1] x [0] : (tensor<4x8xf32>, tensor<8x2x!quant.uniform<i8:f32:1, {5.000000e-01,2.500000e-01}>>) -> tensor<4x2xf32>
func.func @weights(%a: tensor<4x8xf32>) -> tensor<4x2xf32> {
  %sw = arith.constant dense<[0.5, 0.25]> : tensor<2xf32>
  %w = arith.constant dense<3> : tensor<8x2xi8>
  %b = qnn.dequantize %w, scale %sw {axes = array<i64: 1>} : tensor<8x2xi8>, tensor<2xf32> -> tensor<8x2xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %r = linalg.matmul ins(%a, %b : tensor<4x8xf32>, tensor<8x2xf32>) outs(%f : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %r : tensor<4x2xf32>
}

// -----

// What the specification has no product for stays dequantized, and a remark says
// why.
// CHECK-LABEL: func.func @both_zero_points(
//       CHECK: stablehlo.dot_general %{{.*}}, %{{.*}}, contracting_dims = [1] x [0] : (tensor<4x8xf32>, tensor<8x2xf32>) -> tensor<4x2xf32>
// REMARK: Dequantized{{.*}}the specification expects no zero points of rhs
func.func @both_zero_points(%q: tensor<4x8xi8>, %p: tensor<8x2xi8>) -> tensor<4x2xf32> {
  %s = arith.constant dense<0.5> : tensor<f32>
  %z = arith.constant dense<7> : tensor<i8>
  %a = qnn.dequantize %q, scale %s zero_point %z : tensor<4x8xi8>, tensor<f32>, tensor<i8> -> tensor<4x8xf32>
  %b = qnn.dequantize %p, scale %s zero_point %z : tensor<8x2xi8>, tensor<f32>, tensor<i8> -> tensor<8x2xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %r = linalg.matmul ins(%a, %b : tensor<4x8xf32>, tensor<8x2xf32>) outs(%f : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %r : tensor<4x2xf32>
}
