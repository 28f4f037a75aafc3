// Products of floats use fused multiply-add where the target has it, although
// nothing else may be contracted.
// RUN: quant-opt %s --qnn-to-cpu=cpu=cascadelake | mlir-translate --mlir-to-llvmir | llc -O2 -mcpu=cascadelake -fp-contract=off | FileCheck %s --check-prefix=FMA
// RUN: quant-opt %s --qnn-to-cpu=cpu=x86-64 | mlir-translate --mlir-to-llvmir | llc -O2 -mcpu=x86-64 -fp-contract=off | FileCheck %s --check-prefix=SSE2

// FMA: vfmadd{{.*}} %zmm
// SSE2: mulps
// SSE2: addps
func.func @main(%a: tensor<16x32xf32>, %w: tensor<32x48xf32>, %c: tensor<16x48xf32>) -> tensor<16x48xf32> {
  %r = linalg.matmul ins(%a, %w : tensor<16x32xf32>, tensor<32x48xf32>) outs(%c : tensor<16x48xf32>) -> tensor<16x48xf32>
  return %r : tensor<16x48xf32>
}
