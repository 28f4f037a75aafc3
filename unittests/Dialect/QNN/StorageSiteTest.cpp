//===- StorageSiteTest.cpp - sites of every pair of storage types ---------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// From floats to floats: quantized, lowered, fused, compiled, executed, and
// compared with sums of exact products bit for bit. Sums of f8 are exact where
// all partial sums are numbers of f32, and within the bound of
// docs/arithmetic.md elsewhere.
//
//===----------------------------------------------------------------------===//

#include "StorageReference.h"
#include "quantc/Dialect/QNN/IR/QNNDialect.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"
#include "quantc/Execution/Executable.h"

#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/FormatVariadic.h"
#include "gtest/gtest.h"
#include <cmath>
#include <functional>
#include <random>

using namespace mlir;
using namespace quantc;
using namespace quantc::test;
using llvm::formatv;

namespace {

using Shape = std::vector<int64_t>;

int64_t count(const Shape &shape) {
  int64_t product = 1;
  for (int64_t size : shape)
    product *= size;
  return product;
}

std::string getType(const Shape &shape, llvm::StringRef element) {
  std::string text = "tensor<";
  for (int64_t size : shape)
    text += std::to_string(size) + "x";
  return text + element.str() + ">";
}

/// A contraction or convolution of a left operand that is given and a right one
/// that is given or constant. The last dimension of either is that of columns.
struct Form {
  const char *name;
  const char *op;
  Shape lhs, rhs, result;
  bool isConstant;
  /// The shape of lhs with one zero on either side of the image.
  Shape padded;
  /// Visits all products: indices of result, lhs (-1: padding) and rhs.
  void (*visit)(const Form &,
                llvm::function_ref<void(int64_t, int64_t, int64_t)>);
};

void visitMatmul(const Form &form,
                 llvm::function_ref<void(int64_t, int64_t, int64_t)> body) {
  int64_t k = form.rhs[0], n = form.rhs[1];
  for (int64_t i = 0; i < form.lhs[0]; ++i)
    for (int64_t j = 0; j < n; ++j)
      for (int64_t l = 0; l < k; ++l)
        body(i * n + j, i * k + l, l * n + j);
}

/// 3 x 3 windows; channels that are summed over, or kept where there are none.
void visitConvolution(
    const Form &form,
    llvm::function_ref<void(int64_t, int64_t, int64_t)> body) {
  int64_t size = form.lhs[1], channels = form.lhs[3],
          pad = !form.padded.empty();
  int64_t out = form.result[1], features = form.result[3];
  bool depthwise = form.rhs.size() == 3;
  for (int64_t p = 0; p < out * out; ++p)
    for (int64_t f = 0; f < features; ++f)
      for (int64_t w = 0; w < 9; ++w)
        for (int64_t c = 0; c < (depthwise ? 1 : channels); ++c) {
          int64_t y = p / out + w / 3 - pad, x = p % out + w % 3 - pad;
          bool inside = y >= 0 && y < size && x >= 0 && x < size;
          int64_t pixel = (y * size + x) * channels + (depthwise ? f : c);
          body(p * features + f, inside ? pixel : -1,
               depthwise ? w * features + f
                         : (w * channels + c) * features + f);
        }
}

const Form forms[] = {
    {"constantWeights",
     "linalg.matmul",
     {5, 37},
     {37, 21},
     {5, 21},
     true,
     {},
     visitMatmul},
    {"oneProduct",
     "linalg.matmul",
     {3, 1},
     {1, 17},
     {3, 17},
     false,
     {},
     visitMatmul},
    {"twoActivations",
     "linalg.matmul",
     {4, 66},
     {66, 18},
     {4, 18},
     false,
     {},
     visitMatmul},
    {"convolution",
     "linalg.conv_2d_nhwc_hwcf",
     {1, 5, 5, 3},
     {3, 3, 3, 6},
     {1, 5, 5, 6},
     true,
     {1, 7, 7, 3},
     visitConvolution},
    {"depthwise",
     "linalg.depthwise_conv_2d_nhwc_hwc",
     {1, 5, 5, 6},
     {3, 3, 6},
     {1, 3, 3, 6},
     true,
     {},
     visitConvolution},
};

/// Parameters of one operand: one scale and zero point, or one per column.
struct Parameters {
  std::vector<float> scales;
  std::vector<int64_t> zeroPoints;
};

class StorageSiteTest
    : public ::testing::TestWithParam<std::pair<StorageType, StorageType>> {
protected:
  StorageSiteTest() {
    qnn::registerQNNPasses();
    DialectRegistry registry;
    registerCompilerDialects(registry);
    registry.insert<qnn::QNNDialect>();
    context.appendDialectRegistry(registry);
  }

  Parameters drawParameters(const StorageType &type, int64_t columns,
                            bool symmetric) {
    Parameters parameters;
    for (int64_t i = 0; i < columns; ++i) {
      parameters.scales.push_back(
          std::ldexp(1 + random() % 1024 / 1024.0f, -8));
      if (!symmetric)
        parameters.zeroPoints.push_back(
            type.getMin() +
            int64_t(random() % (type.getMax() - type.getMin() + 1)));
    }
    return parameters;
  }

  /// A quantized value, often at the edge; for f8 one of few bits if asked to.
  int64_t drawValue(const StorageType &type, bool fewBits) {
    if (type.isF8())
      return type.round(fewBits ? int(random() % 17) - 8
                                : std::ldexp(int(random() % 255) - 127,
                                             int(random() % 12) - 8),
                        0);
    unsigned roll = random() % 4;
    int64_t range = type.getMax() - type.getMin() + 1;
    return roll == 0   ? type.getMin()
           : roll == 1 ? type.getMax()
                       : type.getMin() + int64_t(random() % range);
  }

  static std::string print(const Shape &shape, size_t &next,
                           llvm::function_ref<std::string(size_t)> element,
                           size_t dim = 0) {
    if (dim == shape.size())
      return element(next++);
    std::string text = "[";
    for (int64_t i = 0; i < shape[dim]; ++i)
      text += (i ? ", " : "") + print(shape, next, element, dim + 1);
    return text + "]";
  }

  static std::string makeConstant(llvm::StringRef name, const Shape &shape,
                                  llvm::StringRef element,
                                  llvm::function_ref<std::string(size_t)> at) {
    size_t next = 0;
    return formatv("  {0} = arith.constant dense<{1}> : {2}\n", name,
                   print(shape, next, at), getType(shape, element));
  }

  /// Emits parameters %s<id> and %z<id>; returns " zero_point..." and types.
  static std::string writeParameters(std::string &body, llvm::StringRef id,
                                     const StorageType &type,
                                     const Parameters &parameters, bool columns,
                                     std::string &operands) {
    Shape shape;
    if (columns)
      shape.push_back(parameters.scales.size());
    body += makeConstant(("%s" + id).str(), shape, "f32", [&](size_t i) {
      return formatv("0x{0}", llvm::utohexstr(llvm::bit_cast<uint32_t>(
                                  parameters.scales[i])))
          .str();
    });
    std::string types = ", " + getType(shape, "f32");
    operands = ("scale %s" + id).str();
    if (parameters.zeroPoints.empty())
      return types;
    body += makeConstant(("%z" + id).str(), shape, type.name, [&](size_t i) {
      return type.print(parameters.zeroPoints[i]);
    });
    operands += (" zero_point %z" + id).str();
    return types + ", " + getType(shape, type.name);
  }

  std::string write(const Form &form, const StorageType &lhsType,
                    const StorageType &rhsType, const Parameters &lhs,
                    const Parameters &rhs, const std::vector<int64_t> &weights);

  std::vector<float> run(const std::string &text,
                         const std::vector<const void *> &inputs, size_t size);

  MLIRContext context;
  std::mt19937 random{11};
};

std::string StorageSiteTest::write(const Form &form, const StorageType &lhsType,
                                   const StorageType &rhsType,
                                   const Parameters &lhs, const Parameters &rhs,
                                   const std::vector<int64_t> &weights) {
  std::string body, lhsOperands, rhsOperands;
  std::string lhsTypes =
      writeParameters(body, "a", lhsType, lhs, false, lhsOperands);
  std::string rhsTypes =
      writeParameters(body, "b", rhsType, rhs, form.isConstant, rhsOperands);
  std::string axes =
      form.isConstant
          ? formatv(" {axes = array<i64: {0}>}", form.rhs.size() - 1).str()
          : "";
  std::string x = getType(form.lhs, "f32"), w = getType(form.rhs, "f32"),
              y = getType(form.result, "f32");
  std::string qx = getType(form.lhs, lhsType.name),
              qw = getType(form.rhs, rhsType.name);
  body += formatv("  %qa = qnn.quantize %x, {0} : {1}{2} -> {3}\n"
                  "  %da = qnn.dequantize %qa, {0} : {3}{2} -> {1}\n",
                  lhsOperands, x, lhsTypes, qx);
  std::string left = "%da", leftType = x;
  if (!form.padded.empty()) {
    left = "%padded";
    leftType = getType(form.padded, "f32");
    body += formatv("  %padded = tensor.pad %da low[0, 1, 1, 0] high[0, 1, 1, "
                    "0] {{\n  ^bb0(%i0: index, %i1: index, %i2: index, %i3: "
                    "index):\n    tensor.yield %c0 : f32\n  } : {0} to {1}\n",
                    x, leftType);
  }
  if (form.isConstant)
    body += makeConstant("%qb", form.rhs, rhsType.name,
                         [&](size_t i) { return rhsType.print(weights[i]); });
  else
    body += formatv("  %qb = qnn.quantize %w, {0} : {1}{2} -> {3}\n",
                    rhsOperands, w, rhsTypes, qw);
  body += formatv("  %db = qnn.dequantize %qb, {0}{1} : {2}{3} -> {4}\n",
                  rhsOperands, axes, qw, rhsTypes, w);
  return formatv(R"(
func.func @main(%x: {0}, %w: {1}) -> {2} {{
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : {2}
  %f = linalg.fill ins(%c0 : f32) outs(%e : {2}) -> {2}
{3}  %y = {4} ins({5}, %db : {6}, {1}) outs(%f : {2}) -> {2}
  return %y : {2}
}
)",
                 x, w, y, body, form.op, left, leftType);
}

std::vector<float> StorageSiteTest::run(const std::string &text,
                                        const std::vector<const void *> &inputs,
                                        size_t size) {
  std::vector<float> result(size, -77.0f);
  auto module = parseSourceString<ModuleOp>(text, &context);
  if (!module) {
    ADD_FAILURE() << text;
    return result;
  }
  PassManager manager(&context, ModuleOp::getOperationName());
  EXPECT_TRUE(succeeded(parsePassPipeline(
      "qnn-lower-symmetric,qnn-lower-asymmetric,verify-lowered,"
      "qnn-fuse-zero-points,qnn-fuse-epilogue",
      manager)));
  EXPECT_TRUE(succeeded(manager.run(*module)));
  module->walk([&](Operation *op) {
    if (auto reason = op->getAttrOfType<StringAttr>(qnn::kFloatReasonAttrName))
      ADD_FAILURE() << "stays in float: " << reason.str();
  });
  CompileOptions options;
  options.optimizationLevel = 1;
  auto executable = Executable::compile(*module, {}, options);
  if (failed(executable)) {
    ADD_FAILURE() << text;
    return result;
  }
  llvm::Error error =
      (*executable)
          ->run(*(*executable)->lookup("main"), inputs, {result.data()});
  EXPECT_FALSE(bool(error));
  llvm::consumeError(std::move(error));
  return result;
}

TEST_P(StorageSiteTest, matchesExactSums) {
  StorageType lhsType = GetParam().first, rhsType = GetParam().second;
  bool isF8 = lhsType.isF8();
  for (const Form &form : forms)
    for (int variant : isF8 || &form != forms ? std::vector<int>{0, 3}
                                              : std::vector<int>{0, 1, 2, 3}) {
      // Integers: zero points on neither, either and both sides. f8: values
      // whose sums are exact in any order, and any values.
      bool fewBits = isF8 && variant == 0;
      bool lhsSymmetric = isF8 || !(variant & 1);
      bool rhsSymmetric = isF8 || !(variant & 2);
      int64_t columns = form.result.back();
      Parameters lhs = drawParameters(lhsType, 1, lhsSymmetric);
      Parameters rhs =
          drawParameters(rhsType, form.isConstant ? columns : 1, rhsSymmetric);
      if (isF8 && !fewBits)
        rhs.scales.assign(rhs.scales.size(), lhs.scales[0] = 1);

      // Floats that quantize to the drawn values, and some that need rounding.
      auto getZeroPoint = [](const Parameters &p, size_t i) {
        return p.zeroPoints.empty() ? 0 : p.zeroPoints[i];
      };
      auto makeFloats = [&](const StorageType &type, const Parameters &p,
                            int64_t size) {
        std::vector<float> values;
        for (int64_t i = 0; i < size; ++i) {
          float x = type.dequantize(drawValue(type, fewBits), p.scales[0],
                                    getZeroPoint(p, 0));
          if (!fewBits)
            x += p.scales[0] * (random() % 9 / 8.0f - 0.5f);
          values.push_back(x);
        }
        return values;
      };
      std::vector<float> x = makeFloats(lhsType, lhs, count(form.lhs));
      std::vector<float> w = makeFloats(rhsType, rhs, count(form.rhs));
      if (!fewBits && form.lhs.size() == 2)
        x[0] = NAN;
      std::vector<int64_t> qa, qb;
      for (float value : x)
        qa.push_back(
            lhsType.quantize(value, lhs.scales[0], getZeroPoint(lhs, 0)));
      for (float value : w)
        qb.push_back(form.isConstant ? drawValue(rhsType, fewBits)
                                     : rhsType.quantize(value, rhs.scales[0],
                                                        getZeroPoint(rhs, 0)));

      std::string text = write(form, lhsType, rhsType, lhs, rhs, qb);
      SCOPED_TRACE(
          formatv("{0}, variant {1}{2}", form.name, variant, text).str());
      std::vector<float> actual =
          run(text, {x.data(), w.data()}, count(form.result));
      if (HasFailure())
        return;

      // Multiples of 2^-32.
      std::vector<__int128> sums(actual.size()), sizes(actual.size());
      std::vector<bool> isNaN(actual.size());
      std::vector<int64_t> products(actual.size());
      form.visit(form, [&](int64_t r, int64_t a, int64_t b) {
        ++products[r];
        if (a < 0)
          return;
        if (isF8 && (std::isnan(lhsType.decode(qa[a])) ||
                     std::isnan(rhsType.decode(qb[b])))) {
          isNaN[r] = true;
          return;
        }
        size_t column = form.isConstant ? r % columns : 0;
        __int128 product =
            lhsType.getFixedPoint(qa[a], getZeroPoint(lhs, 0)) *
            rhsType.getFixedPoint(qb[b], getZeroPoint(rhs, column));
        sums[r] += product;
        sizes[r] += product < 0 ? -product : product;
      });
      for (size_t r = 0; r < actual.size(); ++r) {
        if (isNaN[r]) {
          ASSERT_TRUE(std::isnan(actual[r])) << "element " << r;
          continue;
        }
        // The conversion rounds once, and so does each product.
        volatile float sum = std::ldexp(float(sums[r]), -32);
        volatile float scale =
            float(double(lhs.scales[0]) *
                  double(rhs.scales[form.isConstant ? r % columns : 0]));
        volatile float expected = sum * scale;
        if (!isF8 || fewBits) {
          ASSERT_EQ(llvm::bit_cast<uint32_t>(actual[r]),
                    llvm::bit_cast<uint32_t>(expected))
              << "element " << r << ": expected " << expected << ", but got "
              << actual[r];
          continue;
        }
        double u = std::ldexp(1.0, -24), n = products[r] - 1;
        double bound = n * u / (1 - n * u) * std::ldexp(double(sizes[r]), -32);
        ASSERT_LE(std::fabs(actual[r] - std::ldexp(double(sums[r]), -32)),
                  bound)
            << "element " << r;
      }
    }
}

const std::pair<StorageType, StorageType> pairs[] = {
    {kI8, kI8},   {kUI8, kI8},    {kI8, kUI8},    {kUI8, kUI8},
    {kI8, kI4},   {kUI8, kI4},    {kI4, kI4},     {kI4, kUI8},
    {kI16, kI8},  {kI8, kI16},    {kI16, kI16},   {kI16, kI4},
    {kUI8, kI16}, {kE4M3, kE4M3}, {kE5M2, kE5M2}, {kE4M3, kE5M2}};

INSTANTIATE_TEST_SUITE_P(pairs, StorageSiteTest, ::testing::ValuesIn(pairs),
                         [](const auto &info) {
                           return std::string(info.param.first.name) + "_" +
                                  info.param.second.name;
                         });

} // namespace
