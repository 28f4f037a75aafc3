// The recipe's key `requantize` reaches the epilogue, and with shifts every
// scale: 3 / 255 becomes 2^-6, 127 / 127 stays 1.

// RUN: quant-opt %s -qnn-quantize="recipe=%S/Inputs/requantize-shift.yaml" | FileCheck %s --check-prefixes=CHECK,SHIFT
// RUN: quant-opt %s -qnn-quantize="recipe=%S/Inputs/requantize-fixed-point.yaml" | FileCheck %s --check-prefixes=CHECK,FIXED
// RUN: not quant-opt %s -qnn-quantize="recipe=%S/Inputs/requantize-dynamic.yaml" 2>&1 | FileCheck %s --check-prefix=DYNAMIC

// DYNAMIC: requantize-dynamic.yaml:4:3: error: expected a static range for scales that are powers of two

// CHECK-LABEL: func.func @main
// SHIFT-DAG:     arith.constant 1.562500e-02 : f32
// SHIFT-DAG:     arith.constant dense<[2, 6, 7]> : tensor<3xi8>
// SHIFT-DAG:     arith.constant dense<{{\[}}[1, 8, 32], [127, 64, -96]]> : tensor<2x3xi8>
// CHECK:         %[[A:.*]] = linalg.matmul {{.*}}qnn.site = "a"
// The ReLU is what quantization saturates at: z is qmin.
// CHECK:         %[[Q:.*]] = linalg.generic {{.*}} ins(%[[A]]{{.*}}) outs(%{{.*}} : tensor<4x3xi8>)
// CHECK-NOT:       f32
// SHIFT-NOT:       arith.muli
// FIXED:           arith.muli
// CHECK:           arith.shrsi
// CHECK:           arith.trunci
// CHECK:           linalg.yield
// CHECK:         linalg.matmul {{.*}}qnn.site = "b"{{.*}} ins(%[[Q]],
#map = affine_map<(d0, d1) -> (d0, d1)>
module attributes {qnn.fingerprint = "f00d"} {
  func.func @main(%x: tensor<4x2xf32>) -> tensor<4x3xf32> {
    %w = arith.constant dense<[[1.0, 0.5, 1.0], [127.0, 4.0, -3.0]]> : tensor<2x3xf32>
    %v = arith.constant dense<[[1.0, 0.5, 1.0], [4.0, 4.0, -3.0], [0.5, 0.25, 2.0]]> : tensor<3x3xf32>
    %c0 = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<4x3xf32>
    %init = linalg.fill ins(%c0 : f32) outs(%e : tensor<4x3xf32>) -> tensor<4x3xf32>
    %o = qnn.observe %x {name = "a/lhs", statistics = #qnn.statistics<count = 8, nanCount = 0, infCount = 0, min = -1.0 : f32, max = 2.0 : f32, channelMin = [], channelMax = [], binExponent = 0, firstBin = -1, histogram = [1, 4, 3]>} : tensor<4x2xf32>
    %a = linalg.matmul {qnn.site = "a"} ins(%o, %w : tensor<4x2xf32>, tensor<2x3xf32>) outs(%init : tensor<4x3xf32>) -> tensor<4x3xf32>
    %r = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%a : tensor<4x3xf32>) outs(%e : tensor<4x3xf32>) {
    ^bb0(%in: f32, %out: f32):
      %m = arith.maximumf %in, %c0 : f32
      linalg.yield %m : f32
    } -> tensor<4x3xf32>
    %p = qnn.observe %r {name = "b/lhs", statistics = #qnn.statistics<count = 12, nanCount = 0, infCount = 0, min = 0.0 : f32, max = 9.0 : f32, channelMin = [], channelMax = [], binExponent = 0, firstBin = 0, histogram = [1, 4, 3, 0, 0, 0, 0, 0, 4]>} : tensor<4x3xf32>
    %b = linalg.matmul {qnn.site = "b"} ins(%p, %v : tensor<4x3xf32>, tensor<3x3xf32>) outs(%init : tensor<4x3xf32>) -> tensor<4x3xf32>
    return %b : tensor<4x3xf32>
  }
}
