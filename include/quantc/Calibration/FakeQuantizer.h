//===- FakeQuantizer.h - values after quantization --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What quantization makes of real values, in double and fast enough to try a
// hundred ranges on every value of a model.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CALIBRATION_FAKEQUANTIZER_H
#define QUANTC_CALIBRATION_FAKEQUANTIZER_H

#include "quantc/Calibration/RangeEstimator.h"

namespace quantc {

/// Quantization and dequantization of one scale and zero point:
///   integers    clamp(rne(x / s), qmin - z, qmax - z) * s
///   f8          f8(clamp(x / s, -max, max)) * s
class FakeQuantizer {
public:
  FakeQuantizer(const AffineParameters &parameters,
                qnn::QuantizationAttr scheme);

  /// The value that a finite `x` has afterwards.
  double operator()(double x) const;

  /// The sum of (x - dq(q(x)))^2 over finite values, in double. Its order
  /// depends on their number alone.
  double sumSquaredErrors(llvm::ArrayRef<float> values) const;

private:
  double scale;
  /// The bounds of x / s.
  double low, high;
  /// Floats of m bits of mantissa and a smallest exponent e have steps of
  /// max(2^floor(log2|x|), 2^e) * 2^-m; integers have steps of 1.
  bool isFloat;
  double smallestPower = 1, stepOfPower = 1;
};

} // namespace quantc

#endif // QUANTC_CALIBRATION_FAKEQUANTIZER_H
