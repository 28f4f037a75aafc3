// RUN: quant-opt %s -qnn-lower-symmetric -qnn-lower-asymmetric -verify-lowered -canonicalize -split-input-file -mlir-print-local-scope | FileCheck %s

// The blocks become a parallel loop of the contraction; the scaled parts are
// added in ascending order.
// CHECK-LABEL: func @rhs
// CHECK-SAME: %[[A:[a-z0-9]+]]: tensor<4x64xi8>, %[[B:[a-z0-9]+]]: tensor<64x16xi8>
// CHECK: %[[EA:.*]] = tensor.expand_shape %[[A]] {{.*}} into tensor<4x2x32xi8>
// CHECK: %[[EB:.*]] = tensor.expand_shape %[[B]] {{.*}} into tensor<2x32x16xi8>
// CHECK: %[[ACC:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d1, d0, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d3, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
// CHECK-SAME: ins(%[[EA]], %[[EB]] : {{.*}}) outs(%{{.*}} : tensor<2x4x16xi32>) attrs = {qnn.site = "fc"
// CHECK: %[[PARTS:.*]] = qnn.dequantize %[[ACC]], scale %{{.*}} {axes = array<i64: 0, 2>} : tensor<2x4x16xi32>, tensor<2x16xf32>
// CHECK: %[[P0:.*]] = tensor.extract_slice %[[PARTS]][0, 0, 0]
// CHECK: %[[P1:.*]] = tensor.extract_slice %[[PARTS]][1, 0, 0]
// CHECK: %[[SUM:.*]] = linalg.generic {{.*}} ins(%[[P0]], %[[P1]] :
// CHECK: arith.addf
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %[[SUM]] :
func.func @rhs(%qa: tensor<4x64xi8>, %qb: tensor<64x16xi8>, %sa: tensor<f32>, %sb: tensor<2x16xf32>, %e: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %a = qnn.dequantize %qa, scale %sa : tensor<4x64xi8>, tensor<f32> -> tensor<4x64xf32>
  %b = qnn.dequantize %qb, scale %sb {axes = array<i64: 0, 1>, blocks = array<i64: 32, 1>} : tensor<64x16xi8>, tensor<2x16xf32> -> tensor<64x16xf32>
  %y = linalg.matmul {qnn.site = "fc"} ins(%a, %b : tensor<4x64xf32>, tensor<64x16xf32>) outs(%e : tensor<4x16xf32>) -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

// A last block that is shorter is padded; the constant at compile time, with
// any value, because the other operand has its zero point there.
// CHECK-LABEL: func @short_block
// CHECK-SAME: %[[A:[a-z0-9]+]]: tensor<4x5xi8>, %{{.*}}: tensor<f32>, %[[ZA:[a-z0-9]+]]: tensor<i8>
// CHECK: %[[B:.*]] = arith.constant dense<{{\[\[\[}}1, 2], [3, 4], [5, 6]], {{\[\[}}7, 8], [9, 10], [0, 0]]]> : tensor<2x3x2xi8>
// CHECK: %[[PAD:.*]] = tensor.pad %[[A]] low[0, 0] high[0, 1]
// CHECK: tensor.extract %[[ZA]][]
// CHECK: %[[EA:.*]] = tensor.expand_shape %[[PAD]] {{.*}} into tensor<4x2x3xi8>
// CHECK: linalg.generic {{.*}} ins(%[[EA]], %[[B]] : tensor<4x2x3xi8>, tensor<2x3x2xi8>)
// The number of products is that of a block.
// CHECK: arith.muli %{{.*}}, %c3_i32
// CHECK: qnn.term = "column_sum"
// CHECK: qnn.term = "row_sum"
// CHECK: qnn.dequantize %{{.*}} {axes = array<i64: 0, 2>} : tensor<2x4x2xi32>, tensor<2x2xf32>
func.func @short_block(%qa: tensor<4x5xi8>, %sa: tensor<f32>, %za: tensor<i8>, %e: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %c0 = arith.constant 0.0 : f32
  %zero = linalg.fill ins(%c0 : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %qb = arith.constant dense<[[1, 2], [3, 4], [5, 6], [7, 8], [9, 10]]> : tensor<5x2xi8>
  %sb = arith.constant dense<[[0.5, 1.0], [2.0, 4.0]]> : tensor<2x2xf32>
  %zb = arith.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi8>
  %a = qnn.dequantize %qa, scale %sa zero_point %za : tensor<4x5xi8>, tensor<f32>, tensor<i8> -> tensor<4x5xf32>
  %b = qnn.dequantize %qb, scale %sb zero_point %zb {axes = array<i64: 0, 1>, blocks = array<i64: 3, 1>} : tensor<5x2xi8>, tensor<2x2xf32>, tensor<2x2xi8> -> tensor<5x2xf32>
  %y = linalg.matmul ins(%a, %b : tensor<4x5xf32>, tensor<5x2xf32>) outs(%zero : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}

// -----

// Blocks of 4 and of 6 have parts of 2 in common.
// CHECK-LABEL: func @both
// CHECK: linalg.generic {indexing_maps = [affine_map<(d0) -> (d0 floordiv 2)>
// CHECK: linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0 floordiv 3, d1)>
// CHECK: linalg.generic {{.*}} ins(%{{.*}} : tensor<5x6x2xi8>, tensor<6x2x3xi8>) outs(%{{.*}} : tensor<6x5x3xi32>)
// The rhs scale first, then that of the lhs, which is not per tensor.
// CHECK: %[[Y:.*]] = qnn.dequantize %{{.*}} {axes = array<i64: 0, 2>} : tensor<6x5x3xi32>, tensor<6x3xf32>
// CHECK: %[[PARTS:.*]] = qnn.dequantize %[[Y]], scale %{{.*}} {axes = array<i64: 0>} : tensor<6x5x3xf32>, tensor<6xf32>
// CHECK: %[[P0:.*]] = tensor.extract_slice %[[PARTS]][0, 0, 0]
// CHECK: scf.for %[[I:.*]] = %c1 to %c6 step %c1 iter_args(%[[S:.*]] = %[[P0]])
// CHECK: %[[P:.*]] = tensor.extract_slice %[[PARTS]][%[[I]], 0, 0]
// CHECK: linalg.generic {{.*}} ins(%[[S]], %[[P]] :
// CHECK: arith.addf
func.func @both(%qa: tensor<5x12xi8>, %qb: tensor<12x3xi8>, %sa: tensor<3xf32>, %sb: tensor<2x3xf32>, %e: tensor<5x3xf32>) -> tensor<5x3xf32> {
  %a = qnn.dequantize %qa, scale %sa {axes = array<i64: 1>, blocks = array<i64: 4>} : tensor<5x12xi8>, tensor<3xf32> -> tensor<5x12xf32>
  %b = qnn.dequantize %qb, scale %sb {axes = array<i64: 0, 1>, blocks = array<i64: 6, 1>} : tensor<12x3xi8>, tensor<2x3xf32> -> tensor<12x3xf32>
  %y = linalg.matmul ins(%a, %b : tensor<5x12xf32>, tensor<12x3xf32>) outs(%e : tensor<5x3xf32>) -> tensor<5x3xf32>
  return %y : tensor<5x3xf32>
}

// -----

// Blocks of rows and of columns cut no sum: their parameters are repeated.
// CHECK-LABEL: func @rows_and_columns
// CHECK: %[[SB:.*]] = arith.constant dense<[5.000000e-01, 5.000000e-01, 5.000000e-01, 2.000000e+00]> : tensor<4xf32>
// CHECK: %[[SA:.*]] = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0 floordiv 2)>
// CHECK: %[[ACC:.*]] = linalg.matmul
// CHECK: %[[Y:.*]] = qnn.dequantize %[[ACC]], scale %[[SB]] {axes = array<i64: 1>}
// CHECK: qnn.dequantize %[[Y]], scale %[[SA]] {axes = array<i64: 0>}
// CHECK-NOT: scf.for
func.func @rows_and_columns(%qa: tensor<5x12xi8>, %qb: tensor<12x4xi8>, %sa: tensor<3xf32>, %e: tensor<5x4xf32>) -> tensor<5x4xf32> {
  %sb = arith.constant dense<[0.5, 2.0]> : tensor<2xf32>
  %a = qnn.dequantize %qa, scale %sa {axes = array<i64: 0>, blocks = array<i64: 2>} : tensor<5x12xi8>, tensor<3xf32> -> tensor<5x12xf32>
  %b = qnn.dequantize %qb, scale %sb {axes = array<i64: 1>, blocks = array<i64: 3>} : tensor<12x4xi8>, tensor<2xf32> -> tensor<12x4xf32>
  %y = linalg.matmul ins(%a, %b : tensor<5x12xf32>, tensor<12x4xf32>) outs(%e : tensor<5x4xf32>) -> tensor<5x4xf32>
  return %y : tensor<5x4xf32>
}

// -----

// No products, no blocks: the result is what it starts from.
// CHECK-LABEL: func @nothing
// CHECK-SAME: %[[E:[a-z0-9]+]]: tensor<4x2xf32>) ->
// CHECK-NEXT: return %[[E]]
func.func @nothing(%qa: tensor<4x0xi8>, %qb: tensor<0x2xi8>, %sa: tensor<f32>, %sb: tensor<0x2xf32>, %e: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %a = qnn.dequantize %qa, scale %sa : tensor<4x0xi8>, tensor<f32> -> tensor<4x0xf32>
  %b = qnn.dequantize %qb, scale %sb {axes = array<i64: 0, 1>, blocks = array<i64: 3, 1>} : tensor<0x2xi8>, tensor<0x2xf32> -> tensor<0x2xf32>
  %y = linalg.matmul ins(%a, %b : tensor<4x0xf32>, tensor<0x2xf32>) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}

// -----

// A scale for each product, and blocks along the taps of a window.
// CHECK-LABEL: func @stays_float
// CHECK: linalg.conv_1d_nwc_wcf {qnn.float_reason = "parameters vary in blocks along loop 3, which slides over an operand or its padding"}
// CHECK: linalg.conv_1d_nwc_wcf {qnn.float_reason = "the parameters of operand 1 vary along dimension 1, which is summed over"}
func.func @stays_float(%qa: tensor<1x8x2xi8>, %qb: tensor<4x2x3xi8>, %sa: tensor<f32>, %sb: tensor<2xf32>, %sc: tensor<2xf32>, %e: tensor<1x5x3xf32>) -> (tensor<1x5x3xf32>, tensor<1x5x3xf32>) {
  %a = qnn.dequantize %qa, scale %sa : tensor<1x8x2xi8>, tensor<f32> -> tensor<1x8x2xf32>
  %b = qnn.dequantize %qb, scale %sb {axes = array<i64: 0>, blocks = array<i64: 2>} : tensor<4x2x3xi8>, tensor<2xf32> -> tensor<4x2x3xf32>
  %c = qnn.dequantize %qb, scale %sc {axes = array<i64: 1>} : tensor<4x2x3xi8>, tensor<2xf32> -> tensor<4x2x3xf32>
  %y = linalg.conv_1d_nwc_wcf ins(%a, %b : tensor<1x8x2xf32>, tensor<4x2x3xf32>) outs(%e : tensor<1x5x3xf32>) -> tensor<1x5x3xf32>
  %z = linalg.conv_1d_nwc_wcf ins(%a, %c : tensor<1x8x2xf32>, tensor<4x2x3xf32>) outs(%e : tensor<1x5x3xf32>) -> tensor<1x5x3xf32>
  return %y, %z : tensor<1x5x3xf32>, tensor<1x5x3xf32>
}
