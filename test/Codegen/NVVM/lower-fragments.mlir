// RUN: quant-opt %s --codegen-nvvm-tile --codegen-nvvm-lower-fragments --canonicalize --cse | FileCheck %s

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#n = affine_map<(m, n, k) -> (n)>
#mn = affine_map<(m, n, k) -> (m, n)>

// One warp of 16 x 16: four accumulators for each of two instructions a step of
// 32 bytes. All copies are of 16 bytes, results are stored four at a time.
// CHECK-LABEL: func @whole_tiles
// CHECK: gpu.launch
// CHECK: scf.for {{.*}} iter_args(%{{.*}} = %c0_i32, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) -> (i32, i32, i32, i32, i32, i32, i32, i32)
// CHECK-COUNT-4: nvgpu.device_async_copy {{.*}}, 16 {bypassL1} : memref<65536xi8> to memref<16x64xi8, #gpu.address_space<workgroup>>
// CHECK: gpu.barrier
// CHECK: nvgpu.ldmatrix {{.*}} {numTiles = 4 : i32, transpose = false} : memref<16x64xi8, #gpu.address_space<workgroup>> -> vector<4x4xi8>
// CHECK: nvgpu.ldmatrix
// CHECK-COUNT-4: nvvm.mma.sync {{.*}}intOverflowBehavior = #nvvm.mma_int_overflow<wrapped>{{.*}}multiplicandAPtxType = #nvvm.mma_type<u8>, multiplicandBPtxType = #nvvm.mma_type<s8>
// CHECK: vector.load {{.*}} {alignment = 16 : i64} : memref<64xf32>, vector<4xf32>
// CHECK-COUNT-2: vector.store {{.*}} {alignment = 16 : i64} : memref<4096xf32>, vector<4xf32>
// CHECK-NOT: scf.if
// CHECK: gpu.terminator
func.func @whole_tiles(%a: memref<64x1024xi8>, %w: memref<64x1024xi8>, %s: memref<64xf32>, %d: memref<64x64xf32>) {
  qnn_gpu.contract lhs(%a : memref<64x1024xi8>) rhs(%w : memref<64x1024xi8>) captures(%s : memref<64xf32>) outs(%d : memref<64x64xf32>)
      attributes {lhs_format = ui8, maps = [#mk, #nk, #n, #mn], space = #qnn_gpu.space<batch = [], m = [64], n = 64, k = [1024]>,
                  schedule = #qnn_gpu.schedule<mma, tile = [16, 16, 64], warps = [1, 1], stages = 1, split_k = 1>} {
    ^bb0(%acc: i32, %scale: f32):
      %f = arith.sitofp %acc : i32 to f32
      %r = arith.mulf %f, %scale : f32
      qnn_gpu.yield %r : f32
  }
  return
}

// Rows of 12 bytes are copied by 4; what is behind k or m becomes zero. The
// right operand lies along n and is gathered.
// CHECK-LABEL: func @tails
// CHECK: nvgpu.device_async_copy {{.*}}, 4, %{{.*}} : memref<60xi8>
// CHECK: memref.load %{{.*}} : memref<84xi8>
// CHECK: arith.select
// CHECK: vector.store {{.*}} {alignment = 16 : i64} : memref<16x64xi8, #gpu.address_space<workgroup>>, vector<16xi8>
// CHECK: nvvm.mma.sync
// CHECK: scf.if
// CHECK: memref.store
func.func @tails(%a: memref<5x12xi8>, %w: memref<12x7xi8>, %d: memref<5x7xi32>) {
  qnn_gpu.contract lhs(%a : memref<5x12xi8>) rhs(%w : memref<12x7xi8>) outs(%d : memref<5x7xi32>)
      attributes {maps = [#mk, affine_map<(m, n, k) -> (k, n)>, #mn], space = #qnn_gpu.space<batch = [], m = [5], n = 7, k = [12]>,
                  schedule = #qnn_gpu.schedule<mma, tile = [16, 16, 64], warps = [1, 1], stages = 1, split_k = 1>} {
    ^bb0(%acc: i32):
      qnn_gpu.yield %acc : i32
  }
  return
}

// Four columns are adjacent: words of four are read along n and transposed.
// CHECK-LABEL: func @along_n
// CHECK-COUNT-16: vector.load {{.*}} {alignment = 4 : i64} : memref<4096xi8>, vector<4xi8>
// CHECK: vector.shuffle %{{.*}}, %{{.*}} [0, 4, 1, 5] : vector<4xi8>, vector<4xi8>
// CHECK-COUNT-4: vector.store {{.*}} {alignment = 16 : i64} : memref<32x64xi8, #gpu.address_space<workgroup>>, vector<16xi8>
func.func @along_n(%a: memref<16x128xi8>, %w: memref<128x32xi8>, %d: memref<16x32xi32>) {
  qnn_gpu.contract lhs(%a : memref<16x128xi8>) rhs(%w : memref<128x32xi8>) outs(%d : memref<16x32xi32>)
      attributes {maps = [#mk, affine_map<(m, n, k) -> (k, n)>, #mn], space = #qnn_gpu.space<batch = [], m = [16], n = 32, k = [128]>,
                  schedule = #qnn_gpu.schedule<mma, tile = [16, 32, 64], warps = [1, 1], stages = 1, split_k = 1>} {
    ^bb0(%acc: i32):
      qnn_gpu.yield %acc : i32
  }
  return
}

// f32: one fused multiply-add a product.
// CHECK-LABEL: func @floats
// CHECK: nvgpu.device_async_copy {{.*}}, 4 {bypassL1} : memref<1024xf32>
// CHECK: vector.load {{.*}} : memref<16x16xf32, #gpu.address_space<workgroup>>, vector<4xf32>
// CHECK-COUNT-64: math.fma
// CHECK-NOT: math.fma
func.func @floats(%a: memref<16x64xf32>, %w: memref<8x64xf32>, %d: memref<16x8xf32>) {
  qnn_gpu.contract lhs(%a : memref<16x64xf32>) rhs(%w : memref<8x64xf32>) outs(%d : memref<16x8xf32>)
      attributes {maps = [#mk, #nk, #mn], space = #qnn_gpu.space<batch = [], m = [16], n = 8, k = [64]>,
                  schedule = #qnn_gpu.schedule<fma, tile = [16, 8, 16], warps = [1, 1], stages = 1, split_k = 1>} {
    ^bb0(%acc: f32):
      qnn_gpu.yield %acc : f32
  }
  return
}

// Weights of four bits: the scales of 32 columns are eight copies of 16 bytes, and a
// lane reads those of its four columns at once.
// CHECK-LABEL: func @int4_weights
// CHECK: %[[IS:.*]] = arith.cmpi ult, %{{.*}}, %c8{{.*}} : index
// CHECK: scf.if %[[IS]] {
// CHECK: nvgpu.device_async_copy %{{.*}}, 8 {bypassL1} : memref<2x32x2xf16> to memref<32x2xf16, #gpu.address_space<workgroup>>
// CHECK: vector.load %{{.*}} {alignment = 16 : i64} : memref<64xf16, #gpu.address_space<workgroup>>, vector<8xf16>
// CHECK: nvvm.mma.sync
func.func @int4_weights(%a: memref<16x256xf16>, %w: memref<32x128xi8>, %s: memref<2x32x2xf16>, %d: memref<16x32xf32>) {
  qnn_gpu.contract lhs(%a : memref<16x256xf16>) rhs(%w : memref<32x128xi8>) scales(%s : memref<2x32x2xf16>) outs(%d : memref<16x32xf32>)
      attributes {maps = [#mk, #nk, #mn],
                  space = #qnn_gpu.space<batch = [], m = [16], n = 32, k = [256]>, rhs_format = i4,
                  schedule = #qnn_gpu.schedule<mma, tile = [16, 32, 64], warps = [1, 1], stages = 1, split_k = 1>} {
    ^bb0(%acc: f32):
      qnn_gpu.yield %acc : f32
  }
  return
}

// A warp of eight columns loads the right operand of two steps along k at once.
// CHECK-LABEL: func @one_column_tile
// CHECK: nvgpu.ldmatrix {{.*}} {numTiles = 4 : i32
// CHECK: nvgpu.ldmatrix {{.*}} {numTiles = 4 : i32
// CHECK: nvvm.mma.sync
// CHECK: nvgpu.ldmatrix {{.*}} {numTiles = 4 : i32
// CHECK-NOT: nvgpu.ldmatrix
// CHECK: nvvm.mma.sync
func.func @one_column_tile(%a: memref<16x64xi8>, %w: memref<8x64xi8>, %d: memref<16x8xi32>) {
  qnn_gpu.contract lhs(%a : memref<16x64xi8>) rhs(%w : memref<8x64xi8>) outs(%d : memref<16x8xi32>)
      attributes {maps = [#mk, #nk, #mn], space = #qnn_gpu.space<batch = [], m = [16], n = 8, k = [64]>,
                  schedule = #qnn_gpu.schedule<mma, tile = [16, 8, 64], warps = [1, 1], stages = 1, split_k = 1>} {
    ^bb0(%acc: i32):
      qnn_gpu.yield %acc : i32
  }
  return
}
