// RUN: quant-opt %s --codegen-cpu-form-kernels=cpu=cascadelake --split-input-file | FileCheck %s
// RUN: quant-opt %s --codegen-cpu-form-kernels=cpu=znver5 --split-input-file | FileCheck %s --check-prefix=ZEN
// RUN: quant-opt %s --codegen-cpu-form-kernels=triple=aarch64-linux-gnu --split-input-file | FileCheck %s --check-prefix=NEON

// The left operand is shifted, the weights carry the correction, zero is no
// initial value, and the elementwise consumer is the epilogue.
// CHECK-DAG: #[[KN:.+]] = affine_map<(d0, d1) -> (d1, d0)>
// CHECK-DAG: #[[MK:.+]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG: #[[N:.+]] = affine_map<(d0, d1, d2) -> (d1)>
// CHECK-DAG: #[[MN:.+]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-LABEL: @epilogue
//  CHECK-SAME: %[[A:[^ ]+]]: tensor<8x12xi8>, %[[W:[^ ]+]]: tensor<12x48xi8>, %[[S:[^ ]+]]: tensor<48xf32>
//       CHECK: %[[SHIFTED:.+]] = linalg.generic {{.*}} ins(%[[A]]
//       CHECK: arith.xori %{{.*}}, %c-128_i8
//       CHECK: %[[P:.+]]:2 = qnn_cpu.pack source(%[[W]] : tensor<12x48xi8>)
//  CHECK-SAME: bounds = array<i64: 48, 12>, map = #[[KN]]
//  CHECK-SAME: dot = vpdpbusd, lanes = 16
//  CHECK-SAME: -> tensor<1x3x192xi8>, tensor<48xi32>
//       CHECK: qnn_cpu.contract lhs(%[[SHIFTED]] : tensor<8x12xi8>) rhs(%[[P]]#0
//  CHECK-SAME: correction(%[[P]]#1 : tensor<48xi32>) captures(%[[S]] : tensor<48xf32>)
//   CHECK-NOT: init
//  CHECK-SAME: bounds = array<i64: 8, 48, 12>, lhs_kind = #qnn_cpu<lhs offset>, maps = [#[[MK]], #[[N]], #[[MN]]]
//  CHECK-SAME: qnn.site = "fc"
//  CHECK-SAME: rows = 8, registers = 3
//  CHECK-NEXT: ^bb0(%[[ACC:.+]]: i32, %[[SC:.+]]: f32):
//       CHECK: arith.sitofp %[[ACC]]
//       CHECK: qnn_cpu.yield %{{.*}} : f32

// Zen flips signs in registers.
//   ZEN-LABEL: @epilogue
//    ZEN-SAME: %[[A:[^ ]+]]: tensor<8x12xi8>
//     ZEN-NOT: xori
//         ZEN: qnn_cpu.contract lhs(%[[A]] {{.*}} correction{{.*}} lhs_kind = #qnn_cpu<lhs signed>

// Signed instructions need no correction.
//  NEON-LABEL: @epilogue
//    NEON-NOT: correction
//        NEON: qnn_cpu.contract {{.*}} lanes = 4
func.func @epilogue(%a: tensor<8x12xi8>, %w: tensor<12x48xi8>, %s: tensor<48xf32>) -> tensor<8x48xf32> {
  %c0 = arith.constant 0 : i32
  %e = tensor.empty() : tensor<8x48xi32>
  %z = linalg.fill ins(%c0 : i32) outs(%e : tensor<8x48xi32>) -> tensor<8x48xi32>
  %acc = linalg.matmul {qnn.site = "fc"} ins(%a, %w : tensor<8x12xi8>, tensor<12x48xi8>)
                       outs(%z : tensor<8x48xi32>) -> tensor<8x48xi32>
  %d = tensor.empty() : tensor<8x48xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (n)>, affine_map<(m, n) -> (m, n)>],
                       iterator_types = ["parallel", "parallel"]}
      ins(%acc, %s : tensor<8x48xi32>, tensor<48xf32>) outs(%d : tensor<8x48xf32>) {
  ^bb0(%x: i32, %scale: f32, %o: f32):
    %f = arith.sitofp %x : i32 to f32
    %y = arith.mulf %f, %scale : f32
    linalg.yield %y : f32
  } -> tensor<8x48xf32>
  return %r : tensor<8x48xf32>
}

// -----

