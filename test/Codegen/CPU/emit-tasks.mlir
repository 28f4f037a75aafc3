// RUN: quant-opt %s -codegen-cpu-emit-tasks | FileCheck %s
// RUN: quant-opt %s -codegen-cpu-emit-tasks -codegen-cpu-emit-entry | FileCheck %s --check-prefix=ENTRY

// One iteration, with what it takes from the record.
// CHECK-LABEL: llvm.func internal @main_task_piece(
// CHECK-SAME:    %[[RECORD:.*]]: !llvm.ptr, %[[INDEX:.*]]: i64)
// CHECK:         %[[NEXT:.*]] = llvm.add %[[INDEX]], %{{.*}} : i64
// CHECK:         llvm.getelementptr %[[RECORD]][0, 0] : (!llvm.ptr) -> !llvm.ptr, !llvm.struct<(ptr, f32)>
// CHECK:         %[[X:.*]] = llvm.load {{.*}} -> !llvm.ptr
// CHECK:         %[[F:.*]] = llvm.load {{.*}} -> f32
// CHECK:         llvm.call @main_task(%[[INDEX]], %[[NEXT]], %[[X]], %[[F]])
// CHECK-LABEL: llvm.func internal @main_task(
// CHECK-SAME:    no_inline
llvm.func @main_task(%begin: i64, %end: i64, %x: !llvm.ptr {llvm.noalias}, %f: f32) attributes {qnn.task, sym_visibility = "private"} {
  llvm.return
}

// Records stand in the entry block: a call in a loop takes no more stack.
// CHECK-LABEL: llvm.func @main(
// CHECK-SAME:    %[[X:.*]]: !llvm.ptr, %[[PARALLEL:.*]]: !llvm.ptr)
// CHECK:         %[[RECORD:.*]] = llvm.alloca %{{.*}} x !llvm.struct<(ptr, f32)>
// CHECK:         llvm.br
// CHECK:         llvm.store %[[X]], %{{.*}} : !llvm.ptr, !llvm.ptr
// CHECK:         llvm.store %{{.*}}, %{{.*}} : f32, !llvm.ptr
// CHECK:         %[[PIECE:.*]] = llvm.mlir.addressof @main_task_piece
// CHECK:         llvm.call @run_task(%[[PARALLEL]], %{{.*}}, %[[PIECE]], %[[RECORD]])
// CHECK-NOT:     llvm.call @main_task
llvm.func @main(%x: !llvm.ptr) attributes {qnn.parallel, qnn.signature = {
      parameters = [], inputs = [], outputs = [{name = "y", type = tensor<4xf32>}]}} {
  %c0 = llvm.mlir.constant(0 : i64) : i64
  %c6 = llvm.mlir.constant(6 : i64) : i64
  %f = llvm.mlir.constant(1.0 : f32) : f32
  llvm.br ^loop
^loop:
  llvm.call @main_task(%c0, %c6, %x, %f) : (i64, i64, !llvm.ptr, f32) -> ()
  %more = llvm.icmp "eq" %c0, %c6 : i64
  llvm.cond_br %more, ^loop, ^end
^end:
  llvm.return
}

// Without threads, or with one, the indices run in order.
// CHECK-LABEL: llvm.func internal @run_task(
// CHECK-SAME:    %[[PARALLEL:.*]]: !llvm.ptr, %[[COUNT:.*]]: i64, %[[TASK:.*]]: !llvm.ptr, %[[ARGUMENT:.*]]: !llvm.ptr)
// CHECK:         %[[NONE:.*]] = llvm.icmp "eq" %[[PARALLEL]], %{{.*}} : !llvm.ptr
// CHECK:         llvm.cond_br %[[NONE]], ^[[LOOP:.*]](%{{.*}} : i64), ^[[GIVEN:.*]]
// CHECK:       ^[[GIVEN]]:
// CHECK:         %[[SEVERAL:.*]] = llvm.icmp "sgt" %{{.*}}, %{{.*}} : i64
// CHECK:         llvm.cond_br %[[SEVERAL]], ^[[SHARED:.*]], ^[[LOOP]](%{{.*}} : i64)
// CHECK:       ^[[SHARED]]:
// CHECK:         llvm.call %[[SHARE:.*]](%{{.*}}, %[[COUNT]], %[[TASK]], %[[ARGUMENT]]) : !llvm.ptr, (!llvm.ptr, i64, !llvm.ptr, !llvm.ptr) -> ()
// CHECK:       ^[[LOOP]](%[[INDEX:.*]]: i64):
// CHECK:         llvm.icmp "slt" %[[INDEX]], %[[COUNT]]
// CHECK:         llvm.call %[[TASK]](%[[ARGUMENT]], %[[INDEX]])

// The entry of one thread is the other one with null.
// ENTRY-LABEL: llvm.func @main_run_with_workspace(
// ENTRY-SAME:    qnn.parallel
// ENTRY:         %[[NULL:.*]] = llvm.mlir.zero
// ENTRY:         %[[STATUS:.*]] = llvm.call @main_run_parallel(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %[[NULL]])
// ENTRY:         llvm.return %[[STATUS]]
// ENTRY-LABEL: llvm.func @main_run_parallel(
// ENTRY-SAME:    %{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr, %[[PARALLEL:.*]]: !llvm.ptr) -> i32
// ENTRY:         llvm.call @main(%{{.*}}, %[[PARALLEL]])
