// RUN: quant-opt %s --codegen-cpu-round-quotients | FileCheck %s

// CHECK-LABEL: @quantize
//   CHECK-DAG: %[[H:.+]] = arith.constant 33.3333321 : f32
//   CHECK-DAG: %[[L:.+]] = arith.constant {{.+}}E-6 : f32
//       CHECK: %[[P:.+]] = arith.mulf %arg0, %[[L]]
//       CHECK: %[[Q:.+]] = math.fma %arg0, %[[H]], %[[P]]
//   CHECK-NOT: arith.divf
//       CHECK: arith.cmpf uno, %[[Q]], %[[Q]]
func.func @quantize(%x: f32) -> i8 {
  %s = arith.constant 3.0e-02 : f32
  %zero = arith.constant 0.0 : f32
  %low = arith.constant -128.0 : f32
  %high = arith.constant 127.0 : f32
  %q = arith.divf %x, %s : f32
  %nan = arith.cmpf uno, %q, %q : f32
  %n = arith.select %nan, %zero, %q : f32
  %r = math.roundeven %n : f32
  %a = arith.maximumf %r, %low : f32
  %b = arith.minimumf %a, %high : f32
  %i = arith.fptosi %b : f32 to i8
  return %i : i8
}

// A power of two has an exact reciprocal.
// CHECK-LABEL: @power
//       CHECK: arith.mulf %arg0, %{{.+}} : f32
//   CHECK-NOT: fma
//       CHECK: math.roundeven
func.func @power(%x: f32) -> i8 {
  %s = arith.constant 0.125 : f32
  %low = arith.constant -128.0 : f32
  %high = arith.constant 127.0 : f32
  %q = arith.divf %x, %s : f32
  %r = math.roundeven %q : f32
  %a = arith.maximumf %r, %low : f32
  %b = arith.minimumf %a, %high : f32
  %i = arith.fptosi %b : f32 to i8
  return %i : i8
}

// The quotient itself is read.
// CHECK-LABEL: @other_reader
//       CHECK: arith.divf
func.func @other_reader(%x: f32) -> (i8, f32) {
  %s = arith.constant 3.0e-02 : f32
  %low = arith.constant -128.0 : f32
  %high = arith.constant 127.0 : f32
  %q = arith.divf %x, %s : f32
  %r = math.roundeven %q : f32
  %a = arith.maximumf %r, %low : f32
  %b = arith.minimumf %a, %high : f32
  %i = arith.fptosi %b : f32 to i8
  return %i, %q : i8, f32
}

// No bounds, no rounding, no constant, and a scale at the end of the range.
// CHECK-LABEL: @kept
// CHECK-COUNT-4: arith.divf
func.func @kept(%x: f32, %y: f32) -> (i32, i32, i32, i32) {
  %s = arith.constant 3.0e-02 : f32
  %tiny = arith.constant 1.0e-30 : f32
  %low = arith.constant -128.0 : f32
  %high = arith.constant 127.0 : f32
  %q0 = arith.divf %x, %s : f32
  %r0 = math.roundeven %q0 : f32
  %i0 = arith.fptosi %r0 : f32 to i32
  %q1 = arith.divf %x, %s : f32
  %a1 = arith.maximumf %q1, %low : f32
  %b1 = arith.minimumf %a1, %high : f32
  %i1 = arith.fptosi %b1 : f32 to i32
  %q2 = arith.divf %x, %y : f32
  %r2 = math.roundeven %q2 : f32
  %a2 = arith.maximumf %r2, %low : f32
  %b2 = arith.minimumf %a2, %high : f32
  %i2 = arith.fptosi %b2 : f32 to i32
  %q3 = arith.divf %x, %tiny : f32
  %r3 = math.roundeven %q3 : f32
  %a3 = arith.maximumf %r3, %low : f32
  %b3 = arith.minimumf %a3, %high : f32
  %i3 = arith.fptosi %b3 : f32 to i32
  return %i0, %i1, %i2, %i3 : i32, i32, i32, i32
}
