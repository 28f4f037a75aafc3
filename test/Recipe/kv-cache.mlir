// The recipes with a key-value cache: its storage, symmetry and granularity, and
// that both keys and values are stored so.

// RUN: quant-opt %s -qnn-quantize-cache=recipe=%source_dir/recipes/furiosa-gptj.yaml -canonicalize | FileCheck %s --check-prefix=INT8
// RUN: quant-opt %s -qnn-quantize-cache=recipe=%source_dir/recipes/kv8.yaml -canonicalize | FileCheck %s --check-prefix=INT8
// RUN: quant-opt %s -qnn-quantize-cache=recipe=%source_dir/recipes/kv8.yaml -qnn-select-scheme=recipe=%source_dir/recipes/kv8.yaml -verify-selected | FileCheck %s --check-prefix=ALONE
// RUN: quant-opt %s -qnn-quantize-cache=recipe=%source_dir/recipes/amd-fp8.yaml -canonicalize | FileCheck %s --check-prefix=FP8
// RUN: quant-opt %s -qnn-quantize-cache=recipe=%source_dir/recipes/modelopt-fp8.yaml | FileCheck %s --check-prefix=FLOAT

// INT8-LABEL: func @step(
// INT8-SAME: tensor<2x8x4xi8> {{{.*}}qnn.input = "k"}, %{{.*}}: tensor<2x8x4xi8> {{{.*}}qnn.input = "v"}
// INT8-COUNT-2: qnn.quantize %{{.*}}, scale %{{.*}} zero_point %{{.*}} {axes = array<i64: 0>} : tensor<2x1x4xf32>, tensor<2xf32>, tensor<2xi8> -> tensor<2x1x4xi8>
// FP8-LABEL: func @step(
// FP8-SAME: tensor<2x8x4xf8E4M3FN> {{{.*}}qnn.input = "k", qnn.scale = [[S:[0-9.e-]+]] : f64}, %{{.*}}: tensor<2x8x4xf8E4M3FN> {{{.*}}qnn.input = "v", qnn.scale = [[S]] : f64}
// FP8-COUNT-2: qnn.quantize %{{.*}}, scale %{{.*}} : tensor<2x1x4xf32>, tensor<f32> -> tensor<2x1x4xf8E4M3FN>
// FLOAT-LABEL: func @step(
// FLOAT-SAME: tensor<2x8x4xf32> {qnn.input = "k"}, %{{.*}}: tensor<2x8x4xf32> {qnn.input = "v"}
// ALONE-LABEL: func @step(
// ALONE: linalg.matmul {qnn.float_reason = "the recipe keeps sites named '*' in float", qnn.site = "out"}

#s = #qnn.statistics<count = 64, nanCount = 0, infCount = 0, min = -1.0 : f32, max = 2.0 : f32,
  channelMin = [-1.0, 0.0], channelMax = [2.0, 1.0], binExponent = -8, firstBin = -256, histogram = [64]>

func.func @step(%kc: tensor<2x8x4xf32> {qnn.input = "k"}, %vc: tensor<2x8x4xf32> {qnn.input = "v"},
                %q: tensor<2x4x1xf32>, %k: tensor<2x1x4xf32>, %v: tensor<2x1x4xf32>, %p: index,
                %i: tensor<2x8x1xf32>, %j: tensor<2x1x4xf32>, %o: tensor<2x4xf32>)
    -> (tensor<2x4xf32>, tensor<2x8x4xf32> {qnn.output = "k"}, tensor<2x8x4xf32> {qnn.output = "v"}) {
  %w = arith.constant dense<1.5> : tensor<4x4xf32>
  %ko = qnn.observe %k {name = "k/cache", axis = 0 : i64, statistics = #s} : tensor<2x1x4xf32>
  %vo = qnn.observe %v {name = "v/cache", axis = 0 : i64, statistics = #s} : tensor<2x1x4xf32>
  %k1 = tensor.insert_slice %ko into %kc[0, %p, 0] [2, 1, 4] [1, 1, 1] : tensor<2x1x4xf32> into tensor<2x8x4xf32>
  %v1 = tensor.insert_slice %vo into %vc[0, %p, 0] [2, 1, 4] [1, 1, 1] : tensor<2x1x4xf32> into tensor<2x8x4xf32>
  %s = linalg.batch_matmul {qnn.site = "scores"} ins(%k1, %q : tensor<2x8x4xf32>, tensor<2x4x1xf32>) outs(%i : tensor<2x8x1xf32>) -> tensor<2x8x1xf32>
  %e = linalg.exp ins(%s : tensor<2x8x1xf32>) outs(%i : tensor<2x8x1xf32>) -> tensor<2x8x1xf32>
  %c = tensor.collapse_shape %e [[0], [1, 2]] : tensor<2x8x1xf32> into tensor<2x8xf32>
  %t = tensor.expand_shape %c [[0], [1, 2]] output_shape [2, 1, 8] : tensor<2x8xf32> into tensor<2x1x8xf32>
  %m = linalg.batch_matmul {qnn.site = "mix"} ins(%t, %v1 : tensor<2x1x8xf32>, tensor<2x8x4xf32>) outs(%j : tensor<2x1x4xf32>) -> tensor<2x1x4xf32>
  %f = tensor.collapse_shape %m [[0], [1, 2]] : tensor<2x1x4xf32> into tensor<2x4xf32>
  %x = qnn.observe %f {name = "out/lhs", axis = 1 : i64} : tensor<2x4xf32>
  %y = linalg.matmul {qnn.site = "out"} ins(%x, %w : tensor<2x4xf32>, tensor<4x4xf32>) outs(%o : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %y, %k1, %v1 : tensor<2x4xf32>, tensor<2x8x4xf32>, tensor<2x8x4xf32>
}
