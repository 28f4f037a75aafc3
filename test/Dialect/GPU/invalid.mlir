// RUN: quant-opt %s -verify-diagnostics -split-input-file

// expected-error @+1 {{expected a tile of a multiple of 32 rows for 2 warps, but got 48}}
#a = #qnn_gpu.schedule<mma, tile = [48, 32, 64], warps = [2, 1], stages = 2, split_k = 1>

// -----

// expected-error @+1 {{expected 8, 16, 32 or 64 columns for each of 1 warps, but got a tile of 24}}
#a = #qnn_gpu.schedule<mma, tile = [16, 24, 64], warps = [1, 1], stages = 2, split_k = 1>

// -----

// expected-error @+1 {{expected at most 128 accumulators a thread, but got 256}}
#a = #qnn_gpu.schedule<mma, tile = [128, 64, 64], warps = [1, 1], stages = 2, split_k = 1>

// -----

// expected-error @+1 {{expected a tile of 16, 32, 64, 128 or 256 elements of k, but got 48}}
#a = #qnn_gpu.schedule<mma, tile = [16, 8, 48], warps = [1, 1], stages = 2, split_k = 1>

// -----

// expected-error @+1 {{expected 1 to 8 stages, but got 9}}
#a = #qnn_gpu.schedule<mma, tile = [16, 8, 64], warps = [1, 1], stages = 9, split_k = 1>

// -----

// expected-error @+1 {{expected at least 1 CTA on a multiprocessor, but got 0}}
#a = #qnn_gpu.schedule<mma, tile = [16, 8, 64], warps = [1, 1], stages = 2, split_k = 1, ctas = 0>

// -----

// expected-error @+1 {{expected a tile of 256 or 512 elements of k, 16 bytes for each lane, for dot, but got 128}}
#a = #qnn_gpu.schedule<dot, tile = [4, 8, 128], warps = [1, 4], stages = 1, split_k = 1>

// -----

// expected-error @+1 {{expected 1 to 4 rows for dot, but got 5}}
#a = #qnn_gpu.schedule<dot, tile = [5, 8, 512], warps = [1, 4], stages = 1, split_k = 1>

// -----

// expected-error @+1 {{expected extents of at least 1}}
#a = #qnn_gpu.space<batch = [], m = [4], n = 4, k = [0]>

// -----

// expected-error @+1 {{expected 'qnn_gpu.schedule' to be a #qnn_gpu.schedule, but got 3 : i64}}
func.func @attribute() attributes {qnn_gpu.schedule = 3 : i64} {
  return
}

// -----

#schedule = #qnn_gpu.schedule<mma, tile = [16, 8, 64], warps = [1, 1], stages = 1, split_k = 1>
func.func @format(%a: memref<4x4xi8>, %d: memref<4x4xi32>) {
  // expected-error @+1 {{expected bytes to be ui8, f8E4M3FN or f8E5M2, but got 'i16'}}
  qnn_gpu.contract lhs(%a : memref<4x4xi8>) rhs(%a : memref<4x4xi8>) outs(%d : memref<4x4xi32>)
      attributes {lhs_format = i16, maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>],
                  space = #qnn_gpu.space<batch = [], m = [4], n = 4, k = [4]>, schedule = #schedule} {
    ^bb0(%acc: i32):
      qnn_gpu.yield %acc : i32
  }
  return
}

// -----

#schedule = #qnn_gpu.schedule<mma, tile = [16, 8, 64], warps = [1, 1], stages = 1, split_k = 1>
func.func @access(%a: memref<4x4xi8>, %d: memref<4x4xi32>) {
  // expected-error @+1 {{expected rhs to have more than 4 elements along a dimension of 'memref<4x4xi8>'}}
  qnn_gpu.contract lhs(%a : memref<4x4xi8>) rhs(%a : memref<4x4xi8>) outs(%d : memref<4x4xi32>)
      attributes {maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>],
                  space = #qnn_gpu.space<batch = [], m = [4], n = 5, k = [4]>, schedule = #schedule} {
    ^bb0(%acc: i32):
      qnn_gpu.yield %acc : i32
  }
  return
}

// -----

#schedule = #qnn_gpu.schedule<mma, tile = [16, 8, 64], warps = [1, 1], stages = 1, split_k = 1>
func.func @epilogue(%a: memref<4x4xi8>, %d: memref<4x4xi32>) {
  // expected-error @+1 {{expected the epilogue to yield 'i32'}}
  qnn_gpu.contract lhs(%a : memref<4x4xi8>) rhs(%a : memref<4x4xi8>) outs(%d : memref<4x4xi32>)
      attributes {maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>],
                  space = #qnn_gpu.space<batch = [], m = [4], n = 4, k = [4]>, schedule = #schedule} {
    ^bb0(%acc: i32):
      %f = arith.sitofp %acc : i32 to f32
      qnn_gpu.yield %f : f32
  }
  return
}

