// RUN: quant-opt %s -split-input-file -qnn-quantize-cache=recipe=%S/Inputs/kv-cache.yaml -canonicalize | FileCheck %s
// RUN: quant-opt %s -split-input-file -qnn-quantize-cache=recipe=%S/Inputs/kv-cache-shared.yaml -canonicalize | FileCheck %s --check-prefix=SHARED
// RUN: quant-opt %s -split-input-file -qnn-quantize-cache=recipe=%S/Inputs/kv-cache-pinned.yaml -canonicalize | FileCheck %s --check-prefix=PINNED
// RUN: quant-opt %s -split-input-file -qnn-quantize-cache=recipe=%S/Inputs/kv-cache-token.yaml -canonicalize | FileCheck %s --check-prefix=TOKEN
// RUN: quant-opt %s -split-input-file -qnn-quantize-cache=recipe=%S/Inputs/kv-cache-products.yaml -qnn-select-scheme=recipe=%S/Inputs/kv-cache-products.yaml -verify-selected -qnn-materialize -verify-materialized -qnn-lower-symmetric -qnn-lower-asymmetric -verify-lowered -canonicalize | FileCheck %s --check-prefix=PRODUCTS
// RUN: quant-opt %s -split-input-file -qnn-quantize-cache=recipe=%S/Inputs/recipe.yaml | FileCheck %s --check-prefix=NONE

// Keys and values of two heads, with a batch of one: argument and result become
// storage, what is inserted is quantized by head, and the moves before the
// contractions are made on the storage.

#k = #qnn.statistics<count = 64, nanCount = 0, infCount = 0, min = -1.0 : f32, max = 4.1 : f32,
  channelMin = [-1.0, 0.0], channelMax = [4.1, 2.55], binExponent = -8, firstBin = -256, histogram = [64]>
#v = #qnn.statistics<count = 64, nanCount = 0, infCount = 0, min = -8.96 : f32, max = 2.0 : f32,
  channelMin = [-8.96, -1.0], channelMax = [2.0, 1.0], binExponent = -8, firstBin = -2048, histogram = [64]>
#any = #qnn.statistics<count = 64, nanCount = 0, infCount = 0, min = -1.0 : f32, max = 1.55 : f32,
  channelMin = [], channelMax = [], binExponent = -8, firstBin = -256, histogram = [64]>

// CHECK-LABEL: func @step(
// CHECK-SAME: %[[KC:.*]]: tensor<1x2x8x4xi8> {{{.*}}qnn.input = "k"}, %[[VC:.*]]: tensor<1x2x8x4xi8> {{{.*}}qnn.input = "v"}, %[[Q:.*]]: tensor<2x1x4xf32>,
// CHECK-SAME: -> (tensor<2x1x4xf32> {qnn.output = "y"}, tensor<1x2x8x4xi8> {qnn.output = "k"}, tensor<1x2x8x4xi8> {qnn.output = "v"})
// CHECK-DAG: %[[SK:.*]] = arith.constant dense<[2.000000e-02, 0.00999999977]> : tensor<2xf32>
// CHECK-DAG: %[[ZK:.*]] = arith.constant dense<[-78, -128]> : tensor<2xi8>
// CHECK: %[[QK:.*]] = qnn.quantize %{{.*}}, scale %[[SK]] zero_point %[[ZK]] {axes = array<i64: 1>} : tensor<1x2x1x4xf32>, tensor<2xf32>, tensor<2xi8> -> tensor<1x2x1x4xi8>
// CHECK: %[[KN:.*]] = tensor.insert_slice %[[QK]] into %[[KC]][0, 0, %[[P:.*]], 0] [1, 2, 1, 4] [1, 1, 1, 1]
// CHECK: %[[KT:.*]] = linalg.transpose ins(%[[KN]] : tensor<1x2x8x4xi8>)
// CHECK: %[[KM:.*]] = tensor.collapse_shape %[[KT]] {{.*}} : tensor<1x2x4x8xi8> into tensor<2x4x8xi8>
// CHECK: %[[KF:.*]] = qnn.dequantize %[[KM]], scale %[[SK]] zero_point %[[ZK]] {axes = array<i64: 0>}
// CHECK: linalg.batch_matmul {qnn.site = "scores"} ins(%{{.*}}, %[[KF]]
// CHECK: %[[QV:.*]] = qnn.quantize %{{.*}} {axes = array<i64: 1>}
// CHECK: %[[VN:.*]] = tensor.insert_slice %[[QV]] into %[[VC]]
// CHECK: qnn.dequantize %{{.*}} {axes = array<i64: 0>} : tensor<2x8x4xi8>
// CHECK: return %{{.*}}, %[[KN]], %[[VN]]

