// RUN: quant-opt %s -split-input-file -codegen-cpu-vectorize="vector-bits=512 parallel" -canonicalize | FileCheck %s

// The outer loops fall into pieces, the inner ones stay as they are. A piece of
// the second dimension has 13 or 14 of its 40 positions.
// CHECK-LABEL: func.func @elementwise(
// CHECK:         scf.parallel (%[[I:.*]], %[[P:.*]]) = (%c0, %c0) to (%c3, %c3) step (%c1, %c1) {
// CHECK:           %[[P40:.*]] = arith.muli %[[P]], %c40
// CHECK:           %[[FROM:.*]] = arith.divui %[[P40]], %c3
// CHECK:           %[[TO:.*]] = arith.divui %{{.*}}, %c3
// CHECK:           scf.for %[[J:.*]] = %[[FROM]] to %[[TO]] step %c1 {
// CHECK:             scf.for %[[K:.*]] = %c0 to %c1024 step %c16 {
// CHECK:               vector.load %{{.*}}[%[[I]], %[[J]], %[[K]]]
func.func @elementwise(%x: memref<3x40x1024xf32>, %y: memref<3x40x1024xf32>) {
  linalg.exp ins(%x : memref<3x40x1024xf32>) outs(%y : memref<3x40x1024xf32>)
  return
}

// -----

// A reduction is never split, only the loops around it.
// CHECK-LABEL: func.func @rowSums(
// CHECK:         scf.parallel (%{{.*}}) = (%c0) to (%c6) step (%c1) {
// CHECK:           scf.for %{{.*}} = %{{.*}} to %{{.*}} step %c1 {
// CHECK:             scf.for %{{.*}} = %c0 to %c4096 step %c16 iter_args
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
