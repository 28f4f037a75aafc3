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

// Floats become f32, of f8 those that bytes stand for, and lanes are added as floats.
// CHECK-LABEL: func @halves
// CHECK: scf.for {{.*}} to %c512 step %c256 {{.*}} -> (f32, f32)
// CHECK-COUNT-2: vector.load {{.*}} {alignment = 16 : i64} : memref<{{.*}}xf16>, vector<8xf16>
// CHECK: arith.extf %{{.*}} : f16 to f32
// CHECK-COUNT-16: math.fma
// CHECK-NOT: math.fma
// CHECK-COUNT-10: gpu.shuffle xor {{.*}} : f32
func.func @halves(%a: memref<1x512xf16>, %w: memref<64x512xf16>, %d: memref<1x64xf32>) {
  qnn_gpu.contract lhs(%a : memref<1x512xf16>) rhs(%w : memref<64x512xf16>) outs(%d : memref<1x64xf32>)
      attributes {maps = [#mk, #nk, #mn], space = #qnn_gpu.space<batch = [], m = [1], n = 64, k = [512]>,
                  schedule = #qnn_gpu.schedule<dot, tile = [1, 8, 256], warps = [1, 4], stages = 1, split_k = 1>} {
    ^bb0(%acc: f32):
      qnn_gpu.yield %acc : f32
  }
  return
}

// CHECK-LABEL: func @f8
// CHECK: vector.load {{.*}} vector<16xi8>
// CHECK: %[[BYTE:.*]] = vector.extract %{{.*}}[0] : i8 from vector<16xi8>
// CHECK: %[[E5M2:.*]] = arith.bitcast %[[BYTE]] : i8 to f8E5M2
// CHECK: arith.extf %[[E5M2]] : f8E5M2 to f32
// CHECK-COUNT-16: math.fma
// CHECK-NOT: math.fma
func.func @f8(%a: memref<1x1024xi8>, %w: memref<4x1024xi8>, %d: memref<1x4xf32>) {
  qnn_gpu.contract lhs(%a : memref<1x1024xi8>) rhs(%w : memref<4x1024xi8>) outs(%d : memref<1x4xf32>)
      attributes {lhs_format = f8E5M2, rhs_format = f8E4M3FN, maps = [#mk, #nk, #mn],
                  space = #qnn_gpu.space<batch = [], m = [1], n = 4, k = [1024]>,
                  schedule = #qnn_gpu.schedule<dot, tile = [1, 4, 512], warps = [1, 4], stages = 1, split_k = 1>} {
    ^bb0(%acc: f32):
      qnn_gpu.yield %acc : f32
  }
  return
}
