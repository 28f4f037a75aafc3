// RUN: quant-opt %s --codegen-cpu-lower-kernels=parallel --canonicalize --split-input-file | FileCheck %s
// RUN: quant-opt %s --codegen-cpu-lower-kernels --split-input-file | FileCheck %s --check-prefix=SERIAL

// SERIAL-NOT: scf.parallel

#schedule = #qnn_cpu.schedule<dot = fma, lanes = 4, rows = 4, registers = 2, unroll = 1, prefetch = 8>

// Rows first, in pieces of at least 32: of the 25 tiles of 4 and the one of 3,
// half each; then the five panels, of which the last has one register only.
// The first tile of a piece prefetches, if it is one of 4.
// CHECK-LABEL: @pieces
//       CHECK: scf.parallel (%[[T:.*]], %[[P:.*]]) = (%c0, %c0) to (%c2, %c4) step (%c1, %c1)
//   CHECK-DAG:   %[[FROM:.*]] = arith.muli %[[T]], %c13
//   CHECK-DAG:   %[[TO:.*]] = arith.muli %{{.*}}, %c13
//   CHECK-DAG:   %[[P5:.*]] = arith.muli %[[P]], %c5
//   CHECK-DAG:   %[[PANEL:.*]] = arith.divui %[[P5]], %c4
//   CHECK-DAG:   %[[NEXT_PANEL:.*]] = arith.divui %{{.*}}, %c4
//       CHECK:   %[[FULL:.*]] = arith.minsi %[[NEXT_PANEL]], %c4
//       CHECK:   scf.for %{{.*}} = %[[PANEL]] to %[[FULL]]
//       CHECK:     %[[LARGE:.*]] = arith.minsi %[[TO]], %c25
//       CHECK:     %[[SECOND:.*]] = arith.addi %[[FROM]], %c1
//       CHECK:     %[[FIRST:.*]] = arith.minsi %[[SECOND]], %c25
//       CHECK:     scf.for %{{.*}} = %[[FROM]] to %[[FIRST]]
//       CHECK:       memref.prefetch
//       CHECK:     scf.for %{{.*}} = %[[SECOND]] to %[[LARGE]]
//   CHECK-NOT:       memref.prefetch
//       CHECK:       -> (vector<4x2x4xf32>)
//       CHECK:     %[[SMALL:.*]] = arith.maxsi %[[FROM]], %c25
//       CHECK:     scf.for %{{.*}} = %[[SMALL]] to %[[TO]]
//       CHECK:       -> (vector<3x2x4xf32>)
//       CHECK:   %[[REST:.*]] = arith.maxsi %[[PANEL]], %c4
//       CHECK:   scf.for %{{.*}} = %[[REST]] to %[[NEXT_PANEL]]
//       CHECK:       -> (vector<4x1x4xf32>)
func.func @pieces(%a: memref<103x48xf32>, %w: memref<5x48x8xf32>, %d: memref<103x36xf32>) {
  qnn_cpu.contract lhs(%a : memref<103x48xf32>) rhs(%w : memref<5x48x8xf32>) outs(%d : memref<103x36xf32>)
      attributes {maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (m, n)>],
                  bounds = array<i64: 103, 36, 48>, num_batch = 0 : i64, num_m = 1 : i64, segment_dims = 1 : i64,
                  lhs_kind = #qnn_cpu<lhs signed>, schedule = #schedule} {
  ^bb0(%acc: f32):
    qnn_cpu.yield %acc : f32
  }
  return
}

// -----

#schedule = #qnn_cpu.schedule<dot = fma, lanes = 4, rows = 4, registers = 2, unroll = 1, prefetch = 8>

// Work of less than two pieces stays in one.
// CHECK-LABEL: @little
//   CHECK-NOT: scf.parallel
func.func @little(%a: memref<50x16xf32>, %w: memref<5x16x8xf32>, %d: memref<50x36xf32>) {
  qnn_cpu.contract lhs(%a : memref<50x16xf32>) rhs(%w : memref<5x16x8xf32>) outs(%d : memref<50x36xf32>)
      attributes {maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (m, n)>],
                  bounds = array<i64: 50, 36, 16>, num_batch = 0 : i64, num_m = 1 : i64, segment_dims = 1 : i64,
                  lhs_kind = #qnn_cpu<lhs signed>, schedule = #schedule} {
  ^bb0(%acc: f32):
    qnn_cpu.yield %acc : f32
  }
  return
}

// -----

#schedule = #qnn_cpu.schedule<dot = fma, lanes = 4, rows = 4, registers = 2, unroll = 1, prefetch = 0>

// Packing goes by batch, then by panel.
// CHECK-LABEL: @pack
//       CHECK: scf.parallel (%{{.*}}, %{{.*}}) = (%c0, %c0) to (%c2, %c16) step (%c1, %c1)
func.func @pack(%s: memref<2x512x128xf32>, %p: memref<2x16x512x8xf32>) {
  qnn_cpu.pack source(%s : memref<2x512x128xf32>) outs(%p : memref<2x16x512x8xf32>)
      {map = affine_map<(b, n, k) -> (b, k, n)>, bounds = array<i64: 2, 128, 512>, num_batch = 1 : i64,
       segment_dims = 1 : i64, schedule = #schedule}
  return
}
