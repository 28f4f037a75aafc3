// The candidates of recipes/auto.yaml, each alone, and the choice among them.

// RUN: quant-opt %s -qnn-select-scheme="recipe=%source_dir/recipes/auto.yaml candidate=static" -verify-selected -mlir-print-local-scope | FileCheck %s --check-prefix=STATIC
// RUN: quant-opt %s -qnn-select-scheme="recipe=%source_dir/recipes/auto.yaml candidate=static-mse" -verify-selected -mlir-print-local-scope | FileCheck %s --check-prefix=MSE
// RUN: quant-opt %s -qnn-select-scheme="recipe=%source_dir/recipes/auto.yaml candidate=channel" -verify-selected -mlir-print-local-scope | FileCheck %s --check-prefix=CHANNEL
// RUN: quant-opt %s -qnn-select-scheme="recipe=%source_dir/recipes/auto.yaml candidate=dynamic" -verify-selected -mlir-print-local-scope | FileCheck %s --check-prefix=DYNAMIC
// RUN: quant-opt %s -qnn-select-scheme="recipe=%source_dir/recipes/auto.yaml candidate=float" -verify-selected -mlir-print-local-scope | FileCheck %s --check-prefix=FLOAT
// RUN: quant-opt %s -qnn-select-scheme=recipe=%source_dir/recipes/auto.yaml -verify-selected -mlir-print-local-scope | FileCheck %s --check-prefix=CHOICE
// RUN: quant-opt %s -qnn-select-scheme="recipe=%source_dir/recipes/auto.yaml max-error=1e-9" -verify-selected -mlir-print-local-scope | FileCheck %s --check-prefix=EXACT

// STATIC: lhs = #qnn.quantization<i8 asymmetric tensor minmax>, rhs = #qnn.quantization<i8 symmetric narrow_range channel axes = [1] minmax>{{.*}}qnn.site = "linear"
// STATIC: qnn.float_reason = "both operands are activations", qnn.site = "scores"
// STATIC: qnn.scheme = {{.*}}qnn.site = "depthwise"
// MSE: lhs = #qnn.quantization<i8 asymmetric tensor mse>, rhs = #qnn.quantization<i8 symmetric narrow_range channel axes = [1] minmax>{{.*}}qnn.site = "linear"
// CHANNEL: lhs = #qnn.quantization<i8 asymmetric channel axes = [1] minmax>, rhs = #qnn.quantization<i8 symmetric narrow_range channel axes = [1] minmax>{{.*}}qnn.site = "linear"
// DYNAMIC: lhs = #qnn.quantization<i8 asymmetric dynamic token axes = [0] minmax>, rhs = #qnn.quantization<i8 symmetric narrow_range channel axes = [1] minmax>{{.*}}qnn.site = "linear"
// FLOAT-NOT: qnn.scheme
// CHOICE: lhs = #qnn.quantization<i8 asymmetric tensor m{{.*}}qnn.site = "linear", qnn.sqnr =
// EXACT: qnn.float_reason = "its error is better spent elsewhere: {{.*}}qnn.site = "linear"

#stats = #qnn.statistics<count = 8192, nanCount = 0, infCount = 0, min = -1.0 : f32, max = 4.0 : f32,
  channelMin = [], channelMax = [], binExponent = -8, firstBin = -256, histogram = [4096, 4096]>

func.func @sites(%x: tensor<64x128xf32>, %i: tensor<64x512xf32>, %q: tensor<64x32xf32>, %k: tensor<32x64xf32>, %j: tensor<64x64xf32>,
                 %im: tensor<1x16x16x8xf32>, %o: tensor<1x14x14x8xf32>) -> (tensor<64x512xf32>, tensor<64x64xf32>, tensor<1x14x14x8xf32>) {
  %w = arith.constant dense<1.5> : tensor<128x512xf32>
  %f = arith.constant dense<0.5> : tensor<3x3x8xf32>
  %a = qnn.observe %x {name = "linear/lhs", axis = 1 : i64, statistics = #stats} : tensor<64x128xf32>
  %0 = linalg.matmul {qnn.site = "linear"} ins(%a, %w : tensor<64x128xf32>, tensor<128x512xf32>) outs(%i : tensor<64x512xf32>) -> tensor<64x512xf32>
  %1 = linalg.matmul {qnn.site = "scores"} ins(%q, %k : tensor<64x32xf32>, tensor<32x64xf32>) outs(%j : tensor<64x64xf32>) -> tensor<64x64xf32>
  %b = qnn.observe %im {name = "depthwise/lhs", axis = 3 : i64, statistics = #stats} : tensor<1x16x16x8xf32>
  %2 = linalg.depthwise_conv_2d_nhwc_hwc {qnn.site = "depthwise", dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>}
    ins(%b, %f : tensor<1x16x16x8xf32>, tensor<3x3x8xf32>) outs(%o : tensor<1x14x14x8xf32>) -> tensor<1x14x14x8xf32>
  return %0, %1, %2 : tensor<64x512xf32>, tensor<64x64xf32>, tensor<1x14x14x8xf32>
}
