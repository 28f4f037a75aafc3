// RUN: quant-opt %s -split-input-file -codegen-cpu-fuse-elementwise | FileCheck %s

// A chain of elementwise ops, a broadcast and a fill becomes one op.
// CHECK-LABEL: func.func @chain(
// CHECK-COUNT-1: linalg.generic
// CHECK:           arith.addf
// CHECK:           math.exp
// CHECK:           arith.mulf
// CHECK-NOT:     linalg.generic
// CHECK-NOT:     linalg.broadcast
func.func @chain(%x: tensor<4x8xf32>, %b: tensor<8xf32>) -> tensor<4x8xf32> {
  %c = arith.constant 2.0 : f32
  %e = tensor.empty() : tensor<4x8xf32>
  %f = linalg.fill ins(%c : f32) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  %0 = linalg.broadcast ins(%b : tensor<8xf32>) outs(%e : tensor<4x8xf32>) dimensions = [0]
  %1 = linalg.add ins(%x, %0 : tensor<4x8xf32>, tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  %2 = linalg.exp ins(%1 : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  %3 = linalg.mul ins(%2, %f : tensor<4x8xf32>, tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %3 : tensor<4x8xf32>
}

// -----

// What two ops need is computed once.
// CHECK-LABEL: func.func @shared(
// CHECK-COUNT-3: linalg.generic
func.func @shared(%x: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  %e = tensor.empty() : tensor<4x8xf32>
  %0 = linalg.exp ins(%x : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  %1 = linalg.add ins(%0, %x : tensor<4x8xf32>, tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  %2 = linalg.mul ins(%0, %x : tensor<4x8xf32>, tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %1, %2 : tensor<4x8xf32>, tensor<4x8xf32>
}

// -----

// A function of columns is not computed again in every row; a function of rows
// is computed once a row anyway.
// CHECK-LABEL: func.func @broadcasts(
// CHECK:         %[[COLUMNS:.*]] = linalg.generic
// CHECK:           math.exp
// CHECK:         linalg.generic {{.*}} ins(%{{.*}}, %{{.*}}, %[[COLUMNS]]
// CHECK:           math.sqrt
func.func @broadcasts(%x: tensor<4x8xf32>, %rows: tensor<4xf32>, %columns: tensor<8xf32>) -> tensor<4x8xf32> {
  %e4 = tensor.empty() : tensor<4xf32>
  %e8 = tensor.empty() : tensor<8xf32>
  %e = tensor.empty() : tensor<4x8xf32>
  %0 = linalg.sqrt ins(%rows : tensor<4xf32>) outs(%e4 : tensor<4xf32>) -> tensor<4xf32>
  %1 = linalg.exp ins(%columns : tensor<8xf32>) outs(%e8 : tensor<8xf32>) -> tensor<8xf32>
  %2 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>],
                       iterator_types = ["parallel", "parallel"]}
    ins(%x, %0, %1 : tensor<4x8xf32>, tensor<4xf32>, tensor<8xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32, %o: f32):
    %p = arith.mulf %a, %b : f32
    %q = arith.mulf %p, %c : f32
    linalg.yield %q : f32
  } -> tensor<4x8xf32>
  return %2 : tensor<4x8xf32>
}

// -----

// Contractions keep their operands and their name.
// CHECK-LABEL: func.func @contraction(
// CHECK:         linalg.generic
// CHECK:         linalg.matmul
// CHECK:         linalg.generic
func.func @contraction(%x: tensor<4x8xf32>, %w: tensor<8x8xf32>, %z: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %e = tensor.empty() : tensor<4x8xf32>
  %0 = linalg.exp ins(%x : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  %1 = linalg.matmul ins(%0, %w : tensor<4x8xf32>, tensor<8x8xf32>) outs(%z : tensor<4x8xf32>) -> tensor<4x8xf32>
  %2 = linalg.exp ins(%1 : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %2 : tensor<4x8xf32>
}

// -----

// The packed operand (it has the innermost dimension of the result) is read in
// any order, the other one if k stays innermost.
// CHECK-DAG:   #[[LHS:.*]] = affine_map<(d0, d1, d2, d3) -> (d1, d0, d3)>
// CHECK-DAG:   #[[RHS:.*]] = affine_map<(d0, d1, d2, d3) -> (d2, d0, d3)>
// CHECK-LABEL: func.func @attention(
// CHECK-SAME:    %[[Q:.*]]: tensor<8x4x16xf32>, %[[K:.*]]: tensor<8x4x16xf32>
// CHECK-NEXT:    linalg.generic {indexing_maps = [#[[LHS]], #[[RHS]], #{{.*}}]
// CHECK-SAME:      ins(%[[Q]], %[[K]]
// CHECK-SAME:      qnn.site = "qk"
func.func @attention(%q: tensor<8x4x16xf32>, %k: tensor<8x4x16xf32>, %z: tensor<4x8x8xf32>) -> tensor<4x8x8xf32> {
  %e0 = tensor.empty() : tensor<4x8x16xf32>
  %e1 = tensor.empty() : tensor<4x16x8xf32>
  %0 = linalg.transpose ins(%q : tensor<8x4x16xf32>) outs(%e0 : tensor<4x8x16xf32>) permutation = [1, 0, 2]
  %1 = linalg.transpose ins(%k : tensor<8x4x16xf32>) outs(%e1 : tensor<4x16x8xf32>) permutation = [1, 2, 0]
  %2 = linalg.batch_matmul {qnn.site = "qk"} ins(%0, %1 : tensor<4x8x16xf32>, tensor<4x16x8xf32>) outs(%z : tensor<4x8x8xf32>) -> tensor<4x8x8xf32>
  return %2 : tensor<4x8x8xf32>
}
