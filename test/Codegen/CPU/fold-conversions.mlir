// RUN: quant-opt %s --codegen-cpu-fold-conversions --split-input-file | FileCheck %s

#id = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#schedule = #qnn_cpu.schedule<dot = vpdpbusd, lanes = 8, rows = 2, registers = 1, unroll = 1, prefetch = 0>

// Up through the reshape and into the kernel.
// CHECK-LABEL: @epilogue
//   CHECK-NOT: linalg.generic
//       CHECK: %[[R:.+]] = qnn_cpu.contract
//       CHECK:   %[[Q:.+]] = arith.fptosi
//       CHECK:   %[[S:.+]] = arith.xori %[[Q]], %c-128_i8
//       CHECK:   qnn_cpu.yield %[[S]]
//       CHECK: %[[E:.+]] = tensor.expand_shape %[[R]]
//       CHECK: return %[[E]]
func.func @epilogue(%a: tensor<4x4xi8>, %w: tensor<1x1x32xi8>, %d: tensor<4x8xi8>, %e: tensor<2x2x8xi8>) -> tensor<2x2x8xi8> {
  %0 = qnn_cpu.contract lhs(%a : tensor<4x4xi8>) rhs(%w : tensor<1x1x32xi8>) outs(%d : tensor<4x8xi8>)
      attributes {maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (m, n)>],
                  bounds = array<i64: 4, 8, 4>, num_batch = 0 : i64, num_m = 1 : i64, segment_dims = 1 : i64,
                  lhs_kind = #qnn_cpu<lhs unsigned>, schedule = #schedule} {
  ^bb0(%acc: i32):
    %f = arith.sitofp %acc : i32 to f32
    %q = arith.fptosi %f : f32 to i8
    qnn_cpu.yield %q : i8
  } -> tensor<4x8xi8>
  %1 = tensor.expand_shape %0 [[0, 1], [2]] output_shape [2, 2, 8] : tensor<4x8xi8> into tensor<2x2x8xi8>
  %2 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%1 : tensor<2x2x8xi8>) outs(%e : tensor<2x2x8xi8>) {
  ^bb0(%in: i8, %out: i8):
    %c = arith.constant -128 : i8
    %x = arith.xori %in, %c : i8
    linalg.yield %x : i8
  } -> tensor<2x2x8xi8>
  return %2 : tensor<2x2x8xi8>
}

// -----

#id = affine_map<(d0) -> (d0)>

// CHECK-LABEL: @padding
//       CHECK: %[[S:.+]] = linalg.generic {{.*}} ins(%arg0 : tensor<4xi8>)
//       CHECK: tensor.pad %[[S]] low[1] high[1]
//       CHECK: tensor.yield %c-125_i8
func.func @padding(%a: tensor<4xi8>, %e: tensor<6xi8>) -> tensor<6xi8> {
  %z = arith.constant 3 : i8
  %0 = tensor.pad %a low[1] high[1] {
  ^bb0(%i: index):
    tensor.yield %z : i8
  } : tensor<4xi8> to tensor<6xi8>
  %1 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%0 : tensor<6xi8>) outs(%e : tensor<6xi8>) {
  ^bb0(%in: i8, %out: i8):
    %c = arith.constant -128 : i8
    %x = arith.xori %in, %c : i8
    linalg.yield %x : i8
  } -> tensor<6xi8>
  return %1 : tensor<6xi8>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#schedule = #qnn_cpu.schedule<dot = vpmaddwd, lanes = 8, rows = 2, registers = 1, unroll = 1, prefetch = 0>

