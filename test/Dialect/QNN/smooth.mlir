// RUN: quant-opt %s -split-input-file -qnn-smooth=alpha=0.5 -canonicalize -mlir-print-local-scope --remarks-filter="qnn-smooth" 2>%t.remarks | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK < %t.remarks

// With |X| = [4, 1] and |W| = [1, 4] the scales are [2, 0.5]. An input of the
// model is multiplied by their reciprocals; the statistics follow.

// CHECK-LABEL: func @multiply
// CHECK-DAG:     %[[W:.*]] = arith.constant dense<2.000000e+00> : tensor<2x3xf32>
// CHECK-DAG:     %[[F:.*]] = arith.constant dense<[5.000000e-01, 2.000000e+00]> : tensor<2xf32>
// CHECK:         %[[M:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>]
// CHECK-SAME:      ins(%{{.*}}, %[[F]] :
// CHECK:           arith.mulf
// CHECK:         %[[X:.*]] = qnn.observe %[[M]]
// CHECK-SAME:      min = -2.000000e+00 : f32, max = 2.000000e+00 : f32,
// CHECK-SAME:      channelMin = [-5.000000e-01, -2.000000e+00], channelMax = [2.000000e+00, 2.000000e+00],
// CHECK-SAME:      histogram = []
// CHECK:         linalg.matmul {{.*}}ins(%[[X]], %[[W]] :
// REMARK: reads an input of the model
func.func @multiply(%x: tensor<4x2xf32>, %i: tensor<4x3xf32>) -> tensor<4x3xf32> {
  %w = arith.constant dense<[[1.0, 1.0, 1.0], [4.0, 4.0, 4.0]]> : tensor<2x3xf32>
  %o = qnn.observe %x {name = "a/lhs", axis = 1 : i64, statistics = #qnn.statistics<count = 2, nanCount = 0, infCount = 0,
    min = -1.0 : f32, max = 4.0 : f32, channelMin = [-1.0, -1.0], channelMax = [4.0, 1.0], binExponent = 3, firstBin = -1, histogram = [1, 1]>} : tensor<4x2xf32>
  %0 = linalg.matmul {qnn.site = "a"} ins(%o, %w : tensor<4x2xf32>, tensor<2x3xf32>) outs(%i : tensor<4x3xf32>) -> tensor<4x3xf32>
  return %0 : tensor<4x3xf32>
}

// -----

// Gamma and beta take the factors in, through a fused body and a reshape; both
// readers' weights count for the scales.

// CHECK-LABEL: func @norm
// CHECK-DAG:     %[[GAMMA:.*]] = arith.constant dense<[1.500000e+00, 6.000000e+00]> : tensor<2xf32>
// CHECK-DAG:     %[[BETA:.*]] = arith.constant dense<[5.000000e-01, 2.000000e+00]> : tensor<2xf32>
// CHECK-DAG:     %[[W1:.*]] = arith.constant dense<{{\[}}[2.000000e+00], [5.000000e-01]]> : tensor<2x1xf32>
// CHECK-DAG:     %[[W2:.*]] = arith.constant dense<{{\[}}[1.000000e+00], [2.000000e+00]]> : tensor<2x1xf32>
// CHECK:         linalg.generic {{.*}} ins(%{{.*}}, %[[GAMMA]], %[[BETA]] :
// CHECK-NOT:     linalg.generic
// CHECK:         linalg.matmul {{.*}}ins(%{{.*}}, %[[W1]] :
// CHECK:         linalg.matmul {{.*}}ins(%{{.*}}, %[[W2]] :
func.func @norm(%x: tensor<1x4x2xf32>, %i: tensor<4x1xf32>) -> (tensor<4x1xf32>, tensor<4x1xf32>) {
  %gamma = arith.constant dense<3.0> : tensor<2xf32>
  %beta = arith.constant dense<1.0> : tensor<2xf32>
  %w1 = arith.constant dense<1.0> : tensor<2x1xf32>
  %w2 = arith.constant dense<[[0.5], [4.0]]> : tensor<2x1xf32>
  %e = tensor.empty() : tensor<1x4x2xf32>
  %n = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d2)>, affine_map<(d0, d1, d2) -> (d2)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>],
      iterator_types = ["parallel", "parallel", "parallel"]} ins(%x, %gamma, %beta : tensor<1x4x2xf32>, tensor<2xf32>, tensor<2xf32>) outs(%e : tensor<1x4x2xf32>) {
  ^bb0(%a: f32, %g: f32, %b: f32, %out: f32):
    %0 = arith.mulf %a, %g : f32
    %1 = arith.addf %0, %b : f32
    linalg.yield %1 : f32
  } -> tensor<1x4x2xf32>
  %c = tensor.collapse_shape %n [[0, 1], [2]] : tensor<1x4x2xf32> into tensor<4x2xf32>
  %o = qnn.observe %c {name = "a/lhs", axis = 1 : i64, statistics = #qnn.statistics<count = 2, nanCount = 0, infCount = 0,
    min = -1.0 : f32, max = 4.0 : f32, channelMin = [-1.0, -1.0], channelMax = [4.0, 1.0], binExponent = 3, firstBin = -1, histogram = [1, 1]>} : tensor<4x2xf32>
  %0 = linalg.matmul {qnn.site = "a"} ins(%o, %w1 : tensor<4x2xf32>, tensor<2x1xf32>) outs(%i : tensor<4x1xf32>) -> tensor<4x1xf32>
  %1 = linalg.matmul {qnn.site = "b"} ins(%o, %w2 : tensor<4x2xf32>, tensor<2x1xf32>) outs(%i : tensor<4x1xf32>) -> tensor<4x1xf32>
  return %0, %1 : tensor<4x1xf32>, tensor<4x1xf32>
}

