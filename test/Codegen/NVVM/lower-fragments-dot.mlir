// RUN: quant-opt %s --codegen-nvvm-tile --codegen-nvvm-lower-fragments --canonicalize --cse | FileCheck %s

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

// Two rows and two columns a warp: each lane loads a chunk of all four, 16
// products of four bytes, then shuffles and one lane that stores.
// CHECK-LABEL: func @two_rows
// CHECK: gpu.launch {{.*}} dynamic_shared_memory_size %c0_i32
// CHECK: scf.for {{.*}} to %c1024 step %c512 {{.*}} -> (i32, i32, i32, i32)
// CHECK-COUNT-4: vector.load {{.*}} {alignment = 16 : i64} : memref<{{.*}}xi8>, vector<16xi8>
// CHECK-COUNT-16: nvvm.dot.accumulate.4way %{{.*}} <unsigned>, %{{.*}} <signed>
// CHECK-NOT: nvvm.dot.accumulate.4way
// CHECK-COUNT-20: gpu.shuffle xor
// CHECK: %[[FIRST:.*]] = arith.cmpi eq, %{{.*}}, %c0
// CHECK: scf.if %[[FIRST]]
// CHECK: vector.store {{.*}} : memref<128xi32>, vector<2xi32>
func.func @two_rows(%a: memref<2x1024xi8>, %w: memref<64x1024xi8>, %d: memref<2x64xi32>) {
  qnn_gpu.contract lhs(%a : memref<2x1024xi8>) rhs(%w : memref<64x1024xi8>) outs(%d : memref<2x64xi32>)
      attributes {lhs_format = ui8, maps = [#mk, #nk, #mn], space = #qnn_gpu.space<batch = [], m = [2], n = 64, k = [1024]>,
                  schedule = #qnn_gpu.schedule<dot, tile = [2, 8, 512], warps = [1, 4], stages = 1, split_k = 1>} {
    ^bb0(%acc: i32):
      qnn_gpu.yield %acc : i32
  }
  return
}
