// RUN: quant-opt %s --quant-types-to-qnn --canonicalize --split-input-file | FileCheck %s

// Parameters become constants; a symmetric type has no zero point. Arguments and
// results are storage and say what they stand for.

// CHECK-LABEL: func @dot_general(
// CHECK-SAME: %[[A:.*]]: tensor<4x8xi8> {qnn.scale = 5.000000e-01 : f32, qnn.zero_point = 3 : i64}
// CHECK-SAME: %[[B:.*]]: tensor<8x2xi8>
// CHECK-SAME: -> (tensor<4x2xi8> {qnn.scale = 2.000000e+00 : f32, qnn.zero_point = 0 : i64})
// CHECK-DAG: %[[S:.*]] = arith.constant dense<2.000000e+00> : tensor<f32>
// CHECK-DAG: %[[SB:.*]] = arith.constant dense<[2.500000e-01, 1.250000e-01]> : tensor<2xf32>
// CHECK-DAG: %[[SA:.*]] = arith.constant dense<5.000000e-01> : tensor<f32>
// CHECK-DAG: %[[ZA:.*]] = arith.constant dense<3> : tensor<i8>
// CHECK: %[[X:.*]] = qnn.dequantize %[[A]], scale %[[SA]] zero_point %[[ZA]] :
// CHECK: %[[Y:.*]] = qnn.dequantize %[[B]], scale %[[SB]] {axes = array<i64: 1>} :
// CHECK: %[[Z:.*]] = stablehlo.dot_general %[[X]], %[[Y]], {{.*}} -> tensor<4x2xf32>
// CHECK: %[[Q:.*]] = qnn.quantize %[[Z]], scale %[[S]] {narrow_range} :
// CHECK: return %[[Q]] : tensor<4x2xi8>
func.func @dot_general(%a: tensor<4x8x!quant.uniform<i8:f32, 0.5:3>>,
                       %b: tensor<8x2x!quant.uniform<i8:f32:1, {0.25, 0.125}>>)
    -> tensor<4x2x!quant.uniform<i8<-127:127>:f32, 2.0>> {
  %0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0]
    : (tensor<4x8x!quant.uniform<i8:f32, 0.5:3>>, tensor<8x2x!quant.uniform<i8:f32:1, {0.25, 0.125}>>)
    -> tensor<4x2x!quant.uniform<i8<-127:127>:f32, 2.0>>
  return %0 : tensor<4x2x!quant.uniform<i8<-127:127>:f32, 2.0>>
}

// -----

// An accumulator is read as it is: nothing is rounded to i32 in between.

// CHECK-LABEL: func @accumulator(
// CHECK: %[[Z:.*]] = stablehlo.dot_general
// CHECK-NEXT: %[[BIAS:.*]] = qnn.dequantize %{{.*}} : tensor<2xi32>, tensor<f32> -> tensor<2xf32>
// CHECK-NEXT: %[[WIDE:.*]] = stablehlo.broadcast_in_dim %[[BIAS]]
// CHECK-NEXT: %[[SUM:.*]] = stablehlo.add %[[Z]], %[[WIDE]] : tensor<4x2xf32>
// CHECK-NEXT: qnn.quantize %[[SUM]]
func.func @accumulator(%a: tensor<4x8x!quant.uniform<i8:f32, 0.5:3>>,
                       %b: tensor<8x2x!quant.uniform<i8:f32, 0.25>>)
    -> tensor<4x2x!quant.uniform<i8:f32, 2.0>> {
  %bias = stablehlo.constant() {value = dense<[100, -7]> : tensor<2xi32>}
    : () -> tensor<2x!quant.uniform<i32:f32, 0.125>>
  %0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0]
    : (tensor<4x8x!quant.uniform<i8:f32, 0.5:3>>, tensor<8x2x!quant.uniform<i8:f32, 0.25>>)
    -> tensor<4x2x!quant.uniform<i32:f32, 0.125>>
  %1 = stablehlo.broadcast_in_dim %bias, dims = [1]
    : (tensor<2x!quant.uniform<i32:f32, 0.125>>) -> tensor<4x2x!quant.uniform<i32:f32, 0.125>>
  %2 = stablehlo.add %0, %1 : tensor<4x2x!quant.uniform<i32:f32, 0.125>>
  %3 = stablehlo.uniform_quantize %2
    : (tensor<4x2x!quant.uniform<i32:f32, 0.125>>) -> tensor<4x2x!quant.uniform<i8:f32, 2.0>>
  return %3 : tensor<4x2x!quant.uniform<i8:f32, 2.0>>
}

