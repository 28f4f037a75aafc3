// RUN: quant-opt %s -split-input-file -allow-unregistered-dialect -codegen-cpu-plan-memory | FileCheck %s

// Buffers that never live together share their bytes; the largest comes first.
// CHECK-LABEL: func.func @main(
// CHECK-SAME:    %[[X:.*]]: memref<32xf32>, %[[W:.*]]: memref<192xi8>)
// CHECK-SAME:    qnn.workspace_bytes = 192 : i64
// CHECK-DAG:     %[[O128:.*]] = arith.constant 128 : index
// CHECK-DAG:     %[[A:.*]] = memref.view %[[W]][%[[O128]]][] : memref<192xi8> to memref<8xf32>
// CHECK:         "use"(%[[A]])
// CHECK:         %[[B:.*]] = memref.view %[[W]][%{{.*}}][] : memref<192xi8> to memref<32xf32>
// CHECK:         "use"(%[[A]], %[[B]])
// CHECK:         %[[C:.*]] = memref.view %[[W]][%{{.*}}][] : memref<192xi8> to memref<4xi8>
// CHECK:         "use"(%[[B]], %[[C]])
// CHECK-NOT:     memref.dealloc
func.func @main(%x: memref<32xf32>) attributes {qnn.signature = {}} {
  %a = memref.alloc() : memref<8xf32>
  "use"(%a) : (memref<8xf32>) -> ()
  %b = memref.alloc() : memref<32xf32>
  "use"(%a, %b) : (memref<8xf32>, memref<32xf32>) -> ()
  memref.dealloc %a : memref<8xf32>
  %c = memref.alloc() : memref<4xi8>
  "use"(%b, %c) : (memref<32xf32>, memref<4xi8>) -> ()
  memref.dealloc %b : memref<32xf32>
  memref.dealloc %c : memref<4xi8>
  return
}

// -----

// A buffer of a loop's body lives beside what lives across the loop.
// CHECK-LABEL: func.func @loop(
// CHECK-SAME:    qnn.workspace_bytes = 128 : i64
// CHECK-NOT:     memref.alloc
func.func @loop(%n: index) attributes {qnn.signature = {}} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %a = memref.alloc() : memref<16xf32>
  scf.for %i = %c0 to %n step %c1 {
    %b = memref.alloc() : memref<16xf32>
    "use"(%a, %b) : (memref<16xf32>, memref<16xf32>) -> ()
    memref.dealloc %b : memref<16xf32>
  }
  memref.dealloc %a : memref<16xf32>
  return
}

// -----

// A buffer that leaves its block stays on the heap.
// CHECK-LABEL: func.func @escapes(
// CHECK-NOT:     qnn.workspace_bytes
// CHECK:         memref.alloc
func.func @escapes(%c: i1) attributes {qnn.signature = {}} {
  %a = scf.if %c -> (memref<16xf32>) {
    %b = memref.alloc() : memref<16xf32>
    scf.yield %b : memref<16xf32>
  } else {
    %b = memref.alloc() : memref<16xf32>
    scf.yield %b : memref<16xf32>
  }
  "use"(%a) : (memref<16xf32>) -> ()
  memref.dealloc %a : memref<16xf32>
  return
}
