// RUN: quant-opt %s --codegen-nvvm-emit-plan | FileCheck %s

// CHECK-LABEL: func.func private @main
// CHECK-SAME: qnn.plan = [
// CHECK-SAME: "kernel first", "kernel second",
// CHECK-SAME: "launch 0 4 2 1 128 1 1 49152 i0+0 p0+0 a+256 s4:3f800000 s8:7",
// CHECK-SAME: "launch 1 1 1 1 32 1 1 0 a+256 o0+0",
// CHECK-SAME: "copy o0+8 a+272 8",
// CHECK-SAME: "launch 0 4 2 1 128 1 1 49152 i0+0 p0+0 a+0 s4:3f800000 s8:7"]
module attributes {gpu.container_module} {
  func.func @main(%x: memref<4xf32>, %w: memref<4xf32>, %y: memref<4xf32>, %arena: memref<512xi8>)
      attributes {qnn.signature = {
        inputs = [{argument = 0 : i64, name = "x", type = tensor<4xf32>}],
        outputs = [{name = "y", type = tensor<4xf32>}],
        parameters = [{argument = 1 : i64, name = "w", type = tensor<4xf32>}]},
        qnn.workspace_bytes = 512 : i64} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c2 = arith.constant 2 : index
    %c4 = arith.constant 4 : index
    %c7 = arith.constant 7 : index
    %c32 = arith.constant 32 : index
    %c128 = arith.constant 128 : index
    %c256 = arith.constant 256 : index
    %shared = arith.constant 49152 : i32
    %one = arith.constant 1.0 : f32
    %a = memref.view %arena[%c256][] : memref<512xi8> to memref<8xf32>
    %b = memref.view %arena[%c0][] : memref<512xi8> to memref<8xf32>
    gpu.launch_func @kernels::@first blocks in (%c4, %c2, %c1) threads in (%c128, %c1, %c1)
      dynamic_shared_memory_size %shared
      args(%x : memref<4xf32>, %w : memref<4xf32>, %a : memref<8xf32>, %one : f32, %c7 : index)
    // The kernel knows the offset of its second argument.
    %part = memref.subview %y[2] [2] [1] : memref<4xf32> to memref<2xf32, strided<[1], offset: 2>>
    gpu.launch_func @kernels::@second blocks in (%c1, %c1, %c1) threads in (%c32, %c1, %c1)
      args(%a : memref<8xf32>, %part : memref<2xf32, strided<[1], offset: 2>>)
    // A copy does not.
    %half = memref.subview %a[4] [2] [1] : memref<8xf32> to memref<2xf32, strided<[1], offset: 4>>
    memref.copy %half, %part : memref<2xf32, strided<[1], offset: 4>> to memref<2xf32, strided<[1], offset: 2>>
    gpu.launch_func @kernels::@first blocks in (%c4, %c2, %c1) threads in (%c128, %c1, %c1)
      dynamic_shared_memory_size %shared
      args(%x : memref<4xf32>, %w : memref<4xf32>, %b : memref<8xf32>, %one : f32, %c7 : index)
    return
  }
  gpu.module @kernels {
    gpu.func @first(%x: memref<4xf32>, %w: memref<4xf32>, %a: memref<8xf32>, %s: f32, %i: index) kernel {
      gpu.return
    }
    gpu.func @second(%a: memref<8xf32>, %y: memref<2xf32, strided<[1], offset: 2>>) kernel {
      gpu.return
    }
  }
}
