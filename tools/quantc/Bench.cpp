//===- Bench.cpp - quantc bench -------------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "CompiledModel.h"
#include "OutputFiles.h"
#include "Roofline.h"
#include "quantc/Evaluation/Metrics.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/TargetParser/Host.h"

#include <chrono>
#include <random>
#include <thread>

using namespace quantc;
using namespace quantc::tool;
using namespace llvm;
using mlir::FloatAttr;

static Error runBench(Tool &tool);
Command quantc::tool::benchCommand(
    "bench", "measure the latency of one bundle, or of two side by side",
    runBench);

static cl::opt<std::string> bundlePath(cl::Positional, cl::desc("<bundle>"),
                                       cl::sub(benchCommand),
                                       cl::cat(quantcOptions));
static cl::opt<std::string>
    againstPath("against", cl::value_desc("bundle"),
                cl::desc("Bundle to compare with, run in turns with the first"),
                cl::sub(benchCommand), cl::cat(quantcOptions));
static cl::opt<std::string>
    dataPath("data", cl::value_desc("file"),
             cl::desc("Safetensors file whose first batch is the input "
                      "(default: random floats, integers 0)"),
             cl::sub(benchCommand), cl::cat(quantcOptions));
static cl::opt<unsigned> numRuns("runs", cl::init(50), cl::value_desc("n"),
                                 cl::desc("Timed runs of each (default 50)"),
                                 cl::sub(benchCommand), cl::cat(quantcOptions));
static cl::opt<bool> printJSON("json", cl::desc("Print a JSON object"),
                               cl::sub(benchCommand), cl::cat(quantcOptions));
static cl::opt<bool> roofline(
    "roofline",
    cl::desc(
        "Measure this machine instead of a bundle: its rates in i8 and f32 "
        "and its memory bandwidth, as a target of the cost model"),
    cl::sub(benchCommand), cl::cat(quantcOptions));
static cl::opt<std::string>
    targetPath("o", cl::value_desc("file"),
               cl::desc("With --roofline: write the target description, which "
                        "a recipe's 'auto' takes as its target"),
               cl::sub(benchCommand), cl::cat(quantcOptions));
static ThreadsOption numThreads(benchCommand);
static DeviceOption device(benchCommand);

namespace {
/// A model and the times of its runs in seconds.
struct Contestant {
  StringRef name;
  std::unique_ptr<CompiledModel> model;
  std::vector<double> times;

  double getQuantile(double q) const { return quantile(times, q); }
  double getMedian() const { return getQuantile(0.5); }
  /// Distance of the 5th and 95th percentiles, relative to the median.
  double getSpread() const {
    return (getQuantile(0.95) - getQuantile(0.05)) / getMedian();
  }
};
} // namespace

/// What /proc/cpuinfo calls the processor, where there is such a file.
static std::string getMachineName() {
  std::string name = sys::getHostCPUName().str();
  if (auto info = MemoryBuffer::getFileAsStream("/proc/cpuinfo")) {
    StringRef line = (*info)->getBuffer();
    line = line.substr(line.find("model name")).split('\n').first;
    if (StringRef model = line.split(':').second.trim(); !model.empty())
      name = (model + " (" + name + ")").str();
  }
  return formatv("{0}, {1} CPUs", name, std::thread::hardware_concurrency());
}

static Error fillInputs(CompiledModel &model) {
  if (!dataPath.empty()) {
    Expected<DataSet> data =
        DataSet::open(dataPath, model.getInputs(), model.getOutputs());
    if (!data)
      return data.takeError();
    data->copyBatch(0, model.getInputBuffers());
    return Error::success();
  }
  // Zeros could be faster than data (no denormals, no clamping); for indices
  // nothing else is safe.
  std::mt19937 generator(1);
  for (auto [spec, buffer] :
       zip_equal(model.getInputs(), model.getInputBuffers())) {
    if (spec.dtype != DType::F32)
      continue;
    auto *values = static_cast<float *>(buffer);
    for (int64_t i = 0; i < spec.getNumElements(); ++i)
      values[i] = float(generator()) / 0x1p31f - 1;
  }
  return Error::success();
}

static Error timeRun(Contestant &contestant) {
  using Clock = std::chrono::steady_clock;
  auto start = Clock::now();
  if (Error error = contestant.model->run())
    return error;
  contestant.times.push_back(
      std::chrono::duration<double>(Clock::now() - start).count());
  return Error::success();
}

