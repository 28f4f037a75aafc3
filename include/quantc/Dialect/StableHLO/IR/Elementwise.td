//===- Elementwise.td - elementwise operations of stablehlo -*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_STABLEHLO_IR_ELEMENTWISE_TD
#define QUANTC_DIALECT_STABLEHLO_IR_ELEMENTWISE_TD

include "quantc/Dialect/StableHLO/IR/StableHLOBase.td"

//===----------------------------------------------------------------------===//
// Unary
//===----------------------------------------------------------------------===//

def StableHLO_AbsOp : StableHLO_UnaryOp<"abs", StableHLO_SignedNumberTensor,
    "The absolute value; that of the lowest integer is the lowest integer.">;
def StableHLO_CbrtOp : StableHLO_UnaryOp<"cbrt", StableHLO_FloatOrComplexTensor,
    "The real cube root.">;
def StableHLO_CeilOp : StableHLO_UnaryOp<"ceil", StableHLO_FloatTensor,
    "Rounds to an integral value towards positive infinity.">;
def StableHLO_CosineOp : StableHLO_UnaryOp<"cosine", StableHLO_FloatOrComplexTensor,
    "The cosine of an angle in radians.">;
def StableHLO_CountLeadingZerosOp
    : StableHLO_UnaryOp<"count_leading_zeros", StableHLO_IntTensor,
    "The number of zero bits above the highest one bit; the bit width for 0.", "i32">;
def StableHLO_ExponentialOp
    : StableHLO_UnaryOp<"exponential", StableHLO_FloatOrComplexTensor, "e to the power x.">;
def StableHLO_ExponentialMinusOneOp
    : StableHLO_UnaryOp<"exponential_minus_one", StableHLO_FloatOrComplexTensor,
    "e to the power x, less one, accurate near zero.">;
def StableHLO_FloorOp : StableHLO_UnaryOp<"floor", StableHLO_FloatTensor,
    "Rounds to an integral value towards negative infinity.">;
def StableHLO_LogOp
    : StableHLO_UnaryOp<"log", StableHLO_FloatOrComplexTensor, "The natural logarithm.">;
def StableHLO_LogPlusOneOp
    : StableHLO_UnaryOp<"log_plus_one", StableHLO_FloatOrComplexTensor,
    "The natural logarithm of x + 1, accurate near zero.">;
def StableHLO_LogisticOp : StableHLO_UnaryOp<"logistic", StableHLO_FloatOrComplexTensor,
    "The logistic function 1 / (1 + exp(-x)).">;
def StableHLO_NegateOp : StableHLO_UnaryOp<"negate", StableHLO_NumberTensor,
    "The negation, modulo 2^N for integers.">;
def StableHLO_NotOp : StableHLO_UnaryOp<"not", StableHLO_BoolOrIntTensor,
    "The logical NOT of booleans, the bitwise NOT of integers.", "i1">;
def StableHLO_PopcntOp : StableHLO_UnaryOp<"popcnt", StableHLO_IntTensor,
    "The number of one bits.", "i32">;
def StableHLO_RoundNearestAfzOp
    : StableHLO_UnaryOp<"round_nearest_afz", StableHLO_FloatTensor,
    "Rounds to the nearest integral value, ties away from zero.">;
def StableHLO_RoundNearestEvenOp
    : StableHLO_UnaryOp<"round_nearest_even", StableHLO_FloatTensor,
    "Rounds to the nearest integral value, ties to even.">;
def StableHLO_RsqrtOp : StableHLO_UnaryOp<"rsqrt", StableHLO_FloatOrComplexTensor,
    "The reciprocal of the square root.">;
def StableHLO_SignOp : StableHLO_UnaryOp<"sign", StableHLO_SignedNumberTensor,
    "-1, 0 or 1 after the sign of x; signed zeros and NaN stay themselves.">;
def StableHLO_SineOp : StableHLO_UnaryOp<"sine", StableHLO_FloatOrComplexTensor,
    "The sine of an angle in radians.">;
def StableHLO_SqrtOp
    : StableHLO_UnaryOp<"sqrt", StableHLO_FloatOrComplexTensor, "The square root.">;
def StableHLO_TanOp : StableHLO_UnaryOp<"tan", StableHLO_FloatOrComplexTensor,
    "The tangent of an angle in radians.">;
def StableHLO_TanhOp
    : StableHLO_UnaryOp<"tanh", StableHLO_FloatOrComplexTensor, "The hyperbolic tangent.">;

//===----------------------------------------------------------------------===//
// Binary
//===----------------------------------------------------------------------===//

