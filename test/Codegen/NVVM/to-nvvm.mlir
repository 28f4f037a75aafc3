// RUN: quant-opt %s --qnn-to-nvvm=chip=sm_80 | FileCheck %s
// RUN: not quant-opt %s --qnn-to-nvvm=chip=sm_61 2>&1 | FileCheck %s --check-prefix=CHIP

// A matmul written by hand becomes a launch and PTX.
// CHECK-LABEL: func.func @main
// CHECK: gpu.launch_func @kernels::@contract
// CHECK-SAME: args(%{{.*}} : memref<128x256xi8>, %{{.*}} : memref<256x64xi8>, %{{.*}} : memref<128x64xi32>)
// CHECK: gpu.binary @kernels [#gpu.object<#nvvm.target<{{.*}}chip = "sm_80"{{.*}}>{{.*}}, assembly =
// CHECK-SAME: .extern .shared .align 16 .b8 __dynamic_shmem__0[]
// CHECK-SAME: .visible .entry contract(
// CHECK-SAME: .loc
// CHECK-SAME: cp.async.cg.shared.global
// CHECK-SAME: ldmatrix.sync.aligned.m8n8.x4.shared.b16
// CHECK-SAME: mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32

// CHIP: expected a chip of sm_80, sm_86, sm_89, sm_90, but got 'sm_61'
func.func @main(%a: tensor<128x256xi8>, %w: tensor<256x64xi8>) -> tensor<128x64xi32> {
  %zero = arith.constant 0 : i32
  %e = tensor.empty() : tensor<128x64xi32>
  %f = linalg.fill ins(%zero : i32) outs(%e : tensor<128x64xi32>) -> tensor<128x64xi32>
  %r = linalg.matmul ins(%a, %w : tensor<128x256xi8>, tensor<256x64xi8>) outs(%f : tensor<128x64xi32>) -> tensor<128x64xi32>
  return %r : tensor<128x64xi32>
}
