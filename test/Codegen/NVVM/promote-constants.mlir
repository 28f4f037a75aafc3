// RUN: quant-opt %s --codegen-nvvm-promote-constants | FileCheck %s

// CHECK-LABEL: func @constants
// CHECK: arith.constant dense_resource<constant> : tensor<3xi32>
// CHECK: arith.constant dense_resource<constant> : tensor<3xi32>
// CHECK: arith.constant dense_resource<constant_1> : tensor<2xi1>
// CHECK: arith.constant dense_resource<w> : tensor<1xf32>
// CHECK: arith.constant 1.0{{.*}} : f32
// CHECK: constant: "0x40000000010000000200000003000000"
// CHECK: constant_1: "0x400000000100"
func.func @constants() -> (tensor<3xi32>, tensor<3xi32>, tensor<2xi1>, tensor<1xf32>, f32) {
  %0 = arith.constant dense<[1, 2, 3]> : tensor<3xi32>
  %1 = arith.constant dense<[1, 2, 3]> : tensor<3xi32>
  %2 = arith.constant dense<[true, false]> : tensor<2xi1>
  %3 = arith.constant dense_resource<w> : tensor<1xf32>
  %4 = arith.constant 1.0 : f32
  return %0, %1, %2, %3, %4 : tensor<3xi32>, tensor<3xi32>, tensor<2xi1>, tensor<1xf32>, f32
}
{-# dialect_resources: { builtin: { w: "0x040000000000803F" } } #-}
