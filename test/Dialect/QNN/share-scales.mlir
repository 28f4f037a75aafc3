// RUN: quant-opt %s -split-input-file -qnn-share-scales -verify-diagnostics | FileCheck %s
// RUN: quant-opt %s -split-input-file -qnn-share-scales -qnn-materialize -verify-diagnostics | FileCheck %s --check-prefix=MATERIALIZED

#a = #qnn.quantization<f8E4M3FN symmetric tensor minmax>
#scheme = #qnn.scheme<lhs = #a, rhs = #a>

// Q, K and V read one activation and meet in one attention; their largest scale is
// 896 / 448 = 2. What reads the same activation but is no part of the attention, and a
// site in float, keep to themselves.

// CHECK-LABEL: func @attention(
// CHECK: linalg.matmul {{.*}}qnn.site = "q", qnn.weight_scale = 2.000000e+00 : f32}
// CHECK: linalg.matmul {{.*}}qnn.site = "k", qnn.weight_scale = 2.000000e+00 : f32}
// CHECK: linalg.matmul {{.*}}qnn.site = "v", qnn.weight_scale = 2.000000e+00 : f32}
// CHECK: linalg.matmul {qnn.float_reason = "x", qnn.site = "v2"}
// CHECK: linalg.matmul {{.*}}qnn.site = "up"}

