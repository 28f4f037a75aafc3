// RUN: quant-opt %s -split-input-file -qnn-unroll-layers -qnn-split-parameters | FileCheck %s
// RUN: quant-opt %s -split-input-file -qnn-unroll-layers=max-trips=2 | FileCheck %s --check-prefix=LIMIT

// Three layers: each has its own slice, and the loop is gone. With a limit of two
// iterations it stays as it is.

// CHECK-LABEL: func @layers(
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<1x2xf32>
// CHECK-NOT: scf.while
// CHECK: %[[W0:.*]] = arith.constant dense_resource<weights.0> :
// CHECK: %[[L0:.*]] = tensor.collapse_shape %[[W0]]
// CHECK: %[[Y0:.*]] = linalg.matmul ins(%[[X]], %[[L0]] :
// CHECK: %[[W1:.*]] = arith.constant dense_resource<weights.1> :
// CHECK: %[[L1:.*]] = tensor.collapse_shape %[[W1]]
// CHECK: %[[Y1:.*]] = linalg.matmul ins(%[[Y0]], %[[L1]] :
// CHECK: %[[W2:.*]] = arith.constant dense_resource<weights.2> :
// CHECK: %[[L2:.*]] = tensor.collapse_shape %[[W2]]
// CHECK: %[[Y2:.*]] = linalg.matmul ins(%[[Y1]], %[[L2]] :
// CHECK-NOT: scf.while
// CHECK: return %[[Y2]]

// LIMIT-LABEL: func @layers(
// LIMIT: scf.while
// LIMIT: linalg.matmul
// LIMIT-NOT: linalg.matmul
// LIMIT: return
func.func @layers(%x: tensor<1x2xf32>, %init: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %weights = arith.constant dense_resource<weights> : tensor<3x2x2xf32>
  %zero = arith.constant dense<0> : tensor<i32>
  %one = arith.constant 1 : i32
  %three = arith.constant 3 : i32
  %0:3 = scf.while (%i = %zero, %w = %weights, %y = %x)
      : (tensor<i32>, tensor<3x2x2xf32>, tensor<1x2xf32>) -> (tensor<i32>, tensor<3x2x2xf32>, tensor<1x2xf32>) {
    %n = tensor.extract %i[] : tensor<i32>
    %less = arith.cmpi slt, %n, %three : i32
    scf.condition(%less) %i, %w, %y : tensor<i32>, tensor<3x2x2xf32>, tensor<1x2xf32>
  } do {
  ^bb0(%i: tensor<i32>, %w: tensor<3x2x2xf32>, %y: tensor<1x2xf32>):
    %n = tensor.extract %i[] : tensor<i32>
    %index = arith.index_cast %n : i32 to index
    %slice = tensor.extract_slice %w[%index, 0, 0] [1, 2, 2] [1, 1, 1] : tensor<3x2x2xf32> to tensor<1x2x2xf32>
    %layer = tensor.collapse_shape %slice [[0, 1], [2]] : tensor<1x2x2xf32> into tensor<2x2xf32>
    %next = linalg.matmul ins(%y, %layer : tensor<1x2xf32>, tensor<2x2xf32>) outs(%init : tensor<1x2xf32>) -> tensor<1x2xf32>
    %empty = tensor.empty() : tensor<i32>
    %step = linalg.generic {indexing_maps = [affine_map<() -> ()>, affine_map<() -> ()>], iterator_types = []}
        ins(%i : tensor<i32>) outs(%empty : tensor<i32>) {
    ^bb0(%in: i32, %out: i32):
      %sum = arith.addi %in, %one : i32
      linalg.yield %sum : i32
    } -> tensor<i32>
    scf.yield %step, %w, %next : tensor<i32>, tensor<3x2x2xf32>, tensor<1x2xf32>
  }
  return %0#2 : tensor<1x2xf32>
}

{-#
  dialect_resources: {
    builtin: {
      weights: "0x040000000000803F0000004000004040000080400000A0400000C0400000E0400000004100001041000020410000304100004041"
    }
  }
#-}

// -----

// The number of iterations depends on the input: the loop stays. Weights that it
// only passes on are read where they are defined.

// CHECK-LABEL: func @unknown_condition(
// CHECK-SAME: %{{.*}}, %{{.*}}, %[[W:[a-z0-9]+]]: tensor<2x2xf32> {qnn.parameter
// CHECK: scf.while (%{{[^,]*}} = %{{[^,]*}}, %{{[^,]*}} = %{{[^,]*}})
// CHECK: linalg.matmul ins(%{{.*}}, %[[W]] :
func.func @unknown_condition(%x: tensor<1x2xf32>, %n: i32, %weight: tensor<2x2xf32> {qnn.parameter = "w"},
                             %init: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0 : i32
  %one = arith.constant 1 : i32
  %0:3 = scf.while (%i = %zero, %w = %weight, %y = %x)
      : (i32, tensor<2x2xf32>, tensor<1x2xf32>) -> (i32, tensor<2x2xf32>, tensor<1x2xf32>) {
    %less = arith.cmpi slt, %i, %n : i32
    scf.condition(%less) %i, %w, %y : i32, tensor<2x2xf32>, tensor<1x2xf32>
  } do {
  ^bb0(%i: i32, %w: tensor<2x2xf32>, %y: tensor<1x2xf32>):
    %next = linalg.matmul ins(%y, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%init : tensor<1x2xf32>) -> tensor<1x2xf32>
    %step = arith.addi %i, %one : i32
    scf.yield %step, %w, %next : i32, tensor<2x2xf32>, tensor<1x2xf32>
  }
  return %0#2 : tensor<1x2xf32>
}

// -----

// The slice's position does not follow from the counter: unrolling would not tell
// which weights a layer has.

// CHECK-LABEL: func @chosen_at_run_time(
// CHECK: scf.while
func.func @chosen_at_run_time(%x: tensor<1x2xf32>, %expert: index,
                              %weights: tensor<3x2x2xf32> {qnn.parameter = "w"},
                              %init: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0 : i32
  %one = arith.constant 1 : i32
  %three = arith.constant 3 : i32
  %0:2 = scf.while (%i = %zero, %y = %x) : (i32, tensor<1x2xf32>) -> (i32, tensor<1x2xf32>) {
    %less = arith.cmpi slt, %i, %three : i32
    scf.condition(%less) %i, %y : i32, tensor<1x2xf32>
  } do {
  ^bb0(%i: i32, %y: tensor<1x2xf32>):
    %layer = tensor.extract_slice %weights[%expert, 0, 0] [1, 2, 2] [1, 1, 1] : tensor<3x2x2xf32> to tensor<2x2xf32>
    %next = linalg.matmul ins(%y, %layer : tensor<1x2xf32>, tensor<2x2xf32>) outs(%init : tensor<1x2xf32>) -> tensor<1x2xf32>
    %step = arith.addi %i, %one : i32
    scf.yield %step, %next : i32, tensor<1x2xf32>
  }
  return %0#1 : tensor<1x2xf32>
}
