// Exported and imported again, a program is the same.
// RUN: quant-opt %s --canonicalize --cse -o %t.before
// RUN: quant-opt %s --qnn-to-quant-types --quant-types-to-qnn --canonicalize --cse -o %t.after
// RUN: diff %t.before %t.after
// RUN: quant-opt %s --qnn-to-quant-types | FileCheck %s
// CHECK-NOT: qnn.

func.func @main(%x: tensor<4x8xf32>) -> tensor<4x2xi8> {
  %w = arith.constant dense<3> : tensor<8x2xi8>
  %zero = arith.constant 0.0 : f32
  %sx = arith.constant dense<0.3> : tensor<f32>
  %zx = arith.constant dense<-7> : tensor<i8>
  %sw = arith.constant dense<[0.1, 0.7]> : tensor<2xf32>
  %q = qnn.quantize %x, scale %sx zero_point %zx : tensor<4x8xf32>, tensor<f32>, tensor<i8> -> tensor<4x8xi8>
  %xd = qnn.dequantize %q, scale %sx zero_point %zx : tensor<4x8xi8>, tensor<f32>, tensor<i8> -> tensor<4x8xf32>
  %wd = qnn.dequantize %w, scale %sw {axes = array<i64: 1>} : tensor<8x2xi8>, tensor<2xf32> -> tensor<8x2xf32>
  %e = tensor.empty() : tensor<4x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %y = linalg.matmul ins(%xd, %wd : tensor<4x8xf32>, tensor<8x2xf32>) outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  %r = qnn.quantize %y, scale %sx {narrow_range} : tensor<4x2xf32>, tensor<f32> -> tensor<4x2xi8>
  return %r : tensor<4x2xi8>
}
