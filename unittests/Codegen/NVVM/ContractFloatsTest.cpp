//===- ContractFloatsTest.cpp - narrow floats on tensor cores -------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Where elements are small integers, f32 holds their products and sums exactly:
// the result is the same whatever the order in which an instruction adds.
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

/// The number of the format that is next to `number`, which becomes it.
void encode(const Format &format, float &number, std::vector<char> &data) {
  llvm::APFloat value(number);
  bool losesInfo;
  value.convert(format.semantics, llvm::APFloat::rmNearestTiesToEven,
                &losesInfo);
  uint64_t bits = value.bitcastToAPInt().getZExtValue();
  unsigned bytes = llvm::APFloat::getSizeInBits(format.semantics) / 8;
  for (unsigned i = 0; i < bytes; ++i)
    data.push_back(char(bits >> (8 * i)));
  value.convert(llvm::APFloat::IEEEsingle(), llvm::APFloat::rmNearestTiesToEven,
                &losesInfo);
  number = value.convertToFloat();
}

class ContractFloatsTest : public ContractTest {
protected:
  /// Numbers from -4 to 4 and their encodings.
  std::vector<char> encodeIntegers(const Format &format,
                                   std::vector<float> &numbers) {
    std::uniform_int_distribution<int> any(-4, 4);
    std::vector<char> data;
    for (float &number : numbers) {
      number = float(any(random));
      encode(format, number, data);
    }
    return data;
  }

  /// Numbers between -1 and 1, with all bits that the format has.
  std::vector<char> encodeFractions(const Format &format,
                                    std::vector<float> &numbers) {
    std::vector<char> data;
    numbers = floats(numbers.size());
    for (float &number : numbers)
      encode(format, number, data);
    return data;
  }
};

