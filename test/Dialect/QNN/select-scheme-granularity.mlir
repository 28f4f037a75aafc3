// RUN: split-file %s %t
// RUN: quant-opt %t/sites.mlir -qnn-select-scheme=recipe=%t/channel.yaml -verify-selected -mlir-print-local-scope | FileCheck %s --check-prefix=CHANNEL
// RUN: quant-opt %t/sites.mlir -qnn-select-scheme=recipe=%t/block.yaml -verify-selected -mlir-print-local-scope | FileCheck %s --check-prefix=BLOCK
// RUN: quant-opt %t/sites.mlir -qnn-select-scheme=recipe=%t/head.yaml -verify-selected -mlir-print-local-scope | FileCheck %s --check-prefix=HEAD
// RUN: not quant-opt %t/sites.mlir -qnn-select-scheme=recipe=%t/no-size.yaml 2>&1 | FileCheck %s --check-prefix=NO-SIZE
// RUN: not quant-opt %t/sites.mlir -qnn-select-scheme=recipe=%t/bad-size.yaml 2>&1 | FileCheck %s --check-prefix=BAD-SIZE
// RUN: not quant-opt %t/sites.mlir -qnn-select-scheme=recipe=%t/size-alone.yaml 2>&1 | FileCheck %s --check-prefix=SIZE-ALONE
// RUN: not quant-opt %t/sites.mlir -qnn-select-scheme=recipe=%t/weight-head.yaml 2>&1 | FileCheck %s --check-prefix=WEIGHT-HEAD
// RUN: not quant-opt %t/sites.mlir -qnn-select-scheme=recipe=%t/activation-block.yaml 2>&1 | FileCheck %s --check-prefix=ACTIVATION-BLOCK
// RUN: not quant-opt %t/sites.mlir -qnn-select-scheme=recipe=%t/dynamic-channel.yaml 2>&1 | FileCheck %s --check-prefix=DYNAMIC-CHANNEL
// RUN: quant-opt %t/sites.mlir -qnn-select-scheme=recipe=%t/static-token.yaml -verify-selected -mlir-print-local-scope | FileCheck %s --check-prefix=STATIC-TOKEN
// RUN: quant-opt %t/sites.mlir -qnn-select-scheme=recipe=%t/static-head.yaml -verify-selected -mlir-print-local-scope | FileCheck %s --check-prefix=STATIC-HEAD
// RUN: quant-opt %t/halves.mlir -qnn-select-scheme=recipe=%t/channel.yaml -verify-selected -mlir-print-local-scope | FileCheck %s --check-prefix=HALVES

// Per channel is along the summed dimension that calibration has observed; two
// activations have nothing to fold the scales into.
// CHANNEL: linalg.matmul {{.*}}lhs = #qnn.quantization<i8 asymmetric channel axes = [1] percentile 99.99>
// CHANNEL-SAME: qnn.site = "fc"
// CHANNEL: linalg.conv_2d_nhwc_hwcf {{.*}}lhs = #qnn.quantization<i8 asymmetric channel axes = [3] percentile 99.99>
// CHANNEL: linalg.generic {{.*}} {qnn.float_reason = "both operands are activations: there is no weight that scales per channel could fold into"
// HALVES: linalg.matmul {qnn.float_reason = "scales per channel fold into a weight of f32 only, not of bf16"

// Blocks lie along the innermost summed dimension, the input channels.
// BLOCK: linalg.matmul {{.*}}rhs = #qnn.quantization<i8 symmetric narrow_range block axes = [0, 1] blocks = [32, 1] minmax>
// BLOCK: linalg.conv_2d_nhwc_hwcf {{.*}}rhs = #qnn.quantization<i8 symmetric narrow_range block axes = [2, 3] blocks = [32, 1] minmax>

// A head is the last dimension that both operands and the result have. Where
// there is none, one parameter is for all.
// HEAD: linalg.matmul {{.*}}lhs = #qnn.quantization<i8 symmetric dynamic tensor minmax>
// HEAD: linalg.generic
// HEAD-SAME: lhs = #qnn.quantization<i8 symmetric dynamic head axes = [1] minmax>
// HEAD-SAME: rhs = #qnn.quantization<i8 symmetric dynamic head axes = [2] minmax>

// NO-SIZE: error: expected a block_size for granularity 'block'
// BAD-SIZE: error: {{.*}}bad-size.yaml:2:{{[0-9]+}}: expected a positive block_size, but got 0
// SIZE-ALONE: error: {{.*}}size-alone.yaml:2:{{[0-9]+}}: expected block_size with granularity 'block' only, but got 'channel'
// WEIGHT-HEAD: error: {{.*}}weight-head.yaml:2:{{[0-9]+}}: expected granularity 'tensor', 'channel' or 'block' of weights, but got 'head'
// ACTIVATION-BLOCK: error: {{.*}}activation-block.yaml:2:{{[0-9]+}}: expected blocks of weights only, but got some of activations
// DYNAMIC-CHANNEL: error: expected granularity 'channel' of activations to be static: its scales fold into the weight

