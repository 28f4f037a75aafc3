//===- QuantizationParameters.h - scales and zero points --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The quantization parameters of an operand, from what was seen of it
// (activations) or from its values (constants), for a given scheme.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CALIBRATION_QUANTIZATIONPARAMETERS_H
#define QUANTC_CALIBRATION_QUANTIZATIONPARAMETERS_H

#include "quantc/Calibration/RangeEstimator.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Diagnostics.h"

namespace quantc {

/// Scales and zero points, row major. `shape` has one dimension for each axis
/// of the scheme and is what qnn.quantize expects of its parameter operands.
struct QuantizationParameters {
  llvm::SmallVector<int64_t> shape;
  llvm::SmallVector<float> scales;
  /// As many as scales; empty for a symmetric scheme.
  llvm::SmallVector<int64_t> zeroPoints;
};

/// The number of parameters along each of the scheme's axes for an operand of
/// the given shape. Fails if the scheme does not fit the operand.
mlir::FailureOr<llvm::SmallVector<int64_t>>
getParameterShape(qnn::QuantizationAttr scheme,
                  llvm::ArrayRef<int64_t> operandShape,
                  llvm::function_ref<mlir::InFlightDiagnostic()> emitError);

/// The dimensions that an observer keeps values of their own along.
struct ObservedDims {
  /// Those of the minimum and maximum per channel.
  std::optional<int64_t> axis;
  /// Those of the heads, each with a histogram.
  std::optional<int64_t> head;
};
ObservedDims getObservedDims(qnn::ObserveOp observer);

/// The error of a static scheme for each token without what it is made of.
inline constexpr llvm::StringLiteral kNoTokenRanges =
    "expected ranges of tokens for a static granularity 'token', but these "
    "statistics have none; calibrate with --token-ranges, and what was "
    "smoothed again (quantize --data)";

/// The range of each token of a scheme: those that an observer with `axis`
/// kept, merged over the dimensions of `shape` that are none of the scheme's
/// axes. Empty where the scheme is along the axis or the tokens are not those
/// of the shape.
std::vector<MinMax> mergeTokens(llvm::ArrayRef<MinMax> tokens,
                                std::optional<int64_t> axis,
                                qnn::QuantizationAttr scheme,
                                llvm::ArrayRef<int64_t> shape);

/// Parameters of an activation from its calibrated statistics. A scheme per
/// head along the observed one applies the estimator to each head; one with the
/// observed axis takes each channel's range, and one per token each token's,
/// clipped to what the estimator keeps of the whole tensor. Every other
/// granularity but per tensor is an error.
mlir::FailureOr<QuantizationParameters> computeQuantizationParameters(
    qnn::StatisticsAttr statistics, ObservedDims observed,
    qnn::QuantizationAttr scheme, llvm::ArrayRef<int64_t> operandShape,
    llvm::function_ref<mlir::InFlightDiagnostic()> emitError);

/// Parameters of a constant from its values: `data` is the dense row-major
/// buffer of an f32, f16 or bf16 tensor of type `type`. NaN and infinities do
/// not count.
mlir::FailureOr<QuantizationParameters> computeQuantizationParameters(
    llvm::ArrayRef<char> data, mlir::RankedTensorType type,
    qnn::QuantizationAttr scheme,
    llvm::function_ref<mlir::InFlightDiagnostic()> emitError);

/// The parameters of one range, by the scheme's storage type and symmetry.
AffineParameters computeAffine(Range range, qnn::QuantizationAttr scheme);

/// Statistics as an attribute and back. Channels that saw no finite value are
/// [0, 0] in the attribute.
qnn::StatisticsAttr toAttribute(const Statistics &statistics,
                                mlir::MLIRContext *context);
Statistics fromAttribute(qnn::StatisticsAttr attribute);

} // namespace quantc

#endif // QUANTC_CALIBRATION_QUANTIZATIONPARAMETERS_H
