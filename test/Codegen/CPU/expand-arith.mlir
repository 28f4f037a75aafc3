// RUN: quant-opt %s --codegen-cpu-expand-arith | FileCheck %s

// CHECK-LABEL: func @expanded(
// CHECK-NOT: arith.floordivsi
// CHECK-NOT: arith.extf
// CHECK: return
func.func @expanded(%a: i32, %b: i32, %h: bf16) -> (i32, f32) {
  %0 = arith.floordivsi %a, %b : i32
  %1 = arith.extf %h : bf16 to f32
  return %0, %1 : i32, f32
}

// CHECK-LABEL: func @kept(
// CHECK: arith.maximumf
// CHECK: arith.minimumf
func.func @kept(%a: f32, %b: f32) -> f32 {
  %0 = arith.maximumf %a, %b : f32
  %1 = arith.minimumf %0, %b : f32
  return %1 : f32
}
