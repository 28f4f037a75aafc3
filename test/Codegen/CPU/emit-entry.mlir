// RUN: quant-opt %s -codegen-cpu-emit-entry | FileCheck %s

// CHECK-LABEL: llvm.func @main_run_with_workspace(
// CHECK-SAME:    %[[PARAMETERS:.*]]: !llvm.ptr, %[[INPUTS:.*]]: !llvm.ptr, %[[OUTPUTS:.*]]: !llvm.ptr, %[[WORKSPACE:.*]]: !llvm.ptr) -> i32
// CHECK-SAME:    qnn.signature
// CHECK:         %[[W:.*]] = llvm.load
// CHECK:         %[[X_ADDRESS:.*]] = llvm.getelementptr %[[INPUTS]][0]
// CHECK:         %[[X:.*]] = llvm.load %[[X_ADDRESS]]
// CHECK:         %[[Z_ADDRESS:.*]] = llvm.getelementptr %[[INPUTS]][1]
// CHECK:         %[[Z:.*]] = llvm.load %[[Z_ADDRESS]]
// CHECK:         %[[Y:.*]] = llvm.load
// CHECK:         llvm.call @main(%[[X]], %[[W]], %[[Z]], %[[Y]], %[[WORKSPACE]])
// CHECK:         %[[OK:.*]] = llvm.mlir.constant(0 : i32)
// CHECK:         llvm.return %[[OK]]
// CHECK-LABEL: llvm.func internal @main(
// CHECK-SAME:    !llvm.ptr {llvm.noalias}
llvm.func @main(%x: !llvm.ptr, %w: !llvm.ptr, %z: !llvm.ptr, %y: !llvm.ptr, %workspace: !llvm.ptr)
    attributes {qnn.workspace_bytes = 64 : i64, qnn.signature = {
      parameters = [{argument = 1 : i64, name = "w", type = tensor<4xf32>}],
      inputs = [{argument = 0 : i64, name = "x", type = tensor<4xf32>},
                {argument = 2 : i64, name = "z", type = tensor<4xf32>}],
      outputs = [{name = "y", type = tensor<4xf32>}]}} {
  llvm.return
}