// -----

// 1 + gamma in the body: the parameter then holds (1 + 3) / s, and the body nothing
// but the product.

// CHECK-LABEL: func @one_plus_gamma
// CHECK-DAG:     %[[GAMMA:.*]] = arith.constant dense<[2.000000e+00, 8.000000e+00]> : tensor<2xf32>
// CHECK:         linalg.generic {{.*}} ins(%{{.*}}, %[[GAMMA]] :
// CHECK-NEXT:    ^bb0(%[[A:.*]]: f32, %[[G:.*]]: f32, %{{.*}}: f32):
// CHECK:           %[[P:.*]] = arith.mulf %[[A]], %[[G]]
// CHECK-NEXT:      linalg.yield %[[P]]
func.func @one_plus_gamma(%x: tensor<4x2xf32>, %i: tensor<4x3xf32>) -> tensor<4x3xf32> {
  %one = arith.constant 1.0 : f32
  %gamma = arith.constant dense<3.0> : tensor<2xf32>
  %w = arith.constant dense<[[1.0, 1.0, 1.0], [4.0, 4.0, 4.0]]> : tensor<2x3xf32>
  %e = tensor.empty() : tensor<4x2xf32>
  %n = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>],
      iterator_types = ["parallel", "parallel"]} ins(%x, %gamma : tensor<4x2xf32>, tensor<2xf32>) outs(%e : tensor<4x2xf32>) {
  ^bb0(%a: f32, %g: f32, %out: f32):
    %0 = arith.addf %g, %one : f32
    %1 = arith.mulf %a, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<4x2xf32>
  %o = qnn.observe %n {name = "a/lhs", axis = 1 : i64, statistics = #qnn.statistics<count = 2, nanCount = 0, infCount = 0,
    min = -1.0 : f32, max = 4.0 : f32, channelMin = [-1.0, -1.0], channelMax = [4.0, 1.0], binExponent = 3, firstBin = -1, histogram = [1, 1]>} : tensor<4x2xf32>
  %0 = linalg.matmul {qnn.site = "a"} ins(%o, %w : tensor<4x2xf32>, tensor<2x3xf32>) outs(%i : tensor<4x3xf32>) -> tensor<4x3xf32>
  return %0 : tensor<4x3xf32>
}

// -----

// The same norm, read by a residual too: not folded, and the remark says who.

