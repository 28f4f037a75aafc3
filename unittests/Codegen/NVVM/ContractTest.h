//===- ContractTest.h - what tests of contractions share --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_UNITTESTS_CODEGEN_NVVM_CONTRACTTEST_H
#define QUANTC_UNITTESTS_CODEGEN_NVVM_CONTRACTTEST_H

#include "Program.h"

#include "llvm/Support/FormatVariadic.h"
#include "gtest/gtest.h"
#include <cmath>
#include <random>

namespace quantc::nvvm::test {

struct Shape {
  int64_t m, n, k;
};

inline std::string toString(Shape s) {
  return llvm::formatv("{0}x{1}x{2}", s.m, s.n, s.k).str();
}

class ContractTest : public ::testing::Test {
protected:
  std::vector<int8_t> bytes(size_t size) {
    std::uniform_int_distribution<int> any(-128, 127), dice(0, 7);
    std::vector<int8_t> values(size);
    for (int8_t &value : values) {
      int roll = dice(random);
      value = roll == 0 ? -128 : roll == 1 ? 127 : any(random);
    }
    return values;
  }
  std::vector<float> floats(size_t size, float scale = 1) {
    std::uniform_real_distribution<float> any(-scale, scale);
    std::vector<float> values(size);
    for (float &value : values)
      value = any(random);
    return values;
  }
  std::vector<int32_t> integers(size_t size) {
    std::uniform_int_distribution<int32_t> any(-100000, 100000);
    std::vector<int32_t> values(size);
    for (int32_t &value : values)
      value = any(random);
    return values;
  }

  void check(const std::string &text, llvm::ArrayRef<const void *> inputs,
             llvm::ArrayRef<void *> outputs, llvm::StringRef chip = "sm_80") {
    Program program(text, chip);
    ASSERT_TRUE(program.isValid()) << program.getMessages().str() << text;
    for (const char *options :
         {"", "order=latest", "order=random,async=random,seed=3"}) {
      std::string error = program.run(inputs, outputs, options);
      ASSERT_EQ(error, "") << options << "\n" << text;
    }
  }

  std::mt19937 random{11};
};

inline int32_t wrappingAdd(int32_t a, int32_t b) {
  return int32_t(uint32_t(a) + uint32_t(b));
}

/// roundeven, clamp, cast: what quantization ends with.
inline int8_t quantize(float value) {
  return int8_t(std::fmin(127.0f, std::fmax(-128.0f, std::nearbyint(value))));
}

} // namespace quantc::nvvm::test

#endif // QUANTC_UNITTESTS_CODEGEN_NVVM_CONTRACTTEST_H
