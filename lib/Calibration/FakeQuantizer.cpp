//===- FakeQuantizer.cpp - values after quantization ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Calibration/FakeQuantizer.h"
#include "VectorLoop.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/bit.h"
#include <array>
#include <cmath>

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

// The same bits on every processor.
#pragma STDC FP_CONTRACT OFF

namespace {
/// What the loops need, in registers.
struct Steps {
  double scale, low, high, smallestPower, stepOfPower;
};
} // namespace

/// Where steps are 2^k, adding and subtracting this times 2^k rounds a double
/// of less than 2^51 steps to a whole number of them, half to even: the sum has
/// no bits for less.
static constexpr double kRounder = 0x1.8p52;

/// The largest power of two that is not above |x|; 0 for 0.
static QUANTC_INLINE double getPower(double x) {
  return llvm::bit_cast<double>(llvm::bit_cast<uint64_t>(x) &
                                0x7ff0000000000000);
}

template <bool isFloat>
static QUANTC_INLINE double fakeQuantize(double x, const Steps &steps) {
  double value = x / steps.scale;
  value = value < steps.low ? steps.low : value;
  value = value > steps.high ? steps.high : value;
  double rounder = kRounder;
  if (isFloat) {
    double power = getPower(value);
    power = power < steps.smallestPower ? steps.smallestPower : power;
    rounder *= power * steps.stepOfPower;
  }
  return ((value + rounder) - rounder) * steps.scale;
}

/// Neighbours have sums of their own: a compiler must not reorder one.
static constexpr int64_t kLanes = 16;

template <bool isFloat>
static QUANTC_INLINE void addErrors(const float *values, int64_t width,
                                    const Steps &steps,
                                    std::array<double, kLanes> &sums) {
  for (int64_t lane = 0; lane < width; ++lane) {
    double x = values[lane];
    double error = x - fakeQuantize<isFloat>(x, steps);
    sums[lane] += error * error;
  }
}

template <bool isFloat>
static QUANTC_INLINE double sumErrors(const float *values, int64_t size,
                                      Steps steps) {
  std::array<double, kLanes> sums = {};
  int64_t i = 0;
  for (; i + kLanes <= size; i += kLanes)
    addErrors<isFloat>(values + i, kLanes, steps, sums);
  addErrors<isFloat>(values + i, size - i, steps, sums);
  for (int64_t half = kLanes / 2; half > 0; half /= 2)
    for (int64_t lane = 0; lane < half; ++lane)
      sums[lane] += sums[lane + half];
  return sums[0];
}

QUANTC_VECTOR_LOOP
static double sumErrorsOfIntegers(const float *values, int64_t size,
                                  const Steps &steps) {
  return sumErrors<false>(values, size, steps);
}

QUANTC_VECTOR_LOOP
static double sumErrorsOfFloats(const float *values, int64_t size,
                                const Steps &steps) {
  return sumErrors<true>(values, size, steps);
}

FakeQuantizer::FakeQuantizer(const AffineParameters &parameters,
                             QuantizationAttr scheme)
    : scale(parameters.scale), isFloat(isa<FloatType>(scheme.getStorage())) {
  if (isFloat) {
    const llvm::fltSemantics &semantics =
        cast<FloatType>(scheme.getStorage()).getFloatSemantics();
    high = llvm::APFloat::getLargest(semantics).convertToDouble();
    low = -high;
    smallestPower =
        llvm::APFloat::getSmallestNormalized(semantics).convertToDouble();
    stepOfPower =
        std::ldexp(1.0, 1 - int(llvm::APFloat::semanticsPrecision(semantics)));
    return;
  }
  StorageRange range =
      getStorageRange(scheme.getStorage(), scheme.getNarrowRange());
  low = double(range.min - parameters.zeroPoint);
  high = double(range.max - parameters.zeroPoint);
}

double FakeQuantizer::operator()(double x) const {
  Steps steps{scale, low, high, smallestPower, stepOfPower};
  return isFloat ? fakeQuantize<true>(x, steps) : fakeQuantize<false>(x, steps);
}

double FakeQuantizer::sumSquaredErrors(llvm::ArrayRef<float> values) const {
  Steps steps{scale, low, high, smallestPower, stepOfPower};
  return isFloat ? sumErrorsOfFloats(values.data(), values.size(), steps)
                 : sumErrorsOfIntegers(values.data(), values.size(), steps);
}
