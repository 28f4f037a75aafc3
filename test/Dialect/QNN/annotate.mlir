// RUN: quant-opt %s -split-input-file -qnn-annotate -verify-annotated -mlir-print-local-scope | FileCheck %s
// Annotating twice changes nothing.
// RUN: quant-opt %s -split-input-file -qnn-annotate > %t.once
// RUN: quant-opt %t.once -split-input-file -qnn-annotate | diff %t.once -

// Sites are named after their weights; Q and K share the observer of X; the
// scores have two activations, and each observer's axis is what is summed over.

// CHECK-LABEL: module attributes {qnn.fingerprint = "{{[0-9a-f]+}}"}
// CHECK-LABEL: func @attention
// CHECK-SAME:    %[[X:[a-z0-9]+]]: tensor<4x8xf32>
func.func @attention(%x: tensor<4x8xf32>,
                     %wq: tensor<8x16xf32> {qnn.parameter = "attn.q.w"},
                     %wk: tensor<8x16xf32> {qnn.parameter = "attn.k.kernel"},
                     %init: tensor<4x16xf32>, %init2: tensor<4x4xf32>) -> tensor<4x4xf32> {
  // CHECK: %[[OX:.*]] = qnn.observe %[[X]] {axis = 1 : i64, name = "attn.q/lhs"}
  // CHECK: %[[Q:.*]] = linalg.matmul {qnn.site = "attn.q"} ins(%[[OX]], %{{.*}} :
  // CHECK: %[[OQ:.*]] = qnn.observe %[[Q]] {axis = 1 : i64, name = "attention.matmul.0/lhs"}
  // CHECK: %[[K:.*]] = linalg.matmul {qnn.site = "attn.k"} ins(%[[OX]], %{{.*}} :
  // CHECK: %[[OK:.*]] = qnn.observe %[[K]] {axis = 1 : i64, name = "attention.matmul.0/rhs"}
  // CHECK: linalg.matmul {{.*}} {qnn.site = "attention.matmul.0"} ins(%[[OQ]], %[[OK]] :
  %q = linalg.matmul ins(%x, %wq : tensor<4x8xf32>, tensor<8x16xf32>) outs(%init : tensor<4x16xf32>) -> tensor<4x16xf32>
  %k = linalg.matmul ins(%x, %wk : tensor<4x8xf32>, tensor<8x16xf32>) outs(%init : tensor<4x16xf32>) -> tensor<4x16xf32>
  %s = linalg.matmul
      indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>]
      ins(%q, %k : tensor<4x16xf32>, tensor<4x16xf32>) outs(%init2 : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %s : tensor<4x4xf32>
}

// -----

// Views of parameters name a site and are not observed, on either side; a
// parameter that is used twice gives two names.

// CHECK-LABEL: func @views
// CHECK:         linalg.matmul {qnn.site = "head"}
// CHECK-NOT:     qnn.observe %{{.*}}/rhs
// CHECK:         %[[O:.*]] = qnn.observe %{{.*}} {axis = 0 : i64, name = "head_1/rhs"}
// CHECK:         linalg.matmul {qnn.site = "head_1"} ins(%{{.*}}, %[[O]] :
func.func @views(%x: tensor<4x8xf32>, %w: tensor<16x8xf32> {qnn.parameter = "head.weight"},
                 %empty: tensor<8x16xf32>, %i0: tensor<4x16xf32>, %i1: tensor<16x4xf32>) -> (tensor<4x16xf32>, tensor<16x4xf32>) {
  %e = tensor.empty() : tensor<8x16xf32>
  %t = linalg.transpose ins(%w : tensor<16x8xf32>) outs(%e : tensor<8x16xf32>) permutation = [1, 0]
  %0 = linalg.matmul ins(%x, %t : tensor<4x8xf32>, tensor<8x16xf32>) outs(%i0 : tensor<4x16xf32>) -> tensor<4x16xf32>
  %e1 = tensor.empty() : tensor<8x4xf32>
  %xt = linalg.transpose ins(%x : tensor<4x8xf32>) outs(%e1 : tensor<8x4xf32>) permutation = [1, 0]
  %1 = linalg.matmul ins(%w, %xt : tensor<16x8xf32>, tensor<8x4xf32>) outs(%i1 : tensor<16x4xf32>) -> tensor<16x4xf32>
  return %0, %1 : tensor<4x16xf32>, tensor<16x4xf32>
}

