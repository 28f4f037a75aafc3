//===- DeviceRowsTest.cpp - sums and softmax of rows on the emulator ------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DeviceTest.h"

using namespace mlir;
using namespace quantc;

namespace {

TEST_F(DeviceTest, reducesRows) {
  for (auto [rows, columns] : {std::pair(1, 1),
                               {3, 15},
                               {4, 16},
                               {5, 17},
                               {1, 31},
                               {8, 32},
                               {3, 33},
                               {2, 40},
                               {4, 64},
                               {7, 100},
                               {4, 128},
                               {130, 130},
                               {2, 1000},
                               {3, 1024},
                               {2, 1025},
                               {1, 3000}}) {
    std::string text = substitute(R"(
      func.func @main(%x: tensor<$0x$1xf32>, %q: tensor<$0x$1xi8>)
          -> (tensor<$0xf32>, tensor<$0xf32>, tensor<$0xi32>, tensor<$0x$1xf32>) {
        %zero = arith.constant 0.0 : f32
        %low = arith.constant 0xFF800000 : f32
        %none = arith.constant 7 : i32
        %e = tensor.empty() : tensor<$0xf32>
        %ei = tensor.empty() : tensor<$0xi32>
        %exy = tensor.empty() : tensor<$0x$1xf32>
        %s0 = linalg.fill ins(%zero : f32) outs(%e : tensor<$0xf32>) -> tensor<$0xf32>
        %m0 = linalg.fill ins(%low : f32) outs(%e : tensor<$0xf32>) -> tensor<$0xf32>
        %i0 = linalg.fill ins(%none : i32) outs(%ei : tensor<$0xi32>) -> tensor<$0xi32>
        %s = linalg.reduce { arith.addf } ins(%x : tensor<$0x$1xf32>) outs(%s0 : tensor<$0xf32>) dimensions = [1]
        %m = linalg.reduce { arith.maximumf } ins(%x : tensor<$0x$1xf32>) outs(%m0 : tensor<$0xf32>) dimensions = [1]
        %i = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]}
            ins(%q : tensor<$0x$1xi8>) outs(%i0 : tensor<$0xi32>) {
        ^bb0(%a: i8, %b: i32):
          %0 = arith.extsi %a : i8 to i32
          %1 = arith.addi %b, %0 : i32
          linalg.yield %1 : i32
        } -> tensor<$0xi32>
        %d = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
            ins(%x, %m, %s : tensor<$0x$1xf32>, tensor<$0xf32>, tensor<$0xf32>) outs(%exy : tensor<$0x$1xf32>) {
        ^bb0(%a: f32, %b: f32, %c: f32, %o: f32):
          %0 = arith.subf %a, %b : f32
          %1 = arith.addf %0, %c : f32
          linalg.yield %1 : f32
        } -> tensor<$0x$1xf32>
        return %s, %m, %i, %d : tensor<$0xf32>, tensor<$0xf32>, tensor<$0xi32>, tensor<$0x$1xf32>
      })",
                                  rows, columns);
    std::vector<float> x = makeWhole(rows * columns);
    auto q = makeIntegers<int8_t>(rows * columns, -128, 127);
    std::vector<Bytes> outputs = runOnDevice(text, {toBytes(x), toBytes(q)});
    ASSERT_EQ(outputs.size(), 4u);
    auto sums = fromBytes<float>(outputs[0]),
         highest = fromBytes<float>(outputs[1]),
         shifted = fromBytes<float>(outputs[3]);
    auto counts = fromBytes<int32_t>(outputs[2]);
    for (int i = 0; i < rows; ++i) {
      float sum = 0, max = -INFINITY;
      int32_t count = 7;
      for (int j = 0; j < columns; ++j) {
        sum += x[i * columns + j];
        max = std::max(max, x[i * columns + j]);
        count += q[i * columns + j];
      }
      ASSERT_EQ(sums[i], sum) << rows << "x" << columns;
      ASSERT_EQ(highest[i], max) << rows << "x" << columns;
      ASSERT_EQ(counts[i], count) << rows << "x" << columns;
      for (int j = 0; j < columns; ++j)
        ASSERT_EQ(shifted[i * columns + j], x[i * columns + j] - max + sum);
    }
  }
}

