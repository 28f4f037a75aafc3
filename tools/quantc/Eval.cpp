//===- Eval.cpp - quantc eval ---------------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "CompiledModel.h"
#include "quantc/Evaluation/Logits.h"
#include "quantc/Evaluation/Metrics.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

#include <cmath>
#include <cstring>
#include <functional>

using namespace quantc;
using namespace quantc::tool;
using namespace llvm;

static Error runEval(Tool &tool);
Command quantc::tool::evalCommand(
    "eval", "measure accuracy or perplexity, and the distance to a reference",
    runEval);

namespace {
enum class Metric { Auto, Accuracy, Perplexity };
} // namespace

static cl::opt<std::string> bundlePath(cl::Positional, cl::Required,
                                       cl::desc("<bundle>"),
                                       cl::sub(evalCommand),
                                       cl::cat(quantcOptions));
static cl::opt<std::string>
    dataPath("data", cl::Required, cl::value_desc("file"),
             cl::desc("Safetensors file with the inputs and labels"),
             cl::sub(evalCommand), cl::cat(quantcOptions));
static cl::opt<std::string>
    referencePath("reference", cl::value_desc("bundle"),
                  cl::desc("Bundle to compare the logits with"),
                  cl::sub(evalCommand), cl::cat(quantcOptions));
static cl::opt<std::string>
    labelsName("labels", cl::value_desc("name"),
               cl::desc("Tensor of i32 labels, one a row of logits; negative "
                        "ones are left out (default: labels, if there)"),
               cl::sub(evalCommand), cl::cat(quantcOptions));
static cl::opt<std::string>
    outputName("output", cl::value_desc("name"),
               cl::desc("Output with the logits (default: the only one, or "
                        "'logits')"),
               cl::sub(evalCommand), cl::cat(quantcOptions));
static cl::opt<Metric> metricOption(
    "metric", cl::desc("What to compute from the labels"),
    cl::init(Metric::Auto),
    cl::values(clEnumValN(Metric::Auto, "auto",
                          "perplexity for logits of more than two dimensions, "
                          "else accuracy"),
               clEnumValN(Metric::Accuracy, "accuracy",
                          "share of rows whose largest logit is the label's"),
               clEnumValN(Metric::Perplexity, "perplexity",
                          "exp of the labels' mean cross-entropy")),
    cl::sub(evalCommand), cl::cat(quantcOptions));
static cl::opt<unsigned>
    resamples("bootstrap", cl::init(1000), cl::value_desc("n"),
              cl::desc("Resamples for the 95 % intervals (default 1000)"),
              cl::sub(evalCommand), cl::cat(quantcOptions));
static cl::opt<unsigned>
    blockSize("bootstrap-block", cl::init(1), cl::value_desc("n"),
              cl::desc("Draw runs of n samples together, for samples that "
                       "depend on each other, as the steps of a text "
                       "(default 1)"),
              cl::sub(evalCommand), cl::cat(quantcOptions));
static cl::opt<int64_t>
    maxSamples("max-samples", cl::init(std::numeric_limits<int64_t>::max()),
               cl::value_desc("n"),
               cl::desc("Read only the first samples, in whole batches"),
               cl::sub(evalCommand), cl::cat(quantcOptions));
static cl::opt<bool> printJSON("json", cl::desc("Print a JSON object"),
                               cl::sub(evalCommand), cl::cat(quantcOptions));
static ThreadsOption numThreads(evalCommand);
static DeviceOption device(evalCommand);

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

