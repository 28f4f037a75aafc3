//===- ContractFloatsTest.cpp - narrow floats on tensor cores -------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Elements are small integers, whose products and sums f32 holds exactly: the
// result is the same whatever the order in which an instruction adds.
//
//===----------------------------------------------------------------------===//

#include "ContractTest.h"

#include "llvm/ADT/APFloat.h"

using llvm::formatv;
using namespace quantc::nvvm::test;

namespace {

struct Format {
  const char *name;
  const llvm::fltSemantics &semantics;
  const char *chip;
};

const Format f16 = {"f16", llvm::APFloat::IEEEhalf(), "sm_80"},
             bf16 = {"bf16", llvm::APFloat::BFloat(), "sm_80"},
             e4m3 = {"f8E4M3FN", llvm::APFloat::Float8E4M3FN(), "sm_89"},
             e5m2 = {"f8E5M2", llvm::APFloat::Float8E5M2(), "sm_89"};

class ContractFloatsTest : public ContractTest {
protected:
  /// Numbers from -4 to 4 and their encodings.
  std::vector<char> encode(const Format &format, std::vector<int> &numbers) {
    std::uniform_int_distribution<int> any(-4, 4);
    unsigned bytes = llvm::APFloat::getSizeInBits(format.semantics) / 8;
    std::vector<char> data;
    for (int &number : numbers) {
      number = any(random);
      llvm::APFloat value(static_cast<float>(number));
      bool losesInfo;
      value.convert(format.semantics, llvm::APFloat::rmNearestTiesToEven,
                    &losesInfo);
      uint64_t bits = value.bitcastToAPInt().getZExtValue();
      for (unsigned i = 0; i < bytes; ++i)
        data.push_back(char(bits >> (8 * i)));
    }
    return data;
  }
};

std::string getProduct(Shape s, const Format &lhs, const Format &rhs) {
  return formatv(R"(
func.func @main(%a: tensor<{0}x{2}x{3}>, %w: tensor<{1}x{2}x{4}>, %c: tensor<{0}x{1}xf32>) -> tensor<{0}x{1}xf32> {{
  %r = linalg.generic {{indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>,
                                         affine_map<(m, n, k) -> (m, n)>],
                        iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %w : tensor<{0}x{2}x{3}>, tensor<{1}x{2}x{4}>) outs(%c : tensor<{0}x{1}xf32>) {{
    ^bb0(%x: {3}, %y: {4}, %z: f32):
      %xf = arith.extf %x : {3} to f32
      %yf = arith.extf %y : {4} to f32
      %p = arith.mulf %xf, %yf : f32
      %t = arith.addf %z, %p : f32
      linalg.yield %t : f32
  } -> tensor<{0}x{1}xf32>
  return %r : tensor<{0}x{1}xf32>
})",
                 s.m, s.n, s.k, lhs.name, rhs.name)
      .str();
}

TEST_F(ContractFloatsTest, sumsAreExact) {
  std::pair<const Format *, const Format *> pairs[] = {
      {&f16, &f16},   {&bf16, &bf16}, {&e4m3, &e4m3},
      {&e4m3, &e5m2}, {&e5m2, &e4m3}, {&e5m2, &e5m2}};
  for (auto [lhs, rhs] : pairs)
    for (Shape s : {Shape{1, 1, 1}, Shape{17, 33, 50}, Shape{64, 64, 128},
                    Shape{5, 72, 100}}) {
      SCOPED_TRACE(toString(s) + " " + lhs->name + " " + rhs->name);
      std::vector<int> a(s.m * s.k), w(s.n * s.k);
      std::vector<char> aData = encode(*lhs, a), wData = encode(*rhs, w);
      std::vector<float> c = floats(s.m * s.n), result(s.m * s.n);
      for (float &value : c)
        value = std::nearbyint(100 * value);
      check(getProduct(s, *lhs, *rhs), {aData.data(), wData.data(), c.data()},
            {result.data()}, lhs->chip);
      for (int64_t m = 0; m < s.m; ++m)
        for (int64_t n = 0; n < s.n; ++n) {
          int sum = int(c[m * s.n + n]);
          for (int64_t k = 0; k < s.k; ++k)
            sum += a[m * s.k + k] * w[n * s.k + k];
          ASSERT_EQ(result[m * s.n + n], float(sum)) << m << ", " << n;
        }
    }
}

TEST_F(ContractFloatsTest, chipsWithoutF8AreRefused) {
  Program program(getProduct({16, 16, 32}, e4m3, e4m3), "sm_86");
  EXPECT_FALSE(program.isValid());
  EXPECT_NE(program.getMessages().find(
                "expected a chip with tensor cores on f8E4M3FN (sm_89 or "
                "later), but got sm_86"),
            llvm::StringRef::npos)
      << program.getMessages().str();
}

} // namespace
