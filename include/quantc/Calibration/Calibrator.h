//===- Calibrator.h - run an annotated model over data ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CALIBRATION_CALIBRATOR_H
#define QUANTC_CALIBRATION_CALIBRATOR_H

#include "quantc/Calibration/NonFinite.h"
#include "quantc/Calibration/StatisticsFile.h"
#include "quantc/Evaluation/DataSet.h"
#include "quantc/Execution/Executable.h"

#include "llvm/Support/ThreadPool.h"
#include <memory>

namespace quantc {

/// What observers keep besides ranges and histograms, and of what.
struct ObserverOptions {
  /// The input that is zero at padding, which then is no part of the
  /// statistics; empty without one.
  std::string mask = "";
  /// Keep the range of each batch, for the estimator 'ema'.
  bool keepBatches = false;
  /// Rows to keep of each activation with channels, for a searched alpha.
  int64_t sampleRows = 0;
  /// Keep mean|x| of each channel.
  bool keepMagnitudes = false;
  /// Keep the range of each vector of channels, for static granularity 'token'.
  bool keepTokens = false;
};

/// Compiles a module whose sites are observed (qnn-annotate) for this process
/// and runs it over data. Memory is that of the program and of the observers,
/// for each thread, whatever the amount of data. Not thread safe; several
/// calibrators may run in threads of their own.
class Calibrator {
public:
  ~Calibrator();

  /// Compiles a copy of `module`, of which @main is called. The context needs
  /// registerCompilerDialects. Errors are diagnostics.
  static mlir::FailureOr<std::unique_ptr<Calibrator>>
  create(mlir::ModuleOp module, const ObserverOptions &options = {});

  /// What the model takes and returns; `DataSet::create` expects it.
  llvm::ArrayRef<DataSpec> getInputs() const { return inputs; }
  llvm::ArrayRef<DataSpec> getOutputs() const { return outputs; }

  /// Takes in what an earlier run over the same model saw, and which inputs of
  /// its were not finite. Fails, and changes nothing, where model, observers or
  /// the names of inputs differ.
  llvm::Error resume(const StatisticsFile &earlier,
                     const NonFiniteInputs &earlierInputs = {});

  /// Runs are shared by so many threads from now on; 1 by default. What the
  /// observers see does not depend on it, to the bit.
  void setThreads(int64_t count);

  /// Runs the batches of `data` from `firstBatch` on and adds what the
  /// observers see. `progress` is called after each batch, with several threads
  /// after some batches of each; the statistics then are those of the batches
  /// that are done. Data with states are run by one thread.
  llvm::Error
  run(const DataSet &data,
      llvm::function_ref<void(int64_t done, int64_t total)> progress = nullptr,
      int64_t firstBatch = 0);

  /// What the last batch of data with states left in an input that is one.
  llvm::ArrayRef<char> getState(size_t input) const;
  /// Gives it to the next batch of a run that does not begin with the first.
  void setState(size_t input, llvm::ArrayRef<char> bytes);

  const NonFiniteInputs &getNonFinite() const { return nonFinite; }

  /// Of all batches that are done.
  const StatisticsFile &getStatistics();

private:
  Calibrator();

  class Worker;
  /// A range of batches.
  struct Share {
    int64_t begin, end;
  };

  /// The callbacks of compiled code, on the thread's running worker.
  static void observe(int64_t observer, const float *tensor, int64_t outer,
                      int64_t inner);
  static void observeMasked(int64_t observer, const float *tensor,
                            int64_t outer, int64_t inner, const int8_t *kept);
  static thread_local Worker *running;

  /// Runs some batches, the shares of all threads at once.
  llvm::Error runRound(const DataSet &data, Share round);

  std::unique_ptr<Executable> executable;
  const EntryPoint *entry = nullptr;
  std::vector<DataSpec> inputs, outputs;
  StatisticsFile statistics;
  NonFiniteInputs nonFinite;
  /// The first one's observers are `statistics`.
  std::vector<std::unique_ptr<Worker>> workers;
  std::unique_ptr<llvm::DefaultThreadPool> pool;
};

/// The description of a compiled tensor that data files are checked against.
llvm::Expected<DataSpec> getDataSpec(const TensorSpec &spec);

} // namespace quantc

#endif // QUANTC_CALIBRATION_CALIBRATOR_H