/// Returns the labels, one a row of logits of all samples; empty if there are
/// none.
static Expected<std::vector<int32_t>> findLabels(const SafetensorsFile &file,
                                                 const DataSpec &logits,
                                                 int64_t samples) {
  StringRef name = labelsName.empty() ? "labels" : labelsName.c_str();
  const SafetensorsTensor *labels = file.lookup(name);
  if (!labels) {
    if (labelsName.empty() && !referencePath.empty() &&
        metricOption == Metric::Auto)
      return std::vector<int32_t>();
    return makeFileError(file.getPath(), "expected a tensor '" + name +
                                             "' with labels, but got none");
  }
  SmallVector<int64_t> shape(drop_end(logits.shape));
  shape.front() = samples;
  if (labels->dtype != DType::I32 || labels->shape != shape)
    return makeFileError(file.getPath(),
                         "expected labels '" + name + "' to be " +
                             describeTensorType(DType::I32, shape) +
                             ", but got " +
                             describeTensorType(labels->dtype, labels->shape));
  // The file may hold them at any address.
  std::vector<int32_t> values(labels->data.size() / sizeof(int32_t));
  std::memcpy(values.data(), labels->data.data(), labels->data.size());
  int64_t classes = logits.shape.back();
  for (int32_t label : values)
    if (label >= classes)
      return makeFileError(file.getPath(), "expected labels '" + name +
                                               "' less than " + Twine(classes) +
                                               ", but got " + Twine(label));
  return values;
}

namespace {
/// A bundle, its batches and which of its outputs has the logits.
struct Runner {
  std::unique_ptr<CompiledModel> model;
  std::optional<DataSet> data;
  size_t logits = 0;

  static Expected<Runner> load(StringRef path, StringRef device);

  const DataSpec &getSpec() const { return model->getOutputs()[logits]; }
  ArrayRef<float> getLogits() const {
    return {static_cast<const float *>(model->getOutputBuffers()[logits]),
            size_t(getSpec().getNumElements())};
  }
  Error run(int64_t batch);
};
} // namespace

Expected<Runner> Runner::load(StringRef path, StringRef device) {
  Runner runner;
  if (Error error =
          CompiledModel::load(path, numThreads, device).moveInto(runner.model))
    return error;
  Expected<size_t> logits = findLogits(runner.model->getOutputs(), outputName);
  if (!logits)
    return makeFileError(path, toString(logits.takeError()));
  runner.logits = *logits;
  Expected<DataSet> data = DataSet::open(dataPath, runner.model->getInputs(),
                                         runner.model->getOutputs());
  if (!data)
    return data.takeError();
  runner.data = std::move(*data);
  return runner;
}

Error Runner::run(int64_t batch) {
  data->copyBatch(batch, model->getInputBuffers());
  if (Error error = model->run())
    return error;
  data->carryStates(model->getInputBuffers(), model->getOutputBuffers());
  return Error::success();
}

/// Loads the reference, whose inputs and outputs have to be those of `runner`
/// but for states: a quantized cache is no cache of floats.
static Expected<Runner> loadReference(const Runner &runner) {
  Expected<Runner> reference = Runner::load(referencePath, "cpu");
  if (!reference)
    return reference;
  auto describe = [](ArrayRef<DataSpec> specs,
                     function_ref<bool(size_t)> isState) {
    std::vector<std::string> texts;
    for (auto [index, spec] : enumerate(specs))
      if (!isState(index))
        texts.push_back("'" + spec.name + "' " +
                        describeTensorType(spec.dtype, spec.shape));
    return join(texts, ", ");
  };
  auto describeInputs = [&](const Runner &runner) {
    return describe(runner.model->getInputs(), [&](size_t input) {
      return any_of(runner.data->getStates(), [&](const DataSet::State &state) {
        return state.input == input;
      });
    });
  };
  auto describeOutputs = [&](const Runner &runner) {
    return describe(runner.model->getOutputs(), [&](size_t output) {
      return runner.data->isState(output);
    });
  };
  auto check = [](StringRef what, StringRef expected,
                  StringRef actual) -> Error {
    if (expected == actual)
      return Error::success();
    return makeFileError(referencePath, "expected " + what + " " + expected +
                                            ", but got " + actual);
  };
  if (Error error =
          check("inputs", describeInputs(runner), describeInputs(*reference)))
    return error;
  if (Error error = check("outputs", describeOutputs(runner),
                          describeOutputs(*reference)))
    return error;
  return reference;
}

