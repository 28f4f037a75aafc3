// RUN: quant-opt %s -qnn-fuse-epilogue -split-input-file | FileCheck %s

// Scale, bias, ReLU and quantization are one tail on the accumulator.
// CHECK-LABEL: func @tail
// CHECK-SAME: %[[ACC:[a-z0-9]+]]: tensor<4x3xi32>
func.func @tail(%a: tensor<4x8xi8>, %b: tensor<8x3xi8>, %init: tensor<4x3xi32>, %s: tensor<3xf32>, %bias: tensor<3xf32>) -> tensor<4x3xi8> {
  %t = arith.constant dense<0.25> : tensor<f32>
  %z = arith.constant dense<-3> : tensor<i8>
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x3xf32>
  %zero = linalg.fill ins(%c0 : f32) outs(%e : tensor<4x3xf32>) -> tensor<4x3xf32>
  // CHECK: %[[D:.*]] = linalg.matmul
  // CHECK-NEXT: tensor.empty() : tensor<4x3xi8>
  // CHECK-NEXT: %[[Q:.*]] = linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]} ins(%[[D]], %{{.*}}, %{{.*}} : tensor<4x3xi32>, tensor<3xf32>, tensor<3xf32>) outs(%{{.*}} : tensor<4x3xi8>)
  // CHECK: arith.sitofp
  // CHECK: arith.mulf
  // CHECK: arith.addf
  // CHECK: arith.maximumf
  // CHECK: arith.divf
  // CHECK: math.roundeven
  // CHECK: arith.fptosi
  // CHECK: arith.trunci
  // CHECK: return %[[Q]]
  %d = linalg.matmul ins(%a, %b : tensor<4x8xi8>, tensor<8x3xi8>) outs(%init : tensor<4x3xi32>) -> tensor<4x3xi32>
  %y = qnn.dequantize %d, scale %s {axes = array<i64: 1>} : tensor<4x3xi32>, tensor<3xf32> -> tensor<4x3xf32>
  %bb = linalg.broadcast ins(%bias : tensor<3xf32>) outs(%e : tensor<4x3xf32>) dimensions = [0]
  %w = linalg.add ins(%y, %bb : tensor<4x3xf32>, tensor<4x3xf32>) outs(%e : tensor<4x3xf32>) -> tensor<4x3xf32>
  %r = linalg.max ins(%w, %zero : tensor<4x3xf32>, tensor<4x3xf32>) outs(%e : tensor<4x3xf32>) -> tensor<4x3xf32>
  %q = qnn.quantize %r, scale %t zero_point %z : tensor<4x3xf32>, tensor<f32>, tensor<i8> -> tensor<4x3xi8>
  return %q : tensor<4x3xi8>
}

// -----

