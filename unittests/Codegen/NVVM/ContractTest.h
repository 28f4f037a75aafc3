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

/// A product of bytes, with an initial value for every element. `layout` is of
/// the right operand: "k, n" or "n, k".
inline std::string getByteProduct(Shape s, llvm::StringRef layout,
                                  bool lhsUnsigned, bool rhsUnsigned,
                                  llvm::StringRef attributes = "") {
  std::string w = layout == "k, n" ? llvm::formatv("{0}x{1}", s.k, s.n).str()
                                   : llvm::formatv("{0}x{1}", s.n, s.k).str();
  return llvm::formatv(R"(
func.func @main(%a: tensor<{0}x{2}xi8>, %w: tensor<{3}xi8>, %c: tensor<{0}x{1}xi32>) -> tensor<{0}x{1}xi32> {{
  %r = linalg.generic {{indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> ({4})>,
                                         affine_map<(m, n, k) -> (m, n)>],
                        iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %w : tensor<{0}x{2}xi8>, tensor<{3}xi8>) outs(%c : tensor<{0}x{1}xi32>) attrs = {{{7}} {{
    ^bb0(%x: i8, %y: i8, %z: i32):
      %x32 = arith.{5} %x : i8 to i32
      %y32 = arith.{6} %y : i8 to i32
      %p = arith.muli %x32, %y32 : i32
      %t = arith.addi %z, %p : i32
      linalg.yield %t : i32
  } -> tensor<{0}x{1}xi32>
  return %r : tensor<{0}x{1}xi32>
})",
                       s.m, s.n, s.k, w, layout,
                       lhsUnsigned ? "extui" : "extsi",
                       rhsUnsigned ? "extui" : "extsi", attributes)
      .str();
}

inline int32_t extend(int8_t value, bool isUnsigned) {
  return isUnsigned ? int32_t(uint8_t(value)) : int32_t(value);
}

/// How the right operand of a product lies, and which operands are unsigned.
struct ByteForm {
  bool transposed = true, lhsUnsigned = false, rhsUnsigned = false;
};

/// The first element in which `result` differs from c + a * w; empty if none.
inline std::string compareProduct(Shape s, ByteForm form,
                                  llvm::ArrayRef<int8_t> a,
                                  llvm::ArrayRef<int8_t> w,
                                  llvm::ArrayRef<int32_t> c,
                                  llvm::ArrayRef<int32_t> result) {
  for (int64_t m = 0; m < s.m; ++m)
    for (int64_t n = 0; n < s.n; ++n) {
      int32_t sum = c[m * s.n + n];
      for (int64_t k = 0; k < s.k; ++k)
        sum = wrappingAdd(
            sum, extend(a[m * s.k + k], form.lhsUnsigned) *
                     extend(w[form.transposed ? n * s.k + k : k * s.n + n],
                            form.rhsUnsigned));
      if (result[m * s.n + n] != sum)
        return llvm::formatv("expected {0} at {1}, {2}, but got {3}", sum, m, n,
                             result[m * s.n + n])
            .str();
    }
  return "";
}

} // namespace quantc::nvvm::test

#endif // QUANTC_UNITTESTS_CODEGEN_NVVM_CONTRACTTEST_H