// With a shared scale: max(|k|, |v|) / 448 for both, and the caller is told.
// SHARED-LABEL: func @step(
// SHARED-SAME: tensor<1x2x8x4xf8E4M3FN> {{{.*}}qnn.input = "k", qnn.scale = 0.019999999{{[0-9]*}} : f64}, %{{.*}}: tensor<1x2x8x4xf8E4M3FN> {{{.*}}qnn.input = "v", qnn.scale = 0.019999999{{[0-9]*}} : f64}
// SHARED-SAME: tensor<1x2x8x4xf8E4M3FN> {qnn.output = "k", qnn.scale = 0.019999999{{[0-9]*}} : f64}
// SHARED: %[[S:.*]] = arith.constant dense<2.000000e-02> : tensor<f32>
// SHARED: qnn.quantize %{{.*}}, scale %[[S]] : tensor<1x2x1x4xf32>, tensor<f32> -> tensor<1x2x1x4xf8E4M3FN>
// SHARED: qnn.quantize %{{.*}}, scale %[[S]] : tensor<1x2x1x4xf32>, tensor<f32> -> tensor<1x2x1x4xf8E4M3FN>

// PINNED-LABEL: func @step(
// PINNED: %[[S:.*]] = arith.constant dense<1.000000e+00> : tensor<f32>
// PINNED: qnn.quantize %{{.*}}, scale %[[S]] : tensor<1x2x1x4xf32>, tensor<f32> -> tensor<1x2x1x4xf8E4M3FN>

// Measured per token and head, the scales are tensors beside the cache.
// TOKEN-LABEL: func @step(
// TOKEN-SAME: [[KC:%[a-z0-9_]+]]: tensor<1x2x8x4xi8> {{{.*}}qnn.input = "k"}
// TOKEN-SAME: [[KS:%[a-z0-9_]+]]: tensor<2x8xf32> {qnn.input = "k.scale"}, [[KZ:%[a-z0-9_]+]]: tensor<2x8xi8> {{{.*}}qnn.input = "k.zero_point"}, %{{.*}}: tensor<2x8xf32> {qnn.input = "v.scale"}
// TOKEN-SAME: tensor<2x8xf32> {qnn.output = "k.scale"}, tensor<2x8xi8> {qnn.output = "k.zero_point"}
// TOKEN: [[SN:%[a-z0-9_]+]] = tensor.insert_slice %{{.*}} into [[KS]][0, [[P:%[a-z0-9_]+]]] [2, 1] [1, 1] : tensor<2x1xf32> into tensor<2x8xf32>
// TOKEN: [[ZN:%[a-z0-9_]+]] = tensor.insert_slice %{{.*}} into [[KZ]][0, [[P]]] [2, 1] [1, 1] : tensor<2x1xi8> into tensor<2x8xi8>
// TOKEN: [[Q:%[a-z0-9_]+]] = qnn.quantize %{{.*}} {axes = array<i64: 1, 2>} : tensor<1x2x1x4xf32>, tensor<2x1xf32>, tensor<2x1xi8> -> tensor<1x2x1x4xi8>
// TOKEN: [[KN:%[a-z0-9_]+]] = tensor.insert_slice [[Q]] into [[KC]]
// TOKEN: qnn.dequantize [[KN]], scale [[SN]] zero_point [[ZN]] {axes = array<i64: 1, 2>}