// A bias is read before it is broadcast.
// CHECK-LABEL: @broadcast_bias
//  CHECK-SAME: %[[B:[^ ]+]]: tensor<5xf32>
//       CHECK: qnn_cpu.contract {{.*}} init(%[[B]] : tensor<5xf32>)
func.func @broadcast_bias(%a: tensor<3x4xf32>, %w: tensor<4x5xf32>, %b: tensor<5xf32>) -> tensor<3x5xf32> {
  %e = tensor.empty() : tensor<3x5xf32>
  %i = linalg.broadcast ins(%b : tensor<5xf32>) outs(%e : tensor<3x5xf32>) dimensions = [0]
  %r = linalg.matmul ins(%a, %w : tensor<3x4xf32>, tensor<4x5xf32>) outs(%i : tensor<3x5xf32>) -> tensor<3x5xf32>
  return %r : tensor<3x5xf32>
}

// -----

// The innermost dimension of the result is n, wherever it comes from: here
// weights stand on the left.
// CHECK-LABEL: @swapped
//  CHECK-SAME: %[[W:[^ ]+]]: tensor<6x4xf32>, %[[X:[^ ]+]]: tensor<3x4xf32>
//       CHECK: qnn_cpu.pack source(%[[W]] : tensor<6x4xf32>)
//       CHECK: qnn_cpu.contract lhs(%[[X]] : tensor<3x4xf32>)
func.func @swapped(%w: tensor<6x4xf32>, %x: tensor<3x4xf32>, %i: tensor<3x6xf32>) -> tensor<3x6xf32> {
  %r = linalg.generic {indexing_maps = [affine_map<(n, m, k) -> (n, k)>, affine_map<(n, m, k) -> (m, k)>, affine_map<(n, m, k) -> (m, n)>],
                       iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%w, %x : tensor<6x4xf32>, tensor<3x4xf32>) outs(%i : tensor<3x6xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<3x6xf32>
  return %r : tensor<3x6xf32>
}

// -----

// A convolution reads its input in place. Channels and the columns of the
// window are adjacent: one segment of k a row of the window.
// CHECK-DAG: #[[IMAGE:.+]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1 * 2 + d4, d2 * 2 + d5, d6)>
// CHECK-LABEL: @convolution
//       CHECK: qnn_cpu.contract {{.*}} maps = [#[[IMAGE]], {{.*}} num_batch = 0 : i64, num_m = 3 : i64, {{.*}} segment_dims = 2 : i64
func.func @convolution(%x: tensor<2x9x9x3xf32>, %w: tensor<3x3x3x16xf32>, %i: tensor<2x4x4x16xf32>) -> tensor<2x4x4x16xf32> {
  %r = linalg.conv_2d_nhwc_hwcf {strides = dense<2> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>}
      ins(%x, %w : tensor<2x9x9x3xf32>, tensor<3x3x3x16xf32>) outs(%i : tensor<2x4x4x16xf32>) -> tensor<2x4x4x16xf32>
  return %r : tensor<2x4x4x16xf32>
}

// -----

// The innermost dimension occurs in both operands: no kernel.
// CHECK-LABEL: @depthwise
//   CHECK-NOT: qnn_cpu
//       CHECK: linalg.depthwise_conv_2d_nhwc_hwc
func.func @depthwise(%x: tensor<1x4x4x8xf32>, %w: tensor<3x3x8xf32>, %i: tensor<1x2x2x8xf32>) -> tensor<1x2x2x8xf32> {
  %r = linalg.depthwise_conv_2d_nhwc_hwc {strides = dense<1> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>}
      ins(%x, %w : tensor<1x4x4x8xf32>, tensor<3x3x8xf32>) outs(%i : tensor<1x2x2x8xf32>) -> tensor<1x2x2x8xf32>
  return %r : tensor<1x2x2x8xf32>
}

// -----

// Bytes of the left operand are read along k: it is transposed first.
// CHECK-LABEL: @transposed_lhs
//  CHECK-SAME: %[[A:[^ ]+]]: tensor<12x8xi8>
//       CHECK: %[[T:.+]] = linalg.transpose ins(%[[A]] : tensor<12x8xi8>) {{.*}} permutation = [1, 0]
func.func @transposed_lhs(%a: tensor<12x8xi8>, %w: tensor<12x16xi8>, %i: tensor<8x16xi32>) -> tensor<8x16xi32> {
  %r = linalg.matmul indexing_maps = [affine_map<(m, n, k) -> (k, m)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
      ins(%a, %w : tensor<12x8xi8>, tensor<12x16xi8>) outs(%i : tensor<8x16xi32>) -> tensor<8x16xi32>
  return %r : tensor<8x16xi32>
}

