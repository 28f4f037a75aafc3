//===- StorageTest.cpp - quantization to every storage type ---------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// qnn.quantize, dequantize, requantize and fake_quantize, folded and compiled,
// on every tie between neighbours, what lies beside it, and special values.
//
//===----------------------------------------------------------------------===//

#include "StorageReference.h"
#include "quantc/Dialect/QNN/IR/QNNDialect.h"
#include "quantc/Execution/Executable.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/FormatVariadic.h"
#include "gtest/gtest.h"
#include <cmath>
#include <limits>
#include <random>

using namespace mlir;
using namespace quantc;
using namespace quantc::test;
using llvm::formatv;

namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

class StorageTest : public ::testing::TestWithParam<StorageType> {
protected:
  StorageTest() {
    DialectRegistry registry;
    registerCompilerDialects(registry);
    registry.insert<qnn::QNNDialect>();
    context.appendDialectRegistry(registry);
  }

  /// Zero points at both ends, in the middle, and none at all.
  std::vector<std::optional<int64_t>> getZeroPoints() const {
    if (type.isF8())
      return {std::nullopt};
    return {std::nullopt, type.getMin(), type.getMax(),
            (type.getMin() + type.getMax() + 1) / 2 + 1};
  }

  /// Numbers whose rounding is in question.
  std::vector<float> getNumbers() {
    std::vector<float> numbers = {0.0f,
                                  -0.0f,
                                  NAN,
                                  -NAN,
                                  kInf,
                                  -kInf,
                                  std::numeric_limits<float>::max(),
                                  std::numeric_limits<float>::lowest(),
                                  std::numeric_limits<float>::min(),
                                  std::numeric_limits<float>::denorm_min()};
    std::vector<double> ties;
    if (type.isF8()) {
      for (int code = 0; code < 0x7f; ++code)
        for (double sign : {1.0, -1.0})
          if (std::isfinite(type.decode(code + 1)))
            ties.insert(ties.end(),
                        {sign * (type.decode(code) + type.decode(code + 1)) / 2,
                         sign * type.decode(code + 1)});
    } else {
      int64_t span = type.getMax() - type.getMin();
      for (int64_t n = -span - 2; n <= span + 2; ++n)
        if (span < 1000 || std::abs(n) < 20 || std::abs(n) > span - 20 ||
            std::abs(std::abs(n) - span / 2) < 20 || random() % 512 == 0)
          ties.insert(ties.end(), {double(n), n + 0.5});
    }
    for (double tie : ties)
      for (float number : {float(tie), std::nextafter(float(tie), kInf),
                           std::nextafter(float(tie), -kInf)})
        numbers.push_back(number);
    return numbers;
  }

  /// Parameters as constants %s and %z; the rest of the op.
  std::string getParameters(float scale, std::optional<int64_t> zeroPoint,
                            std::string &operands, std::string &types) {
    std::string body =
        formatv("  %s = arith.constant dense<0x{0}> : tensor<f32>\n",
                llvm::utohexstr(llvm::bit_cast<uint32_t>(scale)));
    operands = "scale %s";
    types = "tensor<f32>";
    if (zeroPoint) {
      body += formatv("  %z = arith.constant dense<{0}> : tensor<{1}>\n",
                      type.print(*zeroPoint), type.name);
      operands += " zero_point %z";
      types += formatv(", tensor<{0}>", type.name);
    }
    return body;
  }

  OwningOpRef<ModuleOp> parse(const std::string &text) {
    auto module = parseSourceString<ModuleOp>(text, &context);
    EXPECT_TRUE(module) << text;
    return module;
  }

  /// The elements of the constant that the only function returns after
  /// folding: integers, or bits of floats.
  std::vector<int64_t> fold(const std::string &text) {
    OwningOpRef<ModuleOp> module = parse(text);
    PassManager manager(&context, ModuleOp::getOperationName());
    manager.addPass(createCanonicalizerPass());
    EXPECT_TRUE(succeeded(manager.run(*module)));
    std::vector<int64_t> result;
    module->walk([&](func::ReturnOp op) {
      DenseElementsAttr constant;
      if (!matchPattern(op.getOperand(0), m_Constant(&constant))) {
        ADD_FAILURE() << "expected a constant";
        return;
      }
      if (isa<FloatType>(constant.getElementType()))
        for (const APFloat &value : constant.getValues<APFloat>())
          result.push_back(value.bitcastToAPInt().getZExtValue());
      else
        for (const APInt &value : constant.getValues<APInt>())
          result.push_back(constant.getElementType().isUnsignedInteger()
                               ? int64_t(value.getZExtValue())
                               : value.getSExtValue());
    });
    return result;
  }

  template <typename T>
  std::vector<float> run(const std::string &text, const std::vector<T> &input,
                         size_t size) {
    OwningOpRef<ModuleOp> module = parse(text);
    std::vector<float> result(size, -77);
    auto executable = Executable::compile(*module);
    if (failed(executable)) {
      ADD_FAILURE() << text;
      return result;
    }
    llvm::Error error = (*executable)
                            ->run(*(*executable)->lookup("main"),
                                  {input.data()}, {result.data()});
    EXPECT_FALSE(bool(error));
    llvm::consumeError(std::move(error));
    return result;
  }