// -----

// A scale that is not the product: integers of that scale are in between.

// CHECK-LABEL: func @other_scale(
// CHECK: %[[Z:.*]] = stablehlo.dot_general
// CHECK: %[[I:.*]] = qnn.quantize %[[Z]], {{.*}} -> tensor<4x2xi32>
// CHECK: %[[F:.*]] = qnn.dequantize %[[I]]
// CHECK: qnn.quantize %[[F]], {{.*}} -> tensor<4x2xi8>
func.func @other_scale(%a: tensor<4x8x!quant.uniform<i8:f32, 0.5>>,
                       %b: tensor<8x2x!quant.uniform<i8:f32, 0.25>>)
    -> tensor<4x2x!quant.uniform<i8:f32, 2.0>> {
  %0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0]
    : (tensor<4x8x!quant.uniform<i8:f32, 0.5>>, tensor<8x2x!quant.uniform<i8:f32, 0.25>>)
    -> tensor<4x2x!quant.uniform<i32:f32, 0.126>>
  %1 = stablehlo.uniform_quantize %0
    : (tensor<4x2x!quant.uniform<i32:f32, 0.126>>) -> tensor<4x2x!quant.uniform<i8:f32, 2.0>>
  return %1 : tensor<4x2x!quant.uniform<i8:f32, 2.0>>
}

// -----

// Storage moves where the parameters stay, and along with their axis.

// CHECK-LABEL: func @movement(
// CHECK-NOT: {{= qnn\.}}
// CHECK: stablehlo.reshape %{{.*}} : (tensor<2x3xi8>) -> tensor<6xi8>
// CHECK: stablehlo.transpose %{{.*}} : (tensor<2x3xi8>) -> tensor<3x2xi8>
// CHECK-NOT: {{= qnn\.}}
func.func @movement(%a: tensor<2x3x!quant.uniform<u8:f32, 0.5:200>>,
                    %b: tensor<2x3x!quant.uniform<i8:f32:0, {1.0, 2.0:5}>>)
    -> (tensor<6x!quant.uniform<u8:f32, 0.5:200>>, tensor<3x2x!quant.uniform<i8:f32:1, {1.0, 2.0:5}>>) {
  %0 = stablehlo.reshape %a : (tensor<2x3x!quant.uniform<u8:f32, 0.5:200>>)
    -> tensor<6x!quant.uniform<u8:f32, 0.5:200>>
  %1 = stablehlo.transpose %b, dims = [1, 0] : (tensor<2x3x!quant.uniform<i8:f32:0, {1.0, 2.0:5}>>)
    -> tensor<3x2x!quant.uniform<i8:f32:1, {1.0, 2.0:5}>>
  return %0, %1 : tensor<6x!quant.uniform<u8:f32, 0.5:200>>, tensor<3x2x!quant.uniform<i8:f32:1, {1.0, 2.0:5}>>
}

// -----

// Unsigned storage is unsigned where it is quantized or dequantized, and signless
// elsewhere; the caller sees what it was.

