// RUN: quant-opt %s --codegen-nvvm-fuse-rounding --canonicalize --cse | FileCheck %s

// NaN, rounding and both bounds are in the conversion, the zero point is added,
// and two bytes are saturated and packed at once.
// CHECK-LABEL: func @packed
// CHECK-SAME: %[[X:[a-z0-9]+]]: f32, %[[Y:[a-z0-9]+]]: f32
// CHECK-NOT: arith.cmpf
// CHECK-DAG: %[[C0:.+]] = arith.constant 0 : i32
// CHECK-DAG: %[[Z:.+]] = arith.constant 3 : i32
// CHECK: %[[I:.+]] = llvm.inline_asm "cvt.rni.sat.s16.f32 $0, $1;", "=r,f" %[[X]] : (f32) -> i32
// CHECK: %[[A:.+]] = arith.addi %[[I]], %[[Z]] : i32
// CHECK: %[[J:.+]] = llvm.inline_asm "cvt.rni.sat.s16.f32 $0, $1;", "=r,f" %[[Y]] : (f32) -> i32
// CHECK: %[[B:.+]] = arith.addi %[[J]], %[[Z]] : i32
// CHECK: %[[P:.+]] = llvm.inline_asm "cvt.pack.sat.s8.s32.b32 $0, $1, $2, $3;", "=r,r,r,r" %[[B]], %[[A]], %[[C0]] : (i32, i32, i32) -> i32
// CHECK: %[[H:.+]] = arith.trunci %[[P]] : i32 to i16
// CHECK: %[[V:.+]] = vector.broadcast %[[H]] : i16 to vector<1xi16>
// CHECK: vector.bitcast %[[V]] : vector<1xi16> to vector<2xi8>
func.func @packed(%x: f32, %y: f32, %m: memref<2xi8>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %low = arith.constant -131.0 : f32
  %high = arith.constant 124.0 : f32
  %z = arith.constant 3 : i32
  gpu.launch blocks(%bx, %by, %bz) in (%gx = %c1, %gy = %c1, %gz = %c1)
             threads(%tx, %ty, %tz) in (%sx = %c1, %sy = %c1, %sz = %c1) {
    %nan0 = arith.cmpf uno, %x, %x : f32
    %n0 = arith.select %nan0, %zero, %x : f32
    %r0 = math.roundeven %n0 : f32
    %a0 = arith.maximumf %r0, %low : f32
    %b0 = arith.minimumf %a0, %high : f32
    %i0 = arith.fptosi %b0 : f32 to i32
    %j0 = arith.addi %i0, %z : i32
    %q0 = arith.trunci %j0 : i32 to i8
    %r1 = math.roundeven %y : f32
    %a1 = arith.maximumf %r1, %low : f32
    %b1 = arith.minimumf %a1, %high : f32
    %i1 = arith.fptosi %b1 : f32 to i32
    %j1 = arith.addi %i1, %z : i32
    %q1 = arith.trunci %j1 : i32 to i8
    %v = vector.from_elements %q0, %q1 : vector<2xi8>
    vector.store %v, %m[%c0] : memref<2xi8>, vector<2xi8>
    gpu.terminator
  }
  return
}

// A zero point known at run time, of unsigned bytes; one that is stored alone.
// CHECK-LABEL: func @alone
// CHECK: %[[I:.+]] = llvm.inline_asm "cvt.rni.sat.s16.f32
// CHECK: %[[A:.+]] = arith.addi %[[I]], %[[Z:.+]] : i32
// CHECK: %[[P:.+]] = llvm.inline_asm "cvt.pack.sat.u8.s32.b32 $0, $1, $2, $3;", "=r,r,r,r" %{{.*}}, %[[A]], %{{.*}}
// CHECK: %[[Q:.+]] = arith.trunci %[[P]] : i32 to i8
// CHECK: memref.store %[[Q]]
func.func @alone(%x: f32, %zero: i8, %m: memref<2xi8>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c0_i32 = arith.constant 0 : i32
  %c255_i32 = arith.constant 255 : i32
  gpu.launch blocks(%bx, %by, %bz) in (%gx = %c1, %gy = %c1, %gz = %c1)
             threads(%tx, %ty, %tz) in (%sx = %c1, %sy = %c1, %sz = %c1) {
    %z = arith.extui %zero : i8 to i32
    %l = arith.subi %c0_i32, %z : i32
    %low = arith.sitofp %l : i32 to f32
    %h = arith.subi %c255_i32, %z : i32
    %high = arith.sitofp %h : i32 to f32
    %r = math.roundeven %x : f32
    %a = arith.maximumf %r, %low : f32
    %b = arith.minimumf %a, %high : f32
    %i = arith.fptosi %b : f32 to i32
    %j = arith.addi %i, %z : i32
    %q = arith.trunci %j : i32 to i8
    memref.store %q, %m[%c0] : memref<2xi8>
    gpu.terminator
  }
  return
}

