//===- Random.h - random numbers that are the same everywhere ---*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANT_CHECK_RANDOM_H
#define QUANTC_TOOLS_QUANT_CHECK_RANDOM_H

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <random>
#include <string>
#include <vector>

namespace quantc::check {

/// std::mt19937_64 is specified bit for bit; the distributions of the standard
/// library are not, so none is used.
class Random {
public:
  Random(uint64_t seed, uint64_t stream)
      : engine(seed * 0x9E3779B97F4A7C15ull + stream * 0xC2B2AE3D27D4EB4Full +
               1) {}

  /// Uniform in [low, high].
  int64_t integer(int64_t low, int64_t high) {
    return low + int64_t(engine() % uint64_t(high - low + 1));
  }
  bool chance(int64_t percent) { return integer(1, 100) <= percent; }

  template <typename T>
  T pick(std::initializer_list<T> values) {
    return *(values.begin() + integer(0, values.size() - 1));
  }
  template <typename T>
  const T &pick(const std::vector<T> &values) {
    return values[integer(0, values.size() - 1)];
  }

  /// A dimension size: 1 often, mostly small (code for large tiles takes long
  /// to compile), some beyond a vector.
  int64_t size() {
    return chance(25)   ? 1
           : chance(73) ? integer(2, 5)
           : chance(70) ? integer(6, 17)
                        : integer(18, 40);
  }

  /// In [2^-10, 2^2], a power of two now and then.
  float scale() {
    float power = std::ldexp(1.0f, int(integer(-10, 1)));
    return chance(20) ? power
                      : power * (1.0f + float(integer(0, 1 << 20)) /
                                            float((1 << 20) + 1));
  }

  template <typename T>
  void shuffle(T &values) {
    for (size_t i = values.size(); i > 1; --i)
      std::swap(values[i - 1], values[integer(0, i - 1)]);
  }

private:
  std::mt19937_64 engine;
};

} // namespace quantc::check

#endif // QUANTC_TOOLS_QUANT_CHECK_RANDOM_H
