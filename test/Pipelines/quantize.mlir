// The whole road from an annotated module to integer form.

// RUN: quant-opt %s -qnn-quantize="statistics=%S/Inputs/statistics.json recipe=%source_dir/recipes/w8a8-symmetric.yaml" | FileCheck %s --check-prefixes=CHECK,SYMMETRIC
// RUN: quant-opt %s -qnn-quantize="statistics=%S/Inputs/statistics.json recipe=%source_dir/recipes/w8a8-asymmetric.yaml" | FileCheck %s --check-prefixes=CHECK,ASYMMETRIC
// RUN: quant-opt %s -qnn-quantize="statistics=%S/Inputs/statistics.json recipe=%source_dir/recipes/w8a8-symmetric-smooth.yaml" | FileCheck %s --check-prefixes=CHECK,SMOOTH
// RUN: quant-opt %s -qnn-quantize="statistics=%S/Inputs/statistics.json recipe=%source_dir/recipes/w8a8-symmetric.yaml smooth=0.5" | FileCheck %s --check-prefixes=CHECK,SMOOTH
// RUN: quant-opt %s -qnn-quantize="statistics=%S/Inputs/statistics.json recipe=%source_dir/recipes/w8a8-symmetric-smooth.yaml smooth=none" | FileCheck %s --check-prefixes=CHECK,SYMMETRIC
// RUN: not quant-opt %s -qnn-quantize="statistics=%S/Inputs/statistics.json recipe=%t.none" 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not quant-opt %s -qnn-quantize="recipe=%source_dir/recipes/w8a8-symmetric.yaml smooth=2" 2>&1 | FileCheck %s --check-prefix=ALPHA
// RUN: not quant-opt %s -qnn-quantize="recipe=%source_dir/recipes/w8a8-symmetric.yaml" 2>&1 | FileCheck %s --check-prefix=UNCALIBRATED

// NONE: cannot open '{{.*}}.none': No such file or directory
// ALPHA: expected smooth to be an alpha in [0, 1], 'auto', 'none' or 'recipe', but got '2'
// UNCALIBRATED: error: 'qnn.observe' op expected statistics of observer 'a/lhs'

// The activation is divided by its scale (after smoothing: multiplied first, in
// the same loop), the zero point's correction is the accumulator's initial
// value, and one elementwise tail is left.

// CHECK-LABEL: func.func @main
// CHECK:         %[[Q:.*]] = linalg.generic
// SYMMETRIC-NOT: arith.mulf
// ASYMMETRIC-NOT: arith.mulf
// SMOOTH:          arith.mulf
// CHECK:           arith.divf
// ASYMMETRIC:      arith.addi
// CHECK:         } -> tensor<4x2xi8>
// SYMMETRIC:     %[[I:.*]] = linalg.fill
// SMOOTH:        %[[I:.*]] = linalg.fill
// ASYMMETRIC:    %[[I:.*]] = linalg.broadcast
// CHECK:         linalg.matmul {{.*}}qnn.site = "a"
// CHECK-SAME:      ins(%[[Q]], %{{.*}} : tensor<4x2xi8>, tensor<2x3xi8>) outs(%[[I]] : tensor<4x3xi32>)
// CHECK:         linalg.generic
// CHECK:           arith.sitofp
// CHECK-NEXT:      arith.mulf
// CHECK-NOT:     linalg.generic
// CHECK-NOT:     qnn.observe
module attributes {qnn.fingerprint = "f00d"} {
  func.func @main(%x: tensor<4x2xf32>) -> tensor<4x3xf32> {
    %w = arith.constant dense<[[1.0, 0.5, 1.0], [4.0, 4.0, -3.0]]> : tensor<2x3xf32>
    %i = arith.constant dense<0.0> : tensor<4x3xf32>
    %o = qnn.observe %x {name = "a/lhs", axis = 1 : i64} : tensor<4x2xf32>
    %0 = linalg.matmul {qnn.site = "a"} ins(%o, %w : tensor<4x2xf32>, tensor<2x3xf32>) outs(%i : tensor<4x3xf32>) -> tensor<4x3xf32>
    return %0 : tensor<4x3xf32>
  }
}
