// RUN: quant-opt %s -qnn-lower-asymmetric -qnn-fuse-zero-points -qnn-fuse-epilogue -qnn-to-linalg -canonicalize -codegen-cpu-fuse-elementwise -codegen-cpu-form-kernels="cpu=skylake-avx512" -canonicalize | FileCheck %s

// The loop over the blocks of K is a batch loop of the contraction kernel, whose
// epilogue corrects and scales the sum of each block.
// CHECK-LABEL: func @blocks
// CHECK: %[[PARTS:.*]] = qnn_cpu.contract
// CHECK-SAME: outs(%{{.*}} : tensor<2x4x16xf32>)
// CHECK-SAME: bounds = array<i64: 2, 4, 16, 32>
// CHECK-SAME: num_batch = 1 : i64, num_m = 1 : i64
// CHECK: arith.subi
// CHECK: arith.sitofp
// CHECK: arith.mulf
// CHECK: qnn_cpu.yield %{{.*}} : f32
// CHECK: tensor.extract_slice %[[PARTS]][0, 0, 0]
// CHECK: tensor.extract_slice %[[PARTS]][1, 0, 0]
// CHECK: arith.addf
// CHECK-NOT: arith.muli
func.func @blocks(%qa: tensor<4x64xi8>, %qb: tensor<64x16xi8>, %sa: tensor<f32>, %sb: tensor<2x16xf32>, %za: tensor<i8>, %zb: tensor<2x16xi8>) -> tensor<4x16xf32> {
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x16xf32>
  %zero = linalg.fill ins(%c0 : f32) outs(%e : tensor<4x16xf32>) -> tensor<4x16xf32>
  %a = qnn.dequantize %qa, scale %sa zero_point %za : tensor<4x64xi8>, tensor<f32>, tensor<i8> -> tensor<4x64xf32>
  %b = qnn.dequantize %qb, scale %sb zero_point %zb {axes = array<i64: 0, 1>, blocks = array<i64: 32, 1>} : tensor<64x16xi8>, tensor<2x16xf32>, tensor<2x16xi8> -> tensor<64x16xf32>
  %y = linalg.matmul ins(%a, %b : tensor<4x64xf32>, tensor<64x16xf32>) outs(%zero : tensor<4x16xf32>) -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}
