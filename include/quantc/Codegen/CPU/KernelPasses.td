//===- KernelPasses.td - contraction kernels of the CPU ----*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A part of Passes.td, whose options it uses.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CODEGEN_CPU_KERNELPASSES_TD
#define QUANTC_CODEGEN_CPU_KERNELPASSES_TD

include "mlir/Pass/PassBase.td"

def CodegenCPUFormKernelsPass : Pass<"codegen-cpu-form-kernels", "::mlir::ModuleOp"> {
  let summary = "Turn contractions and their epilogues into kernels";
  let description = [{
    Every linalg op that multiplies and adds (i8 and i16 in i32, or f32) over two
    operands with static shapes becomes a `qnn_cpu.contract`, together with the
    elementwise `linalg.generic` that alone uses its result. Named or generic,
    in any order of batch, m, n and k, transposed or a convolution: what counts
    is that the innermost dimension of the result occurs in one operand only.
    That operand is packed (`qnn_cpu.pack`), the other is read as it is.

    An initial value that is a broadcast is read before it is broadcast, and
    none where it is zero. Where the target's dot instruction reads bytes of the
    other signedness on the left and has no time to flip signs in registers, the
    left operand is shifted by 128 in a `linalg.generic` of its own (see
    `codegen-cpu-fold-offsets`); the packed weights carry the correction.

    The register tile is chosen by a static model of the target, or given by an
    attribute `qnn_cpu.schedule` on the linalg op. Anything else is left alone.

    ```mlir
    %0 = linalg.matmul ins(%a, %w : tensor<128x768xi8>, tensor<768x3072xi8>)
                       outs(%bias : tensor<128x3072xi32>) -> tensor<128x3072xi32>
    %1 = linalg.generic ... ins(%0, %scale) outs(%e) {
      // scale, round, clamp
    } -> tensor<128x3072xi8>
    ```
    becomes
    ```mlir
    %p:2 = qnn_cpu.pack source(%w : tensor<768x3072xi8>) outs(...) correction(...) ...
    %1 = qnn_cpu.contract lhs(%a : tensor<128x768xi8>) rhs(%p#0 : tensor<64x192x192xi8>)
        correction(%p#1 : tensor<3072xi32>) init(%bias ...) captures(%scale ...) outs(%e ...) ... {
    ^bb0(%acc: i32, %s: f32):
      // scale, round, clamp
      qnn_cpu.yield %q : i8
    } -> tensor<128x3072xi8>
    ```
  }];
  let options = CPU_TargetOptions.options;
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect", "::quantc::cpu::CPUDialect"];
}

