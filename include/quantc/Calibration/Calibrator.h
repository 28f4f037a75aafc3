//===- Calibrator.h - run an annotated model over data ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CALIBRATION_CALIBRATOR_H
#define QUANTC_CALIBRATION_CALIBRATOR_H

#include "quantc/Calibration/StatisticsFile.h"
#include "quantc/Evaluation/DataSet.h"
#include "quantc/Execution/Executable.h"

#include <map>

namespace quantc {

/// Compiles a module whose sites are observed (qnn-annotate) for this process
/// and runs it over data. Memory is that of the program and of the observers,
/// whatever the amount of data. Not thread safe; several calibrators may run in
/// threads of their own.
class Calibrator {
public:
  /// Compiles a copy of `module`, of which @main is called. The context needs
  /// registerCompilerDialects. `mask` names the input that is zero at padding,
  /// which then is no part of the statistics; empty without one. With
  /// `keepBatches` the range of each batch is part of them, and `sampleRows`
  /// rows of each activation with channels. Errors are diagnostics.
  static mlir::FailureOr<std::unique_ptr<Calibrator>>
  create(mlir::ModuleOp module, llvm::StringRef mask = {},
         bool keepBatches = false, int64_t sampleRows = 0);

  /// What the model takes and returns; `DataSet::create` expects it.
  llvm::ArrayRef<DataSpec> getInputs() const { return inputs; }
  llvm::ArrayRef<DataSpec> getOutputs() const { return outputs; }

  /// Takes in what an earlier run over the same model saw. Fails, and changes
  /// nothing, where model or observers differ.
  llvm::Error resume(const StatisticsFile &earlier);

  /// Runs the batches of `data` from `firstBatch` on and adds what the
  /// observers see. `progress` is called after each batch. Data with states
  /// are run from the first batch on.
  llvm::Error
  run(const DataSet &data,
      llvm::function_ref<void(int64_t done, int64_t total)> progress = nullptr,
      int64_t firstBatch = 0);

  /// NaN and infinities that the inputs had, by input.
  struct NonFinite {
    int64_t count = 0;
    /// The first sample of the batch that had the first of them.
    int64_t firstSample = 0;
  };
  const std::map<std::string, NonFinite> &getNonFinite() const {
    return nonFinite;
  }

  const StatisticsFile &getStatistics() const { return statistics; }

private:
  Calibrator() = default;

  /// The callbacks of compiled code, on the thread's running calibrator.
  static void observe(int64_t observer, const float *tensor, int64_t outer,
                      int64_t inner);
  static void observeMasked(int64_t observer, const float *tensor,
                            int64_t outer, int64_t inner, const int8_t *kept);
  static thread_local Calibrator *running;

  std::unique_ptr<Executable> executable;
  const EntryPoint *entry = nullptr;
  std::vector<DataSpec> inputs, outputs;
  StatisticsFile statistics;
  std::map<std::string, NonFinite> nonFinite;
};

/// The description of a compiled tensor that data files are checked against.
llvm::Expected<DataSpec> getDataSpec(const TensorSpec &spec);

} // namespace quantc

#endif // QUANTC_CALIBRATION_CALIBRATOR_H
