// RUN: quant-opt %s --split-input-file --codegen-cpu-split-products=cpu=cascadelake --canonicalize | FileCheck %s
// RUN: quant-opt %s --split-input-file --codegen-cpu-split-products=triple=aarch64-linux-gnu | FileCheck %s --check-prefix=OTHER

#identity = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
#column = affine_map<(d0, d1) -> (d1)>

// A sum of 1024 bytes has 18 bits with its sign, which 8 + 16 bits hold.
// CHECK-LABEL: @row_sums
//       CHECK: %[[ACC:.+]] = linalg.matmul
//       CHECK: %[[B:.+]] = linalg.generic {{.*}} ins(%{{.*}} : tensor<64xi8>) outs(%{{.*}} : tensor<64xi32>)
//       CHECK: %[[X:.+]] = arith.extsi
//       CHECK: %[[LOW:.+]] = arith.andi %[[X]], %c65535_i32
//       CHECK: %[[HIGH:.+]] = arith.shli %[[X]], %c24_i32
//       CHECK: arith.ori %[[LOW]], %[[HIGH]]
//       CHECK: %[[A:.+]] = linalg.generic {{.*}} ins(%{{.*}} : tensor<32xi32>) outs(%{{.*}} : tensor<32xi32>)
//       CHECK: %[[Y:.+]] = arith.subi %c0_i32, %in
//       CHECK: %[[LOW:.+]] = arith.andi %[[Y]], %c255_i32
//       CHECK: %[[HIGH:.+]] = arith.shrsi %[[Y]], %c8_i32
//       CHECK: %[[UP:.+]] = arith.shli %[[HIGH]], %c16_i32
//       CHECK: arith.ori %[[LOW]], %[[UP]]
//       CHECK: linalg.generic {{.*}} ins(%[[ACC]], %[[B]], %[[A]] : tensor<32x64xi32>, tensor<64xi32>, tensor<32xi32>)
// CHECK-COUNT-2: arith.muli
//       CHECK: %[[SUM:.+]] = arith.addi
//       CHECK: arith.addi %in, %[[SUM]]
// OTHER-LABEL: @row_sums
//   OTHER-NOT: arith.shli
func.func @row_sums(%a: tensor<32x1024xi8>, %w: tensor<1024x64xi8>, %zb: tensor<64xi8>, %zero: tensor<32x64xi32>) -> tensor<32x64xi32> {
  %c0 = arith.constant 0 : i32
  %e = tensor.empty() : tensor<32xi32>
  %z = linalg.fill ins(%c0 : i32) outs(%e : tensor<32xi32>) -> tensor<32xi32>
  %ra = linalg.generic {indexing_maps = [#identity, #row], iterator_types = ["parallel", "reduction"]} ins(%a : tensor<32x1024xi8>) outs(%z : tensor<32xi32>) {
  ^bb0(%in: i8, %out: i32):
    %0 = arith.extsi %in : i8 to i32
    %1 = arith.addi %out, %0 : i32
    linalg.yield %1 : i32
  } -> tensor<32xi32>
  %acc = linalg.matmul ins(%a, %w : tensor<32x1024xi8>, tensor<1024x64xi8>) outs(%zero : tensor<32x64xi32>) -> tensor<32x64xi32>
  %t = tensor.empty() : tensor<32x64xi32>
  %y = linalg.generic {indexing_maps = [#identity, #column, #row, #identity], iterator_types = ["parallel", "parallel"]} ins(%acc, %zb, %ra : tensor<32x64xi32>, tensor<64xi8>, tensor<32xi32>) outs(%t : tensor<32x64xi32>) {
  ^bb0(%in: i32, %z0: i8, %r: i32, %out: i32):
    %0 = arith.extsi %z0 : i8 to i32
    %1 = arith.muli %0, %r : i32
    %2 = arith.subi %in, %1 : i32
    linalg.yield %2 : i32
  } -> tensor<32x64xi32>
  return %y : tensor<32x64xi32>
}

// -----

#identity = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
#column = affine_map<(d0, d1) -> (d1)>

// What an argument can be is not known.
// CHECK-LABEL: @unknown
//   CHECK-NOT: arith.shli
// OTHER-LABEL: @unknown
func.func @unknown(%a: tensor<32x1024xi8>, %w: tensor<1024x64xi8>, %zb: tensor<64xi8>, %ra: tensor<32xi32>, %zero: tensor<32x64xi32>) -> tensor<32x64xi32> {
  %acc = linalg.matmul ins(%a, %w : tensor<32x1024xi8>, tensor<1024x64xi8>) outs(%zero : tensor<32x64xi32>) -> tensor<32x64xi32>
  %t = tensor.empty() : tensor<32x64xi32>
  %y = linalg.generic {indexing_maps = [#identity, #column, #row, #identity], iterator_types = ["parallel", "parallel"]} ins(%acc, %zb, %ra : tensor<32x64xi32>, tensor<64xi8>, tensor<32xi32>) outs(%t : tensor<32x64xi32>) {
  ^bb0(%in: i32, %z0: i8, %r: i32, %out: i32):
    %0 = arith.extsi %z0 : i8 to i32
    %1 = arith.muli %0, %r : i32
    %2 = arith.subi %in, %1 : i32
    linalg.yield %2 : i32
  } -> tensor<32x64xi32>
  return %y : tensor<32x64xi32>
}

// -----

#identity = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
#column = affine_map<(d0, d1) -> (d1)>

// A sum of 2^16 bytes can be -2^23, whose negation is one too many.
// CHECK-LABEL: @too_long
//   CHECK-NOT: arith.shli
// OTHER-LABEL: @too_long
func.func @too_long(%a: tensor<32x65536xi8>, %w: tensor<65536x64xi8>, %zb: tensor<64xi8>, %zero: tensor<32x64xi32>) -> tensor<32x64xi32> {
  %c0 = arith.constant 0 : i32
  %e = tensor.empty() : tensor<32xi32>
  %z = linalg.fill ins(%c0 : i32) outs(%e : tensor<32xi32>) -> tensor<32xi32>
  %ra = linalg.generic {indexing_maps = [#identity, #row], iterator_types = ["parallel", "reduction"]} ins(%a : tensor<32x65536xi8>) outs(%z : tensor<32xi32>) {
  ^bb0(%in: i8, %out: i32):
    %0 = arith.extsi %in : i8 to i32
    %1 = arith.addi %out, %0 : i32
    linalg.yield %1 : i32
  } -> tensor<32xi32>
  %acc = linalg.matmul ins(%a, %w : tensor<32x65536xi8>, tensor<65536x64xi8>) outs(%zero : tensor<32x64xi32>) -> tensor<32x64xi32>
  %t = tensor.empty() : tensor<32x64xi32>
  %y = linalg.generic {indexing_maps = [#identity, #column, #row, #identity], iterator_types = ["parallel", "parallel"]} ins(%acc, %zb, %ra : tensor<32x64xi32>, tensor<64xi8>, tensor<32xi32>) outs(%t : tensor<32x64xi32>) {
  ^bb0(%in: i32, %z0: i8, %r: i32, %out: i32):
    %0 = arith.extsi %z0 : i8 to i32
    %1 = arith.muli %0, %r : i32
    %2 = arith.subi %in, %1 : i32
    linalg.yield %2 : i32
  } -> tensor<32x64xi32>
  return %y : tensor<32x64xi32>
}
