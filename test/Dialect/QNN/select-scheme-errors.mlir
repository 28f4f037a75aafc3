// RUN: echo 'version: 1' > %t.f8.yaml
// RUN: echo 'activations: {storage: f8E4M3FN, symmetric: false}' >> %t.f8.yaml
// RUN: not quant-opt %s -qnn-select-scheme=recipe=%t.f8.yaml 2>&1 | FileCheck %s --check-prefix=F8
// RUN: not quant-opt %s -qnn-select-scheme=recipe=%t.none 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: echo 'version: 1' > %t.key.yaml
// RUN: echo 'wieghts: {storage: i8}' >> %t.key.yaml
// RUN: not quant-opt %s -qnn-select-scheme=recipe=%t.key.yaml 2>&1 | FileCheck %s --check-prefix=KEY
// RUN: not quant-opt %s -verify-selected 2>&1 | FileCheck %s --check-prefix=VERIFY

// F8: {{.*}}.f8.yaml:2:15: error: expected symmetric full-range quantization for 'f8E4M3FN'
// F8: select-scheme-errors.mlir:{{[0-9]+:[0-9]+}}: note: for the site 'a'
// NONE: error: cannot open '{{.*}}.none': No such file or directory
// KEY: error: {{.*}}.key.yaml:2:1: unknown key 'wieghts'; did you mean 'weights'?
// VERIFY: error: 'linalg.matmul' op expected a 'qnn.scheme' or 'qnn.float_reason' attribute; run qnn-select-scheme

func.func @main(%x: tensor<4x8xf32>, %i: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %w = arith.constant dense<1.0> : tensor<8x16xf32>
  %0 = linalg.matmul {qnn.site = "a"} ins(%x, %w : tensor<4x8xf32>, tensor<8x16xf32>) outs(%i : tensor<4x16xf32>) -> tensor<4x16xf32>
  return %0 : tensor<4x16xf32>
}
