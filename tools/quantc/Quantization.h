//===- Quantization.h - from float to integers ------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANTC_QUANTIZATION_H
#define QUANTC_TOOLS_QUANTC_QUANTIZATION_H

#include "Model.h"
#include "quantc/Calibration/Calibrator.h"
#include "quantc/Calibration/StatisticsFile.h"
#include "quantc/Recipe/Recipe.h"

namespace quantc::tool {

/// The options of a command that begins with a calibrated model and a recipe.
struct CalibratedModelOptions {
  /// `occurrences` is that of the statistics and the recipe.
  explicit CalibratedModelOptions(
      llvm::cl::SubCommand &command,
      llvm::cl::NumOccurrencesFlag occurrences = llvm::cl::Required);

  llvm::cl::opt<std::string> model, parameters, statistics, recipe, smooth;
};

/// The options of a command that quantizes a model.
struct QuantizationOptions : CalibratedModelOptions {
  explicit QuantizationOptions(
      llvm::cl::SubCommand &command,
      llvm::cl::NumOccurrencesFlag occurrences = llvm::cl::Required);

  llvm::cl::opt<std::string> data, mask;
  llvm::cl::opt<double> maxError, maxCost;
  llvm::cl::opt<std::string> pareto, candidate, sensitivity;
};

/// Names the model's sites and observes their operands.
llvm::Error annotate(Tool &tool, Model &model);

/// Reads and annotates the model of a command that writes to `output`.
llvm::Expected<Model> readAnnotated(Tool &tool,
                                    const QuantizationOptions &options,
                                    llvm::StringRef output);

/// What an annotated model is run over.
struct CalibrationData {
  /// A data file, or a directory of them.
  std::string path;
  /// Only the first samples of each file, in whole batches.
  int64_t maxSamples = std::numeric_limits<int64_t>::max();
  /// Without the batches of this part. NaN in what is left are not warned of.
  std::optional<DataFold> leftOut = std::nullopt;
  ObserverOptions observers;
  /// A file to continue from and to write now and then; empty without one.
  std::string checkpoint = "";
  /// The time between two of its versions, in seconds.
  unsigned checkpointInterval = 5;
  /// How many threads share the batches.
  unsigned threads = 1;
};

/// Runs an annotated model over data. Warns of NaN and infinities in them.
llvm::Expected<StatisticsFile> calibrate(Tool &tool, Model &model,
                                         const CalibrationData &data);

/// Checks the options and tells the tool what files selecting schemes reads and
/// writes, before the work begins.
llvm::Error addFiles(Tool &tool, const QuantizationOptions &options);

/// The steps of qnn-quantize on an annotated model, for commands that look at
/// what is between them. Statistics onto observers, and SmoothQuant, after
/// which the model is calibrated once more where `data` is not empty:
llvm::Error smooth(Tool &tool, Model &model,
                   const CalibratedModelOptions &options, llvm::StringRef data,
                   llvm::StringRef mask);
/// The same without a statistics file: calibrated on the data, smoothed by what
/// they show, and calibrated once more.
llvm::Error smoothByData(Tool &tool, Model &model,
                         const CalibratedModelOptions &options,
                         const CalibrationData &data);
/// A scheme or a reason for float onto each site; the front goes to `front`
/// where that is not empty, else to the output that the options ask for:
llvm::Error selectSchemes(Tool &tool, Model &model,
                          const QuantizationOptions &options,
                          llvm::StringRef front = {});
/// Schemes to integer form:
llvm::Error materialize(Tool &tool, Model &model,
                        const CalibratedModelOptions &options);

/// The first two, for a command that writes no more files than the options ask
/// for.
llvm::Error chooseSchemes(Tool &tool, Model &model,
                          const QuantizationOptions &options);
/// All of them.
llvm::Error quantize(Tool &tool, Model &model,
                     const QuantizationOptions &options);

} // namespace quantc::tool

#endif // QUANTC_TOOLS_QUANTC_QUANTIZATION_H
