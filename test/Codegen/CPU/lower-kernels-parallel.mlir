// RUN: quant-opt %s --codegen-cpu-lower-kernels=parallel --canonicalize --split-input-file | FileCheck %s
// RUN: quant-opt %s --codegen-cpu-lower-kernels --split-input-file | FileCheck %s --check-prefix=SERIAL

// SERIAL-NOT: scf.parallel

#schedule = #qnn_cpu.schedule<dot = fma, lanes = 4, rows = 4, registers = 2, unroll = 1, prefetch = 8>

// Five panels, of which the last has one register only, by three pieces of the
// rows: eleven tiles of 4 rows and two of 3. The first tile of a piece
// prefetches, if it is one of 4.
// CHECK-LABEL: @pieces
//       CHECK: scf.parallel (%[[P:.*]], %[[T:.*]]) = (%c0, %c0) to (%c5, %c3) step (%c1, %c1)
//   CHECK-DAG:   %[[T13:.*]] = arith.muli %[[T]], %c13
//   CHECK-DAG:   %[[FROM:.*]] = arith.divui %[[T13]], %c3
//   CHECK-DAG:   %[[TO:.*]] = arith.divui %{{.*}}, %c3
//   CHECK-DAG:   %[[NEXT_PANEL:.*]] = arith.addi %[[P]], %c1
//       CHECK:   %[[FULL:.*]] = arith.minsi %[[NEXT_PANEL]], %c4
//       CHECK:   scf.for %{{.*}} = %[[P]] to %[[FULL]]
//       CHECK:     %[[LARGE:.*]] = arith.minsi %[[TO]], %c11
//       CHECK:     %[[SECOND:.*]] = arith.addi %[[FROM]], %c1
//       CHECK:     %[[FIRST:.*]] = arith.minsi %[[SECOND]], %c11
//       CHECK:     scf.for %{{.*}} = %[[FROM]] to %[[FIRST]]
//       CHECK:       memref.prefetch
//       CHECK:     scf.for %{{.*}} = %[[SECOND]] to %[[LARGE]]
//   CHECK-NOT:       memref.prefetch
//       CHECK:       -> (vector<4x2x4xf32>)
//       CHECK:     %[[SMALL:.*]] = arith.maxsi %[[FROM]], %c11
//       CHECK:     scf.for %{{.*}} = %[[SMALL]] to %[[TO]]
//       CHECK:       -> (vector<3x2x4xf32>)
//       CHECK:   %[[REST:.*]] = arith.maxsi %[[P]], %c4
//       CHECK:   scf.for %{{.*}} = %[[REST]] to %[[NEXT_PANEL]]
//       CHECK:       -> (vector<4x1x4xf32>)
func.func @pieces(%a: memref<50x512xf32>, %w: memref<5x512x8xf32>, %d: memref<50x36xf32>) {
  qnn_cpu.contract lhs(%a : memref<50x512xf32>) rhs(%w : memref<5x512x8xf32>) outs(%d : memref<50x36xf32>)
      attributes {maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (m, n)>],
                  bounds = array<i64: 50, 36, 512>, num_batch = 0 : i64, num_m = 1 : i64, segment_dims = 1 : i64,
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
func.func @little(%a: memref<50x64xf32>, %w: memref<5x64x8xf32>, %d: memref<50x36xf32>) {
  qnn_cpu.contract lhs(%a : memref<50x64xf32>) rhs(%w : memref<5x64x8xf32>) outs(%d : memref<50x36xf32>)
      attributes {maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (m, n)>],
                  bounds = array<i64: 50, 36, 64>, num_batch = 0 : i64, num_m = 1 : i64, segment_dims = 1 : i64,
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
//       CHECK: scf.parallel (%{{.*}}, %{{.*}}) = (%c0, %c0) to (%c2, %c4) step (%c1, %c1)
func.func @pack(%s: memref<2x512x128xf32>, %p: memref<2x16x512x8xf32>) {
  qnn_cpu.pack source(%s : memref<2x512x128xf32>) outs(%p : memref<2x16x512x8xf32>)
      {map = affine_map<(b, n, k) -> (b, k, n)>, bounds = array<i64: 2, 128, 512>, num_batch = 1 : i64,
       segment_dims = 1 : i64, schedule = #schedule}
  return
}
