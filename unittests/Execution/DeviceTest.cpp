//===- DeviceTest.cpp - bundles on the emulator ---------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Small models, compiled for the CPU and for GPUs: what both compute, against
// loops in this file where these are short, else against each other.
//
//===----------------------------------------------------------------------===//

#include "DeviceTest.h"

#include <numeric>

using namespace mlir;
using namespace quantc;

namespace {

/// Functions and roundings have the CPU's bits, special values included.
TEST_F(DeviceTest, computesFunctionsAsTheProcessor) {
  for (StringRef function :
       {"math.exp %a",   "math.erf %a",       "math.erfc %a",
        "math.tanh %a",  "math.log %b",       "math.log1p %b",
        "math.expm1 %a", "math.sqrt %b",      "math.sin %a",
        "math.cos %a",   "math.powf %b, %a",  "math.powf %a, %b",
        "math.rsqrt %b", "math.roundeven %a", "math.floor %a",
        "math.ceil %a",  "math.trunc %a",     "math.round %a",
        "arith.negf %a", "math.absf %a"}) {
    std::string text = substitute(R"(
      func.func @main(%x: tensor<1027xf32>) -> tensor<1027xf32> {
        %e = tensor.empty() : tensor<1027xf32>
        %y = linalg.map ins(%x : tensor<1027xf32>) outs(%e : tensor<1027xf32>) (%a: f32, %o: f32) {
          %b = math.absf %a : f32
          %r = $0 : f32
          // NaN has one form here.
          %n = arith.constant 0x7FC00000 : f32
          %u = arith.cmpf uno, %r, %r : f32
          %s = arith.select %u, %n, %r : f32
          linalg.yield %s : f32
        }
        return %y : tensor<1027xf32>
      })",
                                  function);
    SCOPED_TRACE(function.str());
    compare(text, {toBytes(makeFloats(1027))});
  }
}

TEST_F(DeviceTest, quantizesAndRequantizes) {
  for (auto [rows, columns] : {std::pair(3, 5), {64, 64}, {33, 132}}) {
    std::string text = substitute(R"(
      func.func @main(%x: tensor<$0x$1xf32>, %s: tensor<$1xf32>)
          -> (tensor<$0x$1xi8>, tensor<$1x$0xi8>) {
        %low = arith.constant -128.0 : f32
        %high = arith.constant 127.0 : f32
        %zero = arith.constant 0.0 : f32
        %e = tensor.empty() : tensor<$0x$1xi8>
        %et = tensor.empty() : tensor<$1x$0xi8>
        %q = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
            ins(%x, %s : tensor<$0x$1xf32>, tensor<$1xf32>) outs(%e : tensor<$0x$1xi8>) {
        ^bb0(%a: f32, %b: f32, %o: i8):
          %0 = arith.divf %a, %b : f32
          %n = arith.cmpf uno, %0, %0 : f32
          %1 = arith.select %n, %zero, %0 : f32
          %2 = math.roundeven %1 : f32
          %3 = arith.maximumf %2, %low : f32
          %4 = arith.minimumf %3, %high : f32
          %5 = arith.fptosi %4 : f32 to i32
          %6 = arith.trunci %5 : i32 to i8
          linalg.yield %6 : i8
        } -> tensor<$0x$1xi8>
        %t = linalg.transpose ins(%q : tensor<$0x$1xi8>) outs(%et : tensor<$1x$0xi8>) permutation = [1, 0]
        return %q, %t : tensor<$0x$1xi8>, tensor<$1x$0xi8>
      })",
                                  rows, columns);
    std::vector<float> x = makeFloats(rows * columns, 100), s(columns);
    for (float &value : s)
      value = std::uniform_real_distribution<float>(0.1f, 3)(random);
    std::vector<Bytes> outputs = runOnDevice(text, {toBytes(x), toBytes(s)});
    ASSERT_EQ(outputs.size(), 2u);
    for (int i = 0; i < rows; ++i)
      for (int j = 0; j < columns; ++j) {
        float exact = x[i * columns + j] / s[j];
        float rounded = std::isnan(exact) ? 0 : std::nearbyint(exact);
        auto expected = char(std::min(std::max(rounded, -128.f), 127.f));
        ASSERT_EQ(outputs[0][i * columns + j], expected) << exact;
        ASSERT_EQ(outputs[1][j * rows + i], expected) << exact;
      }
  }
}

