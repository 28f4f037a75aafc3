// RUN: quant-opt %s -split-input-file -qnn-split-outliers=recipe=%S/Inputs/outliers.yaml | FileCheck %s
// RUN: quant-opt %s -split-input-file -qnn-split-outliers=recipe=%S/Inputs/outliers.yaml --remarks-filter=qnn-split-outliers 2>&1 >/dev/null | FileCheck %s --check-prefix=REMARK
// RUN: quant-opt %s -split-input-file -qnn-split-outliers=recipe=%S/Inputs/outliers.yaml -qnn-select-scheme=recipe=%S/Inputs/outliers.yaml -verify-selected | FileCheck %s --check-prefix=SELECTED

// Channels 1 (-7) and 3 (6, the threshold itself) have outliers. Both readers share
// what is gathered and what is left; a reader that the recipe keeps in float reads on
// what it read.

// REMARK: Outliers {{.*}}Reason="2 of 4 channels reach the outlier threshold 6", observer=q/lhs

#stats = #qnn.statistics<count = 16, nanCount = 0, infCount = 0, min = -7.0 : f32, max = 6.0 : f32,
  channelMin = [-1.0, -7.0, -2.0, 0.5], channelMax = [1.0, 1.0, 5.5, 6.0], binExponent = -8, firstBin = -256, histogram = [16]>

// CHECK-LABEL: func @shared(
// CHECK-SAME: %[[N:[a-z0-9]+]]: tensor<4x4xf32>
// CHECK: %[[X:.*]] = qnn.observe %[[N]] {{.*}}name = "q/lhs"
// CHECK: %[[WHICH:.*]] = arith.constant dense<[1, 3]> : tensor<2xi32>
// CHECK: %[[FEW:.*]] = linalg.generic {{.*}} ins(%[[WHICH]] : tensor<2xi32>)
// CHECK: tensor.extract %[[N]][
// CHECK: -> tensor<4x2xf32>
// CHECK: %[[KEPT:.*]] = arith.constant dense<[1, 0, 1, 0]> : tensor<4xi8>
// CHECK: %[[REST:.*]] = linalg.generic {{.*}} ins(%[[N]], %[[KEPT]] :
// CHECK: arith.select
// CHECK: %[[INLIERS:.*]] = qnn.observe %[[REST]] {axis = 1 : i64, name = "q/lhs/inliers", statistics = #qnn.statistics<count = 16, nanCount = 0, infCount = 0, min = -2.000000e+00 : f32, max = 5.500000e+00 : f32, channelMin = [-1.000000e+00, 0.000000e+00, -2.000000e+00, 0.000000e+00], channelMax = [1.000000e+00, 0.000000e+00, 5.500000e+00, 0.000000e+00], binExponent = 0, firstBin = 0, histogram = []>}
// CHECK: %[[WFEW:.*]] = arith.constant dense<{{\[\[}}3.000000e+00, 4.000000e+00], [7.000000e+00, 8.000000e+00]]>
// CHECK: %[[A:.*]] = linalg.matmul {qnn.outliers = "2 of 4 channels reach the outlier threshold 6", qnn.site = "q.outliers"} ins(%[[FEW]], %[[WFEW]] :
// CHECK: %[[WREST:.*]] = arith.constant dense<{{\[\[}}1.000000e+00, 2.000000e+00], [0.000000e+00, 0.000000e+00], [5.000000e+00, 6.000000e+00], [0.000000e+00, 0.000000e+00]]>
// CHECK: %[[B:.*]] = linalg.matmul {qnn.site = "q"} ins(%[[INLIERS]], %[[WREST]] :
// CHECK: %[[Q:.*]] = linalg.generic {{.*}} ins(%[[B]], %[[A]] :
// CHECK: arith.addf
// The weight lies [outputs, channels] here.
// CHECK: %[[KFEW:.*]] = arith.constant dense<{{\[\[}}2.000000e+00, 4.000000e+00], [6.000000e+00, 8.000000e+00]]>
// CHECK: linalg.generic {{.*}} ins(%[[FEW]], %[[KFEW]] : {{.*}}qnn.outliers = {{.*}}, qnn.site = "k.outliers"}
// CHECK: %[[KREST:.*]] = arith.constant dense<{{\[\[}}1.000000e+00, 0.000000e+00, 3.000000e+00, 0.000000e+00], [5.000000e+00, 0.000000e+00, 7.000000e+00, 0.000000e+00]]>
// CHECK: linalg.generic {{.*}} ins(%[[INLIERS]], %[[KREST]] : {{.*}}qnn.site = "k"}
// CHECK: linalg.matmul {qnn.site = "float"} ins(%[[X]],
// CHECK: return %[[Q]],

