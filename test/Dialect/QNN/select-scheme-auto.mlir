// RUN: quant-opt %s -qnn-select-scheme=recipe=%S/Inputs/auto.yaml -verify-selected -mlir-print-local-scope | FileCheck %s
// RUN: quant-opt %s -qnn-select-scheme="recipe=%S/Inputs/auto.yaml max-error=1e-9 pareto=%t.json" -mlir-print-local-scope | FileCheck %s --check-prefix=EXACT
// RUN: FileCheck %s --check-prefix=FRONT < %t.json
// RUN: not quant-opt %s -qnn-select-scheme=recipe=%S/Inputs/auto-max-cost.yaml 2>&1 | FileCheck %s --check-prefix=COST
// RUN: not quant-opt %s -qnn-select-scheme="recipe=%S/Inputs/recipe.yaml max-error=1" 2>&1 | FileCheck %s --check-prefix=FIXED

// COST: error: expected a cost of at most 1.000e-12 s, but the cheapest choice takes {{.*}} s on h100
// FIXED: error: expected a recipe with 'auto' for a limit, a front, a candidate or a sensitivity

#stats = #qnn.statistics<count = 4, nanCount = 0, infCount = 0, min = 0.0 : f32, max = 4.0 : f32,
  channelMin = [], channelMax = [], binExponent = -8, firstBin = 0, histogram = [3, 0, 1]>

// The static candidate is cheaper than float and than the dynamic one, which has
// to write the float values after all. A product of two activations has no
// candidate.

// CHECK-LABEL: func @sites
// CHECK: linalg.matmul {qnn.scheme = #qnn.scheme<lhs = #qnn.quantization<i8 asymmetric tensor minmax>,
// CHECK-SAME: qnn.site = "a", qnn.sqnr =
// CHECK: linalg.matmul {qnn.float_reason = "both operands are activations", qnn.site = "b"}

// Nothing but float is exact enough.

// EXACT: linalg.matmul {qnn.float_reason = "its error is better spent elsewhere: 'static' takes {{.*}} us, float {{.*}} us, at {{.*}} dB", qnn.site = "a"}

// FRONT: "cost_seconds":
// FRONT: "error":
// FRONT: "a": "static",
// FRONT: "cost_seconds":
// FRONT: "error": 0,
// FRONT: "a": "float",
// FRONT: "target": "h100"

func.func @sites(%x: tensor<64x256xf32>, %i: tensor<64x512xf32>, %y: tensor<512x64xf32>, %j: tensor<64x64xf32>) -> tensor<64x64xf32> {
  %w = arith.constant dense<1.1> : tensor<256x512xf32>
  %o = qnn.observe %x {name = "a/lhs", statistics = #stats} : tensor<64x256xf32>
  %0 = linalg.matmul {qnn.site = "a"} ins(%o, %w : tensor<64x256xf32>, tensor<256x512xf32>) outs(%i : tensor<64x512xf32>) -> tensor<64x512xf32>
  %1 = linalg.matmul {qnn.site = "b"} ins(%0, %y : tensor<64x512xf32>, tensor<512x64xf32>) outs(%j : tensor<64x64xf32>) -> tensor<64x64xf32>
  return %1 : tensor<64x64xf32>
}
