// RUN: quant-opt %s -split-input-file -qnn-lower-observers -verify-diagnostics | FileCheck %s

// Each type has a declaration, each observer a number; the shape around the
// axis is passed on.

// CHECK-DAG: func.func private @quantc_observe$f32(i64, tensor<f32> {bufferization.access = "read"}, i64, i64)
// CHECK-DAG: func.func private @quantc_observe$2x3x4xf32(i64, tensor<2x3x4xf32> {bufferization.access = "read"}, i64, i64)
// CHECK-LABEL: func.func @observers
// CHECK-SAME:    %[[X:.*]]: tensor<2x3x4xf32>, %[[Y:.*]]: tensor<f32>
func.func @observers(%x: tensor<2x3x4xf32>, %y: tensor<f32>) -> (tensor<2x3x4xf32>, tensor<f32>) {
  // CHECK-DAG: %[[N0:.*]] = arith.constant 0 : i64
  // CHECK-DAG: %[[OUTER:.*]] = arith.constant 2 : i64
  // CHECK-DAG: %[[INNER:.*]] = arith.constant 4 : i64
  // CHECK: call @quantc_observe$2x3x4xf32(%[[N0]], %[[X]], %[[OUTER]], %[[INNER]])
  %0 = qnn.observe %x {name = "a", axis = 1 : i64} : tensor<2x3x4xf32>
  // CHECK-DAG: %[[N1:.*]] = arith.constant 1 : i64
  // CHECK-DAG: %[[ALL:.*]] = arith.constant 24 : i64
  // CHECK: call @quantc_observe$2x3x4xf32(%[[N1]], %[[X]], %[[ALL]], %{{.*}})
  %1 = qnn.observe %0 {name = "b"} : tensor<2x3x4xf32>
  // CHECK: call @quantc_observe$f32(%{{.*}}, %[[Y]], %{{.*}}, %{{.*}})
  %2 = qnn.observe %y {name = "c"} : tensor<f32>
  // CHECK: return %[[X]], %[[Y]]
  return %1, %2 : tensor<2x3x4xf32>, tensor<f32>
}

// -----

// Half precision is observed in f32.

// CHECK-LABEL: func.func @half
// CHECK:         %[[WIDE:.*]] = linalg.generic
// CHECK:           arith.extf %{{.*}} : bf16 to f32
// CHECK:         call @quantc_observe$8xf32(%{{.*}}, %[[WIDE]],
func.func @half(%x: tensor<8xbf16>) -> tensor<8xbf16> {
  %0 = qnn.observe %x {name = "a"} : tensor<8xbf16>
  return %0 : tensor<8xbf16>
}

// -----

func.func @dynamic(%x: tensor<?xf32>) -> tensor<?xf32> {
  // expected-error @below {{expected a static shape, but got 'tensor<?xf32>'}}
  %0 = qnn.observe %x {name = "a"} : tensor<?xf32>
  return %0 : tensor<?xf32>
}