/// What moves elements, and windows: the CPU's bytes.
TEST_F(DeviceTest, movesElements) {
  compare(R"(
    func.func @main(%x: tensor<6x8x5xi8>, %y: tensor<6x3x5xi8>, %i: tensor<9xi32>, %t: tensor<7x5xf32>)
        -> (tensor<9x11x5xi8>, tensor<6x11x5xi8>, tensor<2x8x3xi8>, tensor<9x5xf32>, tensor<5x6x8xi8>, tensor<6x8xi32>) {
      %c = arith.constant -3 : i8
      %zero = arith.constant 0 : i32
      %p = tensor.pad %x low[1, 0, 0] high[2, 3, 0] {
      ^bb0(%a: index, %b: index, %d: index):
        tensor.yield %c : i8
      } : tensor<6x8x5xi8> to tensor<9x11x5xi8>
      %k = tensor.concat dim(1) %x, %y : (tensor<6x8x5xi8>, tensor<6x3x5xi8>) -> tensor<6x11x5xi8>
      %l = tensor.extract_slice %x[1, 0, 1] [2, 8, 3] [3, 1, 1] : tensor<6x8x5xi8> to tensor<2x8x3xi8>
      %e = tensor.empty() : tensor<9x5xf32>
      %g = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
          ins(%i : tensor<9xi32>) outs(%e : tensor<9x5xf32>) {
      ^bb0(%a: i32, %o: f32):
        %c0 = arith.constant 0 : index
        %c6 = arith.constant 6 : index
        %j = linalg.index 1 : index
        %0 = arith.index_cast %a : i32 to index
        %1 = arith.maxsi %0, %c0 : index
        %2 = arith.minsi %1, %c6 : index
        %3 = tensor.extract %t[%2, %j] : tensor<7x5xf32>
        linalg.yield %3 : f32
      } -> tensor<9x5xf32>
      %et = tensor.empty() : tensor<5x6x8xi8>
      %tr = linalg.transpose ins(%x : tensor<6x8x5xi8>) outs(%et : tensor<5x6x8xi8>) permutation = [2, 0, 1]
      %es = tensor.empty() : tensor<6x8xi32>
      %s0 = linalg.fill ins(%zero : i32) outs(%es : tensor<6x8xi32>) -> tensor<6x8xi32>
      %s = linalg.generic {indexing_maps = [affine_map<(k, i, j) -> (i, j, k)>, affine_map<(k, i, j) -> (i, j)>], iterator_types = ["reduction", "parallel", "parallel"]}
          ins(%x : tensor<6x8x5xi8>) outs(%s0 : tensor<6x8xi32>) {
      ^bb0(%a: i8, %o: i32):
        %0 = arith.extsi %a : i8 to i32
        %1 = arith.addi %0, %o : i32
        linalg.yield %1 : i32
      } -> tensor<6x8xi32>
      return %p, %k, %l, %g, %tr, %s : tensor<9x11x5xi8>, tensor<6x11x5xi8>, tensor<2x8x3xi8>, tensor<9x5xf32>, tensor<5x6x8xi8>, tensor<6x8xi32>
    })",
          {toBytes(makeIntegers<int8_t>(240, -128, 127)),
           toBytes(makeIntegers<int8_t>(90, -128, 127)),
           toBytes(makeIntegers<int32_t>(9, -3, 9)), toBytes(makeFloats(35))});
}

