// RUN: quant-opt %s -split-input-file -verify-diagnostics -codegen-cpu-vectorize="vector-bits=512" -canonicalize | FileCheck %s

// 35 = 2 * 16 + 3: a loop over full vectors and one vector of 3. What changes
// with the row only is loaded and computed once a row.
// CHECK-LABEL: func.func @elementwise(
// CHECK-SAME:    %[[X:.*]]: memref<4x35xf32>, %[[S:.*]]: memref<4xf32>, %[[Y:.*]]: memref<4x35xf32>)
// CHECK:         scf.for %[[I:.*]] = %c0 to %c4 step %c1 {
// CHECK:           %[[SCALE:.*]] = memref.load %[[S]][%[[I]]]
// CHECK:           %[[ROOT:.*]] = math.sqrt %[[SCALE]] : f32
// CHECK:           scf.for %[[J:.*]] = %c0 to %c32 step %c16 {
// CHECK:             %[[V:.*]] = vector.load %[[X]][%[[I]], %[[J]]] : memref<4x35xf32>, vector<16xf32>
// CHECK:             %[[B:.*]] = vector.broadcast %[[ROOT]] : f32 to vector<16xf32>
// CHECK:             %[[P:.*]] = arith.mulf %[[V]], %[[B]] : vector<16xf32>
// CHECK:             vector.store %[[P]], %[[Y]][%[[I]], %[[J]]]
// CHECK:           }
// CHECK:           vector.load %[[X]][%[[I]], %c32] : memref<4x35xf32>, vector<3xf32>
func.func @elementwise(%x: memref<4x35xf32>, %s: memref<4xf32>, %y: memref<4x35xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>],
                  iterator_types = ["parallel", "parallel"]}
    ins(%x, %s : memref<4x35xf32>, memref<4xf32>) outs(%y : memref<4x35xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %r = math.sqrt %b : f32
    %p = arith.mulf %a, %r : f32
    linalg.yield %p : f32
  }
  return
}

// -----

// A reduction along the contiguous dimension: 32 lanes add up separately, of
// which the last three elements meet three, and are combined halves first; the
// initial value comes last.
// CHECK-LABEL: func.func @rowSums(
// CHECK-SAME:    %[[X:.*]]: memref<4x67xf32>, %[[Y:.*]]: memref<4xf32>)
// CHECK:         scf.for %[[I:.*]] = %c0
// CHECK:           %[[LANES:.*]]:2 = scf.for %[[J:.*]] = %c0 to %c64 step %c32 iter_args(%[[A:.*]] = %{{.*}}, %[[B:.*]] = %{{.*}}) -> (vector<16xf32>, vector<16xf32>)
// CHECK:             %[[V:.*]] = vector.load %[[X]][%[[I]], %[[J]]]
// CHECK:             arith.addf %[[A]], %[[V]] : vector<16xf32>
// CHECK:             %[[K:.*]] = arith.addi %[[J]], %c16
// CHECK:             %[[W:.*]] = vector.load %[[X]][%[[I]], %[[K]]]
// CHECK:             arith.addf %[[B]], %[[W]] : vector<16xf32>
// CHECK:           %[[THREE:.*]] = vector.extract_strided_slice %[[LANES]]#0 {offsets = [0], sizes = [3]
// CHECK:           %[[LAST:.*]] = vector.load %[[X]][%[[I]], %c64] : memref<4x67xf32>, vector<3xf32>
// CHECK:           %[[ADDED:.*]] = arith.addf %[[THREE]], %[[LAST]] : vector<3xf32>
// CHECK:           %[[FIRST:.*]] = vector.insert_strided_slice %[[ADDED]], %[[LANES]]#0
// CHECK:           %[[HALF:.*]] = arith.addf %[[FIRST]], %[[LANES]]#1 : vector<16xf32>
// CHECK:           %[[LOW:.*]] = vector.extract_strided_slice %[[HALF]] {offsets = [0], sizes = [8]
// CHECK:           %[[HIGH:.*]] = vector.extract_strided_slice %[[HALF]] {offsets = [8], sizes = [8]
// CHECK:           arith.addf %[[LOW]], %[[HIGH]] : vector<8xf32>
// CHECK:           arith.addf %{{.*}} : vector<4xf32>
// CHECK:           memref.store %{{.*}}, %[[Y]][%[[I]]]
func.func @rowSums(%x: memref<4x67xf32>, %y: memref<4xf32>) {
  linalg.reduce { arith.addf } ins(%x : memref<4x67xf32>) outs(%y : memref<4xf32>) dimensions = [1]
  return
}

// -----

// A reduction along rows keeps the columns of the result in a register.
// CHECK-LABEL: func.func @columnSums(
// CHECK:         scf.for %[[J:.*]] = %c0 to %c32 step %c16
// CHECK:           %[[INIT:.*]] = vector.load %{{.*}}[%[[J]]]
// CHECK:           %[[SUM:.*]] = scf.for %{{.*}} = %c0 to %c4 step %c1 iter_args(%{{.*}} = %[[INIT]]) -> (vector<16xf32>)
// CHECK:           vector.store %[[SUM]]
func.func @columnSums(%x: memref<4x32xf32>, %y: memref<32xf32>) {
  linalg.reduce { arith.addf } ins(%x : memref<4x32xf32>) outs(%y : memref<32xf32>) dimensions = [0]
  return
}

// -----

// Rows of a table: the index is computed once a row.
// CHECK-LABEL: func.func @gather(
// CHECK:         scf.for %[[I:.*]] = %c0 to %c4 step %c1 {
// CHECK:           %[[ID:.*]] = memref.load
// CHECK:           %[[ROW:.*]] = arith.index_cast %[[ID]] : i32 to index
// CHECK:           scf.for %[[J:.*]] = %c0 to %c32 step %c16 {
// CHECK:             vector.load %{{.*}}[%[[ROW]], %[[J]]] : memref<9x32xf32>, vector<16xf32>
func.func @gather(%table: memref<9x32xf32>, %ids: memref<4xi32>, %y: memref<4x32xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>],
                  iterator_types = ["parallel", "parallel"]}
    ins(%ids : memref<4xi32>) outs(%y : memref<4x32xf32>) {
  ^bb0(%a: i32, %o: f32):
    %k = arith.index_cast %a : i32 to index
    %j = linalg.index 1 : index
    %v = memref.load %table[%k, %j] : memref<9x32xf32>
    linalg.yield %v : f32
  }
  return
}

// -----

// Copies between buffers with gaps are loops, others one memcpy.
// CHECK-LABEL: func.func @copies(
// CHECK:         memref.copy
// CHECK:         vector.load %{{.*}} : memref<4x16xf32, strided<[32, 1]>>, vector<16xf32>
// CHECK-NOT:     memref.copy
func.func @copies(%x: memref<4x16xf32>, %y: memref<4x16xf32>, %z: memref<4x16xf32, strided<[32, 1]>>) {
  memref.copy %x, %y : memref<4x16xf32> to memref<4x16xf32>
  memref.copy %z, %y : memref<4x16xf32, strided<[32, 1]>> to memref<4x16xf32>
  return
}

// -----

// Nothing is left of an op without iterations.
// CHECK-LABEL: func.func @empty(
// CHECK-NEXT:    return
func.func @empty(%x: memref<0x4xf32>, %y: memref<f32>) {
  linalg.reduce { arith.addf } ins(%x : memref<0x4xf32>) outs(%y : memref<f32>) dimensions = [0, 1]
  return
}

// -----

func.func @tensors(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{expected operands that are buffers}}
  %0 = linalg.exp ins(%x : tensor<4xf32>) outs(%x : tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
