// RUN: quant-opt %s -qnn-lower-asymmetric -verify-lowered -split-input-file | FileCheck %s

// All four terms, each an op of its own.
// CHECK-LABEL: func @four_terms
// CHECK-SAME: %[[A:[a-z0-9]+]]: tensor<4x8xi8>, %[[B:[a-z0-9]+]]: tensor<8x3xi8>, %[[ZB:[a-z0-9]+]]: tensor<3xi8>
func.func @four_terms(%qa: tensor<4x8xi8>, %qb: tensor<8x3xi8>, %zb: tensor<3xi8>, %s: tensor<f32>, %t: tensor<3xf32>, %e: tensor<4x3xf32>) -> tensor<4x3xf32> {
  // CHECK: %[[ZA:.*]] = arith.constant dense<7> : tensor<i8>
  %za = arith.constant dense<7> : tensor<i8>
  %c0 = arith.constant 0.0 : f32
  %zero = linalg.fill ins(%c0 : f32) outs(%e : tensor<4x3xf32>) -> tensor<4x3xf32>
  %a = qnn.dequantize %qa, scale %s zero_point %za : tensor<4x8xi8>, tensor<f32>, tensor<i8> -> tensor<4x8xf32>
  %b = qnn.dequantize %qb, scale %t zero_point %zb {axes = array<i64: 1>} : tensor<8x3xi8>, tensor<3xf32>, tensor<3xi8> -> tensor<8x3xf32>
  // CHECK: %[[D:.*]] = linalg.matmul {qnn.terms = {column_sum = "separate", constant = "separate", row_sum = "separate"}} ins(%[[A]], %[[B]] :
  // CHECK: %[[RB:.*]] = linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]} ins(%[[B]] : tensor<8x3xi8>)
  // CHECK: %[[T1:.*]] = linalg.generic {{.*}} ins(%[[ZA]], %[[RB]] : tensor<i8>, tensor<3xi32>)
  // CHECK: arith.muli
  // CHECK: %[[ACC1:.*]] = linalg.generic {{.*}} ins(%[[D]], %[[T1]] : tensor<4x3xi32>, tensor<3xi32>) {{.*}} {qnn.term = "column_sum"}
  // CHECK: arith.subi
  // CHECK: %[[ZZ:.*]] = linalg.generic {{.*}} ins(%[[ZA]], %[[ZB]] : tensor<i8>, tensor<3xi8>)
  // CHECK: arith.muli
  // CHECK: %[[T2:.*]] = linalg.generic {{.*}} ins(%[[ZZ]] : tensor<3xi32>)
  // CHECK: arith.muli %{{.*}}, %c8_i32
  // CHECK: %[[ACC2:.*]] = linalg.generic {{.*}} ins(%[[ACC1]], %[[T2]] : tensor<4x3xi32>, tensor<3xi32>) {{.*}} {qnn.term = "constant"}
  // CHECK: arith.addi
  // CHECK: %[[RA:.*]] = linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]} ins(%[[A]] : tensor<4x8xi8>)
  // CHECK: %[[T3:.*]] = linalg.generic {{.*}} ins(%[[ZB]], %[[RA]] : tensor<3xi8>, tensor<4xi32>) outs(%{{.*}} : tensor<4x3xi32>)
  // CHECK: arith.muli
  // CHECK: %[[ACC3:.*]] = linalg.generic {{.*}} ins(%[[ACC2]], %[[T3]] : tensor<4x3xi32>, tensor<4x3xi32>) {{.*}} {qnn.term = "row_sum"}
  // CHECK: arith.subi
  // CHECK: qnn.dequantize %[[ACC3]]
  %y = linalg.matmul ins(%a, %b : tensor<4x8xf32>, tensor<8x3xf32>) outs(%zero : tensor<4x3xf32>) -> tensor<4x3xf32>
  return %y : tensor<4x3xf32>
}

// -----