TEST_F(DeviceTest, computesWindowsAndLargestPlaces) {
  compare(R"(
    func.func @main(%x: tensor<9x9x4xf32>, %v: tensor<5x40xf32>, %b: tensor<40xi1>)
        -> (tensor<4x4x4xf32>, tensor<5xi32>, tensor<5x40xi1>) {
      %low = arith.constant 0xFF800000 : f32
      %zero = arith.constant 0 : i32
      %w = tensor.empty() : tensor<3x3xf32>
      %e = tensor.empty() : tensor<4x4x4xf32>
      %f = linalg.fill ins(%low : f32) outs(%e : tensor<4x4x4xf32>) -> tensor<4x4x4xf32>
      %p = linalg.generic {indexing_maps = [affine_map<(i, j, c, k, l) -> (2 * i + k, 2 * j + l, c)>, affine_map<(i, j, c, k, l) -> (k, l)>, affine_map<(i, j, c, k, l) -> (i, j, c)>],
                           iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction"]}
          ins(%x, %w : tensor<9x9x4xf32>, tensor<3x3xf32>) outs(%f : tensor<4x4x4xf32>) {
      ^bb0(%a: f32, %s: f32, %o: f32):
        %0 = arith.maximumf %o, %a : f32
        linalg.yield %0 : f32
      } -> tensor<4x4x4xf32>
      %e5 = tensor.empty() : tensor<5xf32>
      %i5 = tensor.empty() : tensor<5xi32>
      %m0 = linalg.fill ins(%low : f32) outs(%e5 : tensor<5xf32>) -> tensor<5xf32>
      %n0 = linalg.fill ins(%zero : i32) outs(%i5 : tensor<5xi32>) -> tensor<5xi32>
      %r:2 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]}
          ins(%v : tensor<5x40xf32>) outs(%m0, %n0 : tensor<5xf32>, tensor<5xi32>) {
      ^bb0(%a: f32, %m: f32, %n: i32):
        %j = linalg.index 1 : index
        %k = arith.index_cast %j : index to i32
        %g = arith.cmpf ogt, %a, %m : f32
        %0 = arith.select %g, %a, %m : f32
        %1 = arith.select %g, %k, %n : i32
        linalg.yield %0, %1 : f32, i32
      } -> (tensor<5xf32>, tensor<5xi32>)
      %eb = tensor.empty() : tensor<5x40xi1>
      %c = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
          ins(%v, %b : tensor<5x40xf32>, tensor<40xi1>) outs(%eb : tensor<5x40xi1>) {
      ^bb0(%a: f32, %t: i1, %o: i1):
        %z = arith.constant 0.0 : f32
        %0 = arith.cmpf olt, %a, %z : f32
        %1 = arith.andi %0, %t : i1
        linalg.yield %1 : i1
      } -> tensor<5x40xi1>
      return %p, %r#1, %c : tensor<4x4x4xf32>, tensor<5xi32>, tensor<5x40xi1>
    })",
          {toBytes(makeFloats(324)), toBytes(makeFloats(200)),
           toBytes(makeIntegers<int8_t>(40, 0, 1))});
}

/// Arithmetic on tensors of rank 0, as it is imported: a mean, scalars that are
/// computed and used, a tensor of computed elements.
TEST_F(DeviceTest, computesScalars) {
  StringRef text = R"(
    func.func @main(%x: tensor<5x7xf32>, %t: tensor<f32>)
        -> (tensor<f32>, tensor<f32>, tensor<2x2xf32>, tensor<5x7xf32>) {
      %zero = arith.constant 0.0 : f32
      %n = arith.constant 35.0 : f32
      %two = arith.constant 2.0 : f32
      %e = tensor.empty() : tensor<f32>
      %f = linalg.fill ins(%zero : f32) outs(%e : tensor<f32>) -> tensor<f32>
      %s = linalg.reduce { arith.addf } ins(%x : tensor<5x7xf32>) outs(%f : tensor<f32>) dimensions = [0, 1]
      %sum = tensor.extract %s[] : tensor<f32>
      %m = arith.divf %sum, %n : f32
      %mean = tensor.from_elements %m : tensor<f32>
      %a = tensor.extract %t[] : tensor<f32>
      %b = arith.mulf %a, %two : f32
      %twice = tensor.from_elements %b : tensor<f32>
      %four = tensor.from_elements %a, %b, %m, %two : tensor<2x2xf32>
      %ex = tensor.empty() : tensor<5x7xf32>
      %y = linalg.map ins(%x : tensor<5x7xf32>) outs(%ex : tensor<5x7xf32>) (%c: f32, %o: f32) {
        %d = arith.subf %c, %m : f32
        linalg.yield %d : f32
      }
      return %mean, %twice, %four, %y : tensor<f32>, tensor<f32>, tensor<2x2xf32>, tensor<5x7xf32>
    })";
  std::vector<float> x = makeWhole(35), t = {1.3f};
  float mean = std::accumulate(x.begin(), x.end(), 0.0f) / 35.0f;
  std::vector<float> centred;
  for (float value : x)
    centred.push_back(value - mean);
  std::vector<Bytes> outputs = runOnDevice(text, {toBytes(x), toBytes(t)});
  ASSERT_EQ(outputs.size(), 4u);
  EXPECT_EQ(fromBytes<float>(outputs[0]), std::vector{mean});
  EXPECT_EQ(fromBytes<float>(outputs[1]), std::vector{2 * t[0]});
  EXPECT_EQ(fromBytes<float>(outputs[2]),
            (std::vector{t[0], 2 * t[0], mean, 2.0f}));
  EXPECT_EQ(fromBytes<float>(outputs[3]), centred);
}

