//===- StableHLOBase.td - types and base classes -*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_STABLEHLO_IR_STABLEHLOBASE_TD
#define QUANTC_DIALECT_STABLEHLO_IR_STABLEHLOBASE_TD

include "mlir/IR/CommonTypeConstraints.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "quantc/Dialect/StableHLO/IR/StableHLOAttributes.td"

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

def StableHLO_SInt : SignlessIntOfWidths<[2, 4, 8, 16, 32, 64]>;
def StableHLO_UInt : UnsignedIntOfWidths<[2, 4, 8, 16, 32, 64]>;
def StableHLO_Int : AnyTypeOf<[StableHLO_SInt, StableHLO_UInt], "integer">;
def StableHLO_BoolOrInt : AnyTypeOf<[I1, StableHLO_SInt, StableHLO_UInt], "boolean or integer">;
/// MLIR's own verifier takes scales and zero points that mean nothing;
/// quant-types-to-qnn checks them.
def StableHLO_Quantized
    : Type<CPred<"::llvm::isa<::mlir::quant::UniformQuantizedType, "
                 "::mlir::quant::UniformQuantizedPerAxisType, "
                 "::mlir::quant::UniformQuantizedSubChannelType>($_self)">, "quantized">;
def StableHLO_PlainFloat : AnyTypeOf<[F8E4M3FN, F8E5M2, F8E4M3FNUZ, F8E5M2FNUZ, F8E4M3B11FNUZ,
                                 F16, BF16, F32, F64], "floating-point">;
def StableHLO_Float
    : AnyTypeOf<[StableHLO_PlainFloat, StableHLO_Quantized], "floating-point or quantized">;
def StableHLO_FloatOrComplex
    : AnyTypeOf<[StableHLO_Float, Complex<F32>, Complex<F64>], "floating-point, quantized or complex">;
def StableHLO_Number : AnyTypeOf<[StableHLO_SInt, StableHLO_UInt, StableHLO_FloatOrComplex],
                                 "integer, floating-point, quantized or complex">;
def StableHLO_SignedNumber : AnyTypeOf<[StableHLO_SInt, StableHLO_FloatOrComplex],
                                       "signed integer, floating-point, quantized or complex">;
def StableHLO_Element
    : AnyTypeOf<[I1, StableHLO_Number],
                "boolean, integer, floating-point, quantized or complex">;

def StableHLO_Tensor : RankedTensorOf<[StableHLO_Element]>;
def StableHLO_IntTensor : RankedTensorOf<[StableHLO_Int]>;
def StableHLO_BoolOrIntTensor : RankedTensorOf<[StableHLO_BoolOrInt]>;
def StableHLO_FloatTensor : RankedTensorOf<[StableHLO_Float]>;
def StableHLO_PlainFloatTensor : RankedTensorOf<[StableHLO_PlainFloat]>;
def StableHLO_QuantizedTensor : RankedTensorOf<[StableHLO_Quantized]>;
def StableHLO_FloatOrComplexTensor : RankedTensorOf<[StableHLO_FloatOrComplex]>;
def StableHLO_NumberTensor : RankedTensorOf<[StableHLO_Number]>;
def StableHLO_SignedNumberTensor : RankedTensorOf<[StableHLO_SignedNumber]>;
def StableHLO_BoolTensor : RankedTensorOf<[I1]>;

def StableHLO_ScalarTensor : 0DTensorOf<[StableHLO_Element]>;
def StableHLO_ScalarIntTensor : 0DTensorOf<[StableHLO_Int]>;
def StableHLO_ScalarBoolTensor : 0DTensorOf<[I1]>;
def StableHLO_ScalarI32Tensor : 0DTensorOf<[I32]>;

//===----------------------------------------------------------------------===//
// Base classes
//===----------------------------------------------------------------------===//

/// The specification has one section per op, of the op's name.
class StableHLO_Description<string mnemonic, string semantics, string example> {
  string text = semantics # "\n\nSpecification: [" # mnemonic #
    "](https://openxla.org/stablehlo/spec#" # mnemonic # ").\n\n```mlir\n" # example # "\n```\n";
}

class StableHLO_Op<string mnemonic, list<Trait> traits = []>
    : Op<StableHLO_Dialect, mnemonic, traits>;

/// An op whose result depends on its operands only. Nothing is undefined
/// behaviour, not even a division by zero, so that all of them may be hoisted.
class StableHLO_PureOp<string mnemonic, list<Trait> traits = []>
    : StableHLO_Op<mnemonic, [Pure] # traits>;

/// Each element of the one result follows from the elements of the operands at
/// the same place, and from those of operands of rank 0.
def StableHLO_Elementwise : NativeOpTrait<"Elementwise"> {
  let cppNamespace = "::quantc::stablehlo";
}

/// The same types, or quantized types that agree in what their baseline is:
/// operands and result may have scales and zero points of their own.
def StableHLO_SameBaselineTypes : NativeOpTrait<"SameBaselineTypes"> {
  let cppNamespace = "::quantc::stablehlo";
}

class StableHLO_SameBaselineElements<list<string> names>
    : AllMatchSameOperatorTrait<names,
        "::quantc::stablehlo::getBaselineType(::mlir::getElementTypeOrSelf($_self))",
        "element type">;

/// Of operations that move elements: the same element type, where a quantized
/// dimension may have moved too.
class StableHLO_SameMovedElements<list<string> names>
    : AllMatchSameOperatorTrait<names,
        "::quantc::stablehlo::getMovedElementType(::mlir::getElementTypeOrSelf($_self))",
        "element type">;

/// One operand and a result of the same type, element by element.
class StableHLO_UnaryOp<string mnemonic, Type tensor, string semantics, string element = "f32">
    : StableHLO_PureOp<mnemonic, [StableHLO_SameBaselineTypes, StableHLO_Elementwise]> {
  let summary = "elementwise " # mnemonic;
  let description = StableHLO_Description<mnemonic, semantics,
    "%y = stablehlo." # mnemonic # " %x : tensor<2x3x" # element # ">">.text;
  let arguments = (ins tensor:$operand);
  let results = (outs tensor:$result);
  let assemblyFormat = [{
    $operand attr-dict `:` custom<SameOperandsAndResultType>(type($operand), type($result))
  }];
}

/// Two operands and a result of the same type, element by element.
class StableHLO_BinaryOp<string mnemonic, Type tensor, string semantics,
                         list<Trait> traits = [], string element = "f32">
    : StableHLO_PureOp<mnemonic, [StableHLO_SameBaselineTypes, StableHLO_Elementwise] # traits> {
  let summary = "elementwise " # mnemonic;
  let description = StableHLO_Description<mnemonic, semantics,
    "%z = stablehlo." # mnemonic # " %x, %y : tensor<2x3x" # element # ">">.text;
  let arguments = (ins tensor:$lhs, tensor:$rhs);
  let results = (outs tensor:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs attr-dict `:`
    custom<SameOperandsAndResultType>(type($lhs), type($rhs), type($result))
  }];
}

#endif // QUANTC_DIALECT_STABLEHLO_IR_STABLEHLOBASE_TD
