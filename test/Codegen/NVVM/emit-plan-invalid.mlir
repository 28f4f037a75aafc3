// RUN: quant-opt %s --codegen-nvvm-emit-plan --verify-diagnostics --split-input-file

func.func @loop(%y: memref<4xf32>) attributes {qnn.signature = {inputs = [], outputs = [{name = "y"}], parameters = []}} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // expected-error @below {{expected loops with a small constant number of iterations in code for a GPU}}
  scf.for %i = %c0 to %c1 step %c1 {
    memref.copy %y, %y : memref<4xf32> to memref<4xf32>
  }
  return
}

// -----

// The loop is named, not what it reads to go on.
func.func @while(%n: memref<i32>, %y: memref<4xf32>) attributes {qnn.signature = {inputs = [{argument = 0 : i64}], outputs = [{name = "y"}], parameters = []}} {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %0 = memref.load %n[] : memref<i32>
  // expected-error @below {{'scf.while' op expected loops with a small constant number of iterations in code for a GPU}}
  %1 = scf.while (%i = %c0) : (i32) -> i32 {
    %2 = arith.cmpi slt, %i, %0 : i32
    scf.condition(%2) %i : i32
  } do {
  ^bb0(%i: i32):
    %2 = arith.addi %i, %c1 : i32
    scf.yield %2 : i32
  }
  return
}

// -----

func.func @if(%n: memref<i1>, %y: memref<4xf32>) attributes {qnn.signature = {inputs = [{argument = 0 : i64}], outputs = [{name = "y"}], parameters = []}} {
  %0 = memref.load %n[] : memref<i1>
  // expected-error @below {{'scf.if' op expected no branches that depend on data in code for a GPU}}
  scf.if %0 {
    memref.copy %y, %y : memref<4xf32> to memref<4xf32>
  }
  return
}

// -----

func.func @host(%x: memref<index>, %y: memref<index>) attributes {qnn.signature = {inputs = [{argument = 0 : i64}], outputs = [{name = "y"}], parameters = []}} {
  // expected-error @below {{expected launches and copies only in code for a GPU, but got another operation of the host}}
  %0 = memref.load %x[] : memref<index>
  memref.store %0, %y[] : memref<index>
  return
}

// -----

func.func @pieces(%x: memref<4x4xf32>, %y: memref<4x2xf32>) attributes {qnn.signature = {inputs = [{argument = 0 : i64}], outputs = [{name = "y"}], parameters = []}} {
  %0 = memref.subview %x[0, 0] [4, 2] [1, 1] : memref<4x4xf32> to memref<4x2xf32, strided<[4, 1]>>
  // expected-error @below {{expected buffers in one piece, but got 'memref<4x2xf32, strided<[4, 1]>>'}}
  memref.copy %0, %y : memref<4x2xf32, strided<[4, 1]>> to memref<4x2xf32>
  return
}

// -----

// expected-error @below {{expected one argument for each parameter, input and output of 'qnn.signature', but got 1}}
func.func @arguments(%x: memref<4xf32>) attributes {qnn.signature = {inputs = [{argument = 0 : i64}], outputs = [{name = "y"}], parameters = []}} {
  return
}

// -----

func.func @own(%y: memref<4xf32>) attributes {qnn.signature = {inputs = [], outputs = [{name = "y"}], parameters = []}} {
  %0 = ub.poison : memref<4xf32>
  // expected-error @below {{expected buffers in the arguments of the function, but got one of its own}}
  memref.copy %0, %y : memref<4xf32> to memref<4xf32>
  return
}
