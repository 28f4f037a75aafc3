//===- QuantizationError.h - what quantizing a tensor costs -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Errors are ratios of noise power to signal power, sum (x - dq(q(x)))^2 over
// sum x^2. To first order those of a product's two operands add up.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CALIBRATION_QUANTIZATIONERROR_H
#define QUANTC_CALIBRATION_QUANTIZATIONERROR_H

#include "quantc/Calibration/FakeQuantizer.h"
#include "quantc/Calibration/QuantizationParameters.h"

namespace quantc {

/// Signal and noise power, as sums over the elements.
struct NoiseEstimate {
  double signal = 0;
  double noise = 0;

  /// nullopt without a signal.
  std::optional<double> getRatio() const {
    return signal == 0 ? std::nullopt : std::optional<double>(noise / signal);
  }
};

/// Quantizes and dequantizes every element of a dense f32 tensor, in place.
void quantizeDequantize(llvm::MutableArrayRef<float> values,
                        mlir::RankedTensorType type,
                        const QuantizationParameters &parameters,
                        qnn::QuantizationAttr scheme);

/// Estimates the error of quantizing what a histogram counts: each bin stands
/// at its centre; where bins are wider than the scale, the error inside the
/// range is that of uniform rounding, s^2 / 12.
NoiseEstimate estimateNoise(const Statistics &statistics,
                            const AffineParameters &parameters,
                            qnn::QuantizationAttr scheme);

/// The same with parameters for the whole or for each of the channels. Of
/// channels only integers' rounding is known, s^2 / 12, and what the histogram
/// has outside of all their ranges: nullopt for floats, and without a
/// histogram.
std::optional<NoiseEstimate>
estimateNoise(const Statistics &statistics,
              const QuantizationParameters &parameters,
              qnn::QuantizationAttr scheme);

/// The noise-to-signal ratio of an activation that is quantized with parameters
/// per tensor or per head, estimated from its histograms, or, of integers, for
/// each channel, as of parts below. Returns nullopt at other granularities,
/// without the histograms or without a signal.
std::optional<double> estimateNoiseToSignal(const Statistics &statistics,
                                            qnn::QuantizationAttr scheme);

/// The same with a range for each of `parts`, which have equally many elements
/// each: integers' s^2 / 12 inside of them, and what the histogram has outside
/// of all.
std::optional<double> estimateNoiseToSignal(const Statistics &statistics,
                                            llvm::ArrayRef<MinMax> parts,
                                            qnn::QuantizationAttr scheme);

/// The exact error of a constant (a dense buffer of f32, f16 or bf16). Returns
/// nullopt without a signal.
std::optional<double>
measureNoiseToSignal(llvm::ArrayRef<char> data, mlir::RankedTensorType type,
                     const QuantizationParameters &parameters,
                     qnn::QuantizationAttr scheme);

/// 10 log10(signal / noise), at most 200 dB.
double toDecibel(double noiseToSignal);

} // namespace quantc

#endif // QUANTC_CALIBRATION_QUANTIZATIONERROR_H
