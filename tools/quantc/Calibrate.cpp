//===- Calibrate.cpp - quantc calibrate -----------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Quantization.h"
#include "QuantizedSites.h"
#include "quantc/Calibration/Calibrator.h"
#include "quantc/Calibration/Checkpoint.h"
#include "quantc/Dialect/QNN/IR/QNNOps.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/xxhash.h"
#include <chrono>

using namespace quantc;
using namespace quantc::tool;
using namespace llvm;

static Error runCalibrate(Tool &tool);
Command quantc::tool::calibrateCommand(
    "calibrate", "run a model over data and write what its observers saw",
    runCalibrate);

static cl::opt<std::string> modelPath(cl::Positional, cl::Required,
                                      cl::desc("<model.mlir>"),
                                      cl::sub(calibrateCommand),
                                      cl::cat(quantcOptions));
static cl::opt<std::string>
    parameterPath("parameters", cl::value_desc("file"),
                  cl::desc("Safetensors file with the parameters (default: as "
                           "recorded in the model, else beside it)"),
                  cl::sub(calibrateCommand), cl::cat(quantcOptions));
static cl::opt<std::string>
    dataPath("data", cl::Required, cl::value_desc("file"),
             cl::desc("Safetensors file with the inputs, or a directory of "
                      "such files"),
             cl::sub(calibrateCommand), cl::cat(quantcOptions));
static cl::opt<int64_t>
    maxSamples("max-samples", cl::init(std::numeric_limits<int64_t>::max()),
               cl::value_desc("n"),
               cl::desc("Read only the first samples of each file, in whole "
                        "batches"),
               cl::sub(calibrateCommand), cl::cat(quantcOptions));
static cl::opt<std::string>
    mask("mask", cl::value_desc("input"),
         cl::desc("Input that is zero at padding, which is left out of the "
                  "statistics"),
         cl::sub(calibrateCommand), cl::cat(quantcOptions));
static cl::opt<bool>
    batchRanges("batch-ranges",
                cl::desc("Keep the range of each batch, for the range "
                         "estimator 'ema'"),
                cl::sub(calibrateCommand), cl::cat(quantcOptions));
static cl::opt<unsigned>
    sampleRows("sample-rows", cl::init(0), cl::value_desc("n"),
               cl::desc("Keep a sample of n rows of each activation, for a "
                        "recipe that searches SmoothQuant's alpha"),
               cl::sub(calibrateCommand), cl::cat(quantcOptions));
static cl::opt<bool> meanMagnitudes(
    "mean-magnitudes",
    cl::desc("Keep the mean magnitude of each channel of each activation"),
    cl::sub(calibrateCommand), cl::cat(quantcOptions));
static cl::opt<bool> tokenRanges(
    "token-ranges",
    cl::desc("Keep the range of each token of each activation, for static "
             "ranges with granularity 'token'"),
    cl::sub(calibrateCommand), cl::cat(quantcOptions));
static cl::opt<std::string>
    checkpoint("checkpoint", cl::value_desc("file"),
               cl::desc("Continue from this file where it exists, and write it "
                        "now and then; removed at the end"),
               cl::sub(calibrateCommand), cl::cat(quantcOptions));
static cl::opt<unsigned>
    checkpointInterval("checkpoint-interval", cl::init(5),
                       cl::value_desc("seconds"),
                       cl::desc("Time between checkpoints (default: 5)"),
                       cl::sub(calibrateCommand), cl::cat(quantcOptions));
static cl::opt<unsigned>
    threads("threads", cl::init(1), cl::value_desc("n"),
            cl::desc("Threads that share the batches (default 1); what is "
                     "written does not depend on them"),
            cl::sub(calibrateCommand), cl::cat(quantcOptions));
static cl::opt<std::string> outputPath("o", cl::Required,
                                       cl::value_desc("file"),
                                       cl::desc("Statistics file to write"),
                                       cl::sub(calibrateCommand),
                                       cl::cat(quantcOptions));

/// More are a slip of the hand: each has the observers' memory once more.
static constexpr unsigned kMaxThreads = 1024;

namespace {
/// The shards of a data set, and where in them a run begins.
class CalibrationRun {
public:
  CalibrationRun(Tool &tool, Calibrator &calibrator,
                 const CalibrationData &data)
      : tool(tool), calibrator(calibrator), data(data) {}

  Error open();
  Error resume();
  Error run();

private:
  Error save();
  /// What the next batch takes from the last one; nothing where it is the first
  /// of its shard.
  ArrayRef<DataSet::State> getStates() const;

  Tool &tool;
  Calibrator &calibrator;
  const CalibrationData &data;
  std::vector<DataSet> shards;
  /// What the data are, for the checkpoint.
  std::string identity;
  int64_t numBatches = 0;
  int64_t doneBatches = 0;
};
} // namespace

