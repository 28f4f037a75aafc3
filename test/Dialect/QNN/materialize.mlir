// RUN: quant-opt %s -qnn-materialize -verify-materialized -split-input-file | FileCheck %s

#stats = #qnn.statistics<count = 32, nanCount = 0, infCount = 0, min = -1.0 : f32, max = 3.0 : f32, channelMin = [], channelMax = [], binExponent = 0, firstBin = 0, histogram = []>
#asym = #qnn.quantization<i8 asymmetric tensor minmax>
#weight = #qnn.quantization<i8 symmetric narrow_range channel axes = [1] minmax>
#transposed = #qnn.quantization<i8 symmetric narrow_range channel axes = [0] minmax>

// The observed operand is quantized once for both sites; weights are quantized
// here, also through a transposition.
// CHECK-LABEL: func @static
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<4x2xf32>
func.func @static(%x: tensor<4x2xf32>, %e: tensor<4x2xf32>) -> (tensor<4x2xf32>, tensor<4x2xf32>) {
  %w = arith.constant dense<[[1.0, -2.0], [0.5, 1.0]]> : tensor<2x2xf32>
  // CHECK-NOT: qnn.observe
  // CHECK-DAG: %[[W:.*]] = arith.constant dense<{{\[\[}}127, -127], [64, 64]]> : tensor<2x2xi8>
  // CHECK-DAG: %[[B:.*]] = qnn.dequantize %[[W]], scale %{{.*}} {axes = array<i64: 1>}
  // CHECK-DAG: %[[S:.*]] = arith.constant dense<0.0156862754> : tensor<f32>
  // CHECK-DAG: %[[Z:.*]] = arith.constant dense<-64> : tensor<i8>
  // CHECK: %[[Q:.*]] = qnn.quantize %[[X]], scale %[[S]] zero_point %[[Z]]
  // CHECK: %[[A:.*]] = qnn.dequantize %[[Q]], scale %[[S]] zero_point %[[Z]]
  %o = qnn.observe %x {name = "x", statistics = #stats} : tensor<4x2xf32>
  %te = tensor.empty() : tensor<2x2xf32>
  %wt = linalg.transpose ins(%w : tensor<2x2xf32>) outs(%te : tensor<2x2xf32>) permutation = [1, 0]
  // CHECK-DAG: %[[WT:.*]] = arith.constant dense<{{\[\[}}127, 64], [-127, 64]]> : tensor<2x2xi8>
  // CHECK-DAG: %[[BT:.*]] = qnn.dequantize %[[WT]], scale %{{.*}} {axes = array<i64: 0>}
  // The scales are noted for people.
  // CHECK: linalg.matmul {qnn.scales = {lhs = array<f64: 0.0156862754{{[0-9]*}}, 0.0156862754{{[0-9]*}}>, rhs = array<f64: 0.0078740157{{[0-9]*}}, 0.0157480314{{[0-9]*}}>}, qnn.scheme = {{.*}}, qnn.site = "a"} ins(%[[A]], %[[B]] :
  %y = linalg.matmul {qnn.site = "a", qnn.scheme = #qnn.scheme<lhs = #asym, rhs = #weight>} ins(%o, %w : tensor<4x2xf32>, tensor<2x2xf32>) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  // CHECK: linalg.generic {{.*}} ins(%[[A]], %[[BT]] :
  %y2 = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%o, %wt : tensor<4x2xf32>, tensor<2x2xf32>) outs(%e : tensor<4x2xf32>) attrs = {qnn.site = "b", qnn.scheme = #qnn.scheme<lhs = #asym, rhs = #transposed>} {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %c, %m : f32
    linalg.yield %s : f32
  } -> tensor<4x2xf32>
  return %y, %y2 : tensor<4x2xf32>, tensor<4x2xf32>
}

// -----

#token = #qnn.quantization<i8 symmetric dynamic token axes = [0] minmax>
#weight = #qnn.quantization<i8 symmetric narrow_range tensor minmax>

// A dynamic scheme measures the largest magnitude of each row.
// CHECK-LABEL: func @dynamic
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<4x2xf32>
func.func @dynamic(%x: tensor<4x2xf32>, %e: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %w = arith.constant dense<[[1.0, -2.0], [0.5, 1.0]]> : tensor<2x2xf32>
  %o = qnn.observe %x {name = "x"} : tensor<4x2xf32>
  // CHECK: %[[AMAX:.*]] = linalg.generic {{.*}} ["parallel", "reduction"]} ins(%[[X]] :
  // CHECK: math.absf
  // CHECK: arith.maxnumf
  // CHECK: %[[S:.*]] = linalg.generic {{.*}} ins(%[[AMAX]] :
  // CHECK: qnn.quantize %[[X]], scale %[[S]] {axes = array<i64: 0>}
  %y = linalg.matmul {qnn.scheme = #qnn.scheme<lhs = #token, rhs = #weight>} ins(%o, %w : tensor<4x2xf32>, tensor<2x2xf32>) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}

// -----

#sym = #qnn.quantization<i8 symmetric tensor minmax>

// CHECK-LABEL: func @stays_float
func.func @stays_float(%x: tensor<2x2xf32>, %e: tensor<2x2xf32>) -> (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>) {
  %w = arith.constant dense<[[1.0, -2.0], [0.5, 1.0]]> : tensor<2x2xf32>
  %o = qnn.observe %x {name = "x"} : tensor<2x2xf32>
  // CHECK: linalg.matmul {qnn.float_reason = "no scheme was selected"}
  %0 = linalg.matmul ins(%o, %w : tensor<2x2xf32>, tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  // CHECK: linalg.matmul {qnn.float_reason = "observer 'x' has no statistics"}
  %1 = linalg.matmul {qnn.scheme = #qnn.scheme<lhs = #sym, rhs = #sym>} ins(%o, %w : tensor<2x2xf32>, tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  // CHECK: linalg.matmul {qnn.float_reason = "an operand is neither observed nor constant"}
  %2 = linalg.matmul {qnn.scheme = #qnn.scheme<lhs = #sym, rhs = #sym>} ins(%x, %w : tensor<2x2xf32>, tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  return %0, %1, %2 : tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>
}
