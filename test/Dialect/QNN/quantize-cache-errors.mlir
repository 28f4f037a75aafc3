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

// -----

// One that is widened, updated and narrowed again would be read and written
// whole at every step.

#s = #qnn.statistics<count = 64, nanCount = 0, infCount = 0, min = -1.0 : f32, max = 2.55 : f32,
  channelMin = [0.0, 0.0], channelMax = [2.55, 2.55], binExponent = -8, firstBin = -256, histogram = [64]>
#id = affine_map<(a, b, c) -> (a, b, c)>

func.func @cast_whole(%kc: tensor<2x8x4xf32> {qnn.input = "k"},
    // expected-warning@+1 {{cache 'v' stays in float, because it is cast as a whole before it is updated; cast what is inserted and what is read}}
    %vc: tensor<2x8x4xbf16> {qnn.input = "v"}, %q: tensor<2x1x4xf32>, %k: tensor<2x1x4xf32>, %p: index, %i: tensor<2x1x8xf32>) -> (tensor<2x1x8xf32>, tensor<2x8x4xf32>, tensor<2x8x4xbf16>) {
  %ko = qnn.observe %k {name = "k/cache", axis = 0 : i64, statistics = #s} : tensor<2x1x4xf32>
  %k1 = tensor.insert_slice %ko into %kc[0, %p, 0] [2, 1, 4] [1, 1, 1] : tensor<2x1x4xf32> into tensor<2x8x4xf32>
  %s = linalg.batch_matmul indexing_maps = [affine_map<(b, m, n, k) -> (b, m, k)>, affine_map<(b, m, n, k) -> (b, n, k)>, affine_map<(b, m, n, k) -> (b, m, n)>] {qnn.site = "scores"} ins(%q, %k1 : tensor<2x1x4xf32>, tensor<2x8x4xf32>) outs(%i : tensor<2x1x8xf32>) -> tensor<2x1x8xf32>
  %we = tensor.empty() : tensor<2x8x4xf32>
  %wide = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%vc : tensor<2x8x4xbf16>) outs(%we : tensor<2x8x4xf32>) {
  ^bb0(%a: bf16, %b: f32):
    %0 = arith.extf %a : bf16 to f32
    linalg.yield %0 : f32
  } -> tensor<2x8x4xf32>
  %v1 = tensor.insert_slice %k into %wide[0, %p, 0] [2, 1, 4] [1, 1, 1] : tensor<2x1x4xf32> into tensor<2x8x4xf32>
  %ne = tensor.empty() : tensor<2x8x4xbf16>
  %narrow = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%v1 : tensor<2x8x4xf32>) outs(%ne : tensor<2x8x4xbf16>) {
  ^bb0(%a: f32, %b: bf16):
    %0 = arith.truncf %a : f32 to bf16
    linalg.yield %0 : bf16
  } -> tensor<2x8x4xbf16>
  return %s, %k1, %narrow : tensor<2x1x8xf32>, tensor<2x8x4xf32>, tensor<2x8x4xbf16>
}
