// RUN: quant-opt %s --codegen-cpu-drop-empty-tensors | FileCheck %s

// CHECK-LABEL: func @pad
func.func @pad(%x: tensor<0x4xf32>) -> tensor<0x7xf32> {
  // CHECK-NEXT: %[[E:.*]] = arith.constant
  // CHECK-NEXT: %[[R:.*]] = tensor.empty() : tensor<0x7xf32>
  // CHECK-NEXT: return %[[R]]
  %zero = arith.constant 0.0 : f32
  %y = tensor.pad %x low[0, 2] high[0, 1] {
  ^bb0(%i: index, %j: index):
    tensor.yield %zero : f32
  } : tensor<0x4xf32> to tensor<0x7xf32>
  return %y : tensor<0x7xf32>
}

// A sum of nothing has elements.
// CHECK-LABEL: func @sum
func.func @sum(%x: tensor<4x0xf32>, %init: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: linalg.reduce
  %y = linalg.reduce { arith.addf } ins(%x : tensor<4x0xf32>) outs(%init : tensor<4xf32>) dimensions = [1]
  return %y : tensor<4xf32>
}