  static std::string printFloats(llvm::ArrayRef<float> values) {
    std::string text;
    for (float value : values)
      text += formatv(
          "{0}0x{1}", text.empty() ? "" : ", ",
          llvm::format_hex_no_prefix(llvm::bit_cast<uint32_t>(value), 8, true));
    return text;
  }

  /// Equal codes; a NaN may have any mantissa.
  void expectCode(int64_t actual, int64_t expected, float number) {
    if (type.isF8() && std::isnan(type.decode(expected)))
      EXPECT_TRUE(std::isnan(type.decode(actual))) << number;
    else
      EXPECT_EQ(actual, expected) << number;
  }
  static void expectFloat(float actual, float expected, float number) {
    if (std::isnan(expected))
      EXPECT_TRUE(std::isnan(actual)) << number;
    else
      EXPECT_EQ(llvm::bit_cast<uint32_t>(actual),
                llvm::bit_cast<uint32_t>(expected))
          << number << ": expected " << expected << ", but got " << actual;
  }

  StorageType type = GetParam();
  MLIRContext context;
  std::mt19937 random{5};
};

TEST_P(StorageTest, quantizeFolds) {
  std::vector<float> numbers = getNumbers();
  for (std::optional<int64_t> zeroPoint : getZeroPoints())
    for (float scale : {1.0f, 0.3f}) {
      std::string operands, types;
      std::string body = getParameters(scale, zeroPoint, operands, types);
      for (llvm::ArrayRef<float> rest = numbers; !rest.empty();) {
        llvm::ArrayRef<float> part = rest.take_front(1000);
        rest = rest.drop_front(part.size());
        std::string text = formatv(R"(
func.func @main() -> tensor<{0}x{1}> {{
  %x = arith.constant dense<[{2}]> : tensor<{0}xf32>
{3}  %q = qnn.quantize %x, {4} : tensor<{0}xf32>, {5} -> tensor<{0}x{1}>
  return %q : tensor<{0}x{1}>
})",
                                   part.size(), type.name, printFloats(part),
                                   body, operands, types);
        std::vector<int64_t> actual = fold(text);
        ASSERT_EQ(actual.size(), part.size());
        for (auto [code, x] : llvm::zip_equal(actual, part))
          expectCode(code, type.quantize(x, scale, zeroPoint.value_or(0)), x);
      }
    }
}

TEST_P(StorageTest, quantizeRuns) {
  std::vector<float> numbers = getNumbers();
  for (std::optional<int64_t> zeroPoint : getZeroPoints())
    for (float scale : {1.0f, 0.3f}) {
      std::string operands, types;
      std::string body = getParameters(scale, zeroPoint, operands, types);
      std::string text =
          formatv(R"(
func.func @main(%x: tensor<{0}xf32>) -> tensor<{0}xf32> {{
{1}  %q = qnn.quantize %x, {2} : tensor<{0}xf32>, {3} -> tensor<{0}x{4}>
  %one = arith.constant dense<1.0> : tensor<f32>
  %y = qnn.dequantize %q, scale %one : tensor<{0}x{4}>, tensor<f32> -> tensor<{0}xf32>
  return %y : tensor<{0}xf32>
})",
                  numbers.size(), body, operands, types, type.name);
      std::vector<float> actual = run(text, numbers, numbers.size());
      for (auto [y, x] : llvm::zip_equal(actual, numbers))
        expectFloat(y,
                    type.dequantize(
                        type.quantize(x, scale, zeroPoint.value_or(0)), 1, 0),
                    x);
    }
}

/// All codes, or those at the edges of an i16.
TEST_P(StorageTest, dequantizeRuns) {
  std::vector<int64_t> codes;
  int64_t low = type.isF8() ? 0 : type.getMin();
  int64_t high = type.isF8() ? 255 : type.getMax();
  for (int64_t code = low; code <= high; ++code)
    if (high - low < 1000 || code < low + 100 || code > high - 100 ||
        std::abs(code) < 100)
      codes.push_back(code);
  std::string list;
  for (int64_t code : codes)
    list += formatv("{0}{1}", list.empty() ? "" : ", ", type.print(code));
  for (std::optional<int64_t> zeroPoint : getZeroPoints())
    for (float scale : {1.0f, 0.3f}) {
      std::string operands, types;
      std::string body = getParameters(scale, zeroPoint, operands, types);
      std::string text =
          formatv(R"(
func.func @main(%x: tensor<1xf32>) -> tensor<{0}xf32> {{
{1}  %q = arith.constant dense<[{2}]> : tensor<{0}x{3}>
  %y = qnn.dequantize %q, {4} : tensor<{0}x{3}>, {5} -> tensor<{0}xf32>
  return %y : tensor<{0}xf32>
})",
                  codes.size(), body, list, type.name, operands, types);
      std::vector<float> actual =
          run(text, std::vector<float>(1), codes.size());
      for (auto [y, code] : llvm::zip_equal(actual, codes))
        expectFloat(y, type.dequantize(code, scale, zeroPoint.value_or(0)),
                    code);
    }
}