// CHECK-LABEL: func @unsigned(
// CHECK-SAME: %[[A:.*]]: tensor<3xi8> {qnn.scale = 5.000000e-01 : f32, qnn.type = tensor<3xui8>, qnn.zero_point = 200 : i64})
// CHECK-SAME: -> (tensor<3xi8> {qnn.scale = 5.000000e-01 : f32, qnn.type = tensor<3xui8>, qnn.zero_point = 200 : i64})
// CHECK: %[[U:.*]] = tensor.bitcast %[[A]] : tensor<3xi8> to tensor<3xui8>
// CHECK: %[[X:.*]] = qnn.dequantize %[[U]], scale %{{.*}} zero_point %{{.*}} : tensor<3xui8>, tensor<f32>, tensor<ui8>
// CHECK: %[[Y:.*]] = stablehlo.abs %[[X]]
// CHECK: %[[Q:.*]] = qnn.quantize %[[Y]]
// CHECK: tensor.bitcast %[[Q]] : tensor<3xui8> to tensor<3xi8>
func.func @unsigned(%a: tensor<3x!quant.uniform<u8:f32, 0.5:200>>) -> tensor<3x!quant.uniform<u8:f32, 0.5:200>> {
  %0 = stablehlo.abs %a : tensor<3x!quant.uniform<u8:f32, 0.5:200>>
  return %0 : tensor<3x!quant.uniform<u8:f32, 0.5:200>>
}

// -----

// The operations of the quant dialect, in a program without StableHLO; blocks.

// CHECK-LABEL: func @casts(
// CHECK-DAG: %[[S:.*]] = arith.constant dense<{{\[\[}}1.000000e+00], [2.000000e+00]]> : tensor<2x1xf32>
// CHECK-DAG: %[[Z:.*]] = arith.constant dense<{{\[\[}}0], [4]]> : tensor<2x1xi8>
// CHECK: %[[Q:.*]] = qnn.quantize %{{.*}}, scale %[[S]] zero_point %[[Z]] {axes = array<i64: 0, 1>, blocks = array<i64: 2, 3>}
// CHECK: %[[X:.*]] = qnn.dequantize %[[Q]], scale %[[S]] zero_point %[[Z]] {axes = array<i64: 0, 1>, blocks = array<i64: 2, 3>}
// CHECK: return %[[X]], %[[Q]] : tensor<4x3xf32>, tensor<4x3xi8>
!blocks = !quant.uniform<i8:f32:{0:2, 1:3}, {{1.0}, {2.0:4}}>
func.func @casts(%x: tensor<4x3xf32>) -> (tensor<4x3xf32>, tensor<4x3xi8>) {
  %0 = quant.qcast %x : tensor<4x3xf32> to tensor<4x3x!blocks>
  %1 = quant.dcast %0 : tensor<4x3x!blocks> to tensor<4x3xf32>
  %2 = quant.scast %0 : tensor<4x3x!blocks> to tensor<4x3xi8>
  return %1, %2 : tensor<4x3xf32>, tensor<4x3xi8>
}

// -----

// A reduction is one operation: its body computes in float.

// CHECK-LABEL: func @reduce(
// CHECK: %[[X:.*]] = qnn.dequantize %{{.*}} -> tensor<2x3xf32>
// CHECK: %[[C:.*]] = qnn.dequantize %{{.*}} -> tensor<f32>
// CHECK: %[[R:.*]] = stablehlo.reduce(%[[X]] init: %[[C]]) applies stablehlo.add across dimensions = [1]
// CHECK: qnn.quantize %[[R]], {{.*}} -> tensor<2xi8>
func.func @reduce(%x: tensor<2x3x!quant.uniform<i8:f32, 0.5:3>>, %c: tensor<!quant.uniform<i8:f32, 0.5:3>>)
    -> tensor<2x!quant.uniform<i8:f32, 0.5:3>> {
  %0 = stablehlo.reduce(%x init: %c) applies stablehlo.add across dimensions = [1]
    : (tensor<2x3x!quant.uniform<i8:f32, 0.5:3>>, tensor<!quant.uniform<i8:f32, 0.5:3>>) -> tensor<2x!quant.uniform<i8:f32, 0.5:3>>
  return %0 : tensor<2x!quant.uniform<i8:f32, 0.5:3>>
}
