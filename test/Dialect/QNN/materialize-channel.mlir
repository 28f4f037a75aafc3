// RUN: quant-opt %s -qnn-materialize -verify-materialized -split-input-file | FileCheck %s

// Scales along the summed dimension become part of the weight before it is
// quantized; a scale of one and the zero points are left of them.
#channel = #qnn.quantization<i8 asymmetric channel axes = [1] minmax>
#symmetric = #qnn.quantization<i8 symmetric channel axes = [1] minmax>
#weight = #qnn.quantization<i8 symmetric narrow_range channel axes = [1] minmax>
#whole = #qnn.statistics<count = 4, nanCount = 0, infCount = 0, min = -1.0 : f32, max = 1.0 : f32, channelMin = [], channelMax = [], binExponent = 0, firstBin = 0, histogram = []>
#stats = #qnn.statistics<count = 8, nanCount = 0, infCount = 0, min = -1.0 : f32, max = 510.0 : f32, channelMin = [0.0, -1.0], channelMax = [510.0, 254.0], binExponent = 0, firstBin = 0, histogram = []>

// s = [2, 1], z = [-128, -127]; s w = [[2, -4], [0.5, 1]], of which the largest
// are 2 and 4.
// CHECK-LABEL: func @asymmetric
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<4x2xf32>
// CHECK-DAG: %[[S:.*]] = arith.constant dense<[2.000000e+00, 1.000000e+00]> : tensor<2xf32>
// CHECK-DAG: %[[Z:.*]] = arith.constant dense<[-128, -127]> : tensor<2xi8>
// CHECK-DAG: %[[Q:.*]] = qnn.quantize %[[X]], scale %[[S]] zero_point %[[Z]] {axes = array<i64: 1>}
// CHECK-DAG: %[[ONE:.*]] = arith.constant dense<1.000000e+00> : tensor<f32>
// CHECK-DAG: %[[A:.*]] = qnn.dequantize %[[Q]], scale %[[ONE]] zero_point %[[Z]] {axes = array<i64: 1>} : tensor<4x2xi8>, tensor<f32>, tensor<2xi8> -> tensor<4x2xf32>
// CHECK-DAG: %[[QW:.*]] = arith.constant dense<{{\[\[}}127, -127], [32, 32]]> : tensor<2x2xi8>
// CHECK-DAG: %[[T:.*]] = arith.constant dense<[0.0157480314, 0.0314960629]> : tensor<2xf32>
// CHECK-DAG: %[[B:.*]] = qnn.dequantize %[[QW]], scale %[[T]] {axes = array<i64: 1>}
// CHECK: linalg.matmul {{.*}} ins(%[[A]], %[[B]] :
func.func @asymmetric(%x: tensor<4x2xf32>, %e: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %w = arith.constant dense<[[1.0, -2.0], [0.5, 1.0]]> : tensor<2x2xf32>
  %o = qnn.observe %x {name = "x", axis = 1 : i64, statistics = #stats} : tensor<4x2xf32>
  %y = linalg.matmul {qnn.scheme = #qnn.scheme<lhs = #channel, rhs = #weight>} ins(%o, %w : tensor<4x2xf32>, tensor<2x2xf32>) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}

// Without zero points nothing varies any more.
// CHECK-LABEL: func @symmetric
// CHECK: %[[Q:.*]] = qnn.quantize %{{.*}}, scale %{{.*}} {axes = array<i64: 1>}
// CHECK: qnn.dequantize %[[Q]], scale %{{.*}} : tensor<4x2xi8>, tensor<f32> -> tensor<4x2xf32>
func.func @symmetric(%x: tensor<4x2xf32>, %e: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %w = arith.constant dense<[[1.0, -2.0], [0.5, 1.0]]> : tensor<2x2xf32>
  %o = qnn.observe %x {name = "x", axis = 1 : i64, statistics = #stats} : tensor<4x2xf32>
  %y = linalg.matmul {qnn.scheme = #qnn.scheme<lhs = #symmetric, rhs = #weight>} ins(%o, %w : tensor<4x2xf32>, tensor<2x2xf32>) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}

// CHECK-LABEL: func @stays_float
func.func @stays_float(%x: tensor<4x2xf32>, %v: tensor<2x2xf32>, %e: tensor<4x2xf32>, %h: tensor<4x2xf16>) -> (tensor<4x2xf32>, tensor<4x2xf32>, tensor<4x2xf16>) {
  %w = arith.constant dense<[[1.0, -2.0], [0.5, 1.0]]> : tensor<2x2xf32>
  %u = arith.constant dense<[[1.0, -2.0], [0.5, 1.0]]> : tensor<2x2xf16>
  %o = qnn.observe %x {name = "x", axis = 1 : i64, statistics = #stats} : tensor<4x2xf32>
  %p = qnn.observe %v {name = "v", statistics = #whole} : tensor<2x2xf32>
  %r = qnn.observe %h {name = "h", axis = 1 : i64, statistics = #stats} : tensor<4x2xf16>
  // CHECK: qnn.float_reason = "scales along a summed dimension have no constant to fold into"
  %0 = linalg.matmul {qnn.scheme = #qnn.scheme<lhs = #channel, rhs = #qnn.quantization<i8 symmetric tensor minmax>>} ins(%o, %p : tensor<4x2xf32>, tensor<2x2xf32>) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  // CHECK: qnn.float_reason = "the scales of a constant vary along a summed dimension"
  %1 = linalg.matmul {qnn.scheme = #qnn.scheme<lhs = #qnn.quantization<i8 symmetric tensor minmax>, rhs = #qnn.quantization<i8 symmetric channel axes = [0] minmax>>} ins(%o, %w : tensor<4x2xf32>, tensor<2x2xf32>) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  // CHECK: qnn.float_reason = "scales along a summed dimension fold into a weight of f32 only, not of f16"
  %2 = linalg.matmul {qnn.scheme = #qnn.scheme<lhs = #channel, rhs = #weight>} ins(%r, %u : tensor<4x2xf16>, tensor<2x2xf16>) outs(%h : tensor<4x2xf16>) -> tensor<4x2xf16>
  return %0, %1, %2 : tensor<4x2xf32>, tensor<4x2xf32>, tensor<4x2xf16>
}

// -----

// Blocks of the weight, the last one shorter.
// CHECK-LABEL: func @blocks
// CHECK-DAG: %[[QW:.*]] = arith.constant dense<{{\[\[}}127, -127], [64, 64], [127, 127]]> : tensor<3x2xi8>
// CHECK-DAG: %[[T:.*]] = arith.constant dense<{{.*}}> : tensor<2x2xf32>
// CHECK-DAG: qnn.dequantize %[[QW]], scale %[[T]] {axes = array<i64: 0, 1>, blocks = array<i64: 2, 1>} : tensor<3x2xi8>, tensor<2x2xf32> -> tensor<3x2xf32>
func.func @blocks(%x: tensor<4x3xf32>, %e: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %w = arith.constant dense<[[1.0, -2.0], [0.5, 1.0], [4.0, 8.0]]> : tensor<3x2xf32>
  %o = qnn.observe %x {name = "x"} : tensor<4x3xf32>
  %y = linalg.matmul {qnn.scheme = #qnn.scheme<lhs = #qnn.quantization<i8 symmetric dynamic tensor minmax>, rhs = #qnn.quantization<i8 symmetric narrow_range block axes = [0, 1] blocks = [2, 1] minmax>>} ins(%o, %w : tensor<4x3xf32>, tensor<3x2xf32>) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}
