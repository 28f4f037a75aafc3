// RUN: quant-opt %s --codegen-cpu-fuse-products=cpu=cascadelake | FileCheck %s
// RUN: quant-opt %s --codegen-cpu-fuse-products=triple=aarch64-linux-gnu | FileCheck %s --check-prefix=OTHER

// CHECK-LABEL: @halves
//  CHECK-SAME: %[[A:[^ ]+]]: vector<16xi32>, %[[B:[^ ]+]]: vector<16xi32>
//       CHECK: %[[X:.+]] = vector.bitcast %[[A]] : vector<16xi32> to vector<32xi16>
//       CHECK: %[[Y:.+]] = vector.bitcast %[[B]] : vector<16xi32> to vector<32xi16>
//       CHECK: %[[R:.+]] = llvm.call_intrinsic "llvm.x86.avx512.pmaddw.d.512"(%[[X]], %[[Y]])
//   CHECK-NOT: arith
//       CHECK: return %[[R]]
// OTHER-LABEL: @halves
// OTHER-COUNT-2: arith.muli
func.func @halves(%a: vector<16xi32>, %b: vector<16xi32>) -> vector<16xi32> {
  %c16 = arith.constant dense<16> : vector<16xi32>
  %0 = arith.shli %a, %c16 : vector<16xi32>
  %1 = arith.shrsi %0, %c16 : vector<16xi32>
  %2 = arith.shli %b, %c16 : vector<16xi32>
  %3 = arith.shrsi %2, %c16 : vector<16xi32>
  %4 = arith.muli %1, %3 : vector<16xi32>
  %5 = arith.shrsi %a, %c16 : vector<16xi32>
  %6 = arith.shrsi %b, %c16 : vector<16xi32>
  %7 = arith.muli %6, %5 : vector<16xi32>
  %8 = arith.addi %4, %7 : vector<16xi32>
  return %8 : vector<16xi32>
}

// Halves of different words stay as they are.
// CHECK-LABEL: @different
//       CHECK: arith.muli
//   CHECK-NOT: pmadd
func.func @different(%a: vector<16xi32>, %b: vector<16xi32>, %c: vector<16xi32>) -> vector<16xi32> {
  %c16 = arith.constant dense<16> : vector<16xi32>
  %0 = arith.shli %a, %c16 : vector<16xi32>
  %1 = arith.shrsi %0, %c16 : vector<16xi32>
  %2 = arith.shli %b, %c16 : vector<16xi32>
  %3 = arith.shrsi %2, %c16 : vector<16xi32>
  %4 = arith.muli %1, %3 : vector<16xi32>
  %5 = arith.shrsi %a, %c16 : vector<16xi32>
  %6 = arith.shrsi %c, %c16 : vector<16xi32>
  %7 = arith.muli %5, %6 : vector<16xi32>
  %8 = arith.addi %4, %7 : vector<16xi32>
  return %8 : vector<16xi32>
}

// CHECK-LABEL: @narrow
//       CHECK: "llvm.x86.sse2.pmadd.wd"
func.func @narrow(%a: vector<4xi32>, %b: vector<4xi32>) -> vector<4xi32> {
  %bits = arith.constant 16 : i32
  %c16 = vector.broadcast %bits : i32 to vector<4xi32>
  %0 = arith.shli %a, %c16 : vector<4xi32>
  %1 = arith.shrsi %0, %c16 : vector<4xi32>
  %2 = arith.shli %b, %c16 : vector<4xi32>
  %3 = arith.shrsi %2, %c16 : vector<4xi32>
  %4 = arith.muli %1, %3 : vector<4xi32>
  %5 = arith.shrsi %a, %c16 : vector<4xi32>
  %6 = arith.shrsi %b, %c16 : vector<4xi32>
  %7 = arith.muli %5, %6 : vector<4xi32>
  %8 = arith.addi %4, %7 : vector<4xi32>
  return %8 : vector<4xi32>
}
