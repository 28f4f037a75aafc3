//===- Reference.cpp - exact reference evaluator ---------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Reference.h"

#include <algorithm>
#include <cmath>

namespace quantc::check {

namespace {

using Wide = __int128;

int64_t centred(const Operand &operand, int64_t linear) {
  int64_t zeroPoint = operand.zeroPoints.empty()
                          ? 0
                          : operand.zeroPoints[operand.parameterOf(linear)];
  return int64_t(operand.values[linear]) - zeroPoint;
}

int64_t linearize(const Shape &shape, const std::vector<int64_t> &loops,
                  const std::vector<int64_t> &point) {
  int64_t linear = 0;
  for (size_t i = 0; i < shape.size(); ++i)
    linear = linear * shape[i] + point[loops[i]];
  return linear;
}

/// One accumulator of a result element, with the parameter indices of the
/// operands that it was made with.
struct Accumulator {
  Wide sum = 0;
  int64_t lhsParameter = 0, rhsParameter = 0;
};

/// Steps an odometer; false when it has gone round.
bool advance(std::vector<int64_t> &point, const Shape &sizes) {
  for (size_t i = sizes.size(); i-- > 0;) {
    if (++point[i] < sizes[i])
      return true;
    point[i] = 0;
  }
  return false;
}

int64_t countOf(const Shape &shape) {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

/// Index into an operand's parameters for a result element.
int64_t parameterIndex(const Operand &operand,
                       const std::vector<int64_t> &loops,
                       const std::vector<int64_t> &point) {
  return operand.axis < 0 ? 0 : point[loops[operand.axis]];
}

std::vector<Accumulator> accumulate(const Case &c, const Contraction &op) {
  Shape resultShape = c.resultShape();
  std::vector<Accumulator> result(countOf(resultShape));
  // Parameters follow the result's position even where there is nothing to sum.
  std::vector<int64_t> point(op.sizes.size(), 0);
  Shape parallel = op.sizes;
  for (size_t loop = 0; loop < parallel.size(); ++loop)
    if (!std::count(op.resultLoops.begin(), op.resultLoops.end(),
                    int64_t(loop)))
      parallel[loop] = 1;
  if (result.empty())
    return result;
  do {
    Accumulator &acc = result[linearize(resultShape, op.resultLoops, point)];
    acc.lhsParameter = parameterIndex(c.lhs, op.lhsLoops, point);
    acc.rhsParameter = parameterIndex(c.rhs, op.rhsLoops, point);
  } while (advance(point, parallel));
  if (countOf(op.sizes) == 0)
    return result;
  do {
    result[linearize(resultShape, op.resultLoops, point)].sum +=
        Wide(centred(c.lhs, linearize(c.lhs.shape, op.lhsLoops, point))) *
        centred(c.rhs, linearize(c.rhs.shape, op.rhsLoops, point));
  } while (advance(point, op.sizes));
  return result;
}

std::vector<Accumulator> accumulate(const Case &c, const Convolution &op) {
  std::vector<Accumulator> result(countOf(c.resultShape()));
  int64_t position = 0;
  for (int64_t n = 0; n < op.batch; ++n)
    for (int64_t oh = 0; oh < op.outHeight(); ++oh)
      for (int64_t ow = 0; ow < op.outWidth(); ++ow)
        for (int64_t f = 0; f < op.outChannels; ++f, ++position) {
          Accumulator &acc = result[position];
          acc.rhsParameter = c.rhs.axis < 0 ? 0 : f;
          for (int64_t kh = 0; kh < op.kernelHeight; ++kh)
            for (int64_t kw = 0; kw < op.kernelWidth; ++kw) {
              int64_t ih =
                  oh * op.strideHeight + kh * op.dilationHeight - op.padTop;
              int64_t iw =
                  ow * op.strideWidth + kw * op.dilationWidth - op.padLeft;
              if (ih < 0 || ih >= op.height || iw < 0 || iw >= op.width)
                continue;
              int64_t window = kh * op.kernelWidth + kw;
              int64_t pixel = (n * op.height + ih) * op.width + iw;
              if (op.depthwise) {
                acc.sum += Wide(centred(c.lhs, pixel * op.inChannels + f)) *
                           centred(c.rhs, window * op.inChannels + f);
                continue;
              }
              for (int64_t ch = 0; ch < op.inChannels; ++ch)
                acc.sum +=
                    Wide(centred(c.lhs, pixel * op.inChannels + ch)) *
                    centred(c.rhs,
                            (window * op.inChannels + ch) * op.outChannels + f);
            }
        }
  return result;
}

int8_t clampAndShift(float rounded, int8_t zeroPoint) {
  float low = float(-128 - zeroPoint), high = float(127 - zeroPoint);
  return int8_t(int(std::min(std::max(rounded, low), high)) + zeroPoint);
}

} // namespace

int8_t quantize(float x, float scale, int8_t zeroPoint) {
  if (std::isnan(x))
    return zeroPoint;
  return clampAndShift(std::nearbyintf(x / scale), zeroPoint);
}

Result evaluate(const Case &c) {
  std::vector<Accumulator> accumulators = c.contraction
                                              ? accumulate(c, *c.contraction)
                                              : accumulate(c, *c.convolution);
  const Epilogue &tail = c.epilogue;
  bool perRow = c.lhs.axis >= 0;
  Result result;
  for (size_t i = 0; i < accumulators.size(); ++i) {
    const Accumulator &acc = accumulators[i];
    float lhsScale = c.lhs.scales[acc.lhsParameter],
          rhsScale = c.rhs.scales[acc.rhsParameter];
    // The sum has been proven to fit at compile time, so the cast is exact.
    float sum = float(int32_t(acc.sum));
    float scale =
        perRow ? rhsScale : float(double(lhsScale) * double(rhsScale));
    if (tail.outScale && tail.bias.empty() && !perRow) {
      float multiplier = float(double(scale) / double(*tail.outScale));
      int8_t q =
          clampAndShift(std::nearbyintf(sum * multiplier), tail.outZeroPoint);
      result.integers.push_back(tail.relu ? std::max(q, tail.outZeroPoint) : q);
      continue;
    }
    float y = sum * scale;
    if (perRow)
      y = y * lhsScale;
    if (!tail.bias.empty())
      y = y + tail.bias[i % tail.bias.size()];
    if (tail.relu)
      y = y > 0.0f ? y : 0.0f;
    if (tail.outScale)
      result.integers.push_back(quantize(y, *tail.outScale, tail.outZeroPoint));
    else
      result.floats.push_back(y);
  }
  return result;
}

} // namespace quantc::check
