// RUN: quant-opt %s --codegen-nvvm-lower-structured --verify-diagnostics --split-input-file

func.func @dynamic(%x: memref<?xf32>) {
  // expected-error @below {{expected a static shape in code for a GPU, but got a dynamic one}}
  linalg.negf ins(%x : memref<?xf32>) outs(%x : memref<?xf32>)
  return
}

// -----

func.func @tensors(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{expected operands in buffers, but got tensors}}
  %0 = linalg.negf ins(%x : tensor<4xf32>) outs(%x : tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @place(%x: memref<4x8xf32>, %y: memref<8xf32>, %i: index) {
  %row = memref.subview %x[%i, 0] [1, 8] [1, 1] : memref<4x8xf32> to memref<8xf32, strided<[1], offset: ?>>
  // expected-error @below {{expected a buffer at an offset that a kernel can compute from what the device holds, but got 'memref<8xf32, strided<[1], offset: ?>>'}}
  linalg.negf ins(%row : memref<8xf32, strided<[1], offset: ?>>) outs(%y : memref<8xf32>)
  return
}

// -----

func.func @copy(%x: memref<4x8xf32>, %y: memref<8xf32>, %i: index) {
  %row = memref.subview %x[%i, 0] [1, 8] [1, 1] : memref<4x8xf32> to memref<8xf32, strided<[1], offset: ?>>
  // expected-error @below {{expected a buffer at an offset that a kernel can compute from what the device holds, but got}}
  memref.copy %row, %y : memref<8xf32, strided<[1], offset: ?>> to memref<8xf32>
  return
}

// -----

// The kernel would load another number than the host.
func.func @overwritten(%x: memref<4x8xf32>, %y: memref<8xf32>, %p: memref<index>, %q: memref<index>) {
  %i = memref.load %p[] : memref<index>
  %row = memref.subview %x[%i, 0] [1, 8] [1, 1] : memref<4x8xf32> to memref<8xf32, strided<[1], offset: ?>>
  memref.copy %q, %p : memref<index> to memref<index>
  // expected-error @below {{expected an offset whose source is not overwritten before it is used}}
  memref.copy %row, %y : memref<8xf32, strided<[1], offset: ?>> to memref<8xf32>
  return
}

// -----

func.func @own(%p: memref<4xi32>, %v: memref<2xi32>) {
  %c0 = arith.constant 0 : index
  %n = memref.load %p[%c0] : memref<4xi32>
  %i = arith.index_cast %n : i32 to index
  %part = memref.subview %p[%i] [2] [1] : memref<4xi32> to memref<2xi32, strided<[1], offset: ?>>
  // expected-error @below {{expected an offset whose source is not overwritten before it is used}}
  memref.copy %v, %part : memref<2xi32> to memref<2xi32, strided<[1], offset: ?>>
  return
}
