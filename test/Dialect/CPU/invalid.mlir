// RUN: quant-opt %s --verify-diagnostics --split-input-file

// expected-error @below {{expected 4, 8 or 16 lanes, but got 5}}
#schedule = #qnn_cpu.schedule<dot = fma, lanes = 5, rows = 1, registers = 1, unroll = 1, prefetch = 0>
func.func @lanes() attributes {s = #schedule} { return }

// -----

// expected-error @below {{expected a tile of 1 to 64 registers, but got 40 x 2}}
#schedule = #qnn_cpu.schedule<dot = fma, lanes = 4, rows = 40, registers = 2, unroll = 1, prefetch = 0>
func.func @tile() attributes {s = #schedule} { return }

// -----

// expected-error @below {{expected 'qnn_cpu.schedule' to be a #qnn_cpu.schedule, but got 1}}
func.func @attribute() attributes {qnn_cpu.schedule = 1 : i64} { return }

// -----

#s = #qnn_cpu.schedule<dot = fma, lanes = 4, rows = 1, registers = 1, unroll = 1, prefetch = 0>
func.func @packed_shape(%w: tensor<3x4xf32>, %p: tensor<1x3x8xf32>) -> tensor<1x3x8xf32> {
  // expected-error @below {{expected packed weights of shape [1, 3, 4], but got [1, 3, 8]}}
  %r = qnn_cpu.pack source(%w : tensor<3x4xf32>) outs(%p : tensor<1x3x8xf32>)
      {map = affine_map<(n, k) -> (k, n)>, bounds = array<i64: 4, 3>, num_batch = 0 : i64, segment_dims = 1 : i64, schedule = #s}
      -> tensor<1x3x8xf32>
  return %r : tensor<1x3x8xf32>
}

// -----

#s = #qnn_cpu.schedule<dot = fma, lanes = 4, rows = 1, registers = 1, unroll = 1, prefetch = 0>
func.func @outside(%w: tensor<3x4xf32>, %p: tensor<1x5x4xf32>) -> tensor<1x5x4xf32> {
  // expected-error @below {{expected source to have more than 4 elements along a dimension of 'tensor<3x4xf32>'}}
  %r = qnn_cpu.pack source(%w : tensor<3x4xf32>) outs(%p : tensor<1x5x4xf32>)
      {map = affine_map<(n, k) -> (k, n)>, bounds = array<i64: 4, 5>, num_batch = 0 : i64, segment_dims = 1 : i64, schedule = #s}
      -> tensor<1x5x4xf32>
  return %r : tensor<1x5x4xf32>
}

// -----

#s = #qnn_cpu.schedule<dot = sdot, lanes = 4, rows = 1, registers = 1, unroll = 1, prefetch = 0>
func.func @element(%w: tensor<3x4xf32>, %p: tensor<1x3x4xf32>) -> tensor<1x3x4xf32> {
  // expected-error @below {{expected i8 operands for sdot, but got 'f32'}}
  %r = qnn_cpu.pack source(%w : tensor<3x4xf32>) outs(%p : tensor<1x3x4xf32>)
      {map = affine_map<(n, k) -> (k, n)>, bounds = array<i64: 4, 3>, num_batch = 0 : i64, segment_dims = 1 : i64, schedule = #s}
      -> tensor<1x3x4xf32>
  return %r : tensor<1x3x4xf32>
}

// -----

#s = #qnn_cpu.schedule<dot = fma, lanes = 4, rows = 1, registers = 1, unroll = 1, prefetch = 0>
func.func @lhs_on_n(%a: tensor<4x3xf32>, %p: tensor<1x3x4xf32>, %d: tensor<2x4xf32>) -> tensor<2x4xf32> {
  // expected-error @below {{expected lhs not to depend on n}}
  %r = qnn_cpu.contract lhs(%a : tensor<4x3xf32>) rhs(%p : tensor<1x3x4xf32>) outs(%d : tensor<2x4xf32>)
      attributes {maps = [affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>],
                  bounds = array<i64: 2, 4, 3>, num_batch = 0 : i64, num_m = 1 : i64, segment_dims = 1 : i64,
                  lhs_kind = #qnn_cpu<lhs signed>, schedule = #s} {
  ^bb0(%acc: f32):
    qnn_cpu.yield %acc : f32
  } -> tensor<2x4xf32>
  return %r : tensor<2x4xf32>
}

// -----

#s = #qnn_cpu.schedule<dot = fma, lanes = 4, rows = 1, registers = 1, unroll = 1, prefetch = 0>
func.func @yield(%a: tensor<2x3xf32>, %p: tensor<1x3x4xf32>, %d: tensor<2x4xf32>) -> tensor<2x4xf32> {
  // expected-error @below {{expected the epilogue to yield 'f32'}}
  %r = qnn_cpu.contract lhs(%a : tensor<2x3xf32>) rhs(%p : tensor<1x3x4xf32>) outs(%d : tensor<2x4xf32>)
      attributes {maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (m, n)>],
                  bounds = array<i64: 2, 4, 3>, num_batch = 0 : i64, num_m = 1 : i64, segment_dims = 1 : i64,
                  lhs_kind = #qnn_cpu<lhs signed>, schedule = #s} {
  ^bb0(%acc: f32):
    %i = arith.fptosi %acc : f32 to i8
    qnn_cpu.yield %i : i8
  } -> tensor<2x4xf32>
  return %r : tensor<2x4xf32>
}

// -----

#s = #qnn_cpu.schedule<dot = fma, lanes = 4, rows = 1, registers = 1, unroll = 1, prefetch = 0>
func.func @captured_n(%a: tensor<2x3xf32>, %p: tensor<1x3x4xf32>, %c: tensor<4x2xf32>, %d: tensor<2x4xf32>) -> tensor<2x4xf32> {
  // expected-error @below {{expected n to be the innermost dimension of a capture}}
  %r = qnn_cpu.contract lhs(%a : tensor<2x3xf32>) rhs(%p : tensor<1x3x4xf32>) captures(%c : tensor<4x2xf32>) outs(%d : tensor<2x4xf32>)
      attributes {maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, m)>, affine_map<(m, n, k) -> (m, n)>],
                  bounds = array<i64: 2, 4, 3>, num_batch = 0 : i64, num_m = 1 : i64, segment_dims = 1 : i64,
                  lhs_kind = #qnn_cpu<lhs signed>, schedule = #s} {
  ^bb0(%acc: f32, %x: f32):
    qnn_cpu.yield %acc : f32
  } -> tensor<2x4xf32>
  return %r : tensor<2x4xf32>
}

// -----

#s = #qnn_cpu.schedule<dot = vpmaddwd, lanes = 4, rows = 1, registers = 1, unroll = 1, prefetch = 0>
func.func @needless_correction(%w: tensor<2x4xi8>, %p: tensor<1x1x8xi8>, %c: tensor<4xi32>) {
  // expected-error @below {{expected no correction for vpmaddwd}}
  %r:2 = qnn_cpu.pack source(%w : tensor<2x4xi8>) outs(%p : tensor<1x1x8xi8>) correction(%c : tensor<4xi32>)
      {map = affine_map<(n, k) -> (k, n)>, bounds = array<i64: 4, 2>, num_batch = 0 : i64, segment_dims = 1 : i64, schedule = #s}
      -> tensor<1x1x8xi8>, tensor<4xi32>
  return
}

// -----

#s = #qnn_cpu.schedule<dot = sdot, lanes = 4, rows = 1, registers = 1, unroll = 1, prefetch = 0>
func.func @missing_correction(%a: tensor<2x4xi8>, %p: tensor<1x1x16xi8>, %d: tensor<2x4xi32>) -> tensor<2x4xi32> {
  // expected-error @below {{expected a correction for a left operand of kind 'unsigned' and sdot}}
  %r = qnn_cpu.contract lhs(%a : tensor<2x4xi8>) rhs(%p : tensor<1x1x16xi8>) outs(%d : tensor<2x4xi32>)
      attributes {maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (m, n)>],
                  bounds = array<i64: 2, 4, 4>, num_batch = 0 : i64, num_m = 1 : i64, segment_dims = 1 : i64,
                  lhs_kind = #qnn_cpu<lhs unsigned>, schedule = #s} {
  ^bb0(%acc: i32):
    qnn_cpu.yield %acc : i32
  } -> tensor<2x4xi32>
  return %r : tensor<2x4xi32>
}

// -----

#s = #qnn_cpu.schedule<dot = muladd, lanes = 4, rows = 1, registers = 1, unroll = 1, prefetch = 0>
func.func @offset(%a: tensor<2x4xi8>, %p: tensor<1x4x4xi8>, %d: tensor<2x4xi32>) -> tensor<2x4xi32> {
  // expected-error @below {{expected a left operand without offset for muladd}}
  %r = qnn_cpu.contract lhs(%a : tensor<2x4xi8>) rhs(%p : tensor<1x4x4xi8>) outs(%d : tensor<2x4xi32>)
      attributes {maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (m, n)>],
                  bounds = array<i64: 2, 4, 4>, num_batch = 0 : i64, num_m = 1 : i64, segment_dims = 1 : i64,
                  lhs_kind = #qnn_cpu<lhs offset>, schedule = #s} {
  ^bb0(%acc: i32):
    qnn_cpu.yield %acc : i32
  } -> tensor<2x4xi32>
  return %r : tensor<2x4xi32>
}

// -----

#s = #qnn_cpu.schedule<dot = vpdpbusd, lanes = 8, rows = 1, registers = 1, unroll = 1, prefetch = 0>
func.func @wide_bytes(%w: tensor<4x8xi16>, %p: tensor<1x1x32xi16>) -> tensor<1x1x32xi16> {
  // expected-error @below {{expected i8 operands for vpdpbusd, but got 'i16'}}
  %r = qnn_cpu.pack source(%w : tensor<4x8xi16>) outs(%p : tensor<1x1x32xi16>)
      {map = affine_map<(n, k) -> (k, n)>, bounds = array<i64: 8, 4>, num_batch = 0 : i64, segment_dims = 1 : i64, schedule = #s}
      -> tensor<1x1x32xi16>
  return %r : tensor<1x1x32xi16>
}
