//===- IntegerPoolingTest.cpp - maxima and averages ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Poolings between quantized tensors, and the chain between two convolutions.
//
//===----------------------------------------------------------------------===//

#include "IntegerChainTest.h"

using namespace quantc::test;

namespace {

class IntegerPoolingTest : public IntegerChainTest {};

/// Accumulator, scale per channel, bias, ReLU, max-pooling, zero padding,
/// quantization: the chain between two convolutions.
TEST_P(IntegerPoolingTest, betweenConvolutions) {
  enum class Kind { Plain, Bias, UnsignedChannels };
  for (Kind kind : {Kind::Plain, Kind::Bias, Kind::UnsignedChannels}) {
    bool hasBias = kind == Kind::Bias, isUnsigned = kind > Kind::Bias;
    constexpr int64_t size = 8, channels = 160;
    std::vector<float> scales, biases;
    std::vector<Storage> results;
    float commonScale = drawScale();
    int64_t zeroPoint = drawByte() + (isUnsigned ? 128 : 0);
    for (int64_t c = 0; c < channels; ++c) {
      scales.push_back(std::ldexp(drawScale(), -8));
      biases.push_back(hasBias ? float(int64_t(random() % 2001) - 1000) / 64
                               : 0);
      results.push_back(
          {isUnsigned ? drawScale() : commonScale, zeroPoint, 8, isUnsigned});
    }
    std::vector<float> outScales;
    for (const Storage &result : results)
      outScales.push_back(result.scale);
    if (!isUnsigned)
      outScales.resize(1);
    std::string storage = isUnsigned ? "ui8" : "i8",
                scaleType = isUnsigned ? "tensor<160xf32>" : "tensor<f32>";
    std::string text =
        std::string(kMaps) +
        "func.func @main(%acc: tensor<1x8x8x160xi32>) -> tensor<1x6x6x160xi8> "
        "{\n  %s = arith.constant " +
        denseFloats(scales) + " : tensor<160xf32>\n  %bias = arith.constant " +
        denseFloats(biases) + " : tensor<160xf32>\n" +
        "  %t = arith.constant " + denseFloats(outScales) + " : " + scaleType +
        "\n" + zeroConstant("z", zeroPoint, storage.c_str()) +
        "  %c0 = arith.constant 0.0 : f32\n"
        "  %low = arith.constant 0xFF800000 : f32\n"
        "  %x = qnn.dequantize %acc, scale %s {axes = array<i64: 3>} : "
        "tensor<1x8x8x160xi32>, tensor<160xf32> -> tensor<1x8x8x160xf32>\n"
        "  %e = tensor.empty() : tensor<1x8x8x160xf32>\n";
    std::string y = "%x";
    if (hasBias) {
      text += std::string("  %y = linalg.generic {indexing_maps = [#id4, "
                          "#channel, #id4], ") +
              kParallel4 +
              "} ins(%x, %bias : tensor<1x8x8x160xf32>, tensor<160xf32>) "
              "outs(%e : tensor<1x8x8x160xf32>) {\n    ^bb0(%i: f32, %j: f32, "
              "%o: f32):\n      %0 = arith.addf %i, %j : f32\n      "
              "linalg.yield %0 : f32\n  } -> tensor<1x8x8x160xf32>\n";
      y = "%y";
    }
    text +=
        std::string("  %r = linalg.generic {indexing_maps = [#id4, #id4], ") +
        kParallel4 + "} ins(" + y +
        " : tensor<1x8x8x160xf32>) outs(%e : tensor<1x8x8x160xf32>) {\n    "
        "^bb0(%i: f32, %o: f32):\n      %0 = arith.maximumf %i, %c0 : f32\n   "
        "   linalg.yield %0 : f32\n  } -> tensor<1x8x8x160xf32>\n"
        "  %pe = tensor.empty() : tensor<1x4x4x160xf32>\n"
        "  %w = tensor.empty() : tensor<2x2xf32>\n"
        "  %init = linalg.fill ins(%low : f32) outs(%pe : "
        "tensor<1x4x4x160xf32>) -> tensor<1x4x4x160xf32>\n"
        "  %p = linalg.pooling_nhwc_max {dilations = dense<1> : "
        "tensor<2xi64>, strides = dense<2> : tensor<2xi64>} ins(%r, %w : "
        "tensor<1x8x8x160xf32>, tensor<2x2xf32>) outs(%init : "
        "tensor<1x4x4x160xf32>) -> tensor<1x4x4x160xf32>\n"
        "  %pad = tensor.pad %p low[0, 1, 1, 0] high[0, 1, 1, 0] {\n  "
        "^bb0(%i: index, %j: index, %k: index, %l: index):\n    tensor.yield "
        "%c0 : f32\n  } : tensor<1x4x4x160xf32> to tensor<1x6x6x160xf32>\n"
        "  %q = qnn.quantize %pad, scale %t zero_point %z {axes = array<i64" +
        (isUnsigned ? ": 3" : "") + ">} : tensor<1x6x6x160xf32>, " + scaleType +
        ", tensor<" + storage + "> -> tensor<1x6x6x160x" + storage +
        ">\n  %b = tensor." + (isUnsigned ? "bitcast" : "cast") +
        " %q : tensor<1x6x6x160x" + storage +
        "> to tensor<1x6x6x160xi8>\n  return %b : tensor<1x6x6x160xi8>\n}\n";
    auto acc = drawAccumulators(size * size * channels, [&](int64_t i) {
      return scales[i % channels] / results[i % channels].scale;
    });
    std::vector<int64_t> expected;
    for (int64_t i = 0; i < 6; ++i)
      for (int64_t j = 0; j < 6; ++j)
        for (int64_t c = 0; c < channels; ++c) {
          const Storage &result = results[c];
          int64_t q =
              i % 5 && j % 5 ? int64_t(result.getMin()) : result.zeroPoint;
          for (int64_t k = 0; k < 4 && i % 5 && j % 5; ++k) {
            int64_t row = 2 * (i - 1) + k / 2, column = 2 * (j - 1) + k % 2;
            int64_t v = acc[(row * size + column) * channels + c];
            double factor = double(scales[c]) / double(result.scale);
            int64_t value;
            if (GetParam() != Mode::Float)
              value = evaluateIntegers(
                  GetParam(), {{v, double(scales[c])}},
                  hasBias ? std::vector<double>{double(biases[c])}
                          : std::vector<double>(),
                  result, 0);
            else if (!hasBias)
              value = requantizeFloat(v, factor, result, 0);
            else
              value = result.quantize(
                  std::fmax(float(v) * scales[c] + biases[c], 0.0f));
            q = std::max(q, value);
          }
          expected.push_back(q);
        }
    // The scales and the bias are float parameters in the float mode.
    check(text, {pack(acc, 32)}, expected, 8, GetParam() != Mode::Float);
  }
}

/// The sum of a window, divided, between storage types.
TEST_P(IntegerPoolingTest, averagePooling) {
  constexpr int64_t channels = 320;
  for (bool isUnsigned : {false, true}) {
    float scale = drawScale();
    int64_t zeroPoint = drawByte() + (isUnsigned ? 128 : 0);
    Storage result{drawScale(), drawByte()};
    const char *storage = isUnsigned ? "ui8" : "i8";
    std::string text =
        std::string(kMaps) +
        "func.func @main(%a_: tensor<1x8x8x320xi8>) -> tensor<1x2x2x320xi8> "
        "{\n" +
        llvm::formatv("  %a = tensor.{1} %a_ : tensor<1x8x8x320xi8> to "
                      "tensor<1x8x8x320x{0}>\n",
                      storage, isUnsigned ? "bitcast" : "cast")
            .str() +
        scalarConstant("s", scale) + zeroConstant("y", zeroPoint, storage) +
        scalarConstant("t", result.scale) +
        zeroConstant("z", result.zeroPoint) +
        "  %c0 = arith.constant 0.0 : f32\n"
        "  %c16 = arith.constant 16.0 : f32\n" +
        llvm::formatv("  %x = qnn.dequantize %a, scale %s zero_point %y : "
                      "tensor<1x8x8x320x{0}>, tensor<f32>, tensor<{0}> -> "
                      "tensor<1x8x8x320xf32>\n",
                      storage)
            .str() +
        "  %e = tensor.empty() : tensor<1x2x2x320xf32>\n"
        "  %w = tensor.empty() : tensor<4x4xf32>\n"
        "  %init = linalg.fill ins(%c0 : f32) outs(%e : "
        "tensor<1x2x2x320xf32>) -> tensor<1x2x2x320xf32>\n"
        "  %p = linalg.pooling_nhwc_sum {dilations = dense<1> : "
        "tensor<2xi64>, strides = dense<4> : tensor<2xi64>} ins(%x, %w : "
        "tensor<1x8x8x320xf32>, tensor<4x4xf32>) outs(%init : "
        "tensor<1x2x2x320xf32>) -> tensor<1x2x2x320xf32>\n"
        "  %m = linalg.generic {indexing_maps = [#id4, #id4], " +
        kParallel4 +
        "} ins(%p : tensor<1x2x2x320xf32>) outs(%e : tensor<1x2x2x320xf32>) "
        "{\n    ^bb0(%i: f32, %o: f32):\n      %0 = arith.divf %i, %c16 : "
        "f32\n      linalg.yield %0 : f32\n  } -> tensor<1x2x2x320xf32>\n"
        "  %q = qnn.quantize %m, scale %t zero_point %z : "
        "tensor<1x2x2x320xf32>, tensor<f32>, tensor<i8> -> "
        "tensor<1x2x2x320xi8>\n  return %q : tensor<1x2x2x320xi8>\n}\n";
    auto a = draw(8 * 8 * channels, 8, isUnsigned);
    std::vector<int64_t> expected;
    for (int64_t i = 0; i < 2; ++i)
      for (int64_t j = 0; j < 2; ++j)
        for (int64_t c = 0; c < channels; ++c) {
          int64_t sum = 0;
          for (int64_t k = 0; k < 16; ++k)
            sum += a[((4 * i + k / 4) * 8 + 4 * j + k % 4) * channels + c] -
                   zeroPoint;
          double factor = double(scale) / double(result.scale) / 16;
          expected.push_back(GetParam() == Mode::Float
                                 ? requantizeFloat(sum, factor, result)
                                 : evaluateIntegers(GetParam(),
                                                    {{sum, double(scale) / 16}},
                                                    {}, result));
        }
    check(text, {pack(a, 8)}, expected, 8);
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, IntegerPoolingTest,
                         ::testing::Values(Mode::Float, Mode::FixedPoint,
                                           Mode::Shift));

} // namespace
