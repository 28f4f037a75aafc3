// RUN: quant-opt %s --codegen-cpu-form-kernels=cpu=cascadelake --split-input-file | FileCheck %s --check-prefixes=CHECK,INTEL
// RUN: quant-opt %s --codegen-cpu-form-kernels=cpu=znver5 --split-input-file | FileCheck %s --check-prefixes=CHECK,ZEN
// RUN: quant-opt %s --codegen-cpu-form-kernels=cpu=haswell --split-input-file | FileCheck %s --check-prefixes=CHECK,AVX2
// RUN: quant-opt %s --codegen-cpu-form-kernels="triple=aarch64-linux-gnu cpu=generic features=+dotprod" --split-input-file | FileCheck %s --check-prefixes=CHECK,ARM

#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>

// vpdpbusd takes this pair as it is; sdot reads signed bytes on the left, 128
// too small.
// CHECK-LABEL: @unsigned_lhs
//   INTEL-NOT: xori
//   INTEL-NOT: correction
//       INTEL: qnn_cpu.contract {{.*}} lhs_kind = #qnn_cpu<lhs unsigned>, {{.*}}dot = vpdpbusd
//     ZEN-NOT: xori
//     ZEN-NOT: correction
//         ZEN: qnn_cpu.contract {{.*}} lhs_kind = #qnn_cpu<lhs unsigned>, {{.*}}dot = vpdpbusd
//    AVX2-NOT: correction
//        AVX2: arith.extui %{{.+}} : i8 to i16
//        AVX2: qnn_cpu.contract lhs({{.*}}xi16>) {{.*}} lhs_kind = #qnn_cpu<lhs signed>, {{.*}}dot = vpmaddwd
//         ARM: arith.xori
//         ARM: qnn_cpu.pack {{.*}} correction
//         ARM: qnn_cpu.contract {{.*}} correction{{.*}} lhs_kind = #qnn_cpu<lhs offset>, {{.*}}dot = sdot
func.func @unsigned_lhs(%a: tensor<8x12xi8>, %w: tensor<12x48xi8>, %i: tensor<8x48xi32>) -> tensor<8x48xi32> {
  %r = linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %w : tensor<8x12xi8>, tensor<12x48xi8>) outs(%i : tensor<8x48xi32>) {
  ^bb0(%x: i8, %y: i8, %z: i32):
    %0 = arith.extui %x : i8 to i32
    %1 = arith.extsi %y : i8 to i32
    %2 = arith.muli %0, %1 : i32
    %3 = arith.addi %z, %2 : i32
    linalg.yield %3 : i32
  } -> tensor<8x48xi32>
  return %r : tensor<8x48xi32>
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>

// The instruction's factors change places: nothing to correct.
// CHECK-LABEL: @unsigned_rhs
//   INTEL-NOT: xori
//   INTEL-NOT: correction
//       INTEL: qnn_cpu.pack {{.*}} rhs_unsigned
//       INTEL: qnn_cpu.contract {{.*}} lhs_kind = #qnn_cpu<lhs signed>, {{.*}} rhs_unsigned, {{.*}}dot = vpdpbusd
//     ZEN-NOT: correction
//         ZEN: qnn_cpu.contract {{.*}} lhs_kind = #qnn_cpu<lhs signed>, {{.*}} rhs_unsigned, {{.*}}dot = vpdpbusd
//    AVX2-NOT: correction
//        AVX2: arith.extsi %{{.+}} : i8 to i16
//        AVX2: qnn_cpu.contract lhs({{.*}}xi16>) {{.*}} rhs_unsigned, {{.*}}dot = vpmaddwd
//         ARM: qnn_cpu.contract {{.*}} correction{{.*}} lhs_kind = #qnn_cpu<lhs offset>, {{.*}} rhs_unsigned, {{.*}}dot = sdot
func.func @unsigned_rhs(%a: tensor<8x12xi8>, %w: tensor<12x48xi8>, %i: tensor<8x48xi32>) -> tensor<8x48xi32> {
  %r = linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %w : tensor<8x12xi8>, tensor<12x48xi8>) outs(%i : tensor<8x48xi32>) {
  ^bb0(%x: i8, %y: i8, %z: i32):
    %0 = arith.extsi %x : i8 to i32
    %1 = arith.extui %y : i8 to i32
    %2 = arith.muli %0, %1 : i32
    %3 = arith.addi %z, %2 : i32
    linalg.yield %3 : i32
  } -> tensor<8x48xi32>
  return %r : tensor<8x48xi32>
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>

