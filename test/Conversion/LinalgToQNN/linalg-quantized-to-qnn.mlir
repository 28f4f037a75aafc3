// RUN: quant-opt %s --linalg-quantized-to-qnn --split-input-file | FileCheck %s
// RUN: quant-opt %s --linalg-quantized-to-qnn --qnn-lower-symmetric --qnn-lower-asymmetric \
// RUN:   --canonicalize --qnn-fuse-zero-points --canonicalize --split-input-file | FileCheck %s --check-prefix=INTEGER

// Dequantized at scale 1, and back to integers behind. What is left in the end is
// a contraction that starts from init and corrections, without any float.

// CHECK-LABEL: func @matmul(
// CHECK-SAME: %[[A:.*]]: tensor<4x8xi8>, %[[B:.*]]: tensor<8x2xi8>, %[[INIT:.*]]: tensor<4x2xi32>
// CHECK: %[[X:.*]] = qnn.dequantize %[[A]], scale %{{.*}} zero_point %{{.*}}
// CHECK: %[[Y:.*]] = qnn.dequantize %[[B]], scale %{{[^ ]*}} :
// CHECK: %[[M:.*]] = linalg.matmul {note} ins(%[[X]], %[[Y]]
// CHECK: %[[Q:.*]] = qnn.quantize %[[M]], scale %{{.*}} -> tensor<4x2xi32>
// CHECK: linalg.generic {{.*}} ins(%[[Q]], %[[INIT]]
// CHECK: arith.addi

// INTEGER-LABEL: func @matmul(
// INTEGER-NOT: f32
// INTEGER: linalg.matmul {{.*}} ins(%{{.*}}, %{{.*}} : tensor<4x8xi8>, tensor<8x2xi8>)
// INTEGER-NOT: f32
// INTEGER: return
func.func @matmul(%a: tensor<4x8xi8>, %b: tensor<8x2xi8>, %init: tensor<4x2xi32>) -> tensor<4x2xi32> {
  %za = arith.constant 3 : i32
  %zb = arith.constant 0 : i32
  %0 = linalg.quantized_matmul {note} ins(%a, %b, %za, %zb : tensor<4x8xi8>, tensor<8x2xi8>, i32, i32)
                               outs(%init : tensor<4x2xi32>) -> tensor<4x2xi32>
  return %0 : tensor<4x2xi32>
}

// -----

// The window is kept.

// CHECK-LABEL: func @conv(
// CHECK: linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<2> : tensor<2xi64>}
// INTEGER-LABEL: func @conv(
// INTEGER-NOT: f32
// INTEGER: linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, {{.*}}strides = dense<2> : tensor<2xi64>}
// INTEGER-NOT: f32
// INTEGER: return
func.func @conv(%x: tensor<1x5x5x3xi8>, %init: tensor<1x2x2x4xi32>) -> tensor<1x2x2x4xi32> {
  %k = arith.constant dense<2> : tensor<3x3x3x4xi8>
  %zx = arith.constant -128 : i32
  %zk = arith.constant 1 : i32
  %0 = linalg.conv_2d_nhwc_hwcf_q {dilations = dense<1> : tensor<2xi64>, strides = dense<2> : tensor<2xi64>}
    ins(%x, %k, %zx, %zk : tensor<1x5x5x3xi8>, tensor<3x3x3x4xi8>, i32, i32)
    outs(%init : tensor<1x2x2x4xi32>) -> tensor<1x2x2x4xi32>
  return %0 : tensor<1x2x2x4xi32>
}

// -----

// Zero points that are computed, or that i8 does not hold, stay where they are.

// CHECK-LABEL: func @refused(
// CHECK-COUNT-2: linalg.quantized_matmul
func.func @refused(%a: tensor<4x8xi8>, %b: tensor<8x2xi8>, %z: i32, %init: tensor<4x2xi32>) -> tensor<4x2xi32> {
  %c0 = arith.constant 0 : i32
  %c200 = arith.constant 200 : i32
  %0 = linalg.quantized_matmul ins(%a, %b, %z, %c0 : tensor<4x8xi8>, tensor<8x2xi8>, i32, i32)
                               outs(%init : tensor<4x2xi32>) -> tensor<4x2xi32>
  %1 = linalg.quantized_matmul ins(%a, %b, %c200, %c0 : tensor<4x8xi8>, tensor<8x2xi8>, i32, i32)
                               outs(%0 : tensor<4x2xi32>) -> tensor<4x2xi32>
  return %1 : tensor<4x2xi32>
}
