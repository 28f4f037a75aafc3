// RUN: quant-opt %s --qnn-to-quant-types --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// Per tensor, per axis and per block; unsigned storage is signless outside.

// CHECK-LABEL: func @parameters(
// CHECK: quant.qcast %{{.*}} : tensor<4x6xf32> to tensor<4x6x!quant.uniform<i8:f32, 5.000000e-01:3>>
// CHECK: quant.scast %{{.*}} to tensor<4x6xi8>
// CHECK: quant.qcast %{{.*}} to tensor<4x6x!quant.uniform<i8<-127:127>:f32:0, {1.000000e+00,2.000000e+00,3.000000e+00,4.000000e+00}>>
// CHECK: quant.qcast %{{.*}} to tensor<4x6x!quant.uniform<i8:f32:{0:2, 1:3}, {{[{][{]}}1.000000e+00, 2.000000e+00}, {3.000000e+00, 4.000000e+00}}>>
// CHECK: %[[Q:.*]] = quant.scast %{{.*}} : tensor<4x6xi8> to tensor<4x6x!quant.uniform<u8:f32, 5.000000e-01:200>>
// CHECK: quant.dcast %[[Q]]
// CHECK-NOT: qnn.
func.func @parameters(%x: tensor<4x6xf32>, %u: tensor<4x6xui8>)
    -> (tensor<4x6xi8>, tensor<4x6xi8>, tensor<4x6xi8>, tensor<4x6xf32>) {
  %s = arith.constant dense<0.5> : tensor<f32>
  %z = arith.constant dense<3> : tensor<i8>
  %0 = qnn.quantize %x, scale %s zero_point %z : tensor<4x6xf32>, tensor<f32>, tensor<i8> -> tensor<4x6xi8>
  %rows = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %1 = qnn.quantize %x, scale %rows {axes = array<i64: 0>, narrow_range} : tensor<4x6xf32>, tensor<4xf32> -> tensor<4x6xi8>
  %blocks = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %2 = qnn.quantize %x, scale %blocks {axes = array<i64: 0, 1>, blocks = array<i64: 2, 3>} : tensor<4x6xf32>, tensor<2x2xf32> -> tensor<4x6xi8>
  %zu = arith.constant dense<200> : tensor<ui8>
  %3 = qnn.dequantize %u, scale %s zero_point %zu : tensor<4x6xui8>, tensor<f32>, tensor<ui8> -> tensor<4x6xf32>
  return %0, %1, %2, %3 : tensor<4x6xi8>, tensor<4x6xi8>, tensor<4x6xi8>, tensor<4x6xf32>
}

// -----

func.func @dynamic(%x: tensor<4xf32>, %s: tensor<f32>) -> tensor<4xi8> {
  // expected-error @below {{expected constant scales and zero points, the only ones that a type can hold}}
  %0 = qnn.quantize %x, scale %s : tensor<4xf32>, tensor<f32> -> tensor<4xi8>
  return %0 : tensor<4xi8>
}

// -----

func.func @f8(%x: tensor<4xf32>) -> tensor<4xf8E4M3FN> {
  %s = arith.constant dense<0.5> : tensor<f32>
  // expected-error @below {{expected integer storage, the only one that a quantized type has, but got 'f8E4M3FN'}}
  %0 = qnn.quantize %x, scale %s : tensor<4xf32>, tensor<f32> -> tensor<4xf8E4M3FN>
  return %0 : tensor<4xf8E4M3FN>
}

// -----

func.func @fake(%x: tensor<4xf32>) -> tensor<4xf32> {
  %s = arith.constant dense<0.5> : tensor<f32>
  // expected-error @below {{expected no qnn op but quantize and dequantize}}
  %0 = qnn.fake_quantize %x, scale %s as i8 : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