TEST_F(DeviceTest, hasEmptyTensorsConstantsAndCopies) {
  compare(R"(
    func.func @main(%x: tensor<4x4xf32>, %z: tensor<0x3xf32>)
        -> (tensor<4x4xf32>, tensor<4x4xf32>, tensor<0x3xf32>, tensor<4xi32>) {
      %c = arith.constant dense<[[1.0, 2.0, 3.0, 4.0]]> : tensor<1x4xf32>
      %k = arith.constant dense<[3, 1, 4, 1]> : tensor<4xi32>
      %e = tensor.empty() : tensor<4x4xf32>
      %0 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (0, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
          ins(%x, %c : tensor<4x4xf32>, tensor<1x4xf32>) outs(%e : tensor<4x4xf32>) {
      ^bb0(%a: f32, %b: f32, %o: f32):
        %1 = arith.mulf %a, %b : f32
        linalg.yield %1 : f32
      } -> tensor<4x4xf32>
      return %0, %x, %z, %k : tensor<4x4xf32>, tensor<4x4xf32>, tensor<0x3xf32>, tensor<4xi32>
    })",
          {toBytes(makeFloats(16)), {}});
}

TEST_F(DeviceTest, writesOneFileOfEqualParameters) {
  ASSERT_TRUE(succeeded(write(R"(
    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %c = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
      %e = tensor.empty() : tensor<4xf32>
      %0 = linalg.add ins(%x, %c : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
      return %0 : tensor<4xf32>
    })",
                              {"sm_80", "sm_89"})))
      << error;
  auto exists = [&](StringRef name) {
    return llvm::sys::fs::exists(path() + "/cuda/" + name);
  };
  EXPECT_TRUE(exists("sm_80.plan") && exists("sm_80.ptx"));
  EXPECT_TRUE(exists("sm_89.plan") && exists("sm_89.ptx"));
  EXPECT_TRUE(exists("sm_80.safetensors"));
  EXPECT_FALSE(exists("sm_89.safetensors"));
  Model model(path(), "emulator");
  std::vector<Bytes> outputs =
      model.run({toBytes(std::vector<float>{1, 1, 1, 1})});
  EXPECT_EQ(fromBytes<float>(outputs[0]), (std::vector<float>{2, 3, 4, 5}));
  EXPECT_GT(quantc_bundle_device_bytes(model.bundle), 0u);
}