std::string getProduct(Shape s, const Format &lhs, const Format &rhs,
                       llvm::StringRef schedule = "") {
  return formatv(R"(
func.func @main(%a: tensor<{0}x{2}x{3}>, %w: tensor<{1}x{2}x{4}>, %c: tensor<{0}x{1}xf32>) -> tensor<{0}x{1}xf32> {{
  %r = linalg.generic {{indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>,
                                         affine_map<(m, n, k) -> (m, n)>],
                        iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %w : tensor<{0}x{2}x{3}>, tensor<{1}x{2}x{4}>) outs(%c : tensor<{0}x{1}xf32>) {5} {{
    ^bb0(%x: {3}, %y: {4}, %z: f32):
      %xf = arith.extf %x : {3} to f32
      %yf = arith.extf %y : {4} to f32
      %p = arith.mulf %xf, %yf : f32
      %t = arith.addf %z, %p : f32
      linalg.yield %t : f32
  } -> tensor<{0}x{1}xf32>
  return %r : tensor<{0}x{1}xf32>
})",
                 s.m, s.n, s.k, lhs.name, rhs.name,
                 schedule.empty() ? ""
                                  : formatv("attrs = {{qnn_gpu.schedule = "
                                            "#qnn_gpu.schedule<{0}>}",
                                            schedule)
                                        .str())
      .str();
}

const std::pair<const Format *, const Format *> pairs[] = {
    {&f16, &f16},   {&bf16, &bf16}, {&e4m3, &e4m3},
    {&e4m3, &e5m2}, {&e5m2, &e4m3}, {&e5m2, &e5m2}};

TEST_F(ContractFloatsTest, sumsAreExact) {
  for (auto [lhs, rhs] : pairs)
    for (Shape s : {Shape{1, 1, 1}, Shape{17, 33, 50}, Shape{64, 64, 128},
                    Shape{5, 72, 100}, Shape{1, 70, 1040}, Shape{4, 9, 77}}) {
      SCOPED_TRACE(toString(s) + " " + lhs->name + " " + rhs->name);
      std::vector<float> a(s.m * s.k), w(s.n * s.k);
      std::vector<char> aData = encodeIntegers(*lhs, a),
                        wData = encodeIntegers(*rhs, w);
      std::vector<float> c = floats(s.m * s.n), result(s.m * s.n);
      for (float &value : c)
        value = std::nearbyint(100 * value);
      check(getProduct(s, *lhs, *rhs), {aData.data(), wData.data(), c.data()},
            {result.data()}, lhs->chip);
      for (int64_t m = 0; m < s.m; ++m)
        for (int64_t n = 0; n < s.n; ++n) {
          float sum = c[m * s.n + n];
          for (int64_t k = 0; k < s.k; ++k)
            sum += a[m * s.k + k] * w[n * s.k + k];
          ASSERT_EQ(result[m * s.n + n], sum) << m << ", " << n;
        }
    }
}

/// The sum of a row in the order of docs/arithmetic.md, "Sums of narrow
/// floats": chunks of 16 bytes in 32 lanes, then halves of the lanes.
float addInLanes(llvm::ArrayRef<float> a, llvm::ArrayRef<float> w,
                 int64_t width) {
  float lanes[32] = {};
  for (size_t k = 0; k < a.size(); ++k) {
    float &lane = lanes[k / width % 32];
    lane = std::fma(a[k], w[k], lane);
  }
  for (int half = 16; half > 0; half /= 2)
    for (int l = 0; l < half; ++l)
      lanes[l] += lanes[l + half];
  return lanes[0];
}

// Up to four rows: no tensor cores, and one order of additions.
TEST_F(ContractFloatsTest, aFewRowsAreAddedInLanes) {
  for (auto [lhs, rhs] : pairs)
    for (Shape s : {Shape{1, 37, 1040}, Shape{2, 16, 300}, Shape{4, 5, 2001}}) {
      SCOPED_TRACE(toString(s) + " " + lhs->name + " " + rhs->name);
      std::vector<float> a(s.m * s.k), w(s.n * s.k);
      std::vector<char> aData = encodeFractions(*lhs, a),
                        wData = encodeFractions(*rhs, w);
      std::vector<float> c = floats(s.m * s.n), result(s.m * s.n);
      std::string text = getProduct(s, *lhs, *rhs);
      EXPECT_EQ(Program(text, lhs->chip).getPTX().find("mma.sync"),
                llvm::StringRef::npos);
      check(text, {aData.data(), wData.data(), c.data()}, {result.data()},
            lhs->chip);
      int64_t width = 16 * a.size() / aData.size();
      for (int64_t m = 0; m < s.m; ++m)
        for (int64_t n = 0; n < s.n; ++n)
          ASSERT_EQ(result[m * s.n + n],
                    c[m * s.n + n] +
                        addInLanes(llvm::ArrayRef(a).slice(m * s.k, s.k),
                                   llvm::ArrayRef(w).slice(n * s.k, s.k),
                                   width))
              << m << ", " << n;
    }
}

// A second kernel adds the parts of k in order, whatever runs first.
TEST_F(ContractFloatsTest, partsOfKAreAddedInOrder) {
  Shape s = {20, 40, 512};
  for (const auto &pair : pairs) {
    const Format *lhs = pair.first, *rhs = pair.second;
    SCOPED_TRACE(std::string(lhs->name) + " " + rhs->name);
    std::vector<float> a(s.m * s.k), w(s.n * s.k);
    std::vector<char> aData = encodeFractions(*lhs, a),
                      wData = encodeFractions(*rhs, w);
    std::vector<float> c = floats(s.m * s.n);
    auto getSums = [&](llvm::StringRef splits, const char *options) {
      std::vector<float> result(s.m * s.n);
      Program program(
          getProduct(s, *lhs, *rhs,
                     "mma, tile = [32, 32, 64], warps = [1, 2], stages = 2, "
                     "split_k = " +
                         splits.str()),
          lhs->chip);
      EXPECT_EQ(program.run({aData.data(), wData.data(), c.data()},
                            {result.data()}, options),
                "");
      return result;
    };
    std::vector<float> whole = getSums("1", ""), parts = getSums("3", "");
    EXPECT_NE(whole, parts);
    for (const char *options :
         {"order=latest", "order=random,async=random,seed=3",
          "order=random,async=random,seed=4"})
      EXPECT_EQ(getSums("3", options), parts) << options;
    // The bound of docs/arithmetic.md, "Sums of f8", for additions that truncate.
    for (int64_t m = 0; m < s.m; ++m)
      for (int64_t n = 0; n < s.n; ++n) {
        double exact = c[m * s.n + n], magnitude = std::fabs(exact);
        for (int64_t k = 0; k < s.k; ++k) {
          double product = double(a[m * s.k + k]) * w[n * s.k + k];
          exact += product;
          magnitude += std::fabs(product);
        }
        double bound = double(s.k) * 0x1p-23 * magnitude;
        ASSERT_NEAR(parts[m * s.n + n], exact, bound) << m << ", " << n;
        ASSERT_NEAR(whole[m * s.n + n], exact, bound) << m << ", " << n;
      }
  }
}

// Few tiles and a long k: the model splits it by itself.
TEST_F(ContractFloatsTest, splitByTheModel) {
  Program program(getProduct({16, 64, 4096}, f16, f16));
  ASSERT_TRUE(program.isValid()) << program.getMessages().str();
  EXPECT_EQ(program.getNumLaunches(), 2u);
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