// -----

// A convolution's axis is its input channels; a depthwise one and one with a
// plain constant have none or a number for a name; a pooling is not a site.

// CHECK-LABEL: func @convolutions
// CHECK:         qnn.observe %{{.*}} {axis = 3 : i64, name = "stem/lhs"}
// CHECK:         linalg.conv_2d_nhwc_hwcf {{.*}}qnn.site = "stem"
// CHECK:         qnn.observe %{{.*}} {name = "convolutions.depthwise_conv_2d_nhwc_hwc.0/lhs"}
// CHECK:         linalg.depthwise_conv_2d_nhwc_hwc {{.*}}qnn.site = "convolutions.depthwise_conv_2d_nhwc_hwc.0"
// CHECK:         linalg.pooling_nhwc_sum
// CHECK-NOT:     qnn.site
func.func @convolutions(%x: tensor<1x6x6x3xf32>, %i0: tensor<1x4x4x8xf32>, %i1: tensor<1x2x2x8xf32>, %i2: tensor<1x1x1x8xf32>) -> tensor<1x1x1x8xf32> {
  %w = arith.constant dense_resource<stem.w> : tensor<3x3x3x8xf32>
  %d = arith.constant dense<1.0> : tensor<3x3x8xf32>
  %0 = linalg.conv_2d_nhwc_hwcf {strides = dense<1> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>}
    ins(%x, %w : tensor<1x6x6x3xf32>, tensor<3x3x3x8xf32>) outs(%i0 : tensor<1x4x4x8xf32>) -> tensor<1x4x4x8xf32>
  %1 = linalg.depthwise_conv_2d_nhwc_hwc {strides = dense<1> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>}
    ins(%0, %d : tensor<1x4x4x8xf32>, tensor<3x3x8xf32>) outs(%i1 : tensor<1x2x2x8xf32>) -> tensor<1x2x2x8xf32>
  %window = tensor.empty() : tensor<2x2xf32>
  %2 = linalg.pooling_nhwc_sum ins(%1, %window : tensor<1x2x2x8xf32>, tensor<2x2xf32>) outs(%i2 : tensor<1x1x1x8xf32>) -> tensor<1x1x1x8xf32>
  return %2 : tensor<1x1x1x8xf32>
}

// -----

// Without a parameter the scopes in the location name a site.

// CHECK-LABEL: func @scopes
// CHECK:         linalg.matmul {qnn.site = "blocks.0.attn.dot_general"}
// CHECK:         linalg.matmul {qnn.site = "blocks.0.attn.dot_general_1"}
func.func @scopes(%x: tensor<4x4xf32>, %y: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %0 = linalg.matmul ins(%x, %y : tensor<4x4xf32>, tensor<4x4xf32>) outs(%x : tensor<4x4xf32>) -> tensor<4x4xf32> loc("jit(f)/jit(main)/blocks.0/attn/dot_general"("f.py":1:2))
  %1 = linalg.matmul ins(%0, %y : tensor<4x4xf32>, tensor<4x4xf32>) outs(%x : tensor<4x4xf32>) -> tensor<4x4xf32> loc("jit(f)/blocks.0/attn/dot_general")
  return %1 : tensor<4x4xf32>
}

// -----

// What the program quantizes itself is named and otherwise left alone, whether
// both operands are dequantized or one, also behind a padding.