/// A step of a cache: an update where a tensor says, clamped as StableHLO does,
/// and a slice from there on, alone and as the operand of a product.
TEST_F(DeviceTest, slicesWhereDataSays) {
  StringRef text = R"(
    func.func @main(%cache: tensor<3x9x4xf32>, %v: tensor<3x2x4xf32>, %p: tensor<2xi32>)
        -> (tensor<3x9x4xf32>, tensor<3x3x4xf32>, tensor<3x9x3xf32>) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c6 = arith.constant 6 : index
      %c7 = arith.constant 7 : index
      %p0 = tensor.extract %p[%c0] : tensor<2xi32>
      %i0 = arith.index_cast %p0 : i32 to index
      %low = arith.maxsi %i0, %c0 : index
      %at = arith.minsi %low, %c7 : index
      // The second position is computed by a kernel.
      %e1 = tensor.empty() : tensor<2xi32>
      %next = linalg.map ins(%p : tensor<2xi32>) outs(%e1 : tensor<2xi32>) (%a: i32, %o: i32) {
        %two = arith.constant 2 : i32
        %0 = arith.addi %a, %two : i32
        linalg.yield %0 : i32
      }
      %p1 = tensor.extract %next[%c1] : tensor<2xi32>
      %i1 = arith.index_cast %p1 : i32 to index
      %low1 = arith.maxsi %i1, %c0 : index
      %from = arith.minsi %low1, %c6 : index
      %new = tensor.insert_slice %v into %cache[0, %at, 0] [3, 2, 4] [1, 1, 1] : tensor<3x2x4xf32> into tensor<3x9x4xf32>
      %part = tensor.extract_slice %new[0, %from, 0] [3, 3, 4] [1, 1, 1] : tensor<3x9x4xf32> to tensor<3x3x4xf32>
      %e = tensor.empty() : tensor<3x3x4xf32>
      %twice = linalg.add ins(%part, %part : tensor<3x3x4xf32>, tensor<3x3x4xf32>) outs(%e : tensor<3x3x4xf32>) -> tensor<3x3x4xf32>
      %zero = arith.constant dense<0.0> : tensor<3x9x3xf32>
      %product = linalg.generic {indexing_maps = [affine_map<(b, m, n, k) -> (b, m, k)>, affine_map<(b, m, n, k) -> (b, n, k)>, affine_map<(b, m, n, k) -> (b, m, n)>],
                                 iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
          ins(%new, %part : tensor<3x9x4xf32>, tensor<3x3x4xf32>) outs(%zero : tensor<3x9x3xf32>) {
      ^bb0(%a: f32, %b: f32, %c: f32):
        %0 = arith.mulf %a, %b : f32
        %1 = arith.addf %c, %0 : f32
        linalg.yield %1 : f32
      } -> tensor<3x9x3xf32>
      return %new, %twice, %product : tensor<3x9x4xf32>, tensor<3x3x4xf32>, tensor<3x9x3xf32>
    })";
  ASSERT_TRUE(succeeded(write(text))) << error;
  Model model(path(), "emulator");
  for (int32_t at : {0, 3, 7, 8, 1000, -1, INT32_MIN}) {
    int32_t from = std::min(std::max(at, -5), 50);
    std::vector<float> cache = makeWhole(108), v = makeWhole(24);
    std::vector<Bytes> outputs =
        model.run({toBytes(cache), toBytes(v),
                   toBytes(std::vector<int32_t>{at, from - 2})});
    int32_t first = std::min(std::max(at, 0), 7),
            second = std::min(std::max(from, 0), 6);
    for (int b = 0; b < 3; ++b)
      for (int j = 0; j < 8; ++j)
        cache[(b * 9 + first) * 4 + j] = v[b * 8 + j];
    EXPECT_EQ(fromBytes<float>(outputs[0]), cache) << at;
    std::vector<float> twice, product;
    for (int b = 0; b < 3; ++b)
      for (int j = 0; j < 12; ++j)
        twice.push_back(2 * cache[(b * 9 + second) * 4 + j]);
    EXPECT_EQ(fromBytes<float>(outputs[1]), twice) << at;
    for (int b = 0; b < 3; ++b)
      for (int m = 0; m < 9; ++m)
        for (int n = 0; n < 3; ++n) {
          float sum = 0;
          for (int k = 0; k < 4; ++k)
            sum += cache[(b * 9 + m) * 4 + k] *
                   cache[(b * 9 + second + n) * 4 + k];
          product.push_back(sum);
        }
    EXPECT_EQ(fromBytes<float>(outputs[2]), product) << at;
  }
}

TEST_F(DeviceTest, refusesWhatKernelsCannotCompute) {
  EXPECT_TRUE(failed(write(R"(
    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %e = tensor.empty() : tensor<4xf32>
      %0 = linalg.map { math.atan } ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>)
      return %0 : tensor<4xf32>
    })")));
  EXPECT_EQ(error, "expected a function that kernels can compute, but got "
                   "'math.atan' of 'f32'");
  EXPECT_FALSE(llvm::sys::fs::exists(path()));
}

TEST_F(DeviceTest, refusesBundlesOfTheProcessorAlone) {
  ASSERT_TRUE(succeeded(write(R"(
    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      return %x : tensor<4xf32>
    })",
                              {})))
      << error;
  char message[256] = "";
  EXPECT_FALSE(quantc_bundle_open_on(path().c_str(), "emulator", message,
                                     sizeof(message)));
  EXPECT_EQ(message, path() +
                         "/cuda: expected the kernels of a bundle compiled "
                         "with --target, but there are none");
}

} // namespace
