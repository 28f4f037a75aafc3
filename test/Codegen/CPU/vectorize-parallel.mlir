// RUN: quant-opt %s -split-input-file -codegen-cpu-vectorize="vector-bits=512 parallel" -canonicalize | FileCheck %s

// The outer loops fall into pieces, the inner ones stay as they are. A piece of
// the second dimension has two or three of its 40 positions.
// CHECK-LABEL: func.func @elementwise(
// CHECK:         scf.parallel (%[[P:.*]], %[[Q:.*]]) = (%c0, %c0) to (%c2, %c16) step (%c1, %c1) {
// CHECK-DAG:       %[[Q40:.*]] = arith.muli %[[Q]], %c40
// CHECK-DAG:       %[[FROM:.*]] = arith.divui %[[Q40]], %c16
// CHECK-DAG:       %[[TO:.*]] = arith.divui %{{.*}}, %c16
// CHECK:           scf.for %[[I:.*]] =
// CHECK:             scf.for %[[J:.*]] = %[[FROM]] to %[[TO]] step %c1 {
// CHECK:               scf.for %[[K:.*]] = %c0 to %c1024 step %c16 {
// CHECK:                 vector.load %{{.*}}[%[[I]], %[[J]], %[[K]]]
func.func @elementwise(%x: memref<3x40x1024xf32>, %y: memref<3x40x1024xf32>) {
  linalg.exp ins(%x : memref<3x40x1024xf32>) outs(%y : memref<3x40x1024xf32>)
  return
}

// -----

// A reduction is never split, only the loops around it.
// CHECK-LABEL: func.func @rowSums(
// CHECK:         scf.parallel (%{{.*}}) = (%c0) to (%c16) step (%c1) {
// CHECK:           scf.for %{{.*}} = %{{.*}} to %{{.*}} step %c1 {
// CHECK:             scf.for %{{.*}} = %c0 to %c4096 step %c32 iter_args
func.func @rowSums(%x: memref<128x4096xf32>, %y: memref<128xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
                  iterator_types = ["parallel", "reduction"]}
    ins(%x : memref<128x4096xf32>) outs(%y : memref<128xf32>) {
  ^bb0(%a: f32, %s: f32):
    %n = arith.addf %a, %s : f32
    linalg.yield %n : f32
  }
  return
}

// -----

// Nor is what writes an element more than once.
// CHECK-LABEL: func.func @dependent(
// CHECK-NOT:     scf.parallel
func.func @dependent(%x: memref<128x4096xf32>, %y: memref<4096xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>],
                  iterator_types = ["parallel", "parallel"]}
    ins(%x : memref<128x4096xf32>) outs(%y : memref<4096xf32>) {
  ^bb0(%a: f32, %s: f32):
    linalg.yield %a : f32
  }
  return
}