TEST_F(DeviceTest, computesSoftmax) {
  for (auto [rows, columns] :
       {std::pair(3, 16), {5, 50}, {4, 128}, {2, 1500}}) {
    std::string text = substitute(R"(
      func.func @main(%x: tensor<$0x$1xf32>) -> tensor<$0x$1xf32> {
        %low = arith.constant 0xFF800000 : f32
        %zero = arith.constant 0.0 : f32
        %e = tensor.empty() : tensor<$0x$1xf32>
        %er = tensor.empty() : tensor<$0xf32>
        %m0 = linalg.fill ins(%low : f32) outs(%er : tensor<$0xf32>) -> tensor<$0xf32>
        %m = linalg.reduce { arith.maximumf } ins(%x : tensor<$0x$1xf32>) outs(%m0 : tensor<$0xf32>) dimensions = [1]
        %p = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
            ins(%x, %m : tensor<$0x$1xf32>, tensor<$0xf32>) outs(%e : tensor<$0x$1xf32>) {
        ^bb0(%a: f32, %b: f32, %o: f32):
          %0 = arith.subf %a, %b : f32
          %1 = math.exp %0 : f32
          linalg.yield %1 : f32
        } -> tensor<$0x$1xf32>
        %s0 = linalg.fill ins(%zero : f32) outs(%er : tensor<$0xf32>) -> tensor<$0xf32>
        %s = linalg.reduce { arith.addf } ins(%p : tensor<$0x$1xf32>) outs(%s0 : tensor<$0xf32>) dimensions = [1]
        %y = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
            ins(%p, %s : tensor<$0x$1xf32>, tensor<$0xf32>) outs(%e : tensor<$0x$1xf32>) {
        ^bb0(%a: f32, %b: f32, %o: f32):
          %0 = arith.divf %a, %b : f32
          linalg.yield %0 : f32
        } -> tensor<$0x$1xf32>
        return %y : tensor<$0x$1xf32>
      })",
                                  rows, columns);
    std::vector<float> x = makeNormal(rows * columns);
    compare(text, {toBytes(x)});
    std::vector<Bytes> outputs = Model(path(), "emulator").run({toBytes(x)});
    ASSERT_EQ(outputs.size(), 1u);
    auto y = fromBytes<float>(outputs[0]);
    for (int i = 0; i < rows; ++i) {
      double max = -INFINITY, sum = 0;
      for (int j = 0; j < columns; ++j)
        max = std::max<double>(max, x[i * columns + j]);
      for (int j = 0; j < columns; ++j)
        sum += std::exp(x[i * columns + j] - max);
      for (int j = 0; j < columns; ++j) {
        double expected = std::exp(x[i * columns + j] - max) / sum;
        EXPECT_NEAR(y[i * columns + j], expected, 2e-6 * expected + 1e-38);
      }
    }
  }
}

/// docs/arithmetic.md, "Sums of f32", word for word.
float sumInLanes(ArrayRef<float> row) {
  if (row.size() < 16) {
    float sum = 0;
    for (float value : row)
      sum += value;
    return sum;
  }
  float lanes[32] = {};
  for (size_t i = 0; i < row.size(); ++i)
    lanes[i % 32] += row[i];
  for (int half = 16; half > 0; half /= 2)
    for (int lane = 0; lane < half; ++lane)
      lanes[lane] += lanes[lane + half];
  return lanes[0];
}

