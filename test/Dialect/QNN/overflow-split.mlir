// RUN: quant-opt %s "-qnn-lower-symmetric=overflow=split" "-qnn-lower-asymmetric=overflow=split" -verify-lowered -canonicalize -split-input-file | FileCheck %s
// RUN: not quant-opt %s -qnn-lower-symmetric=overflow=wrap 2>&1 | FileCheck %s --check-prefix=BAD
// BAD: for the --overflow option: Cannot find option named 'wrap'!

// Two chunks of half of the products each, added in i64, with one rounding.
// CHECK-LABEL: func @symmetric
// CHECK: tensor.expand_shape {{.*}} into tensor<1x2x65536xi8>
// CHECK: tensor.expand_shape {{.*}} into tensor<2x65536x1xi8>
// CHECK: %[[ACC:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<2x1x1xi32>)
// CHECK: %[[SUM:.*]] = linalg.generic {{.*}} iterator_types = ["reduction", "parallel", "parallel"]} ins(%[[ACC]] : tensor<2x1x1xi32>) outs(%{{.*}} : tensor<1x1xi64>)
// CHECK: arith.extsi %{{.*}} : i32 to i64
// CHECK: arith.addi
// CHECK: qnn.dequantize %[[SUM]], scale %{{.*}} : tensor<1x1xi64>, tensor<f32> -> tensor<1x1xf32>
func.func @symmetric(%qa: tensor<1x131072xi8>, %qb: tensor<131072x1xi8>, %s: tensor<f32>, %e: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %a = qnn.dequantize %qa, scale %s : tensor<1x131072xi8>, tensor<f32> -> tensor<1x131072xf32>
  %b = qnn.dequantize %qb, scale %s : tensor<131072x1xi8>, tensor<f32> -> tensor<131072x1xf32>
  %y = linalg.matmul ins(%a, %b : tensor<1x131072xf32>, tensor<131072x1xf32>) outs(%e : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// -----

// Each chunk has corrections of its own: what fits is the corrected sum.
// CHECK-LABEL: func @asymmetric
// CHECK: linalg.generic {{.*}} outs(%{{.*}} : tensor<2x1x1xi32>)
// CHECK: qnn.term = "column_sum"
// CHECK: %[[ACC:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<2x1x1xi32>) attrs = {qnn.term = "row_sum"}
// CHECK: linalg.generic {{.*}} ins(%[[ACC]] : tensor<2x1x1xi32>) outs(%{{.*}} : tensor<1x1xi64>)
func.func @asymmetric(%qa: tensor<1x33026xi8>, %qb: tensor<33026x1xi8>, %s: tensor<f32>, %z: tensor<i8>, %e: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %a = qnn.dequantize %qa, scale %s zero_point %z : tensor<1x33026xi8>, tensor<f32>, tensor<i8> -> tensor<1x33026xf32>
  %b = qnn.dequantize %qb, scale %s zero_point %z : tensor<33026x1xi8>, tensor<f32>, tensor<i8> -> tensor<33026x1xf32>
  %y = linalg.matmul ins(%a, %b : tensor<1x33026xf32>, tensor<33026x1xf32>) outs(%e : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// -----

// One product fewer fits.
// CHECK-LABEL: func @fits
// CHECK: linalg.matmul {{.*}} ins(%{{.*}} : tensor<1x33025xi8>, tensor<33025x1xi8>)
// CHECK-NOT: i64>
func.func @fits(%qa: tensor<1x33025xi8>, %qb: tensor<33025x1xi8>, %s: tensor<f32>, %z: tensor<i8>, %e: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %a = qnn.dequantize %qa, scale %s zero_point %z : tensor<1x33025xi8>, tensor<f32>, tensor<i8> -> tensor<1x33025xf32>
  %b = qnn.dequantize %qb, scale %s zero_point %z : tensor<33025x1xi8>, tensor<f32>, tensor<i8> -> tensor<33025x1xf32>
  %y = linalg.matmul ins(%a, %b : tensor<1x33025xf32>, tensor<33025x1xf32>) outs(%e : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}
