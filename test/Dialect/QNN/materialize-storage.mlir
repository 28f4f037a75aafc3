// RUN: rm -rf %t && split-file %s %t
// DEFINE: %{quantize} = --qnn-materialize --verify-materialized --qnn-lower-symmetric --qnn-lower-asymmetric --verify-lowered --qnn-fuse-zero-points --qnn-fuse-epilogue --canonicalize
// RUN: quant-opt %t/ui8_i4.mlir --qnn-select-scheme=recipe=%t/ui8_i4.yaml %{quantize} -o %t/ui8_i4.out
// RUN: quant-opt %t/i16_i8.mlir --qnn-select-scheme=recipe=%t/i16_i8.yaml %{quantize} -o %t/i16_i8.out
// RUN: quant-opt %t/i16_i8.mlir --qnn-select-scheme=recipe=%t/f8.yaml %{quantize} -o %t/f8.out
// RUN: FileCheck %s --check-prefix=UI8 < %t/ui8_i4.out
// RUN: FileCheck %s --check-prefix=I16 < %t/i16_i8.out
// RUN: FileCheck %s --check-prefix=F8 < %t/f8.out
// RUN: quant-opt %t/ui8_i4.out --qnn-to-cpu -o /dev/null
// RUN: quant-opt %t/i16_i8.out --qnn-to-cpu -o /dev/null
// RUN: quant-opt %t/f8.out --qnn-to-cpu -o /dev/null
// RUN: not quant-opt %t/i16_i8.mlir --qnn-select-scheme=recipe=%t/f8_asymmetric.yaml 2>&1 | FileCheck %s --check-prefix=ASYMMETRIC

// Storage types from a recipe to kernels.

//--- ui8_i4.yaml
version: 1
activations: {storage: ui8}
weights: {storage: i4}
//--- i16_i8.yaml
version: 1
activations: {storage: i16, symmetric: true}
//--- f8.yaml
version: 1
activations: {storage: f8E4M3FN}
weights: {storage: f8E4M3FN, granularity: tensor}
//--- f8_asymmetric.yaml
version: 1
activations: {storage: f8E4M3FN, symmetric: false}

//--- ui8_i4.mlir
// The activations' zero point is 64, the weights are whole multiples of 1/7 and
// 2/7; what the zero point adds is in the accumulator's initial value.
// UI8-DAG: %[[INIT:.+]] = arith.constant dense<[-640, 0]> : tensor<2xi32>
// UI8-DAG: %[[W:.+]] = arith.constant dense<{{\[\[}}7, -7], [3, 7]]> : tensor<2x2xi4>
// UI8: linalg.generic {{.*}} outs(%{{.*}} : tensor<4x2xi8>)
// UI8: linalg.broadcast ins(%[[INIT]] : tensor<2xi32>)
// UI8: linalg.generic {{.*}} ins(%{{.*}}, %[[W]] : tensor<4x2xi8>, tensor<2x2xi4>)
// UI8: arith.extui %{{.*}} : i8 to i32
// UI8: arith.extsi %{{.*}} : i4 to i32
#stats = #qnn.statistics<count = 8, nanCount = 0, infCount = 0, min = -1.0 : f32, max = 2.984375 : f32, channelMin = [], channelMax = [], binExponent = 0, firstBin = 0, histogram = []>
func.func @main(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %w = arith.constant dense<[[1.0, -2.0], [0.4286, 2.0]]> : tensor<2x2xf32>
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x2xf32>
  %f = linalg.fill ins(%c0 : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %o = qnn.observe %x {name = "a/lhs", statistics = #stats} : tensor<4x2xf32>
  %y = linalg.matmul {qnn.site = "a"} ins(%o, %w : tensor<4x2xf32>, tensor<2x2xf32>) outs(%f : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}

//--- i16_i8.mlir
// I16: linalg.matmul {{.*}} ins(%{{.*}}, %{{.*}} : tensor<4x2xi16>, tensor<2x2xi8>) outs(%{{.*}} : tensor<4x2xi32>)
// 448 becomes 2.0, the largest weight.
// F8-DAG: arith.constant dense<{{\[\[}}2.240000e+02, -4.480000e+02], [9.600000e+01, 4.480000e+02]]> : tensor<2x2xf8E4M3FN>
// F8: linalg.matmul {{.*}} ins(%{{.*}}, %{{.*}} : tensor<4x2xf8E4M3FN>, tensor<2x2xf8E4M3FN>) outs(%{{.*}} : tensor<4x2xf32>)
// ASYMMETRIC: error: {{.*}}expected symmetric full-range quantization for 'f8E4M3FN'
#stats = #qnn.statistics<count = 8, nanCount = 0, infCount = 0, min = -1.0 : f32, max = 2.984375 : f32, channelMin = [], channelMax = [], binExponent = 0, firstBin = 0, histogram = []>
func.func @main(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %w = arith.constant dense<[[1.0, -2.0], [0.4286, 2.0]]> : tensor<2x2xf32>
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x2xf32>
  %f = linalg.fill ins(%c0 : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %o = qnn.observe %x {name = "a/lhs", statistics = #stats} : tensor<4x2xf32>
  %y = linalg.matmul {qnn.site = "a"} ins(%o, %w : tensor<4x2xf32>, tensor<2x2xf32>) outs(%f : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}