// The rows that each operand of a product has; of a convolution its images.
// STATIC-TOKEN: linalg.matmul {{.*}}lhs = #qnn.quantization<i8 asymmetric token axes = [0] minmax>
// STATIC-TOKEN: linalg.conv_2d_nhwc_hwcf {{.*}}lhs = #qnn.quantization<i8 asymmetric token axes = [0] minmax>
// STATIC-TOKEN: linalg.generic
// STATIC-TOKEN-SAME: lhs = #qnn.quantization<i8 asymmetric token axes = [0, 1, 2] minmax>
// STATIC-TOKEN-SAME: rhs = #qnn.quantization<i8 asymmetric token axes = [0, 1, 2] minmax>

// Calibration has seen each head.
// STATIC-HEAD: linalg.matmul {{.*}}lhs = #qnn.quantization<i8 asymmetric tensor percentile 99.9>
// STATIC-HEAD: linalg.generic
// STATIC-HEAD-SAME: lhs = #qnn.quantization<i8 asymmetric head axes = [1] percentile 99.9>
// STATIC-HEAD-SAME: rhs = #qnn.quantization<i8 asymmetric head axes = [2] percentile 99.9>

//--- channel.yaml
version: 1
activations: {granularity: channel, estimator: percentile}
skip: {activation_products: false}
//--- block.yaml
version: 1
weights: {granularity: block, block_size: 32}
//--- head.yaml
version: 1
activations: {granularity: head, dynamic: true, symmetric: true}
skip: {activation_products: false}
//--- no-size.yaml
version: 1
weights: {granularity: block}
//--- bad-size.yaml
version: 1
weights: {granularity: block, block_size: 0}
//--- size-alone.yaml
version: 1
weights: {granularity: channel, block_size: 32}
//--- weight-head.yaml
version: 1
weights: {granularity: head}
//--- activation-block.yaml
version: 1
activations: {granularity: block, block_size: 32}
//--- dynamic-channel.yaml
version: 1
activations: {granularity: channel, dynamic: true}
//--- static-token.yaml
version: 1
activations: {granularity: token}
skip: {activation_products: false}
//--- static-head.yaml
version: 1
activations: {granularity: head, estimator: percentile, percentile: 99.9}
skip: {activation_products: false}
//--- sites.mlir
func.func @main(%x: tensor<4x64xf32>, %i: tensor<1x6x6x64xf32>, %q: tensor<2x3x5x8xf32>, %k: tensor<2x7x3x8xf32>, %e: tensor<4x16xf32>, %f: tensor<1x4x4x5xf32>, %g: tensor<2x3x5x7xf32>) -> (tensor<4x16xf32>, tensor<1x4x4x5xf32>, tensor<2x3x5x7xf32>) {
  %w = arith.constant dense<1.0> : tensor<64x16xf32>
  %v = arith.constant dense<1.0> : tensor<3x3x64x5xf32>
  %xo = qnn.observe %x {name = "fc/lhs", axis = 1 : i64} : tensor<4x64xf32>
  %io = qnn.observe %i {name = "conv/lhs", axis = 3 : i64} : tensor<1x6x6x64xf32>
  %qo = qnn.observe %q {name = "scores/lhs", axis = 3 : i64, head = 1 : i64} : tensor<2x3x5x8xf32>
  %ko = qnn.observe %k {name = "scores/rhs", axis = 3 : i64, head = 2 : i64} : tensor<2x7x3x8xf32>
  %0 = linalg.matmul {qnn.site = "fc"} ins(%xo, %w : tensor<4x64xf32>, tensor<64x16xf32>) outs(%e : tensor<4x16xf32>) -> tensor<4x16xf32>
  %1 = linalg.conv_2d_nhwc_hwcf {qnn.site = "conv"} ins(%io, %v : tensor<1x6x6x64xf32>, tensor<3x3x64x5xf32>) outs(%f : tensor<1x4x4x5xf32>) -> tensor<1x4x4x5xf32>
  %2 = linalg.generic {indexing_maps = [affine_map<(b, h, t, s, d) -> (b, h, t, d)>, affine_map<(b, h, t, s, d) -> (b, s, h, d)>, affine_map<(b, h, t, s, d) -> (b, h, t, s)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%qo, %ko : tensor<2x3x5x8xf32>, tensor<2x7x3x8xf32>) outs(%g : tensor<2x3x5x7xf32>) attrs = {qnn.site = "scores"} {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %c, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x3x5x7xf32>
  return %0, %1, %2 : tensor<4x16xf32>, tensor<1x4x4x5xf32>, tensor<2x3x5x7xf32>
}
//--- halves.mlir
func.func @halves(%x: tensor<4x8xbf16>, %i: tensor<4x6xbf16>) -> tensor<4x6xbf16> {
  %w = arith.constant dense<1.5> : tensor<8x6xbf16>
  %o = qnn.observe %x {name = "fc/lhs", axis = 1 : i64, statistics = #qnn.statistics<count = 4, nanCount = 0, infCount = 0, min = 0.0 : f32, max = 4.0 : f32,
    channelMin = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], channelMax = [4.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0], binExponent = 3, firstBin = 0, histogram = [4]>} : tensor<4x8xbf16>
  %0 = linalg.matmul {qnn.site = "fc"} ins(%o, %w : tensor<4x8xbf16>, tensor<8x6xbf16>) outs(%i : tensor<4x6xbf16>) -> tensor<4x6xbf16>
  return %0 : tensor<4x6xbf16>
}
