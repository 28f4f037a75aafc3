// RUN: quant-opt %s --qnn-lower-symmetric --qnn-lower-asymmetric --canonicalize --verify-lowered --split-input-file | FileCheck %s

// Each pair of storage types as the contraction that it becomes. Bytes are
// signless in linalg: the extension says what they stand for.

// CHECK-LABEL: @ui8_i8
//       CHECK: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<2x3xi8>, tensor<3x4xi8>) outs(%{{.*}} : tensor<2x4xi32>)
//       CHECK:   arith.extui %{{.*}} : i8 to i32
//       CHECK:   arith.extsi %{{.*}} : i8 to i32
//       CHECK:   arith.muli
// Zero points and sums extend as their operand does.
//       CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]} ins(%{{.*}} : tensor<3x4xi8>)
//       CHECK:   arith.extsi
//       CHECK: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<i8>, tensor<4xi32>)
//       CHECK:   arith.extui
func.func @ui8_i8(%a: tensor<2x3xui8>, %za: tensor<ui8>, %b: tensor<3x4xi8>, %s: tensor<f32>) -> tensor<2x4xf32> {
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x4xf32>
  %c = linalg.fill ins(%c0 : f32) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  %0 = qnn.dequantize %a, scale %s zero_point %za : tensor<2x3xui8>, tensor<f32>, tensor<ui8> -> tensor<2x3xf32>
  %1 = qnn.dequantize %b, scale %s : tensor<3x4xi8>, tensor<f32> -> tensor<3x4xf32>
  %2 = linalg.matmul ins(%0, %1 : tensor<2x3xf32>, tensor<3x4xf32>) outs(%c : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %2 : tensor<2x4xf32>
}

// -----

// CHECK-LABEL: @i8_ui8
//       CHECK: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<2x3xi8>, tensor<3x4xi8>) outs(%{{.*}} : tensor<2x4xi32>)
//       CHECK:   arith.extsi %{{.*}} : i8 to i32
//       CHECK:   arith.extui %{{.*}} : i8 to i32
//       CHECK:   arith.muli
//       CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]} ins(%{{.*}} : tensor<2x3xi8>)
//       CHECK:   arith.extsi
//       CHECK: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<i8>, tensor<2xi32>)
//       CHECK:   arith.extui
func.func @i8_ui8(%a: tensor<2x3xi8>, %b: tensor<3x4xui8>, %zb: tensor<ui8>, %s: tensor<f32>) -> tensor<2x4xf32> {
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x4xf32>
  %c = linalg.fill ins(%c0 : f32) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  %0 = qnn.dequantize %a, scale %s : tensor<2x3xi8>, tensor<f32> -> tensor<2x3xf32>
  %1 = qnn.dequantize %b, scale %s zero_point %zb : tensor<3x4xui8>, tensor<f32>, tensor<ui8> -> tensor<3x4xf32>
  %2 = linalg.matmul ins(%0, %1 : tensor<2x3xf32>, tensor<3x4xf32>) outs(%c : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %2 : tensor<2x4xf32>
}

// -----

// CHECK-LABEL: @ui8_ui8
//       CHECK: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<2x3xi8>, tensor<3x4xi8>) outs(%{{.*}} : tensor<2x4xi32>)
//       CHECK:   arith.extui %{{.*}} : i8 to i32
//       CHECK:   arith.extui %{{.*}} : i8 to i32
//       CHECK:   arith.muli
func.func @ui8_ui8(%a: tensor<2x3xui8>, %b: tensor<3x4xui8>, %s: tensor<f32>) -> tensor<2x4xf32> {
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x4xf32>
  %c = linalg.fill ins(%c0 : f32) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  %0 = qnn.dequantize %a, scale %s : tensor<2x3xui8>, tensor<f32> -> tensor<2x3xf32>
  %1 = qnn.dequantize %b, scale %s : tensor<3x4xui8>, tensor<f32> -> tensor<3x4xf32>
  %2 = linalg.matmul ins(%0, %1 : tensor<2x3xf32>, tensor<3x4xf32>) outs(%c : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %2 : tensor<2x4xf32>
}

// -----

// The named op extends signed integers of any width.
// CHECK-LABEL: @i8_i4
//       CHECK: linalg.matmul {{.*}} ins(%{{.*}}, %{{.*}} : tensor<2x3xi8>, tensor<3x4xi4>) outs(%{{.*}} : tensor<2x4xi32>)
//       CHECK: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<i4>, tensor<2xi32>)
//       CHECK:   arith.extsi %{{.*}} : i4 to i32
func.func @i8_i4(%a: tensor<2x3xi8>, %b: tensor<3x4xi4>, %zb: tensor<i4>, %s: tensor<f32>) -> tensor<2x4xf32> {
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x4xf32>
  %c = linalg.fill ins(%c0 : f32) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  %0 = qnn.dequantize %a, scale %s : tensor<2x3xi8>, tensor<f32> -> tensor<2x3xf32>
  %1 = qnn.dequantize %b, scale %s zero_point %zb : tensor<3x4xi4>, tensor<f32>, tensor<i4> -> tensor<3x4xf32>
  %2 = linalg.matmul ins(%0, %1 : tensor<2x3xf32>, tensor<3x4xf32>) outs(%c : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %2 : tensor<2x4xf32>
}

// -----

// CHECK-LABEL: @i4_i4
//       CHECK: linalg.matmul {{.*}} ins(%{{.*}}, %{{.*}} : tensor<2x3xi4>, tensor<3x4xi4>) outs(%{{.*}} : tensor<2x4xi32>)
func.func @i4_i4(%a: tensor<2x3xi4>, %b: tensor<3x4xi4>, %s: tensor<f32>) -> tensor<2x4xf32> {
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x4xf32>
  %c = linalg.fill ins(%c0 : f32) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  %0 = qnn.dequantize %a, scale %s : tensor<2x3xi4>, tensor<f32> -> tensor<2x3xf32>
  %1 = qnn.dequantize %b, scale %s : tensor<3x4xi4>, tensor<f32> -> tensor<3x4xf32>
  %2 = linalg.matmul ins(%0, %1 : tensor<2x3xf32>, tensor<3x4xf32>) outs(%c : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %2 : tensor<2x4xf32>
}

// -----

// Three products below 2^22 fit i32.
// CHECK-LABEL: @i16_i8
//       CHECK: linalg.matmul {{.*}} ins(%{{.*}}, %{{.*}} : tensor<2x3xi16>, tensor<3x4xi8>) outs(%{{.*}} : tensor<2x4xi32>)
func.func @i16_i8(%a: tensor<2x3xi16>, %b: tensor<3x4xi8>, %s: tensor<f32>) -> tensor<2x4xf32> {
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x4xf32>
  %c = linalg.fill ins(%c0 : f32) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  %0 = qnn.dequantize %a, scale %s : tensor<2x3xi16>, tensor<f32> -> tensor<2x3xf32>
  %1 = qnn.dequantize %b, scale %s : tensor<3x4xi8>, tensor<f32> -> tensor<3x4xf32>
  %2 = linalg.matmul ins(%0, %1 : tensor<2x3xf32>, tensor<3x4xf32>) outs(%c : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %2 : tensor<2x4xf32>
}

// -----

// Three products of 2^31 do not.
// CHECK-LABEL: @i16_i16
//       CHECK: linalg.matmul {{.*}} ins(%{{.*}}, %{{.*}} : tensor<2x3xi16>, tensor<3x4xi16>) outs(%{{.*}} : tensor<2x4xi64>)
// The sums of the corrections are of 64 bits, too.
//       CHECK: linalg.generic {{.*}} ins(%{{.*}} : tensor<3x4xi16>) outs(%{{.*}} : tensor<4xi64>)
//       CHECK:   arith.extsi %{{.*}} : i16 to i64
//       CHECK: qnn.dequantize %{{.*}} : tensor<2x4xi64>, tensor<f32> -> tensor<2x4xf32>
func.func @i16_i16(%a: tensor<2x3xi16>, %za: tensor<i16>, %b: tensor<3x4xi16>, %s: tensor<f32>) -> tensor<2x4xf32> {
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x4xf32>
  %c = linalg.fill ins(%c0 : f32) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  %0 = qnn.dequantize %a, scale %s zero_point %za : tensor<2x3xi16>, tensor<f32>, tensor<i16> -> tensor<2x3xf32>
  %1 = qnn.dequantize %b, scale %s : tensor<3x4xi16>, tensor<f32> -> tensor<3x4xf32>
  %2 = linalg.matmul ins(%0, %1 : tensor<2x3xf32>, tensor<3x4xf32>) outs(%c : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %2 : tensor<2x4xf32>
}

// -----

// Products of f8 are exact in f32, where they are summed.
// CHECK-LABEL: @f8_f8
//       CHECK: %[[ACC:.+]] = linalg.matmul {{.*}} ins(%{{.*}}, %{{.*}} : tensor<2x3xf8E4M3FN>, tensor<3x4xf8E4M3FN>) outs(%{{.*}} : tensor<2x4xf32>)
//       CHECK: qnn.dequantize %[[ACC]], scale %{{.*}} : tensor<2x4xf32>, tensor<f32> -> tensor<2x4xf32>
func.func @f8_f8(%a: tensor<2x3xf8E4M3FN>, %b: tensor<3x4xf8E4M3FN>, %s: tensor<f32>) -> tensor<2x4xf32> {
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x4xf32>
  %c = linalg.fill ins(%c0 : f32) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  %0 = qnn.dequantize %a, scale %s : tensor<2x3xf8E4M3FN>, tensor<f32> -> tensor<2x3xf32>
  %1 = qnn.dequantize %b, scale %s : tensor<3x4xf8E4M3FN>, tensor<f32> -> tensor<3x4xf32>
  %2 = linalg.matmul ins(%0, %1 : tensor<2x3xf32>, tensor<3x4xf32>) outs(%c : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %2 : tensor<2x4xf32>
}

// -----

// CHECK-LABEL: @f8_mixed
//       CHECK: linalg.matmul {{.*}} ins(%{{.*}}, %{{.*}} : tensor<2x3xf8E4M3FN>, tensor<3x4xf8E5M2>) outs(%{{.*}} : tensor<2x4xf32>)
func.func @f8_mixed(%a: tensor<2x3xf8E4M3FN>, %b: tensor<3x4xf8E5M2>, %s: tensor<f32>) -> tensor<2x4xf32> {
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x4xf32>
  %c = linalg.fill ins(%c0 : f32) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  %0 = qnn.dequantize %a, scale %s : tensor<2x3xf8E4M3FN>, tensor<f32> -> tensor<2x3xf32>
  %1 = qnn.dequantize %b, scale %s : tensor<3x4xf8E5M2>, tensor<f32> -> tensor<3x4xf32>
  %2 = linalg.matmul ins(%0, %1 : tensor<2x3xf32>, tensor<3x4xf32>) outs(%c : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %2 : tensor<2x4xf32>
}

// -----

// CHECK-LABEL: @f8_i8
//       CHECK: linalg.matmul {qnn.float_reason = "mixed accumulators: f8E4M3FN adds up in f32, i8 in integers"} ins(%{{.*}}, %{{.*}} : tensor<2x3xf32>, tensor<3x4xf32>)
func.func @f8_i8(%a: tensor<2x3xf8E4M3FN>, %b: tensor<3x4xi8>, %s: tensor<f32>) -> tensor<2x4xf32> {
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x4xf32>
  %c = linalg.fill ins(%c0 : f32) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  %0 = qnn.dequantize %a, scale %s : tensor<2x3xf8E4M3FN>, tensor<f32> -> tensor<2x3xf32>
  %1 = qnn.dequantize %b, scale %s : tensor<3x4xi8>, tensor<f32> -> tensor<3x4xf32>
  %2 = linalg.matmul ins(%0, %1 : tensor<2x3xf32>, tensor<3x4xf32>) outs(%c : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %2 : tensor<2x4xf32>
}

// -----

// 5000 weights of -1 keep the sums in i32; those of i4 alone would not.
// CHECK-LABEL: @constant_i4
//       CHECK: linalg.matmul {{.*}} ins(%{{.*}}, %{{.*}} : tensor<2x5000xi16>, tensor<5000x4xi4>) outs(%{{.*}} : tensor<2x4xi32>)
func.func @constant_i4(%a: tensor<2x5000xi16>, %s: tensor<f32>) -> tensor<2x4xf32> {
  %b = arith.constant dense<-1> : tensor<5000x4xi4>
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x4xf32>
  %c = linalg.fill ins(%c0 : f32) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  %0 = qnn.dequantize %a, scale %s : tensor<2x5000xi16>, tensor<f32> -> tensor<2x5000xf32>
  %1 = qnn.dequantize %b, scale %s : tensor<5000x4xi4>, tensor<f32> -> tensor<5000x4xf32>
  %2 = linalg.matmul ins(%0, %1 : tensor<2x5000xf32>, tensor<5000x4xf32>) outs(%c : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %2 : tensor<2x4xf32>
}
