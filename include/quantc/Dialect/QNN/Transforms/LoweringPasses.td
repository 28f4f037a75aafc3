//===- LoweringPasses.td - quantized IR to integer IR -*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QNN_TRANSFORMS_LOWERINGPASSES_TD
#define QUANTC_DIALECT_QNN_TRANSFORMS_LOWERINGPASSES_TD

include "mlir/Pass/PassBase.td"

class QNN_OverflowOption : Option<"overflow", "overflow",
    "::quantc::qnn::OverflowAction",
    /*default=*/"::quantc::qnn::OverflowAction::Error",
    "What to do with a site whose sums are not proven to fit an i32",
    [{::llvm::cl::values(
        clEnumValN(::quantc::qnn::OverflowAction::Error, "error",
                   "an error that names the op, K and the bound"),
        clEnumValN(::quantc::qnn::OverflowAction::Split, "split",
                   "sum in chunks that fit and add these up in i64"))}]>;

def QNNMaterializePass : Pass<"qnn-materialize", "::mlir::ModuleOp"> {
  let summary = "Make the selected schemes explicit quantize and dequantize pairs";
  let description = [{
    For each site with a `qnn.scheme`: an observed operand is quantized and
    dequantized with the scale and zero point that the range estimator computes
    from its statistics (or, where the scheme is dynamic, that the program
    computes from the tensor itself); a constant operand is quantized here, over
    its raw bytes and in parallel, and dequantized in the program. Constants may
    be seen through views and arithmetic on other constants. What several sites
    read with the same scheme is quantized once. Observers disappear.

    Scales of an activation that vary along a summed dimension (per channel) do
    not factor out of the sum: they multiply the constant that the site
    multiplies them with before it is quantized, and the activation is
    dequantized with a scale of one and the zero points per channel.

    A site that has no scheme, or whose operands cannot be quantized (no
    statistics, neither observed nor constant), keeps its float operands and
    says why in `qnn.float_reason`.

    ```mlir
    %0 = qnn.observe %x {name = "mlp.up/lhs", statistics = #qnn.statistics<...>}
    %1 = linalg.matmul {qnn.site = "mlp.up", qnn.scheme = #qnn.scheme<
             lhs = #qnn.quantization<i8 asymmetric tensor minmax>,
             rhs = #qnn.quantization<i8 symmetric narrow_range channel axes = [1] minmax>>}
           ins(%0, %w : tensor<4x8xf32>, tensor<8x16xf32>) ...
    ```

    becomes

    ```mlir
    %q = qnn.quantize %x, scale %s zero_point %z : ... -> tensor<4x8xi8>
    %a = qnn.dequantize %q, scale %s zero_point %z : ... -> tensor<4x8xf32>
    %qw = arith.constant dense_resource<mlp.up.w> : tensor<8x16xi8>
    %b = qnn.dequantize %qw, scale %t {axes = array<i64: 1>} : ... -> tensor<8x16xf32>
    %1 = linalg.matmul {qnn.site = "mlp.up", ...} ins(%a, %b : ...) ...
    ```
  }];
  let dependentDialects = ["::quantc::qnn::QNNDialect", "::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
                           "::mlir::tensor::TensorDialect"];
}

def VerifyMaterializedPass : Pass<"verify-materialized", "::mlir::ModuleOp"> {
  let summary = "Check the contract of qnn-materialize";
  let description = [{
    Fails while there are observers, and unless the operands of every site are
    dequantized (possibly padded) or integers, or the site has a
    `qnn.float_reason`.
  }];
}

