// RUN: quant-opt %s --codegen-nvvm-tile | FileCheck %s

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#n = affine_map<(m, n, k) -> (n)>
#mn = affine_map<(m, n, k) -> (m, n)>

// 4 x 3 CTAs of six warps; n is not a multiple of the tile.
// CHECK-LABEL: func @whole
// CHECK-SAME: %[[A:.*]]: memref<128x256xi8>, %[[W:.*]]: memref<70x256xi8>, %[[S:.*]]: memref<70xf32>, %[[D:.*]]: memref<128x70xf32>
// CHECK: %[[BYTES:.*]] = arith.constant 3584 : i32
// CHECK: gpu.launch blocks(%[[X:[a-z0-9]+]], %[[Y:[a-z0-9]+]], %{{[a-z0-9]+}}) in (%{{[a-z0-9]+}} = %c4, %{{[a-z0-9]+}} = %c3,
// CHECK-SAME: threads({{.*}}) in (%{{[a-z0-9]+}} = %c192,
// CHECK-SAME: dynamic_shared_memory_size %[[BYTES]] module(@kernels) function(@contract)
// CHECK: qnn_gpu.occupancy 2
// CHECK: %[[M:.*]] = arith.muli %[[X]], %c32
// CHECK: %[[N:.*]] = arith.muli %[[Y]], %c24
// CHECK: %[[ZERO:.*]] = qnn_gpu.init_tile[%[[B:.*]], %[[M]], %[[N]]] {{.*}} -> vector<2x2xi32>
// CHECK: %[[SHARED:.*]] = gpu.dynamic_shared_memory
// CHECK: %[[TA:.*]] = memref.view %[[SHARED]][%c0{{.*}}][] : {{.*}} to memref<32x64xi8
// CHECK: %[[TB:.*]] = memref.view %[[SHARED]][%c2048{{.*}}][] : {{.*}} to memref<24x64xi8
// CHECK: %[[SUM:.*]] = scf.for %[[K:.*]] = %c0{{.*}} to %c256{{.*}} step %c64{{.*}} iter_args(%[[ACC:.*]] = %[[ZERO]])
// CHECK:   qnn_gpu.load_tile lhs %[[A]][%[[B]], %[[M]], %[[K]]] to %[[TA]]
// CHECK:   qnn_gpu.load_tile rhs %[[W]][%[[B]], %[[N]], %[[K]]] to %[[TB]]
// CHECK:   nvvm.cp.async.commit.group
// CHECK:   nvvm.cp.async.wait.group 0
// CHECK:   gpu.barrier
// CHECK:   %[[NEXT:.*]] = qnn_gpu.multiply_tile %[[TA]], %[[TB]], %[[ACC]]
// CHECK:   gpu.barrier
// CHECK:   scf.yield %[[NEXT]]
// CHECK: qnn_gpu.store_tile %[[SUM]] : vector<2x2xi32>[%[[B]], %[[M]], %[[N]]] captures(%[[S]] : memref<70xf32>) outs(%[[D]] : memref<128x70xf32>)
// CHECK:   qnn_gpu.yield
// CHECK: gpu.terminator
func.func @whole(%a: memref<128x256xi8>, %w: memref<70x256xi8>, %s: memref<70xf32>, %d: memref<128x70xf32>) {
  qnn_gpu.contract lhs(%a : memref<128x256xi8>) rhs(%w : memref<70x256xi8>) captures(%s : memref<70xf32>) outs(%d : memref<128x70xf32>)
      attributes {maps = [#mk, #nk, #n, #mn], space = #qnn_gpu.space<batch = [], m = [128], n = 70, k = [256]>,
                  schedule = #qnn_gpu.schedule<mma, tile = [32, 24, 64], warps = [2, 3], stages = 3, split_k = 1, ctas = 2>} {
    ^bb0(%acc: i32, %scale: f32):
      %f = arith.sitofp %acc : i32 to f32
      %r = arith.mulf %f, %scale : f32
      qnn_gpu.yield %r : f32
  }
  return
}

// Parts of k go to a buffer of their own; a second kernel adds them in order.
// CHECK-LABEL: func @split
// CHECK: %[[PARTS:.*]] = memref.alloc() : memref<2x64x32xi32>
// CHECK: gpu.launch blocks(%{{[a-z0-9]+}}, %{{[a-z0-9]+}}, %[[Z:[a-z0-9]+]]) in {{.*}} function(@contract_part)
// CHECK: %[[FROM:.*]] = arith.muli %[[Z]], %c128
// CHECK: scf.for %{{.*}} = %[[FROM]] to
// CHECK: qnn_gpu.store_tile %{{.*}} outs(%[[PARTS]] : memref<2x64x32xi32>)
// CHECK: gpu.launch {{.*}} function(@contract_sum)
// CHECK: qnn_gpu.occupancy 8
// CHECK: %[[P0:.*]] = qnn_gpu.init_tile %[[PARTS]]
// CHECK: %[[S0:.*]] = arith.addi %{{.*}}, %[[P0]] : vector<2x4xi32>
// CHECK: %[[P1:.*]] = qnn_gpu.init_tile %[[PARTS]]
// CHECK: %[[S1:.*]] = arith.addi %[[S0]], %[[P1]] : vector<2x4xi32>
// CHECK: qnn_gpu.store_tile %[[S1]]
func.func @split(%a: memref<64x256xi8>, %w: memref<32x256xi8>, %d: memref<64x32xi32>) {
  qnn_gpu.contract lhs(%a : memref<64x256xi8>) rhs(%w : memref<32x256xi8>) outs(%d : memref<64x32xi32>)
      attributes {maps = [#mk, #nk, #mn], space = #qnn_gpu.space<batch = [], m = [64], n = 32, k = [256]>,
                  schedule = #qnn_gpu.schedule<mma, tile = [32, 32, 64], warps = [2, 1], stages = 2, split_k = 2>} {
    ^bb0(%acc: i32):
      qnn_gpu.yield %acc : i32
  }
  return
}

// Weights of four bits: bytes of two elements, and the scales of the tile's columns
// behind them.
// CHECK-LABEL: func @int4_weights
// CHECK-DAG: %[[W:.*]] = memref.view %{{.*}}[%c2048{{.*}}][] : memref<?xi8, #gpu.address_space<workgroup>> to memref<32x32xi8, #gpu.address_space<workgroup>>
// CHECK-DAG: %[[S:.*]] = memref.view %{{.*}}[%c3072{{.*}}][] : memref<?xi8, #gpu.address_space<workgroup>> to memref<32x2xf16, #gpu.address_space<workgroup>>
// CHECK: scf.for %[[K:[a-z0-9]+]] =
// CHECK: qnn_gpu.load_tile rhs %{{.*}}[%{{.*}}, %{{.*}}, %[[K]]] to %[[W]] {{.*}}packed
// CHECK: qnn_gpu.load_scales %{{.*}}[%{{.*}}, %[[K]]] to %[[S]] {block = 128 : i64
// CHECK: nvvm.cp.async.commit.group
// CHECK: qnn_gpu.multiply_tile %{{.*}}, %[[W]], %{{.*}} scales(%[[S]] :
func.func @int4_weights(%a: memref<16x256xf16>, %w: memref<32x128xi8>, %s: memref<2x32x2xf16>, %d: memref<16x32xf32>) {
  qnn_gpu.contract lhs(%a : memref<16x256xf16>) rhs(%w : memref<32x128xi8>) scales(%s : memref<2x32x2xf16>) outs(%d : memref<16x32xf32>)
      attributes {maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>],
                  space = #qnn_gpu.space<batch = [], m = [16], n = 32, k = [256]>, rhs_format = i4,
                  schedule = #qnn_gpu.schedule<mma, tile = [16, 32, 64], warps = [1, 1], stages = 1, split_k = 1>} {
    ^bb0(%acc: f32):
      qnn_gpu.yield %acc : f32
  }
  return
}
