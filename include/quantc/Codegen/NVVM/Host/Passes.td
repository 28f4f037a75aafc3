//===- Passes.td - the host's part, and what all kernels need -*- tablegen -*-//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CODEGEN_NVVM_HOST_PASSES_TD
#define QUANTC_CODEGEN_NVVM_HOST_PASSES_TD

include "mlir/Pass/PassBase.td"

//===----------------------------------------------------------------------===//
// Any kernel
//===----------------------------------------------------------------------===//

def CodegenNVVMLowerMathPass : Pass<"codegen-nvvm-lower-math", "::mlir::ModuleOp"> {
  let summary = "Make instructions of functions, or refuse them";
  let description = [{
    Kernels call no library. Of the math dialect they compute what is an
    instruction, rounded as IEEE 754 says; `rsqrt` is a division by a square
    root, as on the CPU. codegen-cpu-approximate-math has expanded `exp`, `erf`,
    `erfc`, `log`, `log1p`, `expm1`, `tanh`, `sin`, `cos`, `powf` and `cbrt` of f32 before. `arith.remf` is
    a division of integers, 39 bits of the quotient at a time, and exact, as C's `fmod` is. Anything else in a
    `gpu.launch` is an error that names the function.

    ```mlir
    %0 = math.roundeven %x : f32
    ```
    becomes
    ```mlir
    %0 = llvm.call_intrinsic "llvm.roundeven"(%x) : (f32) -> f32
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::LLVM::LLVMDialect",
                           "::mlir::scf::SCFDialect"];
}

def CodegenNVVMAlignPointersPass : Pass<"codegen-nvvm-align-pointers", "::mlir::gpu::GPUModuleOp"> {
  let summary = "Say how the pointers of kernels are aligned";
  let description = [{
    Kernels are launched on buffers of the arena, on parameters and on tensors of
    the caller, all at multiples of 16 bytes. LLVM needs to know to make one access of
    neighbouring ones. As it may make it wider than what is asked for, an alignment
    also has to divide the size of the buffer, so that none crosses its end.

    ```mlir
    gpu.func @k(%x: memref<64xf32>, %y: memref<3x3xi8>) kernel
    ```
    becomes
    ```mlir
    gpu.func @k(%x: memref<64xf32> {llvm.align = 16 : i64},
                %y: memref<3x3xi8> {llvm.align = 1 : i64}) kernel
    ```
  }];
}

//===----------------------------------------------------------------------===//
// The host's part
//===----------------------------------------------------------------------===//

def CodegenNVVMUnrollLoopsPass : Pass<"codegen-nvvm-unroll-loops", "::mlir::func::FuncOp"> {
  let summary = "Unroll the loops of the host";
  let description = [{
    The host's part is a straight line of launches. A loop with a constant number
    of iterations, as that over the blocks of a weight, becomes one.

    ```mlir
    %s = scf.for %i = %c0 to %c2 step %c1 iter_args(%t = %x) -> (tensor<4xf32>) {
      %y = tensor.extract_slice %b[%i, 0] [1, 4] [1, 1] : tensor<2x4xf32> to tensor<4xf32>
      %u = linalg.add ins(%t, %y : ...) outs(%t : tensor<4xf32>) -> tensor<4xf32>
      scf.yield %u : tensor<4xf32>
    }
    ```
    becomes two slices, at 0 and at 1, and two sums.
  }];
  let options = [Option<"maxTrips", "max-trips", "int64_t", "256",
                        "Loops with more iterations stay, and are refused later">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::scf::SCFDialect"];
}

def CodegenNVVMSinkScalarsPass : Pass<"codegen-nvvm-sink-scalars", "::mlir::func::FuncOp"> {
  let summary = "Read and compute scalars in the ops that use them";
  let description = [{
    The host reads no memory of the device. A scalar that is computed from an
    element of a tensor, as a zero point known at run time, is computed by the
    threads that use it; scalars that become a tensor (`tensor.from_elements`),
    as those of arithmetic on tensors of rank 0, are fills first.

    ```mlir
    %z = tensor.extract %t[] : tensor<i8>
    %0 = linalg.fill ins(%z : i8) outs(%e : tensor<4xi8>) -> tensor<4xi8>
    ```
    becomes
    ```mlir
    %0 = linalg.generic {indexing_maps = [affine_map<(d0) -> ()>, affine_map<(d0) -> (d0)>],
                         iterator_types = ["parallel"]}
        ins(%t : tensor<i8>) outs(%e : tensor<4xi8>) {
    ^bb0(%z: i8, %out: i8):
      linalg.yield %z : i8
    } -> tensor<4xi8>
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def CodegenNVVMPromoteConstantsPass : Pass<"codegen-nvvm-promote-constants"> {
  let summary = "Turn tensor constants into resources";
  let description = [{
    A kernel reads tensors from device memory, where parameters are, and a
    parameter is what codegen-cpu-prepare-entry finds as a `dense_resource`. So
    every other constant tensor becomes one.

    ```mlir
    %0 = arith.constant dense<[1, 2, 3]> : tensor<3xi32>
    ```
    becomes
    ```mlir
    %0 = arith.constant dense_resource<constant> : tensor<3xi32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def CodegenNVVMFreeBuffersPass : Pass<"codegen-nvvm-free-buffers", "::mlir::func::FuncOp"> {
  let summary = "Free each buffer behind its last use";
  let description = [{
    The host's part is a straight line, so the life of a buffer is known.
    codegen-cpu-plan-memory then lets buffers share the arena's bytes. Work on a
    stream runs in order, so a kernel may write what an earlier one has read.

    ```mlir
    %a = memref.alloc() : memref<16xf32>
    gpu.launch_func @kernels::@k ... args(%a : memref<16xf32>)
    gpu.launch_func @kernels::@l ...
    ```
    becomes
    ```mlir
    %a = memref.alloc() : memref<16xf32>
    gpu.launch_func @kernels::@k ... args(%a : memref<16xf32>)
    memref.dealloc %a : memref<16xf32>
    gpu.launch_func @kernels::@l ...
    ```
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
}

def CodegenNVVMEmitPlanPass : Pass<"codegen-nvvm-emit-plan", "::mlir::ModuleOp"> {
  let summary = "Write down what the host does as a list of steps";
  let description = [{
    A function with `qnn.signature` that launches kernels and copies buffers, one
    after the other, becomes the attribute `qnn.plan` on a declaration: the
    names of the kernels, then the steps as they stand in the plan of a bundle
    (docs/bundle.md). `i0`, `o0` and `p0` are the first input, output and
    parameter, `a` is the arena, and what follows the plus sign are bytes.

    ```mlir
    func.func @main(%x: memref<4xf32>, %y: memref<4xf32>, %arena: memref<256xi8>)
        attributes {qnn.signature = ..., qnn.workspace_bytes = 256 : i64} {
      %t = memref.view %arena[%c0][] : memref<256xi8> to memref<4xf32>
      gpu.launch_func @kernels::@k0 blocks in (%c1, %c1, %c1) threads in (%c128, %c1, %c1)
        args(%x : memref<4xf32>, %t : memref<4xf32>)
      memref.copy %t, %y : memref<4xf32> to memref<4xf32>
      return
    }
    ```
    becomes
    ```mlir
    func.func private @main(memref<4xf32>, memref<4xf32>, memref<256xi8>)
        attributes {qnn.plan = ["kernel k0", "launch 0 1 1 1 128 1 1 0 i0+0 a+0",
                                "copy o0+0 a+0 16"], ...}
    ```

    A kernel is passed the pointers of its buffers; it knows their offsets from
    their types. Fails on control flow, on sizes and offsets that are not
    constant, and on anything else that the host would have to compute.
  }];
}

#endif // QUANTC_CODEGEN_NVVM_HOST_PASSES_TD