static void printReport(ArrayRef<Contestant> contestants) {
  double ratio = contestants.back().getMedian() / contestants[0].getMedian();
  bool hasRatio = contestants.size() > 1;
  if (printJSON) {
    json::Array bundles;
    for (const Contestant &contestant : contestants)
      bundles.push_back(
          json::Object{{"bundle", contestant.name},
                       {"median_seconds", contestant.getMedian()},
                       {"p5_seconds", contestant.getQuantile(0.05)},
                       {"p95_seconds", contestant.getQuantile(0.95)},
                       {"spread", contestant.getSpread()}});
    json::Object object{{"machine", getMachineName()},
                        {"threads", int64_t(numThreads)},
                        {"runs", int64_t(numRuns)},
                        {"bundles", std::move(bundles)}};
    if (hasRatio)
      object["ratio"] = ratio;
    outs() << formatv("{0:2}\n", json::Value(std::move(object)));
    return;
  }
  size_t width = 6;
  for (const Contestant &contestant : contestants)
    width = std::max(width, contestant.name.size());
  outs() << "machine: " << getMachineName() << ", " << numThreads
         << (numThreads == 1 ? " thread, " : " threads, ") << numRuns
         << " runs\n";
  auto printRow = [&](StringRef name, StringRef median, StringRef p5,
                      StringRef spread) {
    outs() << left_justify(name, width) << right_justify(median, 14)
           << right_justify(p5, 14) << right_justify(spread, 10) << '\n';
  };
  printRow("bundle", "median ms", "5th pct. ms", "spread");
  for (const Contestant &contestant : contestants)
    printRow(contestant.name,
             formatv("{0:f4}", contestant.getMedian() * 1e3).str(),
             formatv("{0:f4}", contestant.getQuantile(0.05) * 1e3).str(),
             formatv("{0:f1} %", contestant.getSpread() * 100).str());
  if (hasRatio)
    outs() << formatv("{0} takes {1:f2} times as long as {2}\n",
                      contestants[1].name, ratio, contestants[0].name);
}

static void printTarget(qnn::TargetAttr target) {
  auto giga = [](FloatAttr rate) { return rate.getValueAsDouble() / 1e9; };
  if (printJSON) {
    outs() << formatv(
        "{0:2}\n",
        json::Value(json::Object{
            {"machine", getMachineName()},
            {"threads", int64_t(numThreads)},
            {"int8_operations_per_second", target.getInt8().getValueAsDouble()},
            {"f32_operations_per_second", target.getF32().getValueAsDouble()},
            {"bytes_per_second", target.getBandwidth().getValueAsDouble()}}));
    return;
  }
  outs() << "machine: " << getMachineName() << ", " << numThreads
         << (numThreads == 1 ? " thread\n" : " threads\n");
  double bandwidth = giga(target.getBandwidth());
  for (auto [name, rate] : {std::pair("i8", giga(target.getInt8())),
                            {"f32", giga(target.getF32())}})
    outs() << formatv("{0,-10}{1,10:f1} GOP/s   ridge {2,6:f1} operations a "
                      "byte\n",
                      name, rate, rate / bandwidth);
  outs() << formatv("{0,-10}{1,10:f1} GB/s\n", "memory", bandwidth);
}

static Error runRoofline(Tool &tool) {
  if (!bundlePath.empty() || !againstPath.empty() || !dataPath.empty())
    return createStringError(
        "expected either a bundle or --roofline, but got both");
  OutputFiles &outputs = tool.getOutputs();
  if (!targetPath.empty())
    if (Error error = outputs.add(targetPath).takeError())
      return error;
  Expected<qnn::TargetAttr> target = measureRoofline(tool, numThreads);
  if (!target)
    return target.takeError();
  if (!targetPath.empty()) {
    std::string text;
    raw_string_ostream(text) << *target << '\n';
    if (Error error = outputs.write(targetPath, text))
      return error;
  }
  printTarget(*target);
  return outputs.commit();
}

static Error runBench(Tool &tool) {
  if (roofline)
    return runRoofline(tool);
  if (bundlePath.empty())
    return createStringError("expected a bundle, or --roofline");
  if (!targetPath.empty())
    return createStringError("expected -o with --roofline only");
  if (Error error = checkAtLeast(numRuns, 1))
    return error;
  std::vector<Contestant> contestants;
  for (const std::string *path :
       {&bundlePath.getValue(), &againstPath.getValue()}) {
    if (path->empty())
      continue;
    auto model = CompiledModel::load(*path, numThreads, device);
    if (!model)
      return model.takeError();
    if (Error error = fillInputs(**model))
      return error;
    contestants.push_back({*path, std::move(*model), {}});
  }

  // Warm caches and pages, then take turns: whatever else the machine does
  // falls on both alike.
  for (Contestant &contestant : contestants)
    for (int i = 0; i < 3; ++i)
      if (Error error = contestant.model->run())
        return error;
  Progress progress(tool, "runs", numRuns);
  for (unsigned i = 0; i < numRuns; ++i) {
    for (Contestant &contestant : contestants)
      if (Error error = timeRun(contestant))
        return error;
    progress.advance();
  }
  for (Contestant &contestant : contestants)
    sort(contestant.times);
  printReport(contestants);
  return Error::success();
}