//===----------------------------------------------------------------------===//
// Measuring
//===----------------------------------------------------------------------===//

/// Runs all batches through both models; returns each sample's sums.
static Expected<std::vector<LogitSums>> measure(Tool &tool, Runner &runner,
                                                Runner *reference,
                                                ArrayRef<int32_t> labels) {
  const DataSpec &spec = runner.getSpec();
  int64_t classes = spec.shape.back();
  int64_t batchSize = runner.data->getBatchSize();
  int64_t sampleSize = spec.getNumElements() / batchSize;
  int64_t sampleRows = sampleSize / classes;
  int64_t numBatches = runner.data->getNumBatches();

  std::vector<LogitSums> sums;
  Progress progress(tool, "batches", numBatches);
  for (int64_t batch = 0; batch < numBatches; ++batch) {
    for (Runner *each : {&runner, reference})
      if (each)
        if (Error error = each->run(batch))
          return error;
    for (int64_t i = 0; i < batchSize; ++i) {
      int64_t sample = batch * batchSize + i;
      auto slice = [&](const Runner *runner) {
        return runner ? runner->getLogits().slice(i * sampleSize, sampleSize)
                      : ArrayRef<float>();
      };
      sums.push_back(measureLogits(
          slice(&runner), slice(reference),
          labels.empty() ? labels
                         : labels.slice(sample * sampleRows, sampleRows),
          classes));
    }
    progress.advance();
  }
  return sums;
}

/// The sums of runs of `size` samples; the last one may be shorter.
static std::vector<LogitSums> sumBlocks(ArrayRef<LogitSums> samples,
                                        size_t size) {
  std::vector<LogitSums> blocks((samples.size() + size - 1) / size);
  for (auto [index, sample] : enumerate(samples))
    blocks[index / size] += sample;
  return blocks;
}

//===----------------------------------------------------------------------===//
// Report
//===----------------------------------------------------------------------===//

namespace {
/// One line of the report; JSON gets `value` (and the interval) under `key`.
struct Line {
  StringRef key, title;
  double value;
  /// What people read, of the value and of the limits.
  std::string (*format)(double);
  std::optional<Interval> interval;
};
} // namespace

static std::string asFixed(double value) {
  return formatv("{0:f4}", value).str();
}
static std::string asFine(double value) {
  return formatv("{0:f6}", value).str();
}
static std::string asPercent(double value) {
  return formatv("{0:f3} %", 100 * value).str();
}
static std::string asDecibel(double value) {
  return formatv("{0:f2} dB", value).str();
}
static std::string asScientific(double value) {
  return formatv("{0:e3}", value).str();
}

static json::Value toJSON(double value) {
  // JSON has no NaN and no infinity.
  return std::isfinite(value) ? json::Value(value) : json::Value(nullptr);
}

static std::vector<Line> summarize(ArrayRef<LogitSums> samples, Metric metric,
                                   bool hasLabels, bool hasReference) {
  LogitSums sums;
  for (const LogitSums &sample : samples)
    sums += sample;
  std::vector<LogitSums> blocks = sumBlocks(samples, blockSize);
  auto interval = [&](function_ref<double(const LogitSums &)> statistic) {
    return bootstrap(blocks, resamples, statistic);
  };

  std::vector<Line> lines;
  auto add = [&](StringRef key, StringRef title, double value,
                 std::string (*format)(double),
                 std::optional<Interval> interval = std::nullopt) {
    lines.push_back({key, title, value, format, interval});
  };
  if (hasLabels && metric == Metric::Perplexity) {
    add("perplexity", "perplexity", sums.getPerplexity(), asFixed);
    if (hasReference) {
      add("reference_perplexity", "reference perplexity",
          sums.getReferencePerplexity(), asFixed);
      add("perplexity_ratio", "perplexity ratio", sums.getPerplexityRatio(),
          asFine, interval(std::mem_fn(&LogitSums::getPerplexityRatio)));
    }
  } else if (hasLabels) {
    add("accuracy", "accuracy", sums.getAccuracy(), asPercent);
    if (hasReference) {
      add("reference_accuracy", "reference accuracy",
          sums.getReferenceAccuracy(), asPercent);
      auto difference = [](const LogitSums &resample) {
        return resample.getAccuracy() - resample.getReferenceAccuracy();
      };
      add("accuracy_difference", "accuracy difference", difference(sums),
          asFine, interval(difference));
    }
  }
  if (hasReference) {
    add("agreement", "top-1 agreement", sums.getAgreement(), asPercent,
        interval(std::mem_fn(&LogitSums::getAgreement)));
    add("sqnr_db", "logit SQNR", sums.getSQNR(), asDecibel);
    add("kl_divergence", "KL divergence", sums.getDivergence(), asScientific,
        interval(std::mem_fn(&LogitSums::getDivergence)));
  }
  return lines;
}

