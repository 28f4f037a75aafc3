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
