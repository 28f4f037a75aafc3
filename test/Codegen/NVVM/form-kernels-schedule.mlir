// RUN: quant-opt %s --codegen-nvvm-form-kernels=chip=sm_86 -verify-diagnostics -split-input-file | FileCheck %s

// CHECK-LABEL: func @asked
// CHECK: schedule = #qnn_gpu.schedule<mma, tile = [32, 32, 64], warps = [2, 1], stages = 2, split_k = 1>
func.func @asked(%a: tensor<64x64xi8>, %w: tensor<64x64xi8>, %c: tensor<64x64xi32>) -> tensor<64x64xi32> {
  %r = linalg.matmul {qnn_gpu.schedule = #qnn_gpu.schedule<mma, tile = [32, 32, 64], warps = [2, 1], stages = 2, split_k = 1>}
      ins(%a, %w : tensor<64x64xi8>, tensor<64x64xi8>) outs(%c : tensor<64x64xi32>) -> tensor<64x64xi32>
  return %r : tensor<64x64xi32>
}

// -----

func.func @too_much_shared_memory(%a: tensor<64x64xi8>, %w: tensor<64x64xi8>, %c: tensor<64x64xi32>) -> tensor<64x64xi32> {
  // expected-error @+1 {{expected a schedule with at most 101376 bytes of shared memory on sm_86, but got 131072}}
  %r = linalg.matmul {qnn_gpu.schedule = #qnn_gpu.schedule<mma, tile = [128, 128, 128], warps = [2, 2], stages = 4, split_k = 1>}
      ins(%a, %w : tensor<64x64xi8>, tensor<64x64xi8>) outs(%c : tensor<64x64xi32>) -> tensor<64x64xi32>
  return %r : tensor<64x64xi32>
}

// -----

func.func @wrong_unit(%a: tensor<64x64xf32>, %w: tensor<64x64xf32>, %c: tensor<64x64xf32>) -> tensor<64x64xf32> {
  // expected-error @+1 {{expected a schedule of fma for f32}}
  %r = linalg.matmul {qnn_gpu.schedule = #qnn_gpu.schedule<mma, tile = [32, 32, 64], warps = [2, 1], stages = 2, split_k = 1>}
      ins(%a, %w : tensor<64x64xf32>, tensor<64x64xf32>) outs(%c : tensor<64x64xf32>) -> tensor<64x64xf32>
  return %r : tensor<64x64xf32>
}

// -----

func.func @no_f8(%a: tensor<64x64xi8>, %w: tensor<64x64xi8>, %c: tensor<64x64xf32>) -> tensor<64x64xf32> {
  // expected-error @+1 {{expected a chip with tensor cores on f8E4M3FN (sm_89 or later), but got sm_86}}
  %r = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                       iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %w : tensor<64x64xi8>, tensor<64x64xi8>) outs(%c : tensor<64x64xf32>) {
    ^bb0(%x: i8, %y: i8, %z: f32):
      %x8 = arith.bitcast %x : i8 to f8E4M3FN
      %y8 = arith.bitcast %y : i8 to f8E5M2
      %xf = arith.extf %x8 : f8E4M3FN to f32
      %yf = arith.extf %y8 : f8E5M2 to f32
      %p = arith.mulf %xf, %yf : f32
      %t = arith.addf %z, %p : f32
      linalg.yield %t : f32
  } -> tensor<64x64xf32>
  return %r : tensor<64x64xf32>
}

// -----

// 512 threads share 65536 registers.
func.func @too_many_registers(%a: tensor<512x1024xi8>, %w: tensor<1024x512xi8>, %c: tensor<512x512xi32>) -> tensor<512x512xi32> {
  // expected-error @+1 {{expected a schedule with at most 128 registers for each of 512 threads, but got 204}}
  %r = linalg.matmul {qnn_gpu.schedule = #qnn_gpu.schedule<mma, tile = [256, 256, 64], warps = [4, 4], stages = 2, split_k = 1>}
      ins(%a, %w : tensor<512x1024xi8>, tensor<1024x512xi8>) outs(%c : tensor<512x512xi32>) -> tensor<512x512xi32>
  return %r : tensor<512x512xi32>
}

// -----

func.func @too_many_parts(%a: tensor<64x256xi8>, %w: tensor<256x64xi8>, %c: tensor<64x64xi32>) -> tensor<64x64xi32> {
  // expected-error @+1 {{expected k to be split into at most 4 parts, its tiles, but got 1000}}
  %r = linalg.matmul {qnn_gpu.schedule = #qnn_gpu.schedule<mma, tile = [32, 32, 64], warps = [2, 1], stages = 2, split_k = 1000>}
      ins(%a, %w : tensor<64x256xi8>, tensor<256x64xi8>) outs(%c : tensor<64x64xi32>) -> tensor<64x64xi32>
  return %r : tensor<64x64xi32>
}