// CHECK-LABEL: func @residual
// CHECK:         arith.constant dense<3.000000e+00> : tensor<4x2xf32>
// CHECK:         linalg.mul
// CHECK:         linalg.generic
// CHECK:         qnn.observe
// REMARK: linalg.add reads it too
func.func @residual(%x: tensor<4x2xf32>, %i: tensor<4x3xf32>) -> (tensor<4x3xf32>, tensor<4x2xf32>) {
  %gamma = arith.constant dense<3.0> : tensor<4x2xf32>
  %w = arith.constant dense<[[1.0, 1.0, 1.0], [4.0, 4.0, 4.0]]> : tensor<2x3xf32>
  %e = tensor.empty() : tensor<4x2xf32>
  %n = linalg.mul ins(%x, %gamma : tensor<4x2xf32>, tensor<4x2xf32>) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %o = qnn.observe %n {name = "a/lhs", axis = 1 : i64, statistics = #qnn.statistics<count = 2, nanCount = 0, infCount = 0,
    min = -1.0 : f32, max = 4.0 : f32, channelMin = [-1.0, -1.0], channelMax = [4.0, 1.0], binExponent = 3, firstBin = -1, histogram = [1, 1]>} : tensor<4x2xf32>
  %0 = linalg.matmul {qnn.site = "a"} ins(%o, %w : tensor<4x2xf32>, tensor<2x3xf32>) outs(%i : tensor<4x3xf32>) -> tensor<4x3xf32>
  %r = linalg.add ins(%n, %x : tensor<4x2xf32>, tensor<4x2xf32>) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %0, %r : tensor<4x3xf32>, tensor<4x2xf32>
}

// -----

// The previous linear layer's columns and bias, through a rectifier.

// CHECK-LABEL: func @linear
// CHECK-DAG:     %[[UP:.*]] = arith.constant dense<[5.000000e-01, 2.000000e+00]> : tensor<2xf32>
// CHECK-DAG:     arith.constant dense<{{\[}}[5.000000e-01, 2.000000e+00], [5.000000e-01, 2.000000e+00], [5.000000e-01, 2.000000e+00]]> : tensor<3x2xf32>
// CHECK:         linalg.matmul {qnn.site = "up"}
// CHECK:         linalg.generic
// CHECK-NOT:     linalg.generic
// CHECK:         linalg.matmul {qnn.site = "down"}
func.func @linear(%x: tensor<4x3xf32>, %i: tensor<4x3xf32>) -> tensor<4x3xf32> {
  %up = arith.constant dense<1.0> : tensor<3x2xf32>
  %bias = arith.constant dense<1.0> : tensor<2xf32>
  %w = arith.constant dense<[[1.0, 1.0, 1.0], [4.0, 4.0, 4.0]]> : tensor<2x3xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %u = linalg.matmul {qnn.site = "up"} ins(%x, %up : tensor<4x3xf32>, tensor<3x2xf32>) outs(%f : tensor<4x2xf32>) -> tensor<4x2xf32>
  %n = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>],
      iterator_types = ["parallel", "parallel"]} ins(%u, %bias : tensor<4x2xf32>, tensor<2xf32>) outs(%e : tensor<4x2xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %0 = arith.addf %a, %b : f32
    %1 = arith.maximumf %0, %zero : f32
    linalg.yield %1 : f32
  } -> tensor<4x2xf32>
  %o = qnn.observe %n {name = "down/lhs", axis = 1 : i64, statistics = #qnn.statistics<count = 2, nanCount = 0, infCount = 0,
    min = -1.0 : f32, max = 4.0 : f32, channelMin = [-1.0, -1.0], channelMax = [4.0, 1.0], binExponent = 3, firstBin = -1, histogram = [1, 1]>} : tensor<4x2xf32>
  %0 = linalg.matmul {qnn.site = "down"} ins(%o, %w : tensor<4x2xf32>, tensor<2x3xf32>) outs(%i : tensor<4x3xf32>) -> tensor<4x3xf32>
  return %0 : tensor<4x3xf32>
}

// -----

// A nonlinear producer takes no factors in; a channel of zeros has the median of the
// others' magnitudes, here 4, so that its factor is sqrt(4 / 16).

