//===- QNNOps.td - operations of the qnn dialect -*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QNN_IR_QNNOPS_TD
#define QUANTC_DIALECT_QNN_IR_QNNOPS_TD

include "mlir/IR/CommonTypeConstraints.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "quantc/Dialect/QNN/IR/QNNAttributes.td"

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

/// i8 and i16 are signed when they are quantized values (qmin < 0); ui8 is the
/// unsigned form. linalg knows only signless integers, so ui8 ends at
/// qnn-to-linalg, which picks the unsigned extension.
def QNN_Storage : AnyTypeOf<[I<4>, I8, UI8, I16, F8E4M3FN, F8E5M2]>;
def QNN_StorageTensor : RankedTensorOf<[QNN_Storage]>;
def QNN_DequantizableTensor : RankedTensorOf<[QNN_Storage, I32, I64, F32]>;
def QNN_RequantizableTensor : RankedTensorOf<[I<4>, I8, UI8, I16, I32, I64]>;
def QNN_RequantizedTensor : RankedTensorOf<[QNN_Storage, I32]>;
def QNN_FloatTensor : RankedTensorOf<[F32, F16, BF16]>;
def QNN_ScaleTensor : RankedTensorOf<[F32]>;
def QNN_MultiplierTensor : RankedTensorOf<[F32, I32, I16]>;
def QNN_ShiftTensor : RankedTensorOf<[I8]>;

//===----------------------------------------------------------------------===//
// Base classes
//===----------------------------------------------------------------------===//

class QNN_Op<string mnemonic, list<Trait> traits = []> : Op<QNN_Dialect, mnemonic, traits>;

