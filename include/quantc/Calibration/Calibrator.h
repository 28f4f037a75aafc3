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

namespace quantc {

/// Compiles a module whose sites are observed (qnn-annotate) for this process
/// and runs it over data. Memory is that of the program and of the observers,
/// whatever the amount of data. Not thread safe; several calibrators may run in
/// threads of their own.
class Calibrator {
public:
  /// Compiles a copy of `module`, of which @main is called. The context needs
  /// registerCompilerDialects. Errors are diagnostics.
  static mlir::FailureOr<std::unique_ptr<Calibrator>>
  create(mlir::ModuleOp module);

  /// What the model takes; `DataSet::create` expects it.
  llvm::ArrayRef<DataSpec> getInputs() const { return inputs; }

  /// Runs all batches of `data` and adds what the observers see. `progress` is
  /// called after each batch.
  llvm::Error
  run(const DataSet &data,
      llvm::function_ref<void(int64_t done, int64_t total)> progress = nullptr);

  const StatisticsFile &getStatistics() const { return statistics; }

private:
  Calibrator() = default;

  /// The callback of compiled code, on the thread's running calibrator.
  static void observe(int64_t observer, const float *tensor, int64_t outer,
                      int64_t inner);
  static thread_local Calibrator *running;

  std::unique_ptr<Executable> executable;
  const EntryPoint *entry = nullptr;
  std::vector<DataSpec> inputs;
  StatisticsFile statistics;
};

/// The description of a compiled tensor that data files are checked against.
llvm::Expected<DataSpec> getDataSpec(const TensorSpec &spec);

} // namespace quantc

#endif // QUANTC_CALIBRATION_CALIBRATOR_H
