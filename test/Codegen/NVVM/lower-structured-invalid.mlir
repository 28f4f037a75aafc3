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
