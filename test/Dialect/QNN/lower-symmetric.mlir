// RUN: quant-opt %s -qnn-lower-symmetric -verify-lowered -split-input-file | FileCheck %s

// CHECK-LABEL: func @matmul
// CHECK-SAME: %[[A:[a-z0-9]+]]: tensor<4x8xi8>, %[[B:[a-z0-9]+]]: tensor<8x3xi8>
func.func @matmul(%qa: tensor<4x8xi8>, %qb: tensor<8x3xi8>, %e: tensor<4x3xf32>) -> tensor<4x3xf32> {
  %sa = arith.constant dense<0.5> : tensor<f32>
  %sb = arith.constant dense<[1.0, 2.0, 4.0]> : tensor<3xf32>
  %c0 = arith.constant 0.0 : f32
  %zero = linalg.fill ins(%c0 : f32) outs(%e : tensor<4x3xf32>) -> tensor<4x3xf32>
  %a = qnn.dequantize %qa, scale %sa : tensor<4x8xi8>, tensor<f32> -> tensor<4x8xf32>
  %b = qnn.dequantize %qb, scale %sb {axes = array<i64: 1>} : tensor<8x3xi8>, tensor<3xf32> -> tensor<8x3xf32>
  // CHECK: %[[ZERO:.*]] = linalg.fill ins(%{{.*}} : i32)
  // CHECK: %[[ACC:.*]] = linalg.matmul {qnn.site = "fc", qnn.terms = {column_sum = "absent: lhs symmetric", constant = "absent", row_sum = "absent: rhs symmetric"}}
  // CHECK-SAME: ins(%[[A]], %[[B]] : tensor<4x8xi8>, tensor<8x3xi8>) outs(%[[ZERO]] : tensor<4x3xi32>)
  // CHECK: %[[S:.*]] = arith.constant dense<[5.000000e-01, 1.000000e+00, 2.000000e+00]> : tensor<3xf32>
  // CHECK: qnn.dequantize %[[ACC]], scale %[[S]] {axes = array<i64: 1>} : tensor<4x3xi32>, tensor<3xf32> -> tensor<4x3xf32>
  %y = linalg.matmul {qnn.site = "fc"} ins(%a, %b : tensor<4x8xf32>, tensor<8x3xf32>) outs(%zero : tensor<4x3xf32>) -> tensor<4x3xf32>
  return %y : tensor<4x3xf32>
}

// -----

// A scale per token follows as a multiplication; an accumulator that is not
// zero is added at the end.
// CHECK-LABEL: func @per_token
// CHECK-SAME: %[[INIT:[a-z0-9]+]]: tensor<4x3xf32>, %[[SA:[a-z0-9]+]]: tensor<4xf32>, %[[SB:[a-z0-9]+]]: tensor<f32>
func.func @per_token(%qa: tensor<4x8xi8>, %qb: tensor<8x3xi8>, %init: tensor<4x3xf32>, %sa: tensor<4xf32>, %sb: tensor<f32>) -> tensor<4x3xf32> {
  %a = qnn.dequantize %qa, scale %sa {axes = array<i64: 0>} : tensor<4x8xi8>, tensor<4xf32> -> tensor<4x8xf32>
  %b = qnn.dequantize %qb, scale %sb : tensor<8x3xi8>, tensor<f32> -> tensor<8x3xf32>
  // CHECK: %[[ACC:.*]] = linalg.matmul
  // CHECK: %[[Y:.*]] = qnn.dequantize %[[ACC]], scale %[[SB]]
  // CHECK: %[[ROWS:.*]] = qnn.dequantize %[[Y]], scale %[[SA]] {axes = array<i64: 0>} : tensor<4x3xf32>, tensor<4xf32>
  // CHECK: linalg.generic {{.*}} ins(%[[INIT]], %[[ROWS]] :
  // CHECK: arith.addf
  %y = linalg.matmul ins(%a, %b : tensor<4x8xf32>, tensor<8x3xf32>) outs(%init : tensor<4x3xf32>) -> tensor<4x3xf32>
  return %y : tensor<4x3xf32>
}

// -----