// The kernel writes 16 bits for the next one; its row sums stay as they are.
// CHECK-LABEL: @extended_epilogue
//   CHECK-NOT: linalg.generic
//       CHECK: %[[E:.+]] = tensor.empty() : tensor<4x8xi16>
//       CHECK: %[[R:.+]]:2 = qnn_cpu.contract {{.*}} outs(%[[E]] : tensor<4x8xi16>)
//       CHECK:   %[[Q:.+]] = arith.fptosi %{{.+}} : f32 to i8
//       CHECK:   %[[S:.+]] = arith.extsi %[[Q]] : i8 to i32
//       CHECK:   %[[W:.+]] = arith.extui %[[Q]] : i8 to i16
//       CHECK:   qnn_cpu.yield %[[W]], %[[S]] : i16, i32
//       CHECK: return %[[R]]#0, %[[R]]#1 : tensor<4x8xi16>, tensor<4x1xi32>
func.func @extended_epilogue(%a: tensor<4x4xi16>, %w: tensor<1x2x16xi8>, %d: tensor<4x8xi8>, %s: tensor<4x1xi32>) -> (tensor<4x8xi16>, tensor<4x1xi32>) {
  %0:2 = qnn_cpu.contract lhs(%a : tensor<4x4xi16>) rhs(%w : tensor<1x2x16xi8>) outs(%d : tensor<4x8xi8>) sums(%s : tensor<4x1xi32>)
      attributes {maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (m, n)>, affine_map<(m, n, k) -> (m, 0)>],
                  bounds = array<i64: 4, 8, 4>, num_batch = 0 : i64, num_m = 1 : i64, segment_dims = 1 : i64,
                  lhs_kind = #qnn_cpu<lhs signed>, schedule = #schedule} {
  ^bb0(%acc: i32):
    %f = arith.sitofp %acc : i32 to f32
    %q = arith.fptosi %f : f32 to i8
    %x = arith.extsi %q : i8 to i32
    qnn_cpu.yield %q, %x : i8, i32
  } -> tensor<4x8xi8>, tensor<4x1xi32>
  %e = tensor.empty() : tensor<4x8xi16>
  %1 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%0#0 : tensor<4x8xi8>) outs(%e : tensor<4x8xi16>) {
  ^bb0(%in: i8, %out: i16):
    %x = arith.extui %in : i8 to i16
    linalg.yield %x : i16
  } -> tensor<4x8xi16>
  return %1, %0#1 : tensor<4x8xi16>, tensor<4x1xi32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>

// CHECK-LABEL: @extended_elementwise
//       CHECK: %[[R:.+]]:2 = linalg.generic {{.*}} outs(%{{.+}}, %{{.+}} : tensor<4x8xi16>, tensor<4xi32>)
//       CHECK: ^bb0(%{{.+}}: f32, %{{.+}}: i16, %{{.+}}: i32):
//       CHECK:   arith.extsi %{{.+}} : i8 to i16
//       CHECK: return %[[R]]#0
func.func @extended_elementwise(%a: tensor<4x8xf32>, %d: tensor<4x8xi8>, %s: tensor<4xi32>) -> (tensor<4x8xi16>, tensor<4xi32>) {
  %0:2 = linalg.generic {indexing_maps = [#id, #id, #row], iterator_types = ["parallel", "reduction"]}
      ins(%a : tensor<4x8xf32>) outs(%d, %s : tensor<4x8xi8>, tensor<4xi32>) {
  ^bb0(%in: f32, %out: i8, %total: i32):
    %q = arith.fptosi %in : f32 to i8
    %x = arith.extsi %q : i8 to i32
    %t = arith.addi %total, %x : i32
    linalg.yield %q, %t : i8, i32
  } -> (tensor<4x8xi8>, tensor<4xi32>)
  %e = tensor.empty() : tensor<4x8xi16>
  %1 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%0#0 : tensor<4x8xi8>) outs(%e : tensor<4x8xi16>) {
  ^bb0(%in: i8, %out: i16):
    %x = arith.extsi %in : i8 to i16
    linalg.yield %x : i16
  } -> tensor<4x8xi16>
  return %1, %0#1 : tensor<4x8xi16>, tensor<4xi32>
}
