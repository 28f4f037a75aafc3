// RUN: quant-opt %s -split-input-file -allow-unregistered-dialect -codegen-cpu-parallelize | FileCheck %s

// A task gets the arguments that its buffers are parts of and makes the views
// and constants again.
// CHECK-LABEL: func.func private @main_task(
// CHECK-SAME:    %[[BEGIN:.*]]: index, %[[END:.*]]: index, %[[X:.*]]: memref<6x8xf32> {llvm.noalias}, %[[W:.*]]: memref<1024xi8> {llvm.noalias})
// CHECK-SAME:    qnn.task
// CHECK-DAG:     %[[OFFSET:.*]] = arith.constant 256 : index
// CHECK-DAG:     %[[VIEW:.*]] = memref.view %[[W]][%[[OFFSET]]][] : memref<1024xi8> to memref<6x8xf32>
// CHECK:         scf.for %[[PIECE:.*]] = %[[BEGIN]] to %[[END]]
// CHECK:           %[[IJ:.*]]:2 = affine.delinearize_index %[[PIECE]] into (2, 3)
// CHECK:           "use"(%[[IJ]]#0, %[[IJ]]#1, %[[X]], %[[VIEW]])
// CHECK-NOT:     scf.reduce
// CHECK:         return
// CHECK-LABEL: func.func @main(
// CHECK-SAME:    %[[X:.*]]: memref<6x8xf32>, %[[W:.*]]: memref<1024xi8>)
// CHECK-SAME:    qnn.parallel
// CHECK-NOT:     scf.parallel
// CHECK:         call @main_task(%c0{{.*}}, %c6{{.*}}, %[[X]], %[[W]])
func.func @main(%x: memref<6x8xf32>, %w: memref<1024xi8>) attributes {qnn.signature = {}} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %c256 = arith.constant 256 : index
  %v = memref.view %w[%c256][] : memref<1024xi8> to memref<6x8xf32>
  scf.parallel (%i, %j) = (%c0, %c0) to (%c2, %c3) step (%c1, %c1) {
    "use"(%i, %j, %x, %v) : (index, index, memref<6x8xf32>, memref<6x8xf32>) -> ()
  }
  return
}

// -----

// Other values are passed. A buffer that is no argument may be part of any, so
// that nothing is known of pointers.
// CHECK-LABEL: func.func private @loop_task(
// CHECK-SAME:    %{{.*}}: index, %{{.*}}: index, %{{.*}}: index, %{{.*}}: f32, %{{.*}}: memref<4xf32>, %{{.*}}: memref<4xf32>)
// CHECK-LABEL: func.func @loop(
// CHECK:         scf.for %[[I:.*]] = {{.*}} iter_args(%[[B:.*]] = %{{.*}})
// CHECK:           call @loop_task(%{{.*}}, %{{.*}}, %[[I]], %{{.*}}, %[[B]], %{{.*}})
func.func @loop(%x: memref<4xf32>, %y: memref<4xf32>, %n: index) attributes {qnn.signature = {}} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  scf.for %i = %c0 to %n step %c1 iter_args(%b = %x) -> memref<4xf32> {
    %f = memref.load %x[%c0] : memref<4xf32>
    scf.parallel (%p) = (%c0) to (%c4) step (%c1) {
      "use"(%i, %p, %f, %b, %y) : (index, index, f32, memref<4xf32>, memref<4xf32>) -> ()
    }
    scf.yield %y : memref<4xf32>
  }
  return
}

// -----

// Loops that cannot be tasks stay: bounds, reductions, layouts. So do those of
// functions that are no entry.
// CHECK-NOT:   qnn.task
// CHECK-LABEL: func.func @stay(
// CHECK-SAME:    qnn.parallel
// CHECK-COUNT-4: scf.parallel
func.func @stay(%x: memref<?xf32>, %n: index) attributes {qnn.signature = {}} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %zero = arith.constant 0.0 : f32
  scf.parallel (%p) = (%c0) to (%n) step (%c1) {
    "use"(%p) : (index) -> ()
  }
  scf.parallel (%p) = (%c1) to (%c4) step (%c1) {
    "use"(%p) : (index) -> ()
  }
  %s = scf.parallel (%p) = (%c0) to (%c4) step (%c1) init (%zero) -> f32 {
    scf.reduce(%zero : f32) {
    ^bb0(%a: f32, %b: f32):
      %t = arith.addf %a, %b : f32
      scf.reduce.return %t : f32
    }
  }
  scf.parallel (%p) = (%c0) to (%c4) step (%c1) {
    "use"(%p, %x) : (index, memref<?xf32>) -> ()
  }
  return
}
// CHECK-LABEL: func.func @helper(
// CHECK:         scf.parallel
func.func @helper() {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  scf.parallel (%p) = (%c0) to (%c4) step (%c1) {
    "use"(%p) : (index) -> ()
  }
  return
}
