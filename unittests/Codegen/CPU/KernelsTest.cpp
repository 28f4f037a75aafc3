//===- KernelsTest.cpp - contraction kernels against plain loops ----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every case is linalg text that goes through the whole CPU pipeline for each
// target this machine can run, and has to give exactly the integers of a loop
// nest. Inputs end where unreadable memory begins.
//
//===----------------------------------------------------------------------===//

#include "KernelsTest.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

using namespace mlir;
using namespace quantc;
using llvm::formatv;

namespace {

struct Shape {
  int64_t m, n, k;
};

constexpr Shape shapes[] = {
    {1, 1, 1},  {1, 17, 5},  {2, 48, 64},   {3, 15, 3},   {5, 1, 7},
    {7, 33, 2}, {9, 49, 13}, {13, 100, 31}, {1, 200, 65}, {24, 3, 130}};

std::string name(Shape shape, TestTarget target) {
  return formatv("{0}x{1}x{2} {3} {4}", shape.m, shape.n, shape.k, target.cpu,
                 target.features)
      .str();
}

int32_t wrappingAdd(int32_t a, int32_t b) {
  return int32_t(uint32_t(a) + uint32_t(b));
}

/// roundeven, clamp, cast: what quantization ends with.
int8_t quantize(float value) {
  if (std::isnan(value))
    return 0;
  return int8_t(std::fmin(127.0f, std::fmax(-128.0f, std::nearbyint(value))));
}

constexpr const char *quantizeBody = R"(
      %rounded = math.roundeven %real : f32
      %above = arith.maximumf %rounded, %low : f32
      %clamped = arith.minimumf %above, %high : f32
      %isnan = arith.cmpf uno, %clamped, %clamped : f32
      %number = arith.select %isnan, %zerof, %clamped : f32
      %wide = arith.fptosi %number : f32 to i32
      %q = arith.trunci %wide : i32 to i8
      linalg.yield %q : i8)";

constexpr const char *quantizeConstants = R"(
  %low = arith.constant -128.0 : f32
  %high = arith.constant 127.0 : f32
  %zerof = arith.constant 0.0 : f32
  %zero = arith.constant 0 : i32)";

TEST_F(KernelsTest, int8WithoutEpilogue) {
  for (Shape s : shapes)
    for (TestTarget target : targets) {
      SCOPED_TRACE(name(s, target));
      std::string text = formatv(R"(
func.func @main(%a: tensor<{0}x{2}xi8>, %w: tensor<{2}x{1}xi8>) -> tensor<{0}x{1}xi32> {{
  %zero = arith.constant 0 : i32
  %e = tensor.empty() : tensor<{0}x{1}xi32>
  %f = linalg.fill ins(%zero : i32) outs(%e : tensor<{0}x{1}xi32>) -> tensor<{0}x{1}xi32>
  %r = linalg.matmul ins(%a, %w : tensor<{0}x{2}xi8>, tensor<{2}x{1}xi8>)
                     outs(%f : tensor<{0}x{1}xi32>) -> tensor<{0}x{1}xi32>
  return %r : tensor<{0}x{1}xi32>
})",
                                 s.m, s.n, s.k);
      GuardedBuffer<int8_t> a(s.m * s.k), w(s.k * s.n);
      GuardedBuffer<int32_t> result(s.m * s.n);
      fill(a);
      fill(w);
      run(text, target, {a.data(), w.data()}, {result.data()});
      for (int64_t m = 0; m < s.m; ++m)
        for (int64_t n = 0; n < s.n; ++n) {
          int32_t sum = 0;
          for (int64_t k = 0; k < s.k; ++k)
            sum += a[m * s.k + k] * w[k * s.n + n];
          ASSERT_EQ(result[m * s.n + n], sum) << m << ", " << n;
        }
    }
}

