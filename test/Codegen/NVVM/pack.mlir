// RUN: quant-opt %s --codegen-nvvm-form-kernels=chip=sm_80 --codegen-nvvm-pack | FileCheck %s

// Columns become rows, which are padded to 16 bytes.
// CHECK-DAG: #[[NK:.*]] = affine_map<(d0, d1, d2) -> (d1, d2)>
// CHECK-LABEL: func @transposed
// CHECK: %[[W:.*]] = arith.constant dense<{{\[}}[1, 3, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], [2, 4, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]]> : tensor<2x16xi8>
// CHECK: qnn_gpu.contract lhs({{.*}}) rhs(%[[W]] : tensor<2x16xi8>)
// CHECK-SAME: maps = [#{{.*}}, #[[NK]],
func.func @transposed(%a: tensor<4x3xi8>, %c: tensor<4x2xi32>) -> tensor<4x2xi32> {
  %w = arith.constant dense<[[1, 2], [3, 4], [5, 6]]> : tensor<3x2xi8>
  %r = linalg.matmul ins(%a, %w : tensor<4x3xi8>, tensor<3x2xi8>) outs(%c : tensor<4x2xi32>) -> tensor<4x2xi32>
  return %r : tensor<4x2xi32>
}

// What lies in rows of 16 bytes already stays.
// CHECK-LABEL: func @rows
// CHECK: %[[W:.*]] = arith.constant dense_resource<w> : tensor<4x16xi8>
// CHECK: rhs(%[[W]] : tensor<4x16xi8>)
func.func @rows(%a: tensor<4x16xi8>, %c: tensor<4x4xi32>) -> tensor<4x4xi32> {
  %w = arith.constant dense_resource<w> : tensor<4x16xi8>
  %r = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>],
                       iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %w : tensor<4x16xi8>, tensor<4x16xi8>) outs(%c : tensor<4x4xi32>) {
    ^bb0(%x: i8, %y: i8, %z: i32):
      %x32 = arith.extsi %x : i8 to i32
      %y32 = arith.extsi %y : i8 to i32
      %p = arith.muli %x32, %y32 : i32
      %t = arith.addi %z, %p : i32
      linalg.yield %t : i32
  } -> tensor<4x4xi32>
  return %r : tensor<4x4xi32>
}

{-#
  dialect_resources: {
    builtin: {
      w: "0x400000000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F202122232425262728292A2B2C2D2E2F303132333435363738393A3B3C3D3E3F40"
    }
  }
#-}
