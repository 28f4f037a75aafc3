// RUN: quant-opt %s --codegen-nvvm-form-kernels=chip=sm_80 | FileCheck %s

#mn = affine_map<(m, n) -> (m, n)>
#n = affine_map<(m, n) -> (n)>

// The broadcast bias is the initial value; the elementwise consumer is the
// epilogue; a splat is part of it.
// CHECK-DAG: #[[MK:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG: #[[KN:.*]] = affine_map<(d0, d1, d2) -> (d2, d1)>
// CHECK-DAG: #[[N:.*]] = affine_map<(d0, d1, d2) -> (d1)>
// CHECK-DAG: #[[MN:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-LABEL: func @bytes
// CHECK-SAME: %[[A:.*]]: tensor<64x96xi8>, %[[W:.*]]: tensor<96x128xi8>, %[[BIAS:.*]]: tensor<128xi32>, %[[SCALE:.*]]: tensor<128xf32>
// CHECK: %[[E:.*]] = tensor.empty() : tensor<64x128xi8>
// CHECK: %[[R:.*]] = qnn_gpu.contract lhs(%[[A]] : tensor<64x96xi8>) rhs(%[[W]] : tensor<96x128xi8>)
// CHECK-SAME: init(%[[BIAS]] : tensor<128xi32>) captures(%[[SCALE]] : tensor<128xf32>) outs(%[[E]] : tensor<64x128xi8>)
// CHECK-SAME: maps = [#[[MK]], #[[KN]], #[[N]], #[[N]], #[[MN]]]
// CHECK-SAME: space = #qnn_gpu.space<batch = [], m = [64], n = 128, k = [96]>
// CHECK: ^bb0(%[[ACC:.*]]: i32, %[[S:.*]]: f32):
// CHECK:   arith.constant 5.000000e-01 : f32
// CHECK:   arith.sitofp %[[ACC]]
// CHECK:   qnn_gpu.yield %{{.*}} : i8
// CHECK: return %[[R]]
func.func @bytes(%a: tensor<64x96xi8>, %w: tensor<96x128xi8>, %bias: tensor<128xi32>, %scale: tensor<128xf32>)
    -> tensor<64x128xi8> {
  %half = arith.constant dense<0.5> : tensor<64x128xf32>
  %e = tensor.empty() : tensor<64x128xi32>
  %b = linalg.broadcast ins(%bias : tensor<128xi32>) outs(%e : tensor<64x128xi32>) dimensions = [0]
  %acc = linalg.matmul ins(%a, %w : tensor<64x96xi8>, tensor<96x128xi8>) outs(%b : tensor<64x128xi32>) -> tensor<64x128xi32>
  %d = tensor.empty() : tensor<64x128xi8>
  %r = linalg.generic {indexing_maps = [#mn, #n, #mn, #mn], iterator_types = ["parallel", "parallel"]}
      ins(%acc, %scale, %half : tensor<64x128xi32>, tensor<128xf32>, tensor<64x128xf32>) outs(%d : tensor<64x128xi8>) {
    ^bb0(%x: i32, %s: f32, %h: f32, %o: i8):
      %f = arith.sitofp %x : i32 to f32
      %g = arith.mulf %f, %s : f32
      %y = arith.addf %g, %h : f32
      %q = arith.fptosi %y : f32 to i8
      linalg.yield %q : i8
  } -> tensor<64x128xi8>
  return %r : tensor<64x128xi8>
}

// f32 is multiplied in order of k; a batch is what both operands depend on.
// CHECK-LABEL: func @floats
// CHECK: qnn_gpu.contract
// CHECK-SAME: schedule = #qnn_gpu.schedule<fma,
// CHECK-SAME: space = #qnn_gpu.space<batch = [3], m = [8], n = 16, k = [32]>
func.func @floats(%a: tensor<3x8x32xf32>, %w: tensor<3x32x16xf32>, %c: tensor<3x8x16xf32>) -> tensor<3x8x16xf32> {
  %r = linalg.batch_matmul ins(%a, %w : tensor<3x8x32xf32>, tensor<3x32x16xf32>) outs(%c : tensor<3x8x16xf32>) -> tensor<3x8x16xf32>
  return %r : tensor<3x8x16xf32>
}

// A convolution is a contraction over the window and the channels.
// CHECK-LABEL: func @convolution
// CHECK: qnn_gpu.contract
// CHECK-SAME: space = #qnn_gpu.space<batch = [], m = [1, 4, 4], n = 8, k = [3, 3, 16]>
func.func @convolution(%x: tensor<1x6x6x16xi8>, %w: tensor<3x3x16x8xi8>, %c: tensor<1x4x4x8xi32>) -> tensor<1x4x4x8xi32> {
  %r = linalg.conv_2d_nhwc_hwcf ins(%x, %w : tensor<1x6x6x16xi8>, tensor<3x3x16x8xi8>) outs(%c : tensor<1x4x4x8xi32>) -> tensor<1x4x4x8xi32>
  return %r : tensor<1x4x4x8xi32>
}

// Sums of 64 bits are no kernel.
// CHECK-LABEL: func @wide
// CHECK-NOT: qnn_gpu
// CHECK: linalg.matmul
func.func @wide(%a: tensor<4x4xi8>, %w: tensor<4x4xi8>, %c: tensor<4x4xi64>) -> tensor<4x4xi64> {
  %r = linalg.matmul ins(%a, %w : tensor<4x4xi8>, tensor<4x4xi8>) outs(%c : tensor<4x4xi64>) -> tensor<4x4xi64>
  return %r : tensor<4x4xi64>
}
