// RUN: quant-opt %s -qnn-fuse-sums -verify-no-zero-point-traffic -split-input-file -mlir-print-local-scope | FileCheck %s

#id = affine_map<(m, k) -> (m, k)>
#row = affine_map<(m, k) -> (m)>

// The sum moves through a transposition and a reshape to the op that computes
// the operand, and two readers share it.
// CHECK-LABEL: func @views
// CHECK: %[[Q:.*]]:2 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]}
// CHECK: linalg.yield %{{.*}}, %{{.*}} : i8, i32
// CHECK: %[[P:.*]] = linalg.transpose ins(%[[Q]]#0
// CHECK: %[[C:.*]] = tensor.collapse_shape %[[P]]
// CHECK: linalg.matmul ins(%[[C]],
// CHECK: %[[S:.*]] = linalg.transpose ins(%[[Q]]#1 : tensor<2x3xi32>) outs({{.*}}) permutation = [1, 0]
// CHECK: %[[R:.*]] = tensor.collapse_shape %[[S]] {{\[\[}}0, 1]] : tensor<3x2xi32> into tensor<6xi32>
// CHECK: return %{{.*}}, %[[R]], %[[R]]
func.func @views(%x: tensor<2x3x8xf32>, %b: tensor<8x4xi8>, %init: tensor<6x4xi32>) -> (tensor<6x4xi32>, tensor<6xi32>, tensor<6xi32>) {
  %c0 = arith.constant 0 : i32
  %e = tensor.empty() : tensor<6xi32>
  %zero = linalg.fill ins(%c0 : i32) outs(%e : tensor<6xi32>) -> tensor<6xi32>
  %eq = tensor.empty() : tensor<2x3x8xi8>
  %q = linalg.generic {indexing_maps = [affine_map<(a, b, c) -> (a, b, c)>, affine_map<(a, b, c) -> (a, b, c)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x : tensor<2x3x8xf32>) outs(%eq : tensor<2x3x8xi8>) {
  ^bb0(%in: f32, %out: i8):
    %0 = arith.fptosi %in : f32 to i8
    linalg.yield %0 : i8
  } -> tensor<2x3x8xi8>
  %et = tensor.empty() : tensor<3x2x8xi8>
  %t = linalg.transpose ins(%q : tensor<2x3x8xi8>) outs(%et : tensor<3x2x8xi8>) permutation = [1, 0, 2]
  %a = tensor.collapse_shape %t [[0, 1], [2]] : tensor<3x2x8xi8> into tensor<6x8xi8>
  %d = linalg.matmul ins(%a, %b : tensor<6x8xi8>, tensor<8x4xi8>) outs(%init : tensor<6x4xi32>) -> tensor<6x4xi32>
  %r = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%a : tensor<6x8xi8>) outs(%zero : tensor<6xi32>) {
  ^bb0(%in: i8, %out: i32):
    %0 = arith.extsi %in : i8 to i32
    %1 = arith.addi %out, %0 : i32
    linalg.yield %1 : i32
  } -> tensor<6xi32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%a : tensor<6x8xi8>) outs(%zero : tensor<6xi32>) {
  ^bb0(%in: i8, %out: i32):
    %0 = arith.extsi %in : i8 to i32
    %1 = arith.addi %out, %0 : i32
    linalg.yield %1 : i32
  } -> tensor<6xi32>
  return %d, %r, %s : tensor<6x4xi32>, tensor<6xi32>, tensor<6xi32>
}

// -----

#id = affine_map<(m, k) -> (m, k)>
#row = affine_map<(m, k) -> (m)>

// What was clamped to the range of i8 is summed before it is truncated.
// CHECK-LABEL: func @clamped
// CHECK: linalg.generic
// CHECK: %[[W:.*]] = arith.addi %{{.*}}, %c5_i32
// CHECK: %[[Q:.*]] = arith.trunci %[[W]] : i32 to i8
// CHECK: %[[T:.*]] = arith.addi %{{.*}}, %[[W]] : i32
// CHECK: linalg.yield %[[Q]], %[[T]] : i8, i32
func.func @clamped(%x: tensor<6x8xf32>, %b: tensor<8x4xi8>, %init: tensor<6x4xi32>) -> (tensor<6x4xi32>, tensor<6xi32>) {
  %c0 = arith.constant 0 : i32
  %e = tensor.empty() : tensor<6xi32>
  %zero = linalg.fill ins(%c0 : i32) outs(%e : tensor<6xi32>) -> tensor<6xi32>
  %eq = tensor.empty() : tensor<6x8xi8>
  %a = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<6x8xf32>) outs(%eq : tensor<6x8xi8>) {
  ^bb0(%in: f32, %out: i8):
    %low = arith.constant -133.0 : f32
    %high = arith.constant 122.0 : f32
    %z = arith.constant 5 : i32
    %0 = arith.maximumf %in, %low : f32
    %1 = arith.minimumf %0, %high : f32
    %2 = arith.fptosi %1 : f32 to i32
    %3 = arith.addi %2, %z : i32
    %4 = arith.trunci %3 : i32 to i8
    linalg.yield %4 : i8
  } -> tensor<6x8xi8>
  %d = linalg.matmul ins(%a, %b : tensor<6x8xi8>, tensor<8x4xi8>) outs(%init : tensor<6x4xi32>) -> tensor<6x4xi32>
  %r = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%a : tensor<6x8xi8>) outs(%zero : tensor<6xi32>) {
  ^bb0(%in: i8, %out: i32):
    %0 = arith.extsi %in : i8 to i32
    %1 = arith.addi %out, %0 : i32
    linalg.yield %1 : i32
  } -> tensor<6xi32>
  return %d, %r : tensor<6x4xi32>, tensor<6xi32>
}

