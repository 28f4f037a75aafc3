// RUN: quant-opt %s --codegen-cpu-pack --split-input-file | FileCheck %s

#schedule = #qnn_cpu.schedule<dot = vpmaddwd, lanes = 4, rows = 2, registers = 1, unroll = 1, prefetch = 0>

// Two columns of three: pairs along k, zeros where k and n have ended.
// CHECK-LABEL: @constant
//   CHECK-NOT: qnn_cpu.pack
//       CHECK: %[[P:.+]] = arith.constant dense<{{\[\[\[}}1, 3, 2, 4, 0, 0, 0, 0], [5, 0, 6, 0, 0, 0, 0, 0]]]> : tensor<1x2x8xi8>
//       CHECK: return %[[P]]
func.func @constant() -> tensor<1x2x8xi8> {
  %w = arith.constant dense<[[1, 2], [3, 4], [5, 6]]> : tensor<3x2xi8>
  %e = tensor.empty() : tensor<1x2x8xi8>
  %p = qnn_cpu.pack source(%w : tensor<3x2xi8>) outs(%e : tensor<1x2x8xi8>)
      {map = affine_map<(n, k) -> (k, n)>, bounds = array<i64: 2, 3>, num_batch = 0 : i64,
       segment_dims = 1 : i64, schedule = #schedule} -> tensor<1x2x8xi8>
  return %p : tensor<1x2x8xi8>
}

// -----

#schedule = #qnn_cpu.schedule<dot = vpdpbusd, lanes = 8, rows = 2, registers = 1, unroll = 1, prefetch = 0>

// -128 times the sum of each column.
// CHECK-LABEL: @correction
//   CHECK-DAG: dense<{{\[\[\[}}1, 3, 0, 0, 2, 4, 0, 0, 0, {{.*}}]]]> : tensor<1x1x32xi8>
//   CHECK-DAG: dense<[-512, -768, 0, 0, 0, 0, 0, 0]> : tensor<8xi32>
func.func @correction() -> (tensor<1x1x32xi8>, tensor<8xi32>) {
  %w = arith.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi8>
  %e = tensor.empty() : tensor<1x1x32xi8>
  %c = tensor.empty() : tensor<8xi32>
  %p:2 = qnn_cpu.pack source(%w : tensor<2x2xi8>) outs(%e : tensor<1x1x32xi8>) correction(%c : tensor<8xi32>)
      {map = affine_map<(n, k) -> (k, n)>, bounds = array<i64: 2, 2>, num_batch = 0 : i64,
       segment_dims = 1 : i64, schedule = #schedule} -> tensor<1x1x32xi8>, tensor<8xi32>
  return %p#0, %p#1 : tensor<1x1x32xi8>, tensor<8xi32>
}

// -----

#schedule = #qnn_cpu.schedule<dot = fma, lanes = 4, rows = 2, registers = 1, unroll = 1, prefetch = 0>

// Values that are not known are packed at run time. A resource keeps its name.
// CHECK-LABEL: @names
//       CHECK: arith.constant dense_resource<fc.packed> : tensor<1x32x4xf32>
//       CHECK: qnn_cpu.pack source(%arg0
func.func @names(%x: tensor<32x4xf32>) -> (tensor<1x32x4xf32>, tensor<1x32x4xf32>) {
  %w = arith.constant dense_resource<fc> : tensor<32x4xf32>
  %e = tensor.empty() : tensor<1x32x4xf32>
  %p = qnn_cpu.pack source(%w : tensor<32x4xf32>) outs(%e : tensor<1x32x4xf32>)
      {map = affine_map<(n, k) -> (k, n)>, bounds = array<i64: 4, 32>, num_batch = 0 : i64,
       segment_dims = 1 : i64, schedule = #schedule} -> tensor<1x32x4xf32>
  %q = qnn_cpu.pack source(%x : tensor<32x4xf32>) outs(%e : tensor<1x32x4xf32>)
      {map = affine_map<(n, k) -> (k, n)>, bounds = array<i64: 4, 32>, num_batch = 0 : i64,
       segment_dims = 1 : i64, schedule = #schedule} -> tensor<1x32x4xf32>
  return %p, %q : tensor<1x32x4xf32>, tensor<1x32x4xf32>
}

{-# dialect_resources: { builtin: { fc: "0x040000000000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F" } } #-}