// CHECK-LABEL: func @explicit(
// CHECK-NOT: qnn.observe
// CHECK: linalg.matmul {qnn.site = "explicit.matmul.0"}
// CHECK-NOT: qnn.observe
// CHECK: linalg.matmul {qnn.site = "explicit.matmul.1"}
func.func @explicit(%q: tensor<3x8xi8>, %s: tensor<f32>, %x: tensor<4x8xf32>, %w: tensor<8x16xi8>,
                    %init: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %c0 = arith.constant 0.0 : f32
  %0 = qnn.dequantize %q, scale %s : tensor<3x8xi8>, tensor<f32> -> tensor<3x8xf32>
  %1 = tensor.pad %0 low[0, 0] high[1, 0] {
  ^bb0(%i: index, %j: index):
    tensor.yield %c0 : f32
  } : tensor<3x8xf32> to tensor<4x8xf32>
  %2 = qnn.dequantize %w, scale %s : tensor<8x16xi8>, tensor<f32> -> tensor<8x16xf32>
  %3 = linalg.matmul ins(%1, %2 : tensor<4x8xf32>, tensor<8x16xf32>)
                     outs(%init : tensor<4x16xf32>) -> tensor<4x16xf32>
  %4 = linalg.matmul ins(%x, %2 : tensor<4x8xf32>, tensor<8x16xf32>)
                     outs(%3 : tensor<4x16xf32>) -> tensor<4x16xf32>
  return %4 : tensor<4x16xf32>
}

// -----

// Heads are dimensions of both operands and of the result, the last such one.
// An observer is shared by sites that see no heads or the same ones; the third
// product takes the other batch dimension for heads.

// CHECK-LABEL: func @heads(
// CHECK-SAME:    %[[Q:[a-z0-9]+]]: tensor<2x3x5x8xf32>
// CHECK-DAG:     %[[OQ:.*]] = qnn.observe %[[Q]] {axis = 3 : i64, head = 1 : i64, name = "heads.generic.0/lhs"}
// CHECK-DAG:     %[[OK:.*]] = qnn.observe %{{.*}} {axis = 3 : i64, head = 2 : i64, name = "heads.generic.0/rhs"}
// CHECK-DAG:     %[[OQ2:.*]] = qnn.observe %[[Q]] {axis = 3 : i64, head = 0 : i64, name = "heads.generic.2/lhs"}
// CHECK:         linalg.generic {{.*}} ins(%[[OQ]], %[[OK]] :
// CHECK:         linalg.generic {{.*}} ins(%[[OQ]], %
// CHECK:         linalg.generic {{.*}} ins(%[[OQ2]], %
func.func @heads(%q: tensor<2x3x5x8xf32>, %k: tensor<2x7x3x8xf32>, %w: tensor<8x4xf32>, %u: tensor<2x8xf32>,
                 %i0: tensor<2x3x5x7xf32>, %i1: tensor<2x3x5x4xf32>, %i2: tensor<2x3x5xf32>)
    -> (tensor<2x3x5x7xf32>, tensor<2x3x5x4xf32>, tensor<2x3x5xf32>) {
  %0 = linalg.generic {indexing_maps = [affine_map<(b, h, t, s, d) -> (b, h, t, d)>, affine_map<(b, h, t, s, d) -> (b, s, h, d)>, affine_map<(b, h, t, s, d) -> (b, h, t, s)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<2x3x5x8xf32>, tensor<2x7x3x8xf32>) outs(%i0 : tensor<2x3x5x7xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %c, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x3x5x7xf32>
  %1 = linalg.generic {indexing_maps = [affine_map<(b, h, t, n, d) -> (b, h, t, d)>, affine_map<(b, h, t, n, d) -> (d, n)>, affine_map<(b, h, t, n, d) -> (b, h, t, n)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %w : tensor<2x3x5x8xf32>, tensor<8x4xf32>) outs(%i1 : tensor<2x3x5x4xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %c, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x3x5x4xf32>
  %2 = linalg.generic {indexing_maps = [affine_map<(b, h, t, d) -> (b, h, t, d)>, affine_map<(b, h, t, d) -> (b, d)>, affine_map<(b, h, t, d) -> (b, h, t)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %u : tensor<2x3x5x8xf32>, tensor<2x8xf32>) outs(%i2 : tensor<2x3x5xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %c, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x3x5xf32>
  return %0, %1, %2 : tensor<2x3x5x7xf32>, tensor<2x3x5x4xf32>, tensor<2x3x5xf32>
}
