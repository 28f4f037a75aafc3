//===- BlockParametersTest.cpp - parameters for blocks, executed ----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// quantize and dequantize with one scale and zero point for every 4 elements
// along a dimension, the last block shorter, against docs/arithmetic.md.
//
//===----------------------------------------------------------------------===//

#include "CompiledProgram.h"
#include "ExactIntegers.h"

#include "gtest/gtest.h"
#include <random>

using namespace mlir;
using namespace quantc::test;

namespace {

constexpr int64_t numRows = 6, numColumns = 10, block = 4, numBlocks = 3;

struct BlockParameters {
  std::vector<float> scales;
  std::vector<char> zeroPoints;

  explicit BlockParameters(std::mt19937 &random) {
    for (int64_t i = 0; i < numRows * numBlocks; ++i) {
      scales.push_back(0.01f + float(random() % 1000) / 5000);
      zeroPoints.push_back(char(random()));
    }
  }
  static int64_t getIndex(int64_t element) {
    return element / numColumns * numBlocks + element % numColumns / block;
  }
};

TEST(BlockParameters, quantize) {
  std::mt19937 random(11);
  BlockParameters parameters(random);
  CompiledProgram program(R"(
    func.func @main(%x: tensor<6x10xf32>, %s: tensor<6x3xf32>, %z: tensor<6x3xi8>) -> tensor<6x10xi8> {
      %q = qnn.quantize %x, scale %s zero_point %z {axes = array<i64: 0, 1>, blocks = array<i64: 1, 4>}
        : tensor<6x10xf32>, tensor<6x3xf32>, tensor<6x3xi8> -> tensor<6x10xi8>
      return %q : tensor<6x10xi8>
    })",
                          "");
  ASSERT_TRUE(program.isValid());
  std::vector<float> x;
  for (int64_t i = 0; i < numRows * numColumns; ++i)
    x.push_back(float(int(random() % 20001) - 10000) / 1000);
  std::vector<int8_t> q(x.size());
  program.run(
      {x.data(), parameters.scales.data(), parameters.zeroPoints.data()},
      {q.data()});
  for (size_t i = 0; i < x.size(); ++i) {
    int64_t index = BlockParameters::getIndex(i);
    float quotient = x[i] / parameters.scales[index];
    Int rounded =
        divideHalfEven(Int(std::ldexp(double(quotient), 60)), power(60));
    ASSERT_EQ(
        int(q[i]),
        int(clamp(rounded + int8_t(parameters.zeroPoints[index]), -128, 127)))
        << "element " << i;
  }
}

TEST(BlockParameters, dequantize) {
  std::mt19937 random(12);
  BlockParameters parameters(random);
  CompiledProgram program(R"(
    func.func @main(%q: tensor<6x10xi8>, %s: tensor<6x3xf32>, %z: tensor<6x3xi8>) -> tensor<6x10xf32> {
      %x = qnn.dequantize %q, scale %s zero_point %z {axes = array<i64: 0, 1>, blocks = array<i64: 1, 4>}
        : tensor<6x10xi8>, tensor<6x3xf32>, tensor<6x3xi8> -> tensor<6x10xf32>
      return %x : tensor<6x10xf32>
    })",
                          "");
  ASSERT_TRUE(program.isValid());
  std::vector<char> q;
  for (int64_t i = 0; i < numRows * numColumns; ++i)
    q.push_back(char(random()));
  std::vector<float> x(q.size());
  program.run(
      {q.data(), parameters.scales.data(), parameters.zeroPoints.data()},
      {x.data()});
  for (size_t i = 0; i < q.size(); ++i) {
    int64_t index = BlockParameters::getIndex(i);
    int difference = int8_t(q[i]) - int8_t(parameters.zeroPoints[index]);
    ASSERT_EQ(x[i], float(difference) * parameters.scales[index])
        << "element " << i;
  }
}

} // namespace