// CHECK-LABEL: func @tanh
// CHECK-DAG:     arith.constant dense<[5.000000e-01, 2.000000e+00]> : tensor<2xf32>
// CHECK:         linalg.tanh
// CHECK:         linalg.generic
// REMARK: linalg.tanh computes math.tanh, which is not linear
func.func @tanh(%x: tensor<4x2xf32>, %i: tensor<4x3xf32>) -> tensor<4x3xf32> {
  %w = arith.constant dense<[[1.0, 1.0, 1.0], [16.0, 16.0, 16.0]]> : tensor<2x3xf32>
  %e = tensor.empty() : tensor<4x2xf32>
  %n = linalg.tanh ins(%x : tensor<4x2xf32>) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %o = qnn.observe %n {name = "a/lhs", axis = 1 : i64, statistics = #qnn.statistics<count = 2, nanCount = 0, infCount = 0,
    min = 0.0 : f32, max = 4.0 : f32, channelMin = [0.0, 0.0], channelMax = [4.0, 0.0], binExponent = 3, firstBin = 0, histogram = [2]>} : tensor<4x2xf32>
  %0 = linalg.matmul {qnn.site = "a"} ins(%o, %w : tensor<4x2xf32>, tensor<2x3xf32>) outs(%i : tensor<4x3xf32>) -> tensor<4x3xf32>
  return %0 : tensor<4x3xf32>
}

// -----

// A contraction with another activation reads the same value: it reads on what it
// read, and the other site gets an observer of its own.

