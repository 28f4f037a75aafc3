// What recipes do before and beside the schemes of sites: what they smooth, how and
// whether their attention weights share a scale. (The passes' own tests say what that
// makes of a program.)

// RUN: echo 'module attributes {qnn.fingerprint = "0"} {}' | quant-opt -qnn-quantize=recipe=%source_dir/recipes/furiosa-gptj.yaml -dump-pass-pipeline -o /dev/null 2>&1 | FileCheck %s --check-prefixes=HALF,APART
// RUN: echo 'module attributes {qnn.fingerprint = "0"} {}' | quant-opt -qnn-quantize=recipe=%source_dir/recipes/w8a8-symmetric-smooth.yaml -dump-pass-pipeline -o /dev/null 2>&1 | FileCheck %s --check-prefixes=HALF,APART
// RUN: echo 'module attributes {qnn.fingerprint = "0"} {}' | quant-opt -qnn-quantize=recipe=%source_dir/recipes/w8a8-asymmetric-smooth.yaml -dump-pass-pipeline -o /dev/null 2>&1 | FileCheck %s --check-prefixes=HALF,APART
// RUN: echo 'module attributes {qnn.fingerprint = "0"} {}' | quant-opt -qnn-quantize=recipe=%source_dir/recipes/modelopt-int8-sq.yaml -dump-pass-pipeline -o /dev/null 2>&1 | FileCheck %s --check-prefixes=WHOLE,APART
// RUN: echo 'module attributes {qnn.fingerprint = "0"} {}' | quant-opt -qnn-quantize=recipe=%source_dir/recipes/w8a8-symmetric-autosmooth.yaml -dump-pass-pipeline -o /dev/null 2>&1 | FileCheck %s --check-prefixes=SEARCHED,APART -DRECIPE=w8a8-symmetric-autosmooth
// RUN: echo 'module attributes {qnn.fingerprint = "0"} {}' | quant-opt -qnn-quantize=recipe=%source_dir/recipes/w8a8-asymmetric-autosmooth.yaml -dump-pass-pipeline -o /dev/null 2>&1 | FileCheck %s --check-prefixes=SEARCHED,APART -DRECIPE=w8a8-asymmetric-autosmooth
// RUN: echo 'module attributes {qnn.fingerprint = "0"} {}' | quant-opt -qnn-quantize=recipe=%source_dir/recipes/amd-fp8.yaml -dump-pass-pipeline -o /dev/null 2>&1 | FileCheck %s --check-prefixes=ATTENTION,TOGETHER -DRECIPE=amd-fp8

// HALF: qnn-smooth{alpha=5.000000e-01 {{.*}}recipe=}
// WHOLE: qnn-smooth{alpha=1.000000e+00 {{.*}}recipe=}
// SEARCHED: qnn-smooth{alpha={{[^ ]+}} keep-statistics={{[a-z]+}} recipe={{.*}}/recipes/[[RECIPE]].yaml}
// ATTENTION: qnn-smooth{alpha={{[^ ]+}} groups={qkv} keep-statistics={{[a-z]+}} recipe={{.*}}/recipes/[[RECIPE]].yaml}
// TOGETHER: qnn-share-scales
// APART-NOT: qnn-share-scales

// RUN: echo 'module attributes {qnn.fingerprint = "0"} {}' | quant-opt -qnn-quantize=recipe=%source_dir/recipes/lecture-static.yaml -dump-pass-pipeline -o /dev/null 2>&1 | FileCheck %s --check-prefix=PLAIN
// RUN: echo 'module attributes {qnn.fingerprint = "0"} {}' | quant-opt -qnn-quantize=recipe=%source_dir/recipes/lecture-dynamic.yaml -dump-pass-pipeline -o /dev/null 2>&1 | FileCheck %s --check-prefix=PLAIN
// RUN: echo 'module attributes {qnn.fingerprint = "0"} {}' | quant-opt -qnn-quantize=recipe=%source_dir/recipes/llm-int8.yaml -dump-pass-pipeline -o /dev/null 2>&1 | FileCheck %s --check-prefix=PLAIN
// RUN: echo 'module attributes {qnn.fingerprint = "0"} {}' | quant-opt -qnn-quantize=recipe=%source_dir/recipes/speechmatics-int8.yaml -dump-pass-pipeline -o /dev/null 2>&1 | FileCheck %s --check-prefix=PLAIN
// RUN: echo 'module attributes {qnn.fingerprint = "0"} {}' | quant-opt -qnn-quantize=recipe=%source_dir/recipes/modelopt-fp8.yaml -dump-pass-pipeline -o /dev/null 2>&1 | FileCheck %s --check-prefix=PLAIN
// RUN: echo 'module attributes {qnn.fingerprint = "0"} {}' | quant-opt -qnn-quantize=recipe=%source_dir/recipes/furiosa-bert.yaml -dump-pass-pipeline -o /dev/null 2>&1 | FileCheck %s --check-prefix=PLAIN
// RUN: echo 'module attributes {qnn.fingerprint = "0"} {}' | quant-opt -qnn-quantize=recipe=%source_dir/recipes/kv8.yaml -dump-pass-pipeline -o /dev/null 2>&1 | FileCheck %s --check-prefix=PLAIN
// RUN: echo 'module attributes {qnn.fingerprint = "0"} {}' | quant-opt -qnn-quantize=recipe=%source_dir/recipes/auto.yaml -dump-pass-pipeline -o /dev/null 2>&1 | FileCheck %s --check-prefix=PLAIN
// PLAIN-NOT: qnn-smooth
// PLAIN: qnn-select-scheme
// PLAIN-NOT: qnn-share-scales

// Channels that reach 6 stay in float with llm-int8.

// RUN: quant-opt %s -qnn-split-outliers=recipe=%source_dir/recipes/llm-int8.yaml -qnn-select-scheme=recipe=%source_dir/recipes/llm-int8.yaml -mlir-print-local-scope | FileCheck %s --check-prefix=OUTLIERS
// OUTLIERS: linalg.matmul {qnn.float_reason = "1 of 4 channels reach the outlier threshold 6", {{.*}}qnn.site = "linear.outliers"}
// OUTLIERS: linalg.matmul {{.*}}qnn.scheme = #qnn.scheme<lhs = #qnn.quantization<i8 symmetric narrow_range dynamic token axes = [0] minmax>, {{.*}}qnn.site = "linear"

#stats = #qnn.statistics<count = 16, nanCount = 0, infCount = 0, min = -7.0 : f32, max = 5.5 : f32,
  channelMin = [-1.0, -7.0, -2.0, 0.5], channelMax = [1.0, 1.0, 5.5, 5.5], binExponent = -8, firstBin = -256, histogram = [16]>

func.func @main(%x: tensor<4x4xf32>, %i: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]]> : tensor<4x2xf32>
  %o = qnn.observe %x {name = "linear/lhs", axis = 1 : i64, statistics = #stats} : tensor<4x4xf32>
  %0 = linalg.matmul {qnn.site = "linear"} ins(%o, %w : tensor<4x4xf32>, tensor<4x2xf32>) outs(%i : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}
