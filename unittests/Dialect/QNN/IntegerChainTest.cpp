//===- IntegerChainTest.cpp - additions, parts and views -----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Additions, concatenations and views between quantized tensors.
//
//===----------------------------------------------------------------------===//

#include "IntegerChainTest.h"

using namespace quantc::test;

namespace {

/// Two quantized tensors are added, bounded and quantized.
TEST_P(IntegerChainTest, addition) {
  for (int repeat = 0; repeat < 6; ++repeat) {
    float sa = drawScale(), sb = drawScale();
    int64_t za = drawByte(), zb = drawByte();
    Storage result{drawScale(), drawByte()};
    bool subtract = repeat == 5;
    constexpr float low[] = {-infinity, 0, -infinity, -1, 0, -infinity},
                    high[] = {infinity, infinity, 6, 1.5, 6, infinity};
    float lower = low[repeat], upper = high[repeat];
    std::string body = std::string("      %0 = arith.") +
                       (subtract ? "subf" : "addf") + " %i, %j : f32\n";
    std::string last = "%0";
    if (lower > -infinity) {
      body += "      %l = arith.constant " + number(lower) +
              " : f32\n      %1 = arith.maximumf " + last + ", %l : f32\n";
      last = "%1";
    }
    if (upper < infinity) {
      body += "      %u = arith.constant " + number(upper) +
              " : f32\n      %2 = arith.minimumf " + last + ", %u : f32\n";
      last = "%2";
    }
    std::string text =
        std::string(kMaps) +
        "func.func @main(%a: tensor<64x96xi8>, %b: tensor<64x96xi8>) -> "
        "tensor<64x96xi8> {\n" +
        scalarConstant("sa", sa) + scalarConstant("sb", sb) +
        scalarConstant("t", result.scale) + zeroConstant("za", za) +
        zeroConstant("zb", zb) + zeroConstant("z", result.zeroPoint) +
        "  %xa = qnn.dequantize %a, scale %sa zero_point %za : "
        "tensor<64x96xi8>, tensor<f32>, tensor<i8> -> tensor<64x96xf32>\n"
        "  %xb = qnn.dequantize %b, scale %sb zero_point %zb : "
        "tensor<64x96xi8>, tensor<f32>, tensor<i8> -> tensor<64x96xf32>\n"
        "  %e = tensor.empty() : tensor<64x96xf32>\n"
        "  %s = linalg.generic {indexing_maps = [#id, #id, #id], " +
        kParallel2 +
        "} ins(%xa, %xb : tensor<64x96xf32>, tensor<64x96xf32>) outs(%e : "
        "tensor<64x96xf32>) {\n    ^bb0(%i: f32, %j: f32, %o: f32):\n" +
        body + "      linalg.yield " + last +
        " : f32\n  } -> tensor<64x96xf32>\n"
        "  %q = qnn.quantize %s, scale %t zero_point %z : tensor<64x96xf32>, "
        "tensor<f32>, tensor<i8> -> tensor<64x96xi8>\n"
        "  return %q : tensor<64x96xi8>\n}\n";
    auto a = draw(64 * 96, 8), b = draw(64 * 96, 8);
    std::vector<int64_t> expected;
    for (size_t i = 0; i < a.size(); ++i) {
      if (GetParam() == Mode::Float) {
        float x = float(a[i] - za) * sa, y = float(b[i] - zb) * sb;
        float sum = subtract ? x - y : x + y;
        expected.push_back(
            result.quantize(std::fmin(std::fmax(sum, lower), upper)));
      } else {
        expected.push_back(
            evaluateIntegers(GetParam(),
                             {{a[i] - za, double(sa)},
                              {b[i] - zb, subtract ? -double(sb) : double(sb)}},
                             {}, result, lower, upper));
      }
    }
    check(text, {pack(a, 8), pack(b, 8)}, expected, 8);
  }
}

/// Every part of a concatenation takes the common parameters.
TEST_P(IntegerChainTest, concatenation) {
  float sa = drawScale(), sb = drawScale();
  int64_t za = drawByte(), zb = drawByte();
  Storage result{drawScale(), drawByte()};
  std::string text =
      "func.func @main(%a: tensor<32x16xi8>, %b: tensor<32x8xi8>) -> "
      "tensor<32x24xi8> {\n" +
      scalarConstant("sa", sa) + scalarConstant("sb", sb) +
      scalarConstant("t", result.scale) + zeroConstant("za", za) +
      zeroConstant("zb", zb) + zeroConstant("z", result.zeroPoint) +
      "  %xa = qnn.dequantize %a, scale %sa zero_point %za : "
      "tensor<32x16xi8>, tensor<f32>, tensor<i8> -> tensor<32x16xf32>\n"
      "  %xb = qnn.dequantize %b, scale %sb zero_point %zb : "
      "tensor<32x8xi8>, tensor<f32>, tensor<i8> -> tensor<32x8xf32>\n"
      "  %c = tensor.concat dim(1) %xa, %xb : (tensor<32x16xf32>, "
      "tensor<32x8xf32>) -> tensor<32x24xf32>\n"
      "  %q = qnn.quantize %c, scale %t zero_point %z : tensor<32x24xf32>, "
      "tensor<f32>, tensor<i8> -> tensor<32x24xi8>\n"
      "  return %q : tensor<32x24xi8>\n}\n";
  auto a = draw(32 * 16, 8), b = draw(32 * 8, 8);
  std::vector<int64_t> expected;
  for (int64_t i = 0; i < 32; ++i)
    for (int64_t j = 0; j < 24; ++j) {
      bool first = j < 16;
      int64_t v = first ? a[i * 16 + j] - za : b[i * 8 + j - 16] - zb;
      float scale = first ? sa : sb;
      // In the float mode, the definition of quantize, whatever the form.
      expected.push_back(
          GetParam() == Mode::Float
              ? result.quantize(float(v) * scale)
              : evaluateIntegers(GetParam(), {{v, double(scale)}}, {}, result));
    }
  check(text, {pack(a, 8), pack(b, 8)}, expected, 8);
}

/// Views keep the channels' parameters; the result is unsigned.
TEST_P(IntegerChainTest, viewsOfChannels) {
  constexpr int64_t rows = 20, channels = 120;
  std::vector<float> scales, outScales;
  std::vector<int64_t> zeroPoints;
  for (int64_t c = 0; c < channels; ++c) {
    scales.push_back(std::ldexp(drawScale(), -6));
    outScales.push_back(drawScale());
    zeroPoints.push_back(drawByte() + 128);
  }
  std::string text =
      "func.func @main(%acc: tensor<20x120xi32>) -> tensor<120x5x3xi8> {\n"
      "  %s = arith.constant " +
      denseFloats(scales) + " : tensor<120xf32>\n  %t = arith.constant " +
      denseFloats(outScales) + " : tensor<120xf32>\n  %z = arith.constant " +
      getDense(pack(zeroPoints, 8)) +
      " : tensor<120xui8>\n"
      "  %x = qnn.dequantize %acc, scale %s {axes = array<i64: 1>} : "
      "tensor<20x120xi32>, tensor<120xf32> -> tensor<20x120xf32>\n"
      "  %e = tensor.empty() : tensor<120x20xf32>\n"
      "  %y = linalg.transpose ins(%x : tensor<20x120xf32>) outs(%e : "
      "tensor<120x20xf32>) permutation = [1, 0]\n"
      "  %v = tensor.expand_shape %y [[0], [1, 2]] output_shape [120, 5, 4] : "
      "tensor<120x20xf32> into tensor<120x5x4xf32>\n"
      "  %u = tensor.extract_slice %v[0, 0, 1] [120, 5, 3] [1, 1, 1] : "
      "tensor<120x5x4xf32> to tensor<120x5x3xf32>\n"
      "  %q = qnn.quantize %u, scale %t zero_point %z {axes = array<i64: 0>} "
      ": tensor<120x5x3xf32>, tensor<120xf32>, tensor<120xui8> -> "
      "tensor<120x5x3xui8>\n"
      "  %r = tensor.bitcast %q : tensor<120x5x3xui8> to tensor<120x5x3xi8>\n"
      "  return %r : tensor<120x5x3xi8>\n}\n";
  auto acc = drawAccumulators(rows * channels, [&](int64_t i) {
    return scales[i % channels] / outScales[i % channels];
  });
  std::vector<int64_t> expected;
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t i = 0; i < 5; ++i)
      for (int64_t j = 1; j < 4; ++j) {
        int64_t v = acc[(4 * i + j) * channels + c];
        Storage result{outScales[c], zeroPoints[c], 8, /*isUnsigned=*/true};
        expected.push_back(
            GetParam() == Mode::Float
                ? requantizeFloat(v, double(scales[c]) / double(outScales[c]),
                                  result)
                : evaluateIntegers(GetParam(), {{v, double(scales[c])}}, {},
                                   result));
      }
  check(text, {pack(acc, 32)}, expected, 8, GetParam() != Mode::Float);
}

INSTANTIATE_TEST_SUITE_P(Modes, IntegerChainTest,
                         ::testing::Values(Mode::Float, Mode::FixedPoint,
                                           Mode::Shift));

} // namespace
