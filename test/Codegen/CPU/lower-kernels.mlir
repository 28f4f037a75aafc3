// RUN: quant-opt %s --codegen-cpu-lower-kernels --split-input-file | FileCheck %s

#schedule = #qnn_cpu.schedule<dot = vpdpbusd, lanes = 16, rows = 2, registers = 2, unroll = 1, prefetch = 8>

// 5 rows are a tile of 2 that prefetches, one of 2 and one of 1. 40 columns are
// a panel of two registers and one of half a register. 10 bytes of k are two
// groups and two bytes, of which no more are read.
// CHECK-LABEL: @tiles
//       CHECK: vector.insert %{{.*}} [1, 1] : vector<16xi32> into vector<2x2x16xi32>
//       CHECK: scf.for {{.*}} iter_args(%{{.*}}) -> (vector<2x2x16xi32>)
//       CHECK: memref.prefetch
//       CHECK: vector.load {{.*}} vector<4xi8>
//       CHECK: vector.bitcast {{.*}} vector<4xi8> to vector<1xi32>
//       CHECK: vector.broadcast {{.*}} vector<1xi32> to vector<16xi32>
//       CHECK: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"
//       CHECK: vector.maskedload {{.*}} vector<4xi8>
//       CHECK: arith.sitofp %{{.*}} : vector<16xi32> to vector<16xf32>
//       CHECK: vector.store {{.*}} vector<16xf32>
//   CHECK-NOT: memref.prefetch
//       CHECK: -> (vector<2x2x16xi32>)
//       CHECK: -> (vector<1x2x16xi32>)
//       CHECK: -> (vector<2x1x16xi32>)
//       CHECK: vector.maskedstore {{.*}} vector<16xi1>, vector<16xf32>
func.func @tiles(%a: memref<5x10xi8>, %w: memref<2x3x128xi8>, %c: memref<64xi32>, %d: memref<5x40xf32>) {
  qnn_cpu.contract lhs(%a : memref<5x10xi8>) rhs(%w : memref<2x3x128xi8>) correction(%c : memref<64xi32>)
      outs(%d : memref<5x40xf32>)
      attributes {maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (m, n)>],
                  bounds = array<i64: 5, 40, 10>, num_batch = 0 : i64, num_m = 1 : i64, segment_dims = 1 : i64,
                  lhs_kind = #qnn_cpu<lhs offset>, schedule = #schedule} {
  ^bb0(%acc: i32):
    %f = arith.sitofp %acc : i32 to f32
    qnn_cpu.yield %f : f32
  }
  return
}

// -----

#schedule = #qnn_cpu.schedule<dot = fma, lanes = 4, rows = 4, registers = 1, unroll = 1, prefetch = 0>

// Rows of a convolution are points of the image: their offsets are computed
// from the point. The rows of the window are segments of k.
// CHECK-LABEL: @convolution
//       CHECK: affine.delinearize_index
//       CHECK: scf.for {{.*}} -> (vector<4x1x4xf32>)
//       CHECK:   scf.for {{.*}} -> (vector<4x1x4xf32>)
//       CHECK:     math.fma
func.func @convolution(%x: memref<1x6x6x3xf32>, %w: memref<1x27x4xf32>, %d: memref<1x4x4x4xf32>) {
  qnn_cpu.contract lhs(%x : memref<1x6x6x3xf32>) rhs(%w : memref<1x27x4xf32>) outs(%d : memref<1x4x4x4xf32>)
      attributes {maps = [affine_map<(b, y, x, f, ky, kx, c) -> (b, y + ky, x + kx, c)>,
                          affine_map<(b, y, x, f, ky, kx, c) -> (b, y, x, f)>],
                  bounds = array<i64: 1, 4, 4, 4, 3, 3, 3>, num_batch = 0 : i64, num_m = 3 : i64, segment_dims = 2 : i64,
                  lhs_kind = #qnn_cpu<lhs signed>, schedule = #schedule} {
  ^bb0(%acc: f32):
    qnn_cpu.yield %acc : f32
  }
  return
}

// -----

#schedule = #qnn_cpu.schedule<dot = vpdpbusd, lanes = 8, rows = 1, registers = 1, unroll = 1, prefetch = 0>

// Weights that change: four rows are interleaved to one register of groups,
// whose sums make the correction.
// CHECK-LABEL: @pack
// CHECK-COUNT-4: vector.load {{.*}} vector<8xi8>
// CHECK-COUNT-3: vector.interleave
//       CHECK: vector.store {{.*}} vector<32xi8>
//       CHECK: "llvm.x86.avx512.vpdpbusd.256"
//       CHECK: vector.store {{.*}} vector<8xi32>
func.func @pack(%w: memref<8x8xi8>, %p: memref<1x2x32xi8>, %c: memref<8xi32>) {
  qnn_cpu.pack source(%w : memref<8x8xi8>) outs(%p : memref<1x2x32xi8>) correction(%c : memref<8xi32>)
      {map = affine_map<(n, k) -> (k, n)>, bounds = array<i64: 8, 8>, num_batch = 0 : i64, segment_dims = 1 : i64,
       schedule = #schedule}
  return
}