// An unsigned operand needs an extension that no named op has.
// CHECK-LABEL: func @unsigned
func.func @unsigned(%qa: tensor<4x8xui8>, %qb: tensor<8x3xi8>, %s: tensor<f32>, %e: tensor<4x3xf32>) -> tensor<4x3xf32> {
  %c0 = arith.constant 0.0 : f32
  %zero = linalg.fill ins(%c0 : f32) outs(%e : tensor<4x3xf32>) -> tensor<4x3xf32>
  %a = qnn.dequantize %qa, scale %s : tensor<4x8xui8>, tensor<f32> -> tensor<4x8xf32>
  %b = qnn.dequantize %qb, scale %s : tensor<8x3xi8>, tensor<f32> -> tensor<8x3xf32>
  // CHECK: %[[A:.*]] = tensor.bitcast %{{.*}} : tensor<4x8xui8> to tensor<4x8xi8>
  // CHECK: linalg.generic {{.*}} ins(%[[A]], %{{.*}} : tensor<4x8xi8>, tensor<8x3xi8>)
  // CHECK: arith.extui %{{.*}} : i8 to i32
  // CHECK: arith.extsi %{{.*}} : i8 to i32
  // CHECK: arith.muli
  // CHECK: arith.addi
  %y = linalg.matmul ins(%a, %b : tensor<4x8xf32>, tensor<8x3xf32>) outs(%zero : tensor<4x3xf32>) -> tensor<4x3xf32>
  return %y : tensor<4x3xf32>
}

// -----

// Zero padding is done on the integers.
// CHECK-LABEL: func @conv
// CHECK-SAME: %[[A:[a-z0-9]+]]: tensor<1x6x6x3xi8>
func.func @conv(%qa: tensor<1x6x6x3xi8>, %qb: tensor<3x3x3x5xi8>, %sb: tensor<5xf32>, %s: tensor<f32>, %e: tensor<1x6x6x5xf32>) -> tensor<1x6x6x5xf32> {
  %c0 = arith.constant 0.0 : f32
  %zero = linalg.fill ins(%c0 : f32) outs(%e : tensor<1x6x6x5xf32>) -> tensor<1x6x6x5xf32>
  %a = qnn.dequantize %qa, scale %s : tensor<1x6x6x3xi8>, tensor<f32> -> tensor<1x6x6x3xf32>
  // CHECK: %[[P:.*]] = tensor.pad %[[A]] low[0, 1, 1, 0] high[0, 1, 1, 0]
  // CHECK: tensor.yield %{{.*}} : i8
  %p = tensor.pad %a low[0, 1, 1, 0] high[0, 1, 1, 0] {
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %c0 : f32
  } : tensor<1x6x6x3xf32> to tensor<1x8x8x3xf32>
  %b = qnn.dequantize %qb, scale %sb {axes = array<i64: 3>} : tensor<3x3x3x5xi8>, tensor<5xf32> -> tensor<3x3x3x5xf32>
  // CHECK: linalg.conv_2d_nhwc_hwcf {{.*}} ins(%[[P]], %{{.*}} : tensor<1x8x8x3xi8>, tensor<3x3x3x5xi8>)
  %y = linalg.conv_2d_nhwc_hwcf ins(%p, %b : tensor<1x8x8x3xf32>, tensor<3x3x3x5xf32>) outs(%zero : tensor<1x6x6x5xf32>) -> tensor<1x6x6x5xf32>
  return %y : tensor<1x6x6x5xf32>
}

// -----

// CHECK-LABEL: func @stays_float
func.func @stays_float(%qa: tensor<4x8xi8>, %qb: tensor<8x3xi8>, %s: tensor<8xf32>, %t: tensor<f32>, %x: tensor<4x8xf32>, %e: tensor<4x3xf32>) -> (tensor<4x3xf32>, tensor<4x3xf32>) {
  %a = qnn.dequantize %qa, scale %s {axes = array<i64: 1>} : tensor<4x8xi8>, tensor<8xf32> -> tensor<4x8xf32>
  %b = qnn.dequantize %qb, scale %t : tensor<8x3xi8>, tensor<f32> -> tensor<8x3xf32>
  // CHECK: linalg.matmul {qnn.float_reason = "the parameters of operand 0 vary along dimension 1, which is summed over"}
  %y = linalg.matmul ins(%a, %b : tensor<4x8xf32>, tensor<8x3xf32>) outs(%e : tensor<4x3xf32>) -> tensor<4x3xf32>
  // CHECK: linalg.matmul {qnn.float_reason = "only one operand is quantized"}
  %z = linalg.matmul ins(%x, %b : tensor<4x8xf32>, tensor<8x3xf32>) outs(%e : tensor<4x3xf32>) -> tensor<4x3xf32>
  return %y, %z : tensor<4x3xf32>, tensor<4x3xf32>
}
