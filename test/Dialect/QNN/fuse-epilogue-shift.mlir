// RUN: quant-opt %s -qnn-fuse-epilogue=requantize=shift -split-input-file -verify-diagnostics | FileCheck %s --implicit-check-not=f32

// 2^-9 / 2^-4 is a shift by 5.
// CHECK-LABEL: func @relu
// CHECK-DAG:   %[[SH:.*]] = arith.constant 5 : i64
// CHECK:       linalg.generic
// CHECK-NOT:     arith.muli
// CHECK:         arith.shrsi %{{.*}}, %[[SH]] : i64
// CHECK:         arith.maxsi %{{.*}} : i8
// CHECK-NOT:   linalg.generic
func.func @relu(%acc: tensor<4x2xi32>) -> tensor<4x2xi8> {
  %s = arith.constant dense<0.001953125> : tensor<f32>
  %t = arith.constant dense<0.0625> : tensor<f32>
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x2xf32>
  %zero = linalg.fill ins(%c0 : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %y = qnn.dequantize %acc, scale %s : tensor<4x2xi32>, tensor<f32> -> tensor<4x2xf32>
  %r = linalg.max ins(%y, %zero : tensor<4x2xf32>, tensor<4x2xf32>) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %q = qnn.quantize %r, scale %t : tensor<4x2xf32>, tensor<f32> -> tensor<4x2xi8>
  return %q : tensor<4x2xi8>
}

// -----

func.func @no_power_of_two(%acc: tensor<4xi32>) -> tensor<4xi8> {
  %s = arith.constant dense<0.3> : tensor<f32>
  %t = arith.constant dense<0.25> : tensor<f32>
  %y = qnn.dequantize %acc, scale %s : tensor<4xi32>, tensor<f32> -> tensor<4xf32>
  // expected-error @below {{cannot be requantized by a shift: the quotient of the scales is no power of two}}
  %q = qnn.quantize %y, scale %t : tensor<4xf32>, tensor<f32> -> tensor<4xi8>
  return %q : tensor<4xi8>
}

// -----

func.func @dynamic(%acc: tensor<4xi32>, %s: tensor<f32>) -> tensor<4xi8> {
  %t = arith.constant dense<0.25> : tensor<f32>
  %y = qnn.dequantize %acc, scale %s : tensor<4xi32>, tensor<f32> -> tensor<4xf32>
  // expected-error @below {{cannot be requantized by a shift: scales are computed at run time or vary along different dimensions}}
  %q = qnn.quantize %y, scale %t : tensor<4xf32>, tensor<f32> -> tensor<4xi8>
  return %q : tensor<4xi8>
}