// With nothing or a ReLU between, dequantize and quantize are one multiplier.
// CHECK-LABEL: func @requantize_relu
func.func @requantize_relu(%a: tensor<4x8xi8>, %b: tensor<8x2xi8>, %init: tensor<4x2xi32>) -> tensor<4x2xi8> {
  %s = arith.constant dense<[0.5, 1.0]> : tensor<2xf32>
  %t = arith.constant dense<0.25> : tensor<f32>
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x2xf32>
  %zero = linalg.fill ins(%c0 : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  // CHECK: arith.constant dense<[2.000000e+00, 4.000000e+00]> : tensor<2xf32>
  // CHECK: linalg.matmul
  // CHECK: linalg.generic
  // CHECK-NOT: arith.divf
  // CHECK: arith.mulf
  // CHECK-NOT: arith.cmpf
  // CHECK: math.roundeven
  // CHECK: arith.trunci
  // CHECK: arith.maxsi
  // CHECK-NOT: linalg.generic
  %d = linalg.matmul ins(%a, %b : tensor<4x8xi8>, tensor<8x2xi8>) outs(%init : tensor<4x2xi32>) -> tensor<4x2xi32>
  %y = qnn.dequantize %d, scale %s {axes = array<i64: 1>} : tensor<4x2xi32>, tensor<2xf32> -> tensor<4x2xf32>
  %r = linalg.max ins(%y, %zero : tensor<4x2xf32>, tensor<4x2xf32>) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %q = qnn.quantize %r, scale %t : tensor<4x2xf32>, tensor<f32> -> tensor<4x2xi8>
  return %q : tensor<4x2xi8>
}

// -----

// Max-pooling, padding and reshapes work on integers: the chain from one
// accumulator to the next has no float tensor.
// CHECK-LABEL: func @chain
func.func @chain(%acc: tensor<1x4x4x2xi32>) -> tensor<1x32xi8> {
  %s = arith.constant dense<0.5> : tensor<f32>
  %t = arith.constant dense<0.25> : tensor<f32>
  %z = arith.constant dense<7> : tensor<i8>
  %c0 = arith.constant 0.0 : f32
  %low = arith.constant 0xFF800000 : f32
  %e = tensor.empty() : tensor<1x2x2x2xf32>
  %window = tensor.empty() : tensor<2x2xf32>
  %init = linalg.fill ins(%low : f32) outs(%e : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  // CHECK: linalg.generic {{.*}} outs(%{{.*}} : tensor<1x4x4x2xi8>)
  // CHECK: linalg.fill ins(%{{.*}} : i8)
  // CHECK: linalg.generic {{.*}}"reduction", "reduction"]
  // CHECK: arith.maxsi
  // CHECK: tensor.pad
  // CHECK: tensor.yield %c7_i8
  // CHECK: tensor.collapse_shape {{.*}} tensor<1x4x4x2xi8> into tensor<1x32xi8>
  // CHECK-NOT: linalg.generic
  %y = qnn.dequantize %acc, scale %s : tensor<1x4x4x2xi32>, tensor<f32> -> tensor<1x4x4x2xf32>
  %p = linalg.pooling_nhwc_max {dilations = dense<1> : tensor<2xi64>, strides = dense<2> : tensor<2xi64>}
      ins(%y, %window : tensor<1x4x4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %padded = tensor.pad %p low[0, 1, 1, 0] high[0, 1, 1, 0] {
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %c0 : f32
  } : tensor<1x2x2x2xf32> to tensor<1x4x4x2xf32>
  %flat = tensor.collapse_shape %padded [[0], [1, 2, 3]] : tensor<1x4x4x2xf32> into tensor<1x32xf32>
  %q = qnn.quantize %flat, scale %t zero_point %z : tensor<1x32xf32>, tensor<f32>, tensor<i8> -> tensor<1x32xi8>
  return %q : tensor<1x32xi8>
}

// -----

// A maximum over values that may be NaN stays in float.
// CHECK-LABEL: func @max_of_anything
func.func @max_of_anything(%x: tensor<4x8xf32>) -> tensor<4xi8> {
  %t = arith.constant dense<0.25> : tensor<f32>
  %low = arith.constant 0xFF800000 : f32
  %e = tensor.empty() : tensor<4xf32>
  %init = linalg.fill ins(%low : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  // CHECK: arith.maximumf
  // CHECK: math.roundeven
  %m = linalg.reduce ins(%x : tensor<4x8xf32>) outs(%init : tensor<4xf32>) dimensions = [1] (%a: f32, %b: f32) {
    %r = arith.maximumf %a, %b : f32
    linalg.yield %r : f32
  }
  %q = qnn.quantize %m, scale %t : tensor<4xf32>, tensor<f32> -> tensor<4xi8>
  return %q : tensor<4xi8>
}

// -----

// A value used several times inside one activation is still part of the tail.
// CHECK-LABEL: func @gelu
func.func @gelu(%a: tensor<4x8xi8>, %b: tensor<8x2xi8>, %init: tensor<4x2xi32>, %s: tensor<f32>, %t: tensor<f32>) -> tensor<4x2xi8> {
  %e = tensor.empty() : tensor<4x2xf32>
  // CHECK: linalg.matmul
  // CHECK: linalg.generic
  // CHECK: math.erf
  // CHECK: arith.trunci
  // CHECK-NOT: linalg.generic
  %d = linalg.matmul ins(%a, %b : tensor<4x8xi8>, tensor<8x2xi8>) outs(%init : tensor<4x2xi32>) -> tensor<4x2xi32>
  %y = qnn.dequantize %d, scale %s : tensor<4x2xi32>, tensor<f32> -> tensor<4x2xf32>
  %f = linalg.erf ins(%y : tensor<4x2xf32>) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %g = linalg.mul ins(%y, %f : tensor<4x2xf32>, tensor<4x2xf32>) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %q = qnn.quantize %g, scale %t : tensor<4x2xf32>, tensor<f32> -> tensor<4x2xi8>
  return %q : tensor<4x2xi8>
}

// -----

// A clamp between dequantize and quantize is one of integers: 6 / 0.25 - 3.
// CHECK-LABEL: func @clamp
func.func @clamp(%acc: tensor<4x2xi32>) -> tensor<4x2xi8> {
  %s = arith.constant dense<0.5> : tensor<f32>
  %t = arith.constant dense<0.25> : tensor<f32>
  %z = arith.constant dense<-3> : tensor<i8>
  %c0 = arith.constant 0.0 : f32
  %c6 = arith.constant 6.0 : f32
  %e = tensor.empty() : tensor<4x2xf32>
  // CHECK-DAG: %[[LOW:.*]] = arith.constant -3 : i8
  // CHECK-DAG: %[[HIGH:.*]] = arith.constant 21 : i8
  // CHECK: linalg.generic
  // CHECK: arith.mulf
  // CHECK-NOT: arith.divf
  // CHECK: arith.maxsi %{{.*}}, %[[LOW]] : i8
  // CHECK: arith.minsi %{{.*}}, %[[HIGH]] : i8
  // CHECK-NOT: linalg.generic
  %y = qnn.dequantize %acc, scale %s : tensor<4x2xi32>, tensor<f32> -> tensor<4x2xf32>
  %c = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%y : tensor<4x2xf32>) outs(%e : tensor<4x2xf32>) {
  ^bb0(%x: f32, %o: f32):
    %0 = arith.maximumf %x, %c0 : f32
    %1 = arith.minimumf %0, %c6 : f32
    linalg.yield %1 : f32
  } -> tensor<4x2xf32>
  %q = qnn.quantize %c, scale %t zero_point %z : tensor<4x2xf32>, tensor<f32>, tensor<i8> -> tensor<4x2xi8>
  return %q : tensor<4x2xi8>
}

// -----

// The scale of a token is one more factor in the tail, a residual one more
// operand, SiLU some more lines.
// CHECK-LABEL: func @token_silu_residual
func.func @token_silu_residual(%a: tensor<4x8xi8>, %b: tensor<8x2xi8>, %init: tensor<4x2xi32>, %s: tensor<2xf32>, %token: tensor<4xf32>, %residual: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %one = arith.constant 1.0 : f32
  %e = tensor.empty() : tensor<4x2xf32>
  // CHECK: %[[ACC:.*]] = linalg.matmul
  // CHECK: linalg.generic {{.*}} ins(%[[ACC]], %{{.*}}, %{{.*}}, %{{.*}} : tensor<4x2xi32>, tensor<2xf32>, tensor<4xf32>, tensor<4x2xf32>)
  // CHECK: arith.sitofp
  // CHECK: arith.mulf
  // CHECK: arith.mulf
  // CHECK: math.exp
  // CHECK: arith.divf
  // CHECK: arith.addf
  // CHECK-NOT: linalg.generic
  %d = linalg.matmul ins(%a, %b : tensor<4x8xi8>, tensor<8x2xi8>) outs(%init : tensor<4x2xi32>) -> tensor<4x2xi32>
  %y = qnn.dequantize %d, scale %s {axes = array<i64: 1>} : tensor<4x2xi32>, tensor<2xf32> -> tensor<4x2xf32>
  %bt = linalg.broadcast ins(%token : tensor<4xf32>) outs(%e : tensor<4x2xf32>) dimensions = [1]
  %w = linalg.mul ins(%y, %bt : tensor<4x2xf32>, tensor<4x2xf32>) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %g = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%w : tensor<4x2xf32>) outs(%e : tensor<4x2xf32>) {
  ^bb0(%x: f32, %o: f32):
    %0 = arith.negf %x : f32
    %1 = math.exp %0 : f32
    %2 = arith.addf %1, %one : f32
    %3 = arith.divf %x, %2 : f32
    linalg.yield %3 : f32
  } -> tensor<4x2xf32>
  %r = linalg.add ins(%g, %residual : tensor<4x2xf32>, tensor<4x2xf32>) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %r : tensor<4x2xf32>
}

// -----

// Every reader of a quantized value dequantizes for itself: no float tensor.
// CHECK-LABEL: func @two_readers
// CHECK-SAME: %[[Q:[a-z0-9]+]]: tensor<4x2xi8>, %[[ACC:[a-z0-9]+]]: tensor<4x2xi32>
func.func @two_readers(%q: tensor<4x2xi8>, %acc: tensor<4x2xi32>, %s: tensor<f32>, %t: tensor<f32>) -> (tensor<4x2xi8>, tensor<4x2xi8>) {
  %e = tensor.empty() : tensor<4x2xf32>
  // CHECK-NOT: tensor<4x2xf32>
  // CHECK: linalg.generic {{.*}} ins(%[[Q]], %{{.*}}, %[[ACC]], %{{.*}} : {{.*}}) outs(%{{.*}} : tensor<4x2xi8>)
  // CHECK-NOT: tensor<4x2xf32>
  // CHECK: linalg.generic {{.*}} ins(%[[Q]], %{{.*}} : {{.*}}) outs(%{{.*}} : tensor<4x2xi8>)
  // CHECK: math.exp
  // CHECK-NOT: linalg.generic
  %x = qnn.dequantize %q, scale %s : tensor<4x2xi8>, tensor<f32> -> tensor<4x2xf32>
  %y = qnn.dequantize %acc, scale %t : tensor<4x2xi32>, tensor<f32> -> tensor<4x2xf32>
  %a = linalg.add ins(%x, %y : tensor<4x2xf32>, tensor<4x2xf32>) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %b = linalg.exp ins(%x : tensor<4x2xf32>) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %qa = qnn.quantize %a, scale %t : tensor<4x2xf32>, tensor<f32> -> tensor<4x2xi8>
  %qb = qnn.quantize %b, scale %t : tensor<4x2xf32>, tensor<f32> -> tensor<4x2xi8>
  return %qa, %qb : tensor<4x2xi8>, tensor<4x2xi8>
}

// -----

// Between 8-bit tensors a multiplication replaces the division where all 256
// values agree, as for these scales, and does not where one differs.
// CHECK-LABEL: func @storage_to_storage
func.func @storage_to_storage(%q: tensor<8xi8>) -> (tensor<8xi8>, tensor<8xi8>) {
  %s = arith.constant dense<0.5> : tensor<f32>
  %t = arith.constant dense<0.25> : tensor<f32>
  %u = arith.constant dense<0.3> : tensor<f32>
  %v = arith.constant dense<0.6> : tensor<f32>
  // CHECK: arith.mulf
  // CHECK-NOT: arith.divf
  // CHECK: linalg.yield
  // CHECK: linalg.generic
  // CHECK: arith.divf
  %x = qnn.dequantize %q, scale %s : tensor<8xi8>, tensor<f32> -> tensor<8xf32>
  %a = qnn.quantize %x, scale %t : tensor<8xf32>, tensor<f32> -> tensor<8xi8>
  %y = qnn.dequantize %q, scale %u : tensor<8xi8>, tensor<f32> -> tensor<8xf32>
  %b = qnn.quantize %y, scale %v : tensor<8xf32>, tensor<f32> -> tensor<8xi8>
  return %a, %b : tensor<8xi8>, tensor<8xi8>
}
