//===- OverflowTest.cpp - sums at and beyond the limit of an i32 ---------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LowerSiteTest.h"

#include "llvm/Support/FormatVariadic.h"

using namespace quantc::test;

namespace {

constexpr const char *kSplit =
    "qnn-lower-symmetric{overflow=split},qnn-lower-asymmetric{overflow=split}";
constexpr const char *kSplitFused =
    "qnn-lower-symmetric{overflow=split},qnn-lower-asymmetric{overflow=split},"
    "verify-lowered,qnn-fuse-zero-points,qnn-fuse-epilogue";

class OverflowTest : public LowerSiteTest {
protected:
  /// A product of 2 x `k` and `k` x 3, constants of -128 with zero points of
  /// 127 or none: the largest sums that there are.
  std::string write(int64_t k, bool hasZeroPoints) {
    const char *zeroPoint = hasZeroPoints ? " zero_point %z" : "";
    const char *type = hasZeroPoints ? ", tensor<i8>" : "";
    return llvm::formatv(R"(
func.func @main(%s: tensor<f32>) -> tensor<2x3xf32> {{
  %z = arith.constant dense<127> : tensor<i8>
  %qa = arith.constant dense<-128> : tensor<2x{0}xi8>
  %qb = arith.constant dense<-128> : tensor<{0}x3xi8>
  %a = qnn.dequantize %qa, scale %s{1} : tensor<2x{0}xi8>, tensor<f32>{2} -> tensor<2x{0}xf32>
  %b = qnn.dequantize %qb, scale %s{1} : tensor<{0}x3xi8>, tensor<f32>{2} -> tensor<{0}x3xf32>
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x3xf32>
  %zero = linalg.fill ins(%c0 : f32) outs(%e : tensor<2x3xf32>) -> tensor<2x3xf32>
  %y = linalg.matmul ins(%a, %b : tensor<2x{0}xf32>, tensor<{0}x3xf32>) outs(%zero : tensor<2x3xf32>) -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
})",
                         k, zeroPoint, type);
  }
};

TEST_F(OverflowTest, LargestSums) {
  checkBoth(write(33025, true));
  checkBoth(write(131071, false));
}

TEST_F(OverflowTest, Split) {
  for (const char *pipeline : {kSplit, kSplitFused}) {
    check(write(33026, true), pipeline);
    check(write(131072, false), pipeline);
    check(write(131073, true), pipeline);
    // Nothing is split that fits.
    check(write(33025, true), pipeline);
  }
}

const Program kLong[] = {
    {"arguments",
     "linalg.matmul",
     {"2x33027", "", ""},
     {"33027x3", "3", "3", "axes = array<i64: 1>"},
     "2x3"},
    {"perTokenInit",
     "linalg.matmul",
     {"2x66053", "2", "2", "axes = array<i64: 0>"},
     {"66053x3", "3", "3", "axes = array<i64: 1>", true},
     "2x3",
     true},
    {"unsignedStorage",
     "linalg.matmul",
     {"2x40001", "", "", "", false, "ui8"},
     {"40001x3", "", ""},
     "2x3"},
    {"summedZeroPoints",
     "linalg.matmul",
     {"2x40001", "", "40001", "axes = array<i64: 1>"},
     {"40001x3", "", "3", "axes = array<i64: 1>", true},
     "2x3"},
    {"twoLoops",
     "linalg.batch_reduce_matmul",
     {"300x2x400", "", ""},
     {"300x400x3", "", ""},
     "2x3"},
    {"blocks",
     "linalg.matmul",
     {"2x80001", "", ""},
     {"80001x3", "2x3", "2x3",
      "axes = array<i64: 0, 1>, blocks = array<i64: 40001, 1>"},
     "2x3"},
    {"conv",
     "linalg.conv_1d_nwc_wcf",
     {"1x6x20000", "", "", "", false, "i8", "1x9x20000"},
     {"3x20000x2", "2", "2", "axes = array<i64: 2>"},
     "1x7x2"},
};

class SplitProgramTest : public LowerSiteTest,
                         public ::testing::WithParamInterface<Program> {};

TEST_P(SplitProgramTest, matchesExactIntegers) {
  for (const char *pipeline : {kSplit, kSplitFused})
    check(ProgramWriter(&context, 1).write(GetParam()), pipeline);
}

INSTANTIATE_TEST_SUITE_P(overflow, SplitProgramTest, ::testing::ValuesIn(kLong),
                         getName);

} // namespace
