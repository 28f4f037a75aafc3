// RUN: quant-opt %s -qnn-fuse-epilogue=requantize=fixed-point -split-input-file | FileCheck %s --implicit-check-not=f32
// RUN: quant-opt %s -qnn-fuse-epilogue=requantize=float -split-input-file | FileCheck %s --check-prefix=FLOAT --implicit-check-not=xf32

// conv -> bias -> ReLU -> max-pooling -> padding -> conv: nothing but integers
// between the accumulators, in the integer modes without any float operation.
// CHECK-LABEL: func @chain
// CHECK:       linalg.conv_2d_nhwc_hwcf
// CHECK:       %[[TAIL:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<1x6x6x2xi8>)
// CHECK:         arith.muli
// CHECK:         arith.shrsi
// CHECK:         arith.trunci
// CHECK:         arith.maxsi
// CHECK:       linalg.generic {{.*}}"reduction", "reduction"]} ins(%[[TAIL]], %{{.*}} : tensor<1x6x6x2xi8>, tensor<2x2xi8>)
// CHECK:         arith.maxsi
// CHECK:       %[[PAD:.*]] = tensor.pad
// CHECK:         tensor.yield %{{.*}} : i8
// CHECK:       linalg.conv_2d_nhwc_hwcf ins(%[[PAD]],
// FLOAT-LABEL: func @chain
// FLOAT:       linalg.conv_2d_nhwc_hwcf
// FLOAT:       linalg.generic {{.*}} outs(%{{.*}} : tensor<1x6x6x2xi8>)
// FLOAT:         arith.mulf
// FLOAT:         arith.addf
// FLOAT:         arith.maximumf
// FLOAT:         arith.divf
// FLOAT:         arith.trunci
// FLOAT:       linalg.generic {{.*}}"reduction", "reduction"]}
// FLOAT:       tensor.pad
// FLOAT:       linalg.conv_2d_nhwc_hwcf
func.func @chain(%x: tensor<1x8x8x2xi8>, %w: tensor<3x3x2x2xi8>, %v: tensor<3x3x2x2xi8>, %i: tensor<1x6x6x2xi32>, %j: tensor<1x3x3x2xi32>) -> tensor<1x3x3x2xi32> {
  %s = arith.constant dense<0.001> : tensor<f32>
  %t = arith.constant dense<0.04> : tensor<f32>
  %z = arith.constant dense<-5> : tensor<i8>
  %c0 = arith.constant 0.0 : f32
  %bias = arith.constant 0.25 : f32
  %low = arith.constant 0xFF800000 : f32
  %e = tensor.empty() : tensor<1x6x6x2xf32>
  %pe = tensor.empty() : tensor<1x3x3x2xf32>
  %window = tensor.empty() : tensor<2x2xf32>
  %acc = linalg.conv_2d_nhwc_hwcf ins(%x, %w : tensor<1x8x8x2xi8>, tensor<3x3x2x2xi8>) outs(%i : tensor<1x6x6x2xi32>) -> tensor<1x6x6x2xi32>
  %y = qnn.dequantize %acc, scale %s : tensor<1x6x6x2xi32>, tensor<f32> -> tensor<1x6x6x2xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(a, b, c, d) -> (a, b, c, d)>, affine_map<(a, b, c, d) -> (a, b, c, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%y : tensor<1x6x6x2xf32>) outs(%e : tensor<1x6x6x2xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.addf %in, %bias : f32
    %1 = arith.maximumf %0, %c0 : f32
    linalg.yield %1 : f32
  } -> tensor<1x6x6x2xf32>
  %init = linalg.fill ins(%low : f32) outs(%pe : tensor<1x3x3x2xf32>) -> tensor<1x3x3x2xf32>
  %p = linalg.pooling_nhwc_max {dilations = dense<1> : tensor<2xi64>, strides = dense<2> : tensor<2xi64>} ins(%r, %window : tensor<1x6x6x2xf32>, tensor<2x2xf32>) outs(%init : tensor<1x3x3x2xf32>) -> tensor<1x3x3x2xf32>
  %pad = tensor.pad %p low[0, 1, 1, 0] high[0, 1, 1, 0] {
  ^bb0(%a: index, %b: index, %c: index, %d: index):
    tensor.yield %c0 : f32
  } : tensor<1x3x3x2xf32> to tensor<1x5x5x2xf32>
  %q = qnn.quantize %pad, scale %t zero_point %z : tensor<1x5x5x2xf32>, tensor<f32>, tensor<i8> -> tensor<1x5x5x2xi8>
  %next = linalg.conv_2d_nhwc_hwcf ins(%q, %v : tensor<1x5x5x2xi8>, tensor<3x3x2x2xi8>) outs(%j : tensor<1x3x3x2xi32>) -> tensor<1x3x3x2xi32>
  return %next : tensor<1x3x3x2xi32>
}

