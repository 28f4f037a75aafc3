// RUN: quant-opt %s -qnn-fuse-zero-points -qnn-fuse-sums -verify-no-zero-point-traffic -split-input-file | FileCheck %s
// RUN: quant-opt %s -qnn-lower-asymmetric -qnn-fuse-zero-points -qnn-fuse-sums -verify-no-zero-point-traffic -split-input-file | FileCheck %s --check-prefix=LOWERED

#id = affine_map<(m, n) -> (m, n)>
#col = affine_map<(m, n) -> (n)>

// IR that somebody else wrote: a bias and a correction after an i32 matmul.
// CHECK-LABEL: func @by_hand
func.func @by_hand(%a: tensor<4x8xi8>, %b: tensor<8x3xi8>) -> tensor<4x3xi32> {
  %bias = arith.constant dense<[10, 20, 30]> : tensor<3xi32>
  %t = arith.constant dense<[1, 2, 3]> : tensor<3xi32>
  %c0 = arith.constant 0 : i32
  %e = tensor.empty() : tensor<4x3xi32>
  %zero = linalg.fill ins(%c0 : i32) outs(%e : tensor<4x3xi32>) -> tensor<4x3xi32>
  // CHECK: %[[V:.*]] = arith.constant dense<[5, 10, 15]> : tensor<3xi32>
  // CHECK: %[[INIT:.*]] = linalg.broadcast ins(%[[V]] : tensor<3xi32>) outs(%{{.*}} : tensor<4x3xi32>) dimensions = [0]
  // CHECK: %[[ACC:.*]] = linalg.matmul {qnn.terms = {constant = "accumulator init"}} {{.*}} outs(%[[INIT]] : tensor<4x3xi32>)
  // CHECK: return %[[ACC]]
  %d = linalg.matmul ins(%a, %b : tensor<4x8xi8>, tensor<8x3xi8>) outs(%zero : tensor<4x3xi32>) -> tensor<4x3xi32>
  %1 = linalg.generic {indexing_maps = [#id, #col, #id], iterator_types = ["parallel", "parallel"]}
      ins(%d, %bias : tensor<4x3xi32>, tensor<3xi32>) outs(%e : tensor<4x3xi32>) {
  ^bb0(%x: i32, %y: i32, %out: i32):
    %r = arith.addi %y, %x : i32
    linalg.yield %r : i32
  } -> tensor<4x3xi32>
  %2 = linalg.generic {indexing_maps = [#id, #col, #id], iterator_types = ["parallel", "parallel"]}
      ins(%1, %t : tensor<4x3xi32>, tensor<3xi32>) outs(%e : tensor<4x3xi32>) {
  ^bb0(%x: i32, %y: i32, %out: i32):
    %c5 = arith.constant 5 : i32
    %m = arith.muli %y, %c5 : i32
    %r = arith.subi %x, %m : i32
    linalg.yield %r : i32
  } -> tensor<4x3xi32>
  return %2 : tensor<4x3xi32>
}

// -----

// The result is used twice: both uses must see it without the term.
#id = affine_map<(m, n) -> (m, n)>
#col = affine_map<(m, n) -> (n)>
// CHECK-LABEL: func @two_uses
func.func @two_uses(%a: tensor<4x8xi8>, %b: tensor<8x3xi8>) -> (tensor<4x3xi32>, tensor<4x3xi32>) {
  %bias = arith.constant dense<[10, 20, 30]> : tensor<3xi32>
  %c0 = arith.constant 0 : i32
  %e = tensor.empty() : tensor<4x3xi32>
  %zero = linalg.fill ins(%c0 : i32) outs(%e : tensor<4x3xi32>) -> tensor<4x3xi32>
  // CHECK-NOT: linalg.broadcast
  // CHECK: linalg.matmul ins
  // CHECK: linalg.generic
  %d = linalg.matmul ins(%a, %b : tensor<4x8xi8>, tensor<8x3xi8>) outs(%zero : tensor<4x3xi32>) -> tensor<4x3xi32>
  %1 = linalg.generic {indexing_maps = [#id, #col, #id], iterator_types = ["parallel", "parallel"]}
      ins(%d, %bias : tensor<4x3xi32>, tensor<3xi32>) outs(%e : tensor<4x3xi32>) {
  ^bb0(%x: i32, %y: i32, %out: i32):
    %r = arith.addi %x, %y : i32
    linalg.yield %r : i32
  } -> tensor<4x3xi32>
  return %d, %1 : tensor<4x3xi32>, tensor<4x3xi32>
}

// -----

// Weights and zero points are constants, the rhs is asymmetric too: the column
// sums are numbers, the row sums come from the op that quantizes.
// LOWERED-LABEL: func @both_sides
// LOWERED-SAME: %[[X:[a-z0-9]+]]: tensor<4x2xf32>
func.func @both_sides(%x: tensor<4x2xf32>) -> tensor<4x3xf32> {
  %w = arith.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi8>
  %s = arith.constant dense<0.5> : tensor<f32>
  %za = arith.constant dense<5> : tensor<i8>
  %zb = arith.constant dense<-3> : tensor<i8>
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x3xf32>
  %zero = linalg.fill ins(%c0 : f32) outs(%e : tensor<4x3xf32>) -> tensor<4x3xf32>
  // LOWERED: %[[Q:.*]]:2 = linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]} ins(%[[X]],
  // LOWERED: linalg.yield %{{.*}}, %{{.*}} : i8, i32
  %q = qnn.quantize %x, scale %s zero_point %za : tensor<4x2xf32>, tensor<f32>, tensor<i8> -> tensor<4x2xi8>
  %a = qnn.dequantize %q, scale %s zero_point %za : tensor<4x2xi8>, tensor<f32>, tensor<i8> -> tensor<4x2xf32>
  %b = qnn.dequantize %w, scale %s zero_point %zb : tensor<2x3xi8>, tensor<f32>, tensor<i8> -> tensor<2x3xf32>
  // -5 * [5, 7, 9] + 2 * 5 * -3
  // LOWERED: %[[V:.*]] = arith.constant dense<[-55, -65, -75]> : tensor<3xi32>
  // LOWERED: %[[INIT:.*]] = linalg.broadcast ins(%[[V]]
  // LOWERED: linalg.matmul {qnn.terms = {column_sum = "accumulator init", constant = "accumulator init", row_sum = "sum by the producer of lhs, applied in the epilogue"}}
  // LOWERED-SAME: ins(%[[Q]]#0, %{{.*}}) outs(%[[INIT]]
  // LOWERED: linalg.generic {{.*}} ins(%{{.*}}, %[[Q]]#1 : tensor<i8>, tensor<4xi32>)
  %y = linalg.matmul ins(%a, %b : tensor<4x2xf32>, tensor<2x3xf32>) outs(%zero : tensor<4x3xf32>) -> tensor<4x3xf32>
  return %y : tensor<4x3xf32>
}
