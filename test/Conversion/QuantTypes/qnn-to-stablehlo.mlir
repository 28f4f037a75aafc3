// RUN: quant-opt %s --qnn-to-stablehlo --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// Types say what the ops and their parameters said; a constant is one of
// quantized type, and what is quantized and dequantized again needs no storage.

// CHECK-LABEL: func.func @linear(
// CHECK-SAME:    %[[X:.*]]: tensor<4x8xf32> {jax.arg_info = "x"}) -> (tensor<4x2xf32> {jax.result_info = "y"}) {
// CHECK-DAG:     %[[W:.*]] = stablehlo.constant() {value = dense<3> : tensor<8x2xi8>} : () -> tensor<8x2x!quant.uniform<i8:f32:1, {5.000000e-01,2.500000e-01}>>
// CHECK-DAG:     %[[Q:.*]] = stablehlo.uniform_quantize %[[X]] : (tensor<4x8xf32>) -> tensor<4x8x!quant.uniform<i8<-127:127>:f32, 5.000000e-01>>
// CHECK:         %[[ACC:.*]] = stablehlo.dot_general %[[Q]], %[[W]], contracting_dims = [1] x [0]
// CHECK-SAME:      -> tensor<4x2x!quant.uniform<i32:f32:1, {2.500000e-01,1.250000e-01}>>
// CHECK-NEXT:    %[[R:.*]] = stablehlo.uniform_dequantize %[[ACC]]
// CHECK-NEXT:    return %[[R]]
func.func @linear(%x: tensor<4x8xf32> {qnn.input = "x"}) -> (tensor<4x2xf32> {qnn.output = "y"}) {
  %s = arith.constant dense<0.5> : tensor<f32>
  %sw = arith.constant dense<[0.5, 0.25]> : tensor<2xf32>
  %w = arith.constant dense<3> : tensor<8x2xi8>
  %q = qnn.quantize %x, scale %s {narrow_range} : tensor<4x8xf32>, tensor<f32> -> tensor<4x8xi8>
  %a = qnn.dequantize %q, scale %s : tensor<4x8xi8>, tensor<f32> -> tensor<4x8xf32>
  %b = qnn.dequantize %w, scale %sw {axes = array<i64: 1>} : tensor<8x2xi8>, tensor<2xf32> -> tensor<8x2xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %r = linalg.matmul {qnn.site = "fc"} ins(%a, %b : tensor<4x8xf32>, tensor<8x2xf32>) outs(%f : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %r : tensor<4x2xf32>
}

// -----

// Parameters along neighbouring dimensions: those become one. An argument of
// storage type is taken for what it stands for.

// CHECK-LABEL: func.func @neighbours(
// CHECK-SAME:    %[[W:.*]]: tensor<3x2x4xi8>)
// CHECK:         %[[F:.*]] = stablehlo.reshape %[[W]] : (tensor<3x2x4xi8>) -> tensor<3x8xi8>
// CHECK:         %[[Q:.*]] = stablehlo.bitcast_convert %[[F]] : (tensor<3x8xi8>) -> tensor<3x8x!quant.uniform<i8:f32:1, {1.000000e+00,2.000000e+00,3.000000e+00,4.000000e+00,5.000000e+00,6.000000e+00,7.000000e+00,8.000000e+00}>>
// CHECK:         %[[D:.*]] = stablehlo.uniform_dequantize %[[Q]]
// CHECK:         stablehlo.reshape %[[D]] : (tensor<3x8xf32>) -> tensor<3x2x4xf32>
func.func @neighbours(%w: tensor<3x2x4xi8>) -> tensor<3x2x4xf32> {
  %s = arith.constant dense<[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]> : tensor<2x4xf32>
  %0 = qnn.dequantize %w, scale %s {axes = array<i64: 1, 2>} : tensor<3x2x4xi8>, tensor<2x4xf32> -> tensor<3x2x4xf32>
  return %0 : tensor<3x2x4xf32>
}

// -----

// Operands are broadcast to all loops; what is summed over is reduced.

// CHECK-LABEL: func.func @softmax_sum(
// CHECK-SAME:    %[[X:.*]]: tensor<4x8xf32>, %[[M:.*]]: tensor<4xf32>)
// CHECK:         %[[B:.*]] = stablehlo.broadcast_in_dim %[[M]], dims = [0]
// CHECK:         %[[D:.*]] = stablehlo.subtract %[[X]], %[[B]]
// CHECK:         %[[E:.*]] = stablehlo.exponential %[[D]]
// CHECK:         stablehlo.reduce(%[[E]] init: %{{.*}}) applies stablehlo.add across dimensions = [1]
func.func @softmax_sum(%x: tensor<4x8xf32>, %m: tensor<4xf32>) -> tensor<4xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %0 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]}
      ins(%x, %m : tensor<4x8xf32>, tensor<4xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %1 = arith.subf %a, %b : f32
    %2 = math.exp %1 : f32
    %3 = arith.addf %c, %2 : f32
    linalg.yield %3 : f32
  } -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// Any order of dimensions has its numbers; the bias in the accumulator is added.

