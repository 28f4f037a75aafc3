//===- Quantization.h - from float to integers ------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANTC_QUANTIZATION_H
#define QUANTC_TOOLS_QUANTC_QUANTIZATION_H

#include "Model.h"
#include "quantc/Calibration/StatisticsFile.h"

namespace quantc::tool {

/// The options of a command that quantizes a model.
struct QuantizationOptions {
  explicit QuantizationOptions(llvm::cl::SubCommand &command);

  llvm::cl::opt<std::string> model, parameters, statistics, recipe, smooth,
      data;
};

/// Names the model's sites and observes their operands.
llvm::Error annotate(Tool &tool, Model &model);

/// Runs an annotated model over the first samples of a data file.
llvm::Expected<StatisticsFile>
calibrate(Tool &tool, Model &model, llvm::StringRef dataPath,
          int64_t maxSamples = std::numeric_limits<int64_t>::max());

/// Takes an annotated model through the passes of qnn-quantize.
llvm::Error quantize(Tool &tool, Model &model,
                     const QuantizationOptions &options);

} // namespace quantc::tool

#endif // QUANTC_TOOLS_QUANTC_QUANTIZATION_H
