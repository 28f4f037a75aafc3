// The instructions that come out in the end, by target.
// RUN: quant-opt %s --qnn-to-cpu=cpu=cascadelake | mlir-translate --mlir-to-llvmir | opt -O2 -mcpu=cascadelake -S | llc -mcpu=cascadelake | FileCheck %s --check-prefix=VNNI
// RUN: quant-opt %s --qnn-to-cpu=cpu=alderlake | mlir-translate --mlir-to-llvmir | opt -O2 -mcpu=alderlake -S | llc -mcpu=alderlake | FileCheck %s --check-prefix=AVXVNNI
// RUN: quant-opt %s --qnn-to-cpu=cpu=haswell | mlir-translate --mlir-to-llvmir | opt -O2 -mcpu=haswell -S | llc -mcpu=haswell | FileCheck %s --check-prefix=AVX2
// RUN: quant-opt %s --qnn-to-cpu=cpu=x86-64 | mlir-translate --mlir-to-llvmir | opt -O2 -mcpu=x86-64 -S | llc -mcpu=x86-64 | FileCheck %s --check-prefix=SSE2
// RUN: quant-opt %s --qnn-to-cpu="triple=aarch64-linux-gnu cpu=generic features=+dotprod" | mlir-translate --mlir-to-llvmir | llc -O2 -mtriple=aarch64-linux-gnu -mattr=+dotprod | FileCheck %s --check-prefix=DOTPROD
// RUN: quant-opt %s --qnn-to-cpu="triple=aarch64-linux-gnu cpu=generic" | mlir-translate --mlir-to-llvmir | llc -O2 -mtriple=aarch64-linux-gnu | FileCheck %s --check-prefix=NEON

// VNNI-COUNT-24: vpdpbusd {{.*}}%zmm
// AVXVNNI: {vex} vpdpbusd {{.*}}%ymm
// AVX2: vpmaddwd {{.*}}%ymm
// SSE2: pmaddwd {{.*}}%xmm
// DOTPROD: sdot v{{[0-9]+}}.4s
// NEON: {{smlal2?|mla}} v{{[0-9]+}}.4s
func.func @main(%a: tensor<64x768xi8>, %w: tensor<768x192xi8>, %scale: tensor<192xf32>) -> tensor<64x192xi8> {
  %zero = arith.constant 0 : i32
  %e = tensor.empty() : tensor<64x192xi32>
  %f = linalg.fill ins(%zero : i32) outs(%e : tensor<64x192xi32>) -> tensor<64x192xi32>
  %acc = linalg.matmul ins(%a, %w : tensor<64x768xi8>, tensor<768x192xi8>)
                       outs(%f : tensor<64x192xi32>) -> tensor<64x192xi32>
  %d = tensor.empty() : tensor<64x192xi8>
  %r = linalg.generic {
      indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (n)>, affine_map<(m, n) -> (m, n)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%acc, %scale : tensor<64x192xi32>, tensor<192xf32>) outs(%d : tensor<64x192xi8>) {
  ^bb0(%x: i32, %s: f32, %o: i8):
    %low = arith.constant -128.0 : f32
    %high = arith.constant 127.0 : f32
    %0 = arith.sitofp %x : i32 to f32
    %1 = arith.mulf %0, %s : f32
    %2 = math.roundeven %1 : f32
    %3 = arith.maximumf %2, %low : f32
    %4 = arith.minimumf %3, %high : f32
    %5 = arith.fptosi %4 : f32 to i32
    %6 = arith.trunci %5 : i32 to i8
    linalg.yield %6 : i8
  } -> tensor<64x192xi8>
  return %r : tensor<64x192xi8>
}