TEST_P(StorageTest, dequantizeFoldsScalars) {
  for (int64_t code : {type.isF8() ? 0x80 : type.getMin(),
                       type.isF8() ? 0x7e : type.getMax(), int64_t(1)})
    for (std::optional<int64_t> zeroPoint : getZeroPoints()) {
      std::string operands, types;
      std::string body = getParameters(0.3f, zeroPoint, operands, types);
      std::string text =
          formatv(R"(
func.func @main() -> tensor<f32> {{
{0}  %q = arith.constant dense<{1}> : tensor<{2}>
  %y = qnn.dequantize %q, {3} : tensor<{2}>, {4} -> tensor<f32>
  return %y : tensor<f32>
})",
                  body, type.print(code), type.name, operands, types);
      expectFloat(llvm::bit_cast<float>(uint32_t(fold(text).front())),
                  type.dequantize(code, 0.3f, zeroPoint.value_or(0)), code);
    }
}

TEST_P(StorageTest, fakeQuantize) {
  std::vector<float> numbers = getNumbers();
  numbers.resize(std::min<size_t>(numbers.size(), 1000));
  for (std::optional<int64_t> zeroPoint : getZeroPoints()) {
    std::string operands, types;
    std::string body = getParameters(0.3f, zeroPoint, operands, types);
    auto write = [&](bool isConstant) {
      return formatv(R"(
func.func @main({0}) -> tensor<{1}xf32> {{
{2}{3}  %y = qnn.fake_quantize %x, {4} as {5} : tensor<{1}xf32>, {6} -> tensor<{1}xf32>
  return %y : tensor<{1}xf32>
})",
                     isConstant
                         ? ""
                         : formatv("%x: tensor<{0}xf32>", numbers.size()).str(),
                     numbers.size(),
                     isConstant
                         ? formatv("  %x = arith.constant dense<[{0}]> : "
                                   "tensor<{1}xf32>\n",
                                   printFloats(numbers), numbers.size())
                               .str()
                         : "",
                     body, operands, type.name, types)
          .str();
    };
    std::vector<int64_t> folded = fold(write(true));
    std::vector<float> compiled = run(write(false), numbers, numbers.size());
    for (auto [bits, y, x] : llvm::zip_equal(folded, compiled, numbers)) {
      int64_t z = zeroPoint.value_or(0);
      float expected = type.dequantize(type.quantize(x, 0.3f, z), 0.3f, z);
      expectFloat(llvm::bit_cast<float>(uint32_t(bits)), expected, x);
      expectFloat(y, expected, x);
    }
  }
}

TEST_P(StorageTest, requantize) {
  std::vector<int32_t> accumulators = {0,         1,        -1,       INT32_MAX,
                                       INT32_MIN, 16777217, -16777219};
  for (int i = 0; i < 500; ++i)
    accumulators.push_back(int32_t(random()) >> (random() % 32));
  std::string list;
  for (int32_t value : accumulators)
    list += formatv("{0}{1}", list.empty() ? "" : ", ", value);
  size_t size = accumulators.size();
  for (float multiplier : {0.5f, 1.0f, 0.0123f, 3e-8f})
    for (std::optional<int64_t> zeroPoint : getZeroPoints()) {
      std::string operands, types;
      std::string body = getParameters(multiplier, zeroPoint, operands, types);
      operands.replace(0, 5, "multiplier");
      std::string op =
          formatv("  %q = qnn.requantize %x, {0} : tensor<{1}xi32>, {2} -> "
                  "tensor<{1}x{3}>\n",
                  operands, size, types, type.name);
      std::vector<int64_t> folded =
          fold(formatv(R"(
func.func @main() -> tensor<{0}x{1}> {{
  %x = arith.constant dense<[{2}]> : tensor<{0}xi32>
{3}{4}  return %q : tensor<{0}x{1}>
})",
                       size, type.name, list, body, op));
      std::vector<float> compiled = run(formatv(R"(
func.func @main(%x: tensor<{0}xi32>) -> tensor<{0}xf32> {{
{1}{2}  %one = arith.constant dense<1.0> : tensor<f32>
  %y = qnn.dequantize %q, scale %one : tensor<{0}x{3}>, tensor<f32> -> tensor<{0}xf32>
  return %y : tensor<{0}xf32>
})",
                                                size, body, op, type.name)
                                            .str(),
                                        accumulators, size);
      ASSERT_EQ(folded.size(), size);
      for (auto [code, y, accumulator] :
           llvm::zip_equal(folded, compiled, accumulators)) {
        volatile float product = float(accumulator) * multiplier;
        int64_t expected = type.round(product, zeroPoint.value_or(0));
        expectCode(code, expected, accumulator);
        expectFloat(y, type.dequantize(expected, 1, 0), accumulator);
      }
    }
}

INSTANTIATE_TEST_SUITE_P(types, StorageTest, ::testing::ValuesIn(kStorageTypes),
                         [](const auto &info) {
                           return std::string(info.param.name);
                         });

} // namespace
