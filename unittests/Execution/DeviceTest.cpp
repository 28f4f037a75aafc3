//===- DeviceTest.cpp - bundles on the emulator ---------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Small models, compiled for the CPU and for GPUs: what both compute, against
// loops in this file where these are short, else against each other.
//
//===----------------------------------------------------------------------===//

#include "quantc/Execution/Bundle.h"
#include "quantc/Runtime/quantc_runtime.h"

#include "mlir/Parser/Parser.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "gtest/gtest.h"
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

using namespace mlir;
using namespace quantc;

namespace {

using Bytes = std::vector<char>;

template <typename T>
Bytes toBytes(const std::vector<T> &values) {
  auto *data = reinterpret_cast<const char *>(values.data());
  return Bytes(data, data + values.size() * sizeof(T));
}

template <typename T>
std::vector<T> fromBytes(const Bytes &bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

/// `text` with the values in the places of $0, $1.
template <typename... Values>
std::string substitute(StringRef text, const Values &...values) {
  std::string result = text.str();
  size_t number = 0;
  for (const std::string &value :
       {(llvm::Twine() + llvm::Twine(values)).str()...}) {
    std::string place = "$" + std::to_string(number++);
    for (size_t at; (at = result.find(place)) != result.npos;)
      result.replace(at, place.size(), value);
  }
  return result;
}

/// A bundle on one device.
class Model {
public:
  Model(const std::string &path, const char *device) {
    char message[4096] = "";
    bundle =
        quantc_bundle_open_on(path.c_str(), device, message, sizeof(message));
    EXPECT_TRUE(bundle) << message;
  }
  ~Model() { quantc_bundle_close(bundle); }

  std::vector<Bytes> run(const std::vector<Bytes> &inputs) {
    const quantc_model_info *info = quantc_bundle_info(bundle);
    EXPECT_EQ(inputs.size(), info->num_inputs);
    std::vector<const void *> in;
    for (uint32_t i = 0; i < info->num_inputs; ++i) {
      EXPECT_EQ(inputs[i].size(), info->inputs[i].bytes);
      in.push_back(inputs[i].data());
    }
    std::vector<Bytes> outputs;
    std::vector<void *> out;
    for (uint32_t i = 0; i < info->num_outputs; ++i)
      outputs.emplace_back(info->outputs[i].bytes, char(0x55));
    for (Bytes &output : outputs)
      out.push_back(output.data());
    EXPECT_EQ(quantc_bundle_run(bundle, in.data(), out.data()), QUANTC_OK)
        << quantc_last_error();
    return outputs;
  }

  quantc_bundle *bundle;
};

class DeviceTest : public ::testing::Test {
protected:
  DeviceTest() {
    DialectRegistry registry;
    registerCompilerDialects(registry);
    context.appendDialectRegistry(registry);
    llvm::sys::fs::createUniqueDirectory("quantc-device-test", folder);
  }
  ~DeviceTest() override { llvm::sys::fs::remove_directories(folder); }

  std::string path() { return (folder + "/bundle").str(); }

  LogicalResult write(StringRef text, ArrayRef<StringRef> chips = {"sm_80"}) {
    ScopedDiagnosticHandler handler(
        &context, [&](Diagnostic &diagnostic) { error = diagnostic.str(); });
    auto module = parseSourceString<ModuleOp>(text, &context);
    auto target = cpu::Target::resolve({});
    if (!module || !target)
      return failure();
    BundleOptions options;
    for (StringRef chip : chips)
      options.chips.push_back(llvm::cantFail(nvvm::Target::resolve(chip)));
    return writeBundle(*module, path(), *target, options);
  }

  /// Outputs of the emulator.
  std::vector<Bytes> runOnDevice(StringRef text,
                                 const std::vector<Bytes> &inputs) {
    if (failed(write(text))) {
      ADD_FAILURE() << error << "\n" << text.str();
      return {};
    }
    Model model(path(), "emulator");
    return model.bundle ? model.run(inputs) : std::vector<Bytes>();
  }

  /// The same bits on both.
  void compare(StringRef text, const std::vector<Bytes> &inputs) {
    std::vector<Bytes> device = runOnDevice(text, inputs);
    Model cpu(path(), "cpu");
    std::vector<Bytes> expected = cpu.run(inputs);
    ASSERT_EQ(device.size(), expected.size());
    for (auto [got, wanted] : llvm::zip_equal(device, expected))
      EXPECT_EQ(got, wanted) << text.str();
  }

  std::vector<float> makeFloats(size_t count, float scale = 4) {
    const float edges[] = {0.0f,   -0.0f,  1.0f,    -1.0f,    0.5f,   -0.5f,
                           1e-30f, -3e38f, 127.5f,  -128.5f,  1e-42f, INFINITY,
                           88.7f,  -87.4f, -103.9f, -INFINITY};
    std::normal_distribution<float> normal(0, scale);
    std::vector<float> values(count);
    for (float &value : values)
      value = random() % 8 == 0 ? edges[random() % std::size(edges)]
                                : normal(random);
    return values;
  }
  /// Whole numbers, whose sums are exact in any order.
  std::vector<float> makeWhole(size_t count) {
    std::vector<float> values(count);
    for (float &value : values)
      value = int(random() % 201) - 100;
    return values;
  }
  template <typename T>
  std::vector<T> makeIntegers(size_t count, int64_t min, int64_t max) {
    std::vector<T> values(count);
    for (T &value : values)
      value = std::uniform_int_distribution<int64_t>(min, max)(random);
    return values;
  }

  MLIRContext context;
  SmallString<128> folder;
  std::string error;
  std::mt19937 random{42};
};

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
    std::vector<float> x(rows * columns);
    std::normal_distribution<float> normal(0, 3);
    for (float &value : x)
      value = normal(random);
    std::vector<Bytes> outputs = runOnDevice(text, {toBytes(x)});
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

/// Functions and roundings have the CPU's bits, special values included.
TEST_F(DeviceTest, computesFunctionsAsTheProcessor) {
  for (StringRef function :
       {"math.exp %a", "math.erf %a", "math.erfc %a", "math.tanh %a",
        "math.log %b", "math.log1p %b", "math.expm1 %a", "math.sqrt %b",
        "math.rsqrt %b", "math.roundeven %a", "math.floor %a", "math.ceil %a",
        "math.trunc %a", "math.round %a", "arith.negf %a", "math.absf %a"}) {
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

TEST_F(DeviceTest, refusesWhatKernelsCannotCompute) {
  EXPECT_TRUE(failed(write(R"(
    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %e = tensor.empty() : tensor<4xf32>
      %0 = linalg.map { math.sin } ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>)
      return %0 : tensor<4xf32>
    })")));
  EXPECT_EQ(error, "expected a function that kernels can compute, but got "
                   "'math.sin' of 'f32'");
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
