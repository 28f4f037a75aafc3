//===- Passes.td - code generation for NVIDIA GPUs ---------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CODEGEN_NVVM_PASSES_TD
#define QUANTC_CODEGEN_NVVM_PASSES_TD

include "mlir/Pass/PassBase.td"

def NVVM_ChipOption : Option<"chip", "chip", "std::string", /*default=*/"\"sm_80\"",
                             "The chip: sm_80, sm_86, sm_89 or sm_90">;

//===----------------------------------------------------------------------===//
// Contractions
//===----------------------------------------------------------------------===//

def CodegenNVVMFormKernelsPass : Pass<"codegen-nvvm-form-kernels", "::mlir::ModuleOp"> {
  let summary = "Turn contractions and their epilogues into kernels";
  let description = [{
    Every linalg op that multiplies and adds over two operands with static shapes
    becomes a `qnn_gpu.contract`, together with the elementwise `linalg.generic`
    that alone uses its result: i8 in i32, f16, bf16, f8 and f32 in f32. Named or
    generic, in any order of batch, m, n and k, transposed or a convolution: what
    counts is that the innermost dimension of the result occurs in one operand
    only. An initial value that is a broadcast is read before it is broadcast,
    and none where it is zero.

    The tiles are chosen by a static model of the chip, or given by an attribute
    `qnn_gpu.schedule` on the linalg op; one that the chip cannot run is an
    error. Anything else is left alone.

    ```mlir
    %0 = linalg.matmul ins(%a, %w : tensor<128x768xi8>, tensor<768x3072xi8>)
                       outs(%bias : tensor<128x3072xi32>) -> tensor<128x3072xi32>
    %1 = linalg.generic ... ins(%0, %scale) outs(%e) {
      // scale, round, clamp
    } -> tensor<128x3072xi8>
    ```
    becomes
    ```mlir
    %1 = qnn_gpu.contract lhs(%a : tensor<128x768xi8>) rhs(%w : tensor<768x3072xi8>)
        init(%bias ...) captures(%scale ...) outs(%e ...) ... {
    ^bb0(%acc: i32, %s: f32):
      // scale, round, clamp
      qnn_gpu.yield %q : i8
    } -> tensor<128x3072xi8>
    ```
  }];
  let options = [NVVM_ChipOption];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect", "::quantc::nvvm::GPUDialect"];
}

