//===- Site.cpp - one site with and without zero points -------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Site.h"
#include "quantc/Dialect/QNN/IR/QNNDialect.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"
#include "quantc/Parameters/ConstantTensor.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>
#include <cstring>
#include <random>

using namespace mlir;
using namespace zeropoints;

static constexpr float kInputScale = 0.0078125f, kOutputScale = 0.03125f;
static constexpr int kInputZeroPoint = 17;

/// {0} = type of x, {1} of the weights, {2} of the result, without elements;
/// {3} = n, {4} = axis of the columns, {5} and {6} = zero points, {7} and {8} =
/// their types, {9} = padding and op.
static constexpr const char *text = R"(
func.func @main(%x: tensor<{0}xf32>, %w: tensor<{1}xi8>, %s: tensor<{3}xf32>, %z: tensor<{3}xi8>) -> tensor<{2}xi8> {{
  %c0 = arith.constant 0.0 : f32
  %sx = arith.constant dense<0.0078125> : tensor<f32>
  %zx = arith.constant dense<17> : tensor<i8>
  %t = arith.constant dense<0.03125> : tensor<f32>
  %e = tensor.empty() : tensor<{2}xf32>
  %init = linalg.fill ins(%c0 : f32) outs(%e : tensor<{2}xf32>) -> tensor<{2}xf32>
  %q = qnn.quantize %x, scale %sx {5} : tensor<{0}xf32>, tensor<f32> {7} -> tensor<{0}xi8>
  %a = qnn.dequantize %q, scale %sx {5} : tensor<{0}xi8>, tensor<f32> {7} -> tensor<{0}xf32>
  %b = qnn.dequantize %w, scale %s {6} {{axes = array<i64: {4}>} : tensor<{1}xi8>, tensor<{3}xf32> {8} -> tensor<{1}xf32>
  {9}
  %r = qnn.quantize %y, scale %t : tensor<{2}xf32>, tensor<f32> -> tensor<{2}xi8>
  return %r : tensor<{2}xi8>
})";

std::string Site::getText() const {
  int64_t m = shape.m, n = shape.n, k = shape.k;
  std::string x, w, y, op;
  if (shape.isConvolution) {
    x = llvm::formatv("1x{0}x{0}x{1}", m, k);
    w = llvm::formatv("3x3x{0}x{1}", k, n);
    y = llvm::formatv("1x{0}x{0}x{1}", m, n);
    std::string p = llvm::formatv("tensor<1x{0}x{0}x{1}xf32>", m + 2, k);
    op = llvm::formatv(R"(
  %p = tensor.pad %a low[0, 1, 1, 0] high[0, 1, 1, 0] {{
  ^bb0(%i0: index, %i1: index, %i2: index, %i3: index):
    tensor.yield %c0 : f32
  } : tensor<{0}xf32> to {1}
  %y = linalg.conv_2d_nhwc_hwcf ins(%p, %b : {1}, tensor<{2}xf32>) outs(%init : tensor<{3}xf32>) -> tensor<{3}xf32>)",
                       x, p, w, y);
  } else {
    x = llvm::formatv("{0}x{1}", m, k);
    w = llvm::formatv("{0}x{1}", k, n);
    y = llvm::formatv("{0}x{1}", m, n);
    op = llvm::formatv("%y = linalg.matmul ins(%a, %b : tensor<{0}xf32>, "
                       "tensor<{1}xf32>) outs(%init : tensor<{2}xf32>) -> "
                       "tensor<{2}xf32>",
                       x, w, y);
  }
  return llvm::formatv(
      text, x, w, y, n, shape.isConvolution ? 3 : 1,
      asymmetric ? "zero_point %zx" : "", asymmetric ? "zero_point %z" : "",
      asymmetric ? ", tensor<i8>" : "",
      asymmetric ? llvm::formatv(", tensor<{0}xi8>", n).str() : "", op);
}

bool Site::compile() {
  quantc::qnn::registerQNNPasses();
  registerTransformsPasses();
  DialectRegistry registry;
  quantc::registerCompilerDialects(registry);
  registry.insert<quantc::qnn::QNNDialect>();
  context.appendDialectRegistry(registry);
  auto module = parseSourceString<ModuleOp>(getText(), &context);
  if (!module)
    return false;
  auto func = *module->getOps<func::FuncOp>().begin();
  OpBuilder builder = OpBuilder::atBlockBegin(&func.front());
  const void *data[] = {weights.data(), scales.data(), zeroPoints.data()};
  for (auto [i, bytes] : llvm::enumerate(data)) {
    BlockArgument argument = func.getArgument(i + 1);
    argument.replaceAllUsesWith(quantc::createConstantTensor(
        builder, func.getLoc(), cast<RankedTensorType>(argument.getType()),
        "parameter", [bytes = bytes](MutableArrayRef<char> buffer) {
          std::memcpy(buffer.data(), bytes, buffer.size());
        }));
  }
  llvm::BitVector erased(func.getNumArguments(), true);
  erased.reset(0);
  (void)func.eraseArguments(erased);

  PassManager manager(&context, ModuleOp::getOperationName());
  constexpr const char *pipeline =
      "qnn-lower-symmetric,qnn-lower-asymmetric,verify-lowered,"
      "qnn-fuse-zero-points,qnn-fuse-epilogue,qnn-fuse-sums,"
      "canonicalize,cse,verify-no-zero-point-traffic";
  if (failed(parsePassPipeline(pipeline, manager)) ||
      failed(manager.run(*module)))
    return false;
  auto compiled = quantc::Executable::compile(*module);
  if (failed(compiled))
    return false;
  executable = std::move(*compiled);
  entry = executable->lookup("main");
  return entry != nullptr;
}

Site::Site(const Shape &shape, bool asymmetric)
    : shape(shape), asymmetric(asymmetric), input(shape.getInputSize()),
      weights(shape.getWeightSize()), zeroPoints(shape.n),
      output(shape.getOutputSize()), scales(shape.n) {
  std::mt19937 random(1);
  for (float &x : input)
    x = (int(random() % 2048) - 1024) / 1024.0f;
  for (int8_t &w : weights)
    w = int8_t(random());
  for (int8_t &z : zeroPoints)
    z = int8_t(random() % 2 ? 1 + random() % 12 : -1 - int(random() % 12));
  double terms = double(shape.getOperations()) / shape.getOutputSize() / 2;
  for (float &s : scales)
    s = float((random() % 1000 + 500) * 1e-4 / std::sqrt(terms));
  if (!compile())
    executable = nullptr;
}

void Site::run() {
  if (llvm::Error error =
          executable->run(*entry, {input.data()}, {output.data()}))
    llvm::report_fatal_error(std::move(error));
}

bool Site::isCorrect() {
  int64_t m = shape.m, n = shape.n, k = shape.k;
  int zx = asymmetric ? kInputZeroPoint : 0;
  auto quantize = [](float value, int zero) {
    // Without zero point values are clamped to the same storage range.
    float rounded = std::nearbyint(value);
    return int(std::fmin(127.0f - zero, std::fmax(-128.0f - zero, rounded)));
  };
  std::vector<int32_t> centered(shape.getInputSize());
  for (size_t i = 0; i < centered.size(); ++i)
    centered[i] = quantize(input[i] / kInputScale, zx);
  int64_t window = shape.isConvolution ? 3 : 1;
  int64_t width = shape.isConvolution ? m : 1;
  int64_t positions = shape.getOutputSize() / n;
  run();
  // A sample of positions, the borders of an image among them.
  for (int64_t p = 0; p < positions; p += p < width ? 1 : 37) {
    std::vector<int32_t> sums(n);
    for (int64_t dy = 0; dy < window; ++dy)
      for (int64_t dx = 0; dx < window; ++dx) {
        int64_t y = p / width + dy - window / 2;
        int64_t x = p % width + dx - window / 2;
        if (y < 0 || x < 0 || x >= width || y * width >= positions)
          continue;
        for (int64_t c = 0; c < k; ++c) {
          int32_t a = centered[(y * width + x) * k + c];
          const int8_t *row = &weights[((dy * window + dx) * k + c) * n];
          for (int64_t j = 0; j < n; ++j)
            sums[j] += a * (row[j] - (asymmetric ? zeroPoints[j] : 0));
        }
      }
    for (int64_t j = 0; j < n; ++j) {
      float scale = float(double(kInputScale) * scales[j]);
      float multiplier = float(double(scale) / kOutputScale);
      if (output[p * n + j] != quantize(float(sums[j]) * multiplier, 0))
        return false;
    }
  }
  return true;
}
