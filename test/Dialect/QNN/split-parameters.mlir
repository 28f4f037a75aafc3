// RUN: quant-opt %s -qnn-split-parameters | FileCheck %s

// A layer of stacked weights is a parameter of its own, named after its index;
// reshapes of the parameter are seen through.

// CHECK-LABEL: func @layers(
// CHECK-DAG: %[[W0:.*]] = arith.constant dense_resource<weights.0> : tensor<1x2xf32>
// CHECK-DAG: %[[W1:.*]] = arith.constant dense_resource<weights.1> : tensor<1x2xf32>
// CHECK-NOT: extract_slice
// CHECK: return %[[W0]], %[[W1]]
func.func @layers() -> (tensor<1x2xf32>, tensor<1x2xf32>) {
  %w = arith.constant dense_resource<weights> : tensor<6xf32>
  %layers = tensor.expand_shape %w [[0, 1]] output_shape [3, 2] : tensor<6xf32> into tensor<3x2xf32>
  %0 = tensor.extract_slice %layers[0, 0] [1, 2] [1, 1] : tensor<3x2xf32> to tensor<1x2xf32>
  // The position may be a constant value as well.
  %c1 = arith.constant 1 : index
  %1 = tensor.extract_slice %layers[%c1, 0] [1, 2] [1, 1] : tensor<3x2xf32> to tensor<1x2xf32>
  return %0, %1 : tensor<1x2xf32>, tensor<1x2xf32>
}

// Columns, with a step, and a slice that drops a dimension.

// CHECK-LABEL: func @parts(
// CHECK-DAG: %[[COLUMN:.*]] = arith.constant dense<[2.{{0*}}e+00, 5.{{0*}}e+00]> : tensor<2xf32>
// CHECK-DAG: %[[STEP:.*]] = arith.constant dense<{{\[}}[1.{{0*}}e+00, 3.{{0*}}e+00], [4.{{0*}}e+00, 6.{{0*}}e+00]]> : tensor<2x2xf32>
// CHECK: return %[[COLUMN]], %[[STEP]]
func.func @parts() -> (tensor<2xf32>, tensor<2x2xf32>) {
  %w = arith.constant dense_resource<weights> : tensor<2x3xf32>
  %0 = tensor.extract_slice %w[0, 1] [2, 1] [1, 1] : tensor<2x3xf32> to tensor<2xf32>
  %1 = tensor.extract_slice %w[0, 0] [2, 2] [1, 2] : tensor<2x3xf32> to tensor<2x2xf32>
  return %0, %1 : tensor<2xf32>, tensor<2x2xf32>
}

// What is not known stays: a position that only comes at run time.

// CHECK-LABEL: func @unknown(
// CHECK: tensor.extract_slice
// CHECK: weights.0: "0x040000000000803F00000040"
// CHECK: weights.1: "0x040000000000404000008040"
func.func @unknown(%i: index) -> tensor<1x3xf32> {
  %w = arith.constant dense_resource<weights> : tensor<2x3xf32>
  %0 = tensor.extract_slice %w[%i, 0] [1, 3] [1, 1] : tensor<2x3xf32> to tensor<1x3xf32>
  return %0 : tensor<1x3xf32>
}

{-#
  dialect_resources: {
    builtin: {
      weights: "0x040000000000803F0000004000004040000080400000A0400000C040"
    }
  }
#-}