// One of the two has to be signed for vpdpbusd: the left one, 128 too small.
// CHECK-LABEL: @unsigned_both
//       INTEL: arith.xori
//       INTEL: qnn_cpu.pack {{.*}} correction{{.*}} rhs_unsigned
//       INTEL: qnn_cpu.contract {{.*}} correction{{.*}} lhs_kind = #qnn_cpu<lhs offset>, {{.*}} rhs_unsigned, {{.*}}dot = vpdpbusd
//     ZEN-NOT: xori
//         ZEN: qnn_cpu.contract {{.*}} correction{{.*}} lhs_kind = #qnn_cpu<lhs unsigned>, {{.*}} rhs_unsigned, {{.*}}dot = vpdpbusd
//    AVX2-NOT: correction
//        AVX2: qnn_cpu.contract {{.*}}dot = vpmaddwd
//     ARM-NOT: xori
//     ARM-NOT: correction
//         ARM: qnn_cpu.contract {{.*}} lhs_kind = #qnn_cpu<lhs unsigned>, {{.*}} rhs_unsigned, {{.*}}dot = sdot
func.func @unsigned_both(%a: tensor<8x12xi8>, %w: tensor<12x48xi8>, %i: tensor<8x48xi32>) -> tensor<8x48xi32> {
  %r = linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %w : tensor<8x12xi8>, tensor<12x48xi8>) outs(%i : tensor<8x48xi32>) {
  ^bb0(%x: i8, %y: i8, %z: i32):
    %0 = arith.extui %x : i8 to i32
    %1 = arith.extui %y : i8 to i32
    %2 = arith.muli %0, %1 : i32
    %3 = arith.addi %z, %2 : i32
    linalg.yield %3 : i32
  } -> tensor<8x48xi32>
  return %r : tensor<8x48xi32>
}

// -----

// Pairs of 16 bits, which vpmaddwd takes as they are; weights of 8 bits stay
// so in memory.
// CHECK-LABEL: @wide
//       INTEL: qnn_cpu.pack source(%{{.*}} : tensor<12x48xi8>) outs(%{{.*}} : tensor<{{.*}}xi8>)
//       INTEL: qnn_cpu.contract lhs(%{{.*}} : tensor<8x12xi16>) {{.*}} lhs_kind = #qnn_cpu<lhs signed>, {{.*}}dot = vpmaddwd
//        AVX2: qnn_cpu.contract lhs(%{{.*}} : tensor<8x12xi16>) {{.*}}dot = vpmaddwd
//         ARM: qnn_cpu.contract lhs(%{{.*}} : tensor<8x12xi16>) {{.*}}dot = muladd
func.func @wide(%a: tensor<8x12xi16>, %w: tensor<12x48xi8>, %i: tensor<8x48xi32>) -> tensor<8x48xi32> {
  %r = linalg.matmul ins(%a, %w : tensor<8x12xi16>, tensor<12x48xi8>) outs(%i : tensor<8x48xi32>) -> tensor<8x48xi32>
  return %r : tensor<8x48xi32>
}

// -----

// Sums of 64 bits are left to the vectorizer.
// CHECK-LABEL: @wide_sums
//   CHECK-NOT: qnn_cpu
//       CHECK: linalg.matmul
func.func @wide_sums(%a: tensor<8x12xi16>, %w: tensor<12x48xi16>, %i: tensor<8x48xi64>) -> tensor<8x48xi64> {
  %r = linalg.matmul ins(%a, %w : tensor<8x12xi16>, tensor<12x48xi16>) outs(%i : tensor<8x48xi64>) -> tensor<8x48xi64>
  return %r : tensor<8x48xi64>
}
