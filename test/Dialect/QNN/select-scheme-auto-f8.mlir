// Candidates of different storage: of values that are spread evenly, i8 keeps more; of
// those with a far outlier, f8.

// RUN: quant-opt %s -qnn-select-scheme=recipe=%S/Inputs/auto-f8.yaml -verify-selected -mlir-print-local-scope | FileCheck %s
// RUN: quant-opt %s -qnn-select-scheme="recipe=%S/Inputs/auto-f8.yaml candidate=f8" -verify-selected -mlir-print-local-scope | FileCheck %s --check-prefix=F8

// CHECK: lhs = #qnn.quantization<i8 asymmetric tensor minmax>{{.*}}qnn.site = "even", qnn.sqnr =
// CHECK: lhs = #qnn.quantization<f8E4M3FN symmetric tensor minmax>{{.*}}qnn.site = "outlier", qnn.sqnr =
// F8-COUNT-2: lhs = #qnn.quantization<f8E4M3FN symmetric tensor minmax>, rhs = #qnn.quantization<f8E4M3FN symmetric tensor minmax>>, qnn.site = {{.*}}, qnn.sqnr =

#even = #qnn.statistics<count = 8, nanCount = 0, infCount = 0, min = 0.0 : f32, max = 8.0 : f32,
  channelMin = [], channelMax = [], binExponent = 0, firstBin = 0, histogram = [1, 1, 1, 1, 1, 1, 1, 1]>
#outlier = #qnn.statistics<count = 100001, nanCount = 0, infCount = 0, min = -1.0 : f32, max = 255.5 : f32,
  channelMin = [], channelMax = [], binExponent = 0, firstBin = -1, histogram = [50000, 50000,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]>

func.func @sites(%x: tensor<64x256xf32>, %i: tensor<64x512xf32>) -> (tensor<64x512xf32>, tensor<64x512xf32>) {
  %w = arith.constant dense<1.1> : tensor<256x512xf32>
  %a = qnn.observe %x {name = "even/lhs", statistics = #even} : tensor<64x256xf32>
  %0 = linalg.matmul {qnn.site = "even"} ins(%a, %w : tensor<64x256xf32>, tensor<256x512xf32>) outs(%i : tensor<64x512xf32>) -> tensor<64x512xf32>
  %b = qnn.observe %x {name = "outlier/lhs", statistics = #outlier} : tensor<64x256xf32>
  %1 = linalg.matmul {qnn.site = "outlier"} ins(%b, %w : tensor<64x256xf32>, tensor<256x512xf32>) outs(%i : tensor<64x512xf32>) -> tensor<64x512xf32>
  return %0, %1 : tensor<64x512xf32>, tensor<64x512xf32>
}