def CodegenCPUFoldConversionsPass : Pass<"codegen-cpu-fold-conversions"> {
  let summary = "Convert operands of kernels where they are produced";
  let description = [{
    A conversion that `codegen-cpu-form-kernels` has put in front of a kernel
    (a shift by 128, an extension to 16 bits) moves up through reshapes and paddings, and becomes part of the epilogue of
    the kernel that produces the operand, if nobody else uses it. Elementwise
    producers are a matter of `codegen-cpu-fuse-elementwise`.

    ```mlir
    %0 = qnn_cpu.contract ... {
      qnn_cpu.yield %q : i8
    } -> tensor<8x16xi8>
    %1 = linalg.generic ... ins(%0 : tensor<8x16xi8>) {
      %3 = arith.xori %in, %c-128 : i8
      linalg.yield %3 : i8
    } -> tensor<8x16xi8>
    ```
    becomes
    ```mlir
    %1 = qnn_cpu.contract ... {
      %3 = arith.xori %q, %c-128 : i8
      qnn_cpu.yield %3 : i8
    } -> tensor<8x16xi8>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def CodegenCPUPackPass : Pass<"codegen-cpu-pack", "::mlir::ModuleOp"> {
  let summary = "Pack constant weights at compile time";
  let description = [{
    Replaces each `qnn_cpu.pack` of a constant by constants: the packed weights
    and, where there is one, the correction, made in parallel over raw buffers.
    What is left is packed at run time.

    ```mlir
    %w = arith.constant dense_resource<fc> : tensor<768x3072xi8>
    %p:2 = qnn_cpu.pack source(%w : tensor<768x3072xi8>) ...
        -> tensor<64x192x192xi8>, tensor<3072xi32>
    ```
    becomes
    ```mlir
    %p = arith.constant dense_resource<fc.packed> : tensor<64x192x192xi8>
    %c = arith.constant dense_resource<fc.packed.correction> : tensor<3072xi32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def CodegenCPULowerKernelsPass : Pass<"codegen-cpu-lower-kernels", "::mlir::ModuleOp"> {
  let summary = "Turn kernels on memrefs into loops and vectors";
  let description = [{
    Emits for each `qnn_cpu.contract` the loops over batches, panels of columns
    and tiles of rows; all accumulators of a tile are one
    `vector<rows x registers x lanes>` that the loop over k carries, and the
    epilogue's operations act on one register each. `qnn_cpu.pack` becomes loops
    that transpose in registers.

    ```mlir
    %acc = scf.for %k = %c0 to %c192 step %c1 iter_args(%a = %init) -> (vector<8x3x16xi32>) {
      %b = vector.load %rhs[%o] : memref<2359296xi8>, vector<64xi8>
      %4 = vector.load %lhs[%p] : memref<98304xi8>, vector<4xi8>
      // bitcast, broadcast
      %d = llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"(%c, %x, %b) ...
    ```
  }];
  let options = [CPU_ParallelOption];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
                           "::mlir::LLVM::LLVMDialect", "::mlir::math::MathDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
                           "::mlir::ub::UBDialect",
                           "::mlir::vector::VectorDialect"];
}

def CodegenCPUExpandArithPass : Pass<"codegen-cpu-expand-arith"> {
  let summary = "Expand arith operations without an LLVM counterpart";
  let description = [{
    Divisions that round up or down, and conversions between bf16 and f32. Unlike
    `arith-expand` it leaves `maximumf` and `minimumf` to LLVM, which orders zeros
    as IEEE-754-2019 does: maximum(+0, -0) is +0.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def CodegenCPUSplitProductsPass : Pass<"codegen-cpu-split-products", "::mlir::ModuleOp"> {
  let summary = "Compute products of rank one from words of 16 bits";
  let description = [{
    The tail of a contraction with zero points on both sides multiplies a row sum
    by a column's zero point. A 32-bit multiplication of vectors is slow on x86:
    two instructions' worth and ten cycles. Where bounds of the factors are known
    (a zero point has eight bits; a sum of K elements has log2 K more than one), x y
    is the sum of two products of 16 bits,

        x y = x (y mod 2^b) + (x 2^b) (y div 2^b)

    for the b with which x 2^b fits 16 bits, if y div 2^b does, too. Both halves of
    both factors are packed into words once, for each row and each column, and the
    tail adds up products of halves, which `codegen-cpu-fuse-products` turns into one
    instruction. A subtraction becomes an addition of the negated word.

    ```mlir
    %7 = linalg.generic ... ins(%acc, %zb, %ra : tensor<64x32xi32>, tensor<32xi8>, tensor<64xi32>) {
      %0 = arith.extsi %zb : i8 to i32
      %1 = arith.muli %0, %ra : i32
      %2 = arith.subi %acc, %1 : i32
    ```
    becomes
    ```mlir
    %b = linalg.generic ... ins(%zb : tensor<32xi8>) { (zb & 0xffff) | zb << 24 }
    %a = linalg.generic ... ins(%ra : tensor<64xi32>) { (-ra & 0xff) | (-ra >> 8) << 16 }
    %7 = linalg.generic ... ins(%acc, %b, %a : tensor<64x32xi32>, tensor<32xi32>, tensor<64xi32>) {
      // lower(b) * lower(a) + upper(b) * upper(a), in shifts by 16
      %2 = arith.addi %acc, %1 : i32
    ```

    Other targets than x86 are left alone.
  }];
  let options = CPU_TargetOptions.options;
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def CodegenCPUFuseProductsPass : Pass<"codegen-cpu-fuse-products", "::mlir::ModuleOp"> {
  let summary = "Add products of halves by one instruction";
  let description = [{
    What `codegen-cpu-split-products` prepares, once it is vectors of one register:
    `vpmaddwd`. Where `vpdpwssd` is the better instruction, LLVM makes it of that and
    the addition to the accumulator.

    ```mlir
    %0 = arith.shli %a, %c16   %1 = arith.shrsi %0, %c16   // lower(a)
    ...
    %6 = arith.muli %1, %3     %7 = arith.muli %4, %5
    %8 = arith.addi %6, %7 : vector<16xi32>
    ```
    becomes
    ```mlir
    %8 = llvm.call_intrinsic "llvm.x86.avx512.pmaddw.d.512"(%a', %b')
    ```

    Other targets than x86 are left alone.
  }];
  let options = CPU_TargetOptions.options;
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::vector::VectorDialect"];
}

def CodegenCPURoundQuotientsPass : Pass<"codegen-cpu-round-quotients"> {
  let summary = "Divide by a constant by multiplication where the quotient is rounded";
  let description = [{
    A quantization divides by its scale. Where the scale is a constant and the
    quotient is only rounded to an integer within bounds, the reciprocal in twice
    the precision, whose parts have one sign, gives the same integer, in two
    instructions instead of one that takes ten times as long:

    ```mlir
    %0 = arith.divf %x, %scale : f32
    %1 = math.roundeven %0 : f32
    ```
    becomes
    ```mlir
    %0 = arith.mulf %x, %low : f32
    %1 = math.fma %x, %high, %0 : f32
    %2 = math.roundeven %1 : f32
    ```

    For every scale that is tried around each step from one integer to the next;
    where any differs the division stays. Needs a fused multiply-add.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
}

def CodegenCPUFuseRoundingPass : Pass<"codegen-cpu-fuse-rounding", "::mlir::ModuleOp"> {
  let summary = "Round in the conversion to integers";
  let description = [{
    On x86 the conversion of a vector register to i32 can round to nearest even
    itself. Clamping to integers commutes with rounding, so that a quantization
    takes three instructions less:

    ```mlir
    %0 = math.roundeven %x : vector<16xf32>
    %1 = arith.maximumf %0, %low : vector<16xf32>
    %2 = arith.minimumf %1, %high : vector<16xf32>
    %3 = arith.fptosi %2 : vector<16xf32> to vector<16xi32>
    ```
    becomes
    ```mlir
    %1 = arith.maximumf %x, %low fastmath<nnan> : vector<16xf32>
    %2 = arith.minimumf %1, %high fastmath<nnan> : vector<16xf32>
    %3 = llvm.call_intrinsic "llvm.x86.avx512.mask.cvtps2dq.512"(%2, ...)
    ```

    A NaN made the original conversion poison, hence `nnan`. Other targets are
    left alone.
  }];
  let options = CPU_TargetOptions.options;
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::LLVM::LLVMDialect"];
}

#endif // QUANTC_CODEGEN_CPU_KERNELPASSES_TD
