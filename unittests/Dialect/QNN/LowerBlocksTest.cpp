//===- LowerBlocksTest.cpp - parameters along summed dimensions ----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LowerSiteTest.h"

#include <deque>

using namespace quantc::test;

namespace {

constexpr const char *kBatchedGeneric =
    "linalg.generic {indexing_maps = [affine_map<(b, c, m, o, n, k, l) -> (c, "
    "m, k, b, l, o)>, "
    "affine_map<(b, c, m, o, n, k, l) -> (l, b, n, k, c)>, "
    "affine_map<(b, c, m, o, n, k, l) -> (b, m, c, o, n)>], "
    "iterator_types = [\"parallel\", \"parallel\", \"parallel\", \"parallel\", "
    "\"parallel\", \"reduction\", \"reduction\"]}";
constexpr const char *kTwoSums =
    "linalg.generic {indexing_maps = [affine_map<(m, n, k, l) -> (m, k, l)>, "
    "affine_map<(m, n, k, l) -> (l, k, n)>, affine_map<(m, n, k, l) -> (m, "
    "n)>], "
    "iterator_types = [\"parallel\", \"parallel\", \"reduction\", "
    "\"reduction\"]}";
constexpr const char *kOneSided =
    "linalg.generic {indexing_maps = [affine_map<(m, n, k, l) -> (m, k, l)>, "
    "affine_map<(m, n, k, l) -> (k, n)>, affine_map<(m, n, k, l) -> (m, n)>], "
    "iterator_types = [\"parallel\", \"parallel\", \"reduction\", "
    "\"reduction\"]}";

/// Zero points along summed dimensions, beside a scale that does not vary.
const Program kSummedZeroPoints[] = {
    {"lhs",
     "linalg.matmul",
     {"5x19", "", "19", "axes = array<i64: 1>"},
     {"19x21", "21", nullptr, "axes = array<i64: 1>", true},
     "5x21"},
    {"lhsConstant",
     "linalg.matmul",
     {"5x19", "", "19", "axes = array<i64: 1>", true},
     {"19x21", "21", "21", "axes = array<i64: 1>"},
     "5x21"},
    {"rhs",
     "linalg.matmul",
     {"5x19", "5", "5", "axes = array<i64: 0>"},
     {"19x21", "", "19", "axes = array<i64: 0>"},
     "5x21"},
    {"both",
     "linalg.matmul",
     {"5x19", "", "19", "axes = array<i64: 1>"},
     {"19x21", "", "19x21", "axes = array<i64: 0, 1>", true},
     "5x21"},
    {"everyElement",
     "linalg.matmul",
     {"5x19", "", "5x19", "axes = array<i64: 0, 1>"},
     {"19x21", "", "19x21", "axes = array<i64: 0, 1>"},
     "5x21"},
    {"blocks",
     "linalg.matmul",
     {"5x19", "", "5", "axes = array<i64: 1>, blocks = array<i64: 4>"},
     {"19x21", "21", "21", "axes = array<i64: 1>", true},
     "5x21"},
    {"twoSums",
     kTwoSums,
     {"3x4x5", "", "4x5", "axes = array<i64: 1, 2>"},
     {"5x4x6", "", "5", "axes = array<i64: 0>"},
     "3x6"},
    {"oneSided",
     kOneSided,
     {"3x4x5", "", "", ""},
     {"4x6", "6", "6", "axes = array<i64: 1>"},
     "3x6"},
    {"oneSidedSummed",
     kOneSided,
     {"3x4x5", "", "4", "axes = array<i64: 1>"},
     {"4x6", "", "4", "axes = array<i64: 0>"},
     "3x6"},
    {"conv",
     "linalg.conv_2d_nhwc_hwcf",
     {"1x6x6x3", "", "3", "axes = array<i64: 3>", false, "i8", "1x9x9x3"},
     {"3x3x3x5", "5", "5", "axes = array<i64: 3>", true},
     "1x7x7x5"},
    {"convTaps",
     "linalg.conv_2d_nhwc_hwcf",
     {"1x6x6x3", "", "3", "axes = array<i64: 3>", false, "i8", "1x9x9x3"},
     {"3x3x3x5", "", "3x3", "axes = array<i64: 0, 2>"},
     "1x7x7x5"},
    {"unsignedStorage",
     "linalg.matmul",
     {"5x19", "", "19", "axes = array<i64: 1>", false, "ui8"},
     {"19x21", "21", "21", "axes = array<i64: 1>", true},
     "5x21"},
};

/// Scales in blocks, along summed dimensions and others.
const Program kBlocks[] = {
    {"rhs",
     "linalg.matmul",
     {"5x24", "", ""},
     {"24x21", "3x21", nullptr,
      "axes = array<i64: 0, 1>, blocks = array<i64: 8, 1>", true},
     "5x21"},
    {"rhsInit",
     "linalg.matmul",
     {"5x24", "", ""},
     {"24x21", "3x21", "3x21",
      "axes = array<i64: 0, 1>, blocks = array<i64: 8, 1>", true},
     "5x21",
     true},
    {"rhsPerBlockAlone",
     "linalg.matmul",
     {"5x24", "5", "5", "axes = array<i64: 0>"},
     {"24x21", "3", "3", "axes = array<i64: 0>, blocks = array<i64: 8>"},
     "5x21"},
    {"shortBlock",
     "linalg.matmul",
     {"5x19", "", ""},
     {"19x21", "3x21", "3x21",
      "axes = array<i64: 0, 1>, blocks = array<i64: 8, 1>", true},
     "5x21"},
    {"shortBlockConstantLhs",
     "linalg.matmul",
     {"5x19", "", "", "", true},
     {"19x21", "3x21", "3x21",
      "axes = array<i64: 0, 1>, blocks = array<i64: 8, 1>"},
     "5x21"},
    {"shortBlockBothConstant",
     "linalg.matmul",
     {"5x19", "", "", "", true},
     {"19x21", "3x21", "3x21",
      "axes = array<i64: 0, 1>, blocks = array<i64: 8, 1>", true},
     "5x21"},
    {"shortBlockSymmetric",
     "linalg.matmul",
     {"5x19"},
     {"19x21", "3x21", nullptr,
      "axes = array<i64: 0, 1>, blocks = array<i64: 8, 1>", true},
     "5x21"},
    {"oneBlock",
     "linalg.matmul",
     {"5x7", "", ""},
     {"7x21", "1x21", "1x21",
      "axes = array<i64: 0, 1>, blocks = array<i64: 32, 1>"},
     "5x21"},
    {"onlyK",
     "linalg.matmul",
     {"5x1", "1", "1", "axes = array<i64: 1>"},
     {"1x21", "1x21", "1x21", "axes = array<i64: 0, 1>"},
     "5x21"},
    {"noK",
     "linalg.matmul",
     {"5x0", "", ""},
     {"0x21", "0x21", "0x21",
      "axes = array<i64: 0, 1>, blocks = array<i64: 8, 1>"},
     "5x21",
     true},
    {"both",
     "linalg.matmul",
     {"5x24", "5x6", "5x6",
      "axes = array<i64: 0, 1>, blocks = array<i64: 1, 4>"},
     {"24x21", "4x21", "4x21",
      "axes = array<i64: 0, 1>, blocks = array<i64: 6, 1>", true},
     "5x21"},
    {"bothShort",
     "linalg.matmul",
     {"5x23", "3", "3", "axes = array<i64: 1>, blocks = array<i64: 8>"},
     {"23x21", "2x21", "2x21",
      "axes = array<i64: 0, 1>, blocks = array<i64: 12, 1>"},
     "5x21"},
    {"twoDimensional",
     "linalg.matmul",
     {"5x24", "", ""},
     {"24x21", "3x4", "3x4",
      "axes = array<i64: 0, 1>, blocks = array<i64: 8, 6>", true},
     "5x21"},
    {"rowsAndColumns",
     "linalg.matmul",
     {"5x24", "3", "3", "axes = array<i64: 0>, blocks = array<i64: 2>"},
     {"24x21", "4", "4", "axes = array<i64: 1>, blocks = array<i64: 6>"},
     "5x21"},
    {"besideSummedZeroPoints",
     "linalg.matmul",
     {"5x19", "", "19", "axes = array<i64: 1>"},
     {"19x21", "3x21", "3x21",
      "axes = array<i64: 0, 1>, blocks = array<i64: 8, 1>", true},
     "5x21"},
    {"besideSummedBlocks",
     "linalg.matmul",
     {"5x19", "", "4", "axes = array<i64: 1>, blocks = array<i64: 5>"},
     {"19x21", "3x21", "",
      "axes = array<i64: 0, 1>, blocks = array<i64: 8, 1>"},
     "5x21"},
    {"oneZeroPoint",
     "linalg.matmul",
     {"5x19", "", "", ""},
     {"19x21", "3x21", "", "axes = array<i64: 0, 1>, blocks = array<i64: 8, 1>",
      true},
     "5x21"},
    {"unsignedStorage",
     "linalg.matmul",
     {"5x19", "", "", "", false, "ui8"},
     {"19x21", "3x21", "3x21",
      "axes = array<i64: 0, 1>, blocks = array<i64: 8, 1>", true},
     "5x21"},
    {"unsignedArguments",
     "linalg.matmul",
     {"5x19", "5x3", "5x3",
      "axes = array<i64: 0, 1>, blocks = array<i64: 1, 8>", false, "ui8"},
     {"19x21", "3x21", "3x21",
      "axes = array<i64: 0, 1>, blocks = array<i64: 8, 1>", false, "ui8"},
     "5x21"},
    {"dot",
     "linalg.dot",
     {"19", "", ""},
     {"19", "5", "5", "axes = array<i64: 0>, blocks = array<i64: 4>"},
     ""},
    {"matvec",
     "linalg.matvec",
     {"6x19", "6x5", "6x5",
      "axes = array<i64: 0, 1>, blocks = array<i64: 1, 4>", true},
     {"19", "", ""},
     "6"},
    {"batchMatmul",
     "linalg.batch_matmul",
     {"3x4x10", "3", "3", "axes = array<i64: 0>"},
     {"3x10x6", "3x3x6", "3x3x6",
      "axes = array<i64: 0, 1, 2>, blocks = array<i64: 1, 4, 1>"},
     "3x4x6"},
    {"batchReduce",
     "linalg.batch_reduce_matmul",
     {"3x4x10", "", ""},
     {"3x10x6", "2x3x6", "2x3x6",
      "axes = array<i64: 0, 1, 2>, blocks = array<i64: 2, 4, 1>"},
     "4x6"},
    {"heads",
     kBatchedGeneric,
     {"2x3x5x4x2x3", "2x4", "2x4", "axes = array<i64: 0, 3>"},
     {"2x4x7x5x2", "4x2x2", "4x2x2",
      "axes = array<i64: 1, 3, 4>, blocks = array<i64: 1, 3, 1>"},
     "4x3x2x3x7"},
    {"conv",
     "linalg.conv_2d_nhwc_hwcf {strides = dense<[2, 1]> : tensor<2xi64>}",
     {"1x6x6x8", "", "", "", false, "i8", "1x9x9x8"},
     {"3x3x8x5", "2x5", "2x5",
      "axes = array<i64: 2, 3>, blocks = array<i64: 4, 1>", true},
     "1x4x7x5"},
    {"convShort",
     "linalg.conv_1d_nwc_wcf",
     {"2x8x7", "3", "3", "axes = array<i64: 2>, blocks = array<i64: 3>", false,
      "i8", "2x11x7"},
     {"3x7x5", "", ""},
     "2x9x5"},
    {"grouped",
     "linalg.conv_2d_ngchw_fgchw",
     {"1x2x6x5x5", "", ""},
     {"4x2x6x3x3", "4x2x2", "4x2x2",
      "axes = array<i64: 0, 1, 2>, blocks = array<i64: 1, 1, 4>", true},
     "1x2x4x3x3"},
    {"nibbles",
     "linalg.matmul",
     {"5x19", "5", "5", "axes = array<i64: 0>"},
     {"19x21", "3x21", "3x21",
      "axes = array<i64: 0, 1>, blocks = array<i64: 8, 1>", true, "i4"},
     "5x21"},
    {"symmetricNibbles",
     "linalg.matmul",
     {"5x19", "", ""},
     {"19x21", "3x21", nullptr,
      "axes = array<i64: 0, 1>, blocks = array<i64: 8, 1>", true, "i4"},
     "5x21"},
    {"wide",
     "linalg.matmul",
     {"5x19", "", "", "", false, "i16"},
     {"19x21", "3x21", "3x21",
      "axes = array<i64: 0, 1>, blocks = array<i64: 8, 1>", true, "i16"},
     "5x21"},
    {"beyondTheEnd",
     "linalg.matmul",
     {"3x7", "3x1", nullptr,
      "axes = array<i64: 0, 1>, blocks = array<i64: 1, 9>"},
     {"7x34", "1x34", nullptr,
      "axes = array<i64: 0, 1>, blocks = array<i64: 10, 1>"},
     "3x34"},
    {"twoLoops",
     kTwoSums,
     {"3x4x5", "", "2x3", "axes = array<i64: 1, 2>, blocks = array<i64: 3, 2>"},
     {"5x4x6", "3x2x6", "3x2x6",
      "axes = array<i64: 0, 1, 2>, blocks = array<i64: 2, 3, 1>"},
     "3x6"},
};

/// Shapes, block sizes and what has zero points, drawn.
class RandomBlocksTest : public LowerSiteTest,
                         public ::testing::WithParamInterface<int> {
protected:
  int64_t draw(int64_t low, int64_t high) {
    return low + int64_t(random() % uint64_t(high - low + 1));
  }
  const char *keep(std::string text) {
    return texts.emplace_back(std::move(text)).c_str();
  }

  /// The operand `rows` x K or K x `columns`; K is dimension `summed`.
  OperandText drawOperand(int64_t other, int64_t products, int summed) {
    auto join = [&](int64_t a, int64_t k) {
      return summed == 1 ? std::to_string(a) + "x" + std::to_string(k)
                         : std::to_string(k) + "x" + std::to_string(a);
    };
    OperandText operand;
    operand.shape = keep(join(other, products));
    operand.isConstant = draw(0, 1);
    operand.storage = draw(0, 3) ? "i8" : "ui8";
    int64_t block = draw(2, products + 3);
    int64_t count = (products + block - 1) / block;
    std::string axis = std::to_string(summed);
    switch (draw(0, 3)) {
    case 0: // per tensor
      break;
    case 1: // blocks alone
      operand.scale = keep(std::to_string(count));
      operand.attributes =
          keep("axes = array<i64: " + axis +
               ">, blocks = array<i64: " + std::to_string(block) + ">");
      break;
    default: // and along the result's dimension, where several share one, too
      int64_t shared = draw(0, 2) ? 1 : draw(2, 4);
      operand.scale = keep(join((other + shared - 1) / shared, count));
      operand.attributes =
          keep("axes = array<i64: 0, 1>, blocks = array<i64: " +
               (summed == 1
                    ? std::to_string(shared) + ", " + std::to_string(block)
                    : std::to_string(block) + ", " + std::to_string(shared)) +
               ">");
    }
    if (draw(0, 2)) {
      operand.zeroPoint = draw(0, 2) ? operand.scale : "";
      // Zero points may vary where the scale does not.
      if (*operand.zeroPoint && !draw(0, 3))
        operand.scale = "";
    }
    return operand;
  }

  std::mt19937_64 random;
  std::deque<std::string> texts;
};

TEST_P(RandomBlocksTest, matchesExactIntegers) {
  random.seed(GetParam());
  for (int i = 0; i < 4; ++i) {
    int64_t rows = draw(1, 9), columns = draw(1, 40), products = draw(1, 70);
    Program program = {
        "random",
        "linalg.matmul",
        drawOperand(rows, products, 1),
        drawOperand(columns, products, 0),
        keep(std::to_string(rows) + "x" + std::to_string(columns)),
        draw(0, 1) != 0};
    std::string text = ProgramWriter(&context, i).write(program);
    SCOPED_TRACE(text);
    check(text, draw(0, 1) ? kSeparate : kFused, i);
    if (HasFatalFailure())
      return;
  }
}

INSTANTIATE_TEST_SUITE_P(blocks, RandomBlocksTest, ::testing::Range(0, 16));

INSTANTIATE_TEST_SUITE_P(summedZeroPoints, LowerSiteProgramTest,
                         ::testing::ValuesIn(kSummedZeroPoints), getName);
INSTANTIATE_TEST_SUITE_P(blocks, LowerSiteProgramTest,
                         ::testing::ValuesIn(kBlocks), getName);

} // namespace
