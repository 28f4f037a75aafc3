// RUN: quant-opt %s --pass-pipeline="builtin.module(gpu.module(codegen-nvvm-finalize-kernels))" | FileCheck %s

// CHECK: llvm.mlir.global external @__dynamic_shmem__0() {addr_space = 3 : i32, alignment = 16 : i64} : !llvm.array<0 x i8>
// CHECK: llvm.mlir.global internal @table() {addr_space = 3 : i32} : !llvm.array<4 x i8>
gpu.module @kernels {
  llvm.mlir.global internal @__dynamic_shmem__0() {addr_space = 3 : i32, alignment = 16 : i64} : !llvm.array<0 x i8>
  llvm.mlir.global internal @table() {addr_space = 3 : i32} : !llvm.array<4 x i8>
}

// What the kernel says of itself becomes its attribute.
// CHECK: gpu.module @planned
// CHECK: llvm.func @kernel() attributes {gpu.kernel, nvvm.kernel, nvvm.minctasm = 3 : i32}
// CHECK-NEXT: llvm.return
gpu.module @planned {
  llvm.func @kernel() attributes {gpu.kernel, nvvm.kernel} {
    qnn_gpu.occupancy 3
    llvm.return
  }
}
