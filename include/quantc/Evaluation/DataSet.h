//===- DataSet.h - a model's inputs from a data file ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A data file is a safetensors file with one tensor an input, named like it.
// The first axis concatenates batches: an input of shape [B, ...] reads a
// tensor of shape [N, ...], where N is a multiple of B, the same for all
// inputs.
//
// An input that has the name and the type of an output is a state, such as the
// key-value cache of a decoder: what one batch leaves there the next one takes.
// Where the file has no tensor for it, it starts with zeros and is carried from
// batch to batch.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_EVALUATION_DATASET_H
#define QUANTC_EVALUATION_DATASET_H

#include "quantc/Parameters/Safetensors.h"

#include "llvm/ADT/STLFunctionalExtras.h"

namespace quantc {

/// Name and type of an input or output of a compiled model.
struct DataSpec {
  std::string name;
  DType dtype;
  llvm::SmallVector<int64_t> shape;

  int64_t getNumElements() const;
  int64_t getNumBytes() const { return getNumElements() * getDTypeSize(dtype); }
  bool operator==(const DataSpec &other) const {
    return name == other.name && dtype == other.dtype && shape == other.shape;
  }
};

/// The data files that `path` stands for: itself, or, where it is a directory,
/// the safetensors files in it, by name. Fails where there is none.
llvm::Expected<std::vector<std::string>> listShards(llvm::StringRef path);

/// One of the `count` parts of data that may be in several files. Of `count`
/// batches in a row each part has one, and not always the same, so that no part
/// has all of what comes by turns, nor all of the end.
struct DataFold {
  int64_t index = 0;
  int64_t count = 1;

  /// Whether batch number `batch` of the data is in it.
  bool contains(int64_t batch) const;
};

/// The batches of a data file.
class DataSet {
public:
  /// Opens the file at `path`; otherwise as `create`.
  static llvm::Expected<DataSet> open(llvm::StringRef path,
                                      llvm::ArrayRef<DataSpec> inputs,
                                      llvm::ArrayRef<DataSpec> outputs = {});

  /// Checks that `file` has data for all `inputs` but the states among
  /// `outputs`, and cuts it into batches. Errors begin with the file's path and
  /// say what was expected.
  static llvm::Expected<DataSet>
  create(std::shared_ptr<const SafetensorsFile> file,
         llvm::ArrayRef<DataSpec> inputs,
         llvm::ArrayRef<DataSpec> outputs = {});

  /// An input that is carried from batch to batch, and the output that it is
  /// carried from.
  struct State {
    size_t input, output;
  };
  llvm::ArrayRef<State> getStates() const { return states; }
  /// Whether the output is one that a state is carried from.
  bool isState(size_t output) const;

  /// Indices along the first axis; 1 for a model without batched inputs.
  int64_t getNumSamples() const { return numBatches * batchSize; }
  int64_t getNumBatches() const { return numBatches; }
  int64_t getBatchSize() const { return batchSize; }

  /// Leaves out what does not fit into `samples`, rounded up to whole batches.
  void limitSamples(int64_t samples);

  /// Keeps the batches of a fold alone, or all others; the file begins with
  /// batch number `firstBatch` of the data. None may be left. Not for data with
  /// states, whose batches follow from each other.
  void keepFold(DataFold fold, int64_t firstBatch);
  void leaveOutFold(DataFold fold, int64_t firstBatch);

  /// Copies the inputs of a batch, in the order of `create`'s `inputs`, into
  /// buffers of their size. (Tensors of a file may lie at any address, compiled
  /// code wants them aligned.) States are set to zero for the first batch and
  /// left alone afterwards.
  void copyBatch(int64_t batch, llvm::ArrayRef<void *> buffers) const;

  /// Copies the states that a run left in `outputs` to `inputs`.
  void carryStates(llvm::ArrayRef<void *> inputs,
                   llvm::ArrayRef<void *> outputs) const;

  /// Calls `found` for each input with elements that are NaN or infinite in a
  /// batch that `copyBatch` copied, with their number.
  void
  findNonFinite(llvm::ArrayRef<void *> buffers,
                llvm::function_ref<void(llvm::StringRef input, int64_t count)>
                    found) const;

  const SafetensorsFile &getFile() const { return *file; }

private:
  struct Input {
    std::string name;
    DType dtype;
    /// Null for a state.
    const char *data;
    int64_t bytes;
    /// Distance of batches, 0 for an input without a batch axis.
    int64_t stride;
  };

  /// Where in the file a batch is.
  int64_t getPlace(int64_t batch) const {
    return places ? (*places)[batch] : batch;
  }
  void select(llvm::function_ref<bool(int64_t place)> isKept);

  std::shared_ptr<const SafetensorsFile> file;
  std::vector<Input> inputs;
  llvm::SmallVector<State> states;
  /// All places that are left; nullopt for all of the file's.
  std::optional<std::vector<int64_t>> places;
  int64_t batchSize = 1;
  int64_t numBatches = 1;
};

} // namespace quantc

#endif // QUANTC_EVALUATION_DATASET_H
