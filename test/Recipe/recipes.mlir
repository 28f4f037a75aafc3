// Every recipe that comes along, on a linear layer, the projection behind it to
// the result, a product of activations and a depthwise convolution: storage, symmetry, granularity, range estimator.

// RUN: quant-opt %s -qnn-select-scheme=recipe=%source_dir/recipes/lecture-static.yaml -verify-selected | FileCheck %s --check-prefixes=CHECK,LECTURE-STATIC
// RUN: quant-opt %s -qnn-select-scheme=recipe=%source_dir/recipes/lecture-dynamic.yaml -verify-selected | FileCheck %s --check-prefixes=CHECK,LECTURE-DYNAMIC
// RUN: quant-opt %s -qnn-select-scheme=recipe=%source_dir/recipes/llm-int8.yaml -verify-selected | FileCheck %s --check-prefixes=CHECK,LLM-INT8
// RUN: quant-opt %s -qnn-select-scheme=recipe=%source_dir/recipes/speechmatics-int8.yaml -verify-selected | FileCheck %s --check-prefixes=CHECK,SPEECHMATICS
// RUN: quant-opt %s -qnn-select-scheme=recipe=%source_dir/recipes/modelopt-int8-sq.yaml -verify-selected | FileCheck %s --check-prefixes=CHECK,MODELOPT-INT8
// RUN: quant-opt %s -qnn-select-scheme=recipe=%source_dir/recipes/modelopt-fp8.yaml -verify-selected | FileCheck %s --check-prefixes=CHECK,MODELOPT-FP8
// RUN: quant-opt %s -qnn-select-scheme=recipe=%source_dir/recipes/furiosa-bert.yaml -verify-selected | FileCheck %s --check-prefixes=CHECK,FURIOSA-BERT
// RUN: quant-opt %s -qnn-select-scheme=recipe=%source_dir/recipes/amd-fp8.yaml -verify-selected | FileCheck %s --check-prefixes=CHECK,AMD-FP8
// RUN: quant-opt %s -qnn-select-scheme=recipe=%source_dir/recipes/furiosa-gptj.yaml -verify-selected | FileCheck %s --check-prefixes=CHECK,FURIOSA-GPTJ
// RUN: quant-opt %s -qnn-select-scheme=recipe=%source_dir/recipes/w8a8-symmetric.yaml -verify-selected | FileCheck %s --check-prefixes=CHECK,SYMMETRIC
// RUN: quant-opt %s -qnn-select-scheme=recipe=%source_dir/recipes/w8a8-asymmetric.yaml -verify-selected | FileCheck %s --check-prefixes=CHECK,ASYMMETRIC

#stats = #qnn.statistics<count = 8192, nanCount = 0, infCount = 0, min = -1.0 : f32, max = 4.0 : f32,
  channelMin = [], channelMax = [], binExponent = -8, firstBin = -256, histogram = [8192]>

