// RUN: quant-opt %s --codegen-cpu-form-kernels=cpu=cascadelake --split-input-file --verify-diagnostics | FileCheck %s

#schedule = #qnn_cpu.schedule<dot = fma, lanes = 8, rows = 2, registers = 1, unroll = 4, prefetch = 0>

// A schedule of the user's.
// CHECK-LABEL: @schedule
//       CHECK: qnn_cpu.contract {{.*}} schedule = #qnn_cpu.schedule<dot = fma, lanes = 8, rows = 2, registers = 1, unroll = 4, prefetch = 0>
func.func @schedule(%a: tensor<3x4xf32>, %w: tensor<4x5xf32>, %i: tensor<3x5xf32>) -> tensor<3x5xf32> {
  %r = linalg.matmul {qnn_cpu.schedule = #schedule}
      ins(%a, %w : tensor<3x4xf32>, tensor<4x5xf32>) outs(%i : tensor<3x5xf32>) -> tensor<3x5xf32>
  return %r : tensor<3x5xf32>
}

// -----

func.func @unsupported(%a: tensor<3x4xi8>, %w: tensor<4x5xi8>, %i: tensor<3x5xi32>) -> tensor<3x5xi32> {
  // expected-error @below {{expected a schedule that cascadelake supports, but got #qnn_cpu.schedule<dot = sdot}}
  %r = linalg.matmul {qnn_cpu.schedule = #qnn_cpu.schedule<dot = sdot, lanes = 4, rows = 2, registers = 1, unroll = 1, prefetch = 0>}
      ins(%a, %w : tensor<3x4xi8>, tensor<4x5xi8>) outs(%i : tensor<3x5xi32>) -> tensor<3x5xi32>
  return %r : tensor<3x5xi32>
}

// -----

func.func @wrong_type(%a: tensor<3x4xf32>, %w: tensor<4x5xf32>, %i: tensor<3x5xf32>) -> tensor<3x5xf32> {
  // expected-error @below {{expected a schedule for f32, but got #qnn_cpu.schedule<dot = vpdpbusd}}
  %r = linalg.matmul {qnn_cpu.schedule = #qnn_cpu.schedule<dot = vpdpbusd, lanes = 16, rows = 2, registers = 1, unroll = 1, prefetch = 0>}
      ins(%a, %w : tensor<3x4xf32>, tensor<4x5xf32>) outs(%i : tensor<3x5xf32>) -> tensor<3x5xf32>
  return %r : tensor<3x5xf32>
}

// -----

// Sums of single rows are no contraction.
func.func @no_kernel(%a: tensor<64x64xf32>, %s: tensor<64xf32>, %c: tensor<64xf32>) -> tensor<64xf32> {
  // expected-warning @below {{expected a contraction that a kernel is made of for 'qnn_cpu.schedule', which has no effect here}}
  %r = linalg.generic {indexing_maps = [affine_map<(m, k) -> (m, k)>, affine_map<(m, k) -> (m)>, affine_map<(m, k) -> (m)>],
                       iterator_types = ["parallel", "reduction"],
                       qnn_cpu.schedule = #qnn_cpu.schedule<dot = fma, lanes = 4, rows = 4, registers = 1, unroll = 1, prefetch = 0>}
      ins(%a, %s : tensor<64x64xf32>, tensor<64xf32>) outs(%c : tensor<64xf32>) {
    ^bb0(%x: f32, %y: f32, %z: f32):
      %p = arith.maximumf %x, %y : f32
      %t = arith.addf %z, %p : f32
      linalg.yield %t : f32
  } -> tensor<64xf32>
  return %r : tensor<64xf32>
}
