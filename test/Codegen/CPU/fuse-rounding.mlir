// RUN: quant-opt %s --codegen-cpu-fuse-rounding=cpu=cascadelake | FileCheck %s
// RUN: quant-opt %s --codegen-cpu-fuse-rounding=triple=aarch64-linux-gnu | FileCheck %s --check-prefix=NEON

// CHECK-LABEL: @quantize
//  CHECK-SAME: %[[X:[^ ]+]]: vector<16xf32>
//   CHECK-NOT: roundeven
//       CHECK: %[[MAX:.+]] = arith.maximumf %[[X]], %{{.*}} fastmath<nnan>
//       CHECK: %[[MIN:.+]] = arith.minimumf %[[MAX]], %{{.*}} fastmath<nnan>
//       CHECK: llvm.call_intrinsic "llvm.x86.avx512.mask.cvtps2dq.512"(%[[MIN]],
//  NEON-LABEL: @quantize
//        NEON: math.roundeven
//        NEON: arith.fptosi
func.func @quantize(%x: vector<16xf32>) -> vector<16xi32> {
  %low = arith.constant dense<-128.0> : vector<16xf32>
  %high = arith.constant dense<127.0> : vector<16xf32>
  %0 = math.roundeven %x : vector<16xf32>
  %1 = arith.maximumf %0, %low : vector<16xf32>
  %2 = arith.minimumf %1, %high : vector<16xf32>
  %3 = arith.fptosi %2 : vector<16xf32> to vector<16xi32>
  return %3 : vector<16xi32>
}

// Bounds that depend on a zero point are integers, too.
// CHECK-LABEL: @zero_point
//       CHECK: "llvm.x86.avx.cvt.ps2dq.256"
func.func @zero_point(%x: vector<8xf32>, %z: i32) -> vector<8xi32> {
  %low = arith.sitofp %z : i32 to f32
  %bound = vector.broadcast %low : f32 to vector<8xf32>
  %0 = math.roundeven %x : vector<8xf32>
  %1 = arith.maximumf %0, %bound : vector<8xf32>
  %2 = arith.fptosi %1 : vector<8xf32> to vector<8xi32>
  return %2 : vector<8xi32>
}

// Rounding does not commute with 0.5.
// CHECK-LABEL: @fraction
//       CHECK: math.roundeven
//       CHECK: arith.fptosi
func.func @fraction(%x: vector<4xf32>) -> vector<4xi32> {
  %high = arith.constant dense<0.5> : vector<4xf32>
  %0 = math.roundeven %x : vector<4xf32>
  %1 = arith.minimumf %0, %high : vector<4xf32>
  %2 = arith.fptosi %1 : vector<4xf32> to vector<4xi32>
  return %2 : vector<4xi32>
}

// Scalars and odd vectors keep the portable form.
// CHECK-LABEL: @scalar
//       CHECK: math.roundeven
func.func @scalar(%x: f32) -> i32 {
  %0 = math.roundeven %x : f32
  %1 = arith.fptosi %0 : f32 to i32
  return %1 : i32
}
