//===- VectorizeTest.cpp - what vector loops compute ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Execution/Executable.h"

#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace mlir;
using namespace quantc;

namespace {

/// A function from tensors of f32 to one tensor of f32 and what it computes.
struct Case {
  const char *name;
  const char *text;
  void (*reference)(const std::vector<const float *> &in, float *out);
};

class VectorizeTest : public ::testing::TestWithParam<Case> {};

TEST_P(VectorizeTest, matchesScalarCode) {
  DialectRegistry registry;
  registerCompilerDialects(registry);
  MLIRContext context(registry);
  auto module = parseSourceString<ModuleOp>(GetParam().text, &context);
  ASSERT_TRUE(module);
  // Without AVX-512, without AVX, as it is: other vectors, other remainders.
  for (const char *features : {"", "-avx512f", "-avx512f,-avx2,-fma"}) {
    auto target = cpu::Target::resolve({"", "", features});
    ASSERT_TRUE(static_cast<bool>(target));
    auto code = compileModule(*module, *target);
    ASSERT_TRUE(succeeded(code));
    auto executable = Executable::load(std::move(*code));
    ASSERT_TRUE(static_cast<bool>(executable))
        << llvm::toString(executable.takeError());
    const EntryPoint &entry = (*executable)->getEntries().front();

    std::vector<std::vector<float>> inputs;
    std::vector<const void *> pointers;
    std::vector<const float *> floats;
    unsigned state = 1;
    for (const TensorSpec &spec : entry.inputs) {
      std::vector<float> &data = inputs.emplace_back(spec.getNumElements());
      for (float &value : data)
        value = static_cast<int>((state = state * 1664525 + 1013904223) >> 24) -
                128;
    }
    for (const std::vector<float> &data : inputs) {
      pointers.push_back(data.data());
      floats.push_back(data.data());
    }
    int64_t size = entry.outputs.front().getNumElements();
    std::vector<float> result(size, -1), expected(size);
    ASSERT_FALSE((*executable)->run(entry, pointers, {result.data()}));
    GetParam().reference(floats, expected.data());
    for (int64_t i = 0; i < size; ++i)
      ASSERT_NEAR(result[i], expected[i], 1e-5 * (1 + std::fabs(expected[i])))
          << "element " << i << " with features '" << features << "'";
  }
}

const Case cases[] = {
    {"broadcast", R"(
      func.func @main(%x: tensor<7x19xf32>, %row: tensor<19xf32>, %column: tensor<7xf32>) -> tensor<7x19xf32> {
        %e = tensor.empty() : tensor<7x19xf32>
        %0 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>,
                                              affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>],
                             iterator_types = ["parallel", "parallel"]}
          ins(%x, %row, %column : tensor<7x19xf32>, tensor<19xf32>, tensor<7xf32>) outs(%e : tensor<7x19xf32>) {
        ^bb0(%a: f32, %b: f32, %c: f32, %o: f32):
          %s = arith.addf %a, %b : f32
          %d = arith.addf %c, %c : f32
          %p = arith.mulf %s, %d : f32
          linalg.yield %p : f32
        } -> tensor<7x19xf32>
        return %0 : tensor<7x19xf32>
      })",
     [](const std::vector<const float *> &in, float *out) {
       for (int i = 0; i < 7; ++i)
         for (int j = 0; j < 19; ++j)
           out[i * 19 + j] = (in[0][i * 19 + j] + in[1][j]) * 2 * in[2][i];
     }},
    {"sumOfRows", R"(
      func.func @main(%x: tensor<5x3x37xf32>) -> tensor<5xf32> {
        %e = arith.constant dense<2.0> : tensor<5xf32>
        %0 = linalg.reduce { arith.addf } ins(%x : tensor<5x3x37xf32>) outs(%e : tensor<5xf32>) dimensions = [1, 2]
        return %0 : tensor<5xf32>
      })",
     [](const std::vector<const float *> &in, float *out) {
       for (int i = 0; i < 5; ++i) {
         out[i] = 2;
         for (int j = 0; j < 111; ++j)
           out[i] += in[0][i * 111 + j];
       }
     }},
    {"maximumOfColumns", R"(
      func.func @main(%x: tensor<5x37xf32>) -> tensor<37xf32> {
        %e = arith.constant dense<0xFF800000> : tensor<37xf32>
        %0 = linalg.reduce { arith.maximumf } ins(%x : tensor<5x37xf32>) outs(%e : tensor<37xf32>) dimensions = [0]
        return %0 : tensor<37xf32>
      })",
     [](const std::vector<const float *> &in, float *out) {
       for (int j = 0; j < 37; ++j) {
         out[j] = in[0][j];
         for (int i = 0; i < 5; ++i)
           out[j] = std::max(out[j], in[0][i * 37 + j]);
       }
     }},
    {"transpose", R"(
      func.func @main(%x: tensor<5x19xf32>) -> tensor<19x5xf32> {
        %e = tensor.empty() : tensor<19x5xf32>
        %0 = linalg.transpose ins(%x : tensor<5x19xf32>) outs(%e : tensor<19x5xf32>) permutation = [1, 0]
        return %0 : tensor<19x5xf32>
      })",
     [](const std::vector<const float *> &in, float *out) {
       for (int i = 0; i < 5; ++i)
         for (int j = 0; j < 19; ++j)
           out[j * 5 + i] = in[0][i * 19 + j];
     }},
    {"argmax", R"(
      func.func @main(%x: tensor<5x37xf32>) -> tensor<5xf32> {
        %low = arith.constant dense<0xFF800000> : tensor<5xf32>
        %none = arith.constant dense<-1> : tensor<5xi32>
        %0:2 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i)>],
                               iterator_types = ["parallel", "reduction"]}
          ins(%x : tensor<5x37xf32>) outs(%low, %none : tensor<5xf32>, tensor<5xi32>) {
        ^bb0(%a: f32, %m: f32, %n: i32):
          %j = linalg.index 1 : index
          %k = arith.index_cast %j : index to i32
          %c = arith.cmpf ogt, %a, %m : f32
          %v = arith.select %c, %a, %m : f32
          %w = arith.select %c, %k, %n : i32
          linalg.yield %v, %w : f32, i32
        } -> (tensor<5xf32>, tensor<5xi32>)
        %e = tensor.empty() : tensor<5xf32>
        %1 = linalg.map { arith.sitofp } ins(%0#1 : tensor<5xi32>) outs(%e : tensor<5xf32>)
        return %1 : tensor<5xf32>
      })",
     [](const std::vector<const float *> &in, float *out) {
       for (int i = 0; i < 5; ++i)
         out[i] = std::max_element(in[0] + i * 37, in[0] + i * 37 + 37) -
                  (in[0] + i * 37);
     }},
    {"pooling", R"(
      func.func @main(%x: tensor<1x6x6x5xf32>) -> tensor<1x3x3x5xf32> {
        %e = arith.constant dense<0xFF800000> : tensor<1x3x3x5xf32>
        %w = tensor.empty() : tensor<2x2xf32>
        %0 = linalg.pooling_nhwc_max {strides = dense<2> : tensor<2xi64>}
          ins(%x, %w : tensor<1x6x6x5xf32>, tensor<2x2xf32>) outs(%e : tensor<1x3x3x5xf32>) -> tensor<1x3x3x5xf32>
        return %0 : tensor<1x3x3x5xf32>
      })",
     [](const std::vector<const float *> &in, float *out) {
       for (int y = 0; y < 3; ++y)
         for (int x = 0; x < 3; ++x)
           for (int c = 0; c < 5; ++c) {
             float *o = &out[(y * 3 + x) * 5 + c];
             *o = -INFINITY;
             for (int k = 0; k < 4; ++k)
               *o = std::max(
                   *o, in[0][((2 * y + k / 2) * 6 + 2 * x + k % 2) * 5 + c]);
           }
     }},
    {"dotProducts", R"(
      func.func @main(%x: tensor<3x37xf32>, %w: tensor<4x37xf32>) -> tensor<3x4xf32> {
        %e = arith.constant dense<0.0> : tensor<3x4xf32>
        %0 = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>],
                             iterator_types = ["parallel", "parallel", "reduction"]}
          ins(%x, %w : tensor<3x37xf32>, tensor<4x37xf32>) outs(%e : tensor<3x4xf32>) {
        ^bb0(%a: f32, %b: f32, %c: f32):
          %p = arith.mulf %a, %b : f32
          %s = arith.addf %c, %p : f32
          linalg.yield %s : f32
        } -> tensor<3x4xf32>
        return %0 : tensor<3x4xf32>
      })",
     [](const std::vector<const float *> &in, float *out) {
       for (int m = 0; m < 3; ++m)
         for (int n = 0; n < 4; ++n) {
           out[m * 4 + n] = 0;
           for (int k = 0; k < 37; ++k)
             out[m * 4 + n] += in[0][m * 37 + k] * in[1][n * 37 + k];
         }
     }},
    {"gatherOfRows", R"(
      func.func @main(%x: tensor<9x21xf32>, %i: tensor<4xf32>) -> tensor<4x21xf32> {
        %e = tensor.empty() : tensor<4x21xf32>
        %0 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>],
                             iterator_types = ["parallel", "parallel"]}
          ins(%i : tensor<4xf32>) outs(%e : tensor<4x21xf32>) {
        ^bb0(%a: f32, %o: f32):
          %r = arith.fptosi %a : f32 to i32
          %c9 = arith.constant 9 : i32
          %m = arith.remsi %r, %c9 : i32
          %c8 = arith.constant 8 : i32
          %u = arith.andi %m, %c8 : i32
          %k = arith.index_cast %u : i32 to index
          %j = linalg.index 1 : index
          %v = tensor.extract %x[%k, %j] : tensor<9x21xf32>
          linalg.yield %v : f32
        } -> tensor<4x21xf32>
        return %0 : tensor<4x21xf32>
      })",
     [](const std::vector<const float *> &in, float *out) {
       for (int i = 0; i < 4; ++i)
         for (int j = 0; j < 21; ++j)
           out[i * 21 + j] =
               in[0][((static_cast<int>(in[1][i]) % 9) & 8) * 21 + j];
     }},
    {"gatherOfColumns", R"(
      func.func @main(%x: tensor<21x9xf32>) -> tensor<21xf32> {
        %e = tensor.empty() : tensor<21xf32>
        %0 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
          outs(%e : tensor<21xf32>) {
        ^bb0(%o: f32):
          %i = linalg.index 0 : index
          %c8 = arith.constant 8 : index
          %k = arith.andi %i, %c8 : index
          %v = tensor.extract %x[%i, %k] : tensor<21x9xf32>
          linalg.yield %v : f32
        } -> tensor<21xf32>
        return %0 : tensor<21xf32>
      })",
     [](const std::vector<const float *> &in, float *out) {
       for (int i = 0; i < 21; ++i)
         out[i] = in[0][i * 9 + (i & 8)];
     }},
    {"causalMask", R"(
      func.func @main(%x: tensor<19x19xf32>) -> tensor<19x19xf32> {
        %m = tensor.empty() : tensor<19x19xi1>
        %0 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
          outs(%m : tensor<19x19xi1>) {
        ^bb0(%o: i1):
          %i = linalg.index 0 : index
          %j = linalg.index 1 : index
          %c = arith.cmpi sge, %i, %j : index
          linalg.yield %c : i1
        } -> tensor<19x19xi1>
        %e = tensor.empty() : tensor<19x19xf32>
        %z = arith.constant 5.0 : f32
        %1 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i, j)>],
                             iterator_types = ["parallel", "parallel"]}
          ins(%0, %0 : tensor<19x19xi1>, tensor<19x19xi1>) outs(%x : tensor<19x19xf32>) {
        ^bb0(%a: i1, %b: i1, %o: f32):
          %both = arith.andi %a, %b : i1
          %v = arith.select %both, %z, %o : f32
          %w = arith.select %a, %v, %z : f32
          linalg.yield %w : f32
        } -> tensor<19x19xf32>
        return %1 : tensor<19x19xf32>
      })",
     [](const std::vector<const float *> &in, float *out) {
       for (int i = 0; i < 19; ++i)
         for (int j = 0; j < 19; ++j)
           out[i * 19 + j] = i > j ? in[0][i * 19 + j] : 5;
     }},
    {"padAndConcatenate", R"(
      func.func @main(%x: tensor<3x5xf32>, %y: tensor<3x21xf32>) -> tensor<5x28xf32> {
        %c = arith.constant 7.0 : f32
        %0 = tensor.pad %x low[1, 2] high[1, 0] {
        ^bb0(%i: index, %j: index):
          tensor.yield %c : f32
        } : tensor<3x5xf32> to tensor<5x7xf32>
        %1 = tensor.pad %y low[2, 0] high[0, 0] {
        ^bb0(%i: index, %j: index):
          tensor.yield %c : f32
        } : tensor<3x21xf32> to tensor<5x21xf32>
        %2 = tensor.concat dim(1) %0, %1 : (tensor<5x7xf32>, tensor<5x21xf32>) -> tensor<5x28xf32>
        return %2 : tensor<5x28xf32>
      })",
     [](const std::vector<const float *> &in, float *out) {
       for (int i = 0; i < 5; ++i)
         for (int j = 0; j < 28; ++j) {
           bool x = i >= 1 && i < 4 && j >= 2 && j < 7, y = i >= 2 && j >= 7;
           out[i * 28 + j] = x   ? in[0][(i - 1) * 5 + j - 2]
                             : y ? in[1][(i - 2) * 21 + j - 7]
                                 : 7;
         }
     }},
    {"int8Products", R"(
      func.func @main(%x: tensor<3x33xf32>, %w: tensor<33x17xf32>) -> tensor<3x17xf32> {
        %e0 = tensor.empty() : tensor<3x33xi8>
        %e1 = tensor.empty() : tensor<33x17xi8>
        %e2 = tensor.empty() : tensor<3x17xf32>
        %z = arith.constant dense<3> : tensor<3x17xi32>
        %0 = linalg.map { arith.fptosi } ins(%x : tensor<3x33xf32>) outs(%e0 : tensor<3x33xi8>)
        %1 = linalg.map { arith.fptosi } ins(%w : tensor<33x17xf32>) outs(%e1 : tensor<33x17xi8>)
        %2 = linalg.matmul ins(%0, %1 : tensor<3x33xi8>, tensor<33x17xi8>) outs(%z : tensor<3x17xi32>) -> tensor<3x17xi32>
        %3 = linalg.map { arith.sitofp } ins(%2 : tensor<3x17xi32>) outs(%e2 : tensor<3x17xf32>)
        return %3 : tensor<3x17xf32>
      })",
     [](const std::vector<const float *> &in, float *out) {
       for (int m = 0; m < 3; ++m)
         for (int n = 0; n < 17; ++n) {
           int sum = 3;
           for (int k = 0; k < 33; ++k)
             sum += static_cast<int>(in[0][m * 33 + k] * in[1][k * 17 + n]);
           out[m * 17 + n] = sum;
         }
     }},
    {"halfPrecision", R"(
      func.func @main(%x: tensor<37xf32>) -> tensor<37xf32> {
        %e0 = tensor.empty() : tensor<37xf16>
        %e1 = tensor.empty() : tensor<37xbf16>
        %e2 = tensor.empty() : tensor<37xf32>
        %0 = linalg.map { arith.truncf } ins(%x : tensor<37xf32>) outs(%e0 : tensor<37xf16>)
        %1 = linalg.map { arith.truncf } ins(%x : tensor<37xf32>) outs(%e1 : tensor<37xbf16>)
        %2 = linalg.map ins(%0, %1 : tensor<37xf16>, tensor<37xbf16>) outs(%e2 : tensor<37xf32>)
          (%a: f16, %b: bf16, %o: f32) {
            %d = arith.addf %a, %a : f16
            %c = arith.extf %d : f16 to f32
            %f = arith.extf %b : bf16 to f32
            %s = arith.addf %c, %f : f32
            linalg.yield %s : f32
          }
        return %2 : tensor<37xf32>
      })",
     [](const std::vector<const float *> &in, float *out) {
       for (int i = 0; i < 37; ++i)
         out[i] = 3 * in[0][i];
     }},
};

INSTANTIATE_TEST_SUITE_P(Cases, VectorizeTest, ::testing::ValuesIn(cases),
                         [](const ::testing::TestParamInfo<Case> &info) {
                           return std::string(info.param.name);
                         });

} // namespace
