// RUN: quant-opt %s --qnn-to-cpu="triple=x86_64-linux-gnu cpu=cascadelake" | FileCheck %s
// RUN: quant-opt %s --qnn-to-cpu="triple=x86_64-linux-gnu" | FileCheck %s --check-prefix=BASE
// RUN: quant-opt %s --qnn-to-cpu="triple=aarch64-linux-gnu cpu=neoverse-n1" | FileCheck %s --check-prefix=ARM
// RUN: not quant-opt %s --qnn-to-cpu="cpu=abacus" 2>&1 | FileCheck %s --check-prefix=CPU
// RUN: not quant-opt %s --qnn-to-cpu="features=avx2" 2>&1 | FileCheck %s --check-prefix=FEATURE
// RUN: not quant-opt %s --qnn-to-cpu="triple=riscv64-linux-gnu" 2>&1 | FileCheck %s --check-prefix=TRIPLE

// CPU: expected a cpu of x86_64, but got 'abacus'
// FEATURE: expected '+' or '-' and a feature of x86_64, but got 'avx2'
// TRIPLE: expected an x86 or aarch64 target, but got 'riscv64-unknown-linux-gnu'

// The only global code is the entry point; integer products use the target's
// instructions, nothing calls into libm, and quantized arithmetic is not fused.
// CHECK:     llvm.func @main_run_with_workspace(
// CHECK:     llvm.func internal @main(
// CHECK:       vpdpbusd
// CHECK-NOT:   llvm.call @

// BASE:      llvm.func @main_run_with_workspace(
// BASE-NOT:    vpdpbusd
// BASE-NOT:    llvm.intr.fma

// ARM:       llvm.func @main_run_with_workspace(
// ARM-NOT:     llvm.x86

func.func @main(%x: tensor<8x64xf32> {qnn.input = "x"}, %w: tensor<64x32xi8> {qnn.parameter = "w"}) -> (tensor<8x32xf32> {qnn.output = "y"}) {
  %s = arith.constant dense<0.5> : tensor<f32>
  %zero = arith.constant 0 : i32
  %q = qnn.quantize %x, scale %s : tensor<8x64xf32>, tensor<f32> -> tensor<8x64xi8>
  %e = tensor.empty() : tensor<8x32xi32>
  %f = linalg.fill ins(%zero : i32) outs(%e : tensor<8x32xi32>) -> tensor<8x32xi32>
  %acc = linalg.matmul ins(%q, %w : tensor<8x64xi8>, tensor<64x32xi8>) outs(%f : tensor<8x32xi32>) -> tensor<8x32xi32>
  %d = qnn.dequantize %acc, scale %s : tensor<8x32xi32>, tensor<f32> -> tensor<8x32xf32>
  %e1 = tensor.empty() : tensor<8x32xf32>
  %y = linalg.erf ins(%d : tensor<8x32xf32>) outs(%e1 : tensor<8x32xf32>) -> tensor<8x32xf32>
  return %y : tensor<8x32xf32>
}
