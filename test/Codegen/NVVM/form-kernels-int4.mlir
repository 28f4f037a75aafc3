// RUN: quant-opt %s --qnn-to-linalg --convert-elementwise-to-linalg --codegen-cpu-legalize-elements --canonicalize --codegen-cpu-fuse-elementwise --codegen-nvvm-form-kernels=chip=sm_80 --canonicalize --split-input-file | FileCheck %s

// Weights of four bits that are dequantized to f16 stay in four bits: rows of
// bytes, with a scale and an offset for each block of 64 and row.
// CHECK-LABEL: @blocks
//   CHECK-NOT: linalg.generic
//       CHECK: qnn_gpu.contract lhs(%arg0 : tensor<5x128xf16>) rhs(%{{.+}} : tensor<32x64xi8>) scales(%{{.+}} : tensor<2x32x2xf16>)
//  CHECK-SAME: rhs_format = i4
//  CHECK-SAME: tile = [16, 32, 64]
func.func @blocks(%x: tensor<5x128xf16>) -> tensor<5x16xf32> {
  %w = arith.constant dense<3> : tensor<128x16xi4>
  %s = arith.constant dense_resource<s> : tensor<2x16xf32>
  %z = arith.constant dense<-2> : tensor<2x16xi4>
  %d = qnn.dequantize %w, scale %s zero_point %z {axes = array<i64: 0, 1>, blocks = array<i64: 64, 1>} : tensor<128x16xi4>, tensor<2x16xf32>, tensor<2x16xi4> -> tensor<128x16xf32>
  %h = arith.truncf %d : tensor<128x16xf32> to tensor<128x16xf16>
  %z0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<5x16xf32>
  %f = linalg.fill ins(%z0 : f32) outs(%e : tensor<5x16xf32>) -> tensor<5x16xf32>
  %r = linalg.matmul ins(%x, %h : tensor<5x128xf16>, tensor<128x16xf16>) outs(%f : tensor<5x16xf32>) -> tensor<5x16xf32>
  return %r : tensor<5x16xf32>
}

{-# dialect_resources: { builtin: { s: "0x040000000000803f0000003f0000803f0000003f0000803f0000003f0000803f0000003f0000803f0000003f0000803f0000003f0000803f0000003f0000803f0000003f0000803f0000003f0000803f0000003f0000803f0000003f0000803f0000003f0000803f0000003f0000803f0000003f0000803f0000003f0000803f0000003f" } } #-}

// -----

// Eight bits, and blocks that a tile of 64 crosses, are dequantized before.
// CHECK-LABEL: @eight_bits
//       CHECK: linalg.generic
//       CHECK: qnn_gpu.contract
//   CHECK-NOT: scales
func.func @eight_bits(%x: tensor<5x128xf16>) -> tensor<5x16xf32> {
  %w = arith.constant dense<30> : tensor<128x16xi8>
  %s = arith.constant dense<0.5> : tensor<16xf32>
  %d = qnn.dequantize %w, scale %s {axes = array<i64: 1>} : tensor<128x16xi8>, tensor<16xf32> -> tensor<128x16xf32>
  %h = arith.truncf %d : tensor<128x16xf32> to tensor<128x16xf16>
  %z0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<5x16xf32>
  %f = linalg.fill ins(%z0 : f32) outs(%e : tensor<5x16xf32>) -> tensor<5x16xf32>
  %r = linalg.matmul ins(%x, %h : tensor<5x128xf16>, tensor<128x16xf16>) outs(%f : tensor<5x16xf32>) -> tensor<5x16xf32>
  return %r : tensor<5x16xf32>
}

// -----

// CHECK-LABEL: @small_blocks
//       CHECK: linalg.generic
//       CHECK: qnn_gpu.contract
//   CHECK-NOT: scales
func.func @small_blocks(%x: tensor<5x128xf16>) -> tensor<5x2xf32> {
  %w = arith.constant dense<3> : tensor<128x2xi4>
  %s = arith.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]]> : tensor<4x2xf32>
  %d = qnn.dequantize %w, scale %s {axes = array<i64: 0, 1>, blocks = array<i64: 32, 1>} : tensor<128x2xi4>, tensor<4x2xf32> -> tensor<128x2xf32>
  %h = arith.truncf %d : tensor<128x2xf32> to tensor<128x2xf16>
  %z0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<5x2xf32>
  %f = linalg.fill ins(%z0 : f32) outs(%e : tensor<5x2xf32>) -> tensor<5x2xf32>
  %r = linalg.matmul ins(%x, %h : tensor<5x128xf16>, tensor<128x2xf16>) outs(%f : tensor<5x2xf32>) -> tensor<5x2xf32>
  return %r : tensor<5x2xf32>
}
