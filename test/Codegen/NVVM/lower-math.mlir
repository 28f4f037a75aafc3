// RUN: quant-opt %s --codegen-nvvm-lower-math --verify-diagnostics --split-input-file | FileCheck %s

// CHECK-LABEL: func @main
// CHECK: %[[X:.*]] = memref.load
// CHECK: %[[A:.*]] = llvm.call_intrinsic "llvm.roundeven"(%[[X]])
// CHECK: %[[S:.*]] = llvm.call_intrinsic "llvm.sqrt"(%[[A]])
// CHECK: %[[R:.*]] = arith.divf %{{.*}}, %[[S]]
// CHECK: llvm.call_intrinsic "llvm.fma"(%[[R]], %[[X]], %[[A]])
// CHECK: %[[FALSE:.*]] = arith.constant false
// CHECK: llvm.call_intrinsic "llvm.ctlz"(%{{.*}}, %[[FALSE]])
// CHECK: math.sqrt
func.func @main(%x: memref<4xf32>, %i: i32) {
  %c1 = arith.constant 1 : index
  gpu.launch blocks(%a, %b, %c) in (%d = %c1, %e = %c1, %f = %c1) threads(%g, %h, %j) in (%k = %c1, %l = %c1, %m = %c1) {
    %0 = memref.load %x[%a] : memref<4xf32>
    %1 = math.roundeven %0 : f32
    %2 = math.rsqrt %1 : f32
    %3 = math.fma %2, %0, %1 : f32
    %4 = math.ctlz %i : i32
    memref.store %3, %x[%a] : memref<4xf32>
    gpu.terminator
  }
  // The host's own.
  %5 = arith.sitofp %i : i32 to f32
  %6 = math.sqrt %5 : f32
  return
}

// -----

// The rest of a division of mantissas, 39 bits of the quotient at a time.
// CHECK-LABEL: func @remainder
// CHECK: gpu.launch
// CHECK: arith.remui {{.*}} : i64
// CHECK: scf.while
// CHECK: arith.minsi
// CHECK: arith.shli
// CHECK: arith.remui
// CHECK-NOT: arith.remf
func.func @remainder(%x: memref<4xf32>) {
  %c1 = arith.constant 1 : index
  gpu.launch blocks(%a, %b, %c) in (%d = %c1, %e = %c1, %f = %c1) threads(%g, %h, %i) in (%j = %c1, %k = %c1, %l = %c1) {
    %0 = memref.load %x[%a] : memref<4xf32>
    %1 = memref.load %x[%b] : memref<4xf32>
    %2 = arith.remf %0, %1 : f32
    memref.store %2, %x[%a] : memref<4xf32>
    gpu.terminator
  }
  return
}

// -----

func.func @sine(%x: memref<4xf32>) {
  %c1 = arith.constant 1 : index
  gpu.launch blocks(%a, %b, %c) in (%d = %c1, %e = %c1, %f = %c1) threads(%g, %h, %i) in (%j = %c1, %k = %c1, %l = %c1) {
    %0 = memref.load %x[%a] : memref<4xf32>
    // expected-error @below {{expected a function that kernels can compute, but got 'math.atan' of 'f32'}}
    %1 = math.atan %0 : f32
    memref.store %1, %x[%a] : memref<4xf32>
    gpu.terminator
  }
  return
}