func.func @sites(%x: tensor<64x128xf32>, %i: tensor<64x32xf32>, %q: tensor<64x32xf32>, %k: tensor<32x64xf32>, %j: tensor<64x64xf32>,
                 %im: tensor<1x16x16x8xf32>, %o: tensor<1x14x14x8xf32>) -> (tensor<64x64xf32>, tensor<64x64xf32>, tensor<1x14x14x8xf32>) {
  %w = arith.constant dense<1.5> : tensor<128x32xf32>
  %u = arith.constant dense<2.5> : tensor<32x64xf32>
  %f = arith.constant dense<0.5> : tensor<3x3x8xf32>
  %a = qnn.observe %x {name = "linear/lhs", axis = 1 : i64} : tensor<64x128xf32>
  // LECTURE-STATIC: lhs = #qnn.quantization<i8 asymmetric tensor percentile 99.99>, rhs = #qnn.quantization<i8 symmetric narrow_range channel axes = [1] minmax>
  // LECTURE-DYNAMIC: lhs = #qnn.quantization<i8 asymmetric dynamic token axes = [0] minmax>, rhs = #qnn.quantization<i8 symmetric narrow_range channel axes = [1] minmax>
  // LLM-INT8: lhs = #qnn.quantization<i8 symmetric narrow_range dynamic token axes = [0] minmax>, rhs = #qnn.quantization<i8 symmetric narrow_range channel axes = [1] minmax>
  // SPEECHMATICS: lhs = #qnn.quantization<i8 symmetric narrow_range tensor mse>, rhs = #qnn.quantization<i8 symmetric narrow_range channel axes = [1] mse>
  // MODELOPT-INT8: lhs = #qnn.quantization<i8 symmetric narrow_range tensor minmax>, rhs = #qnn.quantization<i8 symmetric narrow_range channel axes = [1] minmax>
  // MODELOPT-FP8: lhs = #qnn.quantization<f8E4M3FN symmetric tensor minmax>, rhs = #qnn.quantization<f8E4M3FN symmetric tensor minmax>
  // FURIOSA-BERT: lhs = #qnn.quantization<i8 asymmetric channel axes = [1] percentile 99.99>, rhs = #qnn.quantization<i8 symmetric narrow_range channel axes = [1] minmax>
  // AMD-FP8: lhs = #qnn.quantization<f8E4M3FN symmetric tensor minmax>, rhs = #qnn.quantization<f8E4M3FN symmetric tensor minmax>
  // FURIOSA-GPTJ: lhs = #qnn.quantization<i8 asymmetric tensor minmax>, rhs = #qnn.quantization<i8 symmetric narrow_range channel axes = [1] minmax>
  // SYMMETRIC: lhs = #qnn.quantization<i8 symmetric {{(narrow_range )?}}tensor minmax>, rhs = #qnn.quantization<i8 symmetric narrow_range channel axes = [1] minmax>
  // ASYMMETRIC: lhs = #qnn.quantization<i8 asymmetric tensor minmax>, rhs = #qnn.quantization<i8 symmetric narrow_range channel axes = [1] minmax>
  %0 = linalg.matmul {qnn.site = "linear"} ins(%a, %w : tensor<64x128xf32>, tensor<128x32xf32>) outs(%i : tensor<64x32xf32>) -> tensor<64x32xf32>
  %h = qnn.observe %0 {name = "head/lhs", axis = 1 : i64} : tensor<64x32xf32>
  // LECTURE-STATIC: #qnn.scheme<{{.*}}qnn.site = "head"
  // LECTURE-DYNAMIC: #qnn.scheme<{{.*}}qnn.site = "head"
  // LLM-INT8: #qnn.scheme<{{.*}}qnn.site = "head"
  // SPEECHMATICS: #qnn.scheme<{{.*}}qnn.site = "head"
  // MODELOPT-INT8: linalg.matmul {qnn.float_reason = "its result is the function's (output projection)", qnn.site = "head"
  // MODELOPT-FP8: linalg.matmul {qnn.float_reason = "its result is the function's (output projection)", qnn.site = "head"
  // FURIOSA-BERT: #qnn.scheme<{{.*}}qnn.site = "head"
  // AMD-FP8: linalg.matmul {qnn.float_reason = "its result is the function's (output projection)", qnn.site = "head"
  // FURIOSA-GPTJ: #qnn.scheme<{{.*}}qnn.site = "head"
  // SYMMETRIC: #qnn.scheme<{{.*}}qnn.site = "head"
  // ASYMMETRIC: #qnn.scheme<{{.*}}qnn.site = "head"
  %3 = linalg.matmul {qnn.site = "head"} ins(%h, %u : tensor<64x32xf32>, tensor<32x64xf32>) outs(%j : tensor<64x64xf32>) -> tensor<64x64xf32>
  // CHECK: linalg.matmul {qnn.float_reason = "both operands are activations", qnn.site = "scores"}
  %1 = linalg.matmul {qnn.site = "scores"} ins(%q, %k : tensor<64x32xf32>, tensor<32x64xf32>) outs(%j : tensor<64x64xf32>) -> tensor<64x64xf32>
  // CHECK: linalg.depthwise_conv_2d_nhwc_hwc {{{.*}}qnn.float_reason = "it sums over no channels (depthwise)", qnn.site = "depthwise"
  %2 = linalg.depthwise_conv_2d_nhwc_hwc {qnn.site = "depthwise", dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>}
    ins(%im, %f : tensor<1x16x16x8xf32>, tensor<3x3x8xf32>) outs(%o : tensor<1x14x14x8xf32>) -> tensor<1x14x14x8xf32>
  return %3, %1, %2 : tensor<64x64xf32>, tensor<64x64xf32>, tensor<1x14x14x8xf32>
}
