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

// -----

// Where two CTAs share a multiprocessor, each has half of its memory and registers.
func.func @shared_memory_of_two(%a: tensor<64x64xi8>, %w: tensor<64x64xi8>, %c: tensor<64x64xi32>) -> tensor<64x64xi32> {
  // expected-error @+1 {{expected a schedule with at most 50176 bytes of shared memory on sm_86 where 2 CTAs share a multiprocessor, but got 65536}}
  %r = linalg.matmul {qnn_gpu.schedule = #qnn_gpu.schedule<mma, tile = [128, 128, 128], warps = [2, 2], stages = 2, split_k = 1, ctas = 2>}
      ins(%a, %w : tensor<64x64xi8>, tensor<64x64xi8>) outs(%c : tensor<64x64xi32>) -> tensor<64x64xi32>
  return %r : tensor<64x64xi32>
}

// -----

func.func @registers_of_three(%a: tensor<64x64xi8>, %w: tensor<64x64xi8>, %c: tensor<64x64xi32>) -> tensor<64x64xi32> {
  // expected-error @+1 {{expected a schedule with at most 168 registers for each of 128 threads where 3 CTAs share a multiprocessor, but got 204}}
  %r = linalg.matmul {qnn_gpu.schedule = #qnn_gpu.schedule<mma, tile = [128, 128, 32], warps = [2, 2], stages = 3, split_k = 1, ctas = 3>}
      ins(%a, %w : tensor<64x64xi8>, tensor<64x64xi8>) outs(%c : tensor<64x64xi32>) -> tensor<64x64xi32>
  return %r : tensor<64x64xi32>
}

// -----

func.func @too_many_ctas(%a: tensor<64x64xi8>, %w: tensor<64x64xi8>, %c: tensor<64x64xi32>) -> tensor<64x64xi32> {
  // expected-error @+1 {{expected at most 12 CTAs of 128 threads on a multiprocessor of sm_86, but got 13}}
  %r = linalg.matmul {qnn_gpu.schedule = #qnn_gpu.schedule<mma, tile = [32, 32, 32], warps = [2, 2], stages = 1, split_k = 1, ctas = 13>}
      ins(%a, %w : tensor<64x64xi8>, tensor<64x64xi8>) outs(%c : tensor<64x64xi32>) -> tensor<64x64xi32>
  return %r : tensor<64x64xi32>
}

// -----

// Two CTAs of 48 KiB, and one more that CUDA keeps, share the 100 of sm_86.
// CHECK-LABEL: func @planned
// CHECK: schedule = #qnn_gpu.schedule<mma, tile = [128, 64, 64], warps = [2, 2], stages = 4, split_k = 1, ctas = 2>
func.func @planned(%a: tensor<1024x512xi8>, %w: tensor<512x512xi8>, %c: tensor<1024x512xi32>) -> tensor<1024x512xi32> {
  %r = linalg.matmul ins(%a, %w : tensor<1024x512xi8>, tensor<512x512xi8>) outs(%c : tensor<1024x512xi32>) -> tensor<1024x512xi32>
  return %r : tensor<1024x512xi32>
}

// -----

// Four rows of floats: a tile of 16 bytes along k for each lane; not where columns
// lie along n and are no constants.
// CHECK-LABEL: func @few_rows
// CHECK: schedule = #qnn_gpu.schedule<dot, tile = [4, 16, 256], warps = [1, 4], stages = 1, split_k = 1, ctas = 4>
// CHECK: schedule = #qnn_gpu.schedule<mma,
func.func @few_rows(%a: tensor<4x512xf16>, %v: tensor<4096x512xf16>, %w: tensor<512x4096xf16>, %c: tensor<4x4096xf32>)
    -> (tensor<4x4096xf32>, tensor<4x4096xf32>) {
  %r = linalg.matmul indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
      ins(%a, %v : tensor<4x512xf16>, tensor<4096x512xf16>) outs(%c : tensor<4x4096xf32>) -> tensor<4x4096xf32>
  %s = linalg.matmul ins(%a, %w : tensor<4x512xf16>, tensor<512x4096xf16>) outs(%c : tensor<4x4096xf32>) -> tensor<4x4096xf32>
  return %r, %s : tensor<4x4096xf32>, tensor<4x4096xf32>
}

// -----

// A long k and few tiles: f16 is split, f32 keeps its order.
// CHECK-LABEL: func @long_sums
// CHECK: schedule = #qnn_gpu.schedule<mma, {{.*}} split_k = {{[2-8]}}
// CHECK: schedule = #qnn_gpu.schedule<fma, {{.*}} split_k = 1
func.func @long_sums(%a: tensor<16x4096xf16>, %w: tensor<4096x64xf16>, %x: tensor<16x4096xf32>, %v: tensor<4096x64xf32>, %c: tensor<16x64xf32>)
    -> (tensor<16x64xf32>, tensor<16x64xf32>) {
  %r = linalg.matmul ins(%a, %w : tensor<16x4096xf16>, tensor<4096x64xf16>) outs(%c : tensor<16x64xf32>) -> tensor<16x64xf32>
  %s = linalg.matmul ins(%x, %v : tensor<16x4096xf32>, tensor<4096x64xf32>) outs(%c : tensor<16x64xf32>) -> tensor<16x64xf32>
  return %r, %s : tensor<16x64xf32>, tensor<16x64xf32>
}

// -----

// Sums of single rows are no contraction.
func.func @no_kernel(%a: tensor<64x64xf32>, %s: tensor<64xf32>, %c: tensor<64xf32>) -> tensor<64xf32> {
  // expected-warning @+1 {{expected a contraction that a kernel is made of for 'qnn_gpu.schedule', which has no effect here}}
  %r = linalg.generic {indexing_maps = [affine_map<(m, k) -> (m, k)>, affine_map<(m, k) -> (m)>, affine_map<(m, k) -> (m)>],
                       iterator_types = ["parallel", "reduction"],
                       qnn_gpu.schedule = #qnn_gpu.schedule<fma, tile = [32, 32, 32], warps = [2, 1], stages = 2, split_k = 1>}
      ins(%a, %s : tensor<64x64xf32>, tensor<64xf32>) outs(%c : tensor<64xf32>) {
    ^bb0(%x: f32, %y: f32, %z: f32):
      %p = arith.maximumf %x, %y : f32
      %t = arith.addf %z, %p : f32
      linalg.yield %t : f32
  } -> tensor<64xf32>
  return %r : tensor<64xf32>
}
