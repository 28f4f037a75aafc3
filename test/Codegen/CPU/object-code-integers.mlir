// The instructions that come out in the end for unsigned bytes and 16 bits.
// RUN: quant-opt %s --qnn-to-cpu=cpu=cascadelake | mlir-translate --mlir-to-llvmir | opt -O2 -mcpu=cascadelake -S | llc -mcpu=cascadelake | FileCheck %s --check-prefix=VNNI
// RUN: quant-opt %s --qnn-to-cpu=cpu=haswell | mlir-translate --mlir-to-llvmir | opt -O2 -mcpu=haswell -S | llc -mcpu=haswell | FileCheck %s --check-prefix=AVX2
// RUN: quant-opt %s --qnn-to-cpu="triple=aarch64-linux-gnu cpu=generic features=+dotprod" | mlir-translate --mlir-to-llvmir | llc -O2 -mtriple=aarch64-linux-gnu -mattr=+dotprod | FileCheck %s --check-prefix=DOTPROD

#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>

// VNNI: vpdpbusd {{.*}}%zmm
// LLVM makes one instruction of vpmaddwd and the addition.
// VNNI: vpdpwssd {{.*}}%zmm
// AVX2: vpmovzxbw
// AVX2: vpmaddwd {{.*}}%ymm
// DOTPROD: udot v{{[0-9]+}}.4s
func.func @main(%a: tensor<64x768xi8>, %w: tensor<768x192xi8>, %b: tensor<64x768xi16>, %v: tensor<768x192xi16>, %c: tensor<64x192xi32>)
    -> (tensor<64x192xi32>, tensor<64x192xi32>) {
  %r = linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %w : tensor<64x768xi8>, tensor<768x192xi8>) outs(%c : tensor<64x192xi32>) {
  ^bb0(%x: i8, %y: i8, %z: i32):
    %0 = arith.extui %x : i8 to i32
    %1 = arith.extui %y : i8 to i32
    %2 = arith.muli %0, %1 : i32
    %3 = arith.addi %z, %2 : i32
    linalg.yield %3 : i32
  } -> tensor<64x192xi32>
  %s = linalg.matmul ins(%b, %v : tensor<64x768xi16>, tensor<768x192xi16>) outs(%c : tensor<64x192xi32>) -> tensor<64x192xi32>
  return %r, %s : tensor<64x192xi32>, tensor<64x192xi32>
}