/// Sums of anything have the bits of their order, on both.
TEST_F(DeviceTest, addsInOneOrder) {
  for (int columns : {15, 16, 31, 33, 48, 128, 130, 1024, 1025, 3072}) {
    int rows = 3;
    std::string text = substitute(R"(
      func.func @main(%x: tensor<$0x$1xf32>) -> tensor<$0xf32> {
        %zero = arith.constant dense<0.0> : tensor<$0xf32>
        %s = linalg.reduce { arith.addf } ins(%x : tensor<$0x$1xf32>) outs(%zero : tensor<$0xf32>) dimensions = [1]
        return %s : tensor<$0xf32>
      })",
                                  rows, columns);
    std::vector<float> x = makeNormal(rows * columns), expected;
    for (int i = 0; i < rows; ++i)
      expected.push_back(0.0f +
                         sumInLanes(ArrayRef(x).slice(i * columns, columns)));
    SCOPED_TRACE(columns);
    EXPECT_EQ(fromBytes<float>(runOnDevice(text, {toBytes(x)})[0]), expected);
    Model cpu(path(), "cpu");
    EXPECT_EQ(fromBytes<float>(cpu.run({toBytes(x)})[0]), expected);
  }
}

/// Several dimensions, columns, sums of products, two sums at once, and what
/// is summed in order.
TEST_F(DeviceTest, addsAsTheProcessor) {
  auto reduce = [](StringRef shape, StringRef result, StringRef dimensions) {
    return substitute(R"(
      func.func @main(%x: tensor<$0xf32>) -> tensor<$1xf32> {
        %zero = arith.constant dense<0.5> : tensor<$1xf32>
        %s = linalg.reduce { arith.addf } ins(%x : tensor<$0xf32>) outs(%zero : tensor<$1xf32>) dimensions = [$2]
        return %s : tensor<$1xf32>
      })",
                      shape, result, dimensions);
  };
  compare(reduce("6x5x20", "6", "1, 2"), {toBytes(makeNormal(600))});
  compare(reduce("2x3x40x40", "2x3", "2, 3"), {toBytes(makeNormal(9600))});
  compare(reduce("3x50x7", "3x7", "1"), {toBytes(makeNormal(1050))});
  compare(reduce("4x7x7x24", "4x24", "1, 2"), {toBytes(makeNormal(4704))});
  compare(reduce("60x33", "33", "0"), {toBytes(makeNormal(1980))});
  // Mean and variance of a layer normalization with a scale.
  for (int columns : {24, 96, 1500}) {
    std::string text = substitute(R"(
      func.func @main(%x: tensor<5x$0xf32>, %g: tensor<$0xf32>) -> (tensor<5x$0xf32>, tensor<5xf32>) {
        %zero = arith.constant dense<0.0> : tensor<5xf32>
        %n = arith.constant $0.0 : f32
        %eps = arith.constant 1.0e-5 : f32
        %e = tensor.empty() : tensor<5x$0xf32>
        %s:2 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]}
            ins(%x, %g : tensor<5x$0xf32>, tensor<$0xf32>) outs(%zero, %zero : tensor<5xf32>, tensor<5xf32>) {
        ^bb0(%a: f32, %b: f32, %p: f32, %q: f32):
          %0 = arith.mulf %a, %b : f32
          %1 = arith.addf %p, %0 : f32
          %2 = arith.mulf %a, %a : f32
          %3 = arith.addf %2, %q : f32
          linalg.yield %1, %3 : f32, f32
        } -> (tensor<5xf32>, tensor<5xf32>)
        %y = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
            ins(%x, %s#0, %s#1 : tensor<5x$0xf32>, tensor<5xf32>, tensor<5xf32>) outs(%e : tensor<5x$0xf32>) {
        ^bb0(%a: f32, %b: f32, %c: f32, %o: f32):
          %0 = arith.divf %b, %n : f32
          %1 = arith.subf %a, %0 : f32
          %2 = arith.addf %c, %eps : f32
          %3 = math.rsqrt %2 : f32
          %4 = arith.mulf %1, %3 : f32
          linalg.yield %4 : f32
        } -> tensor<5x$0xf32>
        return %y, %s#1 : tensor<5x$0xf32>, tensor<5xf32>
      })",
                                  columns);
    compare(text,
            {toBytes(makeNormal(5 * columns)), toBytes(makeNormal(columns))});
  }
}

} // namespace
