// RUN: quant-opt %s -split-input-file -verify-diagnostics -codegen-cpu-prepare-entry | FileCheck %s

// A resource becomes one argument, wherever and however often it is used.
// CHECK-LABEL: func.func @parameters(
// CHECK-SAME:    %[[X:.*]]: tensor<2x3xf32> {bufferization.writable = false, qnn.input = "x"},
// CHECK-SAME:    %[[W:.*]]: tensor<2x3xf32> {bufferization.writable = false, qnn.parameter = "w"})
// CHECK-SAME:  attributes {qnn.signature = {
// CHECK-SAME:    inputs = [{argument = 0 : i64, name = "x", type = tensor<2x3xf32>}],
// CHECK-SAME:    outputs = [{name = "y", type = tensor<2x3xf32>}, {name = "out1", type = tensor<2x3xf32>}],
// CHECK-SAME:    parameters = [{argument = 1 : i64, data = dense_resource<w> : tensor<2x3xf32>, name = "w", type = tensor<2x3xf32>}]
// CHECK:         arith.addf %[[X]], %[[W]]
// CHECK:         arith.mulf %{{.*}}, %[[W]]
func.func @parameters(%x: tensor<2x3xf32> {qnn.input = "x"}) -> (tensor<2x3xf32> {qnn.output = "y"}, tensor<2x3xf32>) {
  %w0 = arith.constant dense_resource<w> : tensor<2x3xf32>
  %w1 = arith.constant dense_resource<w> : tensor<2x3xf32>
  %0 = arith.addf %x, %w0 : tensor<2x3xf32>
  %1 = arith.mulf %0, %w1 : tensor<2x3xf32>
  return %0, %1 : tensor<2x3xf32>, tensor<2x3xf32>
}

{-# dialect_resources: { builtin: { w: "0x04000000000000000000000000000000000000000000000000000000" } } #-}

// -----

// Arguments that are parameters already keep their place; results take the
// name that JAX gives them.
// CHECK-LABEL: func.func @names
// CHECK-SAME:    inputs = [{argument = 1 : i64, name = "arg1", type = tensor<2xi8>}]
// CHECK-SAME:    outputs = [{name = "logits", type = tensor<2xi8>}]
// CHECK-SAME:    parameters = [{argument = 0 : i64, name = "w", type = tensor<4xf32>}]
func.func @names(%w: tensor<4xf32> {qnn.parameter = "w"}, %x: tensor<2xi8>) -> (tensor<2xi8> {jax.result_info = "result['logits']"}) {
  return %x : tensor<2xi8>
}

// -----

// expected-error @below {{expected a static shape, but got 'tensor<?x4xf32>'}}
func.func @dynamic(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  return %x : tensor<?x4xf32>
}

// -----

// expected-error @below {{expected elements of type i1, i8, i16, i32, i64, f16, bf16, f32 or f64, but got 'tensor<4xi4>'}}
func.func @nibbles(%x: tensor<4xi4>) -> tensor<4xi4> {
  return %x : tensor<4xi4>
}

// -----

// expected-error @below {{expected tensor arguments, but got 'f32'}}
func.func @scalar(%x: f32) {
  return
}

// -----

// What a value is for the caller is its type in the signature.
// CHECK-LABEL: func.func @boundary_types(
// CHECK-SAME:    inputs = [{argument = 0 : i64, name = "arg0", type = tensor<3x5xi4>}]
// CHECK-SAME:    outputs = [{name = "out0", type = tensor<8xui8>}]
func.func @boundary_types(%x: tensor<8xi8> {qnn.type = tensor<3x5xi4>}) -> (tensor<8xi8> {qnn.type = tensor<8xui8>}) {
  return %x : tensor<8xi8>
}

// -----

// expected-error @below {{expected 'qnn.type' to have the bytes of 'tensor<8xi8>', but got 'tensor<8xf16>'}}
func.func @boundary_type(%x: tensor<8xi8> {qnn.type = tensor<8xf16>}) {
  return
}

// -----

// expected-error @below {{expected 'qnn.type' to have the bytes of 'tensor<8xi8>', but got 'tensor<3x6xi4>'}}
func.func @boundary_size(%x: tensor<8xi8>) -> (tensor<8xi8> {qnn.type = tensor<3x6xi4>}) {
  return %x : tensor<8xi8>
}
