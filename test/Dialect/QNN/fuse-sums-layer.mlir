// RUN: quant-opt %s -split-input-file -qnn-lower-symmetric -qnn-lower-asymmetric -qnn-fuse-zero-points -qnn-fuse-epilogue -qnn-fuse-sums -canonicalize -cse -verify-no-zero-point-traffic | FileCheck %s --implicit-check-not=separate
// RUN: quant-opt %s -split-input-file -qnn-lower-symmetric -qnn-lower-asymmetric -qnn-fuse-zero-points -qnn-fuse-epilogue -qnn-fuse-sums -canonicalize -cse -verify-no-zero-point-traffic | FileCheck %s --check-prefix=SUMS

// A transformer layer, all operands with zero points. Q, K and V share one
// quantized input and its sum. Seven operands bring sums along: the input, the
// queries, keys, probabilities and values, the context, and the output of the
// ReLU. Column sums of weights are in the accumulators.
// CHECK-LABEL: func @asymmetric
// CHECK: %[[X:.*]]:2 = linalg.generic {{.*}} ins(%arg0
// CHECK: linalg.matmul {qnn.site = "q", qnn.terms = {column_sum = "accumulator init", constant = "accumulator init", row_sum = "sum by the producer of lhs, applied in the epilogue"}} ins(%[[X]]#0,
// CHECK: linalg.matmul {qnn.site = "k", {{.*}} ins(%[[X]]#0,
// CHECK: linalg.matmul {qnn.site = "v", {{.*}} ins(%[[X]]#0,
// CHECK: qnn.site = "scores", qnn.terms = {column_sum = "sum by the producer of rhs, applied in the epilogue", constant = "accumulator init", row_sum = "sum by the producer of lhs, applied in the epilogue"}
// CHECK: math.exp
// CHECK: linalg.matmul {qnn.site = "context", qnn.terms = {column_sum = "sum by the producer of rhs, applied in the epilogue", constant = "accumulator init", row_sum = "sum by the producer of lhs, applied in the epilogue"}}
// CHECK: qnn.site = "up"
// CHECK: qnn.site = "down"
// SUMS-LABEL: func @asymmetric
// SUMS-COUNT-7: :2 = linalg.generic
// SUMS-NOT: :2 = linalg.generic
func.func @asymmetric(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %c0 = arith.constant 0.0 : f32
  %low = arith.constant 0xFF800000 : f32
  %s = arith.constant dense<0.5> : tensor<f32>
  %z = arith.constant dense<5> : tensor<i8>
  %zw = arith.constant dense<-3> : tensor<i8>
  %wq = arith.constant dense<1> : tensor<8x8xi8>
  %wk = arith.constant dense<2> : tensor<8x8xi8>
  %wv = arith.constant dense<3> : tensor<8x8xi8>
  %wu = arith.constant dense<4> : tensor<8x16xi8>
  %wd = arith.constant dense<6> : tensor<16x8xi8>
  %e4 = tensor.empty() : tensor<4xf32>
  %e44 = tensor.empty() : tensor<4x4xf32>
  %e48 = tensor.empty() : tensor<4x8xf32>
  %e416 = tensor.empty() : tensor<4x16xf32>
  %f44 = linalg.fill ins(%c0 : f32) outs(%e44 : tensor<4x4xf32>) -> tensor<4x4xf32>
  %f48 = linalg.fill ins(%c0 : f32) outs(%e48 : tensor<4x8xf32>) -> tensor<4x8xf32>
  %f416 = linalg.fill ins(%c0 : f32) outs(%e416 : tensor<4x16xf32>) -> tensor<4x16xf32>
  %wqd = qnn.dequantize %wq, scale %s zero_point %zw : tensor<8x8xi8>, tensor<f32>, tensor<i8> -> tensor<8x8xf32>
  %wkd = qnn.dequantize %wk, scale %s zero_point %zw : tensor<8x8xi8>, tensor<f32>, tensor<i8> -> tensor<8x8xf32>
  %wvd = qnn.dequantize %wv, scale %s zero_point %zw : tensor<8x8xi8>, tensor<f32>, tensor<i8> -> tensor<8x8xf32>
  %xqq = qnn.quantize %x, scale %s zero_point %z : tensor<4x8xf32>, tensor<f32>, tensor<i8> -> tensor<4x8xi8>
  %xqd = qnn.dequantize %xqq, scale %s zero_point %z : tensor<4x8xi8>, tensor<f32>, tensor<i8> -> tensor<4x8xf32>
  %q = linalg.matmul {qnn.site = "q"} ins(%xqd, %wqd : tensor<4x8xf32>, tensor<8x8xf32>) outs(%f48 : tensor<4x8xf32>) -> tensor<4x8xf32>
  %xkq = qnn.quantize %x, scale %s zero_point %z : tensor<4x8xf32>, tensor<f32>, tensor<i8> -> tensor<4x8xi8>
  %xkd = qnn.dequantize %xkq, scale %s zero_point %z : tensor<4x8xi8>, tensor<f32>, tensor<i8> -> tensor<4x8xf32>
  %k = linalg.matmul {qnn.site = "k"} ins(%xkd, %wkd : tensor<4x8xf32>, tensor<8x8xf32>) outs(%f48 : tensor<4x8xf32>) -> tensor<4x8xf32>
  %xvq = qnn.quantize %x, scale %s zero_point %z : tensor<4x8xf32>, tensor<f32>, tensor<i8> -> tensor<4x8xi8>
  %xvd = qnn.dequantize %xvq, scale %s zero_point %z : tensor<4x8xi8>, tensor<f32>, tensor<i8> -> tensor<4x8xf32>
  %v = linalg.matmul {qnn.site = "v"} ins(%xvd, %wvd : tensor<4x8xf32>, tensor<8x8xf32>) outs(%f48 : tensor<4x8xf32>) -> tensor<4x8xf32>
  %aq = qnn.quantize %q, scale %s zero_point %z : tensor<4x8xf32>, tensor<f32>, tensor<i8> -> tensor<4x8xi8>
  %ad = qnn.dequantize %aq, scale %s zero_point %z : tensor<4x8xi8>, tensor<f32>, tensor<i8> -> tensor<4x8xf32>
  %bq = qnn.quantize %k, scale %s zero_point %z : tensor<4x8xf32>, tensor<f32>, tensor<i8> -> tensor<4x8xi8>
  %bd = qnn.dequantize %bq, scale %s zero_point %z : tensor<4x8xi8>, tensor<f32>, tensor<i8> -> tensor<4x8xf32>
  %sc = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%ad, %bd : tensor<4x8xf32>, tensor<4x8xf32>) outs(%f44 : tensor<4x4xf32>) attrs = {qnn.site = "scores"} {
  ^bb0(%i: f32, %j: f32, %o: f32):
    %0 = arith.mulf %i, %j : f32
    %1 = arith.addf %o, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<4x4xf32>
  %m0 = linalg.fill ins(%low : f32) outs(%e4 : tensor<4xf32>) -> tensor<4xf32>
  %m = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m)>], iterator_types = ["parallel", "reduction"]}
      ins(%sc : tensor<4x4xf32>) outs(%m0 : tensor<4xf32>) {
  ^bb0(%i: f32, %o: f32):
    %0 = arith.maximumf %i, %o : f32
    linalg.yield %0 : f32
  } -> tensor<4xf32>
  %p = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m)>, affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]}
      ins(%sc, %m : tensor<4x4xf32>, tensor<4xf32>) outs(%e44 : tensor<4x4xf32>) {
  ^bb0(%i: f32, %j: f32, %o: f32):
    %0 = arith.subf %i, %j : f32
    %1 = math.exp %0 : f32
    linalg.yield %1 : f32
  } -> tensor<4x4xf32>
  %pq = qnn.quantize %p, scale %s zero_point %z : tensor<4x4xf32>, tensor<f32>, tensor<i8> -> tensor<4x4xi8>
  %pd = qnn.dequantize %pq, scale %s zero_point %z : tensor<4x4xi8>, tensor<f32>, tensor<i8> -> tensor<4x4xf32>
  %vvq = qnn.quantize %v, scale %s zero_point %z : tensor<4x8xf32>, tensor<f32>, tensor<i8> -> tensor<4x8xi8>
  %vvd = qnn.dequantize %vvq, scale %s zero_point %z : tensor<4x8xi8>, tensor<f32>, tensor<i8> -> tensor<4x8xf32>
  %c = linalg.matmul {qnn.site = "context"} ins(%pd, %vvd : tensor<4x4xf32>, tensor<4x8xf32>) outs(%f48 : tensor<4x8xf32>) -> tensor<4x8xf32>
  %wud = qnn.dequantize %wu, scale %s zero_point %zw : tensor<8x16xi8>, tensor<f32>, tensor<i8> -> tensor<8x16xf32>
  %wdd = qnn.dequantize %wd, scale %s zero_point %zw : tensor<16x8xi8>, tensor<f32>, tensor<i8> -> tensor<16x8xf32>
  %ccq = qnn.quantize %c, scale %s zero_point %z : tensor<4x8xf32>, tensor<f32>, tensor<i8> -> tensor<4x8xi8>
  %ccd = qnn.dequantize %ccq, scale %s zero_point %z : tensor<4x8xi8>, tensor<f32>, tensor<i8> -> tensor<4x8xf32>
  %u = linalg.matmul {qnn.site = "up"} ins(%ccd, %wud : tensor<4x8xf32>, tensor<8x16xf32>) outs(%f416 : tensor<4x16xf32>) -> tensor<4x16xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]}
      ins(%u : tensor<4x16xf32>) outs(%e416 : tensor<4x16xf32>) {
  ^bb0(%i: f32, %o: f32):
    %0 = arith.maximumf %i, %c0 : f32
    linalg.yield %0 : f32
  } -> tensor<4x16xf32>
  %rrq = qnn.quantize %r, scale %s zero_point %z : tensor<4x16xf32>, tensor<f32>, tensor<i8> -> tensor<4x16xi8>
  %rrd = qnn.dequantize %rrq, scale %s zero_point %z : tensor<4x16xi8>, tensor<f32>, tensor<i8> -> tensor<4x16xf32>
  %d = linalg.matmul {qnn.site = "down"} ins(%rrd, %wdd : tensor<4x16xf32>, tensor<16x8xf32>) outs(%f48 : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %d : tensor<4x8xf32>
}

