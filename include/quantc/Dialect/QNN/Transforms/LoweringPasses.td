//===- LoweringPasses.td - quantized IR to integer IR -*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QNN_TRANSFORMS_LOWERINGPASSES_TD
#define QUANTC_DIALECT_QNN_TRANSFORMS_LOWERINGPASSES_TD

include "mlir/Pass/PassBase.td"

def QNNLowerSymmetricPass : Pass<"qnn-lower-symmetric"> {
  let summary = "Lower sites on symmetric operands to integer form";
  let description = [{
    A contraction or convolution in float whose operands are both dequantized
    without zero points becomes the same operation on the stored integers, with
    an i32 accumulator, followed by the dequantization of the accumulator. The
    operation keeps its name where a named linalg op extends the operands
    rightly, and becomes a `linalg.generic` with the same maps elsewhere.

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

    That every sum fits the accumulator is proven from storage ranges, the
    number of products K and, where needed, the values of constant operands; a
    site for which it does not hold is an error. Sites that cannot be lowered
    keep their float form and get a `qnn.float_reason`.
  }];
  let dependentDialects = ["::quantc::qnn::QNNDialect", "::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
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

    Zero points may be constant or computed at run time, per tensor, per channel
    or per token. Zero padding becomes padding with the zero point.
  }];
  let dependentDialects = ["::quantc::qnn::QNNDialect", "::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def QNNToLinalgPass : Pass<"qnn-to-linalg"> {
  let summary = "Lower the remaining qnn operations to linalg.generic";
  let description = [{
    Quantize, dequantize, requantize and fake_quantize become elementwise
    `linalg.generic` ops with exactly the arithmetic of `docs/arithmetic.md`:
    values are clamped in float before the conversion to an integer, and NaN
    becomes the zero point, so that no op is poison for any input. ui8 tensors
    are i8 from here on; f8 is encoded and decoded by integer operations.

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