static void printReport(ArrayRef<Line> lines, ArrayRef<LogitSums> samples) {
  int64_t rows = 0, nonFinite = 0;
  for (const LogitSums &sample : samples) {
    rows += sample.rows;
    nonFinite += sample.nonFinite;
  }
  if (printJSON) {
    json::Object object{{"samples", int64_t(samples.size())},
                        {"rows", rows},
                        {"non_finite_rows", nonFinite}};
    for (const Line &line : lines) {
      object[line.key] = toJSON(line.value);
      if (line.interval)
        object[(line.key + "_interval").str()] = json::Array{
            toJSON(line.interval->low), toJSON(line.interval->high)};
    }
    outs() << formatv("{0:2}\n", json::Value(std::move(object)));
    return;
  }
  outs() << formatv("{0,-22}{1}\n", "samples", samples.size());
  outs() << formatv("{0,-22}{1}\n", "rows", rows);
  if (nonFinite > 0)
    outs() << formatv("{0,-22}{1}\n", "non-finite rows", nonFinite);
  for (const Line &line : lines) {
    outs() << formatv("{0,-22}{1}", line.title, line.format(line.value));
    if (line.interval)
      outs() << formatv("  [{0}, {1}]", line.format(line.interval->low),
                        line.format(line.interval->high));
    outs() << '\n';
  }
}

static Error runEval(Tool &tool) {
  if (Error error = checkAtLeast(maxSamples, 1))
    return error;
  if (Error error = checkAtLeast(resamples, 1))
    return error;
  if (Error error = checkAtLeast(blockSize, 1))
    return error;
  Expected<Runner> runner = Runner::load(bundlePath, device);
  if (!runner)
    return runner.takeError();
  std::optional<Runner> reference;
  if (!referencePath.empty()) {
    Expected<Runner> loaded = loadReference(*runner);
    if (!loaded)
      return loaded.takeError();
    reference = std::move(*loaded);
  }

  DataSet &data = *runner->data;
  const DataSpec &logits = runner->getSpec();
  if (logits.shape.front() != data.getBatchSize())
    return makeFileError(bundlePath, "expected logits for " +
                                         Twine(data.getBatchSize()) +
                                         " samples a batch, but got " +
                                         Twine(logits.shape.front()));
  auto labels = findLabels(data.getFile(), logits, data.getNumSamples());
  if (!labels)
    return labels.takeError();
  data.limitSamples(maxSamples);

  auto samples =
      measure(tool, *runner, reference ? &*reference : nullptr, *labels);
  if (!samples)
    return samples.takeError();
  if (all_of(*samples, [](const LogitSums &sums) { return sums.rows == 0; }))
    return makeFileError(dataPath,
                         "expected a label that is not negative, but got none");
  Metric metric = metricOption;
  if (metric == Metric::Auto)
    metric = logits.shape.size() > 2 ? Metric::Perplexity : Metric::Accuracy;
  printReport(
      summarize(*samples, metric, !labels->empty(), reference.has_value()),
      *samples);
  return Error::success();
}
