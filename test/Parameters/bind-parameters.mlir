// RUN: rm -rf %t && split-file %s %t
// RUN: %python %S/Inputs/make.py %t/p.safetensors w:float32:4x2 b:float32:2 q:uint8:3 empty:float32:0x2 scalar:float32:
// RUN: quant-opt %t/model.mlir --qnn-bind-parameters=file=%t/p.safetensors | FileCheck %s --check-prefix=BIND
// RUN: %python %S/Inputs/make.py %t/default.safetensors w:float32:4x2
// RUN: quant-opt %t/default.mlir --qnn-bind-parameters | FileCheck %s --check-prefix=DEFAULT
// RUN: quant-opt %t/order.mlir --qnn-bind-parameters=file=%t/p.safetensors | FileCheck %s --check-prefix=ORDER
// RUN: mkdir %t/sub && cp %t/default.safetensors %t/sub/other.safetensors
// RUN: quant-opt %t/attribute.mlir --qnn-bind-parameters | FileCheck %s --check-prefix=ATTRIBUTE
// RUN: quant-opt %t/none.mlir --qnn-bind-parameters | FileCheck %s --check-prefix=NONE
// RUN: not quant-opt %t/missing.mlir --qnn-bind-parameters=file=%t/p.safetensors 2>&1 | FileCheck %s --check-prefix=MISSING
// RUN: not quant-opt %t/shape.mlir --qnn-bind-parameters=file=%t/p.safetensors 2>&1 | FileCheck %s --check-prefix=SHAPE
// RUN: not quant-opt %t/dtype.mlir --qnn-bind-parameters=file=%t/p.safetensors 2>&1 | FileCheck %s --check-prefix=DTYPE
// RUN: not quant-opt %t/dynamic.mlir --qnn-bind-parameters=file=%t/p.safetensors 2>&1 | FileCheck %s --check-prefix=DYNAMIC
// RUN: not quant-opt %t/i4.mlir --qnn-bind-parameters=file=%t/p.safetensors 2>&1 | FileCheck %s --check-prefix=I4
// RUN: not quant-opt %t/called.mlir --qnn-bind-parameters=file=%t/p.safetensors 2>&1 | FileCheck %s --check-prefix=CALLED
// RUN: not quant-opt %t/model.mlir --qnn-bind-parameters=file=%t/absent.safetensors 2>&1 | FileCheck %s --check-prefix=ABSENT
// RUN: head -c 40 %t/p.safetensors > %t/cut.safetensors
// RUN: not quant-opt %t/model.mlir --qnn-bind-parameters=file=%t/cut.safetensors 2>&1 | FileCheck %s --check-prefix=CUT

