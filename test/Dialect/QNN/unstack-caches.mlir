// RUN: quant-opt %s -qnn-unstack-caches -split-input-file | FileCheck %s

// What lax.scan over layers does to a cache: each layer is taken out, updated, read and
// stacked onto nothing. Each update goes into the argument itself.

// CHECK-LABEL: func @scan(
// CHECK-SAME:    %[[CACHE:.*]]: tensor<2x8x4xf32>, %[[K0:.*]]: tensor<1x4xf32>, %[[K1:.*]]: tensor<1x4xf32>, %[[P:.*]]: index
// CHECK:         %[[E0:.*]] = tensor.expand_shape %[[K0]] {{\[}}[0], [1, 2]] output_shape [1, 1, 4]
// CHECK:         %[[S0:.*]] = tensor.insert_slice %[[E0]] into %[[CACHE]][0, %[[P]], 0] [1, 1, 4] [1, 1, 1]
// CHECK:         %[[L0:.*]] = tensor.extract_slice %[[S0]][0, 0, 0] [1, 8, 4] [1, 1, 1] : tensor<2x8x4xf32> to tensor<8x4xf32>
// CHECK:         linalg.exp ins(%[[L0]] :
// CHECK:         %[[E1:.*]] = tensor.expand_shape %[[K1]]
// CHECK:         %[[S1:.*]] = tensor.insert_slice %[[E1]] into %[[S0]][1, %[[P]], 0] [1, 1, 4] [1, 1, 1]
// CHECK:         %[[L1:.*]] = tensor.extract_slice %[[S1]][1, 0, 0] [1, 8, 4] [1, 1, 1]
// CHECK:         linalg.exp ins(%[[L1]] :
// CHECK-NOT:     tensor.insert_slice
// CHECK:         return %[[S1]]
func.func @scan(%cache: tensor<2x8x4xf32>, %k0: tensor<1x4xf32>, %k1: tensor<1x4xf32>, %p: index, %e: tensor<8x4xf32>)
    -> (tensor<2x8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) {
  %nothing = tensor.empty() : tensor<2x8x4xf32>
  %s0 = tensor.extract_slice %cache[0, 0, 0] [1, 8, 4] [1, 1, 1] : tensor<2x8x4xf32> to tensor<1x8x4xf32>
  %c0 = tensor.collapse_shape %s0 [[0, 1], [2]] : tensor<1x8x4xf32> into tensor<8x4xf32>
  %u0 = tensor.insert_slice %k0 into %c0[%p, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<8x4xf32>
  %r0 = linalg.exp ins(%u0 : tensor<8x4xf32>) outs(%e : tensor<8x4xf32>) -> tensor<8x4xf32>
  %x0 = tensor.expand_shape %u0 [[0, 1], [2]] output_shape [1, 8, 4] : tensor<8x4xf32> into tensor<1x8x4xf32>
  %t0 = tensor.insert_slice %x0 into %nothing[0, 0, 0] [1, 8, 4] [1, 1, 1] : tensor<1x8x4xf32> into tensor<2x8x4xf32>
  %s1 = tensor.extract_slice %cache[1, 0, 0] [1, 8, 4] [1, 1, 1] : tensor<2x8x4xf32> to tensor<8x4xf32>
  %u1 = tensor.insert_slice %k1 into %s1[%p, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<8x4xf32>
  %r1 = linalg.exp ins(%u1 : tensor<8x4xf32>) outs(%e : tensor<8x4xf32>) -> tensor<8x4xf32>
  %t1 = tensor.insert_slice %u1 into %t0[1, 0, 0] [1, 8, 4] [1, 1, 1] : tensor<8x4xf32> into tensor<2x8x4xf32>
  return %t1, %r0, %r1 : tensor<2x8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>
}

// -----

// A layer that was in another place.

// CHECK-LABEL: func @swapped
// CHECK:         tensor.extract_slice %{{.*}}[1, 0, 0]
// CHECK:         tensor.insert_slice {{.*}} [1, 4] [1, 1]
func.func @swapped(%cache: tensor<2x8x4xf32>, %k: tensor<1x4xf32>, %p: index) -> tensor<2x8x4xf32> {
  %s = tensor.extract_slice %cache[1, 0, 0] [1, 8, 4] [1, 1, 1] : tensor<2x8x4xf32> to tensor<8x4xf32>
  %u = tensor.insert_slice %k into %s[%p, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<8x4xf32>
  %t = tensor.insert_slice %u into %cache[0, 0, 0] [1, 8, 4] [1, 1, 1] : tensor<8x4xf32> into tensor<2x8x4xf32>
  return %t : tensor<2x8x4xf32>
}

// -----

// A layer that stays what something else was: the argument would not have it.

// CHECK-LABEL: func @partial
// CHECK:         tensor.insert_slice {{.*}} [1, 4] [1, 1]
func.func @partial(%cache: tensor<2x8x4xf32>, %other: tensor<2x8x4xf32>, %k: tensor<1x4xf32>, %p: index) -> tensor<2x8x4xf32> {
  %s = tensor.extract_slice %cache[0, 0, 0] [1, 8, 4] [1, 1, 1] : tensor<2x8x4xf32> to tensor<8x4xf32>
  %u = tensor.insert_slice %k into %s[%p, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<8x4xf32>
  %t = tensor.insert_slice %u into %other[0, 0, 0] [1, 8, 4] [1, 1, 1] : tensor<8x4xf32> into tensor<2x8x4xf32>
  return %t : tensor<2x8x4xf32>
}

// -----

// Of a cache itself one layer may be updated alone.

// CHECK-LABEL: func @alone(
// CHECK-SAME:    %[[CACHE:.*]]: tensor<2x8x4xf32>
// CHECK:         %[[S:.*]] = tensor.insert_slice %{{.*}} into %[[CACHE]][1, %{{.*}}, 0] [1, 1, 4] [1, 1, 1]
// CHECK-NOT:     tensor.insert_slice
// CHECK:         return %[[S]]
func.func @alone(%cache: tensor<2x8x4xf32>, %k: tensor<1x4xf32>, %p: index) -> tensor<2x8x4xf32> {
  %s = tensor.extract_slice %cache[1, 0, 0] [1, 8, 4] [1, 1, 1] : tensor<2x8x4xf32> to tensor<8x4xf32>
  %u = tensor.insert_slice %k into %s[%p, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<8x4xf32>
  %t = tensor.insert_slice %u into %cache[1, 0, 0] [1, 8, 4] [1, 1, 1] : tensor<8x4xf32> into tensor<2x8x4xf32>
  return %t : tensor<2x8x4xf32>
}