// The narrow range has one bound of its own. What the integer is used for besides
// sees it saturated.
// CHECK-LABEL: func @integer
// CHECK: %[[M:.+]] = arith.maximumf %{{.*}}, %{{.*}} : f32
// CHECK: %[[I:.+]] = llvm.inline_asm "cvt.rni.sat.s8.f32 $0, $1;", "=r,f" %[[M]]
// CHECK: memref.store %[[I]]
// CHECK: %[[Q:.+]] = arith.trunci %[[I]] : i32 to i8
// CHECK: memref.store %[[Q]]
func.func @integer(%x: f32, %m: memref<2xi8>, %s: memref<2xi32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %low = arith.constant -127.0 : f32
  %high = arith.constant 127.0 : f32
  gpu.launch blocks(%bx, %by, %bz) in (%gx = %c1, %gy = %c1, %gz = %c1)
             threads(%tx, %ty, %tz) in (%sx = %c1, %sy = %c1, %sz = %c1) {
    %r = math.roundeven %x : f32
    %a = arith.maximumf %r, %low : f32
    %b = arith.minimumf %a, %high : f32
    %i = arith.fptosi %b : f32 to i32
    memref.store %i, %s[%c0] : memref<2xi32>
    %q = arith.trunci %i : i32 to i8
    memref.store %q, %m[%c0] : memref<2xi8>
    gpu.terminator
  }
  return
}

// Bounds of no byte stay. 0 is not between them, so that NaN is still replaced.
// CHECK-LABEL: func @other_bounds
// CHECK: arith.cmpf uno
// CHECK: %[[N:.+]] = arith.select
// CHECK: %[[A:.+]] = arith.maximumf %[[N]]
// CHECK: %[[B:.+]] = arith.minimumf %[[A]]
// CHECK: llvm.inline_asm "cvt.rni.s32.f32 $0, $1;", "=r,f" %[[B]]
func.func @other_bounds(%x: f32, %s: memref<2xi32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %low = arith.constant 3.0 : f32
  %high = arith.constant 127.0 : f32
  gpu.launch blocks(%bx, %by, %bz) in (%gx = %c1, %gy = %c1, %gz = %c1)
             threads(%tx, %ty, %tz) in (%sx = %c1, %sy = %c1, %sz = %c1) {
    %nan = arith.cmpf uno, %x, %x : f32
    %n = arith.select %nan, %zero, %x : f32
    %r = math.roundeven %n : f32
    %a = arith.maximumf %r, %low : f32
    %b = arith.minimumf %a, %high : f32
    %i = arith.fptosi %b : f32 to i32
    memref.store %i, %s[%c0] : memref<2xi32>
    gpu.terminator
  }
  return
}

// CHECK-LABEL: func @on_the_host
// CHECK: math.roundeven
// CHECK: arith.fptosi
func.func @on_the_host(%x: f32) -> i32 {
  %low = arith.constant -128.0 : f32
  %high = arith.constant 127.0 : f32
  %r = math.roundeven %x : f32
  %a = arith.maximumf %r, %low : f32
  %b = arith.minimumf %a, %high : f32
  %i = arith.fptosi %b : f32 to i32
  return %i : i32
}
