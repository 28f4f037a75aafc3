//===- DynamicShapesTest.cpp - sizes known at run time only ---------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The boundary of compiled code is static; inside, slices of a size that an
// argument tells have dynamic shapes.
//
//===----------------------------------------------------------------------===//

#include "LowerSiteTest.h"

#include "mlir/IR/BuiltinTypes.h"
#include <deque>

using namespace mlir;
using namespace quantc;
using namespace quantc::test;

namespace {

class DynamicShapesTest : public LowerSiteTest,
                          public ::testing::WithParamInterface<Program> {
protected:
  /// The program with a number in place of every '?'.
  Program withSize(Program program, int64_t size) {
    auto substitute = [&](const char *&text) {
      if (!text)
        return;
      std::string &copy = texts.emplace_back(text);
      for (size_t i; (i = copy.find('?')) != std::string::npos;)
        copy.replace(i, 1, std::to_string(size));
      text = copy.c_str();
    };
    for (OperandText *operand : {&program.lhs, &program.rhs}) {
      substitute(operand->shape);
      substitute(operand->scale);
      substitute(operand->zeroPoint);
      substitute(operand->padded);
    }
    substitute(program.result);
    return program;
  }

  std::deque<std::string> texts;
};

/// The corner of a larger tensor holds `corner`, the rest -77.
std::vector<double> embed(const Tensor &corner, ArrayRef<int64_t> shape) {
  std::vector<double> values(ShapedType::getNumElements(shape), -77);
  for (size_t i = 0; i < corner.values.size(); ++i) {
    int64_t linear = 0, stride = 1, rest = i;
    for (int64_t dim = int64_t(shape.size()) - 1; dim >= 0; --dim) {
      linear += rest % corner.shape[dim] * stride;
      rest /= corner.shape[dim];
      stride *= shape[dim];
    }
    values[linear] = corner.values[i];
  }
  return values;
}

TEST_P(DynamicShapesTest, matchesExactIntegers) {
  std::string text = ProgramWriter(&context, 1).write(GetParam());
  for (const char *pipeline : {kSeparate, kFused}) {
    SCOPED_TRACE(text);
    SCOPED_TRACE(pipeline);
    std::unique_ptr<Executable> executable = compile(text, pipeline);
    ASSERT_TRUE(executable);
    const EntryPoint *entry = executable->lookup("main");
    for (int64_t size : {3, 0, 1, 8}) {
      SCOPED_TRACE(size);
      Program program = withSize(GetParam(), size);
      Evaluation evaluation =
          evaluate(ProgramWriter(&context, 1).write(program), /*seed=*/size);
      std::vector<const void *> inputs = {&size};
      std::vector<std::vector<char>> buffers;
      for (auto [i, tensor] : llvm::enumerate(evaluation.arguments)) {
        Tensor whole = tensor;
        whole.shape = entry->inputs[i + 1].shape;
        whole.values = embed(tensor, whole.shape);
        buffers.push_back(whole.getBytes());
      }
      for (const std::vector<char> &buffer : buffers)
        inputs.push_back(buffer.data());
      Tensor corner;
      for (int64_t dim : entry->outputs[0].shape)
        corner.shape.push_back(dim);
      SmallVector<StringRef> dims;
      StringRef(program.result).split(dims, 'x');
      for (auto [extent, dim] : llvm::zip_equal(corner.shape, dims))
        dim.getAsInteger(10, extent);
      corner.values.assign(evaluation.result.begin(), evaluation.result.end());
      std::vector<double> expected = embed(corner, entry->outputs[0].shape);
      std::vector<float> actual(expected.size());
      ASSERT_FALSE(executable->run(*entry, inputs, {actual.data()}));
      expectSame(actual, std::vector<float>(expected.begin(), expected.end()));
      if (HasFatalFailure())
        return;
    }
  }
}

const Program kPrograms[] = {
    {"rows",
     "linalg.matmul",
     {"?x24", "", ""},
     {"24x21", "21", "21", "axes = array<i64: 1>", true},
     "?x21"},
    {"perTokenInit",
     "linalg.matmul",
     {"?x24", "?", "?", "axes = array<i64: 0>"},
     {"24x21", "21", "21", "axes = array<i64: 1>"},
     "?x21",
     true},
    {"columns",
     "linalg.matmul",
     {"5x24", "", ""},
     {"24x?", "?", "?", "axes = array<i64: 1>"},
     "5x?"},
    {"symmetric",
     "linalg.matmul",
     {"?x24"},
     {"24x21", "21", nullptr, "axes = array<i64: 1>", true},
     "?x21"},
    {"batch",
     "linalg.batch_matmul",
     {"?x5x24", "?", "?", "axes = array<i64: 0>"},
     {"?x24x6", "?x6", "?x6", "axes = array<i64: 0, 2>"},
     "?x5x6"},
    {"batchTokens",
     "linalg.batch_matmul",
     {"3x?x24", "3x?", "3x?", "axes = array<i64: 0, 1>"},
     {"3x24x6", "", ""},
     "3x?x6"},
    {"matvec", "linalg.matvec", {"?x24", "", ""}, {"24", "", ""}, "?"},
    {"conv",
     "linalg.conv_2d_nhwc_hwcf {strides = dense<2> : tensor<2xi64>}",
     {"?x5x5x3", "", "", "", false, "i8", "?x8x8x3"},
     {"3x3x3x5", "5", "5", "axes = array<i64: 3>", true},
     "?x3x3x5"},
    {"depthwise",
     "linalg.depthwise_conv_2d_nhwc_hwc",
     {"?x6x5x4", "4", "4", "axes = array<i64: 3>", false, "i8", "?x9x8x4"},
     {"3x3x4", "4", "4", "axes = array<i64: 2>", true},
     "?x7x6x4"},
    {"summedZeroPoints",
     "linalg.matmul",
     {"?x19", "", "19", "axes = array<i64: 1>"},
     {"19x21", "21", "21", "axes = array<i64: 1>", true},
     "?x21"},
    {"blocks",
     "linalg.matmul",
     {"?x24", "?x6", "?x6",
      "axes = array<i64: 0, 1>, blocks = array<i64: 1, 4>"},
     {"24x21", "3x21", "3x21",
      "axes = array<i64: 0, 1>, blocks = array<i64: 8, 1>", true},
     "?x21"},
    {"shortBlocks",
     "linalg.matmul",
     {"?x19", "?", "?", "axes = array<i64: 0>"},
     {"19x21", "3x21", "3x21",
      "axes = array<i64: 0, 1>, blocks = array<i64: 8, 1>"},
     "?x21",
     true},
};

INSTANTIATE_TEST_SUITE_P(dynamicShapes, DynamicShapesTest,
                         ::testing::ValuesIn(kPrograms), getName);

} // namespace
