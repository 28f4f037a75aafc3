// RUN: quant-opt %s --stablehlo-to-linalg --mlir-print-debuginfo --mlir-print-local-scope | FileCheck %s

// The scopes that JAX names stay on the operations.
// CHECK: linalg.matmul {{.*}} loc("jit(f)/blocks.0/attn"
func.func @main(%x: tensor<2x4xf32>, %w: tensor<4x8xf32>) -> tensor<2x8xf32> {
  %0 = stablehlo.dot_general %x, %w, contracting_dims = [1] x [0] : (tensor<2x4xf32>, tensor<4x8xf32>) -> tensor<2x8xf32> loc("jit(f)/blocks.0/attn"("model.py":3:4))
  return %0 : tensor<2x8xf32>
}
