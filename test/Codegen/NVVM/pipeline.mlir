// RUN: quant-opt %s --codegen-nvvm-tile --codegen-nvvm-pipeline | FileCheck %s

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

// Three buffers of 8192 + 8192 bytes: two tiles are on their way when the loop
// begins.
// CHECK-LABEL: func @three_stages
// CHECK: %[[BYTES:.*]] = arith.constant 49152 : i32
// CHECK: gpu.launch {{.*}} dynamic_shared_memory_size %[[BYTES]]
// CHECK: qnn_gpu.load_tile lhs
// CHECK: qnn_gpu.load_tile rhs
// CHECK: nvvm.cp.async.commit.group
// CHECK: qnn_gpu.load_tile lhs %{{.*}}[%{{.*}}, %{{.*}}, %c64{{.*}}]
// CHECK: qnn_gpu.load_tile rhs %{{.*}}[%{{.*}}, %{{.*}}, %c64{{.*}}]
// CHECK: nvvm.cp.async.commit.group
// CHECK: scf.for %[[K:.*]] = %c0{{.*}} to %c256{{.*}} step %c64{{.*}} iter_args(%[[ACC:.*]] = %{{.*}}, %[[READ:.*]] = %c0{{.*}}, %[[WRITE:.*]] = %c32768{{.*}})
// CHECK:   nvvm.cp.async.wait.group 1
// CHECK:   gpu.barrier
// CHECK:   %[[AHEAD:.*]] = arith.addi %[[K]], %c128
// CHECK:   %[[MORE:.*]] = arith.cmpi ult, %[[AHEAD]], %c256
// CHECK:   scf.if %[[MORE]] {
// CHECK:     %[[TO:.*]] = memref.view %{{.*}}[%[[WRITE]]][]
// CHECK:     qnn_gpu.load_tile lhs %{{.*}}[%{{.*}}, %{{.*}}, %[[AHEAD]]] to %[[TO]]
// CHECK:     qnn_gpu.load_tile rhs
// CHECK:   }
// CHECK:   nvvm.cp.async.commit.group
// CHECK:   %[[FROM:.*]] = memref.view %{{.*}}[%[[READ]]][]
// CHECK:   qnn_gpu.multiply_tile %[[FROM]], %{{.*}}, %[[ACC]]
// CHECK-NOT: gpu.barrier
// CHECK:   arith.select {{.*}} : index
// CHECK:   arith.select {{.*}} : index
// CHECK:   scf.yield
// CHECK: qnn_gpu.store_tile
func.func @three_stages(%a: memref<256x256xi8>, %w: memref<128x256xi8>, %d: memref<256x128xi32>) {
  qnn_gpu.contract lhs(%a : memref<256x256xi8>) rhs(%w : memref<128x256xi8>) outs(%d : memref<256x128xi32>)
      attributes {maps = [#mk, #nk, #mn], space = #qnn_gpu.space<batch = [], m = [256], n = 128, k = [256]>,
                  schedule = #qnn_gpu.schedule<mma, tile = [128, 128, 64], warps = [2, 2], stages = 3, split_k = 1>} {
    ^bb0(%acc: i32):
      qnn_gpu.yield %acc : i32
  }
  return
}

// Small tiles: a round has a step for each buffer, whose address is known. Of ten
// steps six are two rounds and always load; of the four behind them two load, and
// the waits are for fewer groups at the end.
// CHECK-LABEL: func @small_tiles
// CHECK-COUNT-2: nvvm.cp.async.commit.group
// CHECK: scf.for %[[K:.*]] = %c0{{.*}} to %c384{{.*}} step %c192{{.*}} iter_args(%[[ACC:.*]] = %{{.*}})
// CHECK-NOT: scf.if
// CHECK:   nvvm.cp.async.wait.group 1
// CHECK:   gpu.barrier
// CHECK:   qnn_gpu.load_tile lhs
// CHECK:   nvvm.cp.async.commit.group
// CHECK:   qnn_gpu.multiply_tile %{{.*}}, %{{.*}}, %[[ACC]]
// CHECK-COUNT-2: qnn_gpu.multiply_tile
// CHECK:   scf.yield
// CHECK-COUNT-2: nvvm.cp.async.commit.group
// CHECK-NOT: qnn_gpu.load_tile
// CHECK: nvvm.cp.async.wait.group 1
// CHECK: nvvm.cp.async.wait.group 0
// CHECK: qnn_gpu.multiply_tile
// CHECK-NOT: qnn_gpu.multiply_tile
// CHECK: qnn_gpu.store_tile
func.func @small_tiles(%a: memref<64x640xi8>, %w: memref<32x640xi8>, %d: memref<64x32xi32>) {
  qnn_gpu.contract lhs(%a : memref<64x640xi8>) rhs(%w : memref<32x640xi8>) outs(%d : memref<64x32xi32>)
      attributes {maps = [#mk, #nk, #mn], space = #qnn_gpu.space<batch = [], m = [64], n = 32, k = [640]>,
                  schedule = #qnn_gpu.schedule<mma, tile = [32, 32, 64], warps = [2, 1], stages = 3, split_k = 1>} {
    ^bb0(%acc: i32):
      qnn_gpu.yield %acc : i32
  }
  return
}

// One stage stays as it is.
// CHECK-LABEL: func @one_stage
// CHECK: scf.for
// CHECK: qnn_gpu.load_tile lhs
// CHECK: nvvm.cp.async.wait.group 0
// CHECK: qnn_gpu.multiply_tile
// CHECK-NEXT: gpu.barrier
func.func @one_stage(%a: memref<64x256xi8>, %w: memref<32x256xi8>, %d: memref<64x32xi32>) {
  qnn_gpu.contract lhs(%a : memref<64x256xi8>) rhs(%w : memref<32x256xi8>) outs(%d : memref<64x32xi32>)
      attributes {maps = [#mk, #nk, #mn], space = #qnn_gpu.space<batch = [], m = [64], n = 32, k = [256]>,
                  schedule = #qnn_gpu.schedule<mma, tile = [32, 32, 64], warps = [2, 1], stages = 1, split_k = 1>} {
    ^bb0(%acc: i32):
      qnn_gpu.yield %acc : i32
  }
  return
}

// One step needs no second buffer, and no barrier behind it: there is no next step
// that would overwrite the tiles.
// CHECK-LABEL: func @one_step
// CHECK: %[[BYTES:.*]] = arith.constant 4096 : i32
// CHECK: gpu.launch {{.*}} dynamic_shared_memory_size %[[BYTES]]
// CHECK: nvvm.cp.async.commit.group
// CHECK-NEXT: nvvm.cp.async.wait.group 0
// CHECK-NEXT: gpu.barrier
// CHECK: qnn_gpu.multiply_tile
// CHECK-NOT: gpu.barrier
// CHECK: qnn_gpu.store_tile
func.func @one_step(%a: memref<64x64xi8>, %w: memref<32x64xi8>, %d: memref<64x32xi32>) {
  qnn_gpu.contract lhs(%a : memref<64x64xi8>) rhs(%w : memref<32x64xi8>) outs(%d : memref<64x32xi32>)
      attributes {maps = [#mk, #nk, #mn], space = #qnn_gpu.space<batch = [], m = [64], n = 32, k = [64]>,
                  schedule = #qnn_gpu.schedule<mma, tile = [32, 32, 64], warps = [2, 1], stages = 3, split_k = 1>} {
    ^bb0(%acc: i32):
      qnn_gpu.yield %acc : i32
  }
  return
}