// SELECTED-LABEL: func @shared(
// SELECTED: linalg.matmul {qnn.float_reason = "2 of 4 channels reach the outlier threshold 6", {{.*}}qnn.site = "q.outliers"}
// SELECTED: linalg.matmul {qnn.scheme = #qnn.scheme<lhs = #qnn.quantization<i8 symmetric narrow_range dynamic token axes = [0] minmax>, rhs = #qnn.quantization<i8 symmetric narrow_range channel axes = [1] minmax>>, qnn.site = "q"}
#rows = affine_map<(m, n, k) -> (m, k)>
#columns = affine_map<(m, n, k) -> (n, k)>
#result = affine_map<(m, n, k) -> (m, n)>
func.func @shared(%n: tensor<4x4xf32>, %i: tensor<4x2xf32>) -> (tensor<4x2xf32>, tensor<4x2xf32>, tensor<4x2xf32>) {
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]]> : tensor<4x2xf32>
  %v = arith.constant dense<[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]> : tensor<2x4xf32>
  %x = qnn.observe %n {name = "q/lhs", axis = 1 : i64, statistics = #stats} : tensor<4x4xf32>
  %0 = linalg.matmul {qnn.site = "q"} ins(%x, %w : tensor<4x4xf32>, tensor<4x2xf32>) outs(%i : tensor<4x2xf32>) -> tensor<4x2xf32>
  %1 = linalg.generic {indexing_maps = [#rows, #columns, #result], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %v : tensor<4x4xf32>, tensor<2x4xf32>) outs(%i : tensor<4x2xf32>) attrs = {qnn.site = "k"} {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x2xf32>
  %2 = linalg.matmul {qnn.site = "float"} ins(%x, %w : tensor<4x4xf32>, tensor<4x2xf32>) outs(%i : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %0, %1, %2 : tensor<4x2xf32>, tensor<4x2xf32>, tensor<4x2xf32>
}

// -----

// A splat weight, channels that are not innermost, elements of f16: a transposed
// activation [channels, tokens].

#stats = #qnn.statistics<count = 8, nanCount = 0, infCount = 0, min = -7.0 : f32, max = 8.0 : f32,
  channelMin = [-7.0, -1.0], channelMax = [8.0, 1.0], binExponent = -8, firstBin = -256, histogram = [8]>
// CHECK-LABEL: func @halves(
// CHECK: linalg.generic {{.*}} outs(%{{.*}} : tensor<1x4xf16>)
// CHECK: arith.constant dense<1.500000e+00> : tensor<1x2xf16>
// CHECK: linalg.fill {{.*}} : tensor<4x2xf16>
// CHECK: arith.constant dense<{{\[\[}}0.000000e+00, 0.000000e+00], [1.500000e+00, 1.500000e+00]]> : tensor<2x2xf16>
func.func @halves(%n: tensor<2x4xf16>, %i: tensor<4x2xf16>) -> tensor<4x2xf16> {
  %w = arith.constant dense<1.5> : tensor<2x2xf16>
  %x = qnn.observe %n {name = "h/lhs", axis = 0 : i64, statistics = #stats} : tensor<2x4xf16>
  %0 = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (k, m)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                       iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<2x4xf16>, tensor<2x2xf16>) outs(%i : tensor<4x2xf16>) attrs = {qnn.site = "h"} {
  ^bb0(%a: f16, %b: f16, %c: f16):
    %p = arith.mulf %a, %b : f16
    %s = arith.addf %c, %p : f16
    linalg.yield %s : f16
  } -> tensor<4x2xf16>
  return %0 : tensor<4x2xf16>
}

// -----

// Nothing reaches the threshold: nothing changes.

#stats = #qnn.statistics<count = 16, nanCount = 0, infCount = 0, min = -5.75 : f32, max = 5.75 : f32,
  channelMin = [-5.75, 0.0], channelMax = [1.0, 5.75], binExponent = -8, firstBin = -256, histogram = [16]>
// CHECK-LABEL: func @none(
// CHECK-NEXT: arith.constant
// CHECK-NEXT: qnn.observe
// CHECK-NEXT: linalg.matmul
// CHECK-NEXT: return
func.func @none(%n: tensor<4x2xf32>, %i: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %w = arith.constant dense<1.5> : tensor<2x2xf32>
  %x = qnn.observe %n {name = "n/lhs", axis = 1 : i64, statistics = #stats} : tensor<4x2xf32>
  %0 = linalg.matmul {qnn.site = "n"} ins(%x, %w : tensor<4x2xf32>, tensor<2x2xf32>) outs(%i : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// -----

// Everything does: the site stays in float as it is.

#stats = #qnn.statistics<count = 16, nanCount = 0, infCount = 0, min = -9.0 : f32, max = 7.0 : f32,
  channelMin = [-9.0, 0.0], channelMax = [1.0, 7.0], binExponent = -8, firstBin = -256, histogram = [16]>
// CHECK-LABEL: func @all(
// CHECK-NEXT: arith.constant
// CHECK-NEXT: qnn.observe
// CHECK-NEXT: linalg.matmul {qnn.outliers = "all of its 2 channels reach the outlier threshold 6"
// CHECK-NEXT: return
// SELECTED-LABEL: func @all(
// SELECTED: qnn.float_reason = "all of its 2 channels reach the outlier threshold 6"
func.func @all(%n: tensor<4x2xf32>, %i: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %w = arith.constant dense<1.5> : tensor<2x2xf32>
  %x = qnn.observe %n {name = "a/lhs", axis = 1 : i64, statistics = #stats} : tensor<4x2xf32>
  %0 = linalg.matmul {qnn.site = "a"} ins(%x, %w : tensor<4x2xf32>, tensor<2x2xf32>) outs(%i : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// -----

// A product of activations has no weight to take channels from.

#stats = #qnn.statistics<count = 16, nanCount = 0, infCount = 0, min = -9.0 : f32, max = 7.0 : f32,
  channelMin = [-9.0, 0.0], channelMax = [1.0, 1.0], binExponent = -8, firstBin = -256, histogram = [16]>
// CHECK-LABEL: func @product(
// CHECK-NEXT: qnn.observe
// CHECK-NEXT: linalg.matmul
// CHECK-NEXT: return
func.func @product(%n: tensor<4x2xf32>, %w: tensor<2x2xf32>, %i: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %x = qnn.observe %n {name = "p/lhs", axis = 1 : i64, statistics = #stats} : tensor<4x2xf32>
  %0 = linalg.matmul {qnn.site = "p"} ins(%x, %w : tensor<4x2xf32>, tensor<2x2xf32>) outs(%i : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}
