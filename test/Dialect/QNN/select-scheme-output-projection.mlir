// RUN: quant-opt %s -qnn-select-scheme=recipe=%S/Inputs/output-projection.yaml -verify-selected -mlir-print-local-scope | FileCheck %s

// The last layer is known by where its result goes: through elementwise
// operations and reshapes to the function's result, and nowhere else.

#id = affine_map<(d0, d1) -> (d0, d1)>

// CHECK-LABEL: func @projections
func.func @projections(%x: tensor<4x8xf32>, %i: tensor<4x8xf32>, %r: tensor<4xf32>) -> (tensor<2x2x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4xf32>) {
  %w = arith.constant dense<1.0> : tensor<8x8xf32>
  // Another site reads it.
  // CHECK: qnn.scheme = {{.*}} qnn.site = "hidden"
  %0 = linalg.matmul {qnn.site = "hidden"} ins(%x, %w : tensor<4x8xf32>, tensor<8x8xf32>) outs(%i : tensor<4x8xf32>) -> tensor<4x8xf32>
  // CHECK: qnn.float_reason = "its result is the function's (output projection)", qnn.site = "logits"
  %1 = linalg.matmul {qnn.site = "logits"} ins(%0, %w : tensor<4x8xf32>, tensor<8x8xf32>) outs(%i : tensor<4x8xf32>) -> tensor<4x8xf32>
  %2 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%1 : tensor<4x8xf32>) outs(%i : tensor<4x8xf32>) {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %a : f32
    linalg.yield %s : f32
  } -> tensor<4x8xf32>
  %3 = tensor.expand_shape %2 [[0, 1], [2]] output_shape [2, 2, 8] : tensor<4x8xf32> into tensor<2x2x8xf32>
  // CHECK: qnn.float_reason = "its result is the function's (output projection)", qnn.site = "direct"
  %4 = linalg.matmul {qnn.site = "direct"} ins(%x, %w : tensor<4x8xf32>, tensor<8x8xf32>) outs(%i : tensor<4x8xf32>) -> tensor<4x8xf32>
  // A reduction (of a norm) reads it as well.
  // CHECK: qnn.scheme = {{.*}} qnn.site = "normalized"
  %5 = linalg.matmul {qnn.site = "normalized"} ins(%x, %w : tensor<4x8xf32>, tensor<8x8xf32>) outs(%i : tensor<4x8xf32>) -> tensor<4x8xf32>
  %6 = linalg.reduce ins(%5 : tensor<4x8xf32>) outs(%r : tensor<4xf32>) dimensions = [1]
    (%a: f32, %b: f32) {
      %s = arith.addf %a, %b : f32
      linalg.yield %s : f32
    }
  return %3, %4, %5, %6 : tensor<2x2x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4xf32>
}