// 448 / 2 is 224, 896 / 2 is 448, 224 / 2 is 112.
// MATERIALIZED-LABEL: func @attention(
// MATERIALIZED-DAG: %[[S:.*]] = arith.constant dense<2.000000e+00> : tensor<f32>
// MATERIALIZED-DAG: %[[Q:.*]] = arith.constant dense<2.240000e+02> : tensor<2x2xf8E4M3FN>
// MATERIALIZED-DAG: %[[K:.*]] = arith.constant dense<4.480000e+02> : tensor<2x2xf8E4M3FN>
// MATERIALIZED-DAG: %[[V:.*]] = arith.constant dense<1.120000e+02> : tensor<2x2xf8E4M3FN>
// MATERIALIZED-DAG: %[[UP:.*]] = arith.constant dense<4.480000e+02> : tensor<2x2xf8E4M3FN>
func.func @attention(%x: tensor<4x2xf32>, %i: tensor<4x2xf32>, %j: tensor<4x4xf32>, %k: tensor<2x4xf32>)
    -> (tensor<4x2xf32>, tensor<4x2xf32>, tensor<4x2xf32>) {
  %wq = arith.constant dense<448.0> : tensor<2x2xf32>
  %wk = arith.constant dense<896.0> : tensor<2x2xf32>
  %wv = arith.constant dense<224.0> : tensor<2x2xf32>
  %wup = arith.constant dense<1792.0> : tensor<2x2xf32>
  %o = qnn.observe %x {name = "q/lhs", axis = 1 : i64, statistics = #qnn.statistics<count = 2, nanCount = 0, infCount = 0,
    min = -1.0 : f32, max = 4.0 : f32, channelMin = [-1.0, -1.0], channelMax = [4.0, 1.0], binExponent = 3, firstBin = -1, histogram = [1, 1]>} : tensor<4x2xf32>
  %q = linalg.matmul {qnn.site = "q", qnn.scheme = #scheme} ins(%o, %wq : tensor<4x2xf32>, tensor<2x2xf32>) outs(%i : tensor<4x2xf32>) -> tensor<4x2xf32>
  %kk = linalg.matmul {qnn.site = "k", qnn.scheme = #scheme} ins(%o, %wk : tensor<4x2xf32>, tensor<2x2xf32>) outs(%i : tensor<4x2xf32>) -> tensor<4x2xf32>
  %v = linalg.matmul {qnn.site = "v", qnn.scheme = #scheme} ins(%o, %wv : tensor<4x2xf32>, tensor<2x2xf32>) outs(%i : tensor<4x2xf32>) -> tensor<4x2xf32>
  %v2 = linalg.matmul {qnn.site = "v2", qnn.float_reason = "x"} ins(%o, %wup : tensor<4x2xf32>, tensor<2x2xf32>) outs(%i : tensor<4x2xf32>) -> tensor<4x2xf32>
  %kt = linalg.transpose ins(%kk : tensor<4x2xf32>) outs(%k : tensor<2x4xf32>) permutation = [1, 0]
  %s = linalg.matmul {qnn.site = "scores", qnn.float_reason = "x"} ins(%q, %kt : tensor<4x2xf32>, tensor<2x4xf32>) outs(%j : tensor<4x4xf32>) -> tensor<4x4xf32>
  %p = linalg.exp ins(%s : tensor<4x4xf32>) outs(%j : tensor<4x4xf32>) -> tensor<4x4xf32>
  %vv = linalg.add ins(%v, %v2 : tensor<4x2xf32>, tensor<4x2xf32>) outs(%i : tensor<4x2xf32>) -> tensor<4x2xf32>
  %m = linalg.matmul {qnn.site = "mix", qnn.float_reason = "x"} ins(%p, %vv : tensor<4x4xf32>, tensor<4x2xf32>) outs(%i : tensor<4x2xf32>) -> tensor<4x2xf32>
  %up = linalg.matmul {qnn.site = "up", qnn.scheme = #scheme} ins(%o, %wup : tensor<4x2xf32>, tensor<2x2xf32>) outs(%i : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %m, %up, %v2 : tensor<4x2xf32>, tensor<4x2xf32>, tensor<4x2xf32>
}

// -----

#a = #qnn.quantization<i8 symmetric tensor minmax>
#w = #qnn.quantization<i8 symmetric narrow_range channel axes = [1] minmax>
#scheme = #qnn.scheme<lhs = #a, rhs = #w>

func.func @channels(%x: tensor<4x2xf32>, %i: tensor<4x2xf32>, %j: tensor<4x4xf32>, %k: tensor<2x4xf32>) -> tensor<4x2xf32> {
  %w = arith.constant dense<1.0> : tensor<2x2xf32>
  %o = qnn.observe %x {name = "q/lhs", axis = 1 : i64, statistics = #qnn.statistics<count = 2, nanCount = 0, infCount = 0,
    min = -1.0 : f32, max = 4.0 : f32, channelMin = [-1.0, -1.0], channelMax = [4.0, 1.0], binExponent = 3, firstBin = -1, histogram = [1, 1]>} : tensor<4x2xf32>
  // expected-error @below {{expected weights that share a scale to be symmetric with granularity 'tensor', but got #qnn.quantization<i8 symmetric narrow_range channel axes = [1] minmax>}}
  %q = linalg.matmul {qnn.site = "q", qnn.scheme = #scheme} ins(%o, %w : tensor<4x2xf32>, tensor<2x2xf32>) outs(%i : tensor<4x2xf32>) -> tensor<4x2xf32>
  %kk = linalg.matmul {qnn.site = "k", qnn.scheme = #scheme} ins(%o, %w : tensor<4x2xf32>, tensor<2x2xf32>) outs(%i : tensor<4x2xf32>) -> tensor<4x2xf32>
  %kt = linalg.transpose ins(%kk : tensor<4x2xf32>) outs(%k : tensor<2x4xf32>) permutation = [1, 0]
  %s = linalg.matmul {qnn.site = "scores", qnn.float_reason = "x"} ins(%q, %kt : tensor<4x2xf32>, tensor<2x4xf32>) outs(%j : tensor<4x4xf32>) -> tensor<4x4xf32>
  %m = linalg.matmul {qnn.site = "mix", qnn.float_reason = "x"} ins(%s, %q : tensor<4x4xf32>, tensor<4x2xf32>) outs(%i : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %m : tensor<4x2xf32>
}
