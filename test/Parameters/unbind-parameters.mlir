// RUN: rm -rf %t && mkdir %t
// RUN: quant-opt %s --qnn-unbind-parameters=file=%t/a.safetensors > %t/a.mlir
// RUN: FileCheck %s < %t/a.mlir
// RUN: %python %S/Inputs/dump.py %t/a.safetensors | FileCheck %s --check-prefix=FILE
// Binding and unbinding again gives the same bytes.
// RUN: quant-opt %t/a.mlir --qnn-bind-parameters --qnn-unbind-parameters=file=%t/b.safetensors > %t/b.mlir
// RUN: cmp %t/a.safetensors %t/b.safetensors && cmp %t/a.mlir %t/b.mlir
// RUN: not quant-opt %s --qnn-unbind-parameters=file=%t/no/such/folder.safetensors 2>&1 | FileCheck %s --check-prefix=UNWRITABLE
// RUN: not quant-opt %s --qnn-unbind-parameters 2>&1 | FileCheck %s --check-prefix=NOFILE

// Constants with one resource share an argument, plain constants stay.
// CHECK-LABEL: func.func @main
// CHECK-SAME: (%[[X:.*]]: tensor<2xf32>, %[[W:.*]]: tensor<2xf32> {qnn.parameter = "w"}, %[[Q:.*]]: tensor<3xi8> {qnn.parameter = "q"}, %[[N:.*]]: tensor<5x1xi4> {qnn.parameter = "n"})
// CHECK-NEXT: %[[C:.*]] = arith.constant dense<1.0
// CHECK-NEXT: %[[A:.*]] = arith.addf %[[X]], %[[W]]
// CHECK-NEXT: %[[B:.*]] = arith.addf %[[A]], %[[W]]
// CHECK-NEXT: arith.addf %[[B]], %[[C]]
// CHECK-NEXT: return %{{.*}}, %[[Q]], %[[N]]
// CHECK-NOT: dense_resource
func.func @main(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<3xi8>, tensor<5x1xi4>) {
  %q = arith.constant dense_resource<q> : tensor<3xi8>
  %w0 = arith.constant dense_resource<w> : tensor<2xf32>
  %w1 = arith.constant dense_resource<w> : tensor<2xf32>
  %c = arith.constant dense<1.0> : tensor<2xf32>
  %0 = arith.addf %x, %w0 : tensor<2xf32>
  %1 = arith.addf %0, %w1 : tensor<2xf32>
  %2 = arith.addf %1, %c : tensor<2xf32>
  %n = arith.constant dense_resource<n> : tensor<5x1xi4>
  return %2, %q, %n : tensor<2xf32>, tensor<3xi8>, tensor<5x1xi4>
}

{-#
  dialect_resources: {
    builtin: {
      n: "0x04000000E1780F",
      q: "0x04000000010280",
      w: "0x040000000000803F00000040"
    }
  }
#-}

// Two elements of i4 a byte, the first in the low half.
// FILE: n uint8[3] [225, 120, 15]
// FILE-NEXT: q int8[3] [1, 2, -128]
// FILE-NEXT: w float32[2] [1.0, 2.0]
// UNWRITABLE: error: {{.*}}folder.safetensors: expected a file that can be written, but got: no such file or directory
// NOFILE: error: expected option file of qnn-unbind-parameters
