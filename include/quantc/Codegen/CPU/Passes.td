//===- Passes.td - code generation for the CPU -------------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CODEGEN_CPU_PASSES_TD
#define QUANTC_CODEGEN_CPU_PASSES_TD

include "mlir/Pass/PassBase.td"

/// The machine, as in TargetOptions.
class CPU_TargetOptionList {
  list<Option> options = [
    Option<"triple", "triple", "std::string", /*default=*/"",
           "Target triple; the host's where it is empty">,
    Option<"processor", "cpu", "std::string", /*default=*/"",
           "Processor as LLVM names it; by default the host's, or any of another triple">,
    Option<"features", "features", "std::string", /*default=*/"",
           "Comma-separated +feature and -feature on top of the cpu">];
}
def CPU_TargetOptions : CPU_TargetOptionList;

def CPU_ParallelOption
    : Option<"parallel", "parallel", "bool", /*default=*/"false",
             "Put loops with enough work into scf.parallel, for "
             "codegen-cpu-parallelize">;

//===----------------------------------------------------------------------===//
// The entry function
//===----------------------------------------------------------------------===//

def CodegenCPUPrepareEntryPass : Pass<"codegen-cpu-prepare-entry", "::mlir::ModuleOp"> {
  let summary = "Turn parameters into arguments and write down the signature";
  let description = [{
    Every public function with a body becomes an entry point of the compiled
    code. Its `dense_resource` constants become arguments, so that no parameter
    passes through LLVM IR or the object file, and the attribute `qnn.signature`
    records what the caller passes: names, types and, for parameters that are in
    memory, the resource.

    ```mlir
    func.func @main(%x: tensor<1x4xf32> {qnn.input = "x"}) -> tensor<1x8xf32> {
      %w = arith.constant dense_resource<w> : tensor<4x8xf32>
    ```
    becomes
    ```mlir
    func.func @main(%x: tensor<1x4xf32>, %w: tensor<4x8xf32>) -> tensor<1x8xf32>
        attributes {qnn.signature = {
          parameters = [{argument = 1 : i64, name = "w", type = tensor<4x8xf32>,
                         data = dense_resource<w> : tensor<4x8xf32>} ],
          inputs = [{argument = 0 : i64, name = "x", type = tensor<1x4xf32>} ],
          outputs = [{name = "out0", type = tensor<1x8xf32>} ]}} {
    ```

    Fails on arguments and results of dynamic shape (what lies between may have
    one) and on element types that the CPU back end does not store: i1, i8, i16, i32, i64, f16, bf16, f32 and f64 remain.
    Where `qnn.type` says what an argument or result is for the caller, that is
    its type in the signature.
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect",
                           "::mlir::tensor::TensorDialect"];
}

def CodegenCPUEmitEntryPass : Pass<"codegen-cpu-emit-entry", "::mlir::ModuleOp"> {
  let summary = "Wrap each entry point into the C calling convention";
  let description = [{
    Runs on the LLVM dialect. A function `@main` with `qnn.signature` becomes
    internal and gets an exported wrapper that takes the pointers from tables:

    ```c
    int32_t main_run_with_workspace(const void *const *parameters,
                                    const void *const *inputs,
                                    void *const *outputs, void *workspace);
    ```

    No argument may overlap an output; the inner function's pointers are
    `noalias` on that promise. The wrapper carries `qnn.signature` on.

    A function with `qnn.parallel`, whose last argument is the caller's
    `const quantc_parallel *`, also gets `main_run_parallel`, which takes it
    after the workspace; the function above then passes null.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

//===----------------------------------------------------------------------===//
// Everything that is not a contraction
//===----------------------------------------------------------------------===//

def CodegenCPULegalizeElementsPass : Pass<"codegen-cpu-legalize-elements", "::mlir::ModuleOp"> {
  let summary = "Give tensors element types that memory can hold";
  let description = [{
    Tensors of i1, ui8, i4, f8E4M3FN and f8E5M2 become tensors of i8: i1 is 0 or 1,
    ui8 and f8 keep their bits, i4 is sign extended. Constants are converted at
    compile time, so that weights of four bits are packed and multiplied like
    those of eight. In the bodies of linalg ops scalars are converted where they are
    read from or written to a tensor. Contractions of f8 become contractions of f32
    on decoded operands, each decoded once; a constant at compile time.

    An i1 must not stay: LLVM stores a scalar one as a byte, but a vector of them as
    bits, so that whoever writes the one and reads the other is wrong.

    ```mlir
    %w = arith.constant dense<[[-8, 7]]> : tensor<1x2xi4>
    %a = linalg.matmul ins(%x, %w : tensor<3x1xi8>, tensor<1x2xi4>) outs(%c : tensor<3x2xi32>)
    %b = linalg.matmul ins(%u, %v : tensor<3x4xf8E4M3FN>, tensor<4x2xf8E4M3FN>) outs(%d : tensor<3x2xf32>)
    ```
    becomes
    ```mlir
    %w = arith.constant dense<[[-8, 7]]> : tensor<1x2xi8>
    %a = linalg.matmul ins(%x, %w : tensor<3x1xi8>, tensor<1x2xi8>) outs(%c : tensor<3x2xi32>)
    %p = linalg.generic ... ins(%u : tensor<3x4xi8>) outs(%e : tensor<3x4xf32>) { ... }
    %q = linalg.generic ... ins(%v : tensor<4x2xi8>) outs(%f : tensor<4x2xf32>) { ... }
    %b = linalg.matmul ins(%p, %q : tensor<3x4xf32>, tensor<4x2xf32>) outs(%d : tensor<3x2xf32>)
    ```

    Arguments and results of functions keep the type that the caller means as
    `qnn.type`. An i4 is passed two in a byte, low half first, in row-major order:
    such arguments are unpacked where the function begins, such results packed
    where it ends.

    A conversion of a scalar between f8 and f32 becomes integer arithmetic. The one
    to f8 is an `arith.truncf` of a number that was clamped to [-M, M], M the largest
    of f8, as qnn-to-linalg makes it. Fails on other arithmetic in f8.
  }];
  let options = [
    Option<"keepF8Contractions", "keep-f8-contractions", "bool", /*default=*/"false",
           "Leave it to the target to multiply f8: bytes are cast in the bodies "
           "of contractions">,
    Option<"keepF8Conversions", "keep-f8-conversions", "bool", /*default=*/"false",
           "Leave it to the target to convert scalars between f8 and f32">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"];
}

def CodegenCPUDropEmptyTensorsPass : Pass<"codegen-cpu-drop-empty-tensors"> {
  let summary = "Compute nothing for tensors without elements";
  let description = [{
    An op without side effects all of whose results have no elements becomes
    `tensor.empty`. Later stages then only meet tensors that hold something:
    subviews of nothing are out of bounds, however small.

    ```mlir
    %1 = tensor.pad %0 low[0, 2] high[0, 1] {...} : tensor<0x4xf32> to tensor<0x7xf32>
    ```
    becomes
    ```mlir
    %1 = tensor.empty() : tensor<0x7xf32>
    ```
  }];
  let dependentDialects = ["::mlir::tensor::TensorDialect"];
}

def CodegenCPUFoldUnitDimsPass : Pass<"codegen-cpu-fold-unit-dims"> {
  let summary = "Drop dimensions of size 1";
  let description = [{
    Dimensions of size 1 hide that two shapes are the same, and that a loop is
    the innermost. linalg's patterns for `linalg.generic` and `tensor.pad`, but
    for the dimensions of a window (`i * stride + k`): with one position the
    window may still be smaller than the operand.

    ```mlir
    %1 = linalg.generic {indexing_maps = [(i, j) -> (i, j), (i, j) -> (i, j)], ...}
      ins(%0 : tensor<1x8xf32>) outs(%e : tensor<1x8xf32>)
    ```
    becomes
    ```mlir
    %c = tensor.collapse_shape %0 [[0, 1]] : tensor<1x8xf32> into tensor<8xf32>
    %1 = linalg.generic {indexing_maps = [(i) -> (i), (i) -> (i)], ...}
      ins(%c : tensor<8xf32>) outs(%d : tensor<8xf32>)
    ```
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def CodegenCPUFuseElementwisePass : Pass<"codegen-cpu-fuse-elementwise"> {
  let summary = "Make one op of a chain of elementwise ops";
  let description = [{
    An elementwise op joins its consumer, elementwise or a reduction, if nobody
    else uses it and the consumer reads each of its elements once, or in a loop
    that code generation hoists it out of. Broadcasts, and what is computed from
    indices alone, join every consumer; fills become scalars. Contractions and
    convolutions are left alone, so that an elementwise op behind one is its
    whole epilogue; but contractions read through transpositions of their
    operands where they can.

    ```mlir
    %0 = linalg.broadcast ins(%b : tensor<8xf32>) outs(%e : tensor<4x8xf32>) dimensions = [0]
    %1 = linalg.add ins(%x, %0 : tensor<4x8xf32>, tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
    %2 = linalg.exp ins(%1 : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
    ```
    becomes
    ```mlir
    %2 = linalg.generic {indexing_maps = [(i, j) -> (i, j), (i, j) -> (j), (i, j) -> (i, j)], ...}
      ins(%x, %b : tensor<4x8xf32>, tensor<8xf32>) outs(%e : tensor<4x8xf32>) {
    ^bb0(%a: f32, %c: f32, %o: f32):
      %3 = arith.addf %a, %c : f32
      %4 = math.exp %3 : f32
      linalg.yield %4 : f32
    } -> tensor<4x8xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::affine::AffineDialect",
                           "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def CodegenCPUPlanMemoryPass : Pass<"codegen-cpu-plan-memory", "::mlir::ModuleOp"> {
  let summary = "Place all buffers of an entry function in one workspace";
  let description = [{
    Every `memref.alloc` of static shape that is freed in its own block becomes
    a view of one additional argument; buffers that do not live at the same time
    share bytes. The attribute `qnn.workspace_bytes` says how many the caller
    has to provide, aligned as the buffers are. What escapes from its block stays
    on the heap.

    ```mlir
    func.func @main(%x: memref<16xf32>) attributes {qnn.signature = {...}} {
      %a = memref.alloc() : memref<16xf32>
      ...
      memref.dealloc %a : memref<16xf32>
    ```
    becomes
    ```mlir
    func.func @main(%x: memref<16xf32>, %workspace: memref<64xi8>)
        attributes {qnn.signature = {...}, qnn.workspace_bytes = 64 : i64} {
      %a = memref.view %workspace[%c0][] : memref<64xi8> to memref<16xf32>
    ```
  }];
  let options = [Option<"alignment", "alignment", "int64_t", /*default=*/"64",
                        "Bytes that each buffer's address is a multiple of">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect"];
}

def CodegenCPUVectorizePass : Pass<"codegen-cpu-vectorize"> {
  let summary = "Turn linalg ops on buffers into loops over vectors";
  let description = [{
    One loop dimension is chosen to run a vector at a time: the one along which
    the operands are contiguous or constant. The main loop takes full vectors,
    the rest is one shorter vector; there are no masks. Loads and operations
    that do not change with a loop stand outside of it.

    A reduction along the vector dimension keeps one partial result a lane and
    combines the lanes at the end in a fixed order. Sums of f32 have 32 lanes,
    whatever the target's vectors (docs/arithmetic.md, Sums of f32). Ops that no dimension suits, and
    those of dynamic shape, become scalar loops.

    ```mlir
    linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
                    iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<8x64xf32>) outs(%sum : memref<8xf32>) { ... arith.addf ... }
    ```
    becomes, with 16 lanes,
    ```mlir
    scf.for %i = %c0 to %c8 step %c1 {
      %p:2 = scf.for %j = %c0 to %c64 step %c32 iter_args(%s = %zeros, %t = %zeros)
          -> (vector<16xf32>, vector<16xf32>) {
        %v = vector.load %x[%i, %j] : memref<8x64xf32>, vector<16xf32>
        %n = arith.addf %v, %s : vector<16xf32>
        ...                    // the same at %j + 16
        scf.yield %n, %m : vector<16xf32>, vector<16xf32>
      }
      // Both are added, then halves, quarters, ...; then what %sum[%i] held.
    ```
  }];
  let options = [Option<"vectorBits", "vector-bits", "unsigned", /*default=*/"128",
                        "Bits of a vector register">,
                 CPU_ParallelOption];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"];
}

def CodegenCPUApproximateMathPass : Pass<"codegen-cpu-approximate-math"> {
  let summary = "Replace functions by polynomials where they are accurate";
  let description = [{
    Replaces exp, expm1, log, log1p, tanh, erf, erfc, sin, cos, powf and cbrt on f32 (f16
    and bf16 are computed in f32) by polynomials that run on vectors. They are within
    5 units in the last place of the exact value and treat NaN and infinities as libm
    does. sin and cos reduce any argument exactly, in integers; powf and cbrt are
    computed in f64 and rounded once. The logarithm of a denormal is that of the smallest normal number, and
    an exp below 2^-125.5 is 0: processors take a hundred cycles for a denormal,
    and the masked half of an attention's scores would be denormals.
    Other functions remain calls of libm.

    ```mlir
    %1 = math.tanh %0 : vector<16xf32>
    ```
    becomes a clamp, two polynomials and a division.
  }];
  let options = [Option<"splitFma", "split-fma", "bool", /*default=*/"false",
                        "Use a multiplication and an addition for math.fma; for "
                        "targets without the instruction">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
                           "::mlir::vector::VectorDialect"];
}

//===----------------------------------------------------------------------===//
// Contraction kernels
//===----------------------------------------------------------------------===//

include "quantc/Codegen/CPU/KernelPasses.td"

//===----------------------------------------------------------------------===//
// Threads
//===----------------------------------------------------------------------===//

def CodegenCPUParallelizePass : Pass<"codegen-cpu-parallelize", "::mlir::ModuleOp"> {
  let summary = "Turn parallel loops of entry functions into tasks";
  let description = [{
    The body of an outermost `scf.parallel` of constant bounds becomes a
    function, a task, over a range of the loop's iterations. The loop becomes a
    call of all of them, which is what runs without threads;
    `codegen-cpu-emit-tasks` hands the iterations out. Buffers are passed as
    the arguments that they are parts of; constants and views are made again
    inside. Loops that reduce, and those that use buffers of dynamic shape or
    layout, stay where they are and run on one thread.

    Every entry function gets the attribute `qnn.parallel`.

    ```mlir
    func.func @main(%x: memref<64x32xf32>) attributes {qnn.signature = {...}} {
      scf.parallel (%i) = (%c0) to (%c8) step (%c1) { ... %x ... }
    ```
    becomes
    ```mlir
    func.func private @main_task0(%begin: index, %end: index, %x: memref<64x32xf32>)
        attributes {qnn.task} {
      scf.for %i = %begin to %end step %c1 { ... %x ... }
    }
    func.func @main(%x: memref<64x32xf32>) attributes {qnn.parallel, qnn.signature = {...}} {
      call @main_task0(%c0, %c8, %x) : (index, index, memref<64x32xf32>) -> ()
    ```
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
                           "::mlir::func::FuncDialect", "::mlir::scf::SCFDialect"];
}

def CodegenCPUEmitTasksPass : Pass<"codegen-cpu-emit-tasks", "::mlir::ModuleOp"> {
  let summary = "Hand the iterations of tasks to the caller's threads";
  let description = [{
    Runs on the LLVM dialect. A function with `qnn.parallel` gets one more
    argument, the caller's `const quantc_parallel *` (see quantc_model.h). Its
    calls of tasks store what the task takes in a record on the stack and pass
    it, with a function that runs one iteration of the task, to

    ```c
    static void run_task(const quantc_parallel *parallel, int64_t count,
                         void (*task)(void *argument, int64_t index), void *argument);
    ```

    which is emitted too and calls `parallel->run`, or the task for one index
    after the other where `parallel` is null or has one thread only.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

#endif // QUANTC_CODEGEN_CPU_PASSES_TD
