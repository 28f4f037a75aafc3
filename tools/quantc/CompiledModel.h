//===- CompiledModel.h - a bundle that runs ---------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANTC_COMPILEDMODEL_H
#define QUANTC_TOOLS_QUANTC_COMPILEDMODEL_H

#include "quantc/Evaluation/DataSet.h"
#include "quantc/Runtime/quantc_runtime.h"

#include "llvm/Support/CommandLine.h"

#include <memory>

namespace quantc::tool {

/// Buffers for a list of tensors, aligned for any vector load.
class TensorBuffers {
public:
  explicit TensorBuffers(llvm::ArrayRef<DataSpec> specs);

  llvm::ArrayRef<void *> getPointers() const { return pointers; }

private:
  std::vector<std::vector<char>> storage;
  std::vector<void *> pointers;
};

/// The option `--threads` of a command that runs bundles.
struct ThreadsOption : llvm::cl::opt<unsigned> {
  explicit ThreadsOption(llvm::cl::SubCommand &command);
};

/// The option `--device` of a command that runs bundles.
struct DeviceOption : llvm::cl::opt<std::string> {
  explicit DeviceOption(llvm::cl::SubCommand &command);
};

/// A loaded bundle with buffers for one batch of inputs and outputs.
class CompiledModel {
public:
  /// Loads the bundle at `path` to run on `numThreads` threads, or on a GPU
  /// ("cuda", "cuda:1", "emulator"); errors begin with `path`.
  static llvm::Expected<std::unique_ptr<CompiledModel>>
  load(llvm::StringRef path, unsigned numThreads,
       llvm::StringRef device = "cpu");

  llvm::StringRef getPath() const { return path; }
  llvm::ArrayRef<DataSpec> getInputs() const { return inputs; }
  llvm::ArrayRef<DataSpec> getOutputs() const { return outputs; }

  llvm::ArrayRef<void *> getInputBuffers() const {
    return inputBuffers->getPointers();
  }
  llvm::ArrayRef<void *> getOutputBuffers() const {
    return outputBuffers->getPointers();
  }

  /// Computes the output buffers from the input buffers.
  llvm::Error run();

private:
  CompiledModel() = default;

  llvm::Error startThreads(unsigned count);

  struct Close {
    void operator()(quantc_bundle *bundle) const {
      quantc_bundle_close(bundle);
    }
  };
  std::unique_ptr<quantc_bundle, Close> bundle;
  std::string path;
  std::vector<DataSpec> inputs, outputs;
  std::optional<TensorBuffers> inputBuffers, outputBuffers;
};

} // namespace quantc::tool

#endif // QUANTC_TOOLS_QUANTC_COMPILEDMODEL_H
