// RUN: quant-opt %s --pass-pipeline='builtin.module(gpu.module(codegen-nvvm-align-pointers))' | FileCheck %s

// No aligned access crosses the end of its buffer.

gpu.module @kernels {
  // CHECK: gpu.func @k(%{{.*}}: memref<64xf32> {llvm.align = 16 : i64}, %{{.*}}: memref<3x3xi8> {llvm.align = 1 : i64},
  // CHECK-SAME: %{{.*}}: memref<6xf16> {llvm.align = 4 : i64}, %{{.*}}: memref<0xi8> {llvm.align = 16 : i64},
  // CHECK-SAME: %{{.*}}: memref<?xi8>, %{{.*}}: f32) kernel
  gpu.func @k(%a: memref<64xf32>, %b: memref<3x3xi8>, %c: memref<6xf16>, %d: memref<0xi8>, %e: memref<?xi8>, %s: f32) kernel {
    gpu.return
  }
  // CHECK: gpu.func @f(%{{.*}}: memref<64xf32>) {
  gpu.func @f(%x: memref<64xf32>) {
    gpu.return
  }
}
