//===- Roofline.cpp - what this machine can do ----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Roofline.h"
#include "CompiledModel.h"
#include "quantc/Evaluation/Metrics.h"
#include "quantc/Execution/Executable.h"
#include "quantc/Parameters/ConstantTensor.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/STLExtras.h"
#include <chrono>
#include <numeric>
#include <random>
#include <thread>

using namespace mlir;
using namespace quantc;
using namespace quantc::tool;
using llvm::Error;
using llvm::Expected;

static constexpr int64_t kSize = 1024;
static constexpr int kRuns = 15;

/// Median of the seconds that `run` takes, after one run that is not timed.
static Expected<double> timeRuns(llvm::function_ref<Error()> run,
                                 Progress &progress) {
  using Clock = std::chrono::steady_clock;
  std::vector<double> times;
  for (int i = 0; i <= kRuns; ++i) {
    auto start = Clock::now();
    if (Error error = run())
      return error;
    if (i > 0)
      times.push_back(
          std::chrono::duration<double>(Clock::now() - start).count());
    progress.advance();
  }
  llvm::sort(times);
  return quantile(times, 0.5);
}

/// main(a) = a x w in i32 or f32, with constant weights, as models have them.
static OwningOpRef<ModuleOp> buildProduct(MLIRContext *context, Type element,
                                          Type accumulator) {
  Location loc = UnknownLoc::get(context);
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  OpBuilder builder = OpBuilder::atBlockEnd(module->getBody());
  auto operandType = RankedTensorType::get({kSize, kSize}, element);
  auto resultType = RankedTensorType::get({kSize, kSize}, accumulator);
  auto func = func::FuncOp::create(
      builder, loc, "main",
      builder.getFunctionType({operandType}, {resultType}));
  builder.setInsertionPointToStart(func.addEntryBlock());
  std::mt19937 generator(1);
  Value weights = createConstantTensor(
      builder, loc, operandType, "weights", [&](MutableArrayRef<char> bytes) {
        if (element.isF32())
          for (float &value : MutableArrayRef(
                   reinterpret_cast<float *>(bytes.data()), kSize * kSize))
            value = float(generator()) / 0x1p31f - 1;
        else
          for (char &value : bytes)
            value = static_cast<char>(generator());
      });
  Value zero =
      arith::ConstantOp::create(builder, loc, builder.getZeroAttr(accumulator));
  Value init =
      tensor::EmptyOp::create(builder, loc, resultType.getShape(), accumulator);
  init = linalg::FillOp::create(builder, loc, zero, init).getResult(0);
  Value product =
      linalg::MatmulOp::create(builder, loc,
                               ValueRange{func.getArgument(0), weights}, init)
          .getResult(0);
  func::ReturnOp::create(builder, loc, product);
  return module;
}

/// Operations a second of a product.
static Expected<double> measureRate(Tool &tool, DType operand, DType result,
                                    Type element, Type accumulator,
                                    unsigned numThreads, Progress &progress) {
  OwningOpRef<ModuleOp> module =
      buildProduct(&tool.getContext(), element, accumulator);
  CompileOptions options;
  options.parallel = numThreads > 1;
  auto executable = Executable::compile(*module, {}, options);
  if (failed(executable))
    return tool.diagnosed();
  if (Error error = (*executable)->setThreads(numThreads))
    return error;
  TensorBuffers inputs(DataSpec{"a", operand, {kSize, kSize}}),
      outputs(DataSpec{"r", result, {kSize, kSize}});
  const EntryPoint *entry = (*executable)->lookup("main");
  const void *input = inputs.getPointers().front();
  Expected<double> seconds = timeRuns(
      [&] { return (*executable)->run(*entry, input, outputs.getPointers()); },
      progress);
  if (!seconds)
    return seconds;
  return 2.0 * kSize * kSize * kSize / *seconds;
}

/// Bytes a second that can be read, of a buffer that no cache holds.
static Expected<double> measureBandwidth(unsigned numThreads,
                                         Progress &progress) {
  constexpr size_t kWords = size_t(1) << 25; // 256 MiB
  std::vector<uint64_t> buffer(kWords, 1);
  std::vector<uint64_t> sums(numThreads);
  auto readPart = [&](unsigned thread) {
    auto first = buffer.begin() + kWords * thread / numThreads;
    auto last = buffer.begin() + kWords * (thread + 1) / numThreads;
    sums[thread] = std::accumulate(first, last, uint64_t(0));
  };
  Expected<double> seconds = timeRuns(
      [&] {
        std::vector<std::thread> threads;
        for (unsigned i = 1; i < numThreads; ++i)
          threads.emplace_back(readPart, i);
        readPart(0);
        for (std::thread &thread : threads)
          thread.join();
        return Error::success();
      },
      progress);
  if (!seconds)
    return seconds;
  // What was read is used: the compiler cannot leave the reading out.
  if (std::accumulate(sums.begin(), sums.end(), uint64_t(0)) != kWords)
    return llvm::createStringError("memory does not hold what was written");
  return kWords * sizeof(uint64_t) / *seconds;
}

Expected<qnn::TargetAttr> quantc::tool::measureRoofline(Tool &tool,
                                                        unsigned numThreads) {
  MLIRContext &context = tool.getContext();
  context.loadDialect<arith::ArithDialect, func::FuncDialect,
                      linalg::LinalgDialect, tensor::TensorDialect,
                      qnn::QNNDialect>();
  Builder builder(&context);
  Progress progress(tool, "runs", 3 * (kRuns + 1));
  Expected<double> bytes =
      measureRate(tool, DType::I8, DType::I32, builder.getI8Type(),
                  builder.getI32Type(), numThreads, progress);
  if (!bytes)
    return bytes.takeError();
  Expected<double> floats =
      measureRate(tool, DType::F32, DType::F32, builder.getF32Type(),
                  builder.getF32Type(), numThreads, progress);
  if (!floats)
    return floats.takeError();
  Expected<double> bandwidth = measureBandwidth(numThreads, progress);
  if (!bandwidth)
    return bandwidth.takeError();
  FloatAttr floatRate = builder.getF64FloatAttr(*floats);
  return qnn::TargetAttr::get(
      &context, builder.getStringAttr("cpu"), builder.getF64FloatAttr(*bytes),
      floatRate, floatRate, floatRate, builder.getF64FloatAttr(*bandwidth));
}
