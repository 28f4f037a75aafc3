// RUN: quant-opt %s --codegen-nvvm-lower-f8 --canonicalize --cse -split-input-file -verify-diagnostics | FileCheck %s

// Neighbours share a conversion, the second above the first.
// CHECK-LABEL: func @pairs
// CHECK-SAME: %[[X:[a-z0-9]+]]: f32, %[[Y:[a-z0-9]+]]: f32
// CHECK: %[[P:.+]] = nvvm.convert.f32x2.to.f8x2 %[[Y]], %[[X]] {rnd = #nvvm.fp_rnd_mode<rn>, sat = #nvvm.sat_mode<satfinite>} : i16(f8E4M3FN)
// CHECK: %[[V:.+]] = vector.broadcast %[[P]] : i16 to vector<1xi16>
// CHECK: vector.bitcast %[[V]] : vector<1xi16> to vector<2xi8>
// CHECK-NOT: nvvm.convert
func.func @pairs(%x: f32, %y: f32, %m: memref<2xi8>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %low = arith.constant -448.0 : f32
  %high = arith.constant 448.0 : f32
  gpu.launch blocks(%bx, %by, %bz) in (%gx = %c1, %gy = %c1, %gz = %c1)
             threads(%tx, %ty, %tz) in (%sx = %c1, %sy = %c1, %sz = %c1) {
    %a0 = arith.maximumf %x, %low : f32
    %b0 = arith.minimumf %a0, %high : f32
    %t0 = arith.truncf %b0 : f32 to f8E4M3FN
    %q0 = arith.bitcast %t0 : f8E4M3FN to i8
    %a1 = arith.maximumf %y, %low : f32
    %b1 = arith.minimumf %a1, %high : f32
    %t1 = arith.truncf %b1 : f32 to f8E4M3FN
    %q1 = arith.bitcast %t1 : f8E4M3FN to i8
    %v = vector.from_elements %q0, %q1 : vector<2xi8>
    vector.store %v, %m[%c0] : memref<2xi8>, vector<2xi8>
    gpu.terminator
  }
  return
}

// -----

// CHECK-LABEL: func @alone
// CHECK: %[[P:.+]] = nvvm.convert.f32x2.to.f8x2 %{{.*}}, %{{.*}} {{.*}} : i16(f8E5M2)
// CHECK: %[[Q:.+]] = arith.trunci %[[P]] : i16 to i8
// CHECK: memref.store %[[Q]]
func.func @alone(%x: f32, %m: memref<2xi8>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %low = arith.constant -57344.0 : f32
  %high = arith.constant 57344.0 : f32
  gpu.launch blocks(%bx, %by, %bz) in (%gx = %c1, %gy = %c1, %gz = %c1)
             threads(%tx, %ty, %tz) in (%sx = %c1, %sy = %c1, %sz = %c1) {
    %a = arith.maximumf %x, %low : f32
    %b = arith.minimumf %a, %high : f32
    %t = arith.truncf %b : f32 to f8E5M2
    %q = arith.bitcast %t : f8E5M2 to i8
    memref.store %q, %m[%c0] : memref<2xi8>
    gpu.terminator
  }
  return
}

// -----

// Both elements of a pair come from the same conversion.
// CHECK-LABEL: func @decoded
// CHECK: %[[P:.+]] = vector.extract_strided_slice %{{.*}} {offsets = [2], sizes = [2], strides = [1]} : vector<4xi8> to vector<2xi8>
// CHECK: %[[H:.+]] = nvvm.convert.f8x2.to.f16x2 %[[P]] : vector<2xi8>(f8E4M3FN) -> vector<2xf16>
// CHECK: %[[A:.+]] = vector.extract %[[H]][0]
// CHECK: arith.extf %[[A]] : f16 to f32
// CHECK: %[[I:.+]] = nvvm.convert.f8x2.to.f16x2 %[[P]]
// CHECK: %[[B:.+]] = vector.extract %[[I]][1]
// CHECK: arith.extf %[[B]] : f16 to f32
func.func @decoded(%m: memref<4xi8>, %r: memref<2xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  gpu.launch blocks(%bx, %by, %bz) in (%gx = %c1, %gy = %c1, %gz = %c1)
             threads(%tx, %ty, %tz) in (%sx = %c1, %sy = %c1, %sz = %c1) {
    %v = vector.load %m[%c0] : memref<4xi8>, vector<4xi8>
    %x = vector.extract %v[2] : i8 from vector<4xi8>
    %xf8 = arith.bitcast %x : i8 to f8E4M3FN
    %xf = arith.extf %xf8 : f8E4M3FN to f32
    memref.store %xf, %r[%c0] : memref<2xf32>
    %y = vector.extract %v[3] : i8 from vector<4xi8>
    %yf8 = arith.bitcast %y : i8 to f8E4M3FN
    %yf = arith.extf %yf8 : f8E4M3FN to f32
    memref.store %yf, %r[%c1] : memref<2xf32>
    gpu.terminator
  }
  return
}

// -----

func.func @not_clamped(%x: f32, %m: memref<2xi8>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  gpu.launch blocks(%bx, %by, %bz) in (%gx = %c1, %gy = %c1, %gz = %c1)
             threads(%tx, %ty, %tz) in (%sx = %c1, %sy = %c1, %sz = %c1) {
    // expected-error @below {{expected a number clamped to what 'f8E5M2' can hold}}
    %t = arith.truncf %x : f32 to f8E5M2
    %q = arith.bitcast %t : f8E5M2 to i8
    memref.store %q, %m[%c0] : memref<2xi8>
    gpu.terminator
  }
  return
}
