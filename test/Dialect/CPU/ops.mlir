// RUN: quant-opt %s --verify-roundtrip | FileCheck %s

#schedule = #qnn_cpu.schedule<dot = vpdpbusd, lanes = 8, rows = 2, registers = 1, unroll = 2, prefetch = 4>

// CHECK-LABEL: @tensors
//       CHECK: qnn_cpu.pack source(%{{.*}} : tensor<6x8xi8>) outs(%{{.*}} : tensor<1x2x32xi8>) correction(%{{.*}} : tensor<8xi32>)
//       CHECK: qnn_cpu.contract lhs(%{{.*}} : tensor<3x6xi8>) rhs(%{{.*}} : tensor<1x2x32xi8>) correction(%{{.*}} : tensor<8xi32>) init(%{{.*}} : tensor<8xi32>) captures(%{{.*}} : tensor<f32>) outs(%{{.*}} : tensor<3x8xf32>)
//  CHECK-SAME: schedule = #qnn_cpu.schedule<dot = vpdpbusd, lanes = 8, rows = 2, registers = 1, unroll = 2, prefetch = 4>
func.func @tensors(%a: tensor<3x6xi8>, %w: tensor<6x8xi8>, %p: tensor<1x2x32xi8>, %c: tensor<8xi32>, %i: tensor<8xi32>,
                   %s: tensor<f32>, %d: tensor<3x8xf32>) -> tensor<3x8xf32> {
  %0:2 = qnn_cpu.pack source(%w : tensor<6x8xi8>) outs(%p : tensor<1x2x32xi8>) correction(%c : tensor<8xi32>)
      {map = affine_map<(n, k) -> (k, n)>, bounds = array<i64: 8, 6>, num_batch = 0 : i64, segment_dims = 1 : i64,
       schedule = #schedule} -> tensor<1x2x32xi8>, tensor<8xi32>
  %1 = qnn_cpu.contract lhs(%a : tensor<3x6xi8>) rhs(%0#0 : tensor<1x2x32xi8>) correction(%0#1 : tensor<8xi32>)
      init(%i : tensor<8xi32>) captures(%s : tensor<f32>) outs(%d : tensor<3x8xf32>)
      attributes {maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> ()>,
                          affine_map<(m, n, k) -> (m, n)>],
                  bounds = array<i64: 3, 8, 6>, num_batch = 0 : i64, num_m = 1 : i64, segment_dims = 1 : i64,
                  lhs_kind = #qnn_cpu<lhs signed>, schedule = #schedule} {
  ^bb0(%acc: i32, %scale: f32):
    %f = arith.sitofp %acc : i32 to f32
    %y = arith.mulf %f, %scale : f32
    qnn_cpu.yield %y : f32
  } -> tensor<3x8xf32>
  return %1 : tensor<3x8xf32>
}
