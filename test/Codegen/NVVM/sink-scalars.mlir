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

// What no element is read for is the host's.

// CHECK-LABEL: func @constant
// CHECK: linalg.fill
func.func @constant() -> tensor<4xi8> {
  %z = arith.constant 3 : i8
  %e = tensor.empty() : tensor<4xi8>
  %r = linalg.fill ins(%z : i8) outs(%e : tensor<4xi8>) -> tensor<4xi8>
  return %r : tensor<4xi8>
}