def QNNLowerSymmetricPass : Pass<"qnn-lower-symmetric"> {
  let summary = "Lower sites on symmetric operands to integer form";
  let description = [{
    A contraction or convolution in float whose operands are both dequantized
    without zero points becomes the same operation on the stored integers, with
    an i32 accumulator, followed by the dequantization of the accumulator. The
    accumulator is an i64 where an operand has 16 bits and an i32 is not proven
    to hold the sums, and an f32 where both operands are f8. The operation keeps
    its name where a named linalg op extends the operands rightly, and becomes a
    `linalg.generic` with the same maps elsewhere (ui8).

    ```mlir
    %a = qnn.dequantize %qa, scale %sa : tensor<4x8xi8>, tensor<f32> -> tensor<4x8xf32>
    %b = qnn.dequantize %qb, scale %sb {axes = array<i64: 1>}
      : tensor<8x16xi8>, tensor<16xf32> -> tensor<8x16xf32>
    %y = linalg.matmul ins(%a, %b : tensor<4x8xf32>, tensor<8x16xf32>)
                       outs(%zero : tensor<4x16xf32>) -> tensor<4x16xf32>
    ```

    becomes

    ```mlir
    %acc = linalg.matmul {qnn.terms = ...} ins(%qa, %qb : tensor<4x8xi8>, tensor<8x16xi8>)
                         outs(%izero : tensor<4x16xi32>) -> tensor<4x16xi32>
    %y = qnn.dequantize %acc, scale %sab {axes = array<i64: 1>}
      : tensor<4x16xi32>, tensor<16xf32> -> tensor<4x16xf32>
    ```

    The combined scale is the product of both where the scale of the lhs is per
    tensor; where it is not (per token), the rhs scale is applied first and the
    lhs scale by a multiplication after it. A float accumulator that is not
    filled with zeros is added at the end. Zero padding of a dequantized operand
    is done on the integers.

    Where a scale varies in blocks along a summed dimension, that dimension is
    cut: the blocks become a parallel dimension of an integer contraction, whose
    accumulators are dequantized each with its own scale and then added in f32,
    in ascending order.

    ```mlir
    %b = qnn.dequantize %qb, scale %sb {axes = array<i64: 0, 1>, blocks = array<i64: 32, 1>}
      : tensor<64x16xi8>, tensor<2x16xf32> -> tensor<64x16xf32>
    %y = linalg.matmul ins(%a, %b : tensor<4x64xf32>, tensor<64x16xf32>) ...
    ```

    becomes

    ```mlir
    %qa2 = tensor.expand_shape %qa [[0], [1, 2]] : tensor<4x64xi8> into tensor<4x2x32xi8>
    %qb2 = tensor.expand_shape %qb [[0, 1], [2]] : tensor<64x16xi8> into tensor<2x32x16xi8>
    %acc = linalg.generic ... ins(%qa2, %qb2) outs(... : tensor<2x4x16xi32>)
    %parts = qnn.dequantize %acc, scale %sab {axes = array<i64: 0, 2>} : ... -> tensor<2x4x16xf32>
    %y = scf.for ...                                          // %parts[0] + %parts[1]
    ```

    That every sum fits the accumulator is proven from storage ranges, the
    number of products K and, where needed, the values of constant operands; a
    site for which it does not hold is an error, or with `overflow=split` summed
    in chunks that are added up in i64. The remark `Lowered` states the bound.
    Sites that cannot be lowered keep their float form and get a
    `qnn.float_reason`.
  }];
  let options = [QNN_OverflowOption<>];
  let dependentDialects = ["::quantc::qnn::QNNDialect", "::mlir::affine::AffineDialect",
                           "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"];
}

def QNNLowerAsymmetricPass : Pass<"qnn-lower-asymmetric"> {
  let summary = "Lower sites with zero points to integer form and correction terms";
  let description = [{
    As `qnn-lower-symmetric`, for sites with a zero point on either side. The
    sum over the reduction expands to

        sum (A - zA)(B - zB) = D - zA RB - zB RA + K zA zB

    D is the same operation on the stored integers; each further term is an op
    of its own and exists only if its zero points do. `qnn-fuse-zero-points`
    moves them to where they cost nothing.

    ```mlir
    %d = linalg.matmul ins(%qa, %qb : tensor<4x8xi8>, tensor<8x16xi8>) outs(...)
    %rb = linalg.generic ... ins(%qb) outs(...)              // RB, reduces K
    %t = linalg.generic ... ins(%za, %rb) outs(...)          // zA RB
    %acc = linalg.generic {qnn.term = "column_sum"} ... ins(%d, %t) outs(...)  // D - zA RB
    ```

    Zero points may be constant or computed at run time, per tensor, per channel,
    per token or per block. They may also vary along the summed dimensions
    themselves, beside a scale that does not: then zA RB is the sum of
    zA[k] B[k, n], and K zA zB that of zA[k] zB[k]. Where zA is known at run time
    only, its two terms are one, of rank one: zA (RB - K zB).

    Zero padding of the lhs becomes padding with the zero point, or padding with
    0 whose corrections count only the products inside: zA RB and K zA zB then
    are sums over the taps that lie inside, for each position. Both give the same
    integers.
  }];
  let options = [
    QNN_OverflowOption<>,
    Option<"padding", "padding", "::quantc::qnn::PaddingForm",
           /*default=*/"::quantc::qnn::PaddingForm::Auto",
           "What zero padding of an operand with a zero point becomes",
           [{::llvm::cl::values(
               clEnumValN(::quantc::qnn::PaddingForm::Auto, "auto",
                          "what moves fewer bytes"),
               clEnumValN(::quantc::qnn::PaddingForm::ZeroPoint, "zero-point",
                          "padding with the zero point"),
               clEnumValN(::quantc::qnn::PaddingForm::Compensate, "compensate",
                          "padding with 0 and a correction for each position"))}]>,
    Option<"freeZeroPadding", "free-zero-padding", "bool", /*default=*/"false",
           "The target reads zeros outside of an operand without a padded copy; "
           "only then can compensation move fewer bytes">,
  ];
  let dependentDialects = ["::quantc::qnn::QNNDialect", "::mlir::affine::AffineDialect",
                           "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"];
}

