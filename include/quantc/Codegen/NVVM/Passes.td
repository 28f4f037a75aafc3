//===- Passes.td - code generation for NVIDIA GPUs ---------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CODEGEN_NVVM_PASSES_TD
#define QUANTC_CODEGEN_NVVM_PASSES_TD

include "mlir/Pass/PassBase.td"

//===----------------------------------------------------------------------===//
// Everything that is not a contraction
//===----------------------------------------------------------------------===//

def CodegenNVVMLowerStructuredPass : Pass<"codegen-nvvm-lower-structured", "::mlir::func::FuncOp"> {
  let summary = "Make kernels of linalg ops on buffers";
  let description = [{
    Each run of linalg ops that compute the same points becomes one `gpu.launch`.
    Without reductions, or with small ones, a thread computes a point (or four
    neighbouring ones) and reduces in a loop. Where a reduction runs over the
    last loops, a warp computes a row: its lanes hold the row's elements in
    registers, from op to op, and reduce them by shuffles in a fixed order. So a
    layer normalization or a softmax is one kernel that reads and writes memory
    once; buffers between its ops disappear.

    ```mlir
    linalg.fill ins(%c0 : f32) outs(%s : memref<64xf32>)
    linalg.generic {indexing_maps = [(i, j) -> (i, j), (i, j) -> (i)],
                    iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<64x128xf32>) outs(%s : memref<64xf32>) { ... arith.addf ... }
    ```
    becomes
    ```mlir
    gpu.launch blocks(%bx, %by, %bz) in (%gx = %c16, ...) threads(%tx, %ty, %tz) in (%sx = %c128, ...) {
      %row = ...               // blockIdx.x * 4 + threadIdx.x / 32
      %x0 = memref.load %x[%row, %lane4] : memref<64x128xf32>
      ...                      // four elements a lane, summed in order
      %other, %valid = gpu.shuffle xor %sum, %c16, %c32 : f32
      ...
      scf.if %isFirstLane { memref.store %total, %s[%row] : memref<64xf32> }
    ```

    A `memref.copy` between buffers in one piece is left to the driver; any other
    becomes a kernel too.

    Fails on ops of dynamic shape.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
                           "::mlir::gpu::GPUDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::NVVM::NVVMDialect",
                           "::mlir::scf::SCFDialect"];
}

#endif // QUANTC_CODEGEN_NVVM_PASSES_TD