/// An elementwise op with quantization parameters. Dimension i of a parameter
/// runs along dimension `axes[i]` of the operand, one parameter for every
/// `blocks[i]` elements (1 where `blocks` is empty); rank-0 parameters hold for
/// the whole tensor. The last block of a dimension may be shorter. The
/// granularity is thus a matter of shapes:
///
///   parameters     axes     blocks   granularity
///   tensor<f32>                      tensor
///   tensor<Nxf32>  [1]               channel
///   tensor<BxMxf32> [0, 1]           token
///   tensor<Hxf32>  [1]               head (of BxHxTxD)
///   tensor<16xNxf32> [0, 1] [32, 1]  block (sub-channel)
class QNN_ParametrisedOp<string mnemonic, list<Trait> traits = []> :
    QNN_Op<mnemonic, !listconcat([Pure, AllShapesMatch<["input", "result"]>], traits)> {
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizeMethod = 1;
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

def QNN_ObserveOp : QNN_Op<"observe", [Pure, AllTypesMatch<["input", "result"]>]> {
  let summary = "watches a tensor during calibration";
  let description = [{
    The identity in value. Calibration compiles it to an update of the
    observer `name`: counts, minimum, maximum and histogram of the elements and,
    with `axis`, minimum and maximum per index along that dimension and, on demand,
    for each vector along it (each token); with `head`, counts, minimum, maximum
    and histogram once more per index along that one.
    `qnn-apply-statistics` attaches what was seen.

    ```mlir
    %1 = qnn.observe %0 {name = "blocks.0.attn.q/lhs", axis = 2 : i64} : tensor<1x128x128xf32>
    ```
  }];
  let arguments = (ins QNN_FloatTensor:$input, StrAttr:$name, OptionalAttr<I64Attr>:$axis,
                       OptionalAttr<I64Attr>:$head, OptionalAttr<QNN_StatisticsAttr>:$statistics);
  let results = (outs QNN_FloatTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input)";
  let hasVerifier = 1;
}

def QNN_QuantizeOp : QNN_ParametrisedOp<"quantize"> {
  let summary = "float to storage";
  let description = [{
    `q = clamp(round_half_even(x / s) + z, qmin, qmax)`, saturating before the
    cast; NaN becomes z. `narrow_range` leaves qmin out. For an f8 storage type
    `q = f8(clamp(x / s, -max, max))`, rounded half to even; NaN stays NaN. An i32
    result, a bias in accumulator units, has no zero point.

    ```mlir
    %q = qnn.quantize %x, scale %s zero_point %z
      : tensor<4x8xf32>, tensor<f32>, tensor<i8> -> tensor<4x8xi8>
    %w = qnn.quantize %y, scale %t {axes = array<i64: 1>, narrow_range}
      : tensor<8x16xf32>, tensor<16xf32> -> tensor<8x16xi8>
    ```
  }];
  let arguments = (ins QNN_FloatTensor:$input, QNN_ScaleTensor:$scale,
                       Optional<QNN_StorageTensor>:$zero_point,
                       DefaultValuedOptionalAttr<DenseI64ArrayAttr, "{}">:$axes,
                       DefaultValuedOptionalAttr<DenseI64ArrayAttr, "{}">:$blocks,
                       UnitAttr:$narrow_range);
  let results = (outs QNN_RequantizedTensor:$result);
  let assemblyFormat = [{
    $input `,` `scale` $scale (`zero_point` $zero_point^)? attr-dict `:`
    type($input) `,` type($scale) (`,` type($zero_point)^)? `->` type($result)
  }];
}

def QNN_DequantizeOp : QNN_ParametrisedOp<"dequantize"> {
  let summary = "storage, or an accumulator, to float";
  let description = [{
    `x = float(q - z) * s`; the subtraction is exact. An i32 or i64 input is the
    accumulator of an integer contraction, an f32 input that of a contraction of
    f8; neither has a zero point. The scale may be per tensor where the zero points have axes: so looks an operand whose
    scales have been folded into the one that it is multiplied with.

    ```mlir
    %x = qnn.dequantize %q, scale %s zero_point %z
      : tensor<4x8xi8>, tensor<f32>, tensor<i8> -> tensor<4x8xf32>
    %y = qnn.dequantize %acc, scale %t {axes = array<i64: 1>}
      : tensor<4x16xi32>, tensor<16xf32> -> tensor<4x16xf32>
    ```
  }];
  let arguments = (ins QNN_DequantizableTensor:$input, QNN_ScaleTensor:$scale,
                       Optional<QNN_StorageTensor>:$zero_point,
                       DefaultValuedOptionalAttr<DenseI64ArrayAttr, "{}">:$axes,
                       DefaultValuedOptionalAttr<DenseI64ArrayAttr, "{}">:$blocks);
  let results = (outs QNN_FloatTensor:$result);
  let assemblyFormat = [{
    $input `,` `scale` $scale (`zero_point` $zero_point^)? attr-dict `:`
    type($input) `,` type($scale) (`,` type($zero_point)^)? `->` type($result)
  }];
}

def QNN_RequantizeOp : QNN_ParametrisedOp<"requantize", [AttrSizedOperandSegments]> {
  let summary = "integers of one scale to storage of another";
  let description = [{
    `q = clamp(rescale(v) + z, qmin, qmax)`, where v is an accumulator, or storage
    less its zero point (`input_zero_point`), and rescale multiplies by the
    quotient of the scales, s_in / s_out, in one of three ways:

    | operands | rescale(v) |
    |---|---|
    | `multiplier` f32 | round_half_even(f32(f32(v) * m)); m is the quotient in double, rounded once |
    | `multiplier` i32 `shift` i8 | (v * m + 2^(shift-1)) >> shift, 2 <= shift <= 62, exactly, in 64 bits |
    | `shift` i8 | round_half_even(v * 2^-shift), -31 <= shift <= 62, exactly |

    The second is `apply_scale_32` of the TOSA 1.0 specification; with
    `double_round`, v * m is first rounded to a multiple of 2^31 where shift > 31:
    2^30 is added for v >= 0, subtracted else. With i16 multipliers it is
    `apply_scale_16`. A 64-bit v, which only goes with i16 multipliers or a shift
    alone, is first clamped to 48 bits. Shifts that are not constant are clamped
    to their range.

    Multiplier (without one: shift) has one dimension for each of `axes`; the
    other parameters have this shape or rank 0. The result may be an i32, which
    saturates and has no zero point, except with an f32 multiplier.

    ```mlir
    %q = qnn.requantize %acc, multiplier %m zero_point %z {axes = array<i64: 1>}
      : tensor<4x16xi32>, tensor<16xf32>, tensor<i8> -> tensor<4x16xi8>
    %r = qnn.requantize %acc, multiplier %m shift %s {double_round}
      : tensor<4x16xi32>, tensor<i32>, tensor<i8> -> tensor<4x16xi8>
    %t = qnn.requantize %q input_zero_point %z, shift %s
      : tensor<4x16xi8>, tensor<i8>, tensor<i8> -> tensor<4x16xi32>
    ```
  }];
  let arguments = (ins QNN_RequantizableTensor:$input,
                       Optional<QNN_StorageTensor>:$input_zero_point,
                       Optional<QNN_MultiplierTensor>:$multiplier,
                       Optional<QNN_ShiftTensor>:$shift,
                       Optional<QNN_StorageTensor>:$zero_point,
                       DefaultValuedOptionalAttr<DenseI64ArrayAttr, "{}">:$axes,
                       DefaultValuedOptionalAttr<DenseI64ArrayAttr, "{}">:$blocks,
                       UnitAttr:$narrow_range, UnitAttr:$double_round);
  let results = (outs QNN_RequantizedTensor:$result);
  let assemblyFormat = [{
    $input (`input_zero_point` $input_zero_point^)? `,`
    (`multiplier` $multiplier^)? (`shift` $shift^)? (`zero_point` $zero_point^)?
    attr-dict `:` type(operands) `->` type($result)
  }];
  let extraClassDeclaration = [{
    /// How the quotient of the scales is given.
    ::quantc::qnn::RequantizeMode getMode();
    /// The parameter that `axes` give the shape of.
    ::mlir::TypedValue<::mlir::RankedTensorType> getRescaling() {
      return getMultiplier() ? getMultiplier() : getShift();
    }
    /// The shifts that the mode allows, both included.
    std::pair<int64_t, int64_t> getShiftRange();
  }];
}

def QNN_FakeQuantizeOp : QNN_ParametrisedOp<"fake_quantize"> {
  let summary = "quantize and dequantize in float";
  let description = [{
    `dequantize(quantize(x))` with the given storage type, without leaving
    float: for quantization-aware training and for measuring errors.

    ```mlir
    %y = qnn.fake_quantize %x, scale %s as i8 : tensor<4x8xf32>, tensor<f32>
    ```
  }];
  let arguments = (ins QNN_FloatTensor:$input, QNN_ScaleTensor:$scale,
                       Optional<QNN_StorageTensor>:$zero_point,
                       TypeAttr:$storage,
                       DefaultValuedOptionalAttr<DenseI64ArrayAttr, "{}">:$axes,
                       DefaultValuedOptionalAttr<DenseI64ArrayAttr, "{}">:$blocks,
                       UnitAttr:$narrow_range);
  let results = (outs QNN_FloatTensor:$result);
  let assemblyFormat = [{
    $input `,` `scale` $scale (`zero_point` $zero_point^)? `as` $storage attr-dict `:`
    type($input) `,` type($scale) (`,` type($zero_point)^)? `->` type($result)
  }];
}

#endif // QUANTC_DIALECT_QNN_IR_QNNOPS_TD
