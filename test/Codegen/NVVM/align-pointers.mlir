// RUN: quant-opt %s --pass-pipeline='builtin.module(gpu.module(codegen-nvvm-align-pointers))' | FileCheck %s

gpu.module @kernels {
  // CHECK: llvm.func @k(%{{.*}}: !llvm.ptr {llvm.align = 16 : i64}, %{{.*}}: f32) attributes {gpu.kernel
  llvm.func @k(%x: !llvm.ptr, %s: f32) attributes {gpu.kernel, nvvm.kernel} {
    llvm.return
  }
  // CHECK: llvm.func @f(%{{.*}}: !llvm.ptr) {
  llvm.func @f(%x: !llvm.ptr) {
    llvm.return
  }
}
