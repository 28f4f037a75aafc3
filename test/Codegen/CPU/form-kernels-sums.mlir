// RUN: quant-opt %s -codegen-cpu-form-kernels="triple=x86_64-linux-gnu cpu=cascadelake" -codegen-cpu-fold-conversions -codegen-cpu-pack -split-input-file -mlir-print-local-scope | FileCheck %s

#id = affine_map<(m, n) -> (m, n)>
#row = affine_map<(m, n) -> (m)>
#col = affine_map<(m, n) -> (n)>

// The kernel writes the sums of its rows, panel by panel. The vector of the
// terms and the correction of signed bytes are one: [10, 20] - 128 [8, 16].
// CHECK-LABEL: func @rows
// CHECK: %[[INIT:.*]] = arith.constant {{.*}} : tensor<16xi32>
// CHECK: %[[R:.*]]:2 = qnn_cpu.contract {{.*}} correction(%{{.*}} : tensor<16xi32>) outs(%{{.*}} : tensor<4x2xi8>) sums(%{{.*}} : tensor<4x1xi32>)
// CHECK-SAME: affine_map<(d0, d1, d2) -> (d0, 0)>]
// CHECK: qnn_cpu.yield %{{.*}}, %{{.*}} : i8, i32
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]} ins(%[[R]]#1 : tensor<4x1xi32>)
func.func @rows(%a: tensor<4x8xi8>) -> (tensor<4x2xi8>, tensor<4xi32>) {
  %c0 = arith.constant 0 : i32
  %w = arith.constant dense<[[1, 2], [1, 2], [1, 2], [1, 2], [1, 2], [1, 2], [1, 2], [1, 2]]> : tensor<8x2xi8>
  %v = arith.constant dense<[10, 20]> : tensor<2xi32>
  %e = tensor.empty() : tensor<4x2xi32>
  %init = linalg.broadcast ins(%v : tensor<2xi32>) outs(%e : tensor<4x2xi32>) dimensions = [0]
  %er = tensor.empty() : tensor<4xi32>
  %zero = linalg.fill ins(%c0 : i32) outs(%er : tensor<4xi32>) -> tensor<4xi32>
  %d = linalg.matmul ins(%a, %w : tensor<4x8xi8>, tensor<8x2xi8>) outs(%init : tensor<4x2xi32>) -> tensor<4x2xi32>
  %eq = tensor.empty() : tensor<4x2xi8>
  %q:2 = linalg.generic {indexing_maps = [#id, #id, #row], iterator_types = ["parallel", "reduction"]} ins(%d : tensor<4x2xi32>) outs(%eq, %zero : tensor<4x2xi8>, tensor<4xi32>) {
  ^bb0(%x: i32, %o: i8, %s: i32):
    %0 = arith.trunci %x : i32 to i8
    %1 = arith.extsi %0 : i8 to i32
    %2 = arith.addi %s, %1 : i32
    linalg.yield %0, %2 : i8, i32
  } -> (tensor<4x2xi8>, tensor<4xi32>)
  return %q#0, %q#1 : tensor<4x2xi8>, tensor<4xi32>
}

// -----

#id = affine_map<(m, n) -> (m, n)>
#col = affine_map<(m, n) -> (n)>

// Sums over rows are taken out of the epilogue.
// CHECK-LABEL: func @columns
// CHECK: %[[R:.*]] = qnn_cpu.contract
// CHECK-NOT: sums(
// CHECK: linalg.generic {{.*}} iterator_types = ["reduction", "parallel"]} ins(%[[R]] : tensor<4x2xi8>)
// CHECK: arith.extsi
func.func @columns(%a: tensor<4x8xi8>, %w: tensor<8x2xi8>) -> (tensor<4x2xi8>, tensor<2xi32>) {
  %c0 = arith.constant 0 : i32
  %e = tensor.empty() : tensor<4x2xi32>
  %init = linalg.fill ins(%c0 : i32) outs(%e : tensor<4x2xi32>) -> tensor<4x2xi32>
  %ec = tensor.empty() : tensor<2xi32>
  %zero = linalg.fill ins(%c0 : i32) outs(%ec : tensor<2xi32>) -> tensor<2xi32>
  %d = linalg.matmul ins(%a, %w : tensor<4x8xi8>, tensor<8x2xi8>) outs(%init : tensor<4x2xi32>) -> tensor<4x2xi32>
  %eq = tensor.empty() : tensor<4x2xi8>
  %q:2 = linalg.generic {indexing_maps = [#id, #id, #col], iterator_types = ["reduction", "parallel"]} ins(%d : tensor<4x2xi32>) outs(%eq, %zero : tensor<4x2xi8>, tensor<2xi32>) {
  ^bb0(%x: i32, %o: i8, %s: i32):
    %0 = arith.trunci %x : i32 to i8
    %1 = arith.extsi %0 : i8 to i32
    %2 = arith.addi %s, %1 : i32
    linalg.yield %0, %2 : i8, i32
  } -> (tensor<4x2xi8>, tensor<2xi32>)
  return %q#0, %q#1 : tensor<4x2xi8>, tensor<2xi32>
}
