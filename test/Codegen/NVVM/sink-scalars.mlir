// RUN: quant-opt %s --codegen-nvvm-sink-scalars --canonicalize | FileCheck %s

// CHECK-LABEL: func @fill
// CHECK-SAME: (%[[T:.*]]: tensor<i8>)
// CHECK-NOT: tensor.extract
// CHECK: linalg.generic {{.*}} ins(%[[T]] : tensor<i8>)
// CHECK-NEXT: ^bb0(%[[Z:.*]]: i8,
// CHECK-NEXT: linalg.yield %[[Z]]
func.func @fill(%t: tensor<i8>) -> tensor<4xi8> {
  %e = tensor.empty() : tensor<4xi8>
  %z = tensor.extract %t[] : tensor<i8>
  %r = linalg.fill ins(%z : i8) outs(%e : tensor<4xi8>) -> tensor<4xi8>
  return %r : tensor<4xi8>
}

// A computation of two elements, used beside an operand.

// CHECK-LABEL: func @generic
// CHECK-SAME: (%[[X:.*]]: tensor<4xi32>, %[[T:.*]]: tensor<i32>, %[[V:.*]]: tensor<3xi32>)
// CHECK: %[[SECOND:.*]] = tensor.extract_slice %[[V]][2] [1] [1] : tensor<3xi32> to tensor<i32>
// CHECK: linalg.generic {{.*}} ins(%[[X]], %[[T]], %[[SECOND]] : tensor<4xi32>, tensor<i32>, tensor<i32>)
// CHECK-NEXT: ^bb0(%[[A:.*]]: i32, %[[B:.*]]: i32, %[[C:.*]]: i32, %{{.*}}: i32):
// CHECK-NEXT: %[[P:.*]] = arith.muli %[[B]], %[[C]]
// CHECK-NEXT: %[[Q:.*]] = arith.addi %[[A]], %[[P]]
// CHECK-NEXT: linalg.yield %[[Q]]
func.func @generic(%x: tensor<4xi32>, %t: tensor<i32>, %v: tensor<3xi32>) -> tensor<4xi32> {
  %c2 = arith.constant 2 : index
  %e = tensor.empty() : tensor<4xi32>
  %a = tensor.extract %t[] : tensor<i32>
  %b = tensor.extract %v[%c2] : tensor<3xi32>
  %p = arith.muli %a, %b : i32
  %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : tensor<4xi32>) outs(%e : tensor<4xi32>) {
  ^bb0(%in: i32, %out: i32):
    %q = arith.addi %in, %p : i32
    linalg.yield %q : i32
  } -> tensor<4xi32>
  return %r : tensor<4xi32>
}

// CHECK-LABEL: func @pad
// CHECK-SAME: (%[[X:.*]]: tensor<4xi8>, %[[T:.*]]: tensor<i8>)
// CHECK: tensor.pad %[[X]] low[1] high[1]
// CHECK: %[[Z:.*]] = tensor.extract %[[T]][]
// CHECK: tensor.yield %[[Z]]
func.func @pad(%x: tensor<4xi8>, %t: tensor<i8>) -> tensor<6xi8> {
  %z = tensor.extract %t[] : tensor<i8>
  %r = tensor.pad %x low[1] high[1] {
  ^bb0(%i: index):
    tensor.yield %z : i8
  } : tensor<4xi8> to tensor<6xi8>
  return %r : tensor<6xi8>
}

// Arithmetic on tensors of rank 0.

// CHECK-LABEL: func @rank_0
// CHECK-SAME: (%[[T:.*]]: tensor<f32>)
// CHECK-NOT: tensor.extract
// CHECK: linalg.generic {indexing_maps = [{{.*}}], iterator_types = []} ins(%[[T]] : tensor<f32>)
// CHECK-NEXT: ^bb0(%[[X:.*]]: f32,
// CHECK-NEXT: %[[P:.*]] = arith.mulf %[[X]], %{{.*}}
// CHECK-NEXT: linalg.yield %[[P]]
func.func @rank_0(%t: tensor<f32>) -> tensor<f32> {
  %two = arith.constant 2.0 : f32
  %x = tensor.extract %t[] : tensor<f32>
  %p = arith.mulf %x, %two : f32
  %r = tensor.from_elements %p : tensor<f32>
  return %r : tensor<f32>
}

// CHECK-LABEL: func @elements
// CHECK-SAME: (%[[T:.*]]: tensor<f32>, %[[V:.*]]: tensor<3xf32>)
// CHECK: %[[R:.*]] = tensor.insert_slice %[[T]] into %{{.*}}[0, 0] [1, 1] [1, 1]
// CHECK: %[[S:.*]] = tensor.extract_slice %[[V]][2] [1] [1]
// CHECK: %[[B:.*]] = linalg.generic {{.*}} ins(%[[S]] : tensor<f32>)
// CHECK: arith.negf
// CHECK: tensor.insert_slice %[[B]] into %[[R]][1, 0] [1, 1] [1, 1]
func.func @elements(%t: tensor<f32>, %v: tensor<3xf32>) -> tensor<2x1xf32> {
  %c2 = arith.constant 2 : index
  %x = tensor.extract %t[] : tensor<f32>
  %y = tensor.extract %v[%c2] : tensor<3xf32>
  %n = arith.negf %y : f32
  %r = tensor.from_elements %x, %n : tensor<2x1xf32>
  return %r : tensor<2x1xf32>
}

// What no element is read for is the host's.

// CHECK-LABEL: func @constant
// CHECK: linalg.fill
func.func @constant() -> tensor<4xi8> {
  %z = arith.constant 3 : i8
  %e = tensor.empty() : tensor<4xi8>
  %r = linalg.fill ins(%z : i8) outs(%e : tensor<4xi8>) -> tensor<4xi8>
  return %r : tensor<4xi8>
}
