// RUN: quant-opt %s -split-input-file -verify-diagnostics -qnn-quantize-cache=recipe=%S/Inputs/kv-cache.yaml

// expected-error@+1 {{cache 'k': expected statistics of what is inserted; run qnn-annotate, quantc calibrate and qnn-apply-statistics}}
func.func @not_observed(%kc: tensor<2x8x4xf32> {qnn.input = "k"}, %q: tensor<2x1x4xf32>, %k: tensor<2x1x4xf32>, %p: index, %i: tensor<2x1x8xf32>) -> (tensor<2x1x8xf32>, tensor<2x8x4xf32>) {
  %k1 = tensor.insert_slice %k into %kc[0, %p, 0] [2, 1, 4] [1, 1, 1] : tensor<2x1x4xf32> into tensor<2x8x4xf32>
  %s = linalg.batch_matmul indexing_maps = [affine_map<(b, m, n, k) -> (b, m, k)>, affine_map<(b, m, n, k) -> (b, n, k)>, affine_map<(b, m, n, k) -> (b, m, n)>] {qnn.site = "scores"} ins(%q, %k1 : tensor<2x1x4xf32>, tensor<2x8x4xf32>) outs(%i : tensor<2x1x8xf32>) -> tensor<2x1x8xf32>
  return %s, %k1 : tensor<2x1x8xf32>, tensor<2x8x4xf32>
}

// -----

#s = #qnn.statistics<count = 64, nanCount = 0, infCount = 0, min = -1.0 : f32, max = 2.55 : f32,
  channelMin = [0.0], channelMax = [2.55], binExponent = -8, firstBin = -256, histogram = [64]>

// expected-error@+1 {{cache 'k': expected updates of all indices of dimension 0, but got 'tensor<1x1x4xf32>' into 'tensor<2x8x4xf32>'}}
func.func @some_heads(%kc: tensor<2x8x4xf32> {qnn.input = "k"}, %q: tensor<2x1x4xf32>, %k: tensor<1x1x4xf32>, %p: index, %i: tensor<2x1x8xf32>) -> (tensor<2x1x8xf32>, tensor<2x8x4xf32>) {
  %ko = qnn.observe %k {name = "k/cache", axis = 0 : i64, statistics = #s} : tensor<1x1x4xf32>
  %k1 = tensor.insert_slice %ko into %kc[%p, %p, 0] [1, 1, 4] [1, 1, 1] : tensor<1x1x4xf32> into tensor<2x8x4xf32>
  %s = linalg.batch_matmul indexing_maps = [affine_map<(b, m, n, k) -> (b, m, k)>, affine_map<(b, m, n, k) -> (b, n, k)>, affine_map<(b, m, n, k) -> (b, m, n)>] {qnn.site = "scores"} ins(%q, %k1 : tensor<2x1x4xf32>, tensor<2x8x4xf32>) outs(%i : tensor<2x1x8xf32>) -> tensor<2x1x8xf32>
  return %s, %k1 : tensor<2x1x8xf32>, tensor<2x8x4xf32>
}