//--- model.mlir
// Arguments that share a tensor share a resource; other attributes stay.
// BIND-LABEL: func.func @main
// BIND-SAME: (%{{.*}}: tensor<1x4xf32> {qnn.input = "x"}) -> tensor<4x2xf32>
// BIND-DAG: arith.constant dense_resource<w> : tensor<4x2xf32>
// BIND-DAG: arith.constant dense_resource<q> : tensor<3xi8>
// BIND-DAG: arith.constant dense_resource<empty> : tensor<0x2xf32>
// BIND-DAG: arith.constant dense_resource<scalar> : tensor<f32>
// BIND: {-#
// BIND-DAG: w: "0x04000000{{.*}}"
// BIND-NOT: w_1
func.func @main(%w: tensor<4x2xf32> {qnn.parameter = "w"}, %x: tensor<1x4xf32> {qnn.input = "x"},
                %q: tensor<3xi8> {qnn.parameter = "q"}, %e: tensor<0x2xf32> {qnn.parameter = "empty"},
                %s: tensor<f32> {qnn.parameter = "scalar"}, %w2: tensor<4x2xf32> {qnn.parameter = "w"}) -> tensor<4x2xf32> {
  %0 = arith.addf %w, %w2 : tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

//--- order.mlir
// Constants are in order of first use, each there once: statistics then fit a model
// whatever the order of its arguments is. What nothing reads comes last.
// ORDER: %[[W:.*]] = arith.constant dense_resource<w>
// ORDER-NEXT: %[[B:.*]] = arith.constant dense_resource<b>
// ORDER-NEXT: arith.constant dense_resource<scalar>
// ORDER-NOT: arith.constant
// ORDER: linalg.matmul ins(%{{.*}}, %[[W]]
// ORDER: linalg.broadcast ins(%[[B]]
// ORDER: linalg.matmul ins(%{{.*}}, %[[W]]
func.func @main(%s: tensor<f32> {qnn.parameter = "scalar"}, %b: tensor<2xf32> {qnn.parameter = "b"},
                %w: tensor<4x2xf32> {qnn.parameter = "w"}, %w2: tensor<4x2xf32> {qnn.parameter = "w"},
                %x: tensor<3x4xf32>, %y: tensor<3x2xf32>) -> (tensor<3x2xf32>, tensor<3x2xf32>) {
  %0 = linalg.matmul ins(%x, %w : tensor<3x4xf32>, tensor<4x2xf32>) outs(%y : tensor<3x2xf32>) -> tensor<3x2xf32>
  %1 = linalg.broadcast ins(%b : tensor<2xf32>) outs(%y : tensor<3x2xf32>) dimensions = [0]
  %2 = linalg.matmul ins(%x, %w2 : tensor<3x4xf32>, tensor<4x2xf32>) outs(%1 : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %0, %2 : tensor<3x2xf32>, tensor<3x2xf32>
}

//--- default.mlir
// DEFAULT: arith.constant dense_resource<w> : tensor<4x2xf32>
func.func @main(%w: tensor<4x2xf32> {qnn.parameter = "w"}) -> tensor<4x2xf32> {
  return %w : tensor<4x2xf32>
}

//--- attribute.mlir
// ATTRIBUTE-NOT: qnn.parameter_file
// ATTRIBUTE: arith.constant dense_resource<w> : tensor<4x2xf32>
module attributes {qnn.parameter_file = "sub/other.safetensors"} {
  func.func @main(%w: tensor<4x2xf32> {qnn.parameter = "w"}) -> tensor<4x2xf32> {
    return %w : tensor<4x2xf32>
  }
}

//--- none.mlir
// Without parameters no file is needed.
// NONE: func.func @main(%{{.*}}: tensor<4xf32>)
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}

//--- missing.mlir
// MISSING: missing.mlir:2:17: error: {{.*}}p.safetensors: expected tensor 'v' of type F32[4, 2], but the file has no tensor of that name
func.func @main(%w: tensor<4x2xf32> {qnn.parameter = "v"}) {
  return
}

//--- shape.mlir
// SHAPE: error: {{.*}}p.safetensors: tensor 'w': expected F32[2, 4], but got F32[4, 2]
func.func @main(%w: tensor<2x4xf32> {qnn.parameter = "w"}) {
  return
}

//--- dtype.mlir
// DTYPE: error: {{.*}}p.safetensors: tensor 'w': expected F16[4, 2], but got F32[4, 2]
func.func @main(%w: tensor<4x2xf16> {qnn.parameter = "w"}) {
  return
}

//--- dynamic.mlir
// DYNAMIC: error: parameter 'w': expected a static tensor of a storable element type, but got 'tensor<?x2xf32>'
func.func @main(%w: tensor<?x2xf32> {qnn.parameter = "w"}) {
  return
}

//--- i4.mlir
// I4: error: {{.*}}p.safetensors: tensor 'q': expected U8[2], but got U8[3]
func.func @main(%w: tensor<3xi4> {qnn.parameter = "q"}) {
  return
}

//--- called.mlir
// CALLED: error: expected no calls of a function with qnn.parameter
func.func @f(%w: tensor<4x2xf32> {qnn.parameter = "w"}) {
  return
}
func.func @main(%w: tensor<4x2xf32>) {
  call @f(%w) : (tensor<4x2xf32>) -> ()
  return
}

// ABSENT: error: {{.*}}absent.safetensors: cannot read safetensors file: No such file or directory
// CUT: error: {{.*}}cut.safetensors: expected a safetensors header of {{[0-9]+}} bytes, but only 32 bytes follow its length