// A zero point per token, known at run time only: its two terms are one of rank
// one, zA (RB - K zB).
// CHECK-LABEL: func @per_token
// CHECK-SAME: %[[A:[a-z0-9]+]]: tensor<4x8xi8>, %[[ZA:[a-z0-9]+]]: tensor<4xi8>
func.func @per_token(%qa: tensor<4x8xi8>, %za: tensor<4xi8>, %s: tensor<4xf32>, %qb: tensor<8x3xi8>, %t: tensor<3xf32>, %zb: tensor<3xi8>, %e: tensor<4x3xf32>) -> tensor<4x3xf32> {
  %c0 = arith.constant 0.0 : f32
  %zero = linalg.fill ins(%c0 : f32) outs(%e : tensor<4x3xf32>) -> tensor<4x3xf32>
  %a = qnn.dequantize %qa, scale %s zero_point %za {axes = array<i64: 0>} : tensor<4x8xi8>, tensor<4xf32>, tensor<4xi8> -> tensor<4x8xf32>
  %b = qnn.dequantize %qb, scale %t zero_point %zb {axes = array<i64: 1>} : tensor<8x3xi8>, tensor<3xf32>, tensor<3xi8> -> tensor<8x3xf32>
  // CHECK: %[[D:.*]] = linalg.matmul {qnn.terms = {column_sum = "separate", constant = "part of column_sum", row_sum = "separate"}}
  // CHECK: %[[RB:.*]] = linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]}
  // CHECK: %[[KZB:.*]] = linalg.generic
  // CHECK: arith.muli %{{.*}}, %c8_i32
  // CHECK: %[[C:.*]] = linalg.generic {{.*}} ins(%[[RB]], %[[KZB]] : tensor<3xi32>, tensor<3xi32>)
  // CHECK: arith.subi
  // CHECK: %[[T1:.*]] = linalg.generic {{.*}} ins(%[[ZA]], %[[C]] : tensor<4xi8>, tensor<3xi32>)
  // CHECK: linalg.generic {{.*}} ins(%[[D]], %[[T1]] : {{.*}} {qnn.term = "column_sum"}
  // CHECK: arith.subi
  // CHECK-NOT: qnn.term = "constant"
  // CHECK: qnn.term = "row_sum"
  %y = linalg.matmul ins(%a, %b : tensor<4x8xf32>, tensor<8x3xf32>) outs(%zero : tensor<4x3xf32>) -> tensor<4x3xf32>
  return %y : tensor<4x3xf32>
}

// -----

// A symmetric rhs has no row sums; padding is with the zero point.
// CHECK-LABEL: func @conv
// CHECK-SAME: %[[A:[a-z0-9]+]]: tensor<1x6x6x3xi8>
func.func @conv(%qa: tensor<1x6x6x3xi8>, %qb: tensor<3x3x3x5xi8>, %s: tensor<f32>, %e: tensor<1x6x6x5xf32>) -> tensor<1x6x6x5xf32> {
  %z = arith.constant dense<-9> : tensor<i8>
  %c0 = arith.constant 0.0 : f32
  %zero = linalg.fill ins(%c0 : f32) outs(%e : tensor<1x6x6x5xf32>) -> tensor<1x6x6x5xf32>
  %a = qnn.dequantize %qa, scale %s zero_point %z : tensor<1x6x6x3xi8>, tensor<f32>, tensor<i8> -> tensor<1x6x6x3xf32>
  // CHECK: %[[P:.*]] = tensor.pad %[[A]] low[0, 1, 1, 0] high[0, 1, 1, 0]
  // CHECK: %[[Z:.*]] = arith.constant -9 : i8
  // CHECK: tensor.yield %[[Z]] : i8
  %p = tensor.pad %a low[0, 1, 1, 0] high[0, 1, 1, 0] {
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %c0 : f32
  } : tensor<1x6x6x3xf32> to tensor<1x8x8x3xf32>
  %b = qnn.dequantize %qb, scale %s : tensor<3x3x3x5xi8>, tensor<f32> -> tensor<3x3x3x5xf32>
  // CHECK: linalg.conv_2d_nhwc_hwcf {qnn.terms = {column_sum = "separate", constant = "absent", row_sum = "absent: rhs symmetric"}} ins(%[[P]],
  // CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "reduction", "reduction", "reduction"]} ins(%{{.*}} : tensor<3x3x3x5xi8>)
  // CHECK-NOT: qnn.term = "row_sum"
  %y = linalg.conv_2d_nhwc_hwcf ins(%p, %b : tensor<1x8x8x3xf32>, tensor<3x3x3x5xf32>) outs(%zero : tensor<1x6x6x5xf32>) -> tensor<1x6x6x5xf32>
  return %y : tensor<1x6x6x5xf32>
}

// -----

// CHECK-LABEL: func @symmetric_is_not_ours
func.func @symmetric_is_not_ours(%qa: tensor<4x8xi8>, %qb: tensor<8x3xi8>, %s: tensor<f32>, %e: tensor<4x3xi32>) -> tensor<4x3xi32> {
  // CHECK: linalg.matmul ins(%{{.*}}, %{{.*}} : tensor<4x8xi8>, tensor<8x3xi8>)
  %y = linalg.matmul ins(%qa, %qb : tensor<4x8xi8>, tensor<8x3xi8>) outs(%e : tensor<4x3xi32>) -> tensor<4x3xi32>
  return %y : tensor<4x3xi32>
}