// CHECK-LABEL: func @scores
// CHECK-DAG:     %[[W:.*]] = arith.constant dense<{{\[}}[2.{{.*}}, 2.{{.*}}, 2.{{.*}}, 2.{{.*}}], [1.{{.*}}, 1.{{.*}}, 1.{{.*}}, 1.{{.*}}]]> : tensor<2x4xf32>
// CHECK-DAG:     %[[F:.*]] = arith.constant dense<[5.000000e-01, 1.000000e+00]>
// CHECK:         %[[M:.*]] = linalg.generic {{.*}} ins(%{{.*}}, %[[F]] :
// CHECK:         %[[S:.*]] = qnn.observe %[[M]] {axis = 1 : i64, name = "a/lhs/smoothed", {{.*}}histogram = []
// CHECK:         %[[O:.*]] = qnn.observe %{{.*}} {axis = 1 : i64, name = "a/lhs", {{.*}}histogram = [1, 1]
// CHECK:         linalg.matmul {qnn.site = "a"} ins(%[[S]], %[[W]] :
// CHECK:         linalg.matmul {qnn.site = "scores"} ins(%[[O]],
// REMARK: scores has no constant weight
func.func @scores(%x: tensor<4x2xf32>, %y: tensor<2x4xf32>, %i: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>) {
  %w = arith.constant dense<1.0> : tensor<2x4xf32>
  %o = qnn.observe %x {name = "a/lhs", axis = 1 : i64, statistics = #qnn.statistics<count = 2, nanCount = 0, infCount = 0,
    min = -1.0 : f32, max = 4.0 : f32, channelMin = [-1.0, -1.0], channelMax = [4.0, 1.0], binExponent = 3, firstBin = -1, histogram = [1, 1]>} : tensor<4x2xf32>
  %0 = linalg.matmul {qnn.site = "a"} ins(%o, %w : tensor<4x2xf32>, tensor<2x4xf32>) outs(%i : tensor<4x4xf32>) -> tensor<4x4xf32>
  %1 = linalg.matmul {qnn.site = "scores"} ins(%o, %y : tensor<4x2xf32>, tensor<2x4xf32>) outs(%i : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %0, %1 : tensor<4x4xf32>, tensor<4x4xf32>
}

// -----

// Two heads of queries share one of values: their channels 0 and 2 share a factor,
// and so do 1 and 3, that of the largest |X| (4 and 1) and |W| (1 and 4) of both.

// CHECK-LABEL: func @shared_heads
// CHECK-DAG:     %[[V:.*]] = arith.constant dense<{{\[}}[5.000000e-01, 2.000000e+00], [5.000000e-01, 2.000000e+00], [5.000000e-01, 2.000000e+00]]> : tensor<3x2xf32>
// CHECK-DAG:     %[[W:.*]] = arith.constant dense<{{\[}}[2.000000e+00], [5.000000e-01], [1.000000e+00], [2.000000e+00]]> : tensor<4x1xf32>
// CHECK:         linalg.matmul {qnn.site = "v"} ins(%{{.*}}, %[[V]] :
// CHECK-NOT:     arith.mulf
// CHECK:         qnn.observe
// CHECK-SAME:      channelMin = [-5.000000e-01, -2.000000e+00, -5.000000e-01, -2.000000e+00], channelMax = [2.000000e+00, 2.000000e+00, 5.000000e-01, 1.000000e+00]
// CHECK:         linalg.matmul {qnn.site = "o"} ins(%{{.*}}, %[[W]] :
// REMARK: observer=o/lhs, sharing=2
func.func @shared_heads(%x: tensor<4x3xf32>, %i: tensor<4x1xf32>) -> tensor<4x1xf32> {
  %wv = arith.constant dense<1.0> : tensor<3x2xf32>
  %w = arith.constant dense<[[1.0], [1.0], [0.5], [4.0]]> : tensor<4x1xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %v = linalg.matmul {qnn.site = "v"} ins(%x, %wv : tensor<4x3xf32>, tensor<3x2xf32>) outs(%f : tensor<4x2xf32>) -> tensor<4x2xf32>
  %heads = tensor.empty() : tensor<4x2x2xf32>
  %b = linalg.broadcast ins(%v : tensor<4x2xf32>) outs(%heads : tensor<4x2x2xf32>) dimensions = [1]
  %c = tensor.collapse_shape %b [[0], [1, 2]] : tensor<4x2x2xf32> into tensor<4x4xf32>
  %o = qnn.observe %c {name = "o/lhs", axis = 1 : i64, statistics = #qnn.statistics<count = 2, nanCount = 0, infCount = 0,
    min = -1.0 : f32, max = 4.0 : f32, channelMin = [-1.0, -1.0, -1.0, -1.0], channelMax = [4.0, 1.0, 1.0, 0.5], binExponent = 3, firstBin = -1, histogram = [1, 1]>} : tensor<4x4xf32>
  %0 = linalg.matmul {qnn.site = "o"} ins(%o, %w : tensor<4x4xf32>, tensor<4x1xf32>) outs(%i : tensor<4x1xf32>) -> tensor<4x1xf32>
  return %0 : tensor<4x1xf32>
}

// -----

// What is one number for all channels of a head would leave no factor to any of them.

// CHECK-LABEL: func @shared_channels
// CHECK:         linalg.matmul {qnn.site = "v"}
// CHECK:         arith.mulf
// CHECK:         qnn.observe
// REMARK: linalg.broadcast has an operand that is shared between channels
func.func @shared_channels(%x: tensor<4x3xf32>, %i: tensor<4x1xf32>) -> tensor<4x1xf32> {
  %wv = arith.constant dense<1.0> : tensor<3x2xf32>
  %w = arith.constant dense<[[1.0], [1.0], [0.5], [4.0]]> : tensor<4x1xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %v = linalg.matmul {qnn.site = "v"} ins(%x, %wv : tensor<4x3xf32>, tensor<3x2xf32>) outs(%f : tensor<4x2xf32>) -> tensor<4x2xf32>
  %heads = tensor.empty() : tensor<4x2x2xf32>
  %b = linalg.broadcast ins(%v : tensor<4x2xf32>) outs(%heads : tensor<4x2x2xf32>) dimensions = [2]
  %c = tensor.collapse_shape %b [[0], [1, 2]] : tensor<4x2x2xf32> into tensor<4x4xf32>
  %o = qnn.observe %c {name = "o/lhs", axis = 1 : i64, statistics = #qnn.statistics<count = 2, nanCount = 0, infCount = 0,
    min = -1.0 : f32, max = 4.0 : f32, channelMin = [-1.0, -1.0, -1.0, -1.0], channelMax = [4.0, 1.0, 1.0, 0.5], binExponent = 3, firstBin = -1, histogram = [1, 1]>} : tensor<4x4xf32>
  %0 = linalg.matmul {qnn.site = "o"} ins(%o, %w : tensor<4x4xf32>, tensor<4x1xf32>) outs(%i : tensor<4x1xf32>) -> tensor<4x1xf32>
  return %0 : tensor<4x1xf32>
}
