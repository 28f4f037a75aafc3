//===- EstimatorReference.cpp - range estimators by definition ------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EstimatorReference.h"

#include <algorithm>
#include <cfloat>
#include <cmath>

using namespace quantc;

std::vector<double> reference::takeFinite(const std::vector<float> &values) {
  std::vector<double> finite;
  for (float value : values)
    if (std::isfinite(value))
      finite.push_back(value);
  return finite;
}

Range reference::minmax(const std::vector<float> &values) {
  std::vector<double> finite = takeFinite(values);
  if (finite.empty())
    return {};
  return {*std::min_element(finite.begin(), finite.end()),
          *std::max_element(finite.begin(), finite.end())};
}

double reference::getBinWidth(const std::vector<float> &values) {
  Range all = minmax(values);
  double largest = std::max(-all.min, all.max), power = 0x1p-149;
  while (largest > 0 && power * 2 <= largest)
    power *= 2;
  return power / 1024;
}

Range reference::percentile(const std::vector<float> &values,
                            int64_t cutPerMillion) {
  std::vector<double> sorted = takeFinite(values);
  if (sorted.empty())
    return {};
  std::sort(sorted.begin(), sorted.end());
  int64_t n = sorted.size();
  int64_t cut = std::min(n * cutPerMillion / 2000000, (n - 1) / 2);
  double width = getBinWidth(values);
  return {std::max(std::floor(sorted[cut] / width) * width, sorted.front()),
          std::min((std::floor(sorted[n - 1 - cut] / width) + 1) * width,
                   sorted.back())};
}

std::vector<double> reference::entropyLosses(const std::vector<float> &values) {
  double width = getBinWidth(values);
  std::vector<double> bins(2048), losses;
  // A bin of negative values ends at the edge that is nearer to zero.
  for (double x : takeFinite(values))
    ++bins[x < 0 ? int(std::ceil(-x / width)) - 1 : int(x / width)];
  while (!bins.empty() && bins.back() == 0)
    bins.pop_back();
  if (bins.size() <= 128)
    return {};
  bins[0] = bins[1];
  for (size_t i = 128; i <= bins.size(); ++i) {
    std::vector<double> p(bins.begin(), bins.begin() + i), q(i, 0.0);
    for (size_t j = i; j < bins.size(); ++j)
      p[i - 1] += bins[j];
    for (size_t level = 0; level < 128; ++level) {
      std::vector<size_t> members;
      double sum = 0;
      for (size_t j = level * i / 128; j < (level + 1) * i / 128; ++j) {
        sum += bins[j];
        if (bins[j] > 0)
          members.push_back(j);
      }
      for (size_t j : members)
        q[j] = sum / members.size();
    }
    double sumP = 0, sumQ = 0, loss = 0;
    for (size_t j = 0; j < i; ++j) {
      sumP += p[j];
      sumQ += q[j];
    }
    for (size_t j = 0; j < i; ++j)
      if (p[j] > 0)
        loss += q[j] == 0 ? INFINITY
                          : p[j] / sumP * std::log(p[j] / sumP / (q[j] / sumQ));
    losses.push_back(loss);
  }
  return losses;
}

Range reference::ema(const std::vector<std::vector<float>> &batches,
                     double rate) {
  std::vector<Range> ranges;
  for (const std::vector<float> &batch : batches)
    if (!takeFinite(batch).empty())
      ranges.push_back(minmax(batch));
  if (ranges.empty())
    return {};
  // The weights of all batches at once: c (1 - c)^k of the k-th last one, and
  // what is left of the first.
  Range result;
  double weight = 1;
  for (size_t i = ranges.size(); i-- > 0;) {
    double share = i == 0 ? weight : rate * weight;
    result.min += share * ranges[i].min;
    result.max += share * ranges[i].max;
    weight *= 1 - rate;
  }
  return result;
}

namespace {
/// Scale and zero point as docs/arithmetic.md has them.
struct Affine {
  Affine(const reference::Integers &integers, double min, double max) {
    min = std::min(min, 0.0);
    max = std::max(max, 0.0);
    double exact = integers.symmetric
                       ? std::max(-min, max) / integers.high
                       : (max - min) / (integers.high - integers.low);
    scale = exact == 0 ? 1 : std::max(float(exact), FLT_MIN);
    zeroPoint =
        integers.symmetric
            ? 0
            : std::clamp<double>(std::nearbyint(integers.low - min / scale),
                                 integers.low, integers.high);
  }
  double scale, zeroPoint;
};
} // namespace

static double quantizeDequantize(const reference::Integers &integers,
                                 const Affine &affine, double x) {
  double q =
      std::clamp<double>(std::nearbyint(x / affine.scale) + affine.zeroPoint,
                         integers.low, integers.high);
  return (q - affine.zeroPoint) * affine.scale;
}

long double reference::Integers::squaredError(const std::vector<double> &values,
                                              double min, double max) const {
  Affine affine(*this, min, max);
  long double sum = 0;
  for (double x : values) {
    long double error = x - quantizeDequantize(*this, affine, x);
    sum += error * error;
  }
  return sum;
}

long double
reference::Integers::squaredError(const std::map<int, int64_t> &bins,
                                  double width, Range data, double min,
                                  double max) const {
  Affine affine(*this, min, max);
  long double sum = 0;
  for (auto [bin, count] : bins) {
    double centre = std::clamp((bin + 0.5) * width, data.min, data.max);
    double error =
        std::fabs(centre - quantizeDequantize(*this, affine, centre));
    long double square = error * error;
    if (width > affine.scale && error <= affine.scale)
      square = affine.scale * affine.scale / 12;
    sum += count * square;
  }
  return sum;
}

std::map<int, int64_t> reference::fillBins(const std::vector<float> &values) {
  double width = getBinWidth(values);
  std::map<int, int64_t> bins;
  for (double x : takeFinite(values))
    ++bins[int(std::floor(x / width))];
  return bins;
}

std::vector<Range> reference::clips(Range all) {
  std::vector<Range> clips;
  for (int step = 0; step <= 100; ++step) {
    double share = 0.2 + 0.008 * step;
    clips.push_back({all.min * share, all.max * share});
  }
  return clips;
}