def StableHLO_AddOp : StableHLO_BinaryOp<"add", StableHLO_Tensor,
    "The sum, modulo 2^N for integers; the logical OR of booleans.", [Commutative]>;
def StableHLO_AndOp : StableHLO_BinaryOp<"and", StableHLO_BoolOrIntTensor,
    "The logical AND of booleans, the bitwise AND of integers.", [Commutative], "i1">;
def StableHLO_Atan2Op : StableHLO_BinaryOp<"atan2", StableHLO_FloatOrComplexTensor,
    "The angle of the point (rhs, lhs), from -pi to pi.">;
def StableHLO_DivideOp : StableHLO_BinaryOp<"divide", StableHLO_NumberTensor, [{
    The quotient; that of integers is rounded towards zero. What the
    specification leaves open is defined as JAX does on a CPU: division by zero
    gives -1 (all bits set), the lowest integer divided by -1 gives itself.}]>;
def StableHLO_MaximumOp : StableHLO_BinaryOp<"maximum", StableHLO_Tensor,
    "The larger element; NaN if either is NaN; the logical OR of booleans.", [Commutative]>;
def StableHLO_MinimumOp : StableHLO_BinaryOp<"minimum", StableHLO_Tensor,
    "The smaller element; NaN if either is NaN; the logical AND of booleans.", [Commutative]>;
def StableHLO_MultiplyOp : StableHLO_BinaryOp<"multiply", StableHLO_Tensor,
    "The product, modulo 2^N for integers; the logical AND of booleans.", [Commutative]>;
def StableHLO_OrOp : StableHLO_BinaryOp<"or", StableHLO_BoolOrIntTensor,
    "The logical OR of booleans, the bitwise OR of integers.", [Commutative], "i1">;
def StableHLO_PowerOp : StableHLO_BinaryOp<"power", StableHLO_NumberTensor, [{
    lhs to the power rhs, modulo 2^N for integers. A negative integer exponent
    gives 0, except for the bases 1 and -1.}]>;
def StableHLO_RemainderOp : StableHLO_BinaryOp<"remainder", StableHLO_NumberTensor, [{
    The remainder of the division rounded towards zero, with the sign of lhs.
    For integers, lhs when rhs is zero and 0 for the lowest integer and -1.}]>;
def StableHLO_ShiftLeftOp : StableHLO_BinaryOp<"shift_left", StableHLO_IntTensor,
    "Shifts lhs left by rhs bits; 0 when rhs is not less than the bit width.", [], "i32">;
def StableHLO_ShiftRightArithmeticOp
    : StableHLO_BinaryOp<"shift_right_arithmetic", StableHLO_IntTensor, [{
    Shifts lhs right by rhs bits and keeps the sign; the sign in all bits when
    rhs is not less than the bit width.}], [], "i32">;
def StableHLO_ShiftRightLogicalOp
    : StableHLO_BinaryOp<"shift_right_logical", StableHLO_IntTensor,
    "Shifts zeros in from the left; 0 when rhs is not less than the bit width.", [], "i32">;
def StableHLO_SubtractOp : StableHLO_BinaryOp<"subtract", StableHLO_NumberTensor,
    "The difference, modulo 2^N for integers.">;
def StableHLO_XorOp : StableHLO_BinaryOp<"xor", StableHLO_BoolOrIntTensor,
    "The logical XOR of booleans, the bitwise XOR of integers.", [Commutative], "i1">;

//===----------------------------------------------------------------------===//
// With a form of their own
//===----------------------------------------------------------------------===//

