//===- QNNAttributes.td - schemes, statistics, targets -*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QNN_IR_QNNATTRIBUTES_TD
#define QUANTC_DIALECT_QNN_IR_QNNATTRIBUTES_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "quantc/Dialect/QNN/IR/QNNDialect.td"

class QNN_Attr<string name, string attrMnemonic> : AttrDef<QNN_Dialect, name> {
  let mnemonic = attrMnemonic;
}

def QNN_Granularity : I32EnumAttr<"Granularity",
    "how far one scale (and zero point) reaches", [
      I32EnumAttrCase<"Tensor", 0, "tensor">,
      I32EnumAttrCase<"Channel", 1, "channel">,
      I32EnumAttrCase<"Token", 2, "token">,
      I32EnumAttrCase<"Block", 3, "block">,
      I32EnumAttrCase<"Head", 4, "head">]> {
  let cppNamespace = "::quantc::qnn";
  let genSpecializedAttr = 0;
}

def QNN_RangeEstimator : I32EnumAttr<"RangeEstimator",
    "how the range to quantize is taken from the statistics", [
      I32EnumAttrCase<"MinMax", 0, "minmax">,
      I32EnumAttrCase<"Percentile", 1, "percentile">,
      I32EnumAttrCase<"Entropy", 2, "entropy">,
      I32EnumAttrCase<"MSE", 3, "mse">,
      I32EnumAttrCase<"EMA", 4, "ema">]> {
  let cppNamespace = "::quantc::qnn";
  let genSpecializedAttr = 0;
}

def QNN_RequantizeMode : I32EnumAttr<"RequantizeMode",
    "how a requantization multiplies by the quotient of two scales", [
      I32EnumAttrCase<"Float", 0, "float">,
      I32EnumAttrCase<"FixedPoint", 1, "fixed-point">,
      I32EnumAttrCase<"Shift", 2, "shift">]> {
  let cppNamespace = "::quantc::qnn";
  let genSpecializedAttr = 0;
}

def QNN_QuantizationAttr : QNN_Attr<"Quantization", "quantization"> {
  let summary = "how one operand of a site is quantized";
  let description = [{
    Storage type, symmetry, granularity and range estimator of one operand.
    `axes` are the operand's dimensions along which parameters vary and `blocks`
    the number of elements along each that share one parameter (1: none do);
    both are empty for one parameter per tensor. `narrow_range` leaves the
    lowest integer unused, as is usual for symmetric weights. `dynamic` means
    that the range is measured at run time, `power_of_two` that scales are rounded
    up to powers of two.

    ```mlir
    #qnn.quantization<i8 symmetric narrow_range channel axes = [1] minmax>
    #qnn.quantization<i8 asymmetric tensor percentile 99.99>
    ```
  }];
  let parameters = (ins
    "::mlir::Type":$storage,
    "bool":$symmetric,
    "bool":$narrowRange,
    "bool":$dynamic,
    "bool":$powerOfTwo,
    "::quantc::qnn::Granularity":$granularity,
    ArrayRefParameter<"int64_t">:$axes,
    ArrayRefParameter<"int64_t">:$blocks,
    "::quantc::qnn::RangeEstimator":$estimator,
    "::mlir::FloatAttr":$estimatorParameter);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

def QNN_SchemeAttr : QNN_Attr<"Scheme", "scheme"> {
  let summary = "the quantization scheme of a site";
  let description = [{
    One `#qnn.quantization` per operand of a contraction or convolution. Absent
    on a site that stays in float, which carries `qnn.float_reason` instead.
  }];
  let parameters = (ins "::quantc::qnn::QuantizationAttr":$lhs, "::quantc::qnn::QuantizationAttr":$rhs);
  let assemblyFormat = "`<` `lhs` `=` qualified($lhs) `,` `rhs` `=` qualified($rhs) `>`";
}

def QNN_StatisticsAttr : QNN_Attr<"Statistics", "statistics"> {
  let summary = "what an observer saw during calibration";
  let description = [{
    `count` finite elements in [min, max] (plus `nan_count` and `inf_count`
    that are not part of anything else), and a signed histogram whose bin i
    holds the values in [(first_bin + i) * 2^bin_exponent,
    (first_bin + i + 1) * 2^bin_exponent). `channel_min` and `channel_max` run
    along the observer's `axis` and are empty without one. `batchMin` and
    `batchMax` are the ranges of the batches, in the order of the data, where
    calibration kept them. `heads` has a `#qnn.statistics`, without channels or
    heads of its own, for each index along the observer's `head`.
  }];
  let parameters = (ins
    "int64_t":$count, "int64_t":$nanCount, "int64_t":$infCount,
    "::mlir::FloatAttr":$min, "::mlir::FloatAttr":$max,
    "::mlir::DenseF32ArrayAttr":$channelMin, "::mlir::DenseF32ArrayAttr":$channelMax,
    "int64_t":$binExponent, "int64_t":$firstBin,
    "::mlir::DenseI64ArrayAttr":$histogram,
    OptionalParameter<"::mlir::DenseF32ArrayAttr">:$batchMin,
    OptionalParameter<"::mlir::DenseF32ArrayAttr">:$batchMax,
    OptionalParameter<"::mlir::ArrayAttr">:$heads);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def QNN_TargetAttr : QNN_Attr<"Target", "target"> {
  let summary = "what the cost model knows of the machine";
  let description = [{
    Peak rates in operations per second (a multiply-add counts two) by operand
    precision, and memory bandwidth in bytes per second. The ridge of a
    precision is rate / bandwidth, in operations per byte.

    ```mlir
    #qnn.target<name = "a100", int8 = 6.24e14 : f64, fp8 = 0.0 : f64,
                f16 = 3.12e14 : f64, f32 = 1.95e13 : f64, bandwidth = 1.5e12 : f64>
    ```
  }];
  let parameters = (ins
    "::mlir::StringAttr":$name, "::mlir::FloatAttr":$int8, "::mlir::FloatAttr":$fp8,
    "::mlir::FloatAttr":$f16, "::mlir::FloatAttr":$f32, "::mlir::FloatAttr":$bandwidth);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

#endif // QUANTC_DIALECT_QNN_IR_QNNATTRIBUTES_TD