// -----

// Where no rhs has a zero point there are no row sums. What is left are the sums
// of the keys, for the zero point of the queries.
// CHECK-LABEL: func @symmetric_weights
// CHECK: linalg.matmul {qnn.site = "q", qnn.terms = {column_sum = "accumulator init", constant = "absent", row_sum = "absent: rhs symmetric"}}
// CHECK: qnn.site = "scores", qnn.terms = {column_sum = "sum by the producer of rhs, applied in the epilogue", constant = "absent", row_sum = "absent: rhs symmetric"}
// CHECK: linalg.matmul {qnn.site = "context", qnn.terms = {column_sum = "absent: lhs symmetric", constant = "absent", row_sum = "absent: rhs symmetric"}}
// SUMS-LABEL: func @symmetric_weights
// SUMS-COUNT-1: :2 = linalg.generic
// SUMS-NOT: :2 = linalg.generic
func.func @symmetric_weights(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %c0 = arith.constant 0.0 : f32
  %low = arith.constant 0xFF800000 : f32
  %s = arith.constant dense<0.5> : tensor<f32>
  %z = arith.constant dense<5> : tensor<i8>
  %zw = arith.constant dense<-3> : tensor<i8>
  %wq = arith.constant dense<1> : tensor<8x8xi8>
  %wk = arith.constant dense<2> : tensor<8x8xi8>
  %wv = arith.constant dense<3> : tensor<8x8xi8>
  %wu = arith.constant dense<4> : tensor<8x16xi8>
  %wd = arith.constant dense<6> : tensor<16x8xi8>
  %e4 = tensor.empty() : tensor<4xf32>
  %e44 = tensor.empty() : tensor<4x4xf32>
  %e48 = tensor.empty() : tensor<4x8xf32>
  %e416 = tensor.empty() : tensor<4x16xf32>
  %f44 = linalg.fill ins(%c0 : f32) outs(%e44 : tensor<4x4xf32>) -> tensor<4x4xf32>
  %f48 = linalg.fill ins(%c0 : f32) outs(%e48 : tensor<4x8xf32>) -> tensor<4x8xf32>
  %f416 = linalg.fill ins(%c0 : f32) outs(%e416 : tensor<4x16xf32>) -> tensor<4x16xf32>
  %wqd = qnn.dequantize %wq, scale %s : tensor<8x8xi8>, tensor<f32> -> tensor<8x8xf32>
  %wkd = qnn.dequantize %wk, scale %s : tensor<8x8xi8>, tensor<f32> -> tensor<8x8xf32>
  %wvd = qnn.dequantize %wv, scale %s : tensor<8x8xi8>, tensor<f32> -> tensor<8x8xf32>
  %xqq = qnn.quantize %x, scale %s zero_point %z : tensor<4x8xf32>, tensor<f32>, tensor<i8> -> tensor<4x8xi8>
  %xqd = qnn.dequantize %xqq, scale %s zero_point %z : tensor<4x8xi8>, tensor<f32>, tensor<i8> -> tensor<4x8xf32>
  %q = linalg.matmul {qnn.site = "q"} ins(%xqd, %wqd : tensor<4x8xf32>, tensor<8x8xf32>) outs(%f48 : tensor<4x8xf32>) -> tensor<4x8xf32>
  %xkq = qnn.quantize %x, scale %s zero_point %z : tensor<4x8xf32>, tensor<f32>, tensor<i8> -> tensor<4x8xi8>
  %xkd = qnn.dequantize %xkq, scale %s zero_point %z : tensor<4x8xi8>, tensor<f32>, tensor<i8> -> tensor<4x8xf32>
  %k = linalg.matmul {qnn.site = "k"} ins(%xkd, %wkd : tensor<4x8xf32>, tensor<8x8xf32>) outs(%f48 : tensor<4x8xf32>) -> tensor<4x8xf32>
  %xvq = qnn.quantize %x, scale %s zero_point %z : tensor<4x8xf32>, tensor<f32>, tensor<i8> -> tensor<4x8xi8>
  %xvd = qnn.dequantize %xvq, scale %s zero_point %z : tensor<4x8xi8>, tensor<f32>, tensor<i8> -> tensor<4x8xf32>
  %v = linalg.matmul {qnn.site = "v"} ins(%xvd, %wvd : tensor<4x8xf32>, tensor<8x8xf32>) outs(%f48 : tensor<4x8xf32>) -> tensor<4x8xf32>
  %aq = qnn.quantize %q, scale %s zero_point %z : tensor<4x8xf32>, tensor<f32>, tensor<i8> -> tensor<4x8xi8>
  %ad = qnn.dequantize %aq, scale %s zero_point %z : tensor<4x8xi8>, tensor<f32>, tensor<i8> -> tensor<4x8xf32>
  %bq = qnn.quantize %k, scale %s : tensor<4x8xf32>, tensor<f32> -> tensor<4x8xi8>
  %bd = qnn.dequantize %bq, scale %s : tensor<4x8xi8>, tensor<f32> -> tensor<4x8xf32>
  %sc = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%ad, %bd : tensor<4x8xf32>, tensor<4x8xf32>) outs(%f44 : tensor<4x4xf32>) attrs = {qnn.site = "scores"} {
  ^bb0(%i: f32, %j: f32, %o: f32):
    %0 = arith.mulf %i, %j : f32
    %1 = arith.addf %o, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<4x4xf32>
  %m0 = linalg.fill ins(%low : f32) outs(%e4 : tensor<4xf32>) -> tensor<4xf32>
  %m = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m)>], iterator_types = ["parallel", "reduction"]}
      ins(%sc : tensor<4x4xf32>) outs(%m0 : tensor<4xf32>) {
  ^bb0(%i: f32, %o: f32):
    %0 = arith.maximumf %i, %o : f32
    linalg.yield %0 : f32
  } -> tensor<4xf32>
  %p = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m)>, affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]}
      ins(%sc, %m : tensor<4x4xf32>, tensor<4xf32>) outs(%e44 : tensor<4x4xf32>) {
  ^bb0(%i: f32, %j: f32, %o: f32):
    %0 = arith.subf %i, %j : f32
    %1 = math.exp %0 : f32
    linalg.yield %1 : f32
  } -> tensor<4x4xf32>
  %pq = qnn.quantize %p, scale %s : tensor<4x4xf32>, tensor<f32> -> tensor<4x4xi8>
  %pd = qnn.dequantize %pq, scale %s : tensor<4x4xi8>, tensor<f32> -> tensor<4x4xf32>
  %vvq = qnn.quantize %v, scale %s : tensor<4x8xf32>, tensor<f32> -> tensor<4x8xi8>
  %vvd = qnn.dequantize %vvq, scale %s : tensor<4x8xi8>, tensor<f32> -> tensor<4x8xf32>
  %c = linalg.matmul {qnn.site = "context"} ins(%pd, %vvd : tensor<4x4xf32>, tensor<4x8xf32>) outs(%f48 : tensor<4x8xf32>) -> tensor<4x8xf32>
  %wud = qnn.dequantize %wu, scale %s : tensor<8x16xi8>, tensor<f32> -> tensor<8x16xf32>
  %wdd = qnn.dequantize %wd, scale %s : tensor<16x8xi8>, tensor<f32> -> tensor<16x8xf32>
  %ccq = qnn.quantize %c, scale %s zero_point %z : tensor<4x8xf32>, tensor<f32>, tensor<i8> -> tensor<4x8xi8>
  %ccd = qnn.dequantize %ccq, scale %s zero_point %z : tensor<4x8xi8>, tensor<f32>, tensor<i8> -> tensor<4x8xf32>
  %u = linalg.matmul {qnn.site = "up"} ins(%ccd, %wud : tensor<4x8xf32>, tensor<8x16xf32>) outs(%f416 : tensor<4x16xf32>) -> tensor<4x16xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]}
      ins(%u : tensor<4x16xf32>) outs(%e416 : tensor<4x16xf32>) {
  ^bb0(%i: f32, %o: f32):
    %0 = arith.maximumf %i, %c0 : f32
    linalg.yield %0 : f32
  } -> tensor<4x16xf32>
  %rrq = qnn.quantize %r, scale %s zero_point %z : tensor<4x16xf32>, tensor<f32>, tensor<i8> -> tensor<4x16xi8>
  %rrd = qnn.dequantize %rrq, scale %s zero_point %z : tensor<4x16xi8>, tensor<f32>, tensor<i8> -> tensor<4x16xf32>
  %d = linalg.matmul {qnn.site = "down"} ins(%rrd, %wdd : tensor<4x16xf32>, tensor<16x8xf32>) outs(%f48 : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %d : tensor<4x8xf32>
}