// -----

// Two quantized tensors are added in units of t / 2^16: 0.5 / 0.25 * 2^16 is
// 2^30 * 2^-13. The sum is rounded once more.
// CHECK-LABEL: func @add
// CHECK-DAG:   %[[M:.*]] = arith.constant 1073741824 : i64
// CHECK-DAG:   %[[SH:.*]] = arith.constant 13 : i64
// CHECK-DAG:   %[[FRACTION:.*]] = arith.constant 16 : i64
// CHECK:       linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<4x8xi8>, tensor<4x8xi8>) outs(%{{.*}} : tensor<4x8xi8>)
// CHECK:         arith.muli %{{.*}}, %[[M]]
// CHECK:         arith.shrsi %{{.*}}, %[[SH]]
// CHECK:         arith.shrsi %{{.*}}, %[[FRACTION]]
// CHECK:         arith.trunci %{{.*}} : i64 to i8
// CHECK-NOT:   linalg.generic
// FLOAT-LABEL: func @add
// FLOAT:       linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<4x8xi8>, tensor<4x8xi8>) outs(%{{.*}} : tensor<4x8xi8>)
// FLOAT:         arith.addf
// FLOAT:         arith.divf
// FLOAT-NOT:   linalg.generic
func.func @add(%a: tensor<4x8xi8>, %b: tensor<4x8xi8>) -> tensor<4x8xi8> {
  %s = arith.constant dense<0.5> : tensor<f32>
  %u = arith.constant dense<0.3> : tensor<f32>
  %t = arith.constant dense<0.25> : tensor<f32>
  %z = arith.constant dense<3> : tensor<i8>
  %x = qnn.dequantize %a, scale %s : tensor<4x8xi8>, tensor<f32> -> tensor<4x8xf32>
  %y = qnn.dequantize %b, scale %u zero_point %z : tensor<4x8xi8>, tensor<f32>, tensor<i8> -> tensor<4x8xf32>
  %e = tensor.empty() : tensor<4x8xf32>
  %sum = linalg.add ins(%x, %y : tensor<4x8xf32>, tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  %q = qnn.quantize %sum, scale %t zero_point %z : tensor<4x8xf32>, tensor<f32>, tensor<i8> -> tensor<4x8xi8>
  return %q : tensor<4x8xi8>
}

// -----

// An average sums integers less the zero point and multiplies once.
// CHECK-LABEL: func @average
// CHECK:       %[[SUM:.*]] = linalg.generic {{.*}}"reduction"]} ins(%{{.*}} : tensor<4x8xi8>, tensor<i8>) outs(%{{.*}} : tensor<4xi32>)
// CHECK:         arith.extui
// CHECK:         arith.subi
// CHECK:         arith.addi
// CHECK:       linalg.generic {{.*}} ins(%[[SUM]] : tensor<4xi32>) outs(%{{.*}} : tensor<4xi8>)
// CHECK:         arith.muli
// CHECK-NOT:   linalg.generic
// FLOAT-LABEL: func @average
// FLOAT:       %[[SUM:.*]] = linalg.generic {{.*}}"reduction"]}
// FLOAT:       linalg.generic {{.*}} ins(%[[SUM]] : tensor<4xi32>) outs(%{{.*}} : tensor<4xi8>)
// FLOAT:         arith.mulf
// FLOAT-NOT:     arith.mulf
// FLOAT:         arith.trunci
func.func @average(%a_: tensor<4x8xi8>) -> tensor<4xi8> {
  %s = arith.constant dense<0.5> : tensor<f32>
  %t = arith.constant dense<0.25> : tensor<f32>
  %z = arith.constant dense<130> : tensor<ui8>
  %c0 = arith.constant 0.0 : f32
  %c8 = arith.constant 0.125 : f32
  %a = tensor.bitcast %a_ : tensor<4x8xi8> to tensor<4x8xui8>
  %x = qnn.dequantize %a, scale %s zero_point %z : tensor<4x8xui8>, tensor<f32>, tensor<ui8> -> tensor<4x8xf32>
  %e = tensor.empty() : tensor<4xf32>
  %init = linalg.fill ins(%c0 : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %sum = linalg.reduce { arith.addf } ins(%x : tensor<4x8xf32>) outs(%init : tensor<4xf32>) dimensions = [1]
  %mean = linalg.generic {indexing_maps = [affine_map<(a) -> (a)>, affine_map<(a) -> (a)>], iterator_types = ["parallel"]} ins(%sum : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.mulf %in, %c8 : f32
    linalg.yield %0 : f32
  } -> tensor<4xf32>
  %q = qnn.quantize %mean, scale %t : tensor<4xf32>, tensor<f32> -> tensor<4xi8>
  return %q : tensor<4xi8>
}

// -----

// Each part of a concatenation takes the parameters of the whole; channels keep
// theirs through a transposition.
// CHECK-LABEL: func @parts
// CHECK:       linalg.transpose ins(%{{.*}} : tensor<8x4xi8>) outs(%{{.*}} : tensor<4x8xi8>)
// CHECK:       tensor.concat dim(1) {{.*}} : (tensor<4x8xi8>, tensor<4x2xi8>) -> tensor<4x10xi8>
// FLOAT-LABEL: func @parts
// FLOAT:       tensor.concat dim(1) {{.*}} : (tensor<4x8xi8>, tensor<4x2xi8>) -> tensor<4x10xi8>
func.func @parts(%a: tensor<8x4xi8>, %b: tensor<4x2xi8>) -> tensor<4x10xi8> {
  %s = arith.constant dense<0.5> : tensor<f32>
  %t = arith.constant dense<0.25> : tensor<4xf32>
  %x = qnn.dequantize %a, scale %s : tensor<8x4xi8>, tensor<f32> -> tensor<8x4xf32>
  %y = qnn.dequantize %b, scale %s : tensor<4x2xi8>, tensor<f32> -> tensor<4x2xf32>
  %e = tensor.empty() : tensor<4x8xf32>
  %u = linalg.transpose ins(%x : tensor<8x4xf32>) outs(%e : tensor<4x8xf32>) permutation = [1, 0]
  %c = tensor.concat dim(1) %u, %y : (tensor<4x8xf32>, tensor<4x2xf32>) -> tensor<4x10xf32>
  %q = qnn.quantize %c, scale %t {axes = array<i64: 0>} : tensor<4x10xf32>, tensor<4xf32> -> tensor<4x10xi8>
  return %q : tensor<4x10xi8>
}

// -----

// Sizes that are only known at run time come from the operands, and do not keep
// anything apart.
// CHECK-LABEL: func @dynamic
// CHECK-SAME:    %[[A:[a-z0-9]+]]: tensor<?x4xi8>, %[[ACC:[a-z0-9]+]]: tensor<?x4xi32>
// CHECK:       tensor.dim %[[A]]
// CHECK:       linalg.generic {{.*}} ins(%[[A]], %[[ACC]] : {{.*}}) outs(%{{.*}} : tensor<?x4xi8>)
// CHECK-NOT:   linalg.generic
// FLOAT-LABEL: func @dynamic
// FLOAT:       linalg.generic
// FLOAT-NOT:   linalg.generic
func.func @dynamic(%a: tensor<?x4xi8>, %acc: tensor<?x4xi32>, %size: index) -> tensor<?x4xi8> {
  %s = arith.constant dense<0.5> : tensor<f32>
  %t = arith.constant dense<0.3> : tensor<f32>
  %x = qnn.dequantize %a, scale %s : tensor<?x4xi8>, tensor<f32> -> tensor<?x4xf32>
  %y = qnn.dequantize %acc, scale %s : tensor<?x4xi32>, tensor<f32> -> tensor<?x4xf32>
  %e = tensor.empty(%size) : tensor<?x4xf32>
  %sum = linalg.add ins(%x, %y : tensor<?x4xf32>, tensor<?x4xf32>) outs(%e : tensor<?x4xf32>) -> tensor<?x4xf32>
  %q = qnn.quantize %sum, scale %t : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xi8>
  return %q : tensor<?x4xi8>
}
