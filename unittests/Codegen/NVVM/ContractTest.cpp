//===- ContractTest.cpp - contractions on the emulator --------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every case is linalg text that goes through the whole pipeline to PTX, runs
// on the emulator with all its checks, and has to give exactly the numbers of a
// loop nest.
//
//===----------------------------------------------------------------------===//

#include "ContractTest.h"

#include "llvm/Support/FormatVariadic.h"
#include <cmath>

using llvm::formatv;
using namespace quantc::nvvm::test;

namespace {

constexpr Shape shapes[] = {
    {1, 1, 1},     {16, 8, 32},  {3, 15, 3},   {7, 33, 2},     {64, 64, 64},
    {13, 100, 31}, {24, 3, 130}, {65, 72, 96}, {128, 64, 256}, {100, 130, 260}};

TEST_F(ContractTest, bytesInEveryLayoutAndSignedness) {
  int variant = 0;
  for (Shape s : shapes)
    for (bool transposed : {false, true}) {
      bool lhsUnsigned = variant & 1, rhsUnsigned = variant & 2;
      variant += transposed;
      SCOPED_TRACE(toString(s) + (transposed ? " n, k" : " k, n"));
      auto a = bytes(s.m * s.k), w = bytes(s.k * s.n);
      auto c = integers(s.m * s.n);
      std::vector<int32_t> result(s.m * s.n);
      check(getByteProduct(s, transposed ? "n, k" : "k, n", lhsUnsigned,
                           rhsUnsigned),
            {a.data(), w.data(), c.data()}, {result.data()});
      ASSERT_EQ(compareProduct(s, {transposed, lhsUnsigned, rhsUnsigned}, a, w,
                               c, result),
                "");
    }
}

TEST_F(ContractTest, bytesWithEverySchedule) {
  Shape s = {70, 90, 208};
  auto a = bytes(s.m * s.k), w = bytes(s.k * s.n);
  auto c = integers(s.m * s.n);
  for (const char *schedule :
       {"tile = [16, 8, 32], warps = [1, 1], stages = 1",
        "tile = [16, 16, 64], warps = [1, 2], stages = 2",
        "tile = [64, 32, 128], warps = [4, 1], stages = 3",
        "tile = [32, 64, 256], warps = [1, 1], stages = 2",
        "tile = [128, 128, 64], warps = [2, 2], stages = 4",
        "tile = [48, 96, 64], warps = [3, 3], stages = 3"}) {
    SCOPED_TRACE(schedule);
    std::vector<int32_t> result(s.m * s.n);
    check(
        getByteProduct(s, "n, k", false, false,
                       formatv("qnn_gpu.schedule = #qnn_gpu.schedule<mma, {0}, "
                               "split_k = 1>",
                               schedule)
                           .str()),
        {a.data(), w.data(), c.data()}, {result.data()});
    ASSERT_EQ(compareProduct(s, ByteForm(), a, w, c, result), "");
  }
}

TEST_F(ContractTest, epilogueInRegisters) {
  for (Shape s : shapes) {
    SCOPED_TRACE(toString(s));
    std::string text = formatv(R"(
#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn3 = affine_map<(m, n, k) -> (m, n)>
#mn = affine_map<(m, n) -> (m, n)>
#m = affine_map<(m, n) -> (m)>
#n = affine_map<(m, n) -> (n)>
func.func @main(%a: tensor<{0}x{2}xi8>, %w: tensor<{1}x{2}xi8>, %bias: tensor<{1}xi32>,
                %scale: tensor<{1}xf32>, %token: tensor<{0}xf32>, %residual: tensor<{0}x{1}xf32>)
    -> tensor<{0}x{1}xi8> {{
  %low = arith.constant -128.0 : f32
  %high = arith.constant 127.0 : f32
  %e = tensor.empty() : tensor<{0}x{1}xi32>
  %b = linalg.broadcast ins(%bias : tensor<{1}xi32>) outs(%e : tensor<{0}x{1}xi32>) dimensions = [0]
  %acc = linalg.generic {{indexing_maps = [#mk, #nk, #mn3],
                          iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %w : tensor<{0}x{2}xi8>, tensor<{1}x{2}xi8>) outs(%b : tensor<{0}x{1}xi32>) {{
    ^bb0(%x: i8, %y: i8, %z: i32):
      %x32 = arith.extsi %x : i8 to i32
      %y32 = arith.extsi %y : i8 to i32
      %p = arith.muli %x32, %y32 : i32
      %t = arith.addi %z, %p : i32
      linalg.yield %t : i32
  } -> tensor<{0}x{1}xi32>
  %d = tensor.empty() : tensor<{0}x{1}xi8>
  %r = linalg.generic {{indexing_maps = [#mn, #n, #m, #mn, #mn],
                        iterator_types = ["parallel", "parallel"]}
      ins(%acc, %scale, %token, %residual : tensor<{0}x{1}xi32>, tensor<{1}xf32>, tensor<{0}xf32>, tensor<{0}x{1}xf32>)
      outs(%d : tensor<{0}x{1}xi8>) {{
    ^bb0(%x: i32, %sc: f32, %to: f32, %re: f32, %o: i8):
      %f = arith.sitofp %x : i32 to f32
      %g = arith.mulf %f, %sc : f32
      %h = arith.mulf %g, %to : f32
      %real = arith.addf %h, %re : f32
      %rounded = math.roundeven %real : f32
      %above = arith.maximumf %rounded, %low : f32
      %clamped = arith.minimumf %above, %high : f32
      %wide = arith.fptosi %clamped : f32 to i32
      %q = arith.trunci %wide : i32 to i8
      linalg.yield %q : i8
  } -> tensor<{0}x{1}xi8>
  return %r : tensor<{0}x{1}xi8>
})",
                               s.m, s.n, s.k)
                           .str();
    auto a = bytes(s.m * s.k), w = bytes(s.k * s.n);
    auto bias = integers(s.n);
    auto scale = floats(s.n, 0.01f), token = floats(s.m),
         residual = floats(s.m * s.n, 20);
    std::vector<int8_t> result(s.m * s.n);
    check(text,
          {a.data(), w.data(), bias.data(), scale.data(), token.data(),
           residual.data()},
          {result.data()});
    for (int64_t m = 0; m < s.m; ++m)
      for (int64_t n = 0; n < s.n; ++n) {
        int32_t sum = bias[n];
        for (int64_t k = 0; k < s.k; ++k)
          sum = wrappingAdd(sum, a[m * s.k + k] * w[n * s.k + k]);
        volatile float scaled = float(sum) * scale[n];
        volatile float product = scaled * token[m];
        ASSERT_EQ(result[m * s.n + n],
                  quantize(product + residual[m * s.n + n]))
            << m << ", " << n;
      }
  }
}

TEST_F(ContractTest, floatsInOrderOfK) {
  for (Shape s : shapes) {
    SCOPED_TRACE(toString(s));
    std::string text = formatv(R"(
func.func @main(%a: tensor<{0}x{2}xf32>, %w: tensor<{2}x{1}xf32>, %c: tensor<{0}x{1}xf32>) -> tensor<{0}x{1}xf32> {{
  %r = linalg.matmul ins(%a, %w : tensor<{0}x{2}xf32>, tensor<{2}x{1}xf32>)
                     outs(%c : tensor<{0}x{1}xf32>) -> tensor<{0}x{1}xf32>
  return %r : tensor<{0}x{1}xf32>
})",
                               s.m, s.n, s.k)
                           .str();
    auto a = floats(s.m * s.k), w = floats(s.k * s.n), c = floats(s.m * s.n);
    std::vector<float> result(s.m * s.n);
    check(text, {a.data(), w.data(), c.data()}, {result.data()});
    for (int64_t m = 0; m < s.m; ++m)
      for (int64_t n = 0; n < s.n; ++n) {
        float sum = c[m * s.n + n];
        for (int64_t k = 0; k < s.k; ++k)
          sum = std::fma(a[m * s.k + k], w[k * s.n + n], sum);
        ASSERT_EQ(result[m * s.n + n], sum) << m << ", " << n;
      }
  }
}

} // namespace
