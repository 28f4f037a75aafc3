// RUN: quant-opt %s --codegen-cpu-approximate-math | FileCheck %s --implicit-check-not=math.exp --implicit-check-not=math.erf --implicit-check-not=math.tanh --implicit-check-not=math.log
// RUN: quant-opt %s --codegen-cpu-approximate-math=split-fma | FileCheck %s --check-prefix=SPLIT --implicit-check-not=math.fma

// Arguments are kept in (-87.5, 89); 2^n is made of the bits of n, and those of
// n = -126 are 0: there are no denormal results.
// CHECK-LABEL: @exp
//   CHECK-DAG: %[[LOW:.+]] = arith.constant dense<-8.750000e+01> : vector<16xf32>
//   CHECK-DAG: %[[HIGH:.+]] = arith.constant dense<8.900000e+01> : vector<16xf32>
//   CHECK-DAG: %[[REBASE:.+]] = arith.constant dense<-1262485378> : vector<16xi32>
//       CHECK: arith.cmpf olt, %{{.*}}, %[[HIGH]]
//       CHECK: arith.cmpf ogt, %{{.*}}, %[[LOW]]
//       CHECK: %[[SHIFTED:.+]] = math.fma
//       CHECK: %[[BITS:.+]] = arith.bitcast %[[SHIFTED]] : vector<16xf32> to vector<16xi32>
//       CHECK: arith.addi %[[BITS]], %[[REBASE]] : vector<16xi32>
//       CHECK: arith.shli
//       CHECK: arith.cmpf uno
// SPLIT-LABEL: @exp
//       SPLIT: arith.mulf
//       SPLIT: arith.addf
func.func @exp(%x: vector<16xf32>) -> vector<16xf32> {
  %0 = math.exp %x : vector<16xf32>
  return %0 : vector<16xf32>
}

// Scalars, too.
// CHECK-LABEL: @functions
//       CHECK: math.fma {{.*}} : f32
func.func @functions(%x: f32) -> (f32, f32, f32, f32) {
  %0 = math.erf %x : f32
  %1 = math.erfc %x : f32
  %2 = math.tanh %x : f32
  %3 = math.log %x : f32
  return %0, %1, %2, %3 : f32, f32, f32, f32
}

// Of 2 / pi the words that the exponent says, of the product the last quarters.
// CHECK-LABEL: @sine
//   CHECK-DAG: %[[WORD:.+]] = arith.constant dense<-1560706194> : vector<8xi32>
//   CHECK-DAG: %[[BEHIND:.+]] = arith.constant dense<62> : vector<8xi64>
//       CHECK: arith.select %{{.*}}, %[[WORD]]
// CHECK-COUNT-3: arith.muli {{.*}} : vector<8xi64>
//       CHECK: arith.shrui %{{.*}}, %[[BEHIND]]
//       CHECK: arith.sitofp {{.*}} : vector<8xi64> to vector<8xf64>
//   CHECK-NOT: math.sin
//   CHECK-NOT: math.cos
func.func @sine(%x: vector<8xf32>) -> vector<8xf32> {
  %0 = math.sin %x : vector<8xf32>
  %1 = math.cos %0 : vector<8xf32>
  return %1 : vector<8xf32>
}

// In f64, rounded once.
// CHECK-LABEL: @power
//       CHECK: arith.extf {{.*}} : vector<8xf32> to vector<8xf64>
//       CHECK: arith.truncf {{.*}} : vector<8xf64> to vector<8xf32>
//   CHECK-NOT: math.powf
func.func @power(%x: vector<8xf32>, %y: vector<8xf32>) -> vector<8xf32> {
  %0 = math.powf %x, %y : vector<8xf32>
  return %0 : vector<8xf32>
}

// Other functions remain calls of libm.
// CHECK-LABEL: @left_alone
//       CHECK: math.atan
func.func @left_alone(%x: vector<8xf32>) -> vector<8xf32> {
  %0 = math.atan %x : vector<8xf32>
  return %0 : vector<8xf32>
}