// -----

#id = affine_map<(m, h, k) -> (m, h, k)>
#row = affine_map<(m, h, k) -> (m, h)>

// Heads: a part of what is computed as one dimension is summed. It is computed
// as a dimension of its own.
// CHECK-LABEL: func @split
// CHECK: %[[X:.*]] = tensor.expand_shape %arg0 {{\[\[}}0], [1, 2]]
// CHECK: %[[Q:.*]]:2 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> ()>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]}
// CHECK-SAME: ins(%[[X]], %arg1 : tensor<6x2x4xf32>, tensor<f32>)
// CHECK-NOT: linalg.generic
// CHECK: linalg.batch_matmul ins(%[[Q]]#0,
// CHECK-NOT: linalg.generic
// CHECK: return %{{.*}}, %[[Q]]#1
func.func @split(%x: tensor<6x8xf32>, %s: tensor<f32>, %b: tensor<6x4x4xi8>, %init: tensor<6x2x4xi32>) -> (tensor<6x2x4xi32>, tensor<6x2xi32>) {
  %c0 = arith.constant 0 : i32
  %e = tensor.empty() : tensor<6x2xi32>
  %zero = linalg.fill ins(%c0 : i32) outs(%e : tensor<6x2xi32>) -> tensor<6x2xi32>
  %q = qnn.quantize %x, scale %s : tensor<6x8xf32>, tensor<f32> -> tensor<6x8xi8>
  %a = tensor.expand_shape %q [[0], [1, 2]] output_shape [6, 2, 4] : tensor<6x8xi8> into tensor<6x2x4xi8>
  %d = linalg.batch_matmul ins(%a, %b : tensor<6x2x4xi8>, tensor<6x4x4xi8>) outs(%init : tensor<6x2x4xi32>) -> tensor<6x2x4xi32>
  %r = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "parallel", "reduction"]} ins(%a : tensor<6x2x4xi8>) outs(%zero : tensor<6x2xi32>) {
  ^bb0(%in: i8, %out: i32):
    %0 = arith.extsi %in : i8 to i32
    %1 = arith.addi %out, %0 : i32
    linalg.yield %1 : i32
  } -> tensor<6x2xi32>
  return %d, %r : tensor<6x2x4xi32>, tensor<6x2xi32>
}

// -----

#id = affine_map<(m, h, k) -> (m, h, k)>
#row = affine_map<(m, h, k) -> (m, h)>
#mn = affine_map<(m, n) -> (m, n)>
#n = affine_map<(m, n) -> (n)>