// Where products of activations are quantized, they become products of integers
// that read the cache as it is.
// PRODUCTS-LABEL: func @step(
// PRODUCTS: linalg.batch_matmul {{{.*}}qnn.site = "scores"{{.*}}} ins(%{{.*}} : tensor<2x1x4xi8>, tensor<2x4x8xi8>) outs(%{{.*}} : tensor<2x1x8xi32>)
// PRODUCTS: linalg.batch_matmul {{{.*}}qnn.site = "mix"{{.*}}} ins(%{{.*}} : tensor<2x1x8xi8>, tensor<2x8x4xi8>) outs(%{{.*}} : tensor<2x1x4xi32>)

// NONE-LABEL: func @step(
// NONE-NOT: qnn.quantize
func.func @step(%kc: tensor<1x2x8x4xf32> {qnn.input = "k"}, %vc: tensor<1x2x8x4xf32> {qnn.input = "v"},
                %q: tensor<2x1x4xf32>, %k: tensor<1x2x1x4xf32>, %v: tensor<1x2x1x4xf32>, %p: index)
    -> (tensor<2x1x4xf32> {qnn.output = "y"}, tensor<1x2x8x4xf32> {qnn.output = "k"}, tensor<1x2x8x4xf32> {qnn.output = "v"}) {
  %c0 = arith.constant 0.0 : f32
  %qo = qnn.observe %q {name = "scores/lhs", axis = 2 : i64, statistics = #any} : tensor<2x1x4xf32>
  %ko = qnn.observe %k {name = "k/cache", axis = 1 : i64, statistics = #k} : tensor<1x2x1x4xf32>
  %k1 = tensor.insert_slice %ko into %kc[0, 0, %p, 0] [1, 2, 1, 4] [1, 1, 1, 1] : tensor<1x2x1x4xf32> into tensor<1x2x8x4xf32>
  %te = tensor.empty() : tensor<1x2x4x8xf32>
  %kt = linalg.transpose ins(%k1 : tensor<1x2x8x4xf32>) outs(%te : tensor<1x2x4x8xf32>) permutation = [0, 1, 3, 2]
  %kk = tensor.collapse_shape %kt [[0, 1], [2], [3]] : tensor<1x2x4x8xf32> into tensor<2x4x8xf32>
  %km = qnn.observe %kk {name = "scores/rhs", axis = 1 : i64, statistics = #any} : tensor<2x4x8xf32>
  %se = tensor.empty() : tensor<2x1x8xf32>
  %s0 = linalg.fill ins(%c0 : f32) outs(%se : tensor<2x1x8xf32>) -> tensor<2x1x8xf32>
  %s = linalg.batch_matmul {qnn.site = "scores"} ins(%qo, %km : tensor<2x1x4xf32>, tensor<2x4x8xf32>) outs(%s0 : tensor<2x1x8xf32>) -> tensor<2x1x8xf32>
  %e = linalg.exp ins(%s : tensor<2x1x8xf32>) outs(%se : tensor<2x1x8xf32>) -> tensor<2x1x8xf32>
  %eo = qnn.observe %e {name = "mix/lhs", axis = 2 : i64, statistics = #any} : tensor<2x1x8xf32>
  %vo = qnn.observe %v {name = "v/cache", axis = 1 : i64, statistics = #v} : tensor<1x2x1x4xf32>
  %v1 = tensor.insert_slice %vo into %vc[0, 0, %p, 0] [1, 2, 1, 4] [1, 1, 1, 1] : tensor<1x2x1x4xf32> into tensor<1x2x8x4xf32>
  %vk = tensor.collapse_shape %v1 [[0, 1], [2], [3]] : tensor<1x2x8x4xf32> into tensor<2x8x4xf32>
  %vm = qnn.observe %vk {name = "mix/rhs", axis = 1 : i64, statistics = #any} : tensor<2x8x4xf32>
  %ye = tensor.empty() : tensor<2x1x4xf32>
  %y0 = linalg.fill ins(%c0 : f32) outs(%ye : tensor<2x1x4xf32>) -> tensor<2x1x4xf32>
  %y = linalg.batch_matmul {qnn.site = "mix"} ins(%eo, %vm : tensor<2x1x8xf32>, tensor<2x8x4xf32>) outs(%y0 : tensor<2x1x4xf32>) -> tensor<2x1x4xf32>
  return %y, %k1, %v1 : tensor<2x1x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>
}

// -----

// Another layout, tokens before heads, two sequences: after the reshape the
// parameters of the heads are repeated for each sequence.

#s = #qnn.statistics<count = 64, nanCount = 0, infCount = 0, min = 0.0 : f32, max = 7.65 : f32,
  channelMin = [0.0, 0.0, 0.0], channelMax = [2.55, 5.1, 7.65], binExponent = -8, firstBin = -256, histogram = [64]>

// CHECK-LABEL: func @layout(
// CHECK-DAG: %[[S3:.*]] = arith.constant dense<[0.00999999977, 2.000000e-02, 0.0300000012]> : tensor<3xf32>
// CHECK-DAG: %[[S6:.*]] = arith.constant dense<[0.00999999977, 2.000000e-02, 0.0300000012, 0.00999999977, 2.000000e-02, 0.0300000012]> : tensor<6xf32>
// CHECK: qnn.quantize %{{.*}}, scale %[[S3]] zero_point %{{.*}} {axes = array<i64: 2>} : tensor<2x1x3x4xf32>
// CHECK: qnn.dequantize %{{.*}}, scale %[[S6]] zero_point %{{.*}} {axes = array<i64: 0>} : tensor<6x4x8xi8>
func.func @layout(%kc: tensor<2x8x3x4xf32>, %q: tensor<6x1x4xf32>, %k: tensor<2x1x3x4xf32>, %p: index, %i: tensor<6x1x8xf32>) -> (tensor<6x1x8xf32>, tensor<2x8x3x4xf32>) {
  %ko = qnn.observe %k {name = "arg0/cache", axis = 2 : i64, statistics = #s} : tensor<2x1x3x4xf32>
  %k1 = tensor.insert_slice %ko into %kc[0, %p, 0, 0] [2, 1, 3, 4] [1, 1, 1, 1] : tensor<2x1x3x4xf32> into tensor<2x8x3x4xf32>
  %te = tensor.empty() : tensor<2x3x4x8xf32>
  %kt = linalg.transpose ins(%k1 : tensor<2x8x3x4xf32>) outs(%te : tensor<2x3x4x8xf32>) permutation = [0, 2, 3, 1]
  %kk = tensor.collapse_shape %kt [[0, 1], [2], [3]] : tensor<2x3x4x8xf32> into tensor<6x4x8xf32>
  %s = linalg.batch_matmul {qnn.site = "scores"} ins(%q, %kk : tensor<6x1x4xf32>, tensor<6x4x8xf32>) outs(%i : tensor<6x1x8xf32>) -> tensor<6x1x8xf32>
  return %s, %k1 : tensor<6x1x8xf32>, tensor<2x8x3x4xf32>
}

// -----

// No caches: an argument that is returned without a contraction that reads it,
// and one that is updated but not returned.

// CHECK-LABEL: func @others(
// CHECK-NOT: i8
// CHECK: return
func.func @others(%a: tensor<8x4xf32>, %b: tensor<8x4xf32>, %u: tensor<1x4xf32>, %w: tensor<4x4xf32>, %i: tensor<8x4xf32>, %p: index) -> (tensor<8x4xf32>, tensor<8x4xf32>) {
  %0 = tensor.insert_slice %u into %a[%p, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<8x4xf32>
  %1 = tensor.insert_slice %u into %b[%p, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<8x4xf32>
  %2 = linalg.matmul {qnn.site = "x"} ins(%1, %w : tensor<8x4xf32>, tensor<4x4xf32>) outs(%i : tensor<8x4xf32>) -> tensor<8x4xf32>
  return %0, %2 : tensor<8x4xf32>, tensor<8x4xf32>
}

// -----

// A cache of bf16 in a model of f32: what is inserted is cast, and what is read.
// The dequantization makes the type that is read.

#s = #qnn.statistics<count = 64, nanCount = 0, infCount = 0, min = 0.0 : f32, max = 5.1 : f32,
  channelMin = [0.0, 0.0], channelMax = [2.55, 5.1], binExponent = -8, firstBin = -256, histogram = [64]>

// CHECK-LABEL: func @cast(
// CHECK-SAME: %[[KC:[a-z0-9]+]]: tensor<2x8x4xi8>
// CHECK-SAME: -> (tensor<2x1x8xf32>, tensor<2x8x4xi8>)
// CHECK: %[[K:.*]] = linalg.generic {{.*}} ins(%{{.*}} : tensor<2x1x4xf32>) outs(%{{.*}} : tensor<2x1x4xbf16>)
// CHECK: %[[Q:.*]] = qnn.quantize %[[K]], scale %{{.*}} zero_point %{{.*}} {axes = array<i64: 0>} : tensor<2x1x4xbf16>, tensor<2xf32>, tensor<2xi8> -> tensor<2x1x4xi8>
// CHECK: %[[KN:.*]] = tensor.insert_slice %[[Q]] into %[[KC]]
// CHECK: %[[KT:.*]] = linalg.transpose ins(%[[KN]] : tensor<2x8x4xi8>)
// CHECK: %[[KF:.*]] = qnn.dequantize %[[KT]], scale %{{.*}} zero_point %{{.*}} {axes = array<i64: 0>} : tensor<2x4x8xi8>, tensor<2xf32>, tensor<2xi8> -> tensor<2x4x8xf32>
// CHECK-NOT: linalg.generic
// CHECK: linalg.batch_matmul {qnn.site = "scores"} ins(%{{.*}}, %[[KF]]
// CHECK: return %{{.*}}, %[[KN]]
func.func @cast(%kc: tensor<2x8x4xbf16>, %q: tensor<2x1x4xf32>, %k: tensor<2x1x4xf32>, %p: index, %i: tensor<2x1x8xf32>) -> (tensor<2x1x8xf32>, tensor<2x8x4xbf16>) {
  %ke = tensor.empty() : tensor<2x1x4xbf16>
  %kb = linalg.generic {indexing_maps = [affine_map<(a, b, c) -> (a, b, c)>, affine_map<(a, b, c) -> (a, b, c)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%k : tensor<2x1x4xf32>) outs(%ke : tensor<2x1x4xbf16>) {
  ^bb0(%a: f32, %b: bf16):
    %0 = arith.truncf %a : f32 to bf16
    linalg.yield %0 : bf16
  } -> tensor<2x1x4xbf16>
  %ko = qnn.observe %kb {name = "arg0/cache", axis = 0 : i64, statistics = #s} : tensor<2x1x4xbf16>
  %k1 = tensor.insert_slice %ko into %kc[0, %p, 0] [2, 1, 4] [1, 1, 1] : tensor<2x1x4xbf16> into tensor<2x8x4xbf16>
  %we = tensor.empty() : tensor<2x8x4xf32>
  %wide = linalg.generic {indexing_maps = [affine_map<(a, b, c) -> (a, b, c)>, affine_map<(a, b, c) -> (a, b, c)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%k1 : tensor<2x8x4xbf16>) outs(%we : tensor<2x8x4xf32>) {
  ^bb0(%a: bf16, %b: f32):
    %0 = arith.extf %a : bf16 to f32
    linalg.yield %0 : f32
  } -> tensor<2x8x4xf32>
  %te = tensor.empty() : tensor<2x4x8xf32>
  %kt = linalg.transpose ins(%wide : tensor<2x8x4xf32>) outs(%te : tensor<2x4x8xf32>) permutation = [0, 2, 1]
  %s = linalg.batch_matmul {qnn.site = "scores"} ins(%q, %kt : tensor<2x1x4xf32>, tensor<2x4x8xf32>) outs(%i : tensor<2x1x8xf32>) -> tensor<2x1x8xf32>
  return %s, %k1 : tensor<2x1x8xf32>, tensor<2x8x4xbf16>
}
