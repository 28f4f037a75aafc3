// RUN: quant-opt %s -split-input-file -qnn-lower-observers=mask=mask -verify-diagnostics | FileCheck %s

// The mask is followed through an embedding, an addition, a collapse of batch
// and token, a product, heads and scores.

// CHECK-DAG: #[[ROWS:.*]] = affine_map<(d0, d1) -> (d0 floordiv 3, d0 mod 3)>
// CHECK-DAG: #[[TOKENS:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-DAG: #[[ROW:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d2)>
// CHECK-DAG: #[[COLUMN:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d3)>

// CHECK-LABEL: func.func @encoder
// CHECK-SAME:    %[[MASK:[a-z0-9]+]]: tensor<2x3xi32> {qnn.input = "mask"}
func.func @encoder(%tokens: tensor<2x3xi32> {qnn.input = "tokens"}, %mask: tensor<2x3xi32> {qnn.input = "mask"},
                   %table: tensor<10x8xf32>, %positions: tensor<3x8xf32>, %w: tensor<8x8xf32>) -> tensor<2x2x3x3xf32> {
  %e = tensor.empty() : tensor<2x3x8xf32>
  %zero = arith.constant 0.0 : f32
  %0 = linalg.generic {indexing_maps = [affine_map<(b, t, c) -> (b, t, c)>], iterator_types = ["parallel", "parallel", "parallel"]}
      outs(%e : tensor<2x3x8xf32>) {
  ^bb0(%out: f32):
    %b = linalg.index 0 : index
    %t = linalg.index 1 : index
    %c = linalg.index 2 : index
    %i = tensor.extract %tokens[%b, %t] : tensor<2x3xi32>
    %row = arith.index_cast %i : i32 to index
    %v = tensor.extract %table[%row, %c] : tensor<10x8xf32>
    linalg.yield %v : f32
  } -> tensor<2x3x8xf32>
  %1 = linalg.generic {indexing_maps = [affine_map<(b, t, c) -> (b, t, c)>, affine_map<(b, t, c) -> (t, c)>, affine_map<(b, t, c) -> (b, t, c)>],
                       iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%0, %positions : tensor<2x3x8xf32>, tensor<3x8xf32>) outs(%e : tensor<2x3x8xf32>) {
  ^bb0(%x: f32, %p: f32, %out: f32):
    %s = arith.addf %x, %p : f32
    linalg.yield %s : f32
  } -> tensor<2x3x8xf32>
  // CHECK: %[[KEPT:.*]] = linalg.generic {indexing_maps = [#[[TOKENS]], #{{.*}}], {{.*}}} ins(%[[MASK]] : tensor<2x3xi32>)
  // CHECK:   arith.cmpi ne
  // CHECK:   arith.extui %{{.*}} : i1 to i8
  // CHECK: call @quantc_observe_masked$2x3x8xf32(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %[[KEPT]])
  %2 = qnn.observe %1 {name = "tokens", axis = 2 : i64} : tensor<2x3x8xf32>
  %3 = tensor.collapse_shape %2 [[0, 1], [2]] : tensor<2x3x8xf32> into tensor<6x8xf32>
  %e1 = tensor.empty() : tensor<6x8xf32>
  %f1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<6x8xf32>) -> tensor<6x8xf32>
  %4 = linalg.matmul ins(%3, %w : tensor<6x8xf32>, tensor<8x8xf32>) outs(%f1 : tensor<6x8xf32>) -> tensor<6x8xf32>
  // CHECK: linalg.generic {indexing_maps = [#[[ROWS]], #{{.*}}], {{.*}}} ins(%[[MASK]] : tensor<2x3xi32>)
  // CHECK: call @quantc_observe_masked$6x8xf32
  %5 = qnn.observe %4 {name = "rows"} : tensor<6x8xf32>
  %heads = tensor.expand_shape %5 [[0, 1], [2, 3]] output_shape [2, 3, 2, 4] : tensor<6x8xf32> into tensor<2x3x2x4xf32>
  %e2 = tensor.empty() : tensor<2x2x3x3xf32>
  %f2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<2x2x3x3xf32>) -> tensor<2x2x3x3xf32>
  %scores = linalg.generic {indexing_maps = [affine_map<(b, h, q, k, d) -> (b, q, h, d)>, affine_map<(b, h, q, k, d) -> (b, k, h, d)>,
                                             affine_map<(b, h, q, k, d) -> (b, h, q, k)>],
                            iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%heads, %heads : tensor<2x3x2x4xf32>, tensor<2x3x2x4xf32>) outs(%f2 : tensor<2x2x3x3xf32>) {
  ^bb0(%q: f32, %k: f32, %out: f32):
    %m = arith.mulf %q, %k : f32
    %a = arith.addf %out, %m : f32
    linalg.yield %a : f32
  } -> tensor<2x2x3x3xf32>
  // CHECK: linalg.generic {indexing_maps = [#[[ROW]], #[[COLUMN]], #{{.*}}], {{.*}}} ins(%[[MASK]], %[[MASK]] :
  // CHECK:   arith.andi
  // CHECK: call @quantc_observe_masked$2x2x3x3xf32
  %6 = qnn.observe %scores {name = "scores"} : tensor<2x2x3x3xf32>
  return %6 : tensor<2x2x3x3xf32>
}

// -----

// What the mask does not reach is observed whole: pooling mixes the tokens.

// CHECK-LABEL: func.func @pooled
// CHECK: call @quantc_observe$2x8xf32
func.func @pooled(%x: tensor<2x3x8xf32> {qnn.input = "x"}, %mask: tensor<2x3xf32> {qnn.input = "mask"}) -> tensor<2x8xf32> {
  %zero = arith.constant dense<0.0> : tensor<2x8xf32>
  %0 = linalg.reduce { arith.addf } ins(%x : tensor<2x3x8xf32>) outs(%zero : tensor<2x8xf32>) dimensions = [1]
  %1 = qnn.observe %0 {name = "pooled"} : tensor<2x8xf32>
  return %1 : tensor<2x8xf32>
}

// -----

// A mask may be of any type.

// CHECK-LABEL: func.func @float_mask
// CHECK: arith.cmpf une
// CHECK: call @quantc_observe_masked$2x3xf32
func.func @float_mask(%x: tensor<2x3xf32> {qnn.input = "x"}, %mask: tensor<2x3xf32> {qnn.input = "mask"}) -> tensor<2x3xf32> {
  %0 = qnn.observe %x {name = "x"} : tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

// expected-error @below {{expected an input 'mask' to take as mask}}
func.func @no_mask(%x: tensor<2x3xf32> {qnn.input = "x"}) -> tensor<2x3xf32> {
  %0 = qnn.observe %x {name = "x"} : tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

// expected-error @below {{expected the mask 'mask' to be a tensor with dimensions, but got 'tensor<i32>'}}
func.func @scalar(%x: tensor<2x3xf32> {qnn.input = "x"}, %mask: tensor<i32> {qnn.input = "mask"}) -> tensor<2x3xf32> {
  %0 = qnn.observe %x {name = "x"} : tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}
