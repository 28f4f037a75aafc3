// RUN: quant-opt %s -split-input-file -qnn-select-scheme=recipe=%S/Inputs/recipe.yaml -verify-selected -mlir-print-local-scope | FileCheck %s

// Weights per output channel on either side; activations per tensor; the error
// is that of weights and histogram.

#stats = #qnn.statistics<count = 4, nanCount = 0, infCount = 0, min = 0.0 : f32, max = 4.0 : f32,
  channelMin = [], channelMax = [], binExponent = -8, firstBin = 0, histogram = [3, 0, 1]>

// CHECK-LABEL: func @linear
func.func @linear(%x: tensor<4x8xf32>, %i: tensor<4x16xf32>, %j: tensor<16x8xf32>) -> (tensor<4x16xf32>, tensor<16x8xf32>) {
  %w = arith.constant dense<1.0> : tensor<8x16xf32>
  %v = arith.constant dense<0.5> : tensor<16x4xf32>
  %o = qnn.observe %x {name = "a/lhs", statistics = #stats} : tensor<4x8xf32>
  // CHECK: linalg.matmul {qnn.scheme = #qnn.scheme<
  // CHECK-SAME: lhs = #qnn.quantization<i8 asymmetric tensor minmax>,
  // CHECK-SAME: rhs = #qnn.quantization<i8 symmetric narrow_range channel axes = [1] minmax>>,
  // CHECK-SAME: qnn.site = "a", qnn.sqnr = {{[0-9.e+]+}} : f64}
  %0 = linalg.matmul {qnn.site = "a"} ins(%o, %w : tensor<4x8xf32>, tensor<8x16xf32>) outs(%i : tensor<4x16xf32>) -> tensor<4x16xf32>
  // CHECK: linalg.matmul {qnn.scheme = #qnn.scheme<
  // CHECK-SAME: lhs = #qnn.quantization<i8 symmetric narrow_range channel axes = [0] minmax>,
  // CHECK-SAME: rhs = #qnn.quantization<i8 asymmetric tensor minmax>>,
  %1 = linalg.matmul {qnn.site = "b"} ins(%v, %o : tensor<16x4xf32>, tensor<4x8xf32>) outs(%j : tensor<16x8xf32>) -> tensor<16x8xf32>
  return %0, %1 : tensor<4x16xf32>, tensor<16x8xf32>
}

// -----

// A rule for a site overrides the defaults; without statistics there is no
// error to tell.

// CHECK-LABEL: func @rule
// CHECK:         lhs = #qnn.quantization<i8 asymmetric tensor percentile 99.5>,
// CHECK-SAME:    rhs = #qnn.quantization<i8 symmetric narrow_range tensor minmax>>, qnn.site = "half"}
func.func @rule(%x: tensor<4x8xf32>, %i: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %w = arith.constant dense<1.0> : tensor<8x16xf32>
  %0 = linalg.matmul {qnn.site = "half"} ins(%x, %w : tensor<4x8xf32>, tensor<8x16xf32>) outs(%i : tensor<4x16xf32>) -> tensor<4x16xf32>
  return %0 : tensor<4x16xf32>
}

// -----

// Ranges that are measured at run time, one for each row.

// CHECK-LABEL: func @dynamic
// CHECK:         lhs = #qnn.quantization<i8 asymmetric dynamic token axes = [0] minmax>,
// CHECK-SAME:    qnn.site = "dynamic"}
func.func @dynamic(%x: tensor<4x8xf32>, %i: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %w = arith.constant dense<1.0> : tensor<8x16xf32>
  %0 = linalg.matmul {qnn.site = "dynamic"} ins(%x, %w : tensor<4x8xf32>, tensor<8x16xf32>) outs(%i : tensor<4x16xf32>) -> tensor<4x16xf32>
  return %0 : tensor<4x16xf32>
}

// -----

// Output channels of filters, also grouped ones.

// CHECK-LABEL: func @convolutions
// CHECK:         channel axes = [3] minmax>>, qnn.site = "c"
// CHECK:         channel axes = [0, 1] minmax>>, qnn.site = "g"
func.func @convolutions(%x: tensor<1x4x4x8xf32>, %i: tensor<1x2x2x16xf32>, %y: tensor<1x2x4x4x4xf32>, %j: tensor<1x2x8x2x2xf32>) -> (tensor<1x2x2x16xf32>, tensor<1x2x8x2x2xf32>) {
  %w = arith.constant dense<1.0> : tensor<3x3x8x16xf32>
  %v = arith.constant dense<1.0> : tensor<2x8x4x3x3xf32>
  %0 = linalg.conv_2d_nhwc_hwcf {qnn.site = "c", strides = dense<1> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>}
    ins(%x, %w : tensor<1x4x4x8xf32>, tensor<3x3x8x16xf32>) outs(%i : tensor<1x2x2x16xf32>) -> tensor<1x2x2x16xf32>
  %1 = linalg.conv_2d_ngchw_gfchw {qnn.site = "g", strides = dense<1> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>}
    ins(%y, %v : tensor<1x2x4x4x4xf32>, tensor<2x8x4x3x3xf32>) outs(%j : tensor<1x2x8x2x2xf32>) -> tensor<1x2x8x2x2xf32>
  return %0, %1 : tensor<1x2x2x16xf32>, tensor<1x2x8x2x2xf32>
}

// -----

// Every reason to stay in float.

// CHECK-LABEL: func @float
func.func @float(%x: tensor<4x8xf32>, %y: tensor<8x4xf32>, %p: tensor<8x4xf32> {qnn.parameter = "p"}, %s: tensor<4x4xf32>,
                 %ix: tensor<4x8xi32>, %iy: tensor<8x4xi32>, %is: tensor<4x4xi32>, %d: tensor<1x4x4x8xf32>, %id: tensor<1x2x2x8xf32>, %t: tensor<1x1xf32>) {
  %w = arith.constant dense<1.0> : tensor<8x4xf32>
  %v = arith.constant dense<1.0> : tensor<4x8xf32>
  %f = arith.constant dense<1.0> : tensor<3x3x8xf32>
  // CHECK: qnn.float_reason = "both operands are activations"
  %0 = linalg.matmul {qnn.site = "a"} ins(%x, %y : tensor<4x8xf32>, tensor<8x4xf32>) outs(%s : tensor<4x4xf32>) -> tensor<4x4xf32>
  // CHECK: qnn.float_reason = "the recipe keeps sites named 'keep*' in float"
  %1 = linalg.matmul {qnn.site = "keep.b"} ins(%x, %w : tensor<4x8xf32>, tensor<8x4xf32>) outs(%s : tensor<4x4xf32>) -> tensor<4x4xf32>
  // CHECK: qnn.float_reason = "both operands are parameters"
  %2 = linalg.matmul {qnn.site = "c"} ins(%v, %w : tensor<4x8xf32>, tensor<8x4xf32>) outs(%s : tensor<4x4xf32>) -> tensor<4x4xf32>
  // CHECK: qnn.float_reason = "its weight is not a constant in memory"
  %3 = linalg.matmul {qnn.site = "d"} ins(%x, %p : tensor<4x8xf32>, tensor<8x4xf32>) outs(%s : tensor<4x4xf32>) -> tensor<4x4xf32>
  // CHECK: qnn.float_reason = "an operand has elements of type i32"
  %4 = linalg.matmul {qnn.site = "e"} ins(%ix, %iy : tensor<4x8xi32>, tensor<8x4xi32>) outs(%is : tensor<4x4xi32>) -> tensor<4x4xi32>
  // CHECK: qnn.float_reason = "it sums over no channels (depthwise)"
  %5 = linalg.depthwise_conv_2d_nhwc_hwc {qnn.site = "f", strides = dense<1> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>}
    ins(%d, %f : tensor<1x4x4x8xf32>, tensor<3x3x8xf32>) outs(%id : tensor<1x2x2x8xf32>) -> tensor<1x2x2x8xf32>
  // CHECK: qnn.float_reason = "it has nothing to compute"
  %x0 = tensor.extract_slice %x[0, 0] [0, 8] [1, 1] : tensor<4x8xf32> to tensor<0x8xf32>
  %e0 = tensor.empty() : tensor<0x4xf32>
  %7 = linalg.matmul {qnn.site = "h"} ins(%x0, %w : tensor<0x8xf32>, tensor<8x4xf32>) outs(%e0 : tensor<0x4xf32>) -> tensor<0x4xf32>
  // CHECK: qnn.float_reason = "its 8 multiply-adds are fewer than 100"
  %x1 = tensor.extract_slice %x[0, 0] [1, 8] [1, 1] : tensor<4x8xf32> to tensor<1x8xf32>
  %w1 = arith.constant dense<1.0> : tensor<8x1xf32>
  %6 = linalg.matmul {qnn.site = "g"} ins(%x1, %w1 : tensor<1x8xf32>, tensor<8x1xf32>) outs(%t : tensor<1x1xf32>) -> tensor<1x1xf32>
  return
}
