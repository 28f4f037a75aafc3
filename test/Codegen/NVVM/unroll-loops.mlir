// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(codegen-nvvm-unroll-loops{max-trips=4},canonicalize))' | FileCheck %s

// CHECK-LABEL: func @blocks
// CHECK-SAME: (%[[X:.*]]: tensor<4xf32>, %[[B:.*]]: tensor<3x4xf32>)
// CHECK-NOT: scf.for
// CHECK: %[[S1:.*]] = tensor.extract_slice %[[B]][1, 0]
// CHECK: %[[T1:.*]] = linalg.add ins(%[[X]], %[[S1]]
// CHECK: %[[S2:.*]] = tensor.extract_slice %[[B]][2, 0]
// CHECK: %[[T2:.*]] = linalg.add ins(%[[T1]], %[[S2]]
// CHECK: return %[[T2]]
func.func @blocks(%x: tensor<4xf32>, %b: tensor<3x4xf32>) -> tensor<4xf32> {
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %r = scf.for %i = %c1 to %c3 step %c1 iter_args(%t = %x) -> (tensor<4xf32>) {
    %y = tensor.extract_slice %b[%i, 0] [1, 4] [1, 1] : tensor<3x4xf32> to tensor<4xf32>
    %u = linalg.add ins(%t, %y : tensor<4xf32>, tensor<4xf32>) outs(%t : tensor<4xf32>) -> tensor<4xf32>
    scf.yield %u : tensor<4xf32>
  }
  return %r : tensor<4xf32>
}

// What has too many iterations, or as many as nobody knows, stays.

// CHECK-LABEL: func @long
// CHECK-COUNT-2: scf.for
func.func @long(%x: tensor<4xf32>, %n: index) -> (tensor<4xf32>, tensor<4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c5 = arith.constant 5 : index
  %r = scf.for %i = %c0 to %c5 step %c1 iter_args(%t = %x) -> (tensor<4xf32>) {
    %u = linalg.negf ins(%t : tensor<4xf32>) outs(%t : tensor<4xf32>) -> tensor<4xf32>
    scf.yield %u : tensor<4xf32>
  }
  %s = scf.for %i = %c0 to %n step %c1 iter_args(%t = %x) -> (tensor<4xf32>) {
    %u = linalg.negf ins(%t : tensor<4xf32>) outs(%t : tensor<4xf32>) -> tensor<4xf32>
    scf.yield %u : tensor<4xf32>
  }
  return %r, %s : tensor<4xf32>, tensor<4xf32>
}