// -----

#schedule = #qnn_gpu.schedule<mma, tile = [16, 8, 64], warps = [1, 1], stages = 1, split_k = 1>
func.func @tile(%a: memref<4x4xi8>, %t: memref<16x32xi8, #gpu.address_space<workgroup>>, %i: index) {
  // expected-error @+1 {{expected a tile of [16, 64] for lhs, but got [16, 32]}}
  qnn_gpu.load_tile lhs %a[%i, %i, %i] to %t
      {map = affine_map<(m, n, k) -> (m, k)>, space = #qnn_gpu.space<batch = [], m = [4], n = 4, k = [4]>, schedule = #schedule}
      : memref<4x4xi8>, memref<16x32xi8, #gpu.address_space<workgroup>>
  return
}

// -----

#schedule = #qnn_gpu.schedule<mma, tile = [16, 32, 64], warps = [1, 4], stages = 1, split_k = 1>
func.func @scales(%a: memref<4x128xf16>, %w: memref<32x64xi8>, %s: memref<4x32x2xf16>, %d: memref<4x16xf32>) {
  // expected-error @+1 {{expected scales of the shape (k / block)x32x2 with blocks of a multiple of 64, but got 'memref<4x32x2xf16>'}}
  qnn_gpu.contract lhs(%a : memref<4x128xf16>) rhs(%w : memref<32x64xi8>) scales(%s : memref<4x32x2xf16>) outs(%d : memref<4x16xf32>)
      attributes {maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>],
                  space = #qnn_gpu.space<batch = [], m = [4], n = 16, k = [128]>, rhs_format = i4, schedule = #schedule} {
    ^bb0(%acc: f32):
      qnn_gpu.yield %acc : f32
  }
  return
}

// -----

#schedule = #qnn_gpu.schedule<mma, tile = [16, 32, 64], warps = [1, 4], stages = 1, split_k = 1>
func.func @packed_rows(%a: memref<4x128xf16>, %w: memref<16x64xi8>, %s: memref<1x32x2xf16>, %d: memref<4x16xf32>) {
  // expected-error @+1 {{expected rhs of the shape 32x64, but got 'memref<16x64xi8>'}}
  qnn_gpu.contract lhs(%a : memref<4x128xf16>) rhs(%w : memref<16x64xi8>) scales(%s : memref<1x32x2xf16>) outs(%d : memref<4x16xf32>)
      attributes {maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>],
                  space = #qnn_gpu.space<batch = [], m = [4], n = 16, k = [128]>, rhs_format = i4, schedule = #schedule} {
    ^bb0(%acc: f32):
      qnn_gpu.yield %acc : f32
  }
  return
}

// -----

#schedule = #qnn_gpu.schedule<mma, tile = [16, 32, 64], warps = [1, 4], stages = 1, split_k = 1>
func.func @scales_tile(%s: memref<2x32x2xf16>, %t: memref<16x2xf16, #gpu.address_space<workgroup>>, %i: index) {
  // expected-error @+1 {{expected a tile of [32, 2] f16 for scales, but got 'memref<16x2xf16, #gpu.address_space<workgroup>>'}}
  qnn_gpu.load_scales %s[%i, %i] to %t {block = 64 : i64, schedule = #schedule}
      : memref<2x32x2xf16>, memref<16x2xf16, #gpu.address_space<workgroup>>
  return
}

// -----

#schedule = #qnn_gpu.schedule<mma, tile = [16, 8, 64], warps = [1, 1], stages = 1, split_k = 1>
func.func @int4_without_scales(%a: memref<4x64xf16>, %w: memref<8x32xi8>, %d: memref<4x4xf32>) {
  // expected-error @+1 {{expected bytes to be ui8, f8E4M3FN or f8E5M2, but got 'i4'}}
  qnn_gpu.contract lhs(%a : memref<4x64xf16>) rhs(%w : memref<8x32xi8>) outs(%d : memref<4x4xf32>)
      attributes {maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>],
                  space = #qnn_gpu.space<batch = [], m = [4], n = 4, k = [64]>, rhs_format = i4, schedule = #schedule} {
    ^bb0(%acc: f32):
      qnn_gpu.yield %acc : f32
  }
  return
}