def VerifyLoweredPass : Pass<"verify-lowered", "::mlir::ModuleOp"> {
  let summary = "Check the contract of qnn-lower-symmetric and qnn-lower-asymmetric";
  let description = [{
    Fails unless every site has integer operands and an i32 or i64 accumulator,
    f8 operands and an f32 accumulator, or a `qnn.float_reason`.
  }];
}

def QNNFuseZeroPointsPass : Pass<"qnn-fuse-zero-points"> {
  let summary = "Move correction terms to where they cost nothing";
  let description = [{
    Works on forms, not on names: a contraction or convolution with an integer
    accumulator, the elementwise additions and subtractions that follow it, and
    the sums that feed them, whoever wrote them.

    - A term known at compile time (column sums of weights, K zA zB, a bias in
      accumulator units) becomes part of the accumulator's initial value, as a
      `linalg.broadcast` of one small constant. Column sums of constants are
      evaluated over their raw bytes, in parallel.
    - Sums over run-time operands are left to `qnn-fuse-sums`, which needs the ops
      that compute these in their last form.
    - A term that depends on run-time values (zero points of dynamic or per-token
      schemes) stays an elementwise op, and `qnn-fuse-epilogue` makes it part of
      the epilogue: it is of rank one.

    `qnn.terms` on the site's op and a remark per term say where each one went.

    ```mlir
    %d = linalg.matmul ins(%qa, %qb : tensor<4x8xi8>, tensor<8x16xi8>)
                       outs(%zeros : tensor<4x16xi32>) -> tensor<4x16xi32>
    %rb = linalg.generic ... ins(%qb : tensor<8x16xi8>) ...    // column sums
    %t = linalg.generic ... ins(%za, %rb : ...) ...             // zA RB
    %acc = linalg.generic ... ins(%d, %t : ...) ...             // D - zA RB
    ```

    becomes

    ```mlir
    %t = arith.constant dense<[...]> : tensor<16xi32>           // -zA RB
    %init = linalg.broadcast ins(%t : tensor<16xi32>)
                             outs(%e : tensor<4x16xi32>) dimensions = [0]
    %acc = linalg.matmul {qnn.terms = {column_sum = "accumulator init", ...}}
             ins(%qa, %qb : ...) outs(%init : tensor<4x16xi32>) -> tensor<4x16xi32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def QNNFuseSumsPass : Pass<"qnn-fuse-sums"> {
  let summary = "Let the ops that compute quantized operands write their sums too";
  let description = [{
    A sum over an operand of a site (the row sums of the lhs where the rhs has a
    zero point, the column sums of an rhs that is no constant) becomes a further
    result of the op that computes the operand, whatever that is: `qnn.quantize`,
    `qnn.requantize`, or an elementwise `linalg.generic` into which
    `qnn-fuse-epilogue` has fused a normalization, an activation, a softmax or
    the tail of another contraction. One loop nest then writes both, and no
    operand is read for its sums. Sites that share an operand share its sums.

    The sum moves through what lies between: transpositions, reshapes, and
    padding, which adds a multiple of its value. Where a zero-padded window is
    summed, that is the sum over its channels, made by the producer, and a window
    over the one channel that remains.

    ```mlir
    %q = linalg.generic {iterator_types = ["parallel", "parallel"]}
           ins(%x : tensor<4x8xf32>) outs(%e : tensor<4x8xi8>) { ... }
    %ra = linalg.generic {iterator_types = ["parallel", "reduction"]}
           ins(%q : tensor<4x8xi8>) outs(%zeros : tensor<4xi32>) { extsi, addi }
    ```

    becomes

    ```mlir
    %q:2 = linalg.generic {iterator_types = ["parallel", "reduction"]}
           ins(%x : tensor<4x8xf32>)
           outs(%e, %zeros : tensor<4x8xi8>, tensor<4xi32>) { ..., extsi, addi }
    ```

    To be run after `qnn-fuse-epilogue`, which turns dequantize -> quantize into
    requantizations and fuses producers: what writes a sum is a `linalg.generic`,
    in which neither is possible any more. Where a sum has to stay, because the
    operand is an input of the program in integer form, or its summed dimension
    is part of one that was split, a remark says so.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"];
}

def VerifyNoZeroPointTrafficPass : Pass<"verify-no-zero-point-traffic"> {
  let summary = "Check the contract of qnn-fuse-zero-points and qnn-fuse-sums";
  let description = [{
    Fails if an op reads a whole operand of a site, or a view of it, only to sum
    it although the sum could have been a constant or have been written by the
    op that computes the operand. Where neither is possible (the operand is an
    input of the program in integer form; the windows of a depthwise convolution;
    a dimension that was split after the operand was computed) a remark says so.
  }];
}

def QNNFuseEpiloguePass : Pass<"qnn-fuse-epilogue"> {
  let summary = "Fuse what follows a contraction into one elementwise tail";
  let description = [{
    After this pass a contraction or convolution, integer or float, is followed
    by at most one elementwise `linalg.generic` that reads its result, with the
    identity map: scale, correction terms that remained, bias, activation,
    residual, quantization to the next op's parameters. All qnn arithmetic has
    become `linalg.generic` ops, fused with their producers where these have no
    other consumer.

    Before that, where it gives the same bits:

    - quantize moves before reshapes, transposes, slices, concatenations, zero
      padding and (where no NaN can occur) max-pooling, which then work on
      integers;
    - dequantize -> quantize becomes a requantization, also around bounds (ReLU,
      clamp) and average pooling. With `requantize=fixed-point` and `shift` so does
      every sum of dequantized integers and constants (bias, residual, addition),
      and no float operation is left in such a chain.

    ```mlir
    %acc = linalg.matmul ins(%qa, %qb : ...) outs(%init : tensor<4x16xi32>)
    %y = qnn.dequantize %acc, scale %s {axes = array<i64: 1>} : ...
    %b = linalg.generic ... ins(%y, %bias : ...)                // addf
    %r = linalg.generic ... ins(%b : ...)                       // maximumf 0
    %q = qnn.quantize %r, scale %t : ... -> tensor<4x16xi8>
    ```

    becomes

    ```mlir
    %acc = linalg.matmul ins(%qa, %qb : ...) outs(%init : tensor<4x16xi32>)
    %q = linalg.generic {iterator_types = ["parallel", "parallel"]}
           ins(%acc, %s, %bias : tensor<4x16xi32>, tensor<16xf32>, tensor<16xf32>)
           outs(%e : tensor<4x16xi8>) { sitofp, mulf, addf, maximumf, divf, ... }
    ```
  }];
  let options = [Option<"requantize", "requantize", "::quantc::qnn::RequantizeMode",
    /*default=*/"::quantc::qnn::RequantizeMode::Float",
    "How to get from integers of one scale to storage of another",
    [{::llvm::cl::values(
        clEnumValN(::quantc::qnn::RequantizeMode::Float, "float",
                   "one multiplication in f32, rounded half to even"),
        clEnumValN(::quantc::qnn::RequantizeMode::FixedPoint, "fixed-point",
                   "an i32 multiplier and a shift, for sums of terms too"),
        clEnumValN(::quantc::qnn::RequantizeMode::Shift, "shift",
                   "a shift; all scales have to be powers of two"))}]>];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
                           "::mlir::tensor::TensorDialect"];
}

def QNNToLinalgPass : Pass<"qnn-to-linalg"> {
  let summary = "Lower the remaining qnn operations to linalg.generic";
  let description = [{
    Quantize, dequantize, requantize and fake_quantize become elementwise
    `linalg.generic` ops with exactly the arithmetic of `docs/arithmetic.md`:
    values are clamped in float before the conversion to an integer, and NaN
    becomes the zero point, so that no op is poison for any input. ui8 tensors
    are i8 from here on; to f8 goes an `arith.truncf` of a clamped number, which
    targets without an instruction for it expand (codegen-cpu-legalize-elements).

    ```mlir
    %q = qnn.quantize %x, scale %s : tensor<4xf32>, tensor<f32> -> tensor<4xi8>
    ```

    becomes

    ```mlir
    %q = linalg.generic ... ins(%x, %s : tensor<4xf32>, tensor<f32>) outs(%e : tensor<4xi8>) {
    ^bb0(%in: f32, %scale: f32, %out: i8):
      %d = arith.divf %in, %scale : f32
      %nan = arith.cmpf uno, %d, %d : f32
      %n = arith.select %nan, %zero, %d : f32
      %r = math.roundeven %n : f32
      ... clamp, arith.fptosi, arith.trunci
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"];
}

#endif // QUANTC_DIALECT_QNN_TRANSFORMS_LOWERINGPASSES_TD