def CodegenNVVMPackPass : Pass<"codegen-nvvm-pack", "::mlir::ModuleOp"> {
  let summary = "Store constant weights in rows along k";
  let description = [{
    Tensor cores take both operands in rows along k, which is how they are copied
    to shared memory, 16 bytes at a time. A constant right operand that lies
    otherwise in memory is rearranged at compile time: batch... x n x k, with all
    k as one dimension that is padded with zeros to a multiple of 16 bytes.

    ```mlir
    %w = arith.constant dense_resource<w> : tensor<768x3072xi8>
    qnn_gpu.contract lhs(%a : tensor<128x768xi8>) rhs(%w : tensor<768x3072xi8>) ... affine_map<(m, n, k) -> (k, n)>
    ```
    becomes
    ```mlir
    %w = arith.constant dense_resource<w.packed> : tensor<3072x768xi8>
    qnn_gpu.contract lhs(%a : tensor<128x768xi8>) rhs(%w : tensor<3072x768xi8>) ... affine_map<(m, n, k) -> (n, k)>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def CodegenNVVMTilePass : Pass<"codegen-nvvm-tile", "::mlir::ModuleOp"> {
  let summary = "Launch a CTA for every tile of a contraction";
  let description = [{
    A `qnn_gpu.contract` on memrefs becomes a `gpu.launch`, a kernel of the
    module `kernels` that codegen-nvvm-outline will make. Its CTAs go over k in
    steps of the schedule: load a tile of either operand into shared memory, wait,
    multiply. Warps and threads do not appear yet.

    ```mlir
    gpu.launch blocks(%x, %y, %z) in (...) threads(...) in (%c128, %c1, %c1)
        dynamic_shared_memory_size %bytes {
      %batch = ...  %m = ...  %n = ...
      %zero = qnn_gpu.init_tile[%batch, %m, %n] ... -> vector<16x16xi32>
      %acc = scf.for %k = %c0 to %c768 step %c64 iter_args(%sum = %zero) {
        qnn_gpu.load_tile lhs %a[%batch, %m, %k] to %tile_a ...
        qnn_gpu.load_tile rhs %w[%batch, %n, %k] to %tile_b ...
        nvvm.cp.async.commit.group
        nvvm.cp.async.wait.group 0
        gpu.barrier
        %next = qnn_gpu.multiply_tile %tile_a, %tile_b, %sum ...
        gpu.barrier
        scf.yield %next
      }
      qnn_gpu.store_tile %acc[%batch, %m, %n] captures(...) outs(...) { ... }
      gpu.terminator
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::gpu::GPUDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::NVVM::NVVMDialect",
                           "::mlir::scf::SCFDialect", "::quantc::nvvm::GPUDialect"];
}

def CodegenNVVMPipelinePass : Pass<"codegen-nvvm-pipeline", "::mlir::ModuleOp"> {
  let summary = "Load tiles while earlier ones are multiplied";
  let description = [{
    The loop over k that `codegen-nvvm-tile` has made gets `stages` buffers in
    shared memory. `stages` - 1 tiles are on their way when the loop begins; each
    step waits for the oldest, starts the next copy into the buffer that the step
    before has read, and multiplies. One barrier a step is enough: a warp that
    has passed it knows that all have read that buffer, and that all have waited
    for their part of the new one.

    ```mlir
    // copies of tiles 0 and 1, a group each
    scf.for %k = ... iter_args(%sum, %read, %write) {
      nvvm.cp.async.wait.group 1
      gpu.barrier
      scf.if %more { qnn_gpu.load_tile ... [%batch, %m, %k2] to %view_of_write }
      nvvm.cp.async.commit.group
      qnn_gpu.multiply_tile %view_of_read ...
    }
    ```

    With few matrix instructions a step and a known number of steps, a round of the
    loop has `stages` steps, each with a buffer that is known, and no condition: the
    steps that have nothing to load stand behind the loop.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::gpu::GPUDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::NVVM::NVVMDialect",
                           "::mlir::scf::SCFDialect"];
}

def CodegenNVVMLowerFragmentsPass : Pass<"codegen-nvvm-lower-fragments", "::mlir::ModuleOp"> {
  let summary = "Say what each thread does for the tiles of its CTA";
  let description = [{
    The operations on tiles become those of a thread: asynchronous copies of 16,
    8 or 4 bytes where the layout of the operand allows it, loads of elements
    where not; `ldmatrix` from swizzled shared memory and `mma.sync`; the
    epilogue on accumulators in registers, and vector stores. The accumulators,
    one vector before, are scalars afterwards.

    docs/codegen-nvvm.md draws who holds what.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::gpu::GPUDialect",
                           "::mlir::LLVM::LLVMDialect", "::mlir::math::MathDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::nvgpu::NVGPUDialect",
                           "::mlir::NVVM::NVVMDialect", "::mlir::scf::SCFDialect",
                           "::mlir::vector::VectorDialect"];
}

//===----------------------------------------------------------------------===//
// Conversions of elements
//===----------------------------------------------------------------------===//

def CodegenNVVMFuseRoundingPass : Pass<"codegen-nvvm-fuse-rounding", "::mlir::ModuleOp"> {
  let summary = "Round, saturate and pack bytes by conversions";
  let description = [{
    `cvt.rni` rounds half to even, saturates at the limits of a small integer and
    makes 0 of NaN; `cvt.pack` saturates two integers to bytes of one word. So the
    end of a quantization, rounded, clamped, with a zero point added and truncated,
    takes an instruction to convert, one to add the zero point if there is one,
    and half of one to pack, with the bits that it had.

    ```mlir
    %r = math.roundeven %x : f32
    %a = arith.maximumf %r, %low : f32     // -128 - z
    %b = arith.minimumf %a, %high : f32    //  127 - z
    %i = arith.fptosi %b : f32 to i32
    %j = arith.addi %i, %z : i32
    %q = arith.trunci %j : i32 to i8
    ... vector.from_elements %q, ...
    ```
    becomes
    ```mlir
    %i = llvm.inline_asm "cvt.rni.sat.s16.f32 $0, $1;", "=r,f" %x : (f32) -> i32
    %j = arith.addi %i, %z : i32
    %w = llvm.inline_asm "cvt.pack.sat.s8.s32.b32 $0, $1, $2, $3;", "=r,r,r,r" ...
    ```

    A number that is used as an integer, too, as one that is added to a sum, is clamped
    as before and only rounded by its conversion.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::LLVM::LLVMDialect",
                           "::mlir::vector::VectorDialect"];
}

def CodegenNVVMLowerF8Pass : Pass<"codegen-nvvm-lower-f8", "::mlir::ModuleOp"> {
  let summary = "Convert f8 by instructions, two at a time";
  let description = [{
    For chips from sm_89 on. Numbers that are stored together are converted in pairs;
    one alone wastes half of its instruction. f8 goes to f32 by way of f16, which has
    all of its values. Fails on an `arith.truncf` whose operand is not clamped.

    ```mlir
    %a = arith.maximumf %x, %low : f32     // -448
    %b = arith.minimumf %a, %high : f32    //  448
    %q = arith.truncf %b : f32 to f8E4M3FN
    ```
    becomes
    ```mlir
    %p = nvvm.convert.f32x2.to.f8x2 %y, %x {rnd = #nvvm.fp_rnd_mode<rn>, sat = #nvvm.sat_mode<satfinite>}
        : i16 (f8E4M3FN)
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::NVVM::NVVMDialect",
                           "::mlir::vector::VectorDialect"];
}

//===----------------------------------------------------------------------===//
// The module of kernels
//===----------------------------------------------------------------------===//

def CodegenNVVMFinalizeKernelsPass : Pass<"codegen-nvvm-finalize-kernels", "::mlir::gpu::GPUModuleOp"> {
  let summary = "Declare shared memory as the launch's, and the planned occupancy";
  let description = [{
    Runs on the LLVM dialect. The conversion from `gpu.dynamic_shared_memory`
    leaves a variable that PTX would allocate, one byte long; the memory that a
    launch provides is an external one.

    ```mlir
    llvm.mlir.global internal @__dynamic_shmem__0() {addr_space = 3 : i32, alignment = 16 : i64} : !llvm.array<0 x i8>
    ```
    becomes
    ```mlir
    llvm.mlir.global external @__dynamic_shmem__0() {addr_space = 3 : i32, alignment = 16 : i64} : !llvm.array<0 x i8>
    ```

    What `qnn_gpu.occupancy` says of its kernel becomes the attribute
    `nvvm.minctasm`, in PTX `.minnctapersm`.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

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
    once; buffers between its ops disappear. Of a row of more than 1024 elements
    the warp makes passes, from one reduction to the next.

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
      %x0 = memref.load %x[%row, %lane] : memref<64x128xf32>
      ...                      // four elements a lane, 32 apart, summed in order
      %other, %valid = gpu.shuffle xor %sum, %c16, %c32 : f32
      ...
      scf.if %isFirstLane { memref.store %total, %s[%row] : memref<64xf32> }
    ```

    A `memref.copy` between buffers in one piece is left to the driver; any other
    becomes a kernel too.

    A view whose offset depends on data is made in the kernel, which loads and computes the
    offset. Contractions get buffers of their own and copies instead.

    Fails on ops of dynamic shape and on offsets that the host would have to compute.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
                           "::mlir::gpu::GPUDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::NVVM::NVVMDialect",
                           "::mlir::scf::SCFDialect", "::quantc::nvvm::GPUDialect"];
}

#endif // QUANTC_CODEGEN_NVVM_PASSES_TD
