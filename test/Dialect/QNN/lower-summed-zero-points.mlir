// RUN: quant-opt %s -qnn-lower-asymmetric -verify-lowered -split-input-file -mlir-print-local-scope | FileCheck %s
// RUN: quant-opt %s -qnn-lower-asymmetric -qnn-fuse-zero-points -qnn-fuse-sums -verify-no-zero-point-traffic -split-input-file | FileCheck %s --check-prefix=FUSED

// Zero points of every summed index: sum zA[k] B[k, n] instead of zA RB. It is
// known at compile time for a constant rhs.
// CHECK-LABEL: func @lhs
// CHECK-SAME: %[[A:[a-z0-9]+]]: tensor<4x3xi8>
// CHECK: %[[B:.*]] = arith.constant {{.*}} : tensor<3x2xi8>
// CHECK: %[[ZA:.*]] = arith.constant {{.*}} : tensor<3xi8>
// CHECK: %[[D:.*]] = linalg.matmul {{.*}} ins(%[[A]], %[[B]] :
// CHECK: %[[T:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d1, d0)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]}
// CHECK-SAME: ins(%[[ZA]], %[[B]] : tensor<3xi8>, tensor<3x2xi8>)
// CHECK: arith.muli
// CHECK: arith.addi
// CHECK: linalg.generic {{.*}} ins(%[[D]], %[[T]] : tensor<4x2xi32>, tensor<2xi32>) {{.*}} {qnn.term = "column_sum"}
// CHECK: arith.subi
// -(10 * 1 + -20 * 3 + 30 * 5), -(10 * 2 + -20 * 4 + 30 * 6)
// FUSED-LABEL: func @lhs
// FUSED: %[[INIT:.*]] = arith.constant dense<[-100, -120]> : tensor<2xi32>
// FUSED: linalg.broadcast ins(%[[INIT]] :
// FUSED: linalg.matmul
// FUSED-NOT: qnn.term =
func.func @lhs(%qa: tensor<4x3xi8>, %s: tensor<f32>, %e: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %qb = arith.constant dense<[[1, 2], [3, 4], [5, 6]]> : tensor<3x2xi8>
  %za = arith.constant dense<[10, -20, 30]> : tensor<3xi8>
  %a = qnn.dequantize %qa, scale %s zero_point %za {axes = array<i64: 1>} : tensor<4x3xi8>, tensor<f32>, tensor<3xi8> -> tensor<4x3xf32>
  %b = qnn.dequantize %qb, scale %s : tensor<3x2xi8>, tensor<f32> -> tensor<3x2xf32>
  %y = linalg.matmul ins(%a, %b : tensor<4x3xf32>, tensor<3x2xf32>) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}

// -----

// K zA zB becomes zB[n] times the sum of zA[k]; beside blocks of zero points
// there is one for each index.
// CHECK-LABEL: func @both
// CHECK: %[[ZA:.*]] = arith.constant dense<[7, 7, 9]> : tensor<3xi8>
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]} ins(%[[ZA]], %{{.*}} : tensor<3xi8>, tensor<3x2xi8>)
// CHECK: qnn.term = "column_sum"
// CHECK: %[[SUM:.*]] = linalg.generic {{.*}} iterator_types = ["reduction"]} ins(%[[ZA]] : tensor<3xi8>)
// CHECK: linalg.generic {{.*}} ins(%[[SUM]], %{{.*}} : tensor<i32>, tensor<2xi8>)
// CHECK: arith.muli
// CHECK: qnn.term = "constant"
// CHECK: qnn.term = "row_sum"
// FUSED-LABEL: func @both
func.func @both(%x: tensor<4x3xf32>, %qb: tensor<3x2xi8>, %zb: tensor<2xi8>, %sb: tensor<2xf32>, %e: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %s = arith.constant dense<0.5> : tensor<f32>
  %za = arith.constant dense<[7, 9]> : tensor<2xi8>
  %sa = arith.constant dense<[0.5, 0.5]> : tensor<2xf32>
  %qa = qnn.quantize %x, scale %sa zero_point %za {axes = array<i64: 1>, blocks = array<i64: 2>} : tensor<4x3xf32>, tensor<2xf32>, tensor<2xi8> -> tensor<4x3xi8>
  %a = qnn.dequantize %qa, scale %s zero_point %za {axes = array<i64: 1>, blocks = array<i64: 2>} : tensor<4x3xi8>, tensor<f32>, tensor<2xi8> -> tensor<4x3xf32>
  %b = qnn.dequantize %qb, scale %sb zero_point %zb {axes = array<i64: 1>} : tensor<3x2xi8>, tensor<2xf32>, tensor<2xi8> -> tensor<3x2xf32>
  %y = linalg.matmul ins(%a, %b : tensor<4x3xf32>, tensor<3x2xf32>) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}

// -----

// A loop that only the lhs has adds the other terms as often as it runs.
// CHECK-LABEL: func @repeats
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]} ins(%{{.*}} : tensor<3x2xi8>)
// CHECK: arith.muli %{{.*}}, %c5_i32
// CHECK: arith.muli %{{.*}}, %c15_i32
// CHECK: arith.subi
// CHECK: qnn.term = "column_sum"
func.func @repeats(%qa: tensor<4x3x5xi8>, %qb: tensor<3x2xi8>, %z: tensor<i8>, %s: tensor<f32>, %e: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %a = qnn.dequantize %qa, scale %s zero_point %z : tensor<4x3x5xi8>, tensor<f32>, tensor<i8> -> tensor<4x3x5xf32>
  %b = qnn.dequantize %qb, scale %s zero_point %z : tensor<3x2xi8>, tensor<f32>, tensor<i8> -> tensor<3x2xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(m, n, k, l) -> (m, k, l)>, affine_map<(m, n, k, l) -> (k, n)>, affine_map<(m, n, k, l) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%a, %b : tensor<4x3x5xf32>, tensor<3x2xf32>) outs(%e : tensor<4x2xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %m = arith.mulf %p, %q : f32
    %r = arith.addf %o, %m : f32
    linalg.yield %r : f32
  } -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}