// A transposed weight, an initial vector, scales by channel and by token, and
// a residual.
TEST_F(KernelsTest, int8WithEpilogue) {
  for (Shape s : shapes)
    for (TestTarget target : targets) {
      SCOPED_TRACE(name(s, target));
      std::string text =
          formatv(R"(
#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn3 = affine_map<(m, n, k) -> (m, n)>
#mn = affine_map<(m, n) -> (m, n)>
#m = affine_map<(m, n) -> (m)>
#n = affine_map<(m, n) -> (n)>
func.func @main(%a: tensor<{0}x{2}xi8>, %w: tensor<{1}x{2}xi8>, %bias: tensor<{1}xi32>,
                %scale: tensor<{1}xf32>, %token: tensor<{0}xf32>, %residual: tensor<{0}x{1}xf32>)
    -> tensor<{0}x{1}xi8> {{ {3}
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
  %r = linalg.generic {{indexing_maps = [#mn, #n, #m, #mn, #mn], iterator_types = ["parallel", "parallel"]}
      ins(%acc, %scale, %token, %residual : tensor<{0}x{1}xi32>, tensor<{1}xf32>, tensor<{0}xf32>, tensor<{0}x{1}xf32>)
      outs(%d : tensor<{0}x{1}xi8>) {{
    ^bb0(%x: i32, %sc: f32, %to: f32, %re: f32, %o: i8):
      %f = arith.sitofp %x : i32 to f32
      %g = arith.mulf %f, %sc : f32
      %h = arith.mulf %g, %to : f32
      %real = arith.addf %h, %re : f32 {4}
  } -> tensor<{0}x{1}xi8>
  return %r : tensor<{0}x{1}xi8>
})",
                  s.m, s.n, s.k, quantizeConstants, quantizeBody);
      GuardedBuffer<int8_t> a(s.m * s.k), w(s.k * s.n), result(s.m * s.n);
      GuardedBuffer<int32_t> bias(s.n);
      GuardedBuffer<float> scale(s.n), token(s.m), residual(s.m * s.n);
      fill(a);
      fill(w);
      fill(bias);
      fill(scale);
      fill(token);
      fill(residual);
      for (float &value : scale)
        value *= 0.01f;
      token[0] = NAN;
      run(text, target,
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

TEST_F(KernelsTest, floatWithInitialValue) {
  for (Shape s : shapes)
    for (TestTarget target : targets) {
      SCOPED_TRACE(name(s, target));
      std::string text = formatv(R"(
func.func @main(%a: tensor<{0}x{2}xf32>, %w: tensor<{2}x{1}xf32>, %c: tensor<{0}x{1}xf32>) -> tensor<{0}x{1}xf32> {{
  %r = linalg.matmul ins(%a, %w : tensor<{0}x{2}xf32>, tensor<{2}x{1}xf32>)
                     outs(%c : tensor<{0}x{1}xf32>) -> tensor<{0}x{1}xf32>
  return %r : tensor<{0}x{1}xf32>
})",
                                 s.m, s.n, s.k);
      GuardedBuffer<float> a(s.m * s.k), w(s.k * s.n), c(s.m * s.n),
          result(s.m * s.n);
      fill(a);
      fill(w);
      fill(c);
      run(text, target, {a.data(), w.data(), c.data()}, {result.data()});
      for (int64_t m = 0; m < s.m; ++m)
        for (int64_t n = 0; n < s.n; ++n) {
          double sum = c[m * s.n + n], size = std::fabs(sum);
          for (int64_t k = 0; k < s.k; ++k) {
            double product = double(a[m * s.k + k]) * w[k * s.n + n];
            sum += product;
            size += std::fabs(product);
          }
          ASSERT_NEAR(result[m * s.n + n], sum, 1e-6 * size) << m << ", " << n;
        }
    }
}

// Queries and keys of an attention: weights that are packed at run time, from
// either layout, with heads in the middle.
TEST_F(KernelsTest, int8Batches) {
  constexpr int64_t heads = 3, m = 5, n = 21, k = 10;
  for (bool transposed : {false, true})
    for (TestTarget target : targets) {
      SCOPED_TRACE(name({m, n, k}, target));
      std::string rhs = transposed ? "21x3x10" : "3x10x21";
      std::string map = transposed ? "(n, h, k)" : "(h, k, n)";
      std::string text = formatv(R"(
func.func @main(%a: tensor<5x3x10xi8>, %w: tensor<{0}xi8>, %c: tensor<3x5x21xi32>) -> tensor<3x5x21xi32> {{
  %r = linalg.generic {{indexing_maps = [affine_map<(h, m, n, k) -> (m, h, k)>, affine_map<(h, m, n, k) -> {1}>, affine_map<(h, m, n, k) -> (h, m, n)>],
                        iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%a, %w : tensor<5x3x10xi8>, tensor<{0}xi8>) outs(%c : tensor<3x5x21xi32>) {{
    ^bb0(%x: i8, %y: i8, %z: i32):
      %x32 = arith.extsi %x : i8 to i32
      %y32 = arith.extsi %y : i8 to i32
      %p = arith.muli %x32, %y32 : i32
      %t = arith.addi %z, %p : i32
      linalg.yield %t : i32
  } -> tensor<3x5x21xi32>
  return %r : tensor<3x5x21xi32>
})",
                                 rhs, map);
      GuardedBuffer<int8_t> a(heads * m * k), w(heads * n * k);
      GuardedBuffer<int32_t> c(heads * m * n), result(heads * m * n);
      fill(a);
      fill(w);
      fill(c);
      run(text, target, {a.data(), w.data(), c.data()}, {result.data()});
      for (int64_t h = 0; h < heads; ++h)
        for (int64_t i = 0; i < m; ++i)
          for (int64_t j = 0; j < n; ++j) {
            int32_t sum = c[(h * m + i) * n + j];
            for (int64_t l = 0; l < k; ++l)
              sum += a[(i * heads + h) * k + l] *
                     (transposed ? w[(j * heads + h) * k + l]
                                 : w[(h * k + l) * n + j]);
            ASSERT_EQ(result[(h * m + i) * n + j], sum)
                << h << ", " << i << ", " << j;
          }
    }
}

struct Convolution {
  int64_t size, window, channels, features, stride, dilation;
};

TEST_F(KernelsTest, int8Convolutions) {
  constexpr Convolution cases[] = {{6, 3, 1, 5, 1, 1},  {7, 3, 3, 17, 1, 1},
                                   {9, 3, 8, 16, 2, 1}, {9, 3, 5, 33, 1, 2},
                                   {5, 1, 12, 4, 1, 1}, {5, 5, 2, 1, 1, 1}};
  for (Convolution c : cases)
    for (TestTarget target : targets) {
      int64_t out = (c.size - (c.window - 1) * c.dilation - 1) / c.stride + 1;
      SCOPED_TRACE(formatv("{0} {1} {2} {3} {4} {5} {6}", c.size, c.window,
                           c.channels, c.features, c.stride, c.dilation,
                           target.cpu)
                       .str());
      std::string x = formatv("tensor<2x{0}x{0}x{1}xi8>", c.size, c.channels);
      std::string w = formatv("tensor<{0}x{0}x{1}x{2}xi8>", c.window,
                              c.channels, c.features);
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
      GuardedBuffer<int8_t> image(2 * c.size * c.size * c.channels),
          weights(c.window * c.window * c.channels * c.features);
      GuardedBuffer<int32_t> result(2 * out * out * c.features);
      fill(image);
      fill(weights);
      run(text, target, {image.data(), weights.data()}, {result.data()});
      for (int64_t b = 0; b < 2; ++b)
        for (int64_t i = 0; i < out * out; ++i)
          for (int64_t f = 0; f < c.features; ++f) {
            int32_t sum = 0;
            for (int64_t p = 0; p < c.window * c.window; ++p)
              for (int64_t k = 0; k < c.channels; ++k) {
                int64_t row = i / out * c.stride + p / c.window * c.dilation;
                int64_t column = i % out * c.stride + p % c.window * c.dilation;
                sum +=
                    image[((b * c.size + row) * c.size + column) * c.channels +
                          k] *
                    weights[(p * c.channels + k) * c.features + f];
              }
            ASSERT_EQ(result[(b * out * out + i) * c.features + f], sum)
                << b << ", " << i << ", " << f;
          }
    }
}

} // namespace