def StableHLO_BitcastConvertOp : StableHLO_PureOp<"bitcast_convert"> {
  let summary = "reinterprets bits as another element type";
  let description = StableHLO_Description<"bitcast_convert", [{
    The result has the bits of the operand. Between element types of different
    widths a last dimension appears or disappears.
  }], "%y = stablehlo.bitcast_convert %x : (tensor<2xf32>) -> tensor<2xi32>">.text;
  let arguments = (ins StableHLO_Tensor:$operand);
  let results = (outs StableHLO_Tensor:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def StableHLO_ClampOp
    : StableHLO_PureOp<"clamp", [
    StableHLO_SameBaselineElements<["min", "operand", "max", "result"]>, StableHLO_Elementwise]> {
  let summary = "limits every element to a range";
  let description = StableHLO_Description<"clamp", [{
    `minimum(maximum(operand, min), max)`; a bound may be a scalar.
  }], "%y = stablehlo.clamp %min, %x, %max : tensor<2x3xf32>">.text;
  let arguments = (ins StableHLO_Tensor:$min, StableHLO_Tensor:$operand, StableHLO_Tensor:$max);
  let results = (outs StableHLO_Tensor:$result);
  let assemblyFormat = [{
    $min `,` $operand `,` $max attr-dict `:`
    custom<SameOperandsAndResultType>(type($min), type($operand), type($max), type($result))
  }];
  let hasVerifier = 1;
}

def StableHLO_CompareOp : StableHLO_PureOp<"compare", [
    SameOperandsAndResultShape, StableHLO_SameBaselineElements<["lhs", "rhs"]>, StableHLO_Elementwise]> {
  let summary = "elementwise comparison";
  let description = StableHLO_Description<"compare", [{
    Compares as the type of comparison says, which follows from the element type
    when it is left out. With NaN, `NE` is true and all else is false, except
    under `TOTALORDER` (the order of IEEE-754).
  }], "%p = stablehlo.compare LT, %x, %y, FLOAT : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xi1>">
  .text;
  let arguments = (ins StableHLO_Tensor:$lhs, StableHLO_Tensor:$rhs,
                       StableHLO_ComparisonDirectionAttr:$comparison_direction,
                       OptionalAttr<StableHLO_ComparisonTypeAttr>:$compare_type);
  let results = (outs StableHLO_BoolTensor:$result);
  let assemblyFormat = [{
    `` $comparison_direction `,` $lhs `,` $rhs (`,` `` $compare_type^)? attr-dict `:`
    functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def StableHLO_ConvertOp
    : StableHLO_PureOp<"convert", [SameOperandsAndResultShape, StableHLO_Elementwise]> {
  let summary = "converts between element types";
  let description = StableHLO_Description<"convert", [{
    Rounds to nearest even, true is 1 and what is not zero is true. A float that
    an integer type cannot hold saturates and NaN becomes 0.
  }], "%y = stablehlo.convert %x : (tensor<3xf32>) -> tensor<3xi32>">.text;
  let arguments = (ins StableHLO_Tensor:$operand);
  let results = (outs StableHLO_Tensor:$result);
  let assemblyFormat = [{
    $operand attr-dict `:` custom<SameOperandsAndResultType>(type($operand), type($result))
  }];
}

def StableHLO_IsFiniteOp
    : StableHLO_PureOp<"is_finite", [SameOperandsAndResultShape, StableHLO_Elementwise]> {
  let summary = "whether each element is neither infinite nor NaN";
  let description = StableHLO_Description<"is_finite", "True for finite elements.",
    "%p = stablehlo.is_finite %x : (tensor<3xf32>) -> tensor<3xi1>">.text;
  let arguments = (ins StableHLO_FloatTensor:$x);
  let results = (outs StableHLO_BoolTensor:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

def StableHLO_ReducePrecisionOp
    : StableHLO_PureOp<"reduce_precision", [StableHLO_SameBaselineTypes, StableHLO_Elementwise]> {
  let summary = "rounds to a smaller floating-point format and back";
  let description = StableHLO_Description<"reduce_precision", [{
    The value that a format with the given numbers of exponent and mantissa bits
    would hold.
  }], "%y = stablehlo.reduce_precision %x, format = e5m10 : tensor<3xf32>">.text;
  let arguments = (ins StableHLO_FloatTensor:$operand, I32Attr:$exponent_bits,
                       I32Attr:$mantissa_bits);
  let results = (outs StableHLO_FloatTensor:$result);
  let assemblyFormat = [{
    $operand `,` `format` `=` custom<ExponentMantissa>($exponent_bits, $mantissa_bits)
    attr-dict `:` custom<SameOperandsAndResultType>(type($operand), type($result))
  }];
  let hasVerifier = 1;
}

def StableHLO_SelectOp
    : StableHLO_PureOp<"select", [
    StableHLO_SameBaselineElements<["on_true", "on_false", "result"]>,
    AllShapesMatch<["on_true", "on_false", "result"]>, StableHLO_Elementwise]> {
  let summary = "chooses between two tensors, element by element";
  let description = StableHLO_Description<"select",
    "`on_true` where `pred` holds, else `on_false`; `pred` may be a scalar.",
    "%r = stablehlo.select %p, %x, %y : tensor<3xi1>, tensor<3xf32>">.text;
  let arguments = (ins StableHLO_BoolTensor:$pred, StableHLO_Tensor:$on_true,
                       StableHLO_Tensor:$on_false);
  let results = (outs StableHLO_Tensor:$result);
  let assemblyFormat = [{
    operands attr-dict `:`
    custom<SelectTypes>(type($pred), type($on_true), type($on_false), type($result))
  }];
  let hasVerifier = 1;
}

#endif // QUANTC_DIALECT_STABLEHLO_IR_ELEMENTWISE_TD
