// RUN: quant-opt %s --allow-unregistered-dialect --codegen-nvvm-free-buffers | FileCheck %s

// CHECK-LABEL: func @main
// CHECK: %[[A:.*]] = memref.alloc() : memref<8xf32>
// CHECK: %[[B:.*]] = memref.alloc() : memref<4x4xf32>
// CHECK: "use"(%[[A]], %[[B]])
// CHECK: memref.dealloc %[[A]]
// CHECK: %[[V:.*]] = memref.collapse_shape %[[B]]
// CHECK: %[[P:.*]] = memref.subview %[[V]]
// CHECK-NOT: dealloc
// CHECK: scf.if
// CHECK: "use"(%[[P]])
// CHECK: }
// CHECK: memref.dealloc %[[B]]
// CHECK-NOT: dealloc
func.func @main(%c: i1) -> memref<2xf32> {
  %a = memref.alloc() : memref<8xf32>
  %b = memref.alloc() : memref<4x4xf32>
  "use"(%a, %b) : (memref<8xf32>, memref<4x4xf32>) -> ()
  %v = memref.collapse_shape %b [[0, 1]] : memref<4x4xf32> into memref<16xf32>
  %p = memref.subview %v[8] [4] [1] : memref<16xf32> to memref<4xf32, strided<[1], offset: 8>>
  scf.if %c {
    "use"(%p) : (memref<4xf32, strided<[1], offset: 8>>) -> ()
  }
  %r = memref.alloc() : memref<2xf32>
  "use"(%r) : (memref<2xf32>) -> ()
  return %r : memref<2xf32>
}