Error CalibrationRun::open() {
  Expected<std::vector<std::string>> paths = listShards(data.path);
  if (!paths)
    return paths.takeError();
  raw_string_ostream os(identity);
  os << "mask " << data.observers.mask << ", batch ranges "
     << data.observers.keepBatches << ", rows " << data.observers.sampleRows
     << ", magnitudes " << data.observers.keepMagnitudes << ", tokens "
     << data.observers.keepTokens;
  int64_t firstBatch = 0;
  for (const std::string &path : *paths) {
    if (Error error = tool.getOutputs().addInput(path))
      return error;
    Expected<DataSet> shard =
        DataSet::open(path, calibrator.getInputs(), calibrator.getOutputs());
    if (!shard)
      return shard.takeError();
    shard->limitSamples(data.maxSamples);
    // Only a checkpoint is worth reading all the data for.
    if (!data.checkpoint.empty()) {
      os << ", " << sys::path::filename(path) << " " << shard->getNumSamples();
      for (const SafetensorsTensor &tensor : shard->getFile().getTensors())
        os << " " << tensor.name << " "
           << utohexstr(xxh3_64bits(
                            StringRef(tensor.data.data(), tensor.data.size())),
                        /*LowerCase=*/true);
    }
    int64_t batches = shard->getNumBatches();
    if (data.leftOut)
      shard->leaveOutFold(*data.leftOut, firstBatch);
    firstBatch += batches;
    numBatches += shard->getNumBatches();
    shards.push_back(std::move(*shard));
  }
  return Error::success();
}

ArrayRef<DataSet::State> CalibrationRun::getStates() const {
  int64_t first = 0;
  for (const DataSet &shard : shards) {
    int64_t last = first + shard.getNumBatches();
    if (first < doneBatches && doneBatches < last)
      return shard.getStates();
    first = last;
  }
  return {};
}

Error CalibrationRun::resume() {
  if (data.checkpoint.empty() || !sys::fs::exists(data.checkpoint))
    return Error::success();
  Expected<Checkpoint> checkpoint = Checkpoint::read(data.checkpoint);
  if (!checkpoint)
    return checkpoint.takeError();
  if (checkpoint->data != identity || checkpoint->batches > numBatches)
    return makeFileError(data.checkpoint,
                         "expected a checkpoint of the data '" + data.path +
                             "' with the same options, but got one of other "
                             "data, with another mask, or that keeps other "
                             "statistics");
  if (Error error =
          calibrator.resume(checkpoint->statistics, checkpoint->nonFinite))
    return makeFileError(data.checkpoint, toString(std::move(error)));
  doneBatches = checkpoint->batches;
  for (const DataSet::State &state : getStates()) {
    const DataSpec &input = calibrator.getInputs()[state.input];
    const std::vector<char> &bytes = checkpoint->states[input.name];
    if (int64_t(bytes.size()) != input.getNumBytes())
      return makeFileError(data.checkpoint,
                           "expected " + Twine(input.getNumBytes()) +
                               " bytes of the state '" + input.name +
                               "', but got " + Twine(bytes.size()));
    calibrator.setState(state.input, bytes);
  }
  return Error::success();
}

Error CalibrationRun::save() {
  Checkpoint checkpoint{identity,
                        doneBatches,
                        {},
                        calibrator.getNonFinite(),
                        calibrator.getStatistics()};
  for (const DataSet::State &state : getStates()) {
    ArrayRef<char> bytes = calibrator.getState(state.input);
    checkpoint.states[calibrator.getInputs()[state.input].name] = bytes.vec();
  }
  return checkpoint.write(data.checkpoint);
}

Error CalibrationRun::run() {
  const std::chrono::seconds interval(data.checkpointInterval);
  auto lastSave = std::chrono::steady_clock::now();
  Progress progress(tool, "batches", numBatches, doneBatches);
  int64_t firstBatch = 0;
  for (const DataSet &shard : shards) {
    int64_t skipped =
        std::clamp<int64_t>(doneBatches - firstBatch, 0, shard.getNumBatches());
    firstBatch += shard.getNumBatches();
    std::optional<std::string> failure;
    int64_t done = skipped;
    auto advance = [&](int64_t batch, int64_t) {
      progress.advance(batch - done);
      doneBatches += batch - done;
      done = batch;
      auto now = std::chrono::steady_clock::now();
      if (data.checkpoint.empty() || now - lastSave < interval || failure)
        return;
      lastSave = now;
      if (Error error = save())
        failure = toString(std::move(error));
    };
    if (Error error = calibrator.run(shard, advance, skipped))
      return error;
    if (failure)
      return createStringError(*failure);
  }
  return Error::success();
}

