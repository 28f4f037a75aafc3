//===- AdversarialData.h - numbers that are hard to observe -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_UNITTESTS_CALIBRATION_ADVERSARIALDATA_H
#define QUANTC_UNITTESTS_CALIBRATION_ADVERSARIALDATA_H

#include <cfloat>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace quantc {

inline constexpr float kInf = std::numeric_limits<float>::infinity();
inline constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

inline std::vector<float> normalData(size_t size, unsigned seed,
                                     float deviation) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal(0.3f * deviation, deviation);
  std::vector<float> values(size);
  for (float &value : values)
    value = normal(engine);
  return values;
}

struct NamedData {
  const char *name;
  std::vector<float> values;
};

inline std::vector<NamedData> adversarialData() {
  std::vector<float> outlier = normalData(100000, 1, 1.0f);
  outlier[4711] = 1e6f;
  std::vector<float> mixed = normalData(1000, 2, 100.0f);
  for (size_t i = 0; i < mixed.size(); i += 7)
    mixed[i] = i % 2 ? kNaN : (i % 3 ? kInf : -kInf);
  std::vector<float> denormals;
  for (int i = -500; i < 500; ++i)
    denormals.push_back(i * FLT_TRUE_MIN);
  std::vector<float> negative = normalData(1000, 3, 1.0f);
  for (float &value : negative)
    value = -std::fabs(value);
  return {
      {"empty", {}},
      {"one element", {0.1f}},
      {"one denormal", {-FLT_TRUE_MIN}},
      {"all zero", std::vector<float>(100, 0.0f)},
      {"both zeros", {-0.0f, 0.0f, -0.0f}},
      {"constant", std::vector<float>(100, -3.7f)},
      {"only NaN", {kNaN, kNaN}},
      {"normal", normalData(10000, 4, 1.0f)},
      {"one outlier", outlier},
      {"NaN and infinities", mixed},
      {"denormals", denormals},
      {"denormals and huge", {FLT_TRUE_MIN, -FLT_TRUE_MIN, FLT_MAX, -FLT_MAX}},
      {"powers of two", {1, 2, 4, 8, -1, -2, -4, -8, 0.5f, -0.5f}},
      {"one-sided", negative}};
}

} // namespace quantc

#endif // QUANTC_UNITTESTS_CALIBRATION_ADVERSARIALDATA_H