// So is the contraction before it, or its accumulators would go through memory;
// its operands are expanded, its initial value is made anew.
// CHECK-LABEL: func @split_tail
// CHECK: %[[W:.*]] = tensor.expand_shape %arg1 {{\[\[}}0], [1, 2]] output_shape [12, 2, 32]
// CHECK: %[[V:.*]] = tensor.expand_shape %arg3 {{\[\[}}0, 1]] output_shape [2, 32]
// CHECK: %[[I:.*]] = linalg.broadcast ins(%[[V]] : tensor<2x32xi32>) outs(%{{.*}} : tensor<6x2x32xi32>) dimensions = [0]
// CHECK: %[[D:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d3)>, affine_map<(d0, d1, d2, d3) -> (d3, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
// CHECK-SAME: ins(%arg0, %[[W]] : tensor<6x12xi8>, tensor<12x2x32xi8>) outs(%[[I]]
// CHECK-SAME: qnn.site = "q"
// CHECK: linalg.generic {{.*}} ins(%[[D]], %{{.*}} : tensor<6x2x32xi32>, tensor<2x32xf32>) outs({{.*}} : tensor<6x2x32xi8>, tensor<6x2xi32>)
// CHECK-NOT: linalg.generic
// CHECK: linalg.batch_matmul
func.func @split_tail(%x: tensor<6x12xi8>, %w: tensor<12x64xi8>, %s: tensor<64xf32>, %v: tensor<64xi32>, %b: tensor<6x32x4xi8>, %init: tensor<6x2x4xi32>) -> (tensor<6x2x4xi32>, tensor<6x2xi32>) {
  %c0 = arith.constant 0 : i32
  %e = tensor.empty() : tensor<6x2xi32>
  %zero = linalg.fill ins(%c0 : i32) outs(%e : tensor<6x2xi32>) -> tensor<6x2xi32>
  %ea = tensor.empty() : tensor<6x64xi32>
  %start = linalg.broadcast ins(%v : tensor<64xi32>) outs(%ea : tensor<6x64xi32>) dimensions = [0]
  %acc = linalg.matmul {qnn.site = "q"} ins(%x, %w : tensor<6x12xi8>, tensor<12x64xi8>) outs(%start : tensor<6x64xi32>) -> tensor<6x64xi32>
  %eq = tensor.empty() : tensor<6x64xi8>
  %q = linalg.generic {indexing_maps = [#mn, #n, #mn], iterator_types = ["parallel", "parallel"]} ins(%acc, %s : tensor<6x64xi32>, tensor<64xf32>) outs(%eq : tensor<6x64xi8>) {
  ^bb0(%in: i32, %scale: f32, %out: i8):
    %0 = arith.sitofp %in : i32 to f32
    %1 = arith.mulf %0, %scale : f32
    %2 = arith.fptosi %1 : f32 to i8
    linalg.yield %2 : i8
  } -> tensor<6x64xi8>
  %a = tensor.expand_shape %q [[0], [1, 2]] output_shape [6, 2, 32] : tensor<6x64xi8> into tensor<6x2x32xi8>
  %d = linalg.batch_matmul ins(%a, %b : tensor<6x2x32xi8>, tensor<6x32x4xi8>) outs(%init : tensor<6x2x4xi32>) -> tensor<6x2x4xi32>
  %r = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "parallel", "reduction"]} ins(%a : tensor<6x2x32xi8>) outs(%zero : tensor<6x2xi32>) {
  ^bb0(%in: i8, %out: i32):
    %0 = arith.extsi %in : i8 to i32
    %1 = arith.addi %out, %0 : i32
    linalg.yield %1 : i32
  } -> tensor<6x2xi32>
  return %d, %r : tensor<6x2x4xi32>, tensor<6x2xi32>
}

// -----

#id = affine_map<(m, h, k) -> (m, h, k)>
#row = affine_map<(m, h, k) -> (m, h)>
#mn = affine_map<(m, n) -> (m, n)>

// Kernels as narrow as these parts would cost more than the sums.
// CHECK-LABEL: func @narrow
// CHECK: linalg.matmul
// CHECK: linalg.generic {{.*}} outs(%{{.*}} : tensor<6x8xi8>)
// CHECK: linalg.generic {{.*}} ins(%{{.*}} : tensor<6x2x4xi8>) outs(%{{.*}} : tensor<6x2xi32>)
func.func @narrow(%x: tensor<6x12xi8>, %w: tensor<12x8xi8>, %start: tensor<6x8xi32>, %b: tensor<6x4x4xi8>, %init: tensor<6x2x4xi32>) -> (tensor<6x2x4xi32>, tensor<6x2xi32>) {
  %c0 = arith.constant 0 : i32
  %e = tensor.empty() : tensor<6x2xi32>
  %zero = linalg.fill ins(%c0 : i32) outs(%e : tensor<6x2xi32>) -> tensor<6x2xi32>
  %acc = linalg.matmul ins(%x, %w : tensor<6x12xi8>, tensor<12x8xi8>) outs(%start : tensor<6x8xi32>) -> tensor<6x8xi32>
  %eq = tensor.empty() : tensor<6x8xi8>
  %q = linalg.generic {indexing_maps = [#mn, #mn], iterator_types = ["parallel", "parallel"]} ins(%acc : tensor<6x8xi32>) outs(%eq : tensor<6x8xi8>) {
  ^bb0(%in: i32, %out: i8):
    %0 = arith.trunci %in : i32 to i8
    linalg.yield %0 : i8
  } -> tensor<6x8xi8>
  %a = tensor.expand_shape %q [[0], [1, 2]] output_shape [6, 2, 4] : tensor<6x8xi8> into tensor<6x2x4xi8>
  %d = linalg.batch_matmul ins(%a, %b : tensor<6x2x4xi8>, tensor<6x4x4xi8>) outs(%init : tensor<6x2x4xi32>) -> tensor<6x2x4xi32>
  %r = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "parallel", "reduction"]} ins(%a : tensor<6x2x4xi8>) outs(%zero : tensor<6x2xi32>) {
  ^bb0(%in: i8, %out: i32):
    %0 = arith.extsi %in : i8 to i32
    %1 = arith.addi %out, %0 : i32
    linalg.yield %1 : i32
  } -> tensor<6x2xi32>
  return %d, %r : tensor<6x2x4xi32>, tensor<6x2xi32>
}