/// Inputs are finite, and what the model computes from them is not.
static void warnOfOverflow(Tool &tool, StringRef path,
                           const StatisticsFile &statistics) {
  const ObserverRecord *first = nullptr;
  int64_t count = 0;
  for (const ObserverRecord &record : statistics.observers) {
    if (record.statistics.nanCount + record.statistics.infCount == 0)
      continue;
    first = first ? first : &record;
    ++count;
  }
  if (first)
    tool.warn(path + ": observer '" + first->name + "' saw " +
              Twine(first->statistics.nanCount) + " NaN and " +
              Twine(first->statistics.infCount) +
              " infinities though the inputs are finite" +
              (count == 1 ? "" : ", and " + Twine(count - 1) + " more did") +
              "; they do not count");
}

/// A mask that is no mask leaves nothing to calibrate with.
static void warnOfEmptyMask(Tool &tool, const CalibrationData &data,
                            const StatisticsFile &statistics) {
  bool isEmpty = !data.observers.mask.empty() && !statistics.observers.empty();
  for (const ObserverRecord &record : statistics.observers)
    isEmpty &= record.statistics.count == 0;
  if (isEmpty)
    tool.warn(data.path + ": the mask '" + data.observers.mask +
              "' is zero in all samples; the statistics are empty");
}

Expected<StatisticsFile> quantc::tool::calibrate(Tool &tool, Model &model,
                                                 const CalibrationData &data) {
  auto calibrator = Calibrator::create(*model.module, data.observers);
  if (failed(calibrator))
    return tool.diagnosed();
  (*calibrator)->setThreads(data.threads);
  CalibrationRun run(tool, **calibrator, data);
  if (Error error = run.open())
    return error;
  if (Error error = run.resume())
    return error;
  if (Error error = run.run())
    return error;
  // Samples of a part are counted otherwise than in the file.
  if (data.leftOut)
    return (*calibrator)->getStatistics();
  for (const auto &[input, found] : (*calibrator)->getNonFinite())
    tool.warn(data.path + ": input '" + input + "' has " + Twine(found.count) +
              " elements that are NaN or infinite, the first in sample " +
              Twine(found.firstSample) + "; they do not count");
  const StatisticsFile &statistics = (*calibrator)->getStatistics();
  if ((*calibrator)->getNonFinite().empty())
    warnOfOverflow(tool, data.path, statistics);
  warnOfEmptyMask(tool, data, statistics);
  return statistics;
}

static bool hasObservers(mlir::ModuleOp module) {
  return module
      .walk([](qnn::ObserveOp) { return mlir::WalkResult::interrupt(); })
      .wasInterrupted();
}

static Error runCalibrate(Tool &tool) {
  if (Error error = checkAtLeast(maxSamples, 1))
    return error;
  if (Error error = checkAtLeast(threads, 1))
    return error;
  if (threads > kMaxThreads)
    return createStringError("expected at most " + Twine(kMaxThreads) +
                             " threads, but got " + Twine(threads));
  if (checkpointInterval.getNumOccurrences() > 0 && checkpoint.empty())
    return createStringError("expected --checkpoint-interval together with "
                             "--checkpoint, but got it alone");
  OutputFiles &outputs = tool.getOutputs();
  if (sampleRows > RowSample::kMaxCapacity)
    return createStringError("expected at most " +
                             Twine(RowSample::kMaxCapacity) +
                             " sample rows, but got " + Twine(sampleRows));
  if (Error error = outputs.add(outputPath).takeError())
    return error;
  if (!checkpoint.empty())
    if (Error error = outputs.addUnmanaged(checkpoint))
      return error;
  Expected<Model> model = readModel(tool, modelPath, parameterPath);
  if (!model)
    return model.takeError();
  if (Error error = annotate(tool, *model))
    return error;
  if (!hasObservers(*model->module)) {
    if (isQuantizedByRecipe(*model->module) ||
        hasQuantizedSites(*model->module))
      return makeFileError(
          modelPath, "expected a contraction or convolution in float to "
                     "observe, but got a model that is quantized already");
    tool.warn(modelPath + ": no contraction or convolution to observe; the "
                          "statistics are empty");
  }
  Expected<StatisticsFile> statistics =
      calibrate(tool, *model,
                {dataPath, maxSamples, /*leftOut=*/std::nullopt,
                 ObserverOptions{mask, batchRanges, sampleRows, meanMagnitudes,
                                 tokenRanges},
                 checkpoint, checkpointInterval, threads});
  if (!statistics)
    return statistics.takeError();
  if (Error error = outputs.write(outputPath, [&](StringRef temporary) {
        return statistics->write(temporary);
      }))
    return error;
  if (Error error = outputs.commit())
    return error;
  // Only now: until here the work could still have been lost.
  if (!checkpoint.empty())
    sys::fs::remove(checkpoint);
  return Error::success();
}
