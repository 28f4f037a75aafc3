// RUN: quant-opt %s -split-input-file -qnn-materialize -verify-materialized -verify-diagnostics | FileCheck %s

// Static granularity 'token': the scales and zero points of calibrated positions.

#weight = #qnn.quantization<i8 symmetric narrow_range channel axes = [1] minmax>
#token = #qnn.quantization<i8 asymmetric token axes = [0] minmax>
#stats = #qnn.statistics<count = 9, nanCount = 0, infCount = 0, min = -255.0 : f32, max = 510.0 : f32,
  channelMin = [-255.0, -1.0, 0.0], channelMax = [0.0, 1.55, 510.0], binExponent = 0, firstBin = 0, histogram = [],
  tokenMin = [-1.0, -255.0, 0.0], tokenMax = [1.55, 0.0, 510.0]>

// CHECK-LABEL: func @rows
// CHECK-DAG:     %[[S:.*]] = arith.constant dense<[0.00999999977, 1.000000e+00, 2.000000e+00]> : tensor<3xf32>
// CHECK-DAG:     %[[Z:.*]] = arith.constant dense<[-28, 127, -128]> : tensor<3xi8>
// CHECK:         %[[Q:.*]] = qnn.quantize %{{.*}}, scale %[[S]] zero_point %[[Z]] {axes = array<i64: 0>} : tensor<3x3xf32>, tensor<3xf32>, tensor<3xi8> -> tensor<3x3xi8>
// CHECK:         qnn.dequantize %[[Q]], scale %[[S]] zero_point %[[Z]] {axes = array<i64: 0>}
func.func @rows(%x: tensor<3x3xf32>, %e: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %w = arith.constant dense<1.0> : tensor<3x2xf32>
  %o = qnn.observe %x {name = "x", axis = 1 : i64, statistics = #stats} : tensor<3x3xf32>
  %y = linalg.matmul {qnn.scheme = #qnn.scheme<lhs = #token, rhs = #weight>} ins(%o, %w : tensor<3x3xf32>, tensor<3x2xf32>) outs(%e : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// -----

// The channels lie in the middle, and the scheme has one parameter for all but
// the first dimension of the tokens: their ranges are merged.

#weight = #qnn.quantization<i8 symmetric narrow_range channel axes = [1] minmax>
#token = #qnn.quantization<i8 symmetric token axes = [0] minmax>
#stats = #qnn.statistics<count = 24, nanCount = 0, infCount = 0, min = -254.0 : f32, max = 127.0 : f32,
  channelMin = [], channelMax = [], binExponent = 0, firstBin = 0, histogram = [],
  tokenMin = [-1.0, 0.0, -2.0, -254.0, 0.0, 0.0], tokenMax = [1.0, 127.0, 3.0, 0.0, 1.0, 2.0]>

// CHECK-LABEL: func @merged
// CHECK:         %[[S:.*]] = arith.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>
// CHECK:         qnn.quantize %{{.*}}, scale %[[S]] {axes = array<i64: 0>} : tensor<2x4x3xf32>, tensor<2xf32> -> tensor<2x4x3xi8>
func.func @merged(%x: tensor<2x4x3xf32>, %e: tensor<2x5xf32>) -> tensor<2x5xf32> {
  %w = arith.constant dense<1.0> : tensor<4x5xf32>
  %o = qnn.observe %x {name = "x", axis = 1 : i64, statistics = #stats} : tensor<2x4x3xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(b, n, k, t) -> (b, k, t)>, affine_map<(b, n, k, t) -> (k, n)>, affine_map<(b, n, k, t) -> (b, n)>],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]} ins(%o, %w : tensor<2x4x3xf32>, tensor<4x5xf32>) outs(%e : tensor<2x5xf32>)
      attrs = {qnn.scheme = #qnn.scheme<lhs = #token, rhs = #weight>} {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %c, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x5xf32>
  return %y : tensor<2x5xf32>
}

// -----

#weight = #qnn.quantization<i8 symmetric narrow_range channel axes = [1] minmax>
#token = #qnn.quantization<i8 symmetric token axes = [0] minmax>
#stats = #qnn.statistics<count = 9, nanCount = 0, infCount = 0, min = -1.0 : f32, max = 1.0 : f32, channelMin = [], channelMax = [], binExponent = 0, firstBin = 0, histogram = []>

func.func @none(%x: tensor<3x3xf32>, %e: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %w = arith.constant dense<1.0> : tensor<3x2xf32>
  // expected-error @below {{'x': expected ranges of tokens for a static granularity 'token', but these statistics have none; calibrate with --token-ranges, and what was smoothed again (quantize --data)}}
  %o = qnn.observe %x {name = "x", axis = 1 : i64, statistics = #stats} : tensor<3x3xf32>
  %y = linalg.matmul {qnn.scheme = #qnn.scheme<lhs = #token, rhs = #weight>} ins(%o, %w : tensor<3x3xf32>, tensor<3x2xf32>) outs(%e : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// -----

#weight = #qnn.quantization<i8 symmetric narrow_range channel axes = [1] minmax>
#token = #qnn.quantization<i8 symmetric token axes = [0] minmax>
#stats = #qnn.statistics<count = 9, nanCount = 0, infCount = 0, min = -1.0 : f32, max = 1.0 : f32, channelMin = [], channelMax = [], binExponent = 0, firstBin = 0, histogram = []>

func.func @dynamic(%x: tensor<?x3xf32>, %e: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = arith.constant dense<1.0> : tensor<3x2xf32>
  // expected-error @below {{'x': expected a static size of dimension 0}}
  %o = qnn.observe %x {name = "x", axis = 1 : i64, statistics = #stats} : tensor<?x3xf32>
  %y = linalg.matmul {qnn.scheme = #qnn.scheme<lhs = #token, rhs = #weight>} ins(%o, %w : tensor<?x3xf32>, tensor<3x2xf32>) outs(%e : tensor<?x2xf32>) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// -----

// Ranges of tokens are none of the channels.

#weight = #qnn.quantization<i8 symmetric narrow_range channel axes = [2] minmax>
#token = #qnn.quantization<i8 symmetric token axes = [0, 1] minmax>
#stats = #qnn.statistics<count = 9, nanCount = 0, infCount = 0, min = -1.0 : f32, max = 1.0 : f32, channelMin = [], channelMax = [], binExponent = 0, firstBin = 0, histogram = [], tokenMin = [-1.0, 0.0, 0.0, 0.0, 0.0, 0.0], tokenMax = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]>

func.func @along_the_axis(%x: tensor<3x3x2xf32>, %e: tensor<3x3x4xf32>) -> tensor<3x3x4xf32> {
  %w = arith.constant dense<1.0> : tensor<3x2x4xf32>
  // expected-error @below {{'x': expected granularity 'token' along other dimensions than the observed axis, but got}}
  %o = qnn.observe %x {name = "x", axis = 1 : i64, statistics = #stats} : tensor<3x3x2xf32>
  %y = linalg.batch_matmul {qnn.scheme = #qnn.scheme<lhs = #token, rhs = #weight>} ins(%o, %w : tensor<3x3x2xf32>, tensor<3x2x4xf32>) outs(%e : tensor<3x3x4xf32>) -> tensor<3x3x4xf32>
  return %y : tensor<3x3x4xf32>
}
