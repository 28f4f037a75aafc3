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
include "quantc/Dialect/QNN/IR/QNNInterfaces.td"

class QNN_Attr<string name, string attrMnemonic, list<Trait> traits = []>
    : AttrDef<QNN_Dialect, name, traits> {
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

def QNN_RequantizeMode : I32EnumAttr<"RequantizeMode",
    "how a requantization multiplies by the quotient of two scales", [
      I32EnumAttrCase<"Float", 0, "float">,
      I32EnumAttrCase<"FixedPoint", 1, "fixed-point">,
      I32EnumAttrCase<"Shift", 2, "shift">]> {
  let cppNamespace = "::quantc::qnn";
  let genSpecializedAttr = 0;
}

//===----------------------------------------------------------------------===//
// Range estimators
//===----------------------------------------------------------------------===//

/// `needs` are those methods of the interface that do not keep their default.
/// Inside of a scheme the attribute is written without '#qnn' and brackets:
/// `percentile 99.99`.
class QNN_RangeEstimatorAttr<string name, string attrMnemonic, list<string> needs>
    : QNN_Attr<name, attrMnemonic,
               [DeclareAttrInterfaceMethods<QNN_RangeEstimatorAttrInterface, needs>]>;

def QNN_MinMaxAttr : QNN_RangeEstimatorAttr<"MinMax", "minmax", []> {
  let summary = "range estimator: all that was seen";
}

def QNN_PercentileAttr : QNN_RangeEstimatorAttr<"Percentile", "percentile", ["needsHistogram"]> {
  let summary = "range estimator: what is left without the outermost elements";
  let description = [{
    With n elements, at most floor(n (1 - p/100) / 2), p in (0, 100], are cut off on each side; the
    ends are those of the outermost bins kept, clipped to minimum and maximum. p = 100 is `minmax`.
  }];
  let parameters = (ins "::mlir::FloatAttr":$percentile);
  let builders = [AttrBuilder<(ins "double":$percentile), [{
    return $_get($_ctxt, ::mlir::FloatAttr::get(::mlir::Float64Type::get($_ctxt), percentile));
  }]>];
  let assemblyFormat = "custom<Percentile>($percentile)";
  let genVerifyDecl = 1;
}

def QNN_EntropyAttr : QNN_RangeEstimatorAttr<"Entropy", "entropy", ["needsHistogram"]> {
  let summary = "range estimator: the clip of |x| that loses least information";
  let description = [{
    As TensorRT calibrates (Migacz, "8-bit inference with TensorRT", GTC 2017). |x| has between 1024
    and 2048 bins; a clip keeps at least 128 of them.
  }];
}

def QNN_MSEAttr : QNN_RangeEstimatorAttr<"MSE", "mse", ["needsError"]> {
  let summary = "range estimator: the clip with the least squared error of quantization";
  let description = [{
    f [min, max] for f = 0.2, 0.208 .. 1.0; of equal errors the one that clips less.
  }];
}

def QNN_EMAAttr : QNN_RangeEstimatorAttr<"EMA", "ema", ["needsBatches"]> {
  let summary = "range estimator: the moving average of the ranges of the batches";
  let description = [{
    m <- m + c (x - m) with a rate c in (0, 1], in the order of the data and from the first batch on.
  }];
  let parameters = (ins "::mlir::FloatAttr":$rate);
  let builders = [AttrBuilder<(ins "double":$rate), [{
    return $_get($_ctxt, ::mlir::FloatAttr::get(::mlir::Float64Type::get($_ctxt), rate));
  }]>];
  let assemblyFormat = "custom<Rate>($rate)";
  let genVerifyDecl = 1;
}

//===----------------------------------------------------------------------===//
// Schemes
//===----------------------------------------------------------------------===//

def QNN_QuantizationAttr : QNN_Attr<"Quantization", "quantization"> {
  let summary = "how one operand of a site is quantized";
  let description = [{
    Storage type, symmetry, granularity and range estimator of one operand.
    `axes` are the operand's dimensions along which parameters vary and `blocks`
    the number of elements along each that share one parameter (1: none do);
    both are empty for one parameter per tensor. `narrow_range` leaves the
    lowest integer unused, as is usual for symmetric weights. `dynamic` means
    that the range is measured at run time, `power_of_two` that scales are rounded
    up to powers of two. An estimator of this dialect is named as it is in recipes;
    one of another dialect is written as the attribute that it is.

    ```mlir
    #qnn.quantization<i8 symmetric narrow_range channel axes = [1] minmax>
    #qnn.quantization<i8 asymmetric tensor percentile 99.99>
    #qnn.quantization<i8 symmetric tensor #mine.sigmas<3>>
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
    "::quantc::qnn::RangeEstimatorAttrInterface":$estimator);
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
    calibration kept them. `tokenMin` and `tokenMax` are the ranges of the vectors
    along the axis, row major over all other dimensions, where calibration kept them;
    a vector that was never seen has that of the whole. `heads` has a
    `#qnn.statistics`, without channels, tokens or heads of its own, for each index
    along the observer's `head`.
  }];
  let parameters = (ins
    "int64_t":$count, "int64_t":$nanCount, "int64_t":$infCount,
    "::mlir::FloatAttr":$min, "::mlir::FloatAttr":$max,
    "::mlir::DenseF32ArrayAttr":$channelMin, "::mlir::DenseF32ArrayAttr":$channelMax,
    "int64_t":$binExponent, "int64_t":$firstBin,
    "::mlir::DenseI64ArrayAttr":$histogram,
    OptionalParameter<"::mlir::DenseF32ArrayAttr">:$batchMin,
    OptionalParameter<"::mlir::DenseF32ArrayAttr">:$batchMax,
    OptionalParameter<"::mlir::DenseF32ArrayAttr">:$tokenMin,
    OptionalParameter<"::mlir::DenseF32ArrayAttr">:$tokenMax,
    OptionalParameter<"::mlir::ArrayAttr">:$heads);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// These counts with other ranges of the channels, of which there is at least
    /// one, and nothing else: what is left when values change channel by channel.
    StatisticsAttr withChannelsAlone(::llvm::ArrayRef<float> channelMin,
                                     ::llvm::ArrayRef<float> channelMax) const;
  }];
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
