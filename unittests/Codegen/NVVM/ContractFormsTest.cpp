//===- ContractFormsTest.cpp - batches, convolutions, sums ----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ContractTest.h"
#include "quantc/Emulator/Emulator.h"

using llvm::formatv;
using namespace quantc::nvvm::test;

namespace {

class ContractFormsTest : public ContractTest {};

constexpr const char *multiplyBody = R"({
    ^bb0(%x: i8, %y: i8, %z: i32):
      %x32 = arith.extsi %x : i8 to i32
      %y32 = arith.extsi %y : i8 to i32
      %p = arith.muli %x32, %y32 : i32
      %t = arith.addi %z, %p : i32
      linalg.yield %t : i32
  })";

struct Attention {
  int64_t batch, heads, m, n, k;
};

// Scores (both operands along k) and contexts (values along n), with heads in
// the middle of the left operand.
TEST_F(ContractFormsTest, batchesOfHeads) {
  for (Attention c : {Attention{1, 3, 5, 21, 10}, Attention{2, 2, 33, 40, 32},
                      Attention{2, 3, 64, 32, 48}})
    for (bool transposed : {false, true}) {
      SCOPED_TRACE(
          formatv("{0} {1} {2} {3} {4}", c.heads, c.m, c.n, c.k, transposed)
              .str());
      std::string rhs =
          transposed ? formatv("{0}x{1}x{2}x{3}", c.batch, c.n, c.heads, c.k)
                     : formatv("{0}x{1}x{2}x{3}", c.batch, c.k, c.heads, c.n);
      std::string text =
          formatv(R"(
#lhs = affine_map<(b, h, m, n, k) -> (b, m, h, k)>
#rhs = affine_map<(b, h, m, n, k) -> (b, {5}, h, {6})>
#out = affine_map<(b, h, m, n, k) -> (b, h, m, n)>
func.func @main(%a: tensor<{0}x{2}x{1}x{4}xi8>, %w: tensor<{7}xi8>, %c: tensor<{0}x{1}x{2}x{3}xi32>)
    -> tensor<{0}x{1}x{2}x{3}xi32> {{
  %r = linalg.generic {{indexing_maps = [#lhs, #rhs, #out],
                        iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%a, %w : tensor<{0}x{2}x{1}x{4}xi8>, tensor<{7}xi8>) outs(%c : tensor<{0}x{1}x{2}x{3}xi32>) {8}
      -> tensor<{0}x{1}x{2}x{3}xi32>
  return %r : tensor<{0}x{1}x{2}x{3}xi32>
})",
                  c.batch, c.heads, c.m, c.n, c.k, transposed ? "n" : "k",
                  transposed ? "k" : "n", rhs, multiplyBody);
      auto a = bytes(c.batch * c.heads * c.m * c.k);
      auto w = bytes(c.batch * c.heads * c.n * c.k);
      auto init = integers(c.batch * c.heads * c.m * c.n);
      std::vector<int32_t> result(init.size());
      check(text, {a.data(), w.data(), init.data()}, {result.data()});
      int64_t at = 0;
      for (int64_t b = 0; b < c.batch; ++b)
        for (int64_t h = 0; h < c.heads; ++h)
          for (int64_t i = 0; i < c.m; ++i)
            for (int64_t j = 0; j < c.n; ++j, ++at) {
              int32_t sum = init[at];
              for (int64_t l = 0; l < c.k; ++l) {
                int64_t right = transposed
                                    ? ((b * c.n + j) * c.heads + h) * c.k + l
                                    : ((b * c.k + l) * c.heads + h) * c.n + j;
                sum += a[((b * c.m + i) * c.heads + h) * c.k + l] * w[right];
              }
              ASSERT_EQ(result[at], sum) << at;
            }
    }
}

struct Convolution {
  int64_t size, window, channels, features, stride, dilation;
};

TEST_F(ContractFormsTest, convolutionsAsImplicitProducts) {
  for (Convolution c :
       {Convolution{6, 3, 1, 5, 1, 1}, Convolution{7, 3, 3, 17, 1, 1},
        Convolution{9, 3, 16, 16, 2, 1}, Convolution{9, 3, 32, 40, 1, 2},
        Convolution{5, 1, 12, 4, 1, 1}, Convolution{5, 5, 8, 8, 1, 1}}) {
    int64_t out = (c.size - (c.window - 1) * c.dilation - 1) / c.stride + 1;
    SCOPED_TRACE(formatv("{0} {1} {2} {3} {4} {5}", c.size, c.window,
                         c.channels, c.features, c.stride, c.dilation)
                     .str());
    std::string x = formatv("tensor<2x{0}x{0}x{1}xi8>", c.size, c.channels);
    std::string w =
        formatv("tensor<{0}x{0}x{1}x{2}xi8>", c.window, c.channels, c.features);
    std::string y = formatv("tensor<2x{0}x{0}x{1}xi32>", out, c.features);
    std::string text = formatv(R"(
func.func @main(%x: {0}, %w: {1}) -> {2} {{
  %zero = arith.constant 0 : i32
  %e = tensor.empty() : {2}
  %f = linalg.fill ins(%zero : i32) outs(%e : {2}) -> {2}
  %r = linalg.conv_2d_nhwc_hwcf {{strides = dense<{3}> : tensor<2xi64>, dilations = dense<{4}> : tensor<2xi64>}
      ins(%x, %w : {0}, {1}) outs(%f : {2}) -> {2}
  return %r : {2}
})",
                               x, w, y, c.stride, c.dilation);
    auto image = bytes(2 * c.size * c.size * c.channels);
    auto weights = bytes(c.window * c.window * c.channels * c.features);
    std::vector<int32_t> result(2 * out * out * c.features);
    check(text, {image.data(), weights.data()}, {result.data()});
    for (int64_t b = 0; b < 2; ++b)
      for (int64_t i = 0; i < out * out; ++i)
        for (int64_t f = 0; f < c.features; ++f) {
          int32_t sum = 0;
          for (int64_t p = 0; p < c.window * c.window; ++p)
            for (int64_t k = 0; k < c.channels; ++k) {
              int64_t row = i / out * c.stride + p / c.window * c.dilation;
              int64_t column = i % out * c.stride + p % c.window * c.dilation;
              sum += image[((b * c.size + row) * c.size + column) * c.channels +
                           k] *
                     weights[(p * c.channels + k) * c.features + f];
            }
          ASSERT_EQ(result[(b * out * out + i) * c.features + f], sum)
              << b << ", " << i << ", " << f;
        }
  }
}

// Requantized rows and their sums, which the kernel adds up in memory.
TEST_F(ContractFormsTest, sumsOfRows) {
  for (Shape s : {Shape{5, 7, 9}, Shape{64, 64, 64}, Shape{33, 200, 40}}) {
    SCOPED_TRACE(toString(s));
    std::string text = formatv(R"(
#mn = affine_map<(m, n) -> (m, n)>
#m = affine_map<(m, n) -> (m)>
func.func @main(%a: tensor<{0}x{2}xi8>, %w: tensor<{2}x{1}xi8>, %c: tensor<{0}x{1}xi32>, %s: tensor<{0}xi32>)
    -> (tensor<{0}x{1}xi8>, tensor<{0}xi32>) {{
  %acc = linalg.matmul ins(%a, %w : tensor<{0}x{2}xi8>, tensor<{2}x{1}xi8>)
                       outs(%c : tensor<{0}x{1}xi32>) -> tensor<{0}x{1}xi32>
  %d = tensor.empty() : tensor<{0}x{1}xi8>
  %shift = arith.constant 9 : i32
  %r:2 = linalg.generic {{indexing_maps = [#mn, #mn, #m], iterator_types = ["parallel", "reduction"]}
      ins(%acc : tensor<{0}x{1}xi32>) outs(%d, %s : tensor<{0}x{1}xi8>, tensor<{0}xi32>) {{
    ^bb0(%x: i32, %o: i8, %t: i32):
      %h = arith.shrsi %x, %shift : i32
      %q = arith.trunci %h : i32 to i8
      %wide = arith.extsi %q : i8 to i32
      %next = arith.addi %t, %wide : i32
      linalg.yield %q, %next : i8, i32
  } -> (tensor<{0}x{1}xi8>, tensor<{0}xi32>)
  return %r#0, %r#1 : tensor<{0}x{1}xi8>, tensor<{0}xi32>
})",
                               s.m, s.n, s.k);
    auto a = bytes(s.m * s.k), w = bytes(s.k * s.n);
    auto c = integers(s.m * s.n), start = integers(s.m);
    std::vector<int8_t> result(s.m * s.n);
    std::vector<int32_t> sums(s.m);
    check(text, {a.data(), w.data(), c.data(), start.data()},
          {result.data(), sums.data()});
    for (int64_t m = 0; m < s.m; ++m) {
      int32_t total = start[m];
      for (int64_t n = 0; n < s.n; ++n) {
        int32_t sum = c[m * s.n + n];
        for (int64_t k = 0; k < s.k; ++k)
          sum += a[m * s.k + k] * w[k * s.n + n];
        ASSERT_EQ(result[m * s.n + n], int8_t(sum >> 9)) << m << ", " << n;
        total += int8_t(sum >> 9);
      }
      ASSERT_EQ(sums[m], total) << m;
    }
  }
}

// The parts of k are added in order, whatever runs first.
TEST_F(ContractFormsTest, splitK) {
  Shape s = {20, 40, 300};
  for (int splits : {2, 3, 4, 5}) {
    SCOPED_TRACE(splits);
    std::string text = formatv(R"(
func.func @main(%a: tensor<{0}x{2}xi8>, %w: tensor<{2}x{1}xi8>, %c: tensor<{0}x{1}xi32>) -> tensor<{0}x{1}xi32> {{
  %r = linalg.matmul {{qnn_gpu.schedule = #qnn_gpu.schedule<mma, tile = [32, 32, 64], warps = [1, 2], stages = 2, split_k = {3}>}
      ins(%a, %w : tensor<{0}x{2}xi8>, tensor<{2}x{1}xi8>) outs(%c : tensor<{0}x{1}xi32>) -> tensor<{0}x{1}xi32>
  return %r : tensor<{0}x{1}xi32>
})",
                               s.m, s.n, s.k, splits);
    auto a = bytes(s.m * s.k), w = bytes(s.k * s.n);
    auto c = integers(s.m * s.n);
    std::vector<int32_t> result(s.m * s.n);
    check(text, {a.data(), w.data(), c.data()}, {result.data()});
    ASSERT_EQ(compareProduct(s, {/*transposed=*/false}, a, w, c, result), "");
  }
}

// Up to four rows: the dot instruction, straight from memory.
TEST_F(ContractFormsTest, aFewRows) {
  int variant = 0;
  for (Shape s : {Shape{1, 2, 3}, Shape{1, 37, 1040}, Shape{2, 130, 512},
                  Shape{3, 64, 77}, Shape{4, 9, 2000}}) {
    bool lhsUnsigned = variant & 1, rhsUnsigned = variant & 2;
    ++variant;
    SCOPED_TRACE(toString(s));
    auto a = bytes(s.m * s.k), w = bytes(s.k * s.n);
    auto c = integers(s.m * s.n);
    std::vector<int32_t> result(s.m * s.n);
    std::string text = getByteProduct(s, "n, k", lhsUnsigned, rhsUnsigned);
    Program program(text);
    ASSERT_TRUE(program.isValid()) << program.getMessages().str();
    EXPECT_NE(program.getPTX().find("dp4a"), llvm::StringRef::npos);
    check(text, {a.data(), w.data(), c.data()}, {result.data()});
    ASSERT_EQ(
        compareProduct(s, {true, lhsUnsigned, rhsUnsigned}, a, w, c, result),
        "");
  }
}

// Reads of fragments take no longer than their bytes need, and copies to shared
// memory as well.
TEST_F(ContractFormsTest, noBankConflicts) {
  for (const char *schedule :
       {"tile = [64, 64, 64], warps = [2, 2], stages = 3",
        "tile = [64, 64, 128], warps = [2, 2], stages = 2",
        "tile = [32, 128, 128], warps = [1, 2], stages = 2",
        "tile = [16, 32, 64], warps = [1, 4], stages = 2"}) {
    SCOPED_TRACE(schedule);
    std::string attribute =
        formatv("qnn_gpu.schedule = #qnn_gpu.schedule<mma, {0}, split_k = 1>",
                schedule);
    Shape s = {128, 128, 256};
    auto a = bytes(s.m * s.k), w = bytes(s.k * s.n);
    auto c = integers(s.m * s.n);
    std::vector<int32_t> result(s.m * s.n);
    Program program(getByteProduct(s, "n, k", false, false, attribute));
    ASSERT_TRUE(program.isValid()) << program.getMessages().str();
    ASSERT_EQ(program.run({a.data(), w.data(), c.data()}, {result.data()},
                          "counts=on"),
              "");
    llvm::SmallVector<llvm::StringRef> lines;
    std::string counts = quantcEmulatorCounts();
    llvm::StringRef(counts).split(lines, '\n');
    unsigned checked = 0;
    for (llvm::StringRef line : lines) {
      if (!line.contains("ldmatrix") && !line.contains("cp.async"))
        continue;
      // "line N: A accesses, U units, I ideal: ..."
      unsigned number, accesses, units, ideal;
      ASSERT_EQ(std::sscanf(line.str().c_str(),
                            "line %u: %u accesses, %u units, %u ideal", &number,
                            &accesses, &units, &ideal),
                4)
          << line.str();
      EXPECT_EQ(units, ideal) << line.str();
      ++checked;
    }
    EXPECT_GE(checked, 4u) << counts;
  }
}

// Few tiles and a long k: the model splits it by itself.
TEST_F(ContractFormsTest, splitByTheModel) {
  Shape s = {33, 40, 4096};
  std::string text = getByteProduct(s, "n, k", false, true);
  Program program(text);
  ASSERT_TRUE(program.isValid()) << program.getMessages().str();
  EXPECT_EQ(program.getNumLaunches(), 2u);
  auto a = bytes(s.m * s.k), w = bytes(s.k * s.n);
  auto c = integers(s.m * s.n);
  std::vector<int32_t> result(s.m * s.n);
  check(text, {a.data(), w.data(), c.data()}, {result.data()});
  EXPECT_EQ(compareProduct(s, {true, false, true}, a, w, c, result), "");
}

TEST(ContractRefusals, namesTheReason) {
  auto compile = [](const char *schedule, const char *chip, int splits = 1) {
    Program program(formatv(R"(
func.func @main(%a: tensor<64x64xi8>, %w: tensor<64x64xi8>, %c: tensor<64x64xi32>) -> tensor<64x64xi32> {{
  %r = linalg.matmul {{qnn_gpu.schedule = #qnn_gpu.schedule<{0}, split_k = {1}>}
      ins(%a, %w : tensor<64x64xi8>, tensor<64x64xi8>) outs(%c : tensor<64x64xi32>) -> tensor<64x64xi32>
  return %r : tensor<64x64xi32>
})",
                            schedule, splits)
                        .str(),
                    chip);
    return program.isValid() ? "" : program.getMessages().str();
  };
  const char *large = "mma, tile = [128, 128, 128], warps = [2, 2], stages = 4";
  EXPECT_EQ(compile(large, "sm_80"), "");
  EXPECT_NE(compile(large, "sm_86")
                .find("expected a schedule with at most 101376 bytes of shared "
                      "memory on sm_86, but got 131072"),
            std::string::npos);
  EXPECT_NE(
      compile("fma, tile = [64, 64, 32], warps = [2, 2], stages = 2", "sm_80")
          .find("expected a schedule of mma or dot for i8"),
      std::string::npos);
  // 65536 registers for 512 threads; for 256 the same part of a warp is fine.
  EXPECT_NE(
      compile("mma, tile = [256, 256, 64], warps = [4, 4], stages = 2", "sm_80")
          .find("expected a schedule with at most 128 registers for each of "
                "512 threads, but got 204"),
      std::string::npos);
  EXPECT_EQ(compile("mma, tile = [256, 128, 64], warps = [4, 2], stages = 2",
                    "sm_80"),
            "");
  EXPECT_NE(
      compile("mma, tile = [32, 32, 32], warps = [2, 1], stages = 2", "sm_80",
              3)
          .find("expected k to be split into at most 2 parts, its tiles, but "
                "got 3"),
      std::string::npos);
  EXPECT_NE(compile(large, "sm_70")
                .find("expected a chip of sm_80, sm_86, "
                      "sm_89, sm_90, but got 'sm_70'"),
            std::string::npos);
}

} // namespace