// CHECK-LABEL: func.func @convolution(
// CHECK:         %[[C:.*]] = stablehlo.convolution(%{{.*}}, %{{.*}}) dim_numbers = [b, f, 0, 1]x[o, i, 0, 1]->[b, f, 0, 1], window = {stride = [2, 1], rhs_dilate = [1, 2]}
// CHECK:         stablehlo.add %{{.*}}, %[[C]]
func.func @convolution(%x: tensor<1x3x9x8xf32>, %w: tensor<5x3x3x2xf32>, %b: tensor<1x5x4x6xf32>) -> tensor<1x5x4x6xf32> {
  %0 = linalg.conv_2d_nchw_fchw {strides = dense<[2, 1]> : tensor<2xi64>, dilations = dense<[1, 2]> : tensor<2xi64>}
      ins(%x, %w : tensor<1x3x9x8xf32>, tensor<5x3x3x2xf32>) outs(%b : tensor<1x5x4x6xf32>) -> tensor<1x5x4x6xf32>
  return %0 : tensor<1x5x4x6xf32>
}

// -----

func.func @blocks(%w: tensor<8x2xi8>) -> tensor<8x2xf32> {
  %s = arith.constant dense<1.0> : tensor<2x2xf32>
  // expected-error @below {{expected parameters per tensor or along neighbouring dimensions, the only ones that StableHLO has a form for}}
  %0 = qnn.dequantize %w, scale %s {axes = array<i64: 0, 1>, blocks = array<i64: 4, 1>} : tensor<8x2xi8>, tensor<2x2xf32> -> tensor<8x2xf32>
  return %0 : tensor<8x2xf32>
}

// -----

func.func @run_time(%x: tensor<4xf32>, %s: tensor<f32>) -> tensor<4xi8> {
  // expected-error @below {{expected constant scales and zero points, the only ones that a type can hold}}
  %0 = qnn.quantize %x, scale %s : tensor<4xf32>, tensor<f32> -> tensor<4xi8>
  return %0 : tensor<4xi8>
}

// -----

func.func @no_form(%x: tensor<4xi32>, %y: tensor<4xi32>) -> tensor<4xi32> {
  %e = tensor.empty() : tensor<4xi32>
  // expected-error @below {{expected operations that StableHLO has a form for, but got 'linalg.generic' on operands of type ('tensor<4xi32>', 'tensor<4xi32>', 'tensor<4xi32>')}}
  %0 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x, %y : tensor<4xi32>, tensor<4xi32>) outs(%e : tensor<4xi32>) {
  ^bb0(%a: i32, %b: i32, %c: i32):
    %1 = arith.divui %a, %b : i32
    linalg.yield %1 : i32
  } -> tensor<4xi32>
  return %0 : tensor<4xi32>
}
